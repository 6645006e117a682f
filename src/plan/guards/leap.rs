//! A count far beyond the present one: a slip of the finger, more often than a wish. A great one is typed.

use super::{Case, Found, each};
use crate::{
    plan::{course::Goal, model::Weight},
    triage::words::count,
};

/// So many times as many tasks, and so many more, are asked about.
const TIMES: u32 = 4;
const MORE: u32 = 8;

/// So many times as many, and so many more, are meant only by whoever types that they are.
const MANY_TIMES: u32 = 20;
const MANY_MORE: u32 = 100;

/// ECS runs so many tasks of a service where its quota was not raised.
const QUOTA: u32 = 5_000;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let (now, desired) = (draft.seen.service.desired, draft.desired);
        let leaps = |times: u32, more| desired > now.max(1).saturating_mul(times) && desired - now >= more;
        if !leaps(TIMES, MORE) || !matches!(draft.goal, Goal::Scaled { .. }) {
            return None;
        }
        let times = desired / now.max(1);
        let summary =
            format!("{} are {times} times what there is now: is that meant?", count(desired as usize, "task"));
        let mut found = Found::warns(draft, summary);
        if leaps(MANY_TIMES, MANY_MORE) {
            found.weight = Weight::Blocks { over: Some("leap".into()) };
        }
        let beyond = format!("ECS runs at most {QUOTA} tasks of a service unless the account's quota was raised");
        Some(if desired > QUOTA { found.with(beyond) } else { found })
    })
}
