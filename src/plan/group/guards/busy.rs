//! Another operation is under way on the same group.

use super::{Found, GroupCase};
use crate::{stack::care::Overridable, triage::words::span};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let id = case.draft.seen.id();
    let busy = case.conditions.busy.iter().filter(|it| it.subject == id);
    busy.map(|it| {
        let since = span(case.conditions.now.duration_since(it.since));
        let summary = format!("an operation is under way: {}, by {}, since {since}", it.title, it.by);
        Found::blocks_unless(case, Overridable::InProgress, summary).with("wait for its verdict, or put it back")
    })
    .collect()
}
