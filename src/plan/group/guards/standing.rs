//! Who may change the group, and when: read-only mode, the account, freezes, production.

use super::{Found, GroupCase};
use crate::{
    plan::guards::journal::UNKNOWN,
    stack::{care::Overridable, model::Environment},
};

pub fn read_only(case: &GroupCase<'_>) -> Vec<Found> {
    if case.conditions.read_only {
        let found = Found::blocks("the console is in read-only mode");
        return vec![found.with("start it without --read-only, and without read_only in config.toml")];
    }
    let stack = case.draft.seen.stack.filter(|it| it.read_only);
    let found = stack.map(|it| Found::blocks(format!("stack {} is read-only", it.name)));
    found.map(|it| it.with("its stack file says read_only = true")).into_iter().collect()
}

/// A line of the journal cannot be read: somebody's operation might be missing.
pub fn journal(case: &GroupCase<'_>) -> Vec<Found> {
    case.conditions.unread.into_iter().map(|it| Found::warns(it.to_string()).with(UNKNOWN)).collect()
}

pub fn identity(case: &GroupCase<'_>) -> Vec<Found> {
    let seen = &case.draft.seen;
    let held = &seen.identity.account;
    let you = format!("you are {}", seen.identity.arn);
    let of_arn = seen.group.arn.account();
    if !of_arn.is_empty() && of_arn != held.as_str() {
        let summary = format!("the credentials belong to account {held}, the group to {of_arn}");
        return vec![Found::blocks(summary).with(you)];
    }
    let scopes = seen.stack.iter().flat_map(|it| &it.scopes);
    let declared = scopes.filter(|it| it.scope == seen.who.scope).find_map(|it| it.account.as_ref());
    let Some(declared) = declared else { return Vec::new() };
    if declared == held {
        return vec![Found::passes(format!("account {held}, as the stack file says"))];
    }
    let summary = format!("the credentials belong to account {held}, the stack file names {declared}");
    vec![Found::blocks(summary).with(you)]
}

pub fn freeze(case: &GroupCase<'_>) -> Vec<Found> {
    let freezes = case.draft.seen.stack.iter().flat_map(|it| &it.care.freezes);
    let open = freezes.filter(|it| it.holds(case.conditions.now));
    open.map(|it| {
        let summary = format!("a freeze is on {}: {}", it.when(), it.reason);
        Found::blocks_unless(case, Overridable::Freeze, summary)
    })
    .collect()
}

pub fn production(case: &GroupCase<'_>) -> Vec<Found> {
    let stack = case.draft.seen.stack.filter(|it| it.environment == Environment::Production);
    let found = |name| Found::passes(format!("{name} is production: the group's name is typed to confirm"));
    stack.map(|it| found(&it.name)).into_iter().collect()
}
