//! No session is lost, unless as many as are open are given up by typing their number.

use super::{Found, GroupCase};
use crate::{
    domain::write::{group::GroupWrite, refresh::Met},
    plan::group::{
        action::AtDeadline,
        course::{GroupGoal, Work},
        draft::GroupDraft,
    },
    triage::words::count,
};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let draft = case.draft;
    if let Some(Met::Wait) = protection_of(draft)
        && draft.goes.is_empty()
        && draft.seen.holds_sessions()
    {
        return vec![Found::passes("every gateway is protected: the refresh ends none")];
    }
    if !draft.seen.holds_sessions() || draft.goes.is_empty() {
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
        Work::Calls { .. } => lost_at_once(case),
    }
}

/// How the refresh that it starts meets protected instances.
fn protection_of(draft: &GroupDraft<'_>) -> Option<Met> {
    let Work::Calls { writes, .. } = &draft.work else { return None };
    writes.iter().find_map(|it| match it {
        GroupWrite::StartRefresh { choice, .. } => Some(choice.protected),
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
