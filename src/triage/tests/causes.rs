//! Why tasks end or cannot start, where AWS names the cause: memory, images, secrets, places, Spot.

use crate::{
    domain::service::RolloutState,
    triage::testing::{Given, ago, task},
};

const EXITED: &str = "Essential container in task exited";
const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
const PULL: &str =
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): terminal/api:v43: not found";
const SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval \
                      failed: unable to retrieve secret from asm: AccessDeniedException";

#[test]
fn one_task_killed_for_memory_is_told_with_what_it_had() {
    let mut given = Given::healthy();
    given.died(90, "EssentialContainerExited", EXITED, Some(137)).containers[0].reason = Some(OOM.into());
    given.event(40, "(service terminal-api) has reached a steady state.");
    assert_eq!(
        given.told(),
        "warning out-of-memory terminal-api [02:58:30] terminal-api runs 2 of 2 tasks: 1 task ran out of memory in 1 m 30 s\n  \
         1 task killed for memory in 1 m 30 s; a task has 1024 MiB\n  \
         last: task dead0002 stopped at 02:58:30 UTC (exit code 137): Essential container in task exited\n  \
         container api: exit code 137, OutOfMemoryError: Container killed due to memory usage; image terminal/api:42\n  \
         2 of 2 tasks run\n  \
         > give the task more memory in its task definition, or find the leak"
    );
    given.tasks[2].stopped_at = Some(ago(910));
    assert_eq!(given.told(), "", "a quarter of an hour later");
}

#[test]
fn a_crash_loop_for_memory_is_one_signal_that_says_so() {
    let mut given = Given::healthy();
    given.service().running = 0;
    given.tasks.clear();
    for seconds in [200, 150, 100, 50] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(137)).containers[0].reason = Some(OOM.into());
    }
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.rule, it.summary.to_string())).collect();
    let summary = "terminal-api runs 0 of 2 tasks: 4 tasks ran out of memory in 3 m".to_owned();
    assert_eq!(told, [("critical", "out-of-memory", summary)]);
}

#[test]
fn an_image_that_is_not_there_is_told_at_the_first_task() {
    let mut given = Given::healthy();
    given.deploying(200);
    let dead = given.died(100, "TaskFailedToStart", PULL, None);
    (dead.started_by, dead.started_at) = ("ecs-svc/2222".into(), None);
    assert_eq!(
        given.told(),
        format!(
            "warning image-unpullable terminal-api [02:58:20] terminal-api cannot start terminal-api:43: its image cannot \
             be pulled\n  \
             1 task failed to start in 1 m 40 s\n  \
             last: task dead0002 stopped at 02:58:20 UTC: {PULL}\n  \
             container api: never started; image terminal/api:42\n  \
             2 of 2 tasks run\n  \
             > that tag or digest is not in the repository: push it, or deploy one that is there"
        )
    );
    let mut started = task("cccc3333", "10.0.3.13");
    (started.started_by, started.started_at) = ("ecs-svc/2222".into(), Some(ago(20)));
    given.tasks.push(started);
    let told = given.told();
    assert!(told.starts_with("notice rollout-faltering"), "one has started since, the deployment goes on: {told}");
    assert!(!told.contains("image-unpullable"), "{told}");
}

#[test]
fn a_deployment_that_failed_for_its_image_is_one_signal_that_says_so() {
    let mut given = Given::healthy();
    let new = given.deploying(700);
    (new.state, new.updated_at) = (Some(RolloutState::Failed), Some(ago(60)));
    for seconds in [500, 300, 100] {
        given.died(seconds, "TaskFailedToStart", PULL, None).started_by = "ecs-svc/2222".into();
    }
    let told: Vec<_> = given.signals().iter().map(|it| (it.rule, it.summary.to_string())).collect();
    let summary = "the deployment of terminal-api:43 to terminal-api failed: its image cannot be pulled; 2 of 2 tasks run \
                   and ECS starts no more";
    assert_eq!(told, [("rollout-failed", summary.to_owned())]);
}

#[test]
fn registries_say_why_they_give_no_image() {
    let cases = [
        ("CannotPullContainerError: 429 toomanyrequests: You have reached your pull rate limit", "the registry limits"),
        ("CannotPullContainerError: no matching manifest for linux/arm64", "the image is not built for"),
        ("CannotPullContainerError: i/o timeout", "the registry does not answer"),
        ("CannotPullECRContainerError: AccessDeniedException", "check that the tag exists"),
    ];
    for (reason, advice) in cases {
        let mut given = Given::healthy();
        given.died(30, "TaskFailedToStart", reason, None);
        assert_eq!(given.rules(), ["image-unpullable"], "{reason}");
        assert!(given.signals()[0].advice.as_str().starts_with(advice), "{reason}: {}", given.signals()[0].advice);
    }
}

