//! Instance refreshes over the wire, and their arithmetic over every small group.

use super::*;
use crate::sim::{
    autoscaling::Lifecycle,
    cloudwatch::{AlarmSpec, MetricKey},
};

const TEMPLATE: &str = "terminal-gateway-template";
const DESIRED: &str = "DesiredConfiguration.LaunchTemplate.LaunchTemplateName=terminal-gateway-template\
                       &DesiredConfiguration.LaunchTemplate.Version=3";

fn on_group(sim: &Sim, operation: &str, rest: &str) -> (u16, String) {
    scaling(sim, &format!("{operation}&AutoScalingGroupName={GROUP}&{rest}"))
}

/// A group of so many gateways from version 2, which it pins, that warm up for a minute.
fn pinned(desired: u32) -> Sim {
    let sim = sim(1);
    let pin = format!("LaunchTemplate.LaunchTemplateName={TEMPLATE}&LaunchTemplate.Version=2");
    let sizes = format!("MinSize=0&MaxSize=20&DesiredCapacity={desired}&DefaultInstanceWarmup=60");
    assert_eq!(on_group(&sim, "UpdateAutoScalingGroup", &format!("{pin}&{sizes}")).0, 200);
    sim.with_world(|world| {
        for member in &mut world.region(&place()).autoscaling.groups.get_mut(GROUP).unwrap().members {
            member.version = 2;
        }
    });
    sim.advance(Duration::from_mins(2));
    sim
}

fn start(sim: &Sim, rest: &str) -> (u16, String) {
    on_group(sim, "StartInstanceRefresh", rest)
}

fn seen(sim: &Sim, tag: &str) -> String {
    let body = on_group(sim, "DescribeInstanceRefreshes", "").1;
    all(&body, tag).first().map(|text| (*text).to_owned()).unwrap_or_default()
}

/// Template versions of the instances in service.
fn versions(sim: &Sim) -> Vec<u32> {
    sim.with_world(|world| {
        let group = &world.region(&place()).autoscaling.groups[GROUP];
        group.in_service().map(|member| member.version).collect()
    })
}

fn ids(sim: &Sim) -> Vec<String> {
    all(&groups(sim), "InstanceId").into_iter().map(str::to_owned).collect()
}

#[track_caller]
fn until(sim: &Sim, status: &str, minutes: u64) {
    for _ in 0..minutes * 12 {
        if seen(sim, "Status") == status {
            return;
        }
        sim.advance(Duration::from_secs(5));
    }
    panic!("not {status} within {minutes} min but {}: {}", seen(sim, "Status"), seen(sim, "StatusReason"));
}

#[test]
fn a_refresh_replaces_one_by_one_and_then_the_group_has_the_new_version() {
    let sim = pinned(3);
    let (status, body) = start(&sim, DESIRED);
    assert_eq!((status, all(&body, "InstanceRefreshId").len()), (200, 1));
    assert_eq!((seen(&sim, "Status"), seen(&sim, "InstancesToUpdate")), ("Pending".to_owned(), "3".to_owned()));
    assert_eq!(all(&start(&sim, "").1, "Code"), ["InstanceRefreshInProgress"]);
    let update = format!("LaunchTemplate.LaunchTemplateName={TEMPLATE}&LaunchTemplate.Version=1");
    assert!(on_group(&sim, "UpdateAutoScalingGroup", &update).1.contains("An active instance refresh with a desired"));
    sim.advance(Duration::from_secs(20));
    assert!(seen(&sim, "StatusReason").starts_with("Waiting for remaining instances to be available. For example: i-"));
    sim.advance(Duration::from_secs(40));
    assert!(
        seen(&sim, "StatusReason").starts_with("Waiting for instances to warm up before continuing. For example: i-")
    );
    assert_eq!(seen(&sim, "PercentageComplete"), "0", "a new instance counts when it is warm");
    until(&sim, "Successful", 10);
    assert_eq!((seen(&sim, "PercentageComplete"), seen(&sim, "InstancesToUpdate")), ("100".to_owned(), "0".to_owned()));
    assert_eq!(versions(&sim), [3, 3, 3]);
    assert_eq!(all(&groups(&sim), "Version")[0], "3", "the group follows when it has succeeded");
    let log = activities(&sim);
    for cause in
        ["taken out of service in response to an instance refresh.", "launched in response to an instance refresh."]
    {
        assert_eq!(all(&log, "Cause").iter().filter(|it| it.ends_with(cause)).count(), 3, "{cause}");
    }
}

