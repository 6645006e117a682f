//! Targets, gateways, groups, alarms, and what does not exist.

use crate::{
    domain::{
        alarm::{Alarm, AlarmState},
        behind::Behind,
        estate::ScopeEstate,
        id::Arn,
        target::TargetState,
    },
    triage::{
        testing::{Given, TARGET_GROUP, ago, alarm, average_sessions, instance, now, scope, sessions, target, task},
        why_dead,
    },
};

#[test]
fn of_two_tasks_with_one_address_in_networks_apart_the_one_whose_service_feeds_the_group_is_behind_the_target() {
    let mut given = Given::healthy();
    let mut twin = task("aaaa0000", "10.0.3.11");
    twin.service = Some("another".into());
    given.tasks.insert(0, twin);
    let own = given.tasks.iter().find(|it| it.service.as_ref().is_some_and(|it| it.as_str() == "terminal-api"));
    let own = own.expect("a task of the service").clone();
    let address = own.address.clone().expect("it has one");
    given.tasks[0].address = Some(address.clone());
    let estate = given.estate();
    let behind = Behind::of(estate.scope(&scope()).expect("read"));
    let found = |group: &str| behind.task(&Arn::new(group), address.as_str()).map(|it| it.arn.clone());
    assert_eq!(found(TARGET_GROUP), Some(own.arn));
    assert_eq!(found("a group that nobody is known to feed"), None, "either may be meant");
}

#[test]
fn one_unhealthy_target_is_a_warning_and_its_event_dates_it() {
    let mut given = Given::healthy();
    given.targets[1] = target("10.0.4.12", TargetState::Unhealthy);
    let event = format!(
        "(service terminal-api) (task bbbb2222) (port 3001) is unhealthy in (target-group {TARGET_GROUP}) due to (reason x)."
    );
    given.event(45, &event);
    assert_eq!(
        given.told(),
        "warning targets-unhealthy terminal-api-tg [02:59:15] 1 of 2 targets of terminal-api-tg are unhealthy: \
         Health checks failed with these codes: [503]\n  \
         terminal-api:42 unchanged for 1 d: a sick dependency, not a deployment\n  \
         10.0.4.12:3001 in us-east-1a, task bbbb2222: Health checks failed with these codes: [503] \
         (Target.ResponseCodeMismatch)\n  \
         checked at /health every 30 s; 2 failures make a target unhealthy\n  \
         > the target answers with a wrong code: look at its targets, and ask the health path"
    );
}

#[test]
fn what_was_deployed_lately_is_told_beside_sick_targets() {
    let mut given = Given::healthy();
    given.targets[1] = target("10.0.4.12", TargetState::Unhealthy);
    given.service().deployments[0].created_at = Some(ago(600));
    assert_eq!(given.signals()[0].evidence[0].as_str(), "terminal-api:42 was deployed 10 m ago: see what it changed");
    given.deploying(90);
    let told = given.signals().into_iter().find(|it| it.rule == "targets-unhealthy").expect("it is told");
    let expected = "terminal-api:43 is being deployed, for 1 m 30 s: compare its targets with the old ones";
    assert_eq!(told.evidence[0].as_str(), expected);
}

#[test]
fn without_a_healthy_target_the_balancer_fails_open() {
    let mut given = Given::healthy();
    given.targets = ["10.0.3.11", "10.0.4.12"].map(|it| target(it, TargetState::Unhealthy)).into();
    let signals = given.signals();
    assert_eq!((given.rules(), signals[0].severity.word()), (vec!["failing-open"], "critical"));
    assert_eq!(
        signals[0].summary.as_str(),
        "terminal-api-tg fails open: no target is healthy (2 unhealthy: Health checks failed with these codes: [503]), \
         requests go to all of them"
    );
}

#[test]
fn targets_that_start_drain_or_are_in_their_grace_period_are_silent() {
    let mut given = Given::healthy();
    given.targets[1] = target("10.0.4.12", TargetState::Draining);
    given.targets.push(target("10.0.3.13", TargetState::Initial));
    assert_eq!(given.told(), "");
    given.targets = vec![target("10.0.3.11", TargetState::Unhealthy)];
    given.service().grace_seconds = 120;
    given.tasks[0].started_at = Some(ago(100));
    assert_eq!(given.told(), "");
    given.tasks[0].started_at = Some(ago(130));
    assert_eq!(given.rules(), ["failing-open"]);
}

