//! How operations end: by what runs, never by what is stable.

use jiff::SignedDuration;

use super::{began, deploy, run, run_on, scale, updated};
use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus},
        id::Arn,
        target::TargetState,
        task::Task,
    },
    plan::{
        action::Action,
        operation::{Phase, judge::Stage, verdict::Verdict, watch::progress},
        testing::{Held, deployment},
    },
    triage::testing::{self, target},
};

#[test]
fn a_deployment_succeeds_when_what_runs_is_what_was_asked_for_and_stays_well() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    assert_eq!(run.operation.phase, Phase::Rolling);
    run.completes();
    run.read(10);
    assert!(matches!(run.operation.phase, Phase::Baking { .. }), "{:?}", run.operation.phase);
    run.read(30);
    assert_eq!(run.verdict(), None);
    run.read(40);
    // Figures of the load balancer never come here: they are waited for no longer than they take.
    assert_eq!(run.verdict(), None);
    run.read(240);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);
}

#[test]
fn what_was_read_before_the_write_proves_nothing() {
    let mut run = run(|held| Action::Redeploy { services: vec![held.who()] });
    run.read(1);
    run.write(updated());
    // Nothing is read since: the service at rest that was read before is not a success.
    run.operation.look(&run.estate, run.now);
    run.now += SignedDuration::from_mins(10);
    run.operation.look(&run.estate, run.now);
    assert_eq!(run.operation.phase, Phase::Rolling);
}

#[test]
fn a_circuit_breakers_rollback_is_rolled_back() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful;
    run.held.deployments[0].rollback_reason = Some("the circuit breaker tripped".into());
    run.held.service = testing::service();
    run.read(10);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack));
    assert_eq!(run.verdict().map(Verdict::exit_code), Some(4));
    assert!(run.operation.ending().unwrap().summary.as_str().ends_with("the circuit breaker tripped"));
}

#[test]
fn stable_is_not_success_another_digest_is_a_failure_and_another_deployment_supersedes() {
    let mut other = run(deploy);
    other.write(updated());
    other.begins(DeploymentStatus::InProgress);
    other.completes();
    other.held.deployments[0].target.images[0].digest = Some("sha256:other".into());
    other.read(10);
    assert_eq!(other.verdict(), Some(Verdict::Failed));

    let mut superseded = run(deploy);
    superseded.write(updated());
    superseded.begins(DeploymentStatus::Stopped);
    let mut newer = deployment(43, "43", 0);
    newer.status = DeploymentStatus::InProgress;
    superseded.held.deployments.insert(0, newer);
    superseded.read(10);
    assert_eq!(superseded.verdict(), Some(Verdict::Superseded));
}

#[test]
fn of_two_deployments_of_one_revision_ours_is_the_one_that_the_answer_named() {
    let redeployed = |ours: &str| {
        let mut run = run(|held| Action::Redeploy { services: vec![held.who()] });
        run.write(began(ours));
        for (arn, status) in [("first", DeploymentStatus::Stopped), ("second", DeploymentStatus::Successful)] {
            let begun = Deployment { arn: Arn::new(arn), status, ..deployment(42, "42", 0) };
            run.held.deployments.insert(0, begun);
        }
        run.read(10);
        run
    };
    assert_eq!(redeployed("first").verdict(), Some(Verdict::Superseded));
    let mut second = redeployed("second");
    assert!(matches!(second.operation.phase, Phase::Baking { .. }), "{:#?}", second.operation);
    second.read(400);
    assert_eq!(second.verdict(), Some(Verdict::Succeeded));
}

#[test]
fn what_ecs_undoes_is_told_while_it_does_and_what_had_been_reached_is_lost_with_it() {
    let mut run = run(deploy);
    run.read(1);
    assert!(progress(&run.operation) < f64::EPSILON, "what was read before the write is no progress");
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    let reached = progress(&run.operation);
    assert!(reached > 0.5, "{reached}");
    run.held.deployments[0].status = DeploymentStatus::RollbackInProgress;
    run.service().deployments[0].running = 0;
    run.read(10);
    assert_eq!((run.operation.parts[0].stage.clone(), run.operation.word()), (Stage::GoingBack, "rolling back"));
    assert!(progress(&run.operation) < f64::EPSILON, "nothing of it runs any more");
    run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful;
    run.held.service = testing::service();
    run.read(10);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack));
    assert!(progress(&run.operation) < 1.0, "{}", progress(&run.operation));
}

#[test]
fn scaling_is_there_when_the_tasks_run_and_superseded_when_the_count_is_another() {
    let mut run = run(scale);
    run.write(updated());
    run.service().desired = 4;
    run.read(5);
    assert_eq!(run.verdict(), None);
    run.service().running = 4;
    run.held.targets = (1..=4).map(|it| target(&format!("10.0.3.{it}"), TargetState::Healthy)).collect();
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);

    let mut other = self::run(scale);
    other.write(updated());
    other.service().desired = 2;
    other.read(5);
    assert_eq!(other.verdict(), Some(Verdict::Superseded));
}

#[test]
fn a_broken_gate_is_told_and_fails_or_is_rolled_back_where_the_plan_says_so() {
    let broken = |roll_back: bool| {
        let mut held = Held::well();
        held.stack.care.deploy.roll_back = roll_back;
        let mut run = run_on(held, deploy);
        run.write(updated());
        run.begins(DeploymentStatus::InProgress);
        run.completes();
        run.read(10);
        run.held.targets[0].state = TargetState::Unhealthy;
        run.read(5);
        run
    };
    let mut told = broken(false);
    assert!(matches!(&told.operation.phase, Phase::Baking { broken, .. } if broken.len() == 1));
    told.read(400);
    assert_eq!(told.verdict(), Some(Verdict::Failed));

    let mut undone = broken(true);
    assert!(matches!(undone.operation.phase, Phase::Undoing { .. }), "{:?}", undone.operation.phase);
    undone.write(updated());
    undone.held.service = testing::service();
    undone.held.targets[0].state = TargetState::Healthy;
    undone.read(5);
    assert_eq!(undone.verdict(), Some(Verdict::RolledBack), "{:#?}", undone.operation);
}

#[test]
fn a_task_that_dies_while_it_bakes_is_no_success_though_another_takes_its_place() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.completes();
    run.read(10);
    let now = run.now;
    let task = run.held.tasks[0].clone();
    run.held.tasks.push(Task {
        arn: Arn::new(&format!("{}0", task.arn.wire())),
        status: "STOPPED".into(),
        stopped_at: Some(now),
        stop_code: Some("EssentialContainerExited".into()),
        stopped_reason: Some("OutOfMemoryError: Container killed due to memory usage".into()),
        ..task
    });
    run.read(5);
    run.read(400);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
    let summary = run.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.contains("1 task of terminal-api died since: ran out of memory"), "{summary}");
}

#[test]
fn watching_is_given_up_in_the_end() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    run.read(3 * 3600);
    assert_eq!(run.verdict(), Some(Verdict::TimedOut));
    assert_eq!(run.verdict().map(Verdict::exit_code), Some(5));
}