#[test]
fn matching_instances_are_skipped_where_that_is_asked_for() {
    let sim = pinned(2);
    start(&sim, "Preferences.SkipMatching=true");
    until(&sim, "Successful", 1);
    assert_eq!(activities(&sim).matches("instance refresh").count(), 0);
    let before = ids(&sim);
    start(&sim, "");
    until(&sim, "Successful", 10);
    assert!(ids(&sim).iter().all(|id| !before.contains(id)), "without, even equal ones are replaced");
}

#[test]
fn a_refresh_is_cancelled_and_leaves_what_it_has_done() {
    let sim = pinned(4);
    start(&sim, DESIRED);
    sim.advance(Duration::from_secs(110));
    assert_eq!(on_group(&sim, "CancelInstanceRefresh", "").0, 200);
    assert_eq!(seen(&sim, "StatusReason"), "Cancelled due to user request.");
    until(&sim, "Cancelled", 3);
    sim.advance(Duration::from_mins(5));
    assert!(versions(&sim).contains(&2) && versions(&sim).contains(&3), "{:?}", versions(&sim));
    assert_eq!(all(&groups(&sim), "Version")[0], "2");
    for operation in ["CancelInstanceRefresh", "RollbackInstanceRefresh"] {
        assert_eq!(all(&on_group(&sim, operation, "").1, "Code"), ["ActiveInstanceRefreshNotFound"]);
    }
}

#[test]
fn a_refresh_is_rolled_back_to_what_the_group_says() {
    let sim = pinned(4);
    start(&sim, DESIRED);
    sim.advance(Duration::from_mins(5));
    let percentage: u32 = seen(&sim, "PercentageComplete").parse().unwrap();
    assert!(percentage > 0);
    assert_eq!(on_group(&sim, "RollbackInstanceRefresh", "").0, 200);
    assert_eq!(seen(&sim, "Status"), "RollbackInProgress");
    assert_eq!(seen(&sim, "PercentageCompleteOnRollback"), percentage.to_string());
    assert_eq!(all(&on_group(&sim, "RollbackInstanceRefresh", "").1, "Code"), ["IrreversibleInstanceRefresh"]);
    until(&sim, "RollbackSuccessful", 15);
    assert_eq!((versions(&sim), seen(&sim, "PercentageComplete")), (vec![2; 4], "0".to_owned()));
    assert_eq!(all(&groups(&sim), "Version")[0], "2");
}

#[test]
fn what_cannot_be_rolled_back_says_so() {
    let sim = pinned(2);
    start(&sim, "");
    assert_eq!(all(&on_group(&sim, "RollbackInstanceRefresh", "").1, "Code"), ["IrreversibleInstanceRefresh"]);
    let latest = self::sim(1);
    start(&latest, DESIRED);
    assert_eq!(all(&on_group(&latest, "RollbackInstanceRefresh", "").1, "Code"), ["IrreversibleInstanceRefresh"]);
    let other = self::sim(1);
    assert!(
        start(&other, "Preferences.AutoRollback=true").1.contains("when the DesiredConfiguration parameter is empty")
    );
    assert!(start(&other, &format!("{DESIRED}&Preferences.AutoRollback=true")).1.contains("$Latest"));
}

