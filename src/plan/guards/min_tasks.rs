//! The service keeps as many tasks as its stack file demands.

use super::{Case, Found, each};
use crate::{stack::care::Overridable, triage::words::count};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let least = draft.seen.spec?.min_tasks?;
        if draft.desired >= least || draft.desired >= draft.seen.service.desired {
            return None;
        }
        let name = draft.name();
        let summary = format!("{name} would have {}, and must have {least}", count(draft.desired as usize, "task"));
        let found = Found::blocks_unless(draft, Overridable::MinTasks, summary);
        Some(found.with(format!("its stack file says min_tasks = {least}")))
    })
}
