//! What the scheduler does outside of deployments: replacing, scaling, recovering.

use super::*;

/// Lets every check of the image fail from now on.
fn turn_bad(bench: &Bench, image: &str, probe: elb::Probe) {
    bench.behave(image, Behaviour::Unhealthy { probe });
}

#[test]
fn an_unhealthy_task_is_replaced_before_it_is_stopped() {
    let bench = Bench::balanced(&spec(1, 100, 200), 30);
    bench.wait(60);
    turn_bad(&bench, "shop/web:v7", elb::Probe::Refused);
    let old = bench.look(|service| service.tasks[0].id.clone());
    bench.wait_until(120, |service| service.tasks.len() == 2);
    assert!(bench.look(|service| service.tasks[0].alive()));
    assert!(bench.has_event("Amazon ECS replaced 1 tasks due to an unhealthy status."));
    bench.behave("shop/web:v7", Behaviour::Healthy);
    bench.wait_until(300, |service| {
        service.serving() == 1 && service.tasks.iter().any(|task| task.id == old && !task.alive())
    });
    bench.look(|service| {
        let stop = service.tasks[0].stop.clone().unwrap();
        assert_eq!(stop.code, "ServiceSchedulerInitiated");
        assert!(stop.reason.starts_with("Task failed ELB health checks in (target-group arn:aws:"), "{}", stop.reason);
    });
}

#[test]
fn failing_checks_do_not_count_within_the_grace_period() {
    let bench = Bench::balanced(&ServiceSpec { grace_seconds: 600, ..spec(1, 100, 200) }, 30);
    bench.deploy("shop/web:v8", Behaviour::Unhealthy { probe: elb::Probe::Timeout });
    bench.wait(580);
    assert_eq!(bench.look(|service| service.tasks.iter().filter(|task| !task.alive()).count()), 0);
    bench.wait(120);
    assert!(bench.has_event("due to (reason Request timed out)."));
    assert!(bench.look(|service| service.tasks.iter().any(|task| !task.alive())));
}

#[test]
fn a_container_check_that_fails_replaces_the_task() {
    let checked = ServiceSpec {
        containers: &[ContainerSpec { health_command: Some("curl -f http://localhost:8080/health"), ..CONTAINER }],
        ..spec(1, 100, 200)
    };
    let bench = Bench::new(&checked);
    bench.wait(300);
    assert_eq!(bench.look(|service| service.tasks[0].health_status()), "HEALTHY");
    turn_bad(&bench, "shop/web:v7", elb::Probe::Refused);
    bench.wait_until(120, |service| service.tasks[0].health_status() == "UNHEALTHY");
    // Its replacement turns out no better, and then there is no room but by stopping one.
    bench.wait_until(600, |service| !service.tasks[0].alive());
    assert!(bench.has_event(" failed container health checks."));
    assert_eq!(
        bench.look(|service| service.tasks[0].stop.clone().unwrap().reason),
        "Task failed container health checks"
    );
}

#[test]
fn a_stopped_task_is_replaced_drained_and_forgotten_after_an_hour() {
    let bench = Bench::balanced(&spec(2, 100, 200), 60);
    bench.wait(10);
    let id = bench.look(|service| service.tasks[0].id.clone());
    let stop = shape! { "cluster" => "prod", "task" => &id, "reason" => "it looked at me" };
    assert_eq!(text(&bench.ok("StopTask", stop), &["task", "desiredStatus"]), "STOPPED");
    bench.wait_until(60, |service| service.tasks.len() == 3);
    bench.wait(10);
    let target = || bench.targets().into_iter().find(|(task, _)| *task == id).map(|(_, state)| state);
    assert_eq!(target().as_deref(), Some("draining"));
    bench.wait_until(120, |service| service.tasks[0].stopped());
    assert_eq!(target(), None);
    bench.look(|service| {
        let task = &service.tasks[0];
        assert_eq!(task.stop.clone().unwrap().reason, "it looked at me");
        assert_eq!((task.stop.clone().unwrap().code, task.containers[0].exit_code), ("UserInitiated", Some(0)));
        assert!(
            task.times.execution_stopped.unwrap() >= task.times.stopping.unwrap() + jiff::SignedDuration::from_secs(60)
        );
    });
    bench.wait(3500);
    assert_eq!(bench.look(|service| service.tasks.len()), 3);
    bench.wait(120);
    assert_eq!(bench.look(|service| service.tasks.len()), 2);
}