#[test]
fn preferences_are_kept_within_their_bounds() {
    let sim = pinned(2);
    for odd in [
        "MinHealthyPercentage=101",
        "MaxHealthyPercentage=150",
        "MinHealthyPercentage=0&Preferences.MaxHealthyPercentage=150",
        "MinHealthyPercentage=50&Preferences.MaxHealthyPercentage=99",
        "CheckpointPercentages.member.1=50&Preferences.CheckpointPercentages.member.2=50",
        "CheckpointDelay=60",
        "ScaleInProtectedInstances=Terminate",
        "BakeTime=172801",
    ] {
        assert_eq!(all(&start(&sim, &format!("Preferences.{odd}")).1, "Code"), ["ValidationError"], "{odd}");
    }
    start(&sim, "Preferences.MinHealthyPercentage=50&Preferences.MaxHealthyPercentage=150&Preferences.BakeTime=60");
    let body = on_group(&sim, "DescribeInstanceRefreshes", "").1;
    let said = ["MinHealthyPercentage", "MaxHealthyPercentage", "InstanceWarmup", "ScaleInProtectedInstances"];
    assert_eq!(said.map(|tag| all(&body, tag)[0]), ["50", "150", "60", "Wait"]);
    until(&sim, "Baking", 10);
    assert_eq!(seen(&sim, "PercentageComplete"), "100");
    until(&sim, "Successful", 2);
}

#[test]
fn it_waits_at_checkpoints() {
    let sim = pinned(4);
    let checkpoints = "Preferences.CheckpointPercentages.member.1=25&Preferences.CheckpointPercentages.member.2=100";
    start(&sim, &format!("{DESIRED}&{checkpoints}&Preferences.CheckpointDelay=1800"));
    sim.advance(Duration::from_mins(20));
    assert_eq!(seen(&sim, "PercentageComplete"), "25");
    assert_eq!(versions(&sim).iter().filter(|version| **version == 3).count(), 1);
    assert!(seen(&sim, "StatusReason").contains("checkpoint at 25%"));
    until(&sim, "Successful", 30);
    assert_eq!(versions(&sim), [3; 4]);
}

#[test]
fn it_stops_at_a_last_checkpoint_below_the_whole() {
    let sim = pinned(4);
    start(&sim, &format!("{DESIRED}&Preferences.CheckpointPercentages.member.1=50"));
    until(&sim, "Successful", 15);
    assert_eq!(versions(&sim).iter().filter(|version| **version == 3).count(), 2);
}

#[test]
fn protected_instances_are_waited_for_ignored_or_replaced() {
    for (found, status, replaced) in [("Wait", "Failed", 1), ("Ignore", "Successful", 1), ("Refresh", "Successful", 2)]
    {
        let sim = pinned(2);
        let id = ids(&sim).remove(0);
        on_group(&sim, "SetInstanceProtection", &format!("InstanceIds.member.1={id}&ProtectedFromScaleIn=true"));
        start(&sim, &format!("{DESIRED}&Preferences.ScaleInProtectedInstances={found}"));
        sim.advance(Duration::from_mins(50));
        if found == "Wait" {
            assert!(seen(&sim, "StatusReason").ends_with(&format!("{id} is protected from scale in.")));
        }
        until(&sim, status, 30);
        assert_eq!(versions(&sim).iter().filter(|version| **version == 3).count(), replaced, "{found}");
    }
}

#[test]
fn instances_in_standby_are_waited_for_ignored_or_terminated() {
    for (found, status, left) in
        [("Wait", "Failed", true), ("Ignore", "Successful", true), ("Terminate", "Successful", false)]
    {
        let sim = pinned(3);
        let id = ids(&sim).remove(0);
        on_group(&sim, "EnterStandby", &format!("InstanceIds.member.1={id}&ShouldDecrementDesiredCapacity=true"));
        sim.advance(Duration::from_mins(1));
        start(&sim, &format!("{DESIRED}&Preferences.StandbyInstances={found}"));
        until(&sim, status, 90);
        sim.advance(Duration::from_mins(2));
        assert_eq!((ids(&sim).contains(&id), versions(&sim)), (left, vec![3, 3]), "{found}");
    }
}

