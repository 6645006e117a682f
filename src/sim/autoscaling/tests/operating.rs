//! What an operator does to single instances, as the wire tells it.

use super::*;
use crate::sim::autoscaling::seed::put_behind_balancer;

fn members(sim: &Sim) -> Vec<String> {
    let body = groups(sim);
    all(&body, "InstanceId").into_iter().map(str::to_owned).collect()
}

fn on_group(sim: &Sim, operation: &str, rest: &str) -> (u16, String) {
    scaling(sim, &format!("{operation}&AutoScalingGroupName={GROUP}&{rest}"))
}

fn states(sim: &Sim) -> Vec<String> {
    all(&groups(sim), "LifecycleState").into_iter().map(str::to_owned).collect()
}

fn desired(sim: &Sim) -> String {
    all(&groups(sim), "DesiredCapacity")[0].to_owned()
}

#[track_caller]
fn refused((status, body): &(u16, String), message: &str) {
    assert_eq!((*status, all(body, "Code"), all(body, "Message")), (400, vec!["ValidationError"], vec![message]));
}

#[test]
fn an_instance_goes_to_standby_and_comes_back() {
    let sim = sim(1);
    let [first, second] = &members(&sim)[..] else { panic!("two instances") };
    let standby = |id: &str, decrement: bool| {
        on_group(&sim, "EnterStandby", &format!("InstanceIds.member.1={id}&ShouldDecrementDesiredCapacity={decrement}"))
    };
    let (status, body) = standby(first, true);
    assert_eq!((status, all(&body, "StatusCode"), all(&body, "Progress")), (200, vec!["InProgress"], vec!["50"]));
    assert_eq!(all(&body, "Description"), [format!("Moving EC2 instance to Standby: {first}")]);
    let cause = format!(
        "At 2026-01-02T12:00:00Z instance {first} was moved to standby in response to a user request, shrinking the \
         capacity from 2 to 1."
    );
    assert_eq!(all(&body, "Cause"), [cause]);
    assert_eq!((states(&sim), desired(&sim)), (vec!["EnteringStandby".into(), "InService".into()], "1".into()));
    sim.advance(Duration::from_mins(2));
    assert_eq!(states(&sim), ["Standby", "InService"], "and none takes its place");
    refused(&standby(first, true), &format!("The instance {first} is not in InService."));
    let full = format!(
        "AutoScalingGroup {GROUP} has min-size=1, max-size=5, and desired-size=1. To place into standby 1 instance, \
         please update the AutoScalingGroup sizes appropriately."
    );
    refused(&standby(second, true), &full);
    let (_, body) = on_group(&sim, "ExitStandby", &format!("InstanceIds.member.1={first}"));
    assert_eq!((all(&body, "StatusCode"), all(&body, "Progress")), (vec!["PreInService"], vec!["30"]));
    assert!(all(&body, "Cause")[0].ends_with("in response to a user request, increasing the capacity from 1 to 2."));
    assert_eq!((states(&sim), desired(&sim)), (vec!["Pending".into(), "InService".into()], "2".into()));
    sim.advance(Duration::from_secs(20));
    assert_eq!(states(&sim), ["InService", "InService"]);
    refused(
        &on_group(&sim, "ExitStandby", &format!("InstanceIds.member.1={first}")),
        &format!("The instance {first} is not in Standby."),
    );
    assert!(!activities(&sim).contains("InProgress"));
}

#[test]
fn standby_without_decrement_launches_another_and_coming_back_needs_room() {
    let sim = sim(1);
    let ids = members(&sim);
    let both = format!("InstanceIds.member.1={}&InstanceIds.member.2={}", ids[0], ids[1]);
    on_group(&sim, "EnterStandby", &format!("{both}&ShouldDecrementDesiredCapacity=false"));
    sim.advance(Duration::from_mins(2));
    assert_eq!(states(&sim), ["Standby", "Standby", "InService", "InService"]);
    on_group(&sim, "UpdateAutoScalingGroup", "MaxSize=3");
    let full = format!(
        "AutoScalingGroup {GROUP} has min-size=1, max-size=3, and desired-size=2. To place into service 2 instances, \
         please update the AutoScalingGroup sizes appropriately."
    );
    refused(&on_group(&sim, "ExitStandby", &both), &full);
}

