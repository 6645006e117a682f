//! Plans: from an action to what would be done, and what speaks against it; and the operation that a confirmed plan
//! becomes.
//!
//! ```text
//! Action ─▶ plan_for ─▶ Needs(reads) ─▶ Facts ─▶ plan_for … ─▶ Plan ─▶ confirmed ─▶ the same anew, compared ─▶ Operation
//! ```
//!
//! Invariant: a plan is made of what was read for it and nothing else; nothing here reads a clock or does I/O.

pub mod action;
pub mod arithmetic;
mod compose;
mod cost;
pub mod course;
pub mod document;
mod draft;
pub mod facts;
pub mod group;
pub mod guards;
pub mod image;
pub mod measure;
pub mod model;
pub mod operation;
mod pulled;
pub mod seen;
pub mod senseless;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::{
    action::Action,
    compose::{compose, title},
    course::{Course, Goal, Part, Step, Watch},
    draft::Draft,
    facts::{Facts, Inquiry},
    group::course::GroupCourse,
    guards::{Case, Conditions, findings},
    model::{Basis, Caller, Confirmation, Finding, Plan, PlanDigest, Refusal, Weight},
    seen::{Stop, look},
};
use crate::{
    domain::{query::Request, text::SafeText},
    stack::{
        care::DeployRules,
        model::{Environment, Stack},
    },
};

/// Why there is no plan yet, or none at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlan {
    /// These must be read first; some may lead to more.
    Needs(Vec<Request>),
    Refused(Refusal),
}

/// The plan for an action, from what has been read for it.
pub fn plan_for(action: &Action, stacks: &[Stack], facts: &Facts, conditions: &Conditions<'_>) -> Result<Plan, NoPlan> {
    if let Some(refusal) = senseless::refusal(action, stacks) {
        return Err(NoPlan::Refused(refusal));
    }
    if let Action::Group { group, change } = action {
        return group::plan_for(action, (group, change), stacks, facts, conditions);
    }
    let inquiry = Inquiry::new(facts);
    let mut drafts = Vec::new();
    let (mut idle, mut refused) = (Vec::new(), None);
    for who in action.services() {
        match look(who, stacks, &inquiry).and_then(|seen| compose(action, seen, &inquiry)) {
            Ok(draft) => drafts.push(draft),
            Err(Stop::Awaited) => {}
            Err(Stop::Idle(refusal)) => idle.push(refusal),
            Err(Stop::Refused(refusal)) => refused = refused.or(Some(refusal)),
        }
    }
    if let Some(refusal) = refused {
        return Err(NoPlan::Refused(refusal));
    }
    if drafts.len() + idle.len() < action.services().len() {
        return Err(NoPlan::Needs(inquiry.missing()));
    }
    if drafts.is_empty() {
        let reasons: Vec<String> = idle.iter().map(|it: &Refusal| it.reason.to_string()).collect();
        return Err(NoPlan::Refused(Refusal::new(reasons.join("; "))));
    }
    let found = findings(&Case { action, drafts: &drafts, conditions, inquiry: &inquiry });
    if !inquiry.is_complete() {
        return Err(NoPlan::Needs(inquiry.missing()));
    }
    Ok(assemble(action, &drafts, found, conditions))
}

