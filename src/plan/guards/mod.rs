//! The rules that block or warn about a plan: one file each, all in one table.

mod alarms;
mod arithmetic;
mod controller;
mod freeze;
mod identity;
mod image;
mod in_progress;
pub mod journal;
mod leap;
mod min_tasks;
mod permission;
mod production;
mod read_only;
mod revision;
mod same_image;
mod scaling_range;
mod single_task;
mod undone;
mod unhealthy;

use jiff::{SignedDuration, Timestamp};

use super::{
    action::Action,
    course::Course,
    draft::Draft,
    facts::Inquiry,
    model::{Finding, Weight},
};
use crate::{
    cost::known::PriceBook,
    domain::{estate::Estate, id::ResourceId, text::SafeText},
    stack::care::Overridable,
};

/// What a guard looks at: the whole action, drafted.
pub struct Case<'a> {
    pub action: &'a Action,
    pub drafts: &'a [Draft<'a>],
    pub conditions: &'a Conditions<'a>,
    pub inquiry: &'a Inquiry<'a>,
}

/// What a plan is made under, beside what AWS says.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    pub now: Timestamp,
    /// How long the plan may be confirmed.
    pub valid: SignedDuration,
    /// Nothing may be written at all.
    pub read_only: bool,
    /// Operations that have not ended, of this console or, by the journal, of another.
    pub busy: &'a [Busy],
    /// The first line of the journal of which it is not known what it tells, where there is one.
    pub unread: Option<&'a SafeText>,
    /// What the stacks have been billed for units, else what AWS lists.
    pub prices: &'a PriceBook,
    /// What has been watched so far, for how sessions end; `None` where nothing was. No plan rests on it.
    pub watched: Option<&'a Estate>,
}

/// An operation that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Busy {
    pub subject: ResourceId,
    /// As `deploy v43 to terminal-api`.
    pub title: SafeText,
    pub since: Timestamp,
    /// Who began it.
    pub by: SafeText,
}

impl Busy {
    /// What an operation is busy with, each of its services, or its group.
    pub fn of(course: &Course, since: Timestamp, by: &SafeText) -> Vec<Self> {
        course.subjects().map(|subject| Self { subject, title: course.title.clone(), since, by: by.clone() }).collect()
    }
}

/// One rule. What it finds carries its name.
pub struct Guard {
    pub name: &'static str,
    /// What it watches over, for the docs.
    pub summary: &'static str,
    check: fn(&Case<'_>) -> Vec<Found>,
}

/// What a guard finds: a finding without the guard's name.
pub struct Found {
    pub weight: Weight,
    pub subject: Option<ResourceId>,
    pub summary: String,
    pub details: Vec<String>,
}

/// Every guard, in the order of their findings.
pub const GUARDS: &[Guard] = &[
    Guard { name: "read-only", summary: "nothing is written in read-only mode", check: read_only::check },
    Guard { name: "identity", summary: "the caller's account is the stack's", check: identity::check },
    Guard { name: "controller", summary: "ECS itself steers the service", check: controller::check },
    Guard { name: "in-progress", summary: "no other deployment or operation is under way", check: in_progress::check },
    Guard { name: "journal", summary: "every line of the journal can be read", check: journal::check },
    Guard { name: "freeze", summary: "no freeze window is open", check: freeze::check },
    Guard { name: "min-tasks", summary: "the service keeps its least number of tasks", check: min_tasks::check },
    Guard { name: "leap", summary: "the count stays near the present one", check: leap::check },
    Guard { name: "single-task", summary: "a stateful service has one task", check: single_task::check },
    Guard { name: "arithmetic", summary: "the percentages let tasks be replaced", check: arithmetic::check },
    Guard { name: "revision", summary: "the revision is ACTIVE and of the family", check: revision::check },
    Guard { name: "image", summary: "the image is there, for this CPU", check: image::check },
    Guard { name: "mutable-tag", summary: "the tag cannot move meanwhile", check: image::mutable_tag },
    Guard { name: "same-image", summary: "something changes", check: same_image::check },
    Guard { name: "undone", summary: "this image was not rolled back last time", check: undone::check },
    Guard { name: "scaling-range", summary: "auto scaling agrees with the count", check: scaling_range::check },
    Guard { name: "unhealthy", summary: "the service is well now", check: unhealthy::check },
    Guard { name: "alarm", summary: "no alarm rings now", check: alarms::check },
    Guard { name: "permission", summary: "the caller may send these calls", check: permission::check },
    Guard { name: "production", summary: "production is named before it is changed", check: production::check },
];

/// What every guard finds, heaviest first. More may have to be read before all is found.
pub fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for guard in GUARDS {
        findings.extend((guard.check)(case).into_iter().map(|found| Finding {
            guard: guard.name,
            weight: found.weight,
            subject: found.subject,
            summary: found.summary.into(),
            details: found.details.into_iter().map(SafeText::from).collect(),
        }));
    }
    for draft in case.drafts {
        findings.extend(draft.notes.iter().cloned());
    }
    findings.sort_by(|one, other| one.weight.cmp(&other.weight));
    findings
}

impl Found {
    pub fn new(weight: Weight, draft: Option<&Draft<'_>>, summary: impl Into<String>) -> Self {
        let subject = draft.map(|it| it.seen.id());
        Self { weight, subject, summary: summary.into(), details: Vec::new() }
    }

    pub fn blocks(draft: &Draft<'_>, summary: impl Into<String>) -> Self {
        Self::new(Weight::Blocks { over: None }, Some(draft), summary)
    }

    /// Blocks, unless the stack lets `by` be overridden.
    pub fn blocks_unless(draft: &Draft<'_>, by: Overridable, summary: impl Into<String>) -> Self {
        let allowed = draft.seen.stack.is_some_and(|it| it.care.overridable.contains(&by));
        Self::new(Weight::Blocks { over: allowed.then(|| by.word().into()) }, Some(draft), summary)
    }

    pub fn warns(draft: &Draft<'_>, summary: impl Into<String>) -> Self {
        Self::new(Weight::Warns, Some(draft), summary)
    }

    /// Nothing can be told of it.
    pub fn unchecked(draft: &Draft<'_>, summary: impl Into<String>) -> Self {
        Self::new(Weight::Unchecked, Some(draft), summary)
    }

    pub fn passes(draft: &Draft<'_>, summary: impl Into<String>) -> Self {
        Self::new(Weight::Passes, Some(draft), summary)
    }

    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

/// What a check of each service finds.
fn each<'a>(case: &'a Case<'a>, check: impl FnMut(&'a Draft<'a>) -> Option<Found>) -> Vec<Found> {
    case.drafts.iter().filter_map(check).collect()
}

#[cfg(test)]
mod tests;
