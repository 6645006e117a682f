//! No instance refresh replaces the group's instances meanwhile.

use super::{Found, GroupCase};
use crate::{
    domain::query::{Answer, Query},
    plan::facts::Asked,
    stack::care::Overridable,
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
    let Some(active) = refreshes.into_iter().find(|it| it.is_active()) else { return Vec::new() };
    let done = active.percent.map_or(String::new(), |it| format!(", {it} % done"));
    let summary = format!("an instance refresh is {}{done}", active.word());
    if case.draft.takes_away() || case.draft.launches() {
        let found = Found::blocks_unless(case, Overridable::InProgress, summary);
        return vec![found.with("it ends gateways by its own rules; wait for it, or cancel it")];
    }
    vec![Found::warns(summary)]
}
