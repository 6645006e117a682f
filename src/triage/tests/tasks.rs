//! Crash loops.

use crate::{
    domain::service::RolloutState,
    triage::testing::{Given, ago},
};

const EXITED: &str = "Essential container in task exited";

#[test]
fn a_crash_loop_counts_its_dead_and_shows_the_last() {
    let mut given = Given::healthy();
    given.service().running = 0;
    given.tasks.clear();
    for seconds in [240, 190, 140, 70, 20] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1));
    }
    assert_eq!(
        given.told(),
        "critical crash-loop terminal-api [02:56:00] terminal-api runs 0 of 2 tasks: 5 tasks exited with code 1 in \
         4 m\n  \
         5 × exited with code 1\n  \
         last: task dead0004 stopped at 02:59:40 UTC (exit code 1): Essential container in task exited\n  \
         container api: exit code 1; image terminal/api:42\n  \
         > read what the newest stopped of its tasks wrote last: the service's logs begin there"
    );
}

#[test]
fn causes_are_grouped_and_the_remedy_follows_the_newest() {
    let mut given = Given::healthy();
    let start = "CannotStartContainerError: exec format error";
    given.died(600, "EssentialContainerExited", EXITED, Some(1));
    given.died(500, "TaskFailedToStart", start, None);
    given.died(20, "TaskFailedToStart", start, None);
    assert_eq!(
        given.told(),
        format!(
            "warning crash-loop terminal-api [02:50:00] terminal-api runs 2 of 2 tasks: 3 tasks died in 10 m, \
             2 of them failed to start (CannotStartContainerError)\n  \
             2 × failed to start (CannotStartContainerError)\n  \
             1 × exited with code 1\n  \
             last: task dead0004 stopped at 02:59:40 UTC: {start}\n  \
             container api: never started; image terminal/api:42\n  \
             > check the image's entrypoint and architecture, and the task definition's volumes and links"
        )
    );
}

#[test]
fn exit_codes_and_health_checks_are_named() {
    let balancer = "Task failed ELB health checks in (target-group arn:x)";
    let cases = [
        ("EssentialContainerExited", EXITED, "crash-loop", "exited with code 137"),
        ("ServiceSchedulerInitiated", balancer, "health-checks-failing", "failed load-balancer health checks"),
        (
            "ServiceSchedulerInitiated",
            "Task failed container health checks",
            "health-checks-failing",
            "failed container health checks",
        ),
    ];
    for (code, reason, rule, expected) in cases {
        let mut given = Given::healthy();
        for seconds in [30, 20, 10] {
            given.died(seconds, code, reason, Some(137));
        }
        let signals = given.signals();
        let told: Vec<_> = signals.iter().map(|it| (it.rule, it.summary.to_string())).collect();
        assert_eq!(told, [(rule, format!("terminal-api runs 2 of 2 tasks: 3 tasks {expected} in 30 s"))]);
    }
}

#[test]
fn stops_by_people_and_scaling_are_no_crashes() {
    let mut given = Given::healthy();
    for (code, reason) in [
        ("UserInitiated", "Task stopped by user"),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1111)"),
        ("EssentialContainerExited", EXITED),
        ("EssentialContainerExited", EXITED),
    ] {
        given.died(20, code, reason, Some(143));
    }
    assert_eq!(given.told(), "");
    given.died(20, "SpotInterruption", "Your Spot Task was interrupted.", Some(143));
    assert_eq!(given.rules(), ["spot-interruption"], "which has a rule of its own");
}

#[test]
fn a_loop_is_over_when_the_service_is_steady_or_another_deployment_runs() {
    let mut given = Given::healthy();
    for seconds in [100, 90, 80] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1));
    }
    assert_eq!(given.rules(), ["crash-loop"]);
    given.event(30, "(service terminal-api) has reached a steady state.");
    assert_eq!(given.told(), "");

    let mut replaced = Given::healthy();
    for seconds in [100, 90, 80] {
        replaced.died(seconds, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/0000".into();
    }
    assert_eq!(replaced.told(), "");

    let mut old = Given::healthy();
    for seconds in [420, 410, 400] {
        old.died(seconds, "EssentialContainerExited", EXITED, Some(1));
    }
    assert_eq!(old.told(), "", "at full strength for five minutes");
}

#[test]
fn a_failed_deployment_takes_the_place_of_its_crash_loop() {
    let mut given = Given::healthy();
    for seconds in [100, 90, 80] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/2222".into();
    }
    let new = given.deploying(200);
    (new.state, new.updated_at) = (Some(RolloutState::Failed), Some(ago(70)));
    assert_eq!(given.rules(), ["rollout-failed"]);
    let evidence: Vec<_> = given.signals()[0].evidence.iter().map(ToString::to_string).collect();
    assert_eq!(
        evidence[2],
        "last: task dead0004 stopped at 02:58:40 UTC (exit code 1): Essential container in task exited"
    );
}

#[test]
fn a_loop_that_ecs_slows_down_stays_one_loop() {
    let mut given = Given::healthy();
    given.deploying(2400);
    for seconds in [2300, 1700, 900] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/2222".into();
    }
    assert_eq!(given.rules(), ["rollout-stuck"]);
    given.event(1000, "(service terminal-api) is unable to consistently start tasks successfully.");
    assert_eq!(given.rules(), ["crash-loop"], "which says why nothing moves");
}

#[test]
fn the_first_failed_task_of_a_deployment_is_a_notice_before_the_breaker_trips() {
    let mut given = Given::healthy();
    given.deploying(60);
    given.died(50, "EssentialContainerExited", EXITED, Some(1));
    assert_eq!(given.told(), "", "an old task died, which no deployment is to blame for");
    given.tasks[2].started_by = "ecs-svc/2222".into();
    assert_eq!(
        given.told(),
        "notice rollout-faltering terminal-api [02:59:10] the deployment of terminal-api:43 to terminal-api: \
         1 new task exited with code 1; the circuit breaker trips at 3\n  \
         0 of 2 new tasks run, 0 pending\n  \
         last: task dead0002 stopped at 02:59:10 UTC (exit code 1): Essential container in task exited\n  \
         container api: exit code 1; image terminal/api:42\n  \
         > describe the newest stopped of its tasks: it names the log that tells why; the old tasks serve meanwhile"
    );
    given.service().rolling.circuit_breaker = false;
    assert!(given.told().contains("exited with code 1; no circuit breaker stops it"), "{}", given.told());
    for seconds in [30, 10] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/2222".into();
    }
    assert_eq!(given.rules(), ["crash-loop"], "three make a loop");
}

#[test]
fn a_deployment_at_full_strength_has_got_over_its_first_failures() {
    let mut given = Given::healthy();
    given.deploying(60).running = 2;
    given.died(50, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/2222".into();
    assert_eq!(given.told(), "");
}

#[test]
fn more_tasks_than_are_wanted_are_told_as_a_rollout() {
    let mut given = Given::healthy();
    given.deploying(240);
    given.service().running = 4;
    for seconds in [100, 60, 20] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1)).started_by = "ecs-svc/2222".into();
    }
    let summary = given.signals()[0].summary.to_string();
    assert_eq!(summary, "terminal-api runs 2 + 2 tasks while rolling: 3 tasks exited with code 1 in 1 m 40 s");
}

#[test]
fn no_advice_names_a_key() {
    let sources = ["crash", "rollout", "saturation", "targets", "instances", "capacity", "alarm", "placement"];
    for name in sources {
        let path = format!("{}/src/triage/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).expect("the source");
        assert!(!source.contains("press "), "{path}: keys are the keymap's, and `status` has none");
    }
}