#[test]
fn a_group_nearly_full_is_a_notice_while_it_can_grow_and_a_warning_where_nothing_lets_it() {
    let mut given = Given::healthy();
    given.sessions = sessions("i-0aaa", 10).into_iter().chain(sessions("i-0bbb", 7)).collect();
    assert_eq!(
        given.told(),
        "notice sessions-near-limit terminal-gateway-asg [02:00:08] terminal-gateway-asg holds 17 of 20 sessions\n  \
         i-0aaa InService: 10 of 10 sessions\n  \
         i-0bbb InService: 7 of 10 sessions\n  \
         terminal-gateway-asg: minimum 1, desired 2, maximum 10\n  \
         > look at its gateways; the policy adds some within minutes, raising the desired capacity starts one \
         now"
    );
    given.group().policies[0].enabled = false;
    assert_eq!(
        given.told(),
        "warning sessions-near-limit terminal-gateway-asg [02:00:08] terminal-gateway-asg holds 17 of 20 sessions\n  \
         i-0aaa InService: 10 of 10 sessions\n  \
         i-0bbb InService: 7 of 10 sessions\n  \
         terminal-gateway-asg: minimum 1, desired 2, maximum 10\n  \
         > look at its gateways; no policy adds any: raise the desired capacity"
    );
    given.group().policies[0].enabled = true;
    given.sessions.extend(sessions("i-0bbb", 1));
    assert_eq!(given.signals()[0].severity.word(), "warning", "18 of 20");
    given.sessions.truncate(15);
    assert_eq!(given.told(), "", "15 of 20: one gateway is full, the group is not");
}

#[test]
fn an_instance_in_service_that_is_sick_is_critical_where_it_holds_sessions() {
    let mut given = Given::healthy();
    given.sessions = sessions("i-0aaa", 2);
    given.group().instances[0].checks = Some("impaired".into());
    given.group().instances[1].lifecycle = "Terminating".into();
    given.group().instances[1].health = "Unhealthy".into();
    assert_eq!(
        given.told(),
        "critical instance-impaired i-0aaa [-] instance i-0aaa of terminal-gateway-asg is in service and sick\n  \
         EC2 health check: Healthy; EC2 status checks: impaired\n  \
         t3.medium in us-east-1a, template version 3\n  \
         it holds 2 sessions\n  \
         > look at its sessions and its checks; a group replaces what its own health check calls sick, and \
         sessions end with it"
    );
    given.group().instances[0].health = "Unhealthy".into();
    assert!(given.signals()[0].advice.as_str().starts_with("the group is about to replace it"));
    given.stack.groups[0].sessions = None;
    assert_eq!(given.signals()[0].severity.word(), "warning");
}

#[test]
fn a_full_group_is_critical_and_tells_once() {
    let mut given = Given::healthy();
    given.sessions = ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 10)).collect();
    assert_eq!(
        given.told(),
        "critical sessions-near-limit terminal-gateway-asg [02:00:09] terminal-gateway-asg holds 20 of 20 sessions: it takes \
         no more\n  \
         i-0aaa InService: 10 of 10 sessions\n  \
         i-0bbb InService: 10 of 10 sessions\n  \
         terminal-gateway-asg: minimum 1, desired 2, maximum 10\n  \
         > look at its gateways; the policy adds some within minutes, raising the desired capacity starts one \
         now"
    );
}

#[test]
fn an_average_is_marked_approximate() {
    let mut given = Given::healthy();
    given.stack.groups[0].sessions.as_mut().expect("a source").table = None;
    given.metrics = vec![average_sessions(9.4)];
    let summaries: Vec<_> = given.signals().iter().map(|it| it.summary.to_string()).collect();
    assert_eq!(summaries, ["terminal-gateway-asg holds ≈ 19 of 20 sessions"]);
}

#[test]
fn a_group_at_its_maximum_that_would_grow_is_told() {
    let mut given = Given::healthy();
    given.group().max = 2;
    assert_eq!(given.told(), "", "at the maximum, but the metric is below its target");
    given.sessions = sessions("i-0aaa", 10).into_iter().chain(sessions("i-0bbb", 7)).collect();
    given.group().instances[0].instance_type = "t3.large".into();
    assert_eq!(
        given.told(),
        "warning group-at-max terminal-gateway-asg [-] terminal-gateway-asg is at its maximum of 2 and would grow: \
         ActiveSessions is 8.5, its target 8\n  \
         policy scale-on-sessions: ActiveSessions is 8.5, its target 8\n  \
         terminal-gateway-asg: minimum 1, desired 2, maximum 2\n  \
         it holds 17 of 30 sessions\n  \
         > raise the group's maximum, or use larger instances"
    );
    given.sessions = ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 20)).collect();
    let severities: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.rule)).collect();
    assert_eq!(severities, [("critical", "sessions-near-limit"), ("critical", "group-at-max")]);
}

#[test]
fn without_sessions_the_policys_alarm_tells_that_the_group_would_grow() {
    let mut given = Given::healthy();
    given.group().max = 2;
    given.stack.groups[0].sessions = None;
    given.alarms = vec![alarm("TargetTracking-terminal-gateway-asg-AlarmHigh-1", AlarmState::Alarm)];
    assert_eq!(given.rules(), ["group-at-max"]);
    assert_eq!(given.signals()[0].since, Some(ago(420)));
}

#[test]
fn gateways_that_leave_do_not_count_against_the_limit() {
    let mut given = Given::healthy();
    let mut leaving = instance("i-0ccc");
    leaving.lifecycle = "Terminating:Wait".into();
    given.group().instances.push(leaving);
    given.sessions.extend(sessions("i-0ccc", 10));
    assert_eq!(given.told(), "", "14 of 20, and the full one takes no more anyway");
}

