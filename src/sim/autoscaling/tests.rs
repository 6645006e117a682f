//! Groups over raw requests, and their invariants under random writes.

mod hooks;
mod operating;
mod refreshes;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::seed::{GroupSpec, PolicySpec, group};
use crate::sim::{
    Sim,
    cloudwatch::{MetricKey, Sample},
    ec2::PLAIN,
    pace::Pace,
    trials,
    world::{Place, World},
};

const GROUP: &str = "terminal-gateway-asg";

fn place() -> Place {
    Place::new("111122223333", "us-east-1")
}

/// A simulator with one group of two gateways (1 to 5) that tracks 8 sessions each.
fn sim(seed: u64) -> Sim {
    let mut world = World::new(seed, Timestamp::from_second(1_767_355_200).unwrap());
    let place = place();
    let (region, mut tick) = world.enter(&place);
    let spec = GroupSpec {
        name: GROUP,
        network: PLAIN,
        launch_template: "terminal-gateway-template",
        instance_type: "t3.medium",
        min: 1,
        desired: 2,
        max: 5,
        grace_seconds: 300,
        zones: &['a', 'b'],
        tags: &[("Project", "terminal")],
        policy: Some(PolicySpec { name: "scale-on-sessions", namespace: "T/G", metric: "Sessions", target: 8.0 }),
    };
    group(region, &mut tick, &spec);
    Sim::new(world, Pace::Stepped)
}

/// Status and body of a Query request to EC2 Auto Scaling or, with EC2's version, to EC2.
fn ask(sim: &Sim, version: &str, parameters: &str) -> (u16, String) {
    let request = http::Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=k/20260102/us-east-1/x/aws4_request, Signature=0")
        .body(Bytes::from(format!("Version={version}&Action={parameters}")))
        .unwrap();
    let response = sim.handle(&request);
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

fn scaling(sim: &Sim, parameters: &str) -> (u16, String) {
    ask(sim, "2011-01-01", parameters)
}

fn set_desired(sim: &Sim, desired: i64) -> (u16, String) {
    scaling(sim, &format!("SetDesiredCapacity&AutoScalingGroupName={GROUP}&DesiredCapacity={desired}"))
}

/// The texts of all elements `tag`.
fn all<'a>(body: &'a str, tag: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    body.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}

fn groups(sim: &Sim) -> String {
    scaling(sim, "DescribeAutoScalingGroups").1
}

fn activities(sim: &Sim) -> String {
    scaling(sim, &format!("DescribeScalingActivities&AutoScalingGroupName={GROUP}")).1
}

#[test]
fn a_seeded_group_is_in_service_and_balanced() {
    let sim = sim(1);
    let body = groups(&sim);
    assert!(body.starts_with(
        "<DescribeAutoScalingGroupsResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">\
         <DescribeAutoScalingGroupsResult><AutoScalingGroups><member>"
    ));
    assert_eq!(all(&body, "LifecycleState"), ["InService", "InService"]);
    assert_eq!(all(&body, "AvailabilityZone"), ["us-east-1a", "us-east-1b"]);
    assert_eq!(all(&body, "Version"), ["$Latest", "3", "3"]);
    assert_eq!(all(&activities(&sim), "StatusCode"), ["Successful", "Successful"]);
}

