//! Whatever happens to an operation, in whatever order.

use proptest::prelude::*;

use super::{Run, run_on, updated};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        fault::FaultKind,
        target::TargetState,
        write::{WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        action::{Action, Deployable},
        operation::{PartState, StepRef, StepState, judge::Stage, verdict::Verdict},
        testing::{Held, digest, fault},
    },
    triage::testing,
};

/// What can happen to an operation.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Write,
    Done,
    Refused,
    Unknown,
    Begins,
    Completes,
    Fails,
    /// A target is unhealthy, or well again.
    Sickens,
    Recovers,
    /// The service is as it was before.
    GoesBack,
    Read(i64),
    Halt,
    Resume,
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{
        Begins, Completes, Done, Fails, GoesBack, Halt, Read, Recovers, Refused, Resume, Sickens, Unknown, Write,
    };
    prop_oneof![
        3 => Just(Write),
        3 => Just(Done),
        1 => Just(Refused),
        1 => Just(Unknown),
        1 => Just(Begins),
        1 => Just(Completes),
        1 => Just(Fails),
        1 => Just(Sickens),
        1 => Just(Recovers),
        1 => Just(GoesBack),
        4 => (1_i64..120).prop_map(Read),
        1 => Just(Halt),
        1 => Just(Resume),
    ]
}

fn answer_of(run: &Run, step: StepRef) -> WriteOutcome {
    let registers = run.operation.course.parts[step.part]
        .step(step.step)
        .is_some_and(|it| it.request.write.operation() == "ecs:RegisterTaskDefinition");
    if !registers {
        return updated();
    }
    let answer = WriteAnswer::TaskDefinition { arn: testing::task_definition(41) };
    WriteOutcome::Done(Written { request_id: None, answer })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2_000)))]

    /// Whatever happens: no step leaves twice, none after the end or a restart, an end stays, success is never told of a
    /// part that is not there, and nothing goes back where the plan does not say so.
    #[test]
    fn whatever_happens_nothing_is_sent_twice(events in prop::collection::vec(happens(), 0..40), by_tag in any::<bool>(), back in 0..3_u8) {
        let mut held = Held::well();
        held.stack.care.deploy.roll_back = back > 0;
        if back > 1 {
            // The way back needs a revision of its own.
            held.tags.insert("v42".to_owned(), digest("99"));
        }
        let mut run = run_on(held, |held| {
            let what = if by_tag { Deployable::Tag("v43".into()) } else { Deployable::Revision("41".into()) };
            Action::Deploy { services: vec![held.who()], what, rolls_back: None }
        });
        let (mut sent, mut under_way, mut resumed) = (Vec::new(), None, false);
        for event in events {
            let ended = run.verdict();
            match event {
                Happens::Write => if let Some((step, _)) = run.operation.next_write() {
                    prop_assert!(!sent.contains(&step), "{step:?} is sent twice");
                    prop_assert!(ended.is_none() && !resumed);
                    prop_assert!(run.operation.sent(step, run.now));
                    prop_assert!(!run.operation.sent(step, run.now), "what has left is not due any more");
                    sent.push(step);
                    under_way = Some(step);
                },
                Happens::Done => if let Some(step) = under_way.take() {
                    let outcome = answer_of(&run, step);
                    run.operation.answered(step, outcome, run.now);
                },
                Happens::Refused => if let Some(step) = under_way.take() {
                    run.operation.answered(step, WriteOutcome::Refused(fault(FaultKind::Denied)), run.now);
                },
                Happens::Unknown => if let Some(step) = under_way.take() {
                    run.operation.answered(step, WriteOutcome::Unknown(fault(FaultKind::TimedOut)), run.now);
                },
                Happens::Begins => run.begins(DeploymentStatus::InProgress),
                Happens::Completes => run.completes(),
                Happens::Fails => run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful,
                Happens::Sickens => run.held.targets[0].state = TargetState::Unhealthy,
                Happens::Recovers => run.held.targets[0].state = TargetState::Healthy,
                Happens::GoesBack => run.held.service = testing::service(),
                Happens::Read(seconds) => run.read(seconds),
                Happens::Halt => run.operation.halt(run.now),
                Happens::Resume => {
                    run.operation.resume(run.now);
                    resumed = true;
                }
            }
            if ended.is_some() {
                prop_assert_eq!(run.verdict(), ended, "an end stays");
            }
        }
        let steps = run.operation.course.parts[0].steps.len();
        let goes_back = sent.iter().any(|it| it.step >= steps);
        prop_assert!(!goes_back || back > 0 && run.verdict() != Some(Verdict::Succeeded));
        if run.verdict() == Some(Verdict::Succeeded) {
            let is_there = |it: &PartState| matches!(it.stage, Stage::There { .. });
            prop_assert!(run.operation.parts.iter().all(is_there));
            let done = |it: &StepState| matches!(it, StepState::Done { .. });
            prop_assert!(run.operation.parts.iter().flat_map(|it| &it.steps).all(done));
        }
    }
}
