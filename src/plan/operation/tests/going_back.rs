//! What a broken gate is rolled back by, before and after a restart: told by what runs then.

use super::{Run, deploy, run_on, updated};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        fault::FaultKind,
        service::RolloutState,
        target::TargetState,
        task::Task,
        write::{WriteAnswer, WriteOutcome, WriteRequest, Written},
    },
    plan::{
        operation::{Phase, StepRef, verdict::Verdict},
        testing::{Held, deployment, digest, fault},
    },
    triage::testing::{self, rollout, task_definition},
};

/// The revision that is registered to go back to.
const PINNED: u32 = 44;

fn held(tag_has_moved: bool) -> Held {
    let mut held = Held::well();
    held.stack.care.deploy.roll_back = true;
    if tag_has_moved {
        held.tags.insert("v42".to_owned(), digest("99"));
    }
    held
}

/// Through, and a gate broken.
fn broken(held: Held) -> Run {
    let mut run = run_on(held, deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.completes();
    run.read(10);
    run.held.targets[0].state = TargetState::Unhealthy;
    run.read(5);
    assert!(matches!(run.operation.phase, Phase::Undoing { .. }), "{:?}", run.operation.phase);
    run
}

/// What runs is `revision`, with an image that begins with these digits.
fn runs(run: &mut Run, revision: u32, digits: &str) {
    run.held.service = testing::service();
    run.held.service.task_definition = task_definition(revision);
    run.held.service.deployments = vec![rollout("ecs-svc/back", revision, RolloutState::Completed, 2)];
    run.held.deployments.insert(0, deployment(revision, digits, 0));
    run.held.targets[0].state = TargetState::Healthy;
}

fn registered() -> WriteOutcome {
    let answer = WriteAnswer::TaskDefinition { arn: task_definition(PINNED) };
    WriteOutcome::Done(Written { request_id: None, answer })
}

#[test]
fn what_ran_before_is_deployed_again_and_that_it_runs_is_read() {
    let mut run = broken(held(false));
    run.write(updated());
    runs(&mut run, 42, "42");
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack), "{:#?}", run.operation);
}

#[test]
fn a_tag_that_has_moved_is_gone_back_behind_by_a_revision_with_its_digest() {
    let mut run = broken(held(true));
    let (_, register) = run.operation.next_write().expect("a write");
    assert!(format!("{register:?}").contains(&digest("42")), "{register:?}");
    run.write(registered());
    let (_, update) = run.operation.next_write().expect("another");
    assert!(format!("{update:?}").contains("terminal-api:44"), "{update:?}");
    run.write(updated());
    runs(&mut run, PINNED, "42");
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack), "{:#?}", run.operation);
}

#[test]
fn what_runs_another_image_than_before_is_not_rolled_back() {
    let mut run = broken(held(false));
    run.write(updated());
    runs(&mut run, 42, "99");
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
    let summary = run.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.contains("which is not what ran before"), "{summary}");
}

#[test]
fn a_way_back_that_is_refused_is_told_and_not_gone_on_with() {
    let mut run = broken(held(true));
    run.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    assert_eq!(run.operation.next_write(), None);
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
    let summary = run.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.contains("targets of terminal-api unhealthy") && summary.contains("AWS refused"), "{summary}");
}

/// A write that left before a restart, and how it was answered.
type Left = ((StepRef, WriteRequest), Option<WriteOutcome>);

/// The same operation in the process after it.
fn restarted(held: Held, left: Vec<Left>) -> Run {
    let mut again = run_on(held, deploy);
    for ((step, request), outcome) in left {
        again.operation.replay(step, &request, again.now);
        assert!(again.operation.sent(step, again.now), "{step:?}");
        if let Some(outcome) = outcome {
            again.operation.answered(step, outcome, again.now);
        }
    }
    again.operation.resume(again.now);
    assert_eq!((again.operation.word(), again.operation.next_write()), ("rolling back", None));
    again
}

/// The writes of an operation whose way back has two, as far as they had been answered: all but the last were.
fn writes(number: usize, is_last_answered: bool) -> Vec<Left> {
    let mut run = run_on(held(true), deploy);
    let mut left = vec![(run.operation.next_write().expect("there"), Some(updated()))];
    run = broken(held(true));
    left.push((run.operation.next_write().expect("a revision"), Some(registered())));
    run.write(registered());
    left.push((run.operation.next_write().expect("back"), Some(updated())));
    left.truncate(number);
    if let Some((_, outcome)) = left.last_mut().filter(|_| !is_last_answered) {
        *outcome = None;
    }
    left
}

#[test]
fn a_way_back_that_was_begun_before_a_restart_is_watched_to_its_end() {
    for is_answered in [true, false] {
        let mut again = restarted(held(true), writes(3, is_answered));
        runs(&mut again, PINNED, "42");
        again.read(5);
        again.read(5);
        assert_eq!(again.verdict(), Some(Verdict::RolledBack), "{:#?}", again.operation);
    }
}

#[test]
fn a_way_back_that_a_restart_cut_off_is_no_way_back() {
    let mut again = restarted(held(true), writes(2, true));
    again.begins(DeploymentStatus::InProgress);
    again.completes();
    again.read(5);
    assert_eq!(again.verdict(), Some(Verdict::Failed), "{:#?}", again.operation);
    let summary = again.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.contains("terminal-api:44 was registered to go back to, and not deployed"), "{summary}");
}

#[test]
fn a_rollback_of_ecs_says_what_its_tasks_died_of() {
    let mut run = super::run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    let (now, task) = (run.now, run.held.tasks[0].clone());
    run.held.tasks.push(Task {
        arn: crate::domain::id::Arn::new(&format!("{}0", task.arn.wire())),
        task_definition: task_definition(41),
        status: "STOPPED".into(),
        stopped_at: Some(now),
        stop_code: Some("TaskFailedToStart".into()),
        stopped_reason: Some("CannotPullContainerError: pull image manifest has been retried".into()),
        ..task
    });
    run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful;
    run.held.deployments[0].rollback_reason = Some("the circuit breaker tripped".into());
    run.held.service = testing::service();
    run.read(10);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack));
    let summary = run.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.ends_with("breaker tripped; 1 task failed to start (CannotPullContainerError)"), "{summary}");
}