#[test]
fn scaling_out_launches_and_says_why() {
    let sim = sim(1);
    assert_eq!(
        set_desired(&sim, 3).1.split("<ResponseMetadata>").next(),
        Some("<SetDesiredCapacityResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">")
    );
    sim.advance(Duration::from_secs(6));
    assert_eq!(all(&groups(&sim), "LifecycleState"), ["InService", "InService", "Pending"]);
    let under_way = activities(&sim);
    assert_eq!(all(&under_way, "StatusCode")[0], "InProgress");
    assert!(all(&under_way, "Description")[0].starts_with("Launching a new EC2 instance: i-0"));
    let cause = all(&under_way, "Cause")[0];
    assert_eq!(
        cause,
        "At 2026-01-02T12:00:00Z a user request explicitly set group desired capacity changing the desired capacity \
         from 2 to 3.  At 2026-01-02T12:00:05Z an instance was started in response to a difference between desired \
         and actual capacity, increasing the capacity from 2 to 3."
    );
    assert!(all(&under_way, "Details")[0].starts_with("{&quot;Subnet ID&quot;:&quot;subnet-"));
    sim.advance(Duration::from_mins(1));
    assert_eq!(all(&groups(&sim), "LifecycleState"), ["InService"; 3]);
    assert_eq!(all(&activities(&sim), "StatusCode")[0], "Successful");
}

#[test]
fn scaling_in_spares_protected_instances_and_says_whom_it_chose() {
    let sim = sim(1);
    let kept = sim.with_world(|world| {
        let group = world.region(&place()).autoscaling.groups.get_mut(GROUP).unwrap();
        group.members[0].protected = true;
        group.members[0].instance.clone()
    });
    set_desired(&sim, 1);
    sim.advance(Duration::from_secs(6));
    let cause = activities(&sim);
    let cause = all(&cause, "Cause")[0];
    assert!(cause.contains("shrinking the capacity from 2 to 1.  At 2026-01-02T12:00:05Z instance i-"), "{cause}");
    assert!(cause.ends_with(" was selected for termination."));
    sim.advance(Duration::from_secs(90));
    assert_eq!(all(&groups(&sim), "InstanceId"), [kept]);
}

#[test]
fn bounds_are_refused_in_the_services_words() {
    let sim = sim(1);
    let (status, body) = set_desired(&sim, 9);
    let message = "New SetDesiredCapacity value 9 is above max value 5 for the AutoScalingGroup.";
    assert_eq!((status, all(&body, "Code"), all(&body, "Message")), (400, vec!["ValidationError"], vec![message]));
    let (_, body) = set_desired(&sim, 0);
    let message = "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.";
    assert_eq!(all(&body, "Message"), [message]);
    let (status, body) = scaling(&sim, "SetDesiredCapacity&AutoScalingGroupName=nope&DesiredCapacity=1");
    assert!(status == 400 && all(&body, "Message")[0].starts_with("AutoScalingGroup name not found"), "{body}");
    let (_, body) = scaling(&sim, &format!("SetDesiredCapacity&AutoScalingGroupName={GROUP}&DesiredCapacity=two"));
    assert_eq!(all(&body, "Code"), ["MalformedInput"]);
}

#[test]
fn a_cooldown_is_honoured_only_where_asked() {
    let sim = sim(1);
    set_desired(&sim, 3);
    let honour = format!("SetDesiredCapacity&AutoScalingGroupName={GROUP}&DesiredCapacity=2&HonorCooldown=true");
    sim.advance(Duration::from_secs(30));
    let refused = scaling(&sim, &honour).1;
    let activities = scaling(&sim, &format!("DescribeScalingActivities&AutoScalingGroupName={GROUP}")).1;
    let message =
        format!("Scaling activity {} is in progress and blocks this action.", all(&activities, "ActivityId")[0]);
    assert_eq!((all(&refused, "Code"), all(&refused, "Message")), (vec!["ScalingActivityInProgress"], vec![&*message]));
    assert_eq!(set_desired(&sim, 2).0, 200);
    sim.advance(Duration::from_mins(5));
    assert_eq!(scaling(&sim, &honour).0, 200);
}

#[test]
fn moving_the_bounds_moves_the_desired_capacity_with_them() {
    let sim = sim(1);
    let update = |rest: &str| scaling(&sim, &format!("UpdateAutoScalingGroup&AutoScalingGroupName={GROUP}&{rest}"));
    assert_eq!(update("MinSize=3").0, 200);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["3"]);
    assert_eq!(update("MinSize=0&MaxSize=1").0, 200);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["1"]);
    assert_eq!(update("MinSize=4&DesiredCapacity=2").0, 400, "and nothing of it is done");
    assert_eq!(all(&groups(&sim), "MinSize"), ["0"]);
}

#[test]
fn a_dead_instance_is_replaced() {
    let sim = sim(1);
    let dead = sim.with_world(|world| {
        let place = place();
        let (region, mut tick) = world.enter(&place);
        let dead = region.autoscaling.groups[GROUP].members[0].instance.clone();
        assert!(region.ec2.kill(&dead, &mut tick));
        dead
    });
    sim.advance(Duration::from_secs(20));
    let log = activities(&sim);
    let causes = all(&log, "Cause");
    assert!(causes[0].ends_with("in response to an unhealthy instance needing to be replaced."), "{}", causes[0]);
    assert!(causes[1].ends_with("an EC2 health check indicating it has been terminated or stopped."), "{}", causes[1]);
    sim.advance(Duration::from_secs(90));
    let body = groups(&sim);
    assert_eq!(all(&body, "LifecycleState"), ["InService"; 2]);
    assert!(!all(&body, "InstanceId").contains(&dead.as_str()));
}

#[test]
fn an_impaired_instance_is_replaced_after_two_minutes() {
    let sim = sim(1);
    let sick = sim.with_world(|world| {
        let place = place();
        let (region, tick) = world.enter(&place);
        let sick = region.autoscaling.groups[GROUP].members[0].instance.clone();
        assert!(region.ec2.impair(&sick, true, &tick));
        sick
    });
    sim.advance(Duration::from_mins(1));
    let status = ask(&sim, "2016-11-15", &format!("DescribeInstanceStatus&InstanceId.1={sick}")).1;
    assert!(status.contains("<systemStatus><status>impaired</status>"), "{status}");
    assert!(all(&groups(&sim), "InstanceId").contains(&sick.as_str()));
    sim.advance(Duration::from_mins(3));
    assert!(!all(&groups(&sim), "InstanceId").contains(&sick.as_str()));
}

