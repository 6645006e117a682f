//! A count far beyond the present one: a slip of the finger, more often than a wish.

use super::{Case, Found, each};
use crate::{plan::course::Goal, triage::words::count};

/// So many times as many tasks, and so many more, are asked about.
const TIMES: u32 = 4;
const MORE: u32 = 8;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let (now, desired) = (draft.seen.service.desired, draft.desired);
        let leaps = desired > now.max(1).saturating_mul(TIMES) && desired - now >= MORE;
        if !leaps || !matches!(draft.goal, Goal::Scaled { .. }) {
            return None;
        }
        let times = desired / now.max(1);
        let summary =
            format!("{} are {times} times what there is now: is that meant?", count(desired as usize, "task"));
        Some(Found::warns(draft, summary))
    })
}