#[test]
fn an_instance_in_standby_is_not_looked_after() {
    let sim = sim(1);
    let id = members(&sim).remove(0);
    on_group(&sim, "EnterStandby", &format!("InstanceIds.member.1={id}&ShouldDecrementDesiredCapacity=true"));
    sim.advance(Duration::from_mins(1));
    sim.with_world(|world| {
        let place = place();
        let (region, tick) = world.enter(&place);
        assert!(region.ec2.impair(&id, true, &tick));
    });
    sim.advance(Duration::from_mins(20));
    assert_eq!(states(&sim), ["Standby", "InService"]);
}

#[test]
fn terminating_by_name_shrinks_the_group_or_brings_another() {
    let sim = sim(1);
    let ids = members(&sim);
    let end = |id: &str, decrement: bool| {
        let rest = format!("InstanceId={id}&ShouldDecrementDesiredCapacity={decrement}");
        scaling(&sim, &format!("TerminateInstanceInAutoScalingGroup&{rest}"))
    };
    on_group(&sim, "SetInstanceProtection", &format!("InstanceIds.member.1={}&ProtectedFromScaleIn=true", ids[0]));
    let (_, body) = end(&ids[0], false);
    assert!(all(&body, "Cause")[0].ends_with("taken out of service in response to a user request."), "{body}");
    assert_eq!(all(&end(&ids[0], false).1, "Code"), ["ScalingActivityInProgress"]);
    sim.advance(Duration::from_mins(2));
    assert_eq!((members(&sim).len(), desired(&sim)), (2, "2".to_owned()), "protection does not hold, another came");
    let (_, body) = end(&ids[1], true);
    assert!(all(&body, "Cause")[0].ends_with("a user request, shrinking the capacity from 2 to 1."), "{body}");
    sim.advance(Duration::from_mins(2));
    let left = members(&sim);
    assert_eq!((left.len(), desired(&sim)), (1, "1".to_owned()));
    let below = "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate \
                 group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's \
                 min size.";
    refused(&end(&left[0], true), below);
    let gone = format!("Instance Id not found - No managed instance found for instance ID: {}", ids[0]);
    refused(&end(&ids[0], true), &gone);
    let several = format!("InstanceIds.member.1={}&ShouldDecrementDesiredCapacity=false", left[0]);
    assert_eq!(all(&on_group(&sim, "TerminateInstanceInAutoScalingGroup", &several).1, "Activities").len(), 1);
}

#[test]
fn a_detached_instance_runs_on_and_is_nobodys() {
    let sim = sim(1);
    let id = members(&sim).remove(0);
    let rest = format!("InstanceIds.member.1={id}&ShouldDecrementDesiredCapacity=true");
    let (_, body) = on_group(&sim, "DetachInstances", &rest);
    assert_eq!(all(&body, "Description"), [format!("Detaching EC2 instance: {id}")]);
    assert_eq!(states(&sim), ["Detaching", "InService"]);
    sim.advance(Duration::from_mins(2));
    assert_eq!((members(&sim).len(), desired(&sim)), (1, "1".to_owned()));
    let (_, instance) = ask(&sim, "2016-11-15", &format!("DescribeInstances&InstanceId.1={id}"));
    assert!(instance.contains("<name>running</name>") && !instance.contains("aws:autoscaling:groupName"), "{instance}");
    let stranger = format!("The instance {id} is not part of Auto Scaling group {GROUP}.");
    refused(&on_group(&sim, "DetachInstances", &rest), &stranger);
}

#[test]
fn protection_is_for_instances_in_service_or_standby_all_or_none() {
    let sim = sim(1);
    set_desired(&sim, 3);
    sim.advance(Duration::from_secs(6));
    let ids = members(&sim);
    let protect = |ids: &[&str]| {
        let named: Vec<String> = (1..).zip(ids).map(|(at, id)| format!("InstanceIds.member.{at}={id}")).collect();
        on_group(&sim, "SetInstanceProtection", &format!("{}&ProtectedFromScaleIn=true", named.join("&")))
    };
    let pending = format!("The instance {} is not in InService or EnteringStandby or Standby.", ids[2]);
    refused(&protect(&[&ids[0], &ids[2]]), &pending);
    assert_eq!(all(&groups(&sim), "ProtectedFromScaleIn"), ["false"; 3]);
    assert!(protect(&[&ids[0]]).1.contains("<SetInstanceProtectionResult></SetInstanceProtectionResult>"));
    assert_eq!(all(&groups(&sim), "ProtectedFromScaleIn"), ["true", "false", "false"]);
    let (_, body) = protect(&["i-1"; 51]);
    assert!(all(&body, "Message")[0].ends_with("Member must have length less than or equal to 50"), "{body}");
}

