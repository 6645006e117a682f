//! The plan: the immutable answer to an action.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{action::Action, arithmetic::Replacement, course::Course};
use crate::{
    cost::running::{CostChange, Meanwhile, Rate},
    domain::{id::ResourceId, text::SafeText},
};

/// What would be done, what it would change and touch, what speaks against it, and how it must be confirmed.
///
/// Invariant: two plans with the same digest send the same calls and rest on the same state.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub action: Action,
    pub course: Course,
    /// In the order of the course's parts.
    pub parts: Vec<PartPlan>,
    /// What the guards found: what blocks first, then what warns, what could not be checked, and what passes.
    pub findings: Vec<Finding>,
    pub confirmation: Confirmation,
    pub production: bool,
    /// The account it is sent to, and as whom.
    pub callers: Vec<Caller>,
    /// What it rests on: if one of these changes, the plan no longer holds.
    pub basis: Vec<Basis>,
    pub digest: PlanDigest,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
}

/// How one service is changed and touched.
#[derive(Debug, Clone, PartialEq)]
pub struct PartPlan {
    pub subject: ResourceId,
    /// Its name, and its region where its stack lies in several.
    pub name: SafeText,
    /// What differs afterwards; empty where nothing does.
    pub changes: Vec<Change>,
    pub radius: Radius,
}

/// One field, before and after. `None`: it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub field: SafeText,
    pub before: Option<SafeText>,
    pub after: Option<SafeText>,
}

/// What the change touches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Radius {
    /// Tasks that are started anew, stopped or added.
    pub tasks: u32,
    /// Healthy targets, of how many.
    pub targets: Option<(usize, usize)>,
    pub requests_per_second: Option<f64>,
    /// How the tasks are replaced; `None` where none is.
    pub replacement: Option<Replacement>,
    /// Words on what is lost: state in memory, sessions.
    pub lost: Vec<SafeText>,
    /// What it does to what is paid; `None` where that is not known.
    pub cost: Option<CostChange>,
    /// The gateways it touches, each with what it holds; of groups alone.
    pub gateways: Vec<SafeText>,
}

/// Who would send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    pub profile: SafeText,
    pub region: SafeText,
    pub account: SafeText,
    pub arn: SafeText,
}

/// What a guard found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Name of the guard, as `min-tasks`.
    pub guard: &'static str,
    pub weight: Weight,
    /// The service it is about; `None`: the whole plan.
    pub subject: Option<ResourceId>,
    pub summary: SafeText,
    /// The numbers it rests on, and what to do instead.
    pub details: Vec<SafeText>,
}

/// How a finding weighs, heaviest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing is sent, unless this word is typed with the names of what it is about.
    Blocks {
        over: Option<SafeText>,
    },
    Warns,
    /// It could not be looked at, so that it is not known.
    Unchecked,
    Passes,
}

impl Weight {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Blocks { .. } => "blocks",
            Self::Warns => "warns",
            Self::Unchecked => "unchecked",
            Self::Passes => "passes",
        }
    }
}

/// How the plan must be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// By one key.
    Key,
    /// By typing this text.
    Type(SafeText),
    /// Not at all: something blocks it.
    Impossible,
}

/// One thing that a plan rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Basis {
    pub what: SafeText,
    pub value: SafeText,
}