fn assemble(action: &Action, drafts: &[Draft<'_>], findings: Vec<Finding>, conditions: &Conditions<'_>) -> Plan {
    let course = course(action, drafts);
    let mut callers: Vec<Caller> = drafts.iter().map(caller).collect();
    callers.dedup();
    let basis: Vec<Basis> = drafts.iter().flat_map(Draft::basis).collect();
    let is_production =
        |draft: &Draft<'_>| draft.seen.stack.is_some_and(|it| it.environment == Environment::Production);
    let production = drafts.iter().any(is_production);
    let name = match (drafts, &course.stack) {
        ([only], _) => only.seen.service.name.clone(),
        (_, Some(stack)) => stack.clone(),
        ([first, ..], None) => first.seen.service.name.clone(),
        ([], None) => SafeText::default(),
    };
    let confirmation = confirmation(&name, &findings, production);
    let digest = digest(action, &course, &basis, &confirmation);
    Plan {
        action: action.clone(),
        parts: drafts.iter().map(|it| it.explained(conditions.prices)).collect(),
        course,
        findings,
        confirmation,
        production,
        callers,
        basis,
        digest,
        made_at: conditions.now,
        expires_at: conditions.now.saturating_add(conditions.valid).unwrap_or(conditions.now),
    }
}

fn course(action: &Action, drafts: &[Draft<'_>]) -> Course {
    let stack = drafts.first().and_then(|it| it.seen.stack);
    let usual = DeployRules::default();
    let rules = stack.map_or(&usual, |it| &it.care.deploy);
    let parts: Vec<Part> = drafts.iter().map(Draft::part).collect();
    Course {
        verb: action.verb(),
        title: title(action, drafts),
        stack: stack.map(|it| it.name.clone()),
        waves: waves(action, drafts, &parts),
        parts,
        group: None,
        watch: Watch {
            bake: if action.deploys() { rules.bake } else { jiff::SignedDuration::ZERO },
            timeout: rules.timeout,
            error_ratio: rules.error_ratio.filter(|_| action.deploys()),
            roll_back: action.rolls_back(stack),
        },
    }
}

/// Region by region, in the order given; a rollback is in no hurry to be careful and goes everywhere at once. What is
/// woken or put to sleep goes in the order in which one needs the other.
fn waves(action: &Action, drafts: &[Draft<'_>], parts: &[Part]) -> Vec<Vec<usize>> {
    match action {
        Action::Rollback { .. } => vec![(0..parts.len()).collect()],
        Action::Wake { .. } => by_need(drafts),
        Action::Sleep { .. } => by_need(drafts).into_iter().rev().collect(),
        _ => by_scope(parts),
    }
}

fn by_scope(parts: &[Part]) -> Vec<Vec<usize>> {
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let same = |wave: &&mut Vec<usize>| parts[wave[0]].service.scope == part.service.scope;
        match waves.iter_mut().find(same) {
            Some(wave) => wave.push(index),
            None => waves.push(vec![index]),
        }
    }
    waves
}

/// Each wave needs nothing but what waves before it hold, or what is not part of the plan.
fn by_need(drafts: &[Draft<'_>]) -> Vec<Vec<usize>> {
    let needs = |one: usize, other: usize| {
        let (one, other) = (&drafts[one].seen, &drafts[other].seen);
        let names = one.spec.is_some_and(|spec| spec.needs.iter().any(|it| **it == *other.who.name));
        names && one.who.scope == other.who.scope
    };
    let (mut waves, mut left) = (Vec::new(), (0..drafts.len()).collect::<Vec<_>>());
    while !left.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) =
            left.iter().partition(|one| !left.iter().any(|other| needs(**one, *other)));
        // Stack files with a circle are refused; should one get here, nothing waits for ever.
        left = if ready.is_empty() { Vec::new() } else { waiting.clone() };
        waves.push(if ready.is_empty() { waiting } else { ready });
    }
    waves
}

fn caller(draft: &Draft<'_>) -> Caller {
    let (scope, identity) = (&draft.seen.who.scope, draft.seen.identity);
    Caller {
        profile: SafeText::new(&scope.profile),
        region: SafeText::new(&scope.region),
        account: identity.account.clone(),
        arn: identity.arn.clone(),
    }
}

/// A key, or a text: the overridden guards' words and the name, or in production the name alone.
fn confirmation(name: &SafeText, findings: &[Finding], production: bool) -> Confirmation {
    let mut words: Vec<&str> = Vec::new();
    for finding in findings {
        match &finding.weight {
            Weight::Blocks { over: None } => return Confirmation::Impossible,
            Weight::Blocks { over: Some(word) } if !words.contains(&word.as_str()) => words.push(word.as_str()),
            _ => {}
        }
    }
    if words.is_empty() && !production {
        return Confirmation::Key;
    }
    Confirmation::Type(words.into_iter().chain([name.as_str()]).collect::<Vec<_>>().join(" ").into())
}

/// What a confirmation confirms: the calls, their goals, and the state that they rest on.
fn digest(action: &Action, course: &Course, basis: &[Basis], confirmation: &Confirmation) -> PlanDigest {
    #[derive(Serialize)]
    struct Confirmed<'a> {
        action: &'a Action,
        steps: Vec<(&'a [Step], &'a [Step], &'a Goal)>,
        group: Option<Value>,
        basis: &'a [Basis],
        confirmation: String,
    }
    let confirmed = Confirmed {
        action,
        steps: course.parts.iter().map(|it| (it.steps.as_slice(), it.way_back.as_slice(), &it.goal)).collect(),
        group: course.group.as_ref().map(GroupCourse::confirmed),
        basis,
        confirmation: format!("{confirmation:?}"),
    };
    // Plain data with text keys: serialising it cannot fail.
    let text = serde_json::to_vec(&confirmed).unwrap_or_default();
    let mut digits = String::new();
    for byte in Sha256::digest(&text) {
        // Writing to a String cannot fail.
        let _written = write!(digits, "{byte:02x}");
    }
    PlanDigest(digits)
}
