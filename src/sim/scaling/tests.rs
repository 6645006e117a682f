//! The operations, called as the front end calls them, on the estates.

use std::time::Duration;

use super::*;
use crate::sim::{Sim, estates, pace::Pace, wire::value::shape};

const API: &str = "service/cma-production/cma-api-production";

fn place() -> Place {
    Place::new("444455556666", "eu-west-2")
}

fn sim() -> Sim {
    Sim::new(estates::world(7, "2026-01-05T09:00:00Z".parse().unwrap()), Pace::Stepped)
}

fn ask(sim: &Sim, operation: &str, members: &[(&str, Value)]) -> Reply {
    let mut all = vec![("ServiceNamespace".to_owned(), Value::from("ecs"))];
    all.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let input = Value::Map(all);
    let call = Call { operation, input: Input(&input), place: place(), access_key: "SIM444455556666", request_id: "r" };
    sim.with_world(|world| answer(world, &call)).expect("a known operation")
}

fn register(sim: &Sim, members: &[(&str, Value)]) -> Reply {
    let mut all = vec![("ResourceId", Value::from(API)), ("ScalableDimension", Value::from(DIMENSION))];
    all.extend_from_slice(members);
    ask(sim, "RegisterScalableTarget", &all)
}

fn desired(sim: &Sim) -> Option<u32> {
    let arn = place().arn("ecs", API);
    sim.with_world(|world| world.region(&place()).ecs.desired_count(&arn))
}

/// Status, cause and message of the newest activity.
fn newest(sim: &Sim) -> [String; 3] {
    let reply = ask(sim, "DescribeScalingActivities", &[("ResourceId", API.into())]).unwrap();
    let newest = Input(&reply).items("ScalingActivities").unwrap()[0];
    ["StatusCode", "Cause", "StatusMessage"].map(|name| newest.text(name).unwrap().unwrap().to_owned())
}

#[test]
fn a_minimum_above_the_count_pulls_it_up_and_the_activity_ends_when_the_tasks_run() {
    let sim = sim();
    register(&sim, &[("MinCapacity", 4_u32.into())]).unwrap();
    assert_eq!(desired(&sim), Some(4));
    let [status, cause, message] = newest(&sim);
    assert_eq!((status.as_str(), cause.as_str()), ("InProgress", "minimum capacity was set to 4"));
    assert_eq!(message, "Successfully set desired count to 4. Waiting for change to be fulfilled by ecs.");
    sim.advance(Duration::from_mins(5));
    let [status, _, message] = newest(&sim);
    assert_eq!(status, "Successful");
    assert_eq!(message, "Successfully set desired count to 4. Change successfully fulfilled by ecs.");
}

#[test]
fn only_what_is_passed_changes() {
    let sim = sim();
    register(&sim, &[("SuspendedState", shape! { "DynamicScalingInSuspended" => true })]).unwrap();
    register(&sim, &[("MaxCapacity", 8_u32.into())]).unwrap();
    let reply = ask(&sim, "DescribeScalableTargets", &[("ResourceIds", Value::list([API]))]).unwrap();
    let target = Input(&reply).items("ScalableTargets").unwrap()[0];
    let suspended = target.object("SuspendedState").unwrap();
    assert_eq!((target.int("MinCapacity"), target.int("MaxCapacity")), (Ok(Some(2)), Ok(Some(8))));
    assert_eq!(suspended.bool("DynamicScalingInSuspended"), Ok(Some(true)));
    assert_eq!(suspended.bool("DynamicScalingOutSuspended"), Ok(Some(false)));
}

#[test]
fn ranges_upside_down_and_services_that_are_not_there_are_refused() {
    let sim = sim();
    for members in [
        &[("MinCapacity", 11_u32.into())][..],
        &[("MinCapacity", Value::Int(-1))],
        &[("ResourceId", "service/cma-production/nobody".into()), ("MinCapacity", 1_u32.into())],
    ] {
        // The first member of a name counts, so that a case can name another resource.
        let mut all = members.to_vec();
        all.extend([("ResourceId", Value::from(API)), ("ScalableDimension", Value::from(DIMENSION))]);
        let refused = ask(&sim, "RegisterScalableTarget", &all).unwrap_err();
        assert_eq!(refused.code, "ValidationException", "{members:?}");
    }
    assert_eq!(desired(&sim), Some(2), "a refused call changes nothing");
}

/// Ten times the traffic: minutes until the count moves, and the count after an hour.
fn surge(sim: &Sim) -> (Option<u32>, u32) {
    let arn = place().arn("ecs", API);
    sim.with_world(|world| {
        if let Some(workload) = world.region(&place()).traffic.workloads.get_mut(&arn) {
            workload.surge = 10.0;
        }
    });
    let mut moved = None;
    for minute in 1..=60 {
        sim.advance(Duration::from_mins(1));
        if desired(sim) != Some(2) {
            moved = moved.or(Some(minute));
        }
    }
    (moved, desired(sim).unwrap())
}

#[test]
fn a_surge_scales_out_within_minutes_and_not_beyond_the_range() {
    let sim = sim();
    let (moved, count) = surge(&sim);
    assert!(moved.is_some_and(|minutes| (4..=10).contains(&minutes)), "{moved:?}");
    assert!((5..=10).contains(&count), "{count}");
    assert!(
        newest(&sim)[1].starts_with(&format!("monitor alarm TargetTracking-{API}-AlarmHigh-")),
        "{:?}",
        newest(&sim)
    );
}

#[test]
fn suspended_it_stays_where_it_is() {
    let sim = sim();
    register(&sim, &[("SuspendedState", shape! { "DynamicScalingOutSuspended" => true })]).unwrap();
    assert_eq!(surge(&sim), (None, 2));
}
