//! Capacity, deployments and the scheduler's complaints.

use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus, Revision},
        id::Arn,
        service::{Rolling, RolloutState},
    },
    triage::testing::{Given, SERVICE, ago, rollout},
};

#[test]
fn losing_every_task_is_critical_after_a_minute() {
    let mut given = Given::healthy();
    given.service().running = 0;
    given.died(90, "EssentialContainerExited", "Essential container in task exited", Some(1));
    given.event(85, "(service terminal-api) has started 1 tasks: (task cccc).");
    given.tasks.drain(..2);
    assert_eq!(
        given.told(),
        "critical running-below-desired terminal-api [02:57:50] terminal-api runs 0 of 2 tasks, for 2 m\n  \
         desired 2, running 0, pending 0\n  \
         last steady at 02:00:00 UTC\n  \
         last: task dead0002 stopped at 02:58:30 UTC (exit code 1): Essential container in task exited\n  \
         newest event, 02:58:35 UTC: (service terminal-api) has started 1 tasks: (task cccc).\n  \
         > look at its tasks: a stopped one tells its exit code and reason"
    );
}

#[test]
fn a_shortage_of_one_blink_is_silent() {
    let mut given = Given::healthy();
    given.service().running = 1;
    assert_eq!(given.told(), "", "nothing has happened yet that tells since when");
    given.event(20, "(service terminal-api) has started 1 tasks: (task cccc).");
    assert_eq!(given.told(), "");
}

#[test]
fn tasks_on_their_way_are_given_three_minutes() {
    let mut given = Given::healthy();
    (given.service().desired, given.service().pending) = (4, 2);
    given.starting(170);
    given.starting(170);
    assert_eq!(given.told(), "");
    given.tasks[3].created_at = Some(ago(190));
    assert_eq!(given.rules(), ["running-below-desired"]);
}

#[test]
fn a_service_at_zero_that_is_not_meant_to_sleep_is_told() {
    let mut given = Given::healthy();
    (given.service().desired, given.service().running) = (0, 0);
    given.tasks.clear();
    given.targets.clear();
    assert_eq!(
        given.told(),
        "critical service-at-zero terminal-api [-] terminal-api is set to 0 tasks: nothing serves\n  \
         desired 0, running 0\n  \
         nothing stands behind terminal-api-tg\n  \
         > scale it up again; where it is meant to sleep, its stack file says may_sleep = true"
    );
    given.stack.services[0].min_tasks = Some(1);
    assert_eq!(given.rules(), ["desired-below-minimum"]);
    given.stack.services[0].min_tasks = None;
    given.stack.found = true;
    assert_eq!(given.rules(), Vec::<&str>::new(), "nobody has said what was meant");
}

#[test]
fn a_service_that_is_meant_to_sleep_is_short_of_nothing() {
    let mut given = Given::healthy();
    given.stack.services[0].may_sleep = true;
    (given.service().desired, given.service().running) = (0, 0);
    given.tasks.clear();
    given.targets.clear();
    assert_eq!(given.rules(), ["services-asleep"]);
    (given.service().desired, given.service().pending) = (1, 1);
    given.starting(100);
    assert_eq!(given.rules(), ["services-waking"]);
    given.tasks[0].created_at = Some(ago(190));
    assert_eq!(given.rules(), ["running-below-desired"], "it does not come up");
}

#[test]
fn a_deployment_in_progress_is_no_fault() {
    let mut given = Given::healthy();
    given.deploying(120);
    given.service().running = 1;
    given.event(110, "(service terminal-api) has started 1 tasks: (task cccc).");
    assert_eq!(given.told(), "");
}

#[test]
fn a_service_set_below_its_minimum_is_told() {
    let mut given = Given::healthy();
    given.stack.services[0].min_tasks = Some(1);
    assert_eq!(given.told(), "");
    (given.service().desired, given.service().running) = (0, 0);
    assert_eq!(
        given.told(),
        "critical desired-below-minimum terminal-api [-] terminal-api is set to 0 tasks; its stack wants at least 1\n  \
         desired 0, running 0\n  \
         > raise its desired count to 1, or change min_tasks in the stack file"
    );
}

#[test]
fn a_failed_deployment_is_critical_with_its_reason() {
    let mut given = Given::healthy();
    let new = given.deploying(400);
    new.state = Some(RolloutState::Failed);
    new.reason = "ECS deployment circuit breaker: tasks failed to start.".into();
    new.updated_at = Some(ago(60));
    assert_eq!(
        given.told(),
        "critical rollout-failed terminal-api [02:59:00] the deployment of terminal-api:43 to terminal-api failed; \
         2 of 2 tasks run and ECS starts no more\n  \
         ECS deployment circuit breaker: tasks failed to start.\n  \
         terminal-api:43 runs 0 of 2 new tasks\n  \
         > see what its tasks died of, and deploy a task definition that works: this one gets no more tasks"
    );
}

/// Revision 43 failed; ECS goes back to 42 since 30 s.
fn rolling_back() -> Given {
    let mut given = Given::healthy();
    let failed = given.deploying(300);
    failed.state = Some(RolloutState::Failed);
    failed.status = "ACTIVE".into();
    failed.reason = "ECS deployment circuit breaker: tasks failed to start.".into();
    let mut back = rollout("ecs-svc/3333", 42, RolloutState::InProgress, 30);
    back.reason = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1111.".into();
    let service = given.service();
    service.task_definition = back.task_definition.clone();
    service.deployments.insert(0, back);
    given
}

#[test]
fn a_rollback_under_way_names_what_failed_and_what_comes_back() {
    assert_eq!(
        rolling_back().told(),
        "warning rollout-rolled-back terminal-api [02:59:30] terminal-api: terminal-api:43 failed; ECS is rolling back \
         to terminal-api:42\n  \
         ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1111.\n  \
         ECS deployment circuit breaker: tasks failed to start.\n  \
         2 of 2 tasks run\n  \
         > wait for the rollback; its stopped tasks tell why the new ones died"
    );
}

