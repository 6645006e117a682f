//! A freeze window of the stack is open. Going back is always allowed.

use super::{Case, Found, each};
use crate::{domain::verb::Verb, stack::care::Overridable};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let open = draft.seen.stack?.care.freezes.iter().find(|it| it.holds(case.conditions.now))?;
        let summary = format!("a freeze is on {}: {}", open.when(), open.reason);
        Some(match case.action.verb() {
            Verb::Rollback => Found::warns(draft, summary).with("rolling back is allowed all the same"),
            _ => Found::blocks_unless(draft, Overridable::Freeze, summary),
        })
    })
}
