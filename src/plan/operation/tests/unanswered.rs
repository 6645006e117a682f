//! Writes that nobody answered, that were refused, and those of a process that has gone.

use super::{Run, deploy, notes, run, run_on};
use crate::{
    domain::{
        definition::Definition,
        deployment::DeploymentStatus,
        fault::FaultKind,
        write::{Settlement, WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        action::{Action, Deployable, RangeChoice},
        operation::{Phase, StepRef, verdict::Verdict},
        testing::{Held, REPOSITORY, fault, steered},
    },
    triage::testing,
};

#[test]
fn a_registration_that_nobody_answered_is_looked_for_in_the_newest_revision() {
    let lost = |happened: bool| {
        let mut run = run(|held| Action::Deploy {
            services: vec![held.who()],
            what: Deployable::Tag("v43".into()),
            rolls_back: None,
        });
        run.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
        assert_eq!(run.operation.unsure_families().count(), 1);
        if happened {
            let made = testing::definition(&testing::task_definition(43), &format!("{REPOSITORY}:v43"));
            run.held.definitions.push(Definition { registered_at: Some(run.now), ..made });
        }
        run.read(5);
        run
    };
    let mut happened = lost(true);
    let found = Settlement::Happened(WriteAnswer::TaskDefinition { arn: testing::task_definition(43) });
    assert_eq!(happened.operation.take_settled(), [(StepRef { part: 0, step: 0 }, found)]);
    let (_, request) = happened.operation.next_write().expect("it is deployed");
    assert!(format!("{request:?}").contains("terminal-api:43"), "{request:?}");
    happened.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    assert!(!notes(&happened).contains(&"everything is sent".to_owned()), "{:?}", notes(&happened));

    let mut not = lost(false);
    assert_eq!((not.operation.take_settled(), not.verdict()), (Vec::new(), None), "one read proves nothing");
    not.read(60);
    assert_eq!(not.operation.take_settled(), [(StepRef { part: 0, step: 0 }, Settlement::DidNotHappen)]);
    not.read(1);
    assert_eq!(not.verdict(), Some(Verdict::Failed));
    let told = format!("{:?} {}", notes(&not), not.operation.ending().expect("an end").summary);
    assert!(told.contains("ecs:RegisterTaskDefinition did not happen"), "{told}");
    assert!(!told.contains("AWS refused") && !told.contains("everything is sent"), "{told}");
}

#[test]
fn a_refused_write_changes_nothing_and_says_so() {
    let mut run = run(|held| Action::Deploy {
        services: vec![held.who()],
        what: Deployable::Tag("v43".into()),
        rolls_back: None,
    });
    run.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    assert_eq!(run.operation.next_write(), None);
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
}

#[test]
fn an_unanswered_write_is_looked_for_and_never_sent_again() {
    let mut happened = run(deploy);
    happened.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
    assert_eq!(happened.operation.next_write(), None);
    happened.begins(DeploymentStatus::InProgress);
    happened.read(5);
    assert_eq!(happened.operation.phase, Phase::Rolling);
    assert!(happened.operation.notes.iter().any(|it| it.text.as_str() == "ecs:UpdateService did happen"));

    let mut not = run(deploy);
    not.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
    not.read(5);
    assert_eq!(not.operation.phase, Phase::Applying);
    not.read(60);
    not.read(1);
    assert_eq!(not.verdict(), Some(Verdict::Failed));
    assert_eq!(not.operation.next_write(), None);
    let told = format!("{:?} {}", notes(&not), not.operation.ending().unwrap().summary);
    assert!(told.contains("ecs:UpdateService did not happen: told so") && !told.contains("AWS refused"), "{told}");
    assert!(!told.contains("everything is sent"), "{told}");
    assert_eq!(not.operation.take_settled(), [(StepRef { part: 0, step: 0 }, Settlement::DidNotHappen)]);
}

#[test]
fn after_a_restart_what_was_sent_is_looked_for_and_the_rest_is_not_sent() {
    let mut run = run(deploy);
    let (step, _) = run.operation.next_write().unwrap();
    assert!(run.operation.sent(step, run.now));
    run.operation.resume(run.now);
    assert_eq!(run.operation.next_write(), None);
    run.begins(DeploymentStatus::InProgress);
    run.read(5);
    run.completes();
    run.read(5);
    run.read(400);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);

    let mut unsent = self::run(deploy);
    unsent.operation.resume(unsent.now);
    unsent.read(5);
    assert_eq!((unsent.operation.next_write(), unsent.verdict()), (None, Some(Verdict::Failed)));
}

#[test]
fn what_was_done_before_a_refusal_or_a_restart_is_in_the_verdict() {
    let begun = |range: RangeChoice| {
        let mut held = Held::well();
        held.scalable = Some(steered(2, 4));
        let mut run = run_on(held, |held| Action::Scale { service: held.who(), desired: 6, range });
        run.write(WriteOutcome::Done(Written { request_id: None, answer: WriteAnswer::ScalableTarget }));
        run
    };
    let told = |run: &Run| run.operation.ending().expect("an end").summary.to_string();

    let mut refused = begun(RangeChoice::Suspend);
    refused.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    refused.read(5);
    assert_eq!(refused.verdict(), Some(Verdict::Failed));
    assert!(told(&refused).ends_with("; auto scaling stays suspended until it is resumed"), "{}", told(&refused));

    let mut cut = begun(RangeChoice::Widen);
    cut.operation.resume(cut.now);
    cut.read(5);
    assert_eq!(cut.verdict(), Some(Verdict::Failed));
    assert!(told(&cut).ends_with("failed: auto scaling's range is 2–6 now"), "{}", told(&cut));
}