#[test]
fn a_container_killed_for_memory_says_so_and_a_crashing_one_is_replaced_for_ever() {
    let bench = Bench::new(&spec(1, 100, 200));
    bench.wait(10);
    bench.behave("shop/web:v7", Behaviour::OutOfMemory { after_seconds: 120.0 });
    bench.wait(3600);
    bench.look(|service| {
        let ended: Vec<_> = service.tasks.iter().filter(|task| task.stopped()).collect();
        assert!(ended.len() > 10, "{} ended", ended.len());
        let container = &ended[0].containers[0];
        assert_eq!(container.exit_code, Some(137));
        assert_eq!(container.reason.as_deref(), Some("OutOfMemoryError: Container killed due to memory usage"));
        assert_eq!(ended[0].stop.clone().unwrap().code, "EssentialContainerExited");
    });
    assert!(!bench.has_event("unable to consistently start"));
}

#[test]
fn a_service_goes_to_sleep_and_wakes_up() {
    let bench = Bench::balanced(&spec(2, 100, 200), 30);
    let scale = |count| shape! { "cluster" => "prod", "service" => "web", "desiredCount" => count };
    bench.ok("UpdateService", scale(0));
    bench.wait_until(200, |service| service.tasks.iter().all(Task::stopped));
    assert_eq!(bench.statuses().len(), 4, "scaling starts no deployment");
    assert_eq!(bench.targets(), []);
    bench.ok("UpdateService", scale(2));
    let seconds = bench.wait_until(200, |service| service.serving() == 2);
    assert!((30..120).contains(&seconds), "{seconds}");
    bench.wait(20);
    assert!(bench.events().last().unwrap().ends_with("has reached a steady state."));
}

#[test]
fn a_steady_state_is_reported_every_six_hours_and_no_more() {
    let bench = Bench::balanced(&spec(2, 100, 200), 30);
    let before = bench.events().len();
    bench.wait(24 * 3600);
    assert_eq!(bench.events().len() - before, 4);
}

#[test]
fn spot_tasks_are_interrupted_and_cannot_be_placed_while_capacity_is_short() {
    let bench = Bench::new(&ServiceSpec { capacity_provider: Some(("FARGATE_SPOT", 100)), ..spec(3, 70, 200) });
    bench.wait(10);
    bench.state(|state| state.set_spot_available(false));
    let taken = bench.sim.with_world(|world| {
        let World { now, random, regions, .. } = world;
        let tick = &mut Tick { now: *now, place: &bench.place, random };
        super::super::interrupt_spot(regions.get_mut(&bench.place).unwrap(), tick, &bench.service, 2)
    });
    assert_eq!(taken, 2);
    bench.wait(300);
    assert_eq!(bench.look(Service::running), 1);
    assert!(bench.has_event("was unable to place a task. Reason: Capacity is unavailable at this time."));
    let codes = bench
        .look(|service| service.tasks.iter().filter_map(|task| Some(task.stop.as_ref()?.code)).collect::<Vec<_>>());
    assert_eq!(codes, ["SpotInterruption", "SpotInterruption"]);
    let fargate = shape! { "capacityProvider" => "FARGATE", "weight" => 1 };
    bench.ok(
        "UpdateService",
        shape! {
            "cluster" => "prod", "service" => "web", "capacityProviderStrategy" => Value::list([fargate]),
        },
    );
    bench.wait_until(300, |service| service.running() == 3);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is real time that is measured")]
fn a_day_of_ten_quiet_services_takes_seconds() {
    let bench = Bench::balanced(&spec(3, 100, 200), 30);
    bench.sim.with_world(|world| {
        let World { now, random, regions, .. } = world;
        let tick = &mut Tick { now: *now, place: &bench.place, random };
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            seed::service(
                regions.get_mut(&bench.place).unwrap(),
                tick,
                &ServiceSpec { name, family: name, ..spec(3, 100, 200) },
            );
        }
    });
    let began = std::time::Instant::now();
    bench.wait(24 * 3600);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(bench.look(Service::serving), 3);
}
