//! Spot capacity that AWS takes back.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    placement,
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{signal::Severity, task::Task};

pub const SPOT_INTERRUPTION: Rule = Rule {
    name: "spot-interruption",
    meaning: "AWS has taken Spot tasks of a service back",
    severity: "critical when none runs, a warning while fewer run than are desired, else a notice",
    fires: "a task was interrupted within 15 minutes, or has its two minutes' notice",
    evidence: "how many tasks were interrupted, in which zones, the service's capacity providers, what ECS says of new \
               capacity, tasks running and desired",
    next: "nothing where the replacements run; else move the service to on-demand capacity until Spot is back",
    check: spot_interruption,
};

/// How long an interruption is told.
const TOLD: SignedDuration = SignedDuration::from_mins(15);

fn spot_interruption(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(find).collect()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    let taken: Vec<&Task> = view.tasks.iter().copied().filter(|it| is_taken(view, it)).collect();
    if taken.is_empty() {
        return None;
    }
    let service = view.service;
    let missing = service.running < service.desired;
    let severity = match service.running {
        0 if service.desired > 0 => Severity::Critical,
        _ if missing => Severity::Warning,
        _ => Severity::Notice,
    };
    let since = taken.iter().filter_map(|it| it.stopped_at).min();
    let refusal = placement::refusal(view).filter(|_| missing);
    let mut zones: Vec<&str> = taken.iter().map(|it| it.zone.as_str()).filter(|it| !it.is_empty()).collect();
    zones.sort_unstable();
    zones.dedup();
    let number = words::count(taken.len(), "Spot task");
    let mut evidence = vec![
        format!(
            "{number} interrupted in {}",
            if zones.is_empty() { "an unknown zone".to_owned() } else { words::list(&zones) }
        ),
        format!("{} of {} tasks run; capacity: {}", service.running, service.desired, service.launch),
    ];
    evidence.extend(refusal.map(|it| format!("{}: {}", words::clock(it.at), it.message)));
    Some(Finding {
        summary: format!(
            "{}: AWS took {number} back; {} of {} run{}",
            view.name(),
            service.running,
            service.desired,
            if refusal.is_some() { ", and no new capacity is to be had" } else { "" }
        ),
        evidence,
        advice: advice(missing).to_owned(),
        ..view.finding(severity, since)
    })
}

fn is_taken(view: &ServiceView<'_>, task: &Task) -> bool {
    let recent = |at: Timestamp| view.age(at) <= TOLD;
    Stop::of(task) == Stop::SpotInterruption && task.stopped_at.is_none_or(recent)
}

fn advice(missing: bool) -> &'static str {
    if missing {
        "new Spot tasks start by themselves where there is capacity; if they do not, move the service to on-demand \
         capacity (FARGATE) until Spot is back"
    } else {
        "nothing: the replacements run; a base of on-demand tasks keeps some through the next shortage"
    }
}