/// SHA-256 over everything that a confirmation confirms, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanDigest(pub String);

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PlanDigest {
    /// The first twelve digits, to show.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// How long a plan can be confirmed, in the time of whoever reads it.
pub const VALID: SignedDuration = SignedDuration::from_mins(5);

impl Plan {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// As whom it is sent, each once: their account, their ARN and the regions.
    pub fn senders(&self) -> Vec<(&Caller, Vec<&str>)> {
        let mut senders: Vec<(&Caller, Vec<&str>)> = Vec::new();
        for caller in &self.callers {
            match senders.iter_mut().find(|(known, _)| (&known.arn, &known.account) == (&caller.arn, &caller.account)) {
                Some((_, regions)) => regions.push(caller.region.as_str()),
                None => senders.push((caller, vec![caller.region.as_str()])),
            }
        }
        senders
    }

    /// The findings that stand in the way.
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|it| matches!(it.weight, Weight::Blocks { .. }))
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|it| it.weight == Weight::Warns)
    }

    /// Whom a finding is about, where that is one of several and its summary does not say so.
    pub fn whose(&self, finding: &Finding) -> Option<&SafeText> {
        let subject = finding.subject.as_ref().filter(|_| self.parts.len() > 1)?;
        let name = &self.parts.iter().find(|it| it.subject == *subject)?.name;
        (!finding.summary.as_str().contains(name.as_str())).then_some(name)
    }

    /// What all of it costs, afterwards and meanwhile; `None` where one of its services has no price.
    pub fn whole_cost(&self) -> Option<CostChange> {
        let costs = self.parts.iter().map(|it| it.radius.cost).collect::<Option<Vec<CostChange>>>()?;
        let lasting = costs.iter().map(|it| it.lasting).reduce(Rate::and)?;
        if let [only] = costs.as_slice() {
            return Some(*only);
        }
        // What is done in one wave is paid for at once, and waves one after another.
        let of_wave =
            |wave: &Vec<usize>| wave.iter().filter_map(|at| costs.get(*at)?.meanwhile).reduce(Meanwhile::beside);
        let meanwhile = self.course.waves.iter().filter_map(of_wave).reduce(Meanwhile::then);
        Some(CostChange { lasting, meanwhile })
    }

    /// Whether `typed` is the text that confirms it.
    pub fn is_confirmed_by(&self, typed: &str) -> bool {
        matches!(&self.confirmation, Confirmation::Type(text) if text.as_str() == typed)
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As "terminal-api has no deployment to go back to".
    pub reason: SafeText,
    pub hint: Option<SafeText>,
    /// What was asked for is no such thing, or names one that does not exist.
    pub misnamed: bool,
}

impl Refusal {
    pub fn new(reason: impl Into<SafeText>) -> Self {
        Self { reason: reason.into(), hint: None, misnamed: false }
    }

    /// Of what is malformed or not there: nothing speaks against it but its name.
    pub fn misnamed(reason: impl Into<SafeText>) -> Self {
        Self { misnamed: true, ..Self::new(reason) }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<SafeText>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// What differs between a plan and the same action planned anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub what: SafeText,
    pub before: Option<SafeText>,
    pub after: Option<SafeText>,
}

/// What has changed since `confirmed` was made; empty where `fresh` is the same plan still.
///
/// A new warning counts, since nobody has seen it; one that is gone does not.
pub fn drift(confirmed: &Plan, fresh: &Plan) -> Vec<Drift> {
    let mut drift = Vec::new();
    for basis in &confirmed.basis {
        let now = fresh.basis.iter().find(|it| it.what == basis.what);
        if now != Some(basis) {
            drift.push(Drift {
                what: basis.what.clone(),
                before: Some(basis.value.clone()),
                after: now.map(|it| it.value.clone()),
            });
        }
    }
    let is_new = |it: &&Basis| !confirmed.basis.iter().any(|known| known.what == it.what);
    drift.extend(fresh.basis.iter().filter(is_new).map(|it| Drift {
        what: it.what.clone(),
        before: None,
        after: Some(it.value.clone()),
    }));
    for finding in fresh.findings.iter().filter(|it| it.weight < Weight::Unchecked) {
        let seen = confirmed
            .findings
            .iter()
            .any(|it| it.guard == finding.guard && it.subject == finding.subject && it.weight <= finding.weight);
        if !seen {
            drift.push(Drift { what: finding.guard.into(), before: None, after: Some(finding.summary.clone()) });
        }
    }
    if drift.is_empty() && confirmed.digest != fresh.digest {
        // The calls follow from the basis, so this is not reached; a digest that differs must never pass all the same.
        drift.push(Drift {
            what: "plan".into(),
            before: Some(confirmed.digest.short().into()),
            after: Some(fresh.digest.short().into()),
        });
    }
    drift
}
