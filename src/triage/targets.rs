//! Targets that fail their health checks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, TargetGroupView},
    rule::Rule,
    texts::Said,
    words,
};
use crate::domain::{
    behind,
    id::Kind,
    service::ServiceEvent,
    signal::Severity,
    target::{Target, TargetState},
    task::Task,
};

pub const FAILING_OPEN: Rule = Rule {
    name: "failing-open",
    meaning: "every target of a target group fails its health checks: the load balancer sends requests to all of them",
    severity: "critical",
    fires: "no target is healthy and at least one is unhealthy; targets in their service's grace period do not count",
    evidence: "when what runs last changed, each unhealthy target with zone, task and reason, how the group checks",
    next: "find what the targets share: what they depend on, what was deployed last, the health path",
    check: failing_open,
};

pub const NO_HEALTHY_TARGET: Rule = Rule {
    name: "no-healthy-target",
    meaning: "a target group has no target that could serve, although its service's tasks run",
    severity: "critical",
    fires: "no target is healthy, none is unhealthy, and a task of the service behind has run for 3 minutes beside its \
            grace period; not while it is being deployed",
    evidence: "the targets by state with their reasons, tasks running and desired",
    next: "the load balancer answers 503: see why the tasks are not registered, or not used",
    check: no_healthy_target,
};

pub const TARGETS_UNHEALTHY: Rule = Rule {
    name: "targets-unhealthy",
    meaning: "some targets of a target group fail their health checks",
    severity: "a warning",
    fires: "some targets are unhealthy, others healthy; targets in their service's grace period do not count",
    evidence: "when what runs last changed, each unhealthy target with zone, task and reason, how the group checks",
    next: "by the reason: the health path's answer, the target's load, its port and security group",
    check: targets_unhealthy,
};

/// A deployment older than this does not make targets sick now.
const JUST_CHANGED: SignedDuration = SignedDuration::from_hours(1);

/// What a task that runs is given to become a target that serves.
const REGISTERING: SignedDuration = SignedDuration::from_mins(3);

fn failing_open(context: &Context<'_>) -> Vec<Finding> {
    let open = context.target_groups.iter().filter(|view| healthy(view) == 0);
    open.filter_map(|view| find(view, Severity::Critical)).collect()
}

fn targets_unhealthy(context: &Context<'_>) -> Vec<Finding> {
    let served = context.target_groups.iter().filter(|view| healthy(view) > 0);
    served.filter_map(|view| find(view, Severity::Warning)).collect()
}

fn no_healthy_target(context: &Context<'_>) -> Vec<Finding> {
    context.target_groups.iter().filter_map(unserved).collect()
}

fn unserved(view: &TargetGroupView<'_>) -> Option<Finding> {
    use TargetState::{Draining, Initial, Unknown, Unused};
    let idle = |it: &Target| matches!(it.state, Draining | Initial | Unknown | Unused);
    let service = view.service.filter(|it| it.desired > 0 && it.running > 0 && !it.is_deploying())?;
    if !view.targets.iter().all(idle) {
        return None;
    }
    let tasks = view.place.known.tasks.values().filter_map(|it| it.value()).flat_map(BTreeMap::values);
    let running = tasks.filter(|it| it.is_running() && it.service.as_ref() == Some(&service.name));
    // The first that should have been a target by now.
    let since = running.filter_map(|it| it.started_at).min()?;
    let given = REGISTERING + SignedDuration::from_secs(i64::from(service.grace_seconds));
    if view.place.now.duration_since(since) < given {
        return None;
    }
    let mut evidence: Vec<String> = view.targets.iter().take(10).map(|it| describe(view, it)).collect();
    if evidence.is_empty() {
        evidence.push("no target is registered".to_owned());
    }
    evidence.push(format!("{} of {} tasks of {} run", service.running, service.desired, service.name));
    Some(Finding {
        summary: format!("{} has no target that could serve: the load balancer answers 503", view.group.name),
        evidence,
        advice: "see why its tasks are not registered, or not used: their container port, and the zones of the load balancer"
            .to_owned(),
        ..view.place.finding(Severity::Critical, Kind::TargetGroup, view.group.arn.wire(), None)
    })
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
            "{name} fails open: no target is healthy ({} unhealthy: {why}), requests go to all of them",
            unhealthy.len()
        ),
        _ => format!("{} of {} targets of {name} are unhealthy: {why}", unhealthy.len(), unhealthy.len() + healthy),
    };
    let mut evidence: Vec<String> = last_change(view).into_iter().collect();
    evidence.extend(unhealthy.iter().take(10).map(|target| describe(view, target)));
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

/// When what runs last changed, and what that speaks for.
fn last_change(view: &TargetGroupView<'_>) -> Option<String> {
    let service = view.service?;
    let changed = service.primary()?.created_at?;
    let (revision, age) = (service.task_definition.short_name(), view.place.now.duration_since(changed));
    let span = words::span(age);
    Some(match (service.is_deploying(), age < JUST_CHANGED) {
        (true, _) => format!("{revision} is being deployed, for {span}: compare its targets with the old ones"),
        (false, true) => format!("{revision} was deployed {span} ago: see what it changed"),
        (false, false) => format!("{revision} unchanged for {span}: a sick dependency, not a deployment"),
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
    let Some((service, started)) = view.service.zip(task(view, target).and_then(|it| it.started_at)) else {
        return false;
    };
    view.place.now.duration_since(started) < SignedDuration::from_secs(i64::from(service.grace_seconds))
}

/// The running task behind a target of type `ip`.
pub fn task<'a>(view: &TargetGroupView<'a>, target: &Target) -> Option<&'a Task> {
    behind::task(view.place.known, &view.group.arn, target.id.as_str()).filter(|it| it.is_running())
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

pub fn describe(view: &TargetGroupView<'_>, target: &Target) -> String {
    let task = task(view, target).map(|it| format!(", task {}", it.arn.tail())).unwrap_or_default();
    let reason = if target.reason.is_empty() { String::new() } else { format!(" ({})", target.reason) };
    format!("{}:{} in {}{task}: {}{reason}", target.id, target.port, target.zone, said(target))
}

/// When the service's events first said so since it was last steady; target health itself carries no time.
fn since(view: &TargetGroupView<'_>) -> Option<Timestamp> {
    let service = view.service?;
    let events = || service.events.iter();
    let steady = events().filter(|it| it.said() == Said::Steady).map(|it| it.at).max();
    let told = |it: &&ServiceEvent| it.said() == Said::Unhealthy && it.message.as_str().contains(view.group.arn.wire());
    let told = events().filter(told).map(|it| it.at);
    told.filter(|at| steady.is_none_or(|steady| *at > steady)).min()
}

fn advice(unhealthy: &[&Target]) -> &'static str {
    match unhealthy.first().map_or("", |it| it.reason.as_str()) {
        "Target.ResponseCodeMismatch" => {
            "the target answers with a wrong code: look at its targets, and ask the health path"
        }
        "Target.Timeout" => "the target answers too late or not at all: check its load and its security group",
        "Target.FailedHealthChecks" => {
            "no connection, or no HTTP: check port, security group, and that the process listens"
        }
        _ => "look at its targets and their reasons",
    }
}
