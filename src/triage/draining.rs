//! Targets that drain for longer than they may.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, TargetGroupView},
    rule::Rule,
    targets::{describe, task},
    texts::Said,
    words,
};
use crate::domain::{
    id::{Arn, Kind},
    service::{Service, ServiceEvent},
    signal::Severity,
    target::{Target, TargetState},
};

pub const DRAINING_TOO_LONG: Rule = Rule {
    name: "draining-too-long",
    meaning: "targets still drain although their deregistration delay is over",
    severity: "a warning",
    fires: "a target of a service's target group is draining, its task is no longer meant to run, and the service's newest \
            event of a deregistration there is older than the deregistration delay and a minute",
    evidence: "each draining target, the delay, the event",
    next: "deployments wait for it: see whether the delay was raised meanwhile, and whether the target still holds \
           connections",
    check: draining_too_long,
};

/// What the balancer and ECS may take beside the delay itself.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

fn draining_too_long(context: &Context<'_>) -> Vec<Finding> {
    context.target_groups.iter().filter_map(find).collect()
}

/// The newest event of a service that tells of targets taken out of this group.
fn deregistration<'a>(service: &'a Service, group: &Arn) -> Option<&'a ServiceEvent> {
    let told = |it: &&ServiceEvent| it.said() == Said::Deregistered && it.message.as_str().contains(group.wire());
    service.events.iter().filter(told).max_by_key(|it| it.at)
}

/// When a target was last taken out of this group of the service.
pub fn deregistered_at(service: &Service, group: &Arn) -> Option<Timestamp> {
    deregistration(service, group).map(|it| it.at)
}

fn find(view: &TargetGroupView<'_>) -> Option<Finding> {
    // A task that runs on was taken out by hand, of which no event tells.
    let leaves = |it: &&Target| it.state == TargetState::Draining && task(view, it).is_none();
    let draining: Vec<&Target> = view.targets.iter().filter(leaves).collect();
    if draining.is_empty() {
        return None;
    }
    let delay = SignedDuration::from_secs(i64::from(view.group.attributes.deregistration_delay?));
    let event = deregistration(view.service?, &view.group.arn)?;
    let age = view.place.now.duration_since(event.at);
    if age <= delay + SLACK {
        return None;
    }
    let mut evidence: Vec<String> = draining.iter().take(10).map(|it| describe(view, it)).collect();
    evidence.push(format!(
        "deregistration delay {}; {}: {}",
        words::span(delay),
        words::clock(event.at),
        event.message
    ));
    Some(Finding {
        summary: format!(
            "{} of {} still {} {} after deregistration; {} are allowed",
            words::count(draining.len(), "target"),
            view.group.name,
            if draining.len() == 1 { "drains" } else { "drain" },
            words::span(age),
            words::span(delay)
        ),
        evidence,
        advice:
            "deployments wait for it: see whether the delay was raised meanwhile, and whether the target still holds \
                 connections"
                .to_owned(),
        ..view.place.finding(Severity::Warning, Kind::TargetGroup, view.group.arn.wire(), Some(event.at))
    })
}