#[test]
fn suspended_processes_do_not_run() {
    let sim = sim(1);
    sim.with_world(|world| {
        let group = world.region(&place()).autoscaling.groups.get_mut(GROUP).unwrap();
        group.suspended.insert("Launch".to_owned(), "User suspended at 2026-01-02T11:00:00Z".to_owned());
    });
    set_desired(&sim, 4);
    sim.advance(Duration::from_mins(2));
    let body = groups(&sim);
    assert_eq!(all(&body, "LifecycleState").len(), 2);
    assert_eq!(all(&body, "ProcessName"), ["Launch"]);
}

/// Publishes `total` sessions, shared by the gateways in service, every minute.
fn load(sim: &Sim, minutes: u64, total: f64) {
    for _ in 0..minutes {
        sim.with_world(|world| {
            let place = place();
            let (region, tick) = world.enter(&place);
            let gateways = region.autoscaling.groups[GROUP].in_service().count();
            for _ in 0..gateways {
                let share = Sample::one(total / gateways as f64);
                region.cloudwatch.record(&MetricKey::new("T/G", "Sessions", &[]), share, &tick);
            }
        });
        sim.advance(Duration::from_mins(1));
    }
}

#[test]
fn target_tracking_grows_in_proportion_and_shrinks_one_at_a_time() {
    let sim = sim(1);
    load(&sim, 8, 28.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["4"], "2 × 14 / 8, rounded up");
    let log = activities(&sim);
    let cause = all(&log, "Cause")[0];
    assert!(
        cause.contains("a monitor alarm TargetTracking-terminal-gateway-asg-AlarmHigh-")
            && cause.contains(
                " in state ALARM triggered policy scale-on-sessions changing the desired capacity from 2 to 4."
            ),
        "{cause}"
    );
    load(&sim, 30, 12.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["2"], "12 / 8, rounded up");
    let log = activities(&sim);
    for step in ["from 4 to 3.", "from 3 to 2."] {
        assert!(all(&log, "Cause").iter().any(|cause| cause.contains("AlarmLow") && cause.contains(step)), "{step}");
    }
    load(&sim, 60, 0.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["1"], "the minimum, not zero");
}

#[test]
fn a_policy_names_its_metric_and_its_alarms() {
    let body = scaling(&sim(1), &format!("DescribePolicies&AutoScalingGroupName={GROUP}")).1;
    assert_eq!(all(&body, "TargetValue"), ["8.0"]);
    assert_eq!(all(&body, "MetricName"), ["Sessions"]);
    let alarms = all(&body, "AlarmName");
    assert!(alarms[0].starts_with("TargetTracking-terminal-gateway-asg-AlarmHigh-"), "{alarms:?}");
    assert!(alarms[1].starts_with("TargetTracking-terminal-gateway-asg-AlarmLow-"), "{alarms:?}");
}

#[test]
fn pages_are_bounded_and_tokens_their_own() {
    let sim = sim(1);
    let (_, body) = scaling(&sim, "DescribeAutoScalingGroups&MaxRecords=101");
    assert_eq!(all(&body, "Code"), ["ValidationError"]);
    let (_, first) = scaling(&sim, "DescribeAutoScalingInstances&MaxRecords=1");
    let token = all(&first, "NextToken")[0];
    let (_, second) = scaling(&sim, &format!("DescribeAutoScalingInstances&MaxRecords=1&NextToken={token}"));
    assert_eq!(all(&second, "InstanceId").len(), 1);
    assert_ne!(all(&first, "InstanceId"), all(&second, "InstanceId"));
    let (_, foreign) = scaling(&sim, &format!("DescribeScalingActivities&NextToken={token}"));
    assert_eq!(all(&foreign, "Code"), ["InvalidNextToken"]);
}

