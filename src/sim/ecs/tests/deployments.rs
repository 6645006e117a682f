//! Deployments from UpdateService to their end.

use super::*;

#[test]
fn a_seeded_service_is_steady_with_a_history() {
    let bench = Bench::balanced(&spec(2, 100, 200), 30);
    bench.wait(3600);
    let long_ago = bench.sim.now() - jiff::SignedDuration::from_hours(2);
    bench.look(|service| {
        assert_eq!((service.running(), service.serving(), service.deployments.len()), (2, 2, 1));
        assert_eq!(service.records.len(), 4);
        assert!(service.records.iter().all(|record| record.status.wire() == "SUCCESSFUL"));
        assert!(service.revisions.iter().all(|revision| revision.images[0].digest.is_some()));
        assert!(service.tasks.iter().all(|task| task.times.started.unwrap() < long_ago));
        assert!(service.revisions[0].images[0].image.ends_with("shop/web:v4"));
    });
    assert!(bench.events().last().unwrap().contains("has reached a steady state."));
}

#[test]
fn a_deployment_tells_its_story_in_order() {
    let bench = Bench::balanced(&spec(1, 100, 200), 30);
    bench.wait(20);
    let before = bench.events().len();
    bench.deploy("shop/web:v8", Behaviour::Healthy);
    let seconds = bench.wait_until(600, |service| !service.deploying());
    assert!((90..240).contains(&seconds), "took {seconds} s");
    let events = bench.events().split_off(before);
    let story = [
        "has started 1 tasks: (task ",
        "registered 1 targets in (target-group ",
        "has stopped 1 running tasks: (task ",
        "deregistered 1 targets in (target-group ",
        "has begun draining connections on 1 tasks.",
        "deployment completed.",
        "(service web) has reached a steady state.",
    ];
    assert_eq!(events.len(), story.len(), "{events:#?}");
    for (event, part) in events.iter().zip(story) {
        assert!(event.starts_with("(service web") && event.contains(part), "{event} lacks {part}");
    }
}

#[test]
fn revisions_of_a_mutable_tag_remember_what_it_meant() {
    let latest = &[ContainerSpec { image: "shop/web:latest", ..CONTAINER }];
    let bench = Bench::new(&ServiceSpec { containers: latest, ..spec(2, 100, 200) });
    bench.look(|service| {
        let images = || service.revisions.iter().map(|revision| revision.images[0].clone());
        let digests: std::collections::BTreeSet<_> = images().map(|image| image.digest).collect();
        assert_eq!(digests.len(), service.revisions.len());
        let repository = "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/web:latest";
        assert!(images().all(|image| image.image == repository));
    });
}

/// The rollout state of the PRIMARY deployment and what it says of it.
fn rollout(bench: &Bench) -> (&'static str, String) {
    bench.look(|service| {
        let primary = service.primary().unwrap();
        (primary.state(), primary.reason())
    })
}

const INSTANTLY: Behaviour = Behaviour::Crash { after_seconds: 1.0, exit_code: 1 };

#[test]
fn three_tasks_that_fail_to_start_open_the_breaker_and_roll_back() {
    let bench = Bench::balanced(&spec(1, 100, 200), 30);
    let good = bench.look(|service| service.good.clone().unwrap());
    let broken = bench.deploy("shop/web:v8", INSTANTLY);
    let seconds = bench.wait_until(900, |service| service.primary().unwrap().task_definition != broken);
    assert!((60..300).contains(&seconds), "the breaker took {seconds} s");
    let (state, reason) = rollout(&bench);
    let expected = format!("ECS deployment circuit breaker: rolling back to deploymentId {}.", good.deployment);
    assert_eq!((state, reason), ("IN_PROGRESS", expected));
    bench.look(|service| {
        let failed = &service.deployments[1];
        assert_eq!((failed.state(), failed.failed_tasks), ("FAILED", 3));
        assert_eq!(failed.reason(), "ECS deployment circuit breaker: tasks failed to start.");
        let record = &service.records[0];
        assert_eq!((record.status.wire(), record.breaker.status), ("ROLLBACK_IN_PROGRESS", "TRIGGERED"));
        assert_eq!((record.breaker.failures, record.breaker.threshold), (3, 3));
        assert_eq!(record.rollback.as_ref().unwrap().revision, good.revision);
    });
    bench.wait_until(600, |service| !service.deploying());
    assert_eq!(bench.statuses()[0], "ROLLBACK_SUCCESSFUL");
    let events = bench.events();
    let at = events.iter().position(|event| event.contains("deployment failed: tasks failed to start.")).unwrap();
    assert_eq!(events[at + 1], format!("(service web) rolling back to deployment {}.", good.deployment));
    bench.look(|service| {
        assert_eq!(service.deployments.len(), 1);
        assert_eq!(service.primary().unwrap().revision, good.revision);
    });
}

#[test]
fn an_image_that_cannot_be_pulled_opens_the_breaker_after_minutes() {
    let bench = Bench::new(&spec(1, 100, 200));
    let broken = bench.deploy("shop/web:v8", Behaviour::Unpullable);
    let seconds = bench.wait_until(1800, |service| service.primary().unwrap().task_definition != broken);
    assert!((480..780).contains(&seconds), "the breaker took {seconds} s");
    bench.look(|service| {
        let task = service.tasks.iter().find(|task| task.definition == broken).unwrap();
        let stop = task.stop.as_ref().unwrap();
        assert_eq!(stop.code, "TaskFailedToStart");
        assert!(stop.reason.starts_with("CannotPullContainerError: "));
        assert_eq!((task.containers[0].exit_code, &task.containers[0].digest), (None, &None));
        assert_eq!(service.revision(&task.revision).unwrap().images[0].digest, None);
    });
}

