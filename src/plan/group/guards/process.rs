//! No process is suspended that the plan needs.

use super::{Found, GroupCase};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    let is_off = |name: &str| draft.seen.group.suspended.iter().find(|(it, _)| it.as_str() == name);
    let mut found = Vec::new();
    if let (true, Some((_, why))) = (draft.launches(), is_off("Launch")) {
        let blocks = Found::blocks("Launch is suspended: the group launches nothing");
        found.push(blocks.with(format!("{why}; resume it first: resume-processes Launch")));
    }
    if let (true, Some((_, why))) = (draft.desired < draft.seen.group.desired, is_off("Terminate")) {
        let warns = Found::warns("Terminate is suspended: the group itself ends nothing");
        found.push(warns.with(format!("{why}; a gateway that is named is ended all the same")));
    }
    found
}
