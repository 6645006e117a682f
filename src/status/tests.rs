//! The document, its documentation, its text and its exit code.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Status, exit_code, status, text};
use crate::{
    domain::{
        alarm::AlarmState,
        estate::Estate,
        fault::FaultKind,
        query::{Attempt, Query},
        target::TargetState,
    },
    triage::testing::{Given, ago, alarm, now, services_query, sessions, target},
};

fn look(given: &Given) -> Status {
    let attempt = |throttled| Attempt {
        at: ago(1),
        operation: "ecs:DescribeServices".into(),
        status: if throttled { 400 } else { 200 },
        throttled,
        timed_out: false,
        retry: !throttled,
        milliseconds: 40,
        bytes: 512,
        metrics: 2,
        pages: 0,
    };
    let attempts = [attempt(true), attempt(false)];
    status(&given.estate(), std::slice::from_ref(&given.stack), &given.signals(), &attempts, now())
}

/// Something of everything that the document can hold.
fn troubled() -> Given {
    let mut given = Given::healthy();
    given.service().running = 0;
    given.died(90, "EssentialContainerExited", "Essential container in task exited", Some(1));
    given.tasks.drain(..2);
    given.targets[1] = target("10.0.4.12", TargetState::Unhealthy);
    given.sessions.extend(sessions("i-0aaa", 8));
    given.group().instances[0].checks = Some("impaired".into());
    let mut dead = alarm("terminal-gateway-unhealthy", AlarmState::InsufficientData);
    if let Some(metric) = &mut dead.metric {
        (metric.namespace, metric.name) = ("AWS/AutoScaling".into(), "UnHealthyHostCount".into());
    }
    given.alarms = vec![alarm("terminal-api-latency", AlarmState::Ok), dead];
    given.failing(Query::Alarms, FaultKind::Denied, "cloudwatch:DescribeAlarms");
    given
}

/// The path of every field, as `stacks[].services[].arn`; the names of operations stand as `*`.
fn paths(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if at == "api.by_operation" { "*" } else { name };
                let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                into.insert(path.clone());
                paths(value, &path, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), into)),
        _ => {}
    }
}

#[test]
fn every_field_is_documented_and_every_documented_field_exists() {
    let document = serde_json::to_value(look(&troubled())).expect("a document");
    let mut emitted = BTreeSet::new();
    paths(&document, "", &mut emitted);
    let docs = include_str!("../../docs/status-json.md");
    let documented: BTreeSet<String> = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(path, _)| path.to_owned())
        .collect();
    assert_eq!(emitted, documented);
}

#[test]
fn the_document_tells_services_gateways_targets_and_signals() {
    let document = serde_json::to_value(look(&troubled())).expect("a document");
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or(Value::Null);
    assert_eq!(at("/schema"), "quarterdeck.status/1");
    assert_eq!(at("/observed_at"), "2026-03-01T03:00:00Z");
    assert_eq!(at("/complete"), false);
    assert_eq!(at("/scopes/0/unanswered"), serde_json::json!(["alarms"]));
    assert_eq!(at("/scopes/0/fault/kind"), "denied");
    assert_eq!(at("/stacks/0/health"), "critical");
    assert_eq!(at("/stacks/0/services/0/running"), 0);
    assert_eq!(at("/stacks/0/services/0/health"), "critical");
    assert_eq!(at("/stacks/0/groups/0/instances/0/sessions/held"), 10);
    assert_eq!(
        at("/stacks/0/sessions"),
        serde_json::json!({"held": 12, "approximate": false, "limit": 20, "oldest_at": "2026-03-01T02:00:00Z"})
    );
    assert_eq!(at("/stacks/0/target_groups/0/unhealthy"), 1);
    assert_eq!(at("/stacks/0/cost"), Value::Null);
    assert_eq!(at("/signals/0/rule"), "running-below-desired");
    assert_eq!(at("/signals/0/since"), "2026-03-01T02:57:50Z");
    assert_eq!(at("/signals/1/subject/id"), "arn:aws:ec2:us-east-1:111122223333:instance/i-0aaa");
    assert_eq!(at("/api/by_operation/ecs:DescribeServices/throttles"), 1);
}

#[test]
fn the_exit_code_follows_the_worst_signal() {
    assert_eq!(exit_code(&look(&Given::healthy())), 0);
    assert_eq!(exit_code(&look(&troubled())), 6);
    let mut warned = Given::healthy();
    warned.failing(Query::Alarms, FaultKind::Denied, "cloudwatch:DescribeAlarms");
    assert_eq!(exit_code(&look(&warned)), 0);
}

#[test]
fn nothing_read_is_unknown_and_an_error() {
    let given = Given::healthy();
    let blind = status(&Estate::default(), &[given.stack], &[], &[], now());
    assert_eq!(exit_code(&blind), 1);
    assert!(!blind.complete);
    assert_eq!(
        text(&blind),
        "2026-03-01 03:00:00 UTC  nothing could be read  (incomplete)

? terminal  production  unknown
  ? service  terminal-api          not read
  ? group    terminal-gateway-asg  not read
  ? targets  terminal-api-tg       not read
    sessions  not read

no answer in time from ops/us-east-1: alarms, groups, identity, services of
                       terminal-cluster, sessions in Sessions, target groups,
                       targets of terminal-api-tg, tasks of terminal-cluster
0 calls to AWS, 0 throttled
"
    );
}

#[test]
fn a_healthy_estate_reads_well() {
    assert_eq!(
        text(&look(&Given::healthy())),
        "2026-03-01 03:00:00 UTC  nothing wrong

✓ terminal  production  ok
  ✓ service  terminal-api          2 of 2 tasks run, terminal-api:42
  ✓ group    terminal-gateway-asg  2 of 2 in service (minimum 1, maximum 10)
  ✓ targets  terminal-api-tg       2 healthy
    sessions  4 of 20

2 calls to AWS, 1 throttled
"
    );
}

#[test]
fn trouble_comes_first_and_fits_80_columns() {
    let mut given = troubled();
    given.failing(services_query(), FaultKind::Denied, "ecs:DescribeServices");
    let text = text(&look(&given));
    let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
    assert!(widest.is_some_and(|it| it <= 80), "{widest:?}\n{text}");
    insta::assert_snapshot!(text);
}
