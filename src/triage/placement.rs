//! Tasks that the scheduler says it cannot place or start.

use jiff::SignedDuration;

use super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    texts::{Said, Shortage, Stop},
    words,
};
use crate::domain::{service::ServiceEvent, signal::Severity};

pub const PLACEMENT_FAILED: Rule = Rule {
    name: "placement-failed",
    meaning: "ECS finds no place for a service's tasks",
    severity: "critical while none of the service's tasks runs, else a warning",
    fires: "a service's event says that a task cannot be placed: no capacity, an account's limit, no container instance \
            that fits. Told for 10 minutes, and for as long as tasks are missing; silent once the service is steady",
    evidence: "the event with its reason, tasks running and desired",
    next: "by the reason: wait or use other zones or capacity providers, have the limit raised, or make room on the \
           container instances",
    check: placement_failed,
};

pub const SCHEDULER_IMPAIRED: Rule = Rule {
    name: "scheduler-impaired",
    meaning: "ECS says that it cannot start or stop a service's tasks as it should",
    severity: "a warning",
    fires: "a service's event says that its tasks cannot be started, that ECS is throttled, or that too many tasks are \
            protected. Told for 10 minutes, and for as long as tasks are missing; silent once the service is steady",
    evidence: "the event, tasks running and desired",
    next: "by the event: look at the stopped tasks, wait, or end the tasks' protection",
    check: scheduler_impaired,
};

/// How long such an event is told after it came, whatever it led to.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

fn placement_failed(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(unplaced).collect()
}

fn unplaced(view: &ServiceView<'_>) -> Option<Finding> {
    let event = newest(view, |it| it == Said::CannotPlace)?;
    // Events repeat what stopped a task as the reason: that has rules of its own.
    if Stop::in_text(event.message.as_str()).trouble().is_some() {
        return None;
    }
    let out = view.service.running == 0 && view.service.desired > 0;
    let severity = if out { Severity::Critical } else { Severity::Warning };
    let (what, advice) = match Shortage::in_text(event.message.as_str()) {
        Shortage::Capacity => (
            ": AWS has no capacity for its tasks",
            "AWS has too little of this capacity now: wait, or let the service use other zones or capacity providers",
        ),
        Shortage::Quota => (
            ": the account's limit leaves no room for its tasks",
            "have the limit raised in Service Quotas, or stop what the account does not need",
        ),
        Shortage::NoFit => (
            ": no container instance fits its tasks",
            "add container instances, or let the task ask for less CPU, memory or fixed ports",
        ),
        Shortage::Configuration => (" cannot be given a task", "read the reason that the event gives"),
    };
    Some(Finding {
        summary: format!("{}{what}", view.name()),
        evidence: evidence(view, event),
        advice: advice.to_owned(),
        ..view.finding(severity, Some(event.at))
    })
}

fn scheduler_impaired(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(impaired).collect()
}

fn impaired(view: &ServiceView<'_>) -> Option<Finding> {
    let event = newest(view, |it| complaint(it).is_some())?;
    let (what, advice) = complaint(event.said())?;
    Some(Finding {
        summary: format!("{} {what}", view.name()),
        evidence: evidence(view, event),
        advice: advice.to_owned(),
        ..view.finding(Severity::Warning, Some(event.at))
    })
}

/// How a complaint reads in a summary, and what to do about it.
fn complaint(said: Said) -> Option<(&'static str, &'static str)> {
    Some(match said {
        Said::SlowedDown => (
            "cannot start tasks; ECS tries ever more slowly",
            "describe a stopped one of its tasks; a new task definition ends the slow-down",
        ),
        Said::Throttled => ("is throttled by ECS", "wait, and let fewer deployments run at once in this account"),
        Said::Protected => (
            "cannot scale in: too many of its tasks are protected",
            "end the tasks' scale-in protection, or wait until it expires",
        ),
        _ => return None,
    })
}

/// The event by which ECS says that it starts the service's tasks ever more slowly, while that holds.
pub fn slowed_down<'a>(view: &ServiceView<'a>) -> Option<&'a ServiceEvent> {
    view.said_since_steady().iter().find(|(_, said)| *said == Said::SlowedDown).map(|(event, _)| *event)
}

/// The event by which ECS says that it has no place for a task, while that holds.
pub fn refusal<'a>(view: &ServiceView<'a>) -> Option<&'a ServiceEvent> {
    newest(view, |it| it == Said::CannotPlace)
}

/// The newest such event since the service was steady, while it counts. ECS does not repeat an event while its cause
/// stands.
fn newest<'a>(view: &ServiceView<'a>, is_it: impl Fn(Said) -> bool) -> Option<&'a ServiceEvent> {
    let such = view.said_since_steady().iter().filter(|(_, said)| is_it(*said));
    let event = such.map(|(event, _)| *event).max_by_key(|it| it.at)?;
    let newest = view.service.primary().filter(|_| view.service.is_deploying());
    let missing = view.service.running < view.service.desired || newest.is_some_and(|it| it.running < it.desired);
    (missing || view.age(event.at) <= RECENT).then_some(event)
}

fn evidence(view: &ServiceView<'_>, event: &ServiceEvent) -> Vec<String> {
    vec![
        format!("{}: {}", words::clock(event.at), event.message),
        format!("{} of {} tasks run", view.service.running, view.service.desired),
    ]
}