#[test]
fn a_finished_rollback_is_told_for_an_hour_or_until_the_next_deployment() {
    let mut given = Given::healthy();
    given.service().deployments[0].created_at = Some(ago(599));
    given.event(600, "(service terminal-api) rolling back to deployment ecs-svc/1111.");
    given.event(300, "(service terminal-api) has reached a steady state.");
    assert_eq!(
        given.told(),
        "warning rollout-rolled-back terminal-api [02:50:00] terminal-api: its last deployment was rolled back; \
         terminal-api:42 runs again\n  \
         02:50:00 UTC: (service terminal-api) rolling back to deployment ecs-svc/1111.\n  \
         > what was deployed does not run: its stopped tasks tell why; fix it before deploying again"
    );
    given.service().deployments[0].created_at = Some(ago(200));
    assert_eq!(given.told(), "", "something has been deployed since");
    let mut old = Given::healthy();
    old.event(3700, "(service terminal-api) rolling back to deployment ecs-svc/1111.");
    assert_eq!(old.told(), "");
}

fn deployment(status: DeploymentStatus, reason: &str) -> Deployment {
    Deployment {
        arn: Arn::new("arn:aws:ecs:us-east-1:111122223333:service-deployment/terminal-cluster/terminal-api/abc"),
        service: Arn::new(SERVICE),
        status,
        status_reason: reason.into(),
        created_at: Some(ago(900)),
        started_at: Some(ago(900)),
        finished_at: Some(ago(300)),
        target: Revision {
            arn: Arn::new("arn:aws:ecs:us-east-1:111122223333:service-revision/terminal-cluster/terminal-api/1"),
            task_definition: None,
            images: Vec::new(),
            launch: "FARGATE".into(),
            providers: Vec::new(),
            requested: 2,
            running: 0,
            pending: 0,
        },
        sources: Vec::new(),
        breaker: None,
        rollback_reason: None,
    }
}

#[test]
fn only_rollbacks_that_ecs_chose_are_told() {
    let mut given = Given::healthy();
    given.deployments = vec![deployment(
        DeploymentStatus::RollbackSuccessful,
        "Service deployment rolled back because of circuit breaker.",
    )];
    assert_eq!(given.rules(), ["rollout-rolled-back"]);
    given.deployments =
        vec![deployment(DeploymentStatus::RollbackSuccessful, "Service deployment was stopped by ada.")];
    assert_eq!(given.rules(), [""; 0]);
    given.deployments = vec![deployment(DeploymentStatus::RollbackFailed, "No completed deployment to roll back to.")];
    assert_eq!(given.rules(), ["rollout-failed"]);
    given.deployments = vec![deployment(DeploymentStatus::Successful, "")];
    assert_eq!(given.rules(), [""; 0]);
}

#[test]
fn a_deployment_without_room_is_told_with_the_arithmetic() {
    let mut given = Given::healthy();
    given.deploying(70);
    given.service().rolling =
        Rolling { minimum_percent: 75, maximum_percent: 100, circuit_breaker: false, rollback: false };
    assert_eq!(
        given.told(),
        "warning rollout-stuck terminal-api [02:58:50] the deployment of terminal-api:43 to terminal-api cannot move: \
         no task may stop and none may start\n  \
         desired 2: at least 2 must stay (75 %), at most 2 may run (100 %)\n  \
         > lower minimumHealthyPercent or raise maximumPercent of the service, then deploy again"
    );
    given.service().deployments[0].created_at = Some(ago(30));
    assert_eq!(given.told(), "");
}

#[test]
fn a_deployment_in_which_nothing_moves_is_told_after_grace_and_draining() {
    let mut given = Given::healthy();
    given.deploying(1020).pending = 1;
    given.service().grace_seconds = 60;
    assert_eq!(given.told(), "", "15 min, 60 s of grace and 60 s of draining");
    given.service().deployments[0].created_at = Some(ago(1021));
    assert_eq!(
        given.told(),
        "warning rollout-stuck terminal-api [02:42:59] the deployment of terminal-api:43 to terminal-api has made no \
         progress for 17 m: 0 of 2 new tasks run\n  \
         ECS deployment ecs-svc/2222 in progress.\n  \
         0 of 2 new tasks run, 1 pending; 2 old ones\n  \
         nothing has moved since 02:42:59 UTC\n  \
         > look at its new tasks; targets failing health checks hold it back too"
    );
    let new = &mut given.tasks[0];
    (new.started_by, new.started_at) = ("ecs-svc/2222".into(), Some(ago(300)));
    assert_eq!(given.told(), "", "a new task has begun to run");
}

#[test]
fn a_deployment_that_bakes_is_not_stuck() {
    let mut given = Given::healthy();
    given.service().deployments = vec![rollout("ecs-svc/2222", 43, RolloutState::InProgress, 7200)];
    assert_eq!(given.told(), "");
}

#[test]
fn the_schedulers_complaints_are_told_until_it_is_steady_again() {
    let mut given = Given::healthy();
    let throttled = "(service terminal-api) operations are being throttled. Will try again later.";
    given.event(300, throttled);
    assert_eq!(
        given.told(),
        format!(
            "warning scheduler-impaired terminal-api [02:55:00] terminal-api is throttled by ECS\n  \
             02:55:00 UTC: {throttled}\n  \
             2 of 2 tasks run\n  \
             > wait, and let fewer deployments run at once in this account"
        )
    );
    given.event(200, "(service terminal-api) has reached a steady state.");
    assert_eq!(given.told(), "");
}
