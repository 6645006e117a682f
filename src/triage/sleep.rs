//! Services that sleep at zero tasks, and those on their way out of sleep.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    deaths,
    rule::Rule,
    words,
};
use crate::domain::{
    id::{Kind, ResourceId},
    signal::Severity,
};

pub const SERVICES_ASLEEP: Rule = Rule {
    name: "services-asleep",
    meaning: "services of a stack sleep at zero tasks",
    severity: "a notice, and no worse health than asleep",
    fires: "a service that may sleep is set to zero tasks and runs none. One signal for each stack",
    evidence: "each service, and since when",
    next: "nothing: the first request wakes them, and its client has to come again; wake them before expected traffic",
    check: services_asleep,
};

pub const SERVICES_WAKING: Rule = Rule {
    name: "services-waking",
    meaning: "services of a stack are waking up: requests are refused until their first task serves",
    severity: "a notice, and no worse health than changing; what does not come up is told by other rules",
    fires: "a service that may sleep wants tasks, has none running yet, and none has failed, for at most 3 minutes. One \
            signal for each stack",
    evidence: "each service with tasks running and desired, and since when",
    next: "wait: clients get 503 and come again within a minute",
    check: services_waking,
};

/// What waking may take; `running-below-desired` speaks after it.
const WAKING: SignedDuration = SignedDuration::from_mins(3);

fn services_asleep(context: &Context<'_>) -> Vec<Finding> {
    let asleep =
        |view: &&ServiceView<'_>| view.spec.may_sleep && view.service.desired == 0 && view.service.running == 0;
    let find = |views: &[&ServiceView<'_>]| {
        let sentence = |view: &&ServiceView<'_>| {
            let since = fell_asleep(view);
            let since = since.map(|at| format!(" since {}, for {}", words::clock(at), words::span(view.age(at))));
            format!("{}: asleep{}", view.name(), since.unwrap_or_default())
        };
        Some(Finding {
            summary: told(views, "sleeps", "sleep"),
            evidence: views.iter().map(sentence).collect(),
            advice:
                "nothing: the first request wakes them, and its client has to come again; wake them before expected \
                     traffic"
                    .to_owned(),
            ..about_stack(views, views.iter().filter_map(|it| fell_asleep(it)).min())?
        })
    };
    by_stack(context, asleep).values().filter_map(|views| find(views)).collect()
}

fn services_waking(context: &Context<'_>) -> Vec<Finding> {
    let waking = |view: &&ServiceView<'_>| {
        let service = view.service;
        let is_waking = view.spec.may_sleep && service.desired > 0 && service.running == 0;
        let young = || woke(view).is_none_or(|at| view.age(at) <= WAKING);
        is_waking && deaths::all(view).is_empty() && young()
    };
    let find = |views: &[&ServiceView<'_>]| {
        let sentence = |view: &&ServiceView<'_>| {
            let since = woke(view).map(|at| format!(", for {}", words::span(view.age(at)))).unwrap_or_default();
            let service = view.service;
            format!(
                "{}: {} of {} tasks run, {} starting{since}",
                view.name(),
                service.running,
                service.desired,
                service.pending
            )
        };
        Some(Finding {
            summary: told(views, "is waking", "are waking"),
            evidence: views.iter().map(sentence).collect(),
            advice:
                "wait: requests are refused until a task serves; clients that come again within a minute are answered"
                    .to_owned(),
            ..about_stack(views, views.iter().filter_map(|it| woke(it)).min())?
        })
    };
    by_stack(context, waking).values().filter_map(|views| find(views)).collect()
}

/// The services that are meant, by the name of their stack.
fn by_stack<'v, 'a>(
    context: &'v Context<'a>,
    is_meant: impl Fn(&&'v ServiceView<'a>) -> bool,
) -> BTreeMap<&'a str, Vec<&'v ServiceView<'a>>> {
    let mut by_stack: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for view in context.services.iter().filter(is_meant) {
        by_stack.entry(view.place.stack.name.as_str()).or_default().push(view);
    }
    by_stack
}

fn told(views: &[&ServiceView<'_>], one: &str, several: &str) -> String {
    let names: Vec<String> = views.iter().map(|it| it.name()).collect();
    format!("{} {}", words::list(&names), if names.len() == 1 { one } else { several })
}

fn about_stack(views: &[&ServiceView<'_>], since: Option<Timestamp>) -> Option<Finding> {
    let place = views.first()?.place;
    let subject = ResourceId::stack(place.stack.name.as_str());
    Some(Finding { subject, ..place.finding(Severity::Notice, Kind::Stack, "", since) })
}

/// When its last task ended, or else the last that its events tell.
fn fell_asleep(view: &ServiceView<'_>) -> Option<Timestamp> {
    let ended = view.tasks.iter().filter_map(|it| it.stopped_at).max();
    ended.or_else(|| view.service.events.iter().map(|it| it.at).max())
}

/// When the first of the tasks on their way was asked for.
fn woke(view: &ServiceView<'_>) -> Option<Timestamp> {
    view.tasks.iter().filter(|it| !it.is_stopped()).filter_map(|it| it.created_at).min()
}
