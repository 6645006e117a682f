//! Lifecycle hooks: who waits, for how long, and what becomes of them.

use super::*;

/// A hook of two minutes on a transition.
fn hooked(seed: u64, transition: &str, default: &str) -> Sim {
    let sim = sim(seed);
    let hook = format!("LifecycleHookName=drain&LifecycleTransition=autoscaling%3AEC2_INSTANCE_{transition}");
    let (status, body) =
        on_group(&sim, "PutLifecycleHook", &format!("{hook}&HeartbeatTimeout=120&DefaultResult={default}"));
    assert_eq!((status, body.contains("<PutLifecycleHookResult>")), (200, true), "{body}");
    sim
}

fn on_group(sim: &Sim, operation: &str, rest: &str) -> (u16, String) {
    scaling(sim, &format!("{operation}&AutoScalingGroupName={GROUP}&{rest}"))
}

fn complete(sim: &Sim, instance: &str, result: &str) -> (u16, String) {
    let which = format!("LifecycleHookName=drain&InstanceId={instance}");
    on_group(sim, "CompleteLifecycleAction", &format!("{which}&LifecycleActionResult={result}"))
}

/// State of each instance.
fn states(sim: &Sim) -> Vec<String> {
    all(&groups(sim), "LifecycleState").into_iter().map(str::to_owned).collect()
}

fn newest(sim: &Sim) -> String {
    (*all(&groups(sim), "InstanceId").last().unwrap()).to_owned()
}

fn newest_activity(sim: &Sim, tag: &str) -> String {
    all(&activities(sim), tag)[0].to_owned()
}

#[test]
fn a_hook_is_described_as_it_was_put_and_changed_in_part() {
    let sim = hooked(1, "TERMINATING", "CONTINUE");
    on_group(&sim, "PutLifecycleHook", "LifecycleHookName=drain&HeartbeatTimeout=7200");
    let (_, body) = on_group(&sim, "DescribeLifecycleHooks", "LifecycleHookNames.member.1=drain");
    let got =
        ["LifecycleTransition", "HeartbeatTimeout", "GlobalTimeout", "DefaultResult"].map(|tag| all(&body, tag)[0]);
    assert_eq!(got, ["autoscaling:EC2_INSTANCE_TERMINATING", "7200", "172800", "CONTINUE"]);
    for odd in [
        "LifecycleHookName=new",
        "LifecycleHookName=drain&HeartbeatTimeout=29",
        "LifecycleHookName=drain&DefaultResult=MAYBE",
        "LifecycleHookName=new&LifecycleTransition=autoscaling:NOPE",
    ] {
        assert_eq!(all(&on_group(&sim, "PutLifecycleHook", odd).1, "Code"), ["ValidationError"], "{odd}");
    }
    assert_eq!(on_group(&sim, "DeleteLifecycleHook", "LifecycleHookName=drain").0, 200);
    assert_eq!(all(&on_group(&sim, "DescribeLifecycleHooks", "").1, "LifecycleHooks"), [""]);
}

#[test]
fn a_launch_waits_until_somebody_completes_it() {
    let sim = hooked(1, "LAUNCHING", "ABANDON");
    set_desired(&sim, 3);
    sim.advance(Duration::from_secs(45));
    assert_eq!(states(&sim)[2], "Pending:Wait");
    assert_eq!(newest_activity(&sim, "StatusCode"), "MidLifecycleAction");
    let id = newest(&sim);
    sim.advance(Duration::from_mins(1));
    let beat = format!("LifecycleHookName=drain&InstanceId={id}");
    assert_eq!(on_group(&sim, "RecordLifecycleActionHeartbeat", &beat).0, 200);
    sim.advance(Duration::from_secs(100));
    assert_eq!(states(&sim)[2], "Pending:Wait", "the heartbeat began the time-out anew");
    assert_eq!(complete(&sim, &id, "CONTINUE").0, 200);
    sim.advance(Duration::from_secs(1));
    assert_eq!(states(&sim)[2], "Pending:Proceed");
    sim.advance(Duration::from_secs(1));
    assert_eq!(states(&sim)[2], "InService");
    let (status, body) = complete(&sim, &id, "CONTINUE");
    let message = format!("No active Lifecycle Action found with instance ID {id}");
    assert_eq!((status, all(&body, "Message")), (400, vec![message.as_str()]));
}

