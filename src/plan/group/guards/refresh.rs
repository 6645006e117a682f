//! No instance refresh replaces the group's instances meanwhile.

use super::{Found, GroupCase};
use crate::{
    domain::{
        query::{Answer, Query},
        write::refresh::Met,
    },
    plan::{
        facts::Asked,
        group::action::{GroupChange, RollBy},
    },
    stack::care::Overridable,
    triage::words::count,
};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let seen = &case.draft.seen;
    let query = Query::Refreshes { group: seen.who.name.clone() };
    let refreshes = case.inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Refreshes(refreshes) => Some(refreshes),
        _ => None,
    });
    let refreshes = match refreshes {
        Asked::Awaited => return Vec::new(),
        Asked::Failed(fault) => {
            let summary = format!("whether an instance refresh is under way cannot be told: {}", fault.kind.word());
            return vec![Found::warns(summary)];
        }
        Asked::Known(refreshes) => refreshes.into_iter().flatten(),
    };
    let Some(active) = refreshes.into_iter().find(|it| it.is_active()) else { return waits(case) };
    if matches!(case.change, GroupChange::RollBackRefresh | GroupChange::CancelRefresh) {
        return Vec::new();
    }
    let done = active.percent.map_or(String::new(), |it| format!(", {it} % done"));
    let summary = format!("an instance refresh is {}{done}", active.word());
    let rolls = matches!(case.change, GroupChange::Roll { .. });
    if rolls || case.draft.takes_away() || case.draft.launches() {
        let found = Found::blocks_unless(case, Overridable::InProgress, summary);
        return vec![found.with("it ends gateways by its own rules; wait for it, or cancel it")];
    }
    vec![Found::warns(summary)]
}

/// What a refresh would wait for, and what it would not reach.
fn waits(case: &GroupCase<'_>) -> Vec<Found> {
    let GroupChange::Roll { by: RollBy::Refresh(choice), .. } = case.change else { return Vec::new() };
    let instances = &case.draft.seen.group.instances;
    let protected = instances.iter().filter(|it| it.counts() && it.protected).count();
    let stands_by = instances.iter().filter(|it| it.lifecycle.as_str() == "Standby").count();
    let waiting = [(protected, choice.protected, "protected from scale-in"), (stands_by, choice.standby, "in standby")];
    let mut found: Vec<Found> = waiting
        .into_iter()
        .filter(|(number, met, _)| *number > 0 && *met == Met::Wait)
        .map(|(number, _, word)| {
            let found =
                Found::warns(format!("{} {word}: the refresh waits for that to change", count(number, "instance")));
            found.with("when nothing has moved for an hour it fails; unprotect a gateway when its sessions have ended")
        })
        .collect();
    if let Some(last) = choice.checkpoints.last().filter(|it| **it < 100) {
        found.push(Found::warns(format!("it ends at {last} %: the last checkpoint is not 100 %")));
    }
    found
}
