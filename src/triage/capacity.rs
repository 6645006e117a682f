//! Services that run, or are set to run, fewer tasks than they should.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    crash, rollout, words,
};
use crate::domain::signal::Severity;

/// A shortage shorter than this may be no more than the scheduler's next beat (it looks every 10 s or so).
const BLINK: SignedDuration = SignedDuration::from_secs(60);

/// What tasks on their way to RUNNING are given: to place, pull and boot.
const STARTING: SignedDuration = SignedDuration::from_mins(3);

/// Running < desired, for longer than starting tasks takes, with no deployment under way.
/// Services whose tasks keep dying are told by `crash-loop`, failed deployments by `rollout-failed`.
pub fn running_below_desired(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(shortage).collect()
}

fn shortage(view: &ServiceView<'_>) -> Option<Finding> {
    let service = view.service;
    let explained = service.is_deploying() || crash::is_looping(view) || rollout::has_failed(view);
    if service.running >= service.desired || explained {
        return None;
    }
    let began = began(view)?;
    if view.age(began) < allowance(view, began) {
        return None;
    }
    let severity = if service.running == 0 { Severity::Critical } else { Severity::Warning };
    let age = words::span(view.age(began));
    let mut evidence = vec![
        format!("desired {}, running {}, pending {}", service.desired, service.running, service.pending),
        match view.last_steady() {
            Some(at) => format!("last steady at {}", words::clock(at)),
            None => "none of its events says that it was ever steady".to_owned(),
        },
    ];
    evidence.extend(crash::last_failure(view));
    evidence.extend(newest_event(view));
    Some(Finding {
        summary: format!("{} runs {} of {} tasks, for {age}", service.name, service.running, service.desired),
        evidence,
        advice: "press enter for its tasks, then d on a stopped one for its exit code and reason".to_owned(),
        ..view.finding(severity, Some(began))
    })
}

/// When the shortage began: the first thing that happened to the service since it was last steady. `None`
/// where nothing has happened yet that could tell.
fn began(view: &ServiceView<'_>) -> Option<Timestamp> {
    let steady = view.last_steady().or(view.service.created_at);
    let tasks = view.tasks.iter().flat_map(|it| [it.created_at, it.stopped_at]).flatten();
    let events = view.service.events.iter().map(|it| it.at);
    tasks.chain(events).filter(|at| steady.is_none_or(|steady| *at > steady)).min()
}

/// How long a shortage that began then may last before it is one: losing the last task counts at once,
/// tasks that are on their way get the time to arrive.
fn allowance(view: &ServiceView<'_>, began: Timestamp) -> SignedDuration {
    let service = view.service;
    let lost_one = view.tasks.iter().any(|it| it.stopped_at.is_some_and(|at| at >= began));
    let out = service.running == 0 && lost_one && !view.spec.may_sleep;
    if !out && service.running + service.pending >= service.desired { STARTING } else { BLINK }
}

/// What the scheduler said last since it was steady.
fn newest_event(view: &ServiceView<'_>) -> Option<String> {
    let steady = view.last_steady();
    let newest = view.service.events.iter().max_by_key(|it| it.at);
    let event = newest.filter(|it| steady.is_none_or(|steady| it.at > steady))?;
    Some(format!("newest event, {}: {}", words::clock(event.at), event.message))
}

/// Desired below what the stack file says the service never goes below.
pub fn desired_below_minimum(context: &Context<'_>) -> Vec<Finding> {
    let below = |view: &ServiceView<'_>| {
        let minimum = view.spec.min_tasks?;
        let service = view.service;
        if service.desired >= minimum || (view.spec.may_sleep && service.desired == 0) {
            return None;
        }
        let severity = if service.desired == 0 { Severity::Critical } else { Severity::Warning };
        Some(Finding {
            summary: format!(
                "{} is set to {}; its stack wants at least {minimum}",
                service.name,
                words::count(service.desired as usize, "task")
            ),
            evidence: vec![format!("desired {}, running {}", service.desired, service.running)],
            advice: format!("raise its desired count to {minimum}, or change min_tasks in the stack file"),
            ..view.finding(severity, None)
        })
    };
    context.services.iter().filter_map(below).collect()
}