#[test]
fn processes_are_suspended_and_resumed_by_name_or_all() {
    let sim = sim(1);
    on_group(&sim, "SuspendProcesses", "ScalingProcesses.member.1=AlarmNotification");
    sim.advance(Duration::from_mins(1));
    on_group(&sim, "SuspendProcesses", "");
    let body = groups(&sim);
    assert_eq!(all(&body, "ProcessName").len(), 9);
    assert!(body.contains("User suspended at 2026-01-02T12:00:00Z"), "what was suspended keeps its time");
    on_group(&sim, "ResumeProcesses", "ScalingProcesses.member.1=Launch");
    assert_eq!(all(&groups(&sim), "ProcessName").len(), 8);
    assert_eq!(on_group(&sim, "ResumeProcesses", "").0, 200);
    assert!(all(&groups(&sim), "ProcessName").is_empty());
    assert_eq!(on_group(&sim, "SuspendProcesses", "ScalingProcesses.member.1=Nope").0, 400);
}

#[test]
fn a_group_without_hooks_and_refreshes_has_empty_lists_of_them() {
    let sim = sim(1);
    for (operation, list) in
        [("DescribeLifecycleHooks", "LifecycleHooks"), ("DescribeInstanceRefreshes", "InstanceRefreshes")]
    {
        let (status, body) = on_group(&sim, operation, "");
        assert_eq!((status, all(&body, list)), (200, vec![""]));
        assert_eq!(scaling(&sim, &format!("{operation}&AutoScalingGroupName=nope")).0, 400);
    }
}

#[test]
fn instances_drain_from_target_groups_before_they_stand_by_or_go() {
    let sim = sim(1);
    on_group(&sim, "SuspendProcesses", "ScalingProcesses.member.1=AZRebalance");
    let arn = sim.with_world(|world| {
        let place = place();
        let (region, mut tick) = world.enter(&place);
        put_behind_balancer(region, &mut tick, GROUP, 60)
    });
    let health = || {
        let parameters = format!("DescribeTargetHealth&TargetGroupArn={arn}");
        let body = ask(&sim, "2015-12-01", &parameters).1;
        all(&body, "State").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(health(), ["healthy", "healthy"]);
    assert!(groups(&sim).contains(&format!("<TargetGroupARNs><member>{arn}</member>")));
    let ids = members(&sim);
    let rest = format!("InstanceIds.member.1={}&ShouldDecrementDesiredCapacity=false", ids[0]);
    let (_, body) = on_group(&sim, "EnterStandby", &rest);
    assert_eq!(all(&body, "StatusCode"), ["WaitingForELBConnectionDraining"]);
    sim.advance(Duration::from_secs(50));
    assert_eq!(states(&sim)[0], "EnteringStandby");
    assert_eq!(health()[..2], ["draining", "healthy"]);
    sim.advance(Duration::from_secs(15));
    assert_eq!((states(&sim)[0].as_str(), health()), ("Standby", vec!["healthy".to_owned(); 2]));
    let rest = format!("InstanceId={}&ShouldDecrementDesiredCapacity=true", ids[1]);
    scaling(&sim, &format!("TerminateInstanceInAutoScalingGroup&{rest}"));
    sim.advance(Duration::from_secs(50));
    let (_, instance) = ask(&sim, "2016-11-15", &format!("DescribeInstances&InstanceId.1={}", ids[1]));
    assert!(instance.contains("<name>running</name>"), "it runs while it drains");
    on_group(&sim, "ExitStandby", &format!("InstanceIds.member.1={}", ids[0]));
    sim.advance(Duration::from_mins(2));
    assert_eq!((states(&sim), health()), (vec!["InService".to_owned(); 2], vec!["healthy".to_owned(); 2]));
}