#[test]
fn a_failed_deployment_without_rollback_starts_no_more_tasks_and_keeps_the_old_ones() {
    let bench = Bench::new(&spec(2, 100, 200));
    let breaker = shape! { "deploymentCircuitBreaker" => shape! { "enable" => true, "rollback" => false } };
    bench.ok(
        "UpdateService",
        shape! {
            "cluster" => "prod", "service" => "web", "deploymentConfiguration" => breaker,
        },
    );
    bench.deploy("shop/web:v8", INSTANTLY);
    bench.wait_until(900, |service| service.primary().unwrap().failed());
    assert_eq!((rollout(&bench).0, bench.statuses()[0]), ("FAILED", "STOPPED"));
    let started = || bench.events().iter().filter(|event| event.contains("has started")).count();
    let before = started();
    bench.wait(3600);
    assert_eq!(started(), before);
    assert_eq!(bench.look(Service::serving), 2);
}

#[test]
fn a_rollback_that_fails_too_ends_there() {
    let bench = Bench::new(&spec(1, 0, 100));
    let broken = bench.deploy("shop/web:v8", INSTANTLY);
    bench.behave("shop/web:v7", INSTANTLY);
    bench.wait_until(900, |service| service.primary().unwrap().task_definition != broken);
    bench.wait_until(900, |service| service.primary().unwrap().failed());
    assert_eq!(bench.statuses()[0], "ROLLBACK_FAILED");
    let tasks = bench.look(|service| service.tasks.len());
    bench.wait(600);
    assert_eq!(bench.look(|service| service.tasks.len()), tasks);
}

#[test]
fn a_rollback_brings_the_recorded_digest_back_though_the_tag_has_moved() {
    let spec =
        ServiceSpec { containers: &[ContainerSpec { image: "shop/web:latest", ..CONTAINER }], ..spec(2, 100, 200) };
    let bench = Bench::balanced(&spec, 30);
    let digests = || {
        bench.look(|service| {
            let alive = service.tasks.iter().filter(|task| task.alive());
            alive.map(|task| task.containers[0].digest.clone().unwrap()).collect::<std::collections::BTreeSet<_>>()
        })
    };
    let old = digests();
    let probe = elb::Probe::Status(503);
    let new = bench.push("shop/web:latest", Behaviour::Unhealthy { probe });
    bench.force();
    bench.wait(60);
    assert!(digests().contains(&new));
    bench.wait_until(3600, |service| !service.deploying());
    assert_eq!(bench.statuses()[0], "ROLLBACK_SUCCESSFUL");
    assert_eq!(digests(), old);
    let failing = "is unhealthy in (target-group ";
    assert!(
        bench.has_event(failing) && bench.has_event("due to (reason Health checks failed with these codes: [503]).")
    );
}

#[test]
fn a_second_update_stops_the_deployment_in_the_middle() {
    let bench = Bench::balanced(&spec(2, 100, 200), 30);
    bench.deploy("shop/web:v8", Behaviour::Healthy);
    bench.wait(25);
    let last = bench.deploy("shop/web:v9", Behaviour::Healthy);
    assert_eq!(bench.statuses()[..3], ["PENDING", "STOP_REQUESTED", "SUCCESSFUL"]);
    bench.wait(10);
    assert_eq!(bench.statuses()[..3], ["IN_PROGRESS", "STOPPED", "SUCCESSFUL"]);
    assert_eq!(bench.look(|service| service.deployments.len()), 3);
    bench.wait_until(900, |service| !service.deploying());
    assert_eq!(bench.statuses()[..3], ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]);
    bench.look(|service| {
        assert_eq!(service.deployments.len(), 1);
        assert!(service.tasks.iter().filter(|task| task.alive()).all(|task| task.definition == last));
    });
}

#[test]
fn stopping_a_service_deployment_rolls_it_back() {
    let bench = Bench::balanced(&spec(2, 100, 200), 30);
    let good = bench.look(|service| service.good.clone().unwrap());
    bench.deploy("shop/web:v8", Behaviour::Healthy);
    bench.wait(30);
    let record = bench.look(|service| service.records[0].arn.clone());
    let stop = || shape! { "serviceDeploymentArn" => &record, "stopType" => "ROLLBACK" };
    assert_eq!(text(&bench.ok("StopServiceDeployment", stop()), &["serviceDeploymentArn"]), record);
    assert_eq!(bench.statuses()[0], "ROLLBACK_REQUESTED");
    bench.wait(10);
    assert_eq!(bench.statuses()[0], "ROLLBACK_IN_PROGRESS");
    bench.wait_until(900, |service| !service.deploying());
    assert_eq!(bench.statuses()[0], "ROLLBACK_SUCCESSFUL");
    assert_eq!(bench.look(|service| service.primary().unwrap().revision.clone()), good.revision);
    assert_eq!(bench.refused("StopServiceDeployment", stop()).code, "ConflictException");
}

#[test]
fn without_a_breaker_the_scheduler_backs_off_and_says_so() {
    let bench = Bench::new(&ServiceSpec { circuit_breaker: false, ..spec(1, 100, 200) });
    bench.deploy("shop/web:v8", INSTANTLY);
    bench.wait(4 * 3600);
    let impaired = "(service web) is unable to consistently start tasks successfully.";
    assert_eq!(bench.events().iter().filter(|event| *event == impaired).count(), 1);
    let tasks = bench.look(|service| service.tasks.iter().filter(|task| !task.alive()).count());
    assert!((3..=6).contains(&tasks), "{tasks} tasks in the last hour");
    assert_eq!((rollout(&bench).0, bench.look(Service::serving)), ("IN_PROGRESS", 1));
    bench.deploy("shop/web:v9", Behaviour::Healthy);
    bench.wait_until(300, |service| !service.deploying());
}
