//! The credentials belong to the account that the stack file names.

use super::{Case, Found, each};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let seen = &draft.seen;
        let held = &seen.identity.account;
        let of_arn = seen.service.arn.account();
        if !of_arn.is_empty() && of_arn != held.as_str() {
            let summary = format!("the credentials belong to account {held}, the service to {of_arn}");
            return Some(Found::blocks(draft, summary).with(format!("you are {}", seen.identity.arn)));
        }
        let declared = seen.stack?.scopes.iter().find(|it| it.scope == seen.who.scope)?.account.as_ref()?;
        if declared == held {
            return Some(Found::passes(draft, format!("account {held}, as the stack file says")));
        }
        let summary = format!("the credentials belong to account {held}, the stack file names {declared}");
        Some(Found::blocks(draft, summary).with(format!("you are {}", seen.identity.arn)))
    })
}