#[test]
fn an_abandoned_launch_is_taken_back_and_tried_again() {
    let sim = hooked(1, "LAUNCHING", "ABANDON");
    set_desired(&sim, 3);
    sim.advance(Duration::from_secs(45));
    let id = newest(&sim);
    complete(&sim, &id, "ABANDON");
    sim.advance(Duration::from_secs(8));
    let log = activities(&sim);
    let at = all(&log, "StatusCode").iter().position(|code| *code == "Cancelled").expect("the launch is cancelled");
    let message = all(&log, "StatusMessage")[0];
    assert!(message.contains("Lifecycle Action with token ") && message.ends_with("ABANDON Result"), "{message}");
    assert_eq!(all(&log, "Description")[at], format!("Launching a new EC2 instance: {id}"));
    assert_ne!(newest(&sim), id, "another is launched in its place");
    sim.advance(Duration::from_mins(4));
    assert!(activities(&sim).contains("was abandoned: Heartbeat Timeout"));
}

#[test]
fn a_termination_waits_and_the_instance_runs_on() {
    let sim = hooked(1, "TERMINATING", "CONTINUE");
    set_desired(&sim, 1);
    sim.advance(Duration::from_secs(7));
    let body = groups(&sim);
    let at = all(&body, "LifecycleState").iter().position(|it| *it == "Terminating:Wait").expect("one waits");
    let id = all(&body, "InstanceId")[at].to_owned();
    let running =
        || ask(&sim, "2016-11-15", &format!("DescribeInstances&InstanceId.1={id}")).1.contains("<name>running<");
    sim.advance(Duration::from_secs(100));
    assert!(running());
    sim.advance(Duration::from_secs(20));
    assert!(!running(), "the default result came");
    assert!(states(&sim).contains(&"Terminating:Proceed".to_owned()));
    sim.advance(Duration::from_mins(1));
    assert_eq!(states(&sim), ["InService"]);
    assert_eq!(newest_activity(&sim, "StatusCode"), "Successful");
}

#[test]
fn deleting_a_hook_lets_go_of_those_who_wait() {
    let sim = hooked(1, "TERMINATING", "ABANDON");
    set_desired(&sim, 1);
    sim.advance(Duration::from_secs(7));
    on_group(&sim, "DeleteLifecycleHook", "LifecycleHookName=drain");
    sim.advance(Duration::from_mins(1));
    assert_eq!(states(&sim), ["InService"]);
}

#[test]
fn a_policy_with_another_target_scales_otherwise() {
    let sim = sim(1);
    let tracking = "PolicyType=TargetTrackingScaling\
                    &TargetTrackingConfiguration.CustomizedMetricSpecification.Namespace=T/G\
                    &TargetTrackingConfiguration.CustomizedMetricSpecification.MetricName=Sessions\
                    &TargetTrackingConfiguration.CustomizedMetricSpecification.Statistic=Average";
    let put =
        |name: &str, rest: &str| on_group(&sim, "PutScalingPolicy", &format!("PolicyName={name}&{tracking}&{rest}"));
    let before = on_group(&sim, "DescribePolicies", "").1;
    let (_, body) = put("scale-on-sessions", "TargetTrackingConfiguration.TargetValue=14");
    assert_eq!(all(&body, "PolicyARN"), all(&before, "PolicyARN"));
    assert_eq!(all(&body, "AlarmName"), all(&before, "AlarmName"));
    load(&sim, 10, 26.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["2"], "13 a gateway are fine now");
    put("scale-on-sessions", "TargetTrackingConfiguration.TargetValue=6.5&Enabled=false");
    load(&sim, 10, 26.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["2"], "it is disabled");
    put("scale-on-sessions", "TargetTrackingConfiguration.TargetValue=6.5");
    load(&sim, 10, 26.0);
    assert_eq!(all(&groups(&sim), "DesiredCapacity"), ["4"]);
    put("another", "TargetTrackingConfiguration.TargetValue=6");
    let body = on_group(&sim, "DescribePolicies", "").1;
    assert_eq!((all(&body, "TargetValue"), all(&body, "AlarmName").len()), (vec!["6.5", "6.0"], 4));
    assert_eq!(put("scale-on-sessions", "TargetTrackingConfiguration.TargetValue=0").0, 400);
    assert_eq!(on_group(&sim, "PutScalingPolicy", "PolicyName=x&PolicyType=SimpleScaling").0, 400);
}
