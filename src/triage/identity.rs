//! Credentials that belong to another account than a stack's.

use super::{
    context::{Context, Finding, Place},
    rule::Rule,
};
use crate::domain::{id::Kind, signal::Severity};

pub const WRONG_ACCOUNT: Rule = Rule {
    name: "wrong-account",
    meaning: "the credentials belong to another account than the stack's",
    severity: "critical",
    fires: "the scope's identity is in another account than the stack file names",
    evidence: "whose the credentials are",
    next: "use a profile of the stack's account",
    check: wrong_account,
};

fn wrong_account(context: &Context<'_>) -> Vec<Finding> {
    context.stack_places().iter().filter_map(find).collect()
}

fn find(place: &Place<'_>) -> Option<Finding> {
    let identity = place.known.identity.value()?;
    let account = place.stack.scopes.iter().find(|it| it.scope == *place.scope)?.account.as_ref()?;
    if identity.account == *account {
        return None;
    }
    let (scope, stack) = (place.scope, &place.stack.name);
    Some(Finding {
        summary: format!("{scope} is account {}; stack {stack} runs in {account}", identity.account),
        evidence: vec![format!("the credentials belong to {}", identity.arn)],
        advice: format!("use a profile of account {account} for this stack; what is shown is another account's"),
        ..place.finding(Severity::Critical, Kind::Scope, &scope.to_string(), None)
    })
}
