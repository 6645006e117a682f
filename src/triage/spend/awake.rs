//! Services that may sleep and run on although nobody asks for anything.

use jiff::Timestamp;

use super::super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    words,
};
use super::quiet::{self, QUIET};
use crate::{
    cost::{known::PriceBook, running},
    domain::signal::Severity,
};

pub const AWAKE_UNUSED: Rule = Rule {
    name: "awake-unused",
    meaning: "a service that may sleep is kept awake though nobody calls it",
    severity: "a notice",
    fires: "every task of a service that may sleep has run for two hours and more, and for as long as its target groups' \
            requests are known, two hours at least, there was none",
    evidence: "its tasks and the oldest of them, since when there was no request, and what its tasks cost, by the stack's bill or \
               list prices",
    next: "let it sleep, or see what keeps it awake: a schedule, a minimum of its autoscaling",
    check: awake_unused,
};

fn awake_unused(context: &Context<'_>) -> Vec<Finding> {
    let may_sleep = context.services.iter().filter(|view| view.spec.may_sleep && view.service.running > 0);
    may_sleep.filter_map(|view| find(context, view)).collect()
}

fn find(context: &Context<'_>, view: &ServiceView<'_>) -> Option<Finding> {
    let running: Vec<Timestamp> =
        view.tasks.iter().filter(|it| it.is_running()).filter_map(|it| it.started_at).collect();
    let (oldest, newest) = (running.iter().min().copied()?, running.iter().max().copied()?);
    let groups = view.service.load_balancers.iter().map(|it| &it.target_group);
    let quiet = quiet::since(context, view.place.scope, groups)?;
    if view.age(newest) < QUIET || view.age(quiet) < QUIET {
        return None;
    }
    let since = quiet.max(oldest);
    let name = &view.service.name;
    let (stack, scope) = (view.place.stack, view.place.scope);
    let book = PriceBook::of(std::slice::from_ref(stack), context.estate, context.now);
    let tasks = view.tasks.iter().copied().filter(|it| it.is_running());
    let rate = running::of_tasks(book.of_stack(Some(stack)), &scope.region, tasks, &view.place.known.definitions);
    let mut evidence = vec![
        format!("{} running, the oldest for {}", words::count(running.len(), "task"), words::span(view.age(oldest))),
        format!("no request to its target groups since {} at least", words::clock(quiet)),
    ];
    evidence.extend(rate.map(|it| format!("what runs costs {}", it.words())));
    Some(Finding {
        summary: format!("{name} is awake, and nobody has called it for {}", words::span(view.age(quiet))),
        evidence,
        advice:
            "let it sleep: the first request wakes it; or see what keeps it awake, as a schedule or the minimum of its \
                 autoscaling"
                .to_owned(),
        ..view.finding(Severity::Notice, Some(since))
    })
}