#[test]
fn an_alarm_ends_it_and_rolls_it_back() {
    let sim = pinned(2);
    let metric = MetricKey::new("T", "Errors", &[]);
    sim.with_world(|world| {
        let place = place();
        let (region, mut tick) = world.enter(&place);
        let spec = AlarmSpec {
            name: "errors".to_owned(),
            description: String::new(),
            metric: metric.clone(),
            statistic: "Average".to_owned(),
            period: 60,
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            threshold: 0.0,
            comparison: "GreaterThanThreshold",
            treat_missing: "notBreaching",
            actions: Vec::new(),
        };
        region.cloudwatch.put_alarm(spec, &mut tick);
    });
    let alarm = "Preferences.AutoRollback=true&Preferences.AlarmSpecification.Alarms.member.1=errors";
    start(&sim, &format!("{DESIRED}&{alarm}"));
    sim.advance(Duration::from_mins(1));
    sim.with_world(|world| {
        let place = place();
        let (region, tick) = world.enter(&place);
        region.cloudwatch.record(&metric, Sample::one(5.0), &tick);
    });
    until(&sim, "RollbackInProgress", 5);
    assert_eq!(seen(&sim, "RollbackReason"), "CloudWatch alarm errors went into the ALARM state.");
    until(&sim, "RollbackSuccessful", 15);
    assert_eq!(versions(&sim), [2, 2]);
}

#[test]
fn it_stands_still_while_its_process_is_suspended() {
    let sim = pinned(2);
    on_group(&sim, "SuspendProcesses", "ScalingProcesses.member.1=InstanceRefresh");
    start(&sim, DESIRED);
    sim.advance(Duration::from_mins(10));
    assert_eq!((versions(&sim), seen(&sim, "PercentageComplete")), (vec![2, 2], "0".to_owned()));
    on_group(&sim, "ResumeProcesses", "");
    until(&sim, "Successful", 10);
}

/// Every group of one to six, with bounds in steps: never fewer that serve, never more that are there, and it ends.
#[test]
fn bounds_hold_in_every_small_group() {
    let maxima = [None, Some(100), Some(110), Some(150), Some(200)];
    for desired in 1..=6_u32 {
        let fresh = || pinned(desired);
        for (min, max) in [0, 50, 90, 100].into_iter().flat_map(|min| maxima.map(|max| (min, max))) {
            if max.is_some_and(|max| max - min > 100) {
                continue;
            }
            let sim = fresh();
            let most = max.map(|max| format!("&Preferences.MaxHealthyPercentage={max}")).unwrap_or_default();
            start(
                &sim,
                &format!("{DESIRED}&Preferences.MinHealthyPercentage={min}{most}&Preferences.InstanceWarmup=30"),
            );
            let floor = (desired * min).div_ceil(100);
            let ceiling = max.map_or(desired, |max| desired * max / 100);
            let stuck = floor >= desired && ceiling <= desired;
            let (floor, ceiling) = match (stuck, max) {
                (true, Some(_)) => (floor, desired + 1),
                (true, None) => (desired - 1, ceiling),
                (false, _) => (floor, ceiling),
            };
            let mut steps = 0;
            while seen(&sim, "Status") != "Successful" {
                sim.advance(Duration::from_secs(5));
                let (serving, there) = sim.with_world(|world| {
                    let group = &world.region(&place()).autoscaling.groups[GROUP];
                    (group.in_service().count(), group.members.iter().filter(|it| it.counts()).count())
                });
                let what = format!("{desired} desired, {min} to {max:?} %: {serving} serve, {there} are there");
                assert!(serving >= floor as usize && there <= ceiling as usize, "{what}");
                steps += 1;
                assert!(steps < 400, "{what}: it does not end: {}", seen(&sim, "StatusReason"));
            }
            assert_eq!(versions(&sim), vec![3; desired as usize], "{desired} desired, {min} to {max:?} %");
        }
    }
}

#[test]
fn a_scale_in_while_it_rolls_does_not_stop_it() {
    let sim = pinned(4);
    start(&sim, &format!("{DESIRED}&Preferences.MinHealthyPercentage=100&Preferences.MaxHealthyPercentage=150"));
    sim.advance(Duration::from_mins(2));
    set_desired(&sim, 2);
    until(&sim, "Successful", 15);
    sim.advance(Duration::from_mins(2));
    assert_eq!(versions(&sim), [3, 3]);
    sim.with_world(|world| {
        let group = &world.region(&place()).autoscaling.groups[GROUP];
        assert!(group.rolling.is_none());
        assert!(group.members.iter().all(|it| matches!(it.lifecycle, Lifecycle::InService { .. })));
    });
}