#[test]
fn the_stacks_alarms_are_critical_and_others_are_none_of_its_business() {
    let mut given = Given::healthy();
    given.alarms = vec![
        alarm("terminal-api-latency", AlarmState::Alarm),
        alarm("terminal-api-5xx", AlarmState::Ok),
        alarm("billing", AlarmState::Alarm),
        alarm("TargetTracking-terminal-gateway-asg-AlarmLow-2", AlarmState::Alarm),
    ];
    given.alarms[0].actions_enabled = false;
    assert_eq!(
        given.told(),
        "critical alarm-firing terminal-api-latency [02:53:00] alarm terminal-api-latency fires: Average of \
         TargetResponseTime > 1, 3 × 60 s\n  \
         Threshold Crossed: 3 datapoints were greater than the threshold (1.0).\n  \
         its actions are disabled: it tells nobody\n  \
         > look at its condition, and at what it watches"
    );
}

/// An alarm without data for so many seconds, and what CloudWatch says of its metric.
fn silent(metric: &str, seconds: i64, is_listed: Option<bool>) -> (Alarm, ScopeEstate) {
    let mut alarm = alarm("terminal-silent", AlarmState::InsufficientData);
    alarm.updated_at = Some(ago(seconds));
    let watched = alarm.metric.as_mut().expect("a metric");
    watched.name = metric.into();
    let mut known = ScopeEstate::default();
    if let Some(listed) = is_listed {
        known.listed.entry(watched.clone()).or_default().succeed(listed, now());
    }
    (alarm, known)
}

#[test]
fn an_alarm_on_a_metric_that_its_namespace_never_has_is_dead() {
    let mut dead = alarm("terminal-gateway-unhealthy", AlarmState::InsufficientData);
    let metric = dead.metric.as_mut().expect("a metric");
    (metric.namespace, metric.name) = ("AWS/AutoScaling".into(), "UnHealthyHostCount".into());
    let mut given = Given::healthy();
    given.alarms = vec![dead.clone()];
    let told = given.told();
    let head = "notice dead-alarm terminal-gateway-unhealthy [02:53:00] alarm terminal-gateway-unhealthy is dead: it can \
                never fire: AWS/AutoScaling does not publish UnHealthyHostCount, AWS/ApplicationELB or AWS/NetworkELB does\n";
    assert!(told.starts_with(head), "{told}");
    assert!(
        told.ends_with("  > put it on a metric that exists, or delete it: as it is, nobody will be told"),
        "{told}"
    );
    dead.state = AlarmState::Ok;
    assert_eq!(why_dead(&dead, &ScopeEstate::default(), now()), None);
}

#[test]
fn an_alarm_whose_metric_does_not_exist_or_went_silent_is_dead() {
    let why = |(alarm, known): (Alarm, ScopeEstate)| why_dead(&alarm, &known, now());
    let missing =
        "cannot fire: AWS/ApplicationELB has no metric ActiveSessions with its dimensions, or none for two weeks";
    assert_eq!(why(silent("ActiveSessions", 3600, Some(false))).as_deref(), Some(missing));
    assert_eq!(why(silent("ActiveSessions", 60, Some(false))), None, "it may not be listed yet");
    assert_eq!(why(silent("ActiveSessions", 3600, Some(true))), None);
    assert_eq!(why(silent("ActiveSessions", 3600, None)), None);
    let silent_for_a_day = Some("cannot fire: ActiveSessions has had no data for 1 d 1 h");
    for listed in [None, Some(true)] {
        assert_eq!(why(silent("ActiveSessions", 90_000, listed)).as_deref(), silent_for_a_day);
    }
}

#[test]
fn no_data_of_what_is_only_counted_when_it_happens_is_good_news() {
    for name in ["HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount", "RejectedConnectionCount", "Throttles"] {
        let (alarm, known) = silent(name, 900_000, Some(false));
        assert_eq!(why_dead(&alarm, &known, now()), None, "{name}");
    }
}

#[test]
fn alarms_of_others_and_of_policies_are_never_dead() {
    let mut given = Given::healthy();
    for name in ["another-stack-alarm", "TargetTracking-terminal-AlarmLow"] {
        let (mut alarm, _) = silent("ActiveSessions", 900_000, None);
        alarm.name = name.into();
        given.alarms.push(alarm);
    }
    assert_eq!(given.told(), "");
}

#[test]
fn what_the_stack_names_and_aws_does_not_have_is_told() {
    let mut given = Given::healthy();
    given.services[0].status = "INACTIVE".into();
    given.groups.clear();
    given.target_groups.clear();
    let told: Vec<_> =
        given.signals().iter().map(|it| (it.rule, it.subject.key.to_string(), it.summary.to_string())).collect();
    let expected = [
        (
            "missing",
            "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api",
            "service terminal-api of cluster terminal-cluster does not exist in ops/us-east-1",
        ),
        ("missing", "terminal-gateway-asg", "Auto Scaling group terminal-gateway-asg does not exist in ops/us-east-1"),
        ("missing", "terminal-api-tg", "target group terminal-api-tg does not exist in ops/us-east-1"),
    ];
    assert_eq!(told, expected.map(|(rule, key, summary)| (rule, key.to_owned(), summary.to_owned())));
}
