//! The series of what a stack names, found in what is known of a scope.

use crate::{
    domain::id::{Kind, Scope},
    metrics::{Measure, Measured, of_stack},
    stack,
    triage::testing::{Given, instance, scope},
};

/// The measures of these, in order, as `name statistic`.
fn told(found: &[Measured]) -> Vec<String> {
    found.iter().map(|it| format!("{} {}", it.metric.name, it.measure.statistic())).collect()
}

fn of(given: &Given) -> Vec<Measured> {
    of_stack(&given.stack, &scope(), given.estate().scope(&scope()))
}

#[test]
fn a_service_has_its_own_series_and_those_of_its_target_group() {
    let found = of(&Given::healthy());
    assert_eq!(
        told(&found),
        [
            "CPUUtilization Average",
            "MemoryUtilization Average",
            "RequestCount Sum",
            "TargetResponseTime p50",
            "TargetResponseTime p95",
            "TargetResponseTime p99",
            "HTTPCode_Target_5XX_Count Sum",
            "HTTPCode_ELB_5XX_Count Sum",
            "HealthyHostCount Minimum",
            "UnHealthyHostCount Maximum",
            "ActiveSessions Average",
            "CPUUtilization Average",
        ]
    );
    let dimensions = |at: usize| -> Vec<String> {
        found[at].metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect()
    };
    assert_eq!(dimensions(0), ["ClusterName=terminal-cluster", "ServiceName=terminal-api"]);
    assert_eq!(
        dimensions(2),
        ["LoadBalancer=app/terminal-alb/50dc6c495c0c9188", "TargetGroup=targetgroup/terminal-api-tg/73e2d6bc24d8a067"]
    );
    assert_eq!(dimensions(7), ["LoadBalancer=app/terminal-alb/50dc6c495c0c9188"]);
    assert_eq!(dimensions(10), [""; 0]);
}

#[test]
fn only_what_triage_rests_on_is_read_all_the_time() {
    let mut given = Given::healthy();
    let watched = |given: &Given| -> Vec<Measure> {
        of(given).into_iter().filter(|it| it.watched).map(|it| it.measure).collect()
    };
    let counts = [Measure::Requests, Measure::Target5xx, Measure::Balancer5xx, Measure::Sessions];
    assert_eq!(watched(&given), counts);
    given.stack.services[0].promise_p95_ms = Some(40.0);
    assert_eq!(watched(&given), [&counts[..1], &[Measure::LatencyP95], &counts[1..]].concat());
}

#[test]
fn gateways_that_publish_a_dimension_have_a_series_each() {
    let mut given = Given::healthy();
    given.group().instances = vec![instance("i-0aaa"), instance("i-0bbb")];
    let source = given.stack.groups[0].sessions.as_mut().expect("sessions");
    source.metric.as_mut().expect("a metric").dimension = Some("InstanceId".into());
    let sessions: Vec<_> = of(&given).into_iter().filter(|it| it.measure == Measure::Sessions).collect();
    let subjects: Vec<_> = sessions.iter().map(|it| (it.subject.kind, &*it.subject.key)).collect();
    assert_eq!(subjects, [(Kind::Instance, "i-0aaa"), (Kind::Instance, "i-0bbb")]);
    assert_eq!(sessions[1].metric.dimensions, [("InstanceId".into(), "i-0bbb".into())]);
}

#[test]
fn caches_and_databases_need_no_look_at_aws() {
    let cma = stack::bundled().expect("sound").into_iter().find(|it| it.name.as_str() == "cma").expect("cma");
    let found = of_stack(&cma, &Scope::new("cma", "eu-west-2"), None);
    assert_eq!(
        told(&found),
        [
            "DatabaseMemoryUsagePercentage Average",
            "CurrConnections Average",
            "CPUUtilization Average",
            "CPUUtilization Average",
            "DatabaseConnections Average",
            "FreeStorageSpace Minimum",
            "CPUUtilization Average",
            "DatabaseConnections Average",
            "FreeStorageSpace Minimum",
            "ReplicaLag Maximum",
        ]
    );
    assert_eq!(of_stack(&cma, &Scope::new("cma", "us-east-1"), None), []);
}
