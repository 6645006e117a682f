//! The number of instances lies within the group's bounds; the bound in the way is offered to be moved.

use super::{Found, GroupCase};
use crate::plan::group::action::GroupChange;

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    let ((min, max), desired, before) = (draft.bounds, draft.desired, draft.seen.group.desired);
    // Only scaling moves a bound with it.
    let moved = |bound: &str| match case.change {
        GroupChange::Scale { .. } => {
            format!("move the bound with it: tab in the form, or --bounds move ({bound} {desired})")
        }
        _ => format!("move the bound first: bounds --{bound} {desired}"),
    };
    if desired < min && desired < before {
        return vec![Found::blocks(format!("{desired} is below the least, {min}: AWS refuses it")).with(moved("min"))];
    }
    if desired > max && desired > before {
        return vec![Found::blocks(format!("{desired} is above the most, {max}: AWS refuses it")).with(moved("max"))];
    }
    if desired == before {
        return Vec::new();
    }
    vec![Found::passes(format!("{desired} lies within {min}–{max}"))]
}
