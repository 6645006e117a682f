//! One cause, one signal: the table itself, and what it makes of troubles that come together.

use std::collections::BTreeSet;

use crate::{
    domain::{
        alarm::AlarmState, fault::FaultKind, metric::MetricName, query::Query, service::RolloutState,
        target::TargetState,
    },
    metrics::Measure,
    triage::{
        RULES,
        precedence::{PRECEDENCE, Precedence},
        testing::{Given, ago, alarm, target},
    },
};

const EXITED: &str = "Essential container in task exited";

#[test]
fn the_table_names_rules_and_goes_round_in_no_circle() {
    let names: BTreeSet<&str> = RULES.iter().map(|it| it.name).collect();
    for Precedence(speaks, _, silent) in PRECEDENCE {
        assert!(names.contains(speaks), "{speaks}");
        silent.iter().for_each(|it| assert!(names.contains(it), "{it}"));
    }
    for name in &names {
        let mut below = BTreeSet::from([*name]);
        for _ in 0..names.len() {
            let next: BTreeSet<&str> =
                PRECEDENCE.iter().filter(|it| below.contains(it.0)).flat_map(|it| it.2.iter().copied()).collect();
            assert!(!next.contains(name), "{name} silences itself");
            below = next;
        }
    }
}

#[test]
fn a_crash_loop_speaks_for_the_tasks_that_are_missing_and_for_ecs_slowing_down() {
    let mut given = Given::healthy();
    given.service().running = 0;
    given.tasks.clear();
    for seconds in [800, 500, 200] {
        given.died(seconds, "EssentialContainerExited", EXITED, Some(1));
    }
    given.event(190, "(service terminal-api) is unable to consistently start tasks successfully.");
    assert_eq!(given.rules(), ["crash-loop"]);
}

#[test]
fn targets_that_fail_speak_for_the_tasks_that_are_replaced_for_it_and_are_as_bad() {
    let mut given = Given::healthy();
    given.targets[1] = target("10.0.4.12", TargetState::Unhealthy);
    given.service().running = 1;
    let reason = "Task failed ELB health checks in (target-group arn:x)";
    for seconds in [300, 200, 100] {
        given.died(seconds, "ServiceSchedulerInitiated", reason, Some(143));
    }
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.rule)).collect();
    assert_eq!(told, [("critical", "targets-unhealthy")], "a warning by itself, but tasks are missing");
    given.tasks.iter_mut().filter(|it| it.is_stopped()).for_each(|it| {
        it.stop_code = Some("EssentialContainerExited".into());
        it.stopped_reason = Some(EXITED.into());
    });
    assert_eq!(given.rules(), ["crash-loop", "targets-unhealthy"], "two troubles");
}

#[test]
fn a_deployment_held_up_for_want_of_memory_is_one_signal() {
    let mut given = Given::healthy();
    let new = given.deploying(2000);
    new.state = Some(RolloutState::InProgress);
    for seconds in [600, 400, 200] {
        let dead = given.died(seconds, "EssentialContainerExited", EXITED, Some(137));
        dead.started_by = "ecs-svc/2222".into();
        dead.containers[0].reason = Some("OutOfMemoryError: Container killed due to memory usage".into());
    }
    assert_eq!(given.rules(), ["out-of-memory"]);
}

#[test]
fn an_alarm_on_what_a_rule_goes_by_is_its_evidence_and_lends_it_its_severity() {
    let mut given = Given::healthy();
    given.stack.services[0].promise_p95_ms = Some(40.0);
    given.measured(Measure::LatencyP95, &[0.055; 5]);
    given.measured(Measure::Requests, &[300.0; 5]);
    assert_eq!(given.rules(), ["latency-promise-broken"]);
    let balancer = ("LoadBalancer", "app/terminal-alb/50dc6c495c0c9188");
    let mut firing = alarm("terminal-slow", AlarmState::Alarm);
    firing.metric = Some(MetricName::new("AWS/ApplicationELB", "TargetResponseTime", &[balancer]));
    given.alarms.push(firing.clone());
    let signals = given.signals();
    assert_eq!(given.rules(), ["latency-promise-broken"]);
    assert_eq!(signals[0].severity.word(), "critical");
    let last = signals[0].evidence.last().expect("evidence").as_str();
    assert!(last.starts_with("alarm terminal-slow fires: Average of TargetResponseTime"), "{last}");
    // Of another load balancer, or of another measure, it is a trouble of its own.
    firing.metric = Some(MetricName::new("AWS/ApplicationELB", "TargetResponseTime", &[("LoadBalancer", "app/x/1")]));
    given.alarms[0] = firing.clone();
    assert_eq!(given.rules(), ["alarm-firing", "latency-promise-broken"]);
    firing.metric = Some(MetricName::new("AWS/ApplicationELB", "RequestCount", &[balancer]));
    given.alarms[0] = firing;
    assert_eq!(given.rules(), ["alarm-firing", "latency-promise-broken"]);
}

#[test]
fn what_seems_missing_in_the_wrong_account_is_not_told() {
    let mut given = Given::healthy();
    given.identity.account = "999999999999".into();
    given.services.clear();
    given.groups.clear();
    assert_eq!(given.rules(), ["wrong-account"]);
}

#[test]
fn failing_reads_speak_for_what_they_leave_old_once_for_each_kind() {
    let mut given = Given::healthy();
    given.read = now_minus(600);
    for query in [Query::Alarms, Query::TargetGroups, Query::Identity] {
        given.failing(query, FaultKind::Expired, "x:Y");
    }
    assert_eq!(given.rules(), ["reads-failing"]);
}

fn now_minus(seconds: i64) -> jiff::SignedDuration {
    crate::triage::testing::now().duration_since(ago(seconds))
}
