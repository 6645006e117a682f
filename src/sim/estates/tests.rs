mod networks;

use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::sim::{
    Sim,
    cloudwatch::AlarmState,
    elb,
    pace::Pace,
    wire::{
        call::{Call, Reply},
        input::Input,
        value::{Value, shape},
    },
};

fn start() -> Timestamp {
    "2026-01-05T06:00:00Z".parse().unwrap()
}

/// Alarms in ALARM that are somebody's concern: target tracking's low alarm is in ALARM whenever there is nothing to
/// take away, as on AWS.
fn concerning(world: &World) -> Vec<String> {
    let alarming = world.regions.values().flat_map(|region| region.cloudwatch.alarming());
    alarming
        .filter(|name| !(name.starts_with("TargetTracking-") && name.contains("-AlarmLow-")))
        .map(str::to_owned)
        .collect()
}

/// Each service's ARN with its desired and its serving tasks.
fn services(world: &World) -> Vec<(String, u32, usize)> {
    let of = |region: &Region| {
        let service =
            |arn: &String| (arn.clone(), region.ecs.desired_count(arn).unwrap_or(0), region.ecs.serving_tasks(arn));
        region.traffic.workloads.keys().map(service).collect::<Vec<_>>()
    };
    world.regions.values().flat_map(of).collect()
}

#[test]
fn every_service_serves_from_the_first_moment() {
    let world = world(7, start());
    let services = services(&world);
    assert_eq!(services.len(), 11, "{services:?}");
    for (service, desired, serving) in services {
        assert!(desired > 0 && serving == desired as usize, "{service}: {serving} of {desired} serve");
    }
}

#[test]
fn a_calm_day_stays_calm() {
    let sim = Sim::new(world(7, start()), Pace::Stepped);
    let before = sim.with_world(|world| services(world));
    for hour in 1..=24 {
        sim.advance(Duration::from_hours(1));
        sim.with_world(|world| {
            assert_eq!(concerning(world), Vec::<String>::new(), "after {hour} hours");
            assert_eq!(services(world), before, "after {hour} hours");
        });
    }
}

#[test]
fn the_dead_alarm_stays_dead_and_the_others_know_their_state() {
    let place = Place::new(SHARED_ACCOUNT, "us-east-1");
    let sim = Sim::new(world(7, start()), Pace::Stepped);
    let state = |name| sim.with_world(|world| world.region(&place).cloudwatch.alarm_state(name));
    assert_eq!(state("terminal-api-latency"), Some(AlarmState::Ok));
    sim.advance(Duration::from_mins(30));
    assert_eq!(state("terminal-gateway-unhealthy"), Some(AlarmState::InsufficientData));
    assert_eq!(state("mint-server-latency-high"), Some(AlarmState::Ok));
}

#[test]
fn the_same_seed_builds_the_same_world() {
    let arns = |seed| services(&world(seed, start()));
    assert_eq!(arns(3), arns(3));
    let balancer = |seed| {
        let mut world = world(seed, start());
        world.region(&Place::new(CMA_ACCOUNT, "eu-west-2")).elb.group_arn("cma-api-production")
    };
    assert_eq!(balancer(3), balancer(3));
    assert_ne!(balancer(3), balancer(4));
}

/// A gateway takes ten sessions.
#[test]
fn gateways_are_half_full_all_day_and_nobody_adds_or_takes_one() {
    let place = Place::new(SHARED_ACCOUNT, "us-east-1");
    for seed in [1, 7, 42] {
        let sim = Sim::new(world(seed, start()), Pace::Stepped);
        for _ in 0..24 * 6 {
            sim.advance(Duration::from_mins(10));
            sim.with_world(|world| {
                let region = world.region(&place);
                let group = &region.autoscaling.groups["terminal-gateway-asg"];
                let held: Vec<_> = group.in_service().map(|it| region.sessions.held_by(&it.instance)).collect();
                assert_eq!((group.desired, held.len()), (2, 2), "seed {seed} at {}", world.now);
                assert!(held.iter().all(|held| (3..=8).contains(held)), "seed {seed}: {held:?}");
                assert!((9..=15).contains(&held.iter().sum::<usize>()), "seed {seed}: {held:?}");
            });
        }
    }
}

/// A service of the simulator.
type Api = fn(&mut World, &Call<'_>) -> Option<Reply>;

fn ask(world: &mut World, place: &Place, api: Api, operation: &str, input: &Value) -> Value {
    let (access_key, request_id) = ("SIM111122223333", "test");
    let call = Call { operation, input: Input(input), place: place.clone(), access_key, request_id };
    api(world, &call).unwrap().unwrap()
}

/// The elements of a list member.
fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let Some(Value::List(items)) = value.get(name) else { panic!("{name} in {value:?}") };
    items
}

/// The 95th percentile of each minute of the last day, in seconds.
fn p95_of_mint_server(world: &mut World, place: &Place) -> Vec<f64> {
    let names = shape! { "Names" => Value::list(["mint-server"]) };
    let balancers = ask(world, place, elb::answer, "DescribeLoadBalancers", &names);
    let Some(Value::Text(arn)) = list(&balancers, "LoadBalancers")[0].get("LoadBalancerArn") else { panic!() };
    let balancer = cloudwatch::seed::dimension(arn).unwrap();
    let metric = shape! {
        "Namespace" => "AWS/ApplicationELB",
        "MetricName" => "TargetResponseTime",
        "Dimensions" => Value::list([shape! { "Name" => "LoadBalancer", "Value" => balancer }]),
    };
    let query =
        shape! { "Id" => "p95", "MetricStat" => shape! { "Metric" => metric, "Period" => 60, "Stat" => "p95" } };
    let input = shape! {
        "StartTime" => world.now - SignedDuration::from_hours(24),
        "EndTime" => world.now,
        "MetricDataQueries" => Value::list([query]),
    };
    let answer = ask(world, place, cloudwatch::answer, "GetMetricData", &input);
    let seconds = |value: &Value| if let Value::Double(seconds) = value { *seconds } else { panic!("{value:?}") };
    list(&list(&answer, "MetricDataResults")[0], "Values").iter().map(seconds).collect()
}

#[test]
fn mint_server_keeps_its_promise_in_both_regions() {
    let mut world = world(7, start());
    world.advance_to(start() + SignedDuration::from_hours(24));
    for (region, promise) in [("us-east-1", 0.040), ("us-west-1", 0.050)] {
        let p95 = p95_of_mint_server(&mut world, &Place::new(SHARED_ACCOUNT, region));
        assert!(p95.len() > 1400, "{} minutes", p95.len());
        let worst = p95.iter().copied().fold(0.0, f64::max);
        assert!((0.5 * promise..=promise).contains(&worst), "{region}: {worst}");
    }
}
