//! Whatever happens to an operation, in whatever order.

use proptest::prelude::*;

use super::{Run, run, updated};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        fault::FaultKind,
        write::{WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        action::{Action, Deployable},
        operation::{PartState, StepRef, StepState, judge::Stage, verdict::Verdict},
        testing::fault,
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
    Read(i64),
    Halt,
    Resume,
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{Begins, Completes, Done, Fails, Halt, Read, Refused, Resume, Unknown, Write};
    prop_oneof![
        3 => Just(Write),
        3 => Just(Done),
        1 => Just(Refused),
        1 => Just(Unknown),
        1 => Just(Begins),
        1 => Just(Completes),
        1 => Just(Fails),
        4 => (1_i64..120).prop_map(Read),
        1 => Just(Halt),
        1 => Just(Resume),
    ]
}

fn answer_of(run: &Run, step: StepRef) -> WriteOutcome {
    let registers = run.operation.course.parts[step.part]
        .steps
        .get(step.step)
        .is_some_and(|it| it.request.write.operation() == "ecs:RegisterTaskDefinition");
    if !registers {
        return updated();
    }
    let answer = WriteAnswer::TaskDefinition { arn: testing::task_definition(41) };
    WriteOutcome::Done(Written { request_id: None, answer })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever happens: no step leaves twice, none after the end or a restart, an end stays, and success is never told
    /// of a part that is not there.
    #[test]
    fn whatever_happens_nothing_is_sent_twice(events in prop::collection::vec(happens(), 0..40), by_tag in any::<bool>()) {
        let mut run = run(|held| {
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
        if run.verdict() == Some(Verdict::Succeeded) {
            let is_there = |it: &PartState| matches!(it.stage, Stage::There { .. });
            prop_assert!(run.operation.parts.iter().all(is_there));
            let done = |it: &StepState| matches!(it, StepState::Done { .. });
            prop_assert!(run.operation.parts.iter().flat_map(|it| &it.steps).all(done));
        }
    }
}
