//! Services that run, or are set to run, fewer tasks than they should.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    deaths,
    rule::Rule,
    words,
};
use crate::domain::signal::Severity;

pub const RUNNING_BELOW_DESIRED: Rule = Rule {
    name: "running-below-desired",
    meaning: "a service runs fewer tasks than it should, and no deployment explains it",
    severity: "critical when none runs, else a warning",
    fires: "running is below desired for a minute; for three minutes while the missing tasks are on their way; at once \
            when the last task is lost",
    evidence: "tasks desired, running and pending, when the service was last steady, the last task that failed, the \
               newest event",
    next: "look at the stopped tasks, their exit codes and reasons",
    check: running_below_desired,
};

pub const DESIRED_BELOW_MINIMUM: Rule = Rule {
    name: "desired-below-minimum",
    meaning: "a service is set to fewer tasks than its stack file allows",
    severity: "critical at zero tasks, else a warning",
    fires: "desired is below `min_tasks` of the stack file; a service that may sleep may do so",
    evidence: "tasks desired and running",
    next: "raise the desired count, or correct the stack file",
    check: desired_below_minimum,
};

pub const SERVICE_AT_ZERO: Rule = Rule {
    name: "service-at-zero",
    meaning: "a service that is not meant to sleep is set to zero tasks",
    severity: "critical where a load balancer leads to it, else a warning",
    fires: "desired is 0, and the stack file that names the service says neither `may_sleep` nor `min_tasks`",
    evidence: "tasks desired and running, and the target groups that lead to nothing",
    next: "scale it up again, or say in the stack file that it may sleep",
    check: service_at_zero,
};

/// A shortage shorter than this may be no more than the scheduler's next beat (it looks every 10 s or so).
const BLINK: SignedDuration = SignedDuration::from_secs(60);

/// What tasks on their way to RUNNING are given: to place, pull and boot.
const STARTING: SignedDuration = SignedDuration::from_mins(3);

fn running_below_desired(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(shortage).collect()
}

fn shortage(view: &ServiceView<'_>) -> Option<Finding> {
    let service = view.service;
    if service.running >= service.desired || service.is_deploying() {
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
    evidence.extend(deaths::last(view));
    evidence.extend(newest_event(view));
    Some(Finding {
        summary: format!("{} runs {} of {} tasks, for {age}", view.name(), service.running, service.desired),
        evidence,
        advice: "look at its tasks: a stopped one tells its exit code and reason".to_owned(),
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
    let event = view.since_steady().max_by_key(|it| it.at)?;
    Some(format!("newest event, {}: {}", words::clock(event.at), event.message))
}

fn desired_below_minimum(context: &Context<'_>) -> Vec<Finding> {
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
                view.name(),
                words::count(service.desired as usize, "task")
            ),
            evidence: vec![format!("desired {}, running {}", service.desired, service.running)],
            advice: format!("raise its desired count to {minimum}, or change min_tasks in the stack file"),
            ..view.finding(severity, None)
        })
    };
    context.services.iter().filter_map(below).collect()
}

fn service_at_zero(context: &Context<'_>) -> Vec<Finding> {
    let at_zero = |view: &&ServiceView<'_>| {
        let named = !view.place.stack.found;
        named && view.service.desired == 0 && !view.spec.may_sleep && view.spec.min_tasks.is_none()
    };
    let find = |view: &ServiceView<'_>| {
        let service = view.service;
        let groups: Vec<_> = service.load_balancers.iter().map(|it| it.target_group.short_name()).collect();
        let severity = if groups.is_empty() { Severity::Warning } else { Severity::Critical };
        let mut evidence = vec![format!("desired 0, running {}", service.running)];
        if !groups.is_empty() {
            evidence.push(format!("nothing stands behind {}", words::list(&groups)));
        }
        let last = view.tasks.iter().filter_map(|it| it.stopped_at).max();
        Finding {
            summary: format!("{} is set to 0 tasks: nothing serves", view.name()),
            evidence,
            advice: "scale it up again; where it is meant to sleep, its stack file says may_sleep = true".to_owned(),
            ..view.finding(severity, last)
        }
    };
    context.services.iter().filter(at_zero).map(find).collect()
}
