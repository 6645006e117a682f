//! The number of instances lies within the group's bounds; the bound in the way is offered to be moved.

use super::{Found, GroupCase};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    let ((min, max), desired, before) = (draft.bounds, draft.desired, draft.seen.group.desired);
    if desired < min && desired < before {
        let found = Found::blocks(format!("{desired} is below the least, {min}: AWS refuses it"));
        return vec![found.with(format!("move the bound with it: tab in the form, or --bounds move (min {desired})"))];
    }
    if desired > max && desired > before {
        let found = Found::blocks(format!("{desired} is above the most, {max}: AWS refuses it"));
        return vec![found.with(format!("move the bound with it: tab in the form, or --bounds move (max {desired})"))];
    }
    if desired == before {
        return Vec::new();
    }
    vec![Found::passes(format!("{desired} lies within {min}–{max}"))]
}
