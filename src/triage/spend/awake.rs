//! Services that may sleep and run on although nobody asks for anything.

use jiff::{SignedDuration, Timestamp};

use super::super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    series::{figures, points},
    words,
};
use crate::{domain::signal::Severity, metrics::Measure};

pub const AWAKE_UNUSED: Rule = Rule {
    name: "awake-unused",
    meaning: "a service that may sleep is kept awake though nobody calls it",
    severity: "a notice",
    fires: "every task of a service that may sleep has run for two hours and more, and for as long as its target groups' \
            requests are known, two hours at least, there was none",
    evidence: "its tasks and the oldest of them, and since when there was no request",
    next: "let it sleep, or see what keeps it awake: a schedule, a minimum of its autoscaling",
    check: awake_unused,
};

/// A quiet hour is no news.
const QUIET: SignedDuration = SignedDuration::from_hours(2);
/// A series that ends earlier says nothing of now.
const CURRENT: SignedDuration = SignedDuration::from_mins(10);

fn awake_unused(context: &Context<'_>) -> Vec<Finding> {
    let may_sleep = context.services.iter().filter(|view| view.spec.may_sleep && view.service.running > 0);
    may_sleep.filter_map(|view| find(context, view)).collect()
}

fn find(context: &Context<'_>, view: &ServiceView<'_>) -> Option<Finding> {
    let running: Vec<Timestamp> =
        view.tasks.iter().filter(|it| it.is_running()).filter_map(|it| it.started_at).collect();
    let (oldest, newest) = (running.iter().min().copied()?, running.iter().max().copied()?);
    let quiet = quiet_since(context, view)?;
    if view.age(newest) < QUIET || view.age(quiet) < QUIET {
        return None;
    }
    let since = quiet.max(oldest);
    let name = &view.service.name;
    Some(Finding {
        summary: format!("{name} is awake, and nobody has called it for {}", words::span(view.age(quiet))),
        evidence: vec![
            format!(
                "{} running, the oldest for {}",
                words::count(running.len(), "task"),
                words::span(view.age(oldest))
            ),
            format!("no request to its target groups since {} at least", words::clock(quiet)),
        ],
        advice:
            "let it sleep: the first request wakes it; or see what keeps it awake, as a schedule or the minimum of its \
                 autoscaling"
                .to_owned(),
        ..view.finding(Severity::Notice, Some(since))
    })
}

/// Since when none of its target groups has had a request: the beginning of what is known, at most. `None` where requests
/// came, or one of the groups is not known.
fn quiet_since(context: &Context<'_>, view: &ServiceView<'_>) -> Option<Timestamp> {
    let balancers = &view.service.load_balancers;
    let mut since = None;
    for target_group in balancers.iter().map(|it| &it.target_group) {
        let here = |it: &&super::super::context::TargetGroupView<'_>| {
            it.group.arn == *target_group && it.place.scope == view.place.scope
        };
        let group = context.target_groups.iter().find(here)?;
        let found = figures(group.place, group.group);
        let read = found.iter().find(|it| it.measure == Measure::Requests)?.read(crate::metrics::window::FINE);
        let covered = group.place.known.series(&read)?.covered?;
        if view.age(covered.to) > CURRENT {
            return None;
        }
        let requests = points(group.place, &found, Measure::Requests)?;
        let last = requests.iter().rev().find(|(_, number)| *number > 0.0).map(|(at, _)| *at);
        let quiet = last.unwrap_or(covered.from);
        since = since.max(Some(quiet));
    }
    since
}
