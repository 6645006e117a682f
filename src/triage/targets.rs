//! Targets that fail their health checks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, TargetGroupView},
    words,
};
use crate::domain::{
    id::Kind,
    service::Service,
    signal::Severity,
    target::{Target, TargetState},
    task::Task,
};

/// No target is healthy and at least one is unhealthy: the load balancer then sends requests to all of them.
pub fn none_healthy(context: &Context<'_>) -> Vec<Finding> {
    context
        .target_groups
        .iter()
        .filter(|view| healthy(view) == 0)
        .filter_map(|view| find(view, Severity::Critical))
        .collect()
}

/// Some targets are unhealthy, others healthy.
pub fn some_unhealthy(context: &Context<'_>) -> Vec<Finding> {
    context
        .target_groups
        .iter()
        .filter(|view| healthy(view) > 0)
        .filter_map(|view| find(view, Severity::Warning))
        .collect()
}

fn find(view: &TargetGroupView<'_>, severity: Severity) -> Option<Finding> {
    let unhealthy = unhealthy(view);
    if unhealthy.is_empty() {
        return None;
    }
    let (name, healthy) = (&view.group.name, healthy(view));
    let why = words::list(&reasons(&unhealthy));
    let summary = match healthy {
        0 => format!(
            "{name} has no healthy target ({} unhealthy: {why}); the load balancer uses them all",
            unhealthy.len()
        ),
        _ => format!("{} of {} targets of {name} are unhealthy: {why}", unhealthy.len(), unhealthy.len() + healthy),
    };
    let mut evidence: Vec<String> = unhealthy.iter().take(10).map(|target| describe(view, target)).collect();
    evidence.push(format!(
        "checked at {} every {} s; {} failures make a target unhealthy",
        view.group.health_path, view.group.interval_seconds, view.group.unhealthy_threshold
    ));
    Some(Finding {
        summary,
        evidence,
        advice: advice(&unhealthy).to_owned(),
        ..view.place.finding(severity, Kind::TargetGroup, view.group.arn.wire(), since(view))
    })
}

fn healthy(view: &TargetGroupView<'_>) -> usize {
    view.targets.iter().filter(|it| it.state == TargetState::Healthy).count()
}

/// The unhealthy targets, without those that are still in their service's grace period.
fn unhealthy<'a>(view: &TargetGroupView<'a>) -> Vec<&'a Target> {
    let unhealthy = view.targets.iter().filter(|it| it.state == TargetState::Unhealthy);
    unhealthy.filter(|target| !is_booting(view, target)).collect()
}

fn is_booting(view: &TargetGroupView<'_>, target: &Target) -> bool {
    let Some((service, started)) = service(view).zip(task(view, target).and_then(|it| it.started_at)) else {
        return false;
    };
    view.place.now.duration_since(started) < SignedDuration::from_secs(i64::from(service.grace_seconds))
}

/// The service that registers its tasks here.
fn service<'a>(view: &TargetGroupView<'a>) -> Option<&'a Service> {
    let services = view.place.known.services.values().filter_map(|it| it.value()).flat_map(BTreeMap::values);
    services.into_iter().find(|it| it.load_balancers.iter().any(|it| it.target_group == view.group.arn))
}

/// The running task behind a target of type `ip`.
fn task<'a>(view: &TargetGroupView<'a>, target: &Target) -> Option<&'a Task> {
    let tasks = view.place.known.tasks.values().filter_map(|it| it.value()).flat_map(BTreeMap::values);
    tasks.into_iter().find(|it| it.is_running() && it.address.as_ref() == Some(&target.id))
}

/// What is said of each reason, once each.
fn reasons(targets: &[&Target]) -> Vec<String> {
    let mut reasons: Vec<String> = targets.iter().map(|it| said(it)).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

fn said(target: &Target) -> String {
    match (target.description.as_str(), target.reason.as_str()) {
        ("", "") => "no reason given".to_owned(),
        ("", reason) => reason.to_owned(),
        (description, _) => description.to_owned(),
    }
}

fn describe(view: &TargetGroupView<'_>, target: &Target) -> String {
    let task = task(view, target).map(|it| format!(", task {}", it.arn.tail())).unwrap_or_default();
    format!("{}:{} in {}{task}: {} ({})", target.id, target.port, target.zone, said(target), target.reason)
}

/// When the service's events first said so since it was last steady; target health itself carries no time.
fn since(view: &TargetGroupView<'_>) -> Option<Timestamp> {
    let service = service(view)?;
    let events = || service.events.iter();
    let steady = events().filter(|it| it.message.as_str().contains("has reached a steady state")).map(|it| it.at).max();
    let told =
        |message: &str| message.contains("is unhealthy in (target-group") && message.contains(view.group.arn.wire());
    let told = events().filter(|it| told(it.message.as_str())).map(|it| it.at);
    told.filter(|at| steady.is_none_or(|steady| *at > steady)).min()
}

fn advice(unhealthy: &[&Target]) -> &'static str {
    match unhealthy.first().map_or("", |it| it.reason.as_str()) {
        "Target.ResponseCodeMismatch" => {
            "the target answers with a wrong code: press enter for its targets; ask its health path"
        }
        "Target.Timeout" => "the target answers too late or not at all: check its load and its security group",
        "Target.FailedHealthChecks" => {
            "no connection, or no HTTP: check port, security group, and that the process listens"
        }
        _ => "press enter for its targets and their reasons",
    }
}
