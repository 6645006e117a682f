//! Nothing goes that somebody has protected from scale-in.

use super::{Found, GroupCase};
use crate::triage::words::list;

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let protected: Vec<&str> = case.draft.goes.iter().filter(|it| it.protected).map(|it| it.id.as_str()).collect();
    if protected.is_empty() {
        return Vec::new();
    }
    let found = Found::warns(format!("{} protected from scale-in and goes all the same", list(&protected)));
    vec![
        found.with("whoever protected it may have had a reason; no unprotected one is left to choose, or you named it"),
    ]
}