#[derive(Debug, Clone)]
enum Deed {
    SetDesired(i64),
    Bounds(u32, u32),
    Kill(usize),
    Impair(usize),
    Suspend(&'static str),
    Resume,
    /// An operation on the instance at this place, with the rest of its parameters.
    OnInstance(&'static str, usize, &'static str),
    Refresh(&'static str),
    Wait(u64),
}

const DECREMENT: &str = "&ShouldDecrementDesiredCapacity=true";
const REPLACE: &str = "&ShouldDecrementDesiredCapacity=false";

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        (0..8_i64).prop_map(Deed::SetDesired),
        (0..4_u32, 0..7_u32).prop_map(|(min, max)| Deed::Bounds(min, max)),
        (0..5_usize).prop_map(Deed::Kill),
        (0..5_usize).prop_map(Deed::Impair),
        prop_oneof![Just("Launch"), Just("Terminate"), Just("ReplaceUnhealthy")].prop_map(Deed::Suspend),
        Just(Deed::Resume),
        (
            prop_oneof![Just(DECREMENT), Just(REPLACE)],
            prop_oneof![Just("EnterStandby"), Just("DetachInstances")],
            0..5_usize
        )
            .prop_map(|(rest, operation, at)| Deed::OnInstance(operation, at, rest)),
        (0..5_usize).prop_map(|at| Deed::OnInstance("ExitStandby", at, "")),
        (prop_oneof![Just(DECREMENT), Just(REPLACE)], 0..5_usize).prop_map(|(rest, at)| Deed::OnInstance(
            "TerminateInstanceInAutoScalingGroup",
            at,
            rest
        )),
        prop_oneof![Just("StartInstanceRefresh"), Just("CancelInstanceRefresh")].prop_map(Deed::Refresh),
        (1..400_u64).prop_map(Deed::Wait),
    ];
    prop::collection::vec(deed, 1..25)
}

fn perform(sim: &Sim, deed: &Deed) {
    let with_member = |at: usize, act: fn(&mut crate::sim::world::Region, &mut crate::sim::world::Tick<'_>, &str)| {
        sim.with_world(|world| {
            let place = place();
            let (region, mut tick) = world.enter(&place);
            let members = &region.autoscaling.groups[GROUP].members;
            if let Some(instance) = members.get(at).map(|member| member.instance.clone()) {
                act(region, &mut tick, &instance);
            }
        });
    };
    match deed {
        Deed::SetDesired(desired) => {
            set_desired(sim, *desired);
        }
        Deed::Bounds(min, max) => {
            let sizes = format!("MinSize={min}&MaxSize={max}");
            scaling(sim, &format!("UpdateAutoScalingGroup&AutoScalingGroupName={GROUP}&{sizes}"));
        }
        Deed::Kill(at) => with_member(*at, |region, tick, id| {
            region.ec2.kill(id, tick);
        }),
        Deed::Impair(at) => with_member(*at, |region, tick, id| {
            region.ec2.impair(id, true, tick);
        }),
        Deed::Suspend(process) => sim.with_world(|world| {
            let group = world.region(&place()).autoscaling.groups.get_mut(GROUP).unwrap();
            group.suspended.insert((*process).to_owned(), String::new());
        }),
        Deed::Resume => sim.with_world(|world| {
            world.region(&place()).autoscaling.groups.get_mut(GROUP).unwrap().suspended.clear();
        }),
        Deed::OnInstance(operation, at, rest) => {
            let body = groups(sim);
            if let Some(id) = all(&body, "InstanceId").get(*at) {
                let named = format!("AutoScalingGroupName={GROUP}&InstanceIds.member.1={id}{rest}");
                scaling(sim, &format!("{operation}&{named}"));
            }
        }
        Deed::Refresh(operation) => {
            scaling(sim, &format!("{operation}&AutoScalingGroupName={GROUP}&Preferences.InstanceWarmup=30"));
        }
        Deed::Wait(seconds) => sim.advance(Duration::from_secs(*seconds)),
    }
}

proptest! {
    #![proptest_config(trials::cases(48))]

    #[test]
    fn capacity_stays_in_bounds_and_activities_end(deeds in deeds()) {
        let sim = sim(9);
        for deed in &deeds {
            perform(&sim, deed);
            let (in_service, min, desired, max) = sim.with_world(|world| {
                let group = &world.region(&place()).autoscaling.groups[GROUP];
                (group.in_service().count(), group.min, group.desired, group.max)
            });
            prop_assert!((min..=max).contains(&desired), "{} in {}..={}", desired, min, max);
            prop_assert!(in_service <= 7, "{} in service", in_service);
        }
        perform(&sim, &Deed::Resume);
        perform(&sim, &Deed::Refresh("CancelInstanceRefresh"));
        perform(&sim, &Deed::Wait(1800));
        let (in_service, desired) = sim.with_world(|world| {
            let group = &world.region(&place()).autoscaling.groups[GROUP];
            (group.in_service().count(), group.desired as usize)
        });
        prop_assert_eq!(in_service, desired);
        prop_assert!(!activities(&sim).contains("InProgress"));
        sim.with_world(|world| {
            let group = &world.region(&place()).autoscaling.groups[GROUP];
            prop_assert!(group.rolling.is_none(), "a refresh is over");
            Ok(())
        })?;
    }
}
