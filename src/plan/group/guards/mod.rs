//! The rules that block or warn about a plan for a group, all in one table.

mod bounds;
mod busy;
mod capacity;
mod permission;
mod policy;
mod process;
mod protection;
mod refresh;
mod sessions;
mod standing;
#[cfg(test)]
mod tests;
mod zone;

use super::{action::GroupChange, draft::GroupDraft};
use crate::{
    domain::text::SafeText,
    plan::{
        facts::Inquiry,
        guards::Conditions,
        model::{Finding, Weight},
    },
    stack::care::Overridable,
};

/// What a guard looks at.
pub struct GroupCase<'a> {
    pub draft: &'a GroupDraft<'a>,
    pub change: &'a GroupChange,
    pub conditions: &'a Conditions<'a>,
    pub inquiry: &'a Inquiry<'a>,
}

/// One rule. What it finds carries its name.
pub struct GroupGuard {
    pub name: &'static str,
    /// What it watches over, for the docs.
    pub summary: &'static str,
    check: fn(&GroupCase<'_>) -> Vec<Found>,
}

/// What a guard finds, without the guard's name.
pub struct Found {
    weight: Weight,
    summary: String,
    details: Vec<String>,
}

/// Every guard, in the order of their findings.
pub const GROUP_GUARDS: &[GroupGuard] = &[
    GroupGuard { name: "read-only", summary: "nothing is written in read-only mode", check: standing::read_only },
    GroupGuard { name: "identity", summary: "the caller's account is the stack's", check: standing::identity },
    GroupGuard { name: "in-progress", summary: "no other operation is under way on the group", check: busy::check },
    GroupGuard { name: "journal", summary: "every line of the journal can be read", check: standing::journal },
    GroupGuard { name: "freeze", summary: "no freeze window is open", check: standing::freeze },
    GroupGuard { name: "bounds", summary: "the number lies within the group's bounds", check: bounds::check },
    GroupGuard { name: "process", summary: "no process is suspended that it needs", check: process::check },
    GroupGuard { name: "refresh", summary: "no instance refresh is under way", check: refresh::check },
    GroupGuard { name: "sessions", summary: "no session is lost but by its number", check: sessions::check },
    GroupGuard { name: "capacity", summary: "the gateways that stay take the sessions", check: capacity::check },
    GroupGuard { name: "protection", summary: "nothing goes that somebody has protected", check: protection::check },
    GroupGuard { name: "zone", summary: "every zone keeps a gateway", check: zone::check },
    GroupGuard { name: "policy", summary: "no policy undoes it within minutes", check: policy::check },
    GroupGuard { name: "permission", summary: "the caller may send these calls", check: permission::check },
    GroupGuard { name: "production", summary: "production is named before it is changed", check: standing::production },
];

/// What every guard finds, heaviest first. More may have to be read before all is found.
pub fn findings(case: &GroupCase<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for guard in GROUP_GUARDS {
        findings.extend((guard.check)(case).into_iter().map(|found| Finding {
            guard: guard.name,
            weight: found.weight,
            subject: Some(case.draft.seen.id()),
            summary: found.summary.into(),
            details: found.details.into_iter().map(SafeText::from).collect(),
        }));
    }
    findings.sort_by(|one, other| one.weight.cmp(&other.weight));
    findings
}

impl Found {
    fn new(weight: Weight, summary: impl Into<String>) -> Self {
        Self { weight, summary: summary.into(), details: Vec::new() }
    }

    fn blocks(summary: impl Into<String>) -> Self {
        Self::new(Weight::Blocks { over: None }, summary)
    }

    /// Blocks, unless these words are typed.
    fn blocks_over(words: impl Into<SafeText>, summary: impl Into<String>) -> Self {
        Self::new(Weight::Blocks { over: Some(words.into()) }, summary)
    }

    /// Blocks, unless the stack lets `by` be overridden.
    fn blocks_unless(case: &GroupCase<'_>, by: Overridable, summary: impl Into<String>) -> Self {
        let allowed = case.draft.seen.stack.is_some_and(|it| it.care.overridable.contains(&by));
        Self::new(Weight::Blocks { over: allowed.then(|| by.word().into()) }, summary)
    }

    fn warns(summary: impl Into<String>) -> Self {
        Self::new(Weight::Warns, summary)
    }

    /// Nothing can be told of it.
    fn unchecked(summary: impl Into<String>) -> Self {
        Self::new(Weight::Unchecked, summary)
    }

    fn passes(summary: impl Into<String>) -> Self {
        Self::new(Weight::Passes, summary)
    }

    #[must_use]
    fn with(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}
