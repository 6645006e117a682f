//! The service keeps as many tasks as its stack file demands, and does not stop serving unnoticed.

use super::{Case, Found, each};
use crate::{
    plan::{course::Goal, draft::Draft},
    stack::care::Overridable,
    triage::words::count,
};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        if matches!(draft.goal, Goal::TaskStopped { .. }) {
            return falls_below(draft);
        }
        if draft.desired >= draft.seen.service.desired {
            return None;
        }
        let Some(least) = draft.seen.spec.and_then(|it| it.min_tasks) else { return stops_serving(draft) };
        if draft.desired >= least {
            return None;
        }
        let name = draft.name();
        let summary = format!("{name} would have {}, and must have {least}", count(draft.desired as usize, "task"));
        let found = Found::blocks_unless(draft, Overridable::MinTasks, summary);
        Some(found.with(format!("its stack file says min_tasks = {least}")))
    })
}

/// A task is stopped, and until another has started fewer run than there must be.
fn falls_below(draft: &Draft<'_>) -> Option<Found> {
    let least = draft.seen.spec?.min_tasks?;
    let plan = draft.replacement()?;
    if plan.lowest >= least {
        return None;
    }
    let name = draft.name();
    let left = count(plan.lowest as usize, "task");
    let summary = format!("{name} has {left} for about {} s, and must have {least}", plan.seconds);
    Some(Found::warns(draft, summary).with(format!("its stack file says min_tasks = {least}")))
}

/// The last task goes of a service that is not meant to sleep.
fn stops_serving(draft: &Draft<'_>) -> Option<Found> {
    let sleeps = draft.seen.spec.is_some_and(|it| it.may_sleep);
    if draft.desired > 0 || sleeps {
        return None;
    }
    let name = draft.name();
    let refused = match draft.seen.requests_per_second {
        Some(rate) if rate > 0.0 => format!(": {rate:.1} requests a second would be turned away"),
        _ => String::new(),
    };
    let found = Found::warns(draft, format!("no task of {name} would run{refused}"));
    Some(found.with("a stack file that says may_sleep = true would have it so"))
}
