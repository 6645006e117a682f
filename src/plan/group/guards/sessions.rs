//! No session is lost, unless as many as are open are given up by typing their number.

use super::{Found, GroupCase};
use crate::{
    domain::write::{
        group::GroupWrite,
        refresh::{Met, RefreshChoice},
    },
    plan::group::{
        action::AtDeadline,
        course::{Allowed, GroupGoal, Work},
        draft::GroupDraft,
    },
    triage::words::{count, list},
};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    let launches_ahead = choice_of(draft).is_some_and(|it| it.ahead(draft.seen.group.desired) > 0);
    if choice_of(draft).is_some_and(|it| it.protected == Met::Wait)
        && draft.goes.is_empty()
        && draft.seen.holds_sessions()
        && !launches_ahead
    {
        return vec![Found::passes("every gateway is protected: the refresh ends none")];
    }
    if !draft.seen.holds_sessions() || draft.goes.is_empty() && !launches_ahead {
        return Vec::new();
    }
    match &draft.work {
        Work::Drain(drain) => match drain.then {
            AtDeadline::End { sessions } if sessions > 0 => {
                let summary = format!("up to {} would be lost at the deadline", count(sessions as usize, "session"));
                vec![Found::blocks_over(format!("lose {sessions}"), summary)]
            }
            _ => vec![Found::passes("no gateway is ended while it holds a session")],
        },
        Work::Calls { goal: GroupGoal::Standby { .. }, .. } => {
            vec![Found::passes("sessions go on in standby")]
        }
        Work::Calls {
            goal:
                GroupGoal::Refreshed { allowed: Some(allowed), .. }
                | GroupGoal::RefreshUndone { allowed: Some(allowed), .. },
            ..
        } => vec![lost_by_refresh(case, allowed)],
        Work::Calls { .. } => lost_at_once(case),
    }
}

/// AWS waits for no session, nor for the console: what is typed holds whatever comes meanwhile.
fn lost_by_refresh(case: &GroupCase<'_>, allowed: &Allowed) -> Found {
    let (open, most): (u32, u32) = (allowed.held.values().sum(), allowed.sessions);
    if most == 0 {
        return Found::passes("what it ends holds no session, and is given none");
    }
    let are = if open == 1 { "is" } else { "are" };
    let summary = format!("up to {} would be lost: {open} {are} open there now", count(most as usize, "session"));
    let why = "AWS waits for no session, and until it ends a gateway as many may come to it as it takes";
    let found = Found::blocks_over(format!("lose {most}"), summary).with(why);
    let ahead = choice_of(case.draft).map_or(0, |it| it.ahead(case.draft.seen.group.desired));
    let found = match ahead {
        0 => found,
        _ => found.with(format!(
            "{} launched ahead: if it fails, the group chooses which of all go",
            count(ahead as usize, "gateway")
        )),
    };
    let mut unknown: Vec<&str> = case.draft.goes.iter().map(|it| it.instance_type.as_str()).collect();
    unknown.retain(|it| !allowed.limits.keys().any(|known| known.as_str() == *it));
    unknown.sort_unstable();
    unknown.dedup();
    let found = if unknown.is_empty() {
        found
    } else {
        found.with(format!(
            "how many {} takes is not known: those that come to it are not in that number",
            list(&unknown)
        ))
    };
    found.with("rather session by session: that ends a gateway when its last session has gone")
}

/// The preferences of the refresh that it starts.
fn choice_of<'a>(draft: &'a GroupDraft<'_>) -> Option<&'a RefreshChoice> {
    let Work::Calls { writes, .. } = &draft.work else { return None };
    writes.iter().find_map(|it| match it {
        GroupWrite::StartRefresh { choice, .. } => Some(choice),
        _ => None,
    })
}

fn lost_at_once(case: &GroupCase<'_>) -> Vec<Found> {
    let (draft, seen) = (case.draft, &case.draft.seen);
    let open: Option<usize> = draft.goes.iter().map(|it| Some(seen.sessions_on(it.id.as_str())?.len())).sum();
    let rather = "drain it instead: that ends it when the last session has gone";
    match open {
        None => {
            let summary = "what it holds cannot be told: every session on it would be lost";
            vec![Found::blocks_over("lose all", summary).with(rather)]
        }
        Some(0) => vec![Found::passes("it holds no session")],
        Some(open) => {
            let summary = format!("{} would be lost", count(open, "session"));
            let found = Found::blocks_over(format!("lose {open}"), summary);
            vec![draft.lost.iter().fold(found, |found, it| found.with(it.to_string())).with(rather)]
        }
    }
}