#[test]
fn a_secret_or_a_role_that_cannot_be_had_is_told() {
    let mut given = Given::healthy();
    given.service().running = 1;
    given.tasks.pop();
    given.died(200, "TaskFailedToStart", SECRET, None);
    given.died(100, "TaskFailedToStart", SECRET, None);
    assert_eq!(
        given.told(),
        format!(
            "critical secret-unreadable terminal-api [02:56:40] terminal-api cannot start terminal-api:42: a secret cannot \
             be read\n  \
             2 tasks failed to start in 3 m\n  \
             last: task dead0002 stopped at 02:58:20 UTC: {SECRET}\n  \
             container api: never started; image terminal/api:42\n  \
             1 of 2 tasks run\n  \
             > check the secret's ARN and key, the execution role's right to read it, and the subnet's route to it"
        )
    );
    let mut role = Given::healthy();
    role.died(30, "TaskFailedToStart", "ECS was unable to assume the role 'arn:aws:iam::1:role/x'", None);
    assert_eq!(role.rules(), ["secret-unreadable"]);
    let summary = "terminal-api cannot start terminal-api:42: its role cannot be assumed";
    assert_eq!(role.signals()[0].summary.as_str(), summary);
}

#[test]
fn an_event_alone_tells_what_keeps_tasks_from_starting() {
    let mut given = Given::healthy();
    given.service().running = 1;
    given.event(60, &format!("(service terminal-api) was unable to place a task. Reason: {SECRET}"));
    assert_eq!(given.rules(), ["secret-unreadable"]);
}

#[test]
fn why_a_task_has_no_place_is_told_by_its_reason() {
    let place = "(service terminal-api) was unable to place a task";
    let cases = [
        (". Reason: Capacity is unavailable at this time.", "terminal-api: AWS has no capacity for its tasks"),
        (
            ". Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
            "terminal-api: the account's limit leaves no room for its tasks",
        ),
        (
            " because no container instance met all of its requirements. The closest matching container-instance 1 has \
             insufficient CPU units available.",
            "terminal-api: no container instance fits its tasks",
        ),
        (". Reason: Internal error.", "terminal-api cannot be given a task"),
    ];
    for (reason, summary) in cases {
        let mut given = Given::healthy();
        given.event(300, &format!("{place}{reason}"));
        let told: Vec<_> = given.signals().iter().map(|it| (it.rule, it.summary.to_string())).collect();
        assert_eq!(told, [("placement-failed", summary.to_owned())]);
    }
}

#[test]
fn a_placement_failure_stands_while_tasks_are_missing_for_ecs_does_not_repeat_it() {
    let mut given = Given::healthy();
    given.event(
        7000,
        "(service terminal-api) was unable to place a task. Reason: Capacity is unavailable at this time.",
    );
    given.service().events.retain(|it| it.at < ago(5000));
    assert_eq!(given.told(), "", "the service is at full strength, and it is long ago");
    given.service().running = 0;
    given.tasks.clear();
    given.service().desired = 1;
    assert_eq!(
        given.told(),
        "critical placement-failed terminal-api [01:03:20] terminal-api: AWS has no capacity for its tasks\n  \
         01:03:20 UTC: (service terminal-api) was unable to place a task. Reason: Capacity is unavailable at this time.\n  \
         0 of 1 tasks run\n  \
         > AWS has too little of this capacity now: wait, or let the service use other zones or capacity providers"
    );
}

#[test]
fn spot_tasks_taken_back_are_a_notice_until_they_are_missed() {
    let mut given = Given::healthy();
    given.service().launch = "FARGATE_SPOT 100".into();
    given.died(60, "SpotInterruption", "Your Spot Task was interrupted.", None);
    given.died(50, "TerminationNotice", "Your Spot Task was interrupted.", None).zone = "us-east-1b".into();
    assert_eq!(
        given.told(),
        "notice spot-interruption terminal-api [02:59:00] terminal-api: AWS took 2 Spot tasks back; 2 of 2 run\n  \
         2 Spot tasks interrupted in us-east-1a and us-east-1b\n  \
         2 of 2 tasks run; capacity: FARGATE_SPOT 100\n  \
         > nothing: the replacements run; a base of on-demand tasks keeps some through the next shortage"
    );
    given.service().running = 1;
    given.event(40, "(service terminal-api) was unable to place a task. Reason: Capacity is unavailable at this time.");
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.rule, it.summary.to_string())).collect();
    let summary = "terminal-api: AWS took 2 Spot tasks back; 1 of 2 run, and no new capacity is to be had".to_owned();
    assert_eq!(told, [("warning", "spot-interruption", summary)]);
    given.tasks[2].stopped_at = Some(ago(1000));
    given.tasks[3].stopped_at = Some(ago(1000));
    assert_eq!(given.rules(), ["placement-failed"], "a quarter of an hour later the shortage itself is told");
}
