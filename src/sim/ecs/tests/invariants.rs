//! What always holds, whatever is asked and however time passes.

use proptest::prelude::*;

use super::*;
use crate::sim::{
    ecs::rolling::{Bounds, Side, moves},
    trials,
};

/// Something that an operator, a scenario or time does.
#[derive(Debug, Clone)]
enum Deed {
    Wait(u64),
    Force,
    Deploy(Behaviour),
    Scale(u32),
    Bounds(u32, u32),
    StopTask(usize),
    StopDeployment,
    Turn(Behaviour),
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        3 => Just(Behaviour::Healthy),
        1 => Just(Behaviour::Crash { after_seconds: 1.0, exit_code: 1 }),
        1 => Just(Behaviour::Crash { after_seconds: 90.0, exit_code: 1 }),
        1 => Just(Behaviour::Unhealthy { probe: elb::Probe::Status(500) }),
        1 => Just(Behaviour::Unpullable),
        1 => Just(Behaviour::Secretless),
        1 => Just(Behaviour::OutOfMemory { after_seconds: 30.0 }),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (1..200_u64).prop_map(Deed::Wait),
        1 => Just(Deed::Force),
        2 => behaviour().prop_map(Deed::Deploy),
        2 => (0..6_u32).prop_map(Deed::Scale),
        1 => prop_oneof![Just((100, 200)), Just((50, 150)), Just((0, 100)), Just((100, 150))]
            .prop_map(|(minimum, maximum)| Deed::Bounds(minimum, maximum)),
        1 => (0..4_usize).prop_map(Deed::StopTask),
        1 => Just(Deed::StopDeployment),
        1 => behaviour().prop_map(Deed::Turn),
    ]
}

/// Does what is asked; returns how long it lasts.
fn perform(bench: &Bench, deed: &Deed) -> u64 {
    let update = |member: &str, value: Value| {
        bench.ok("UpdateService", shape! { "cluster" => "prod", "service" => "web", member => value });
    };
    match deed {
        Deed::Wait(seconds) => return *seconds,
        Deed::Force => bench.force(),
        Deed::Deploy(behaviour) => {
            bench.deploy("shop/web:v8", *behaviour);
        }
        Deed::Scale(count) => update("desiredCount", (*count).into()),
        Deed::Bounds(minimum, maximum) => update(
            "deploymentConfiguration",
            shape! { "minimumHealthyPercent" => *minimum, "maximumPercent" => *maximum },
        ),
        Deed::StopTask(at) => {
            if let Some(id) = bench.look(|service| service.tasks.get(*at).map(|task| task.id.clone())) {
                bench.ok("StopTask", shape! { "cluster" => "prod", "task" => id });
            }
        }
        Deed::StopDeployment => {
            let arn = bench.look(|service| service.records[0].arn.clone());
            // Refused where it is over already.
            let _ = bench.call("StopServiceDeployment", &shape! { "serviceDeploymentArn" => arn });
        }
        Deed::Turn(behaviour) => bench.behave("shop/web:v7", *behaviour),
    }
    11
}

/// Watches `seconds` pass; the ceiling holds once the scheduler has had its look.
fn watch(bench: &Bench, seconds: u64) -> Result<(), TestCaseError> {
    for second in 0..seconds {
        let before = bench.look(|service| service.tasks.iter().filter(|task| task.alive()).count());
        bench.wait(1);
        bench.look(|service| {
            let alive = service.tasks.iter().filter(|task| task.alive()).count();
            let ceiling = service.bounds().ceiling as usize;
            prop_assert!(alive <= ceiling.max(before), "{alive} tasks under a ceiling of {ceiling}");
            let settled = second < 10 || service.deploying() || alive <= ceiling.max(service.desired as usize);
            prop_assert!(
                settled,
                "{alive} tasks over a ceiling of {ceiling}: {:#?} {:#?}",
                service.deployments,
                service.tasks
            );
            prop_assert!(!service.deployments.is_empty());
            let open = service.records.iter().filter(|record| !record.status.over()).count();
            prop_assert!(open <= 2, "{open} service deployments are open");
            prop_assert!(service.events.iter().count() <= 100);
            Ok(())
        })?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..trials::cases(48) })]

    #[test]
    fn tasks_stay_under_the_ceiling_and_deployments_end(balanced: bool, deeds in prop::collection::vec(deed(), 1..14)) {
        let spec = spec(2, 100, 200);
        let bench = if balanced { Bench::balanced(&spec, 30) } else { Bench::new(&spec) };
        for deed in &deeds {
            let seconds = perform(&bench, deed);
            watch(&bench, seconds)?;
        }
        // From here on nothing is bad any more, and nothing in the way.
        bench.deploy("shop/web:v9", Behaviour::Healthy);
        perform(&bench, &Deed::Bounds(100, 200));
        watch(&bench, 5400)?;
        prop_assert!(!bench.look(Service::deploying));
        prop_assert!(bench.look(|service| service.records.iter().all(|record| record.status.over())));
        // Targets of tasks that are gone have drained and vanished.
        let ids: Vec<String> = bench.look(|service| service.tasks.iter().filter(|task| task.running()).map(|task| task.id.clone()).collect());
        prop_assert!(bench.targets().iter().all(|(id, _)| ids.contains(id)));
    }

    #[test]
    fn no_move_leaves_the_bounds(
        desired in 0..30_u32, minimum in 0..=100_u32, maximum in 100..=200_u32,
        new_alive in 0..40_u32, old_alive in 0..40_u32, shares in prop::array::uniform4(0.0..=1.0_f64), may_start: bool,
    ) {
        let side = |alive: u32, healthy: f64, unhealthy: f64| {
            let healthy = (f64::from(alive) * healthy) as u32;
            Side { alive, healthy, unhealthy: (f64::from(alive - healthy) * unhealthy) as u32 }
        };
        let (new, old) = (side(new_alive, shares[0], shares[1]), side(old_alive, shares[2], shares[3]));
        let bounds = Bounds::new(desired, minimum, maximum);
        let moves = moves(bounds, new, old, may_start);
        let alive = new.alive + old.alive;
        prop_assert!(moves.start == 0 || alive + moves.start <= bounds.ceiling);
        prop_assert!(moves.replaced + moves.replaced_healthy <= old.alive);
        prop_assert!(moves.surplus <= new.alive - new.unhealthy && moves.unhealthy <= new.unhealthy);
        // Stopping healthy tasks of the old side leaves the floor, unless it was broken before.
        let left = new.healthy + old.healthy - moves.replaced_healthy;
        prop_assert!(moves.replaced_healthy == 0 || left >= bounds.floor);
    }
}
