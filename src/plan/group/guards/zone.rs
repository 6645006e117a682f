//! Every zone that has a gateway keeps one.

use super::{Found, GroupCase};
use crate::triage::words::list;

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    if !draft.takes_away() || draft.replaces() {
        return Vec::new();
    }
    let stays = draft.stays();
    let mut emptied: Vec<&str> = draft.goes.iter().filter(|it| it.is_in_service()).map(|it| it.zone.as_str()).collect();
    emptied.retain(|zone| !stays.iter().any(|it| it.zone.as_str() == *zone));
    emptied.sort_unstable();
    emptied.dedup();
    if emptied.is_empty() {
        return Vec::new();
    }
    let found = if stays.is_empty() {
        Found::warns("no gateway is left in service")
    } else {
        Found::warns(format!("no gateway is left in {}", list(&emptied)))
    };
    vec![found.with("if the other zone fails, no session can be opened until another gateway has started")]
}
