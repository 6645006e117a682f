//! Plans for Auto Scaling groups: what of a group is read, what a change comes to, what speaks against it.

pub mod action;
mod choose;
mod compose;
mod cost;
pub mod course;
pub mod document;
mod draft;
pub mod forecast;
pub mod guards;
#[cfg(test)]
mod roll_tests;
pub mod seen;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;

pub use self::compose::PROCESSES;
use self::{
    action::{GroupChange, GroupRef},
    compose::compose,
    course::{GroupBefore, GroupCourse, GroupGoal, Work},
    draft::GroupDraft,
    guards::{GroupCase, findings},
    seen::look,
};
use super::{
    NoPlan,
    action::Action,
    confirmation,
    course::{Course, Watch},
    digest,
    facts::{Facts, Inquiry},
    guards::Conditions,
    model::{Caller, Finding, PartPlan, Plan, Radius},
    seen::Stop,
};
use crate::{
    domain::text::SafeText,
    stack::{
        care::DeployRules,
        model::{Environment, Stack},
    },
};

/// How long a drain without a deadline is watched at most; beyond a deadline, how much longer.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
const BEYOND_DEADLINE: SignedDuration = SignedDuration::from_hours(2);

/// The plan for a change of a group, from what has been read for it.
pub fn plan_for(
    action: &Action,
    (who, change): (&GroupRef, &GroupChange),
    stacks: &[Stack],
    facts: &Facts,
    conditions: &Conditions<'_>,
) -> Result<Plan, NoPlan> {
    let inquiry = Inquiry::new(facts);
    let draft = match look(who, stacks, &inquiry, conditions, change).and_then(|seen| compose(seen, change, &inquiry)) {
        Ok(draft) => draft,
        Err(Stop::Awaited) => return Err(NoPlan::Needs(inquiry.missing())),
        Err(Stop::Idle(refusal) | Stop::Refused(refusal)) => return Err(NoPlan::Refused(refusal)),
    };
    let found = findings(&GroupCase { draft: &draft, change, conditions, inquiry: &inquiry });
    if !inquiry.is_complete() {
        return Err(NoPlan::Needs(inquiry.missing()));
    }
    Ok(assemble(action, draft, found, conditions))
}

fn assemble(action: &Action, draft: GroupDraft<'_>, findings: Vec<Finding>, conditions: &Conditions<'_>) -> Plan {
    let seen = &draft.seen;
    let production = seen.stack.is_some_and(|it| it.environment == Environment::Production);
    let confirmation = confirmation(&seen.group.name, &findings, production);
    let caller = Caller {
        profile: SafeText::new(&seen.who.scope.profile),
        region: SafeText::new(&seen.who.scope.region),
        account: seen.identity.account.clone(),
        arn: seen.identity.arn.clone(),
    };
    let radius = Radius {
        lost: draft.lost.clone(),
        gateways: draft.gateways.clone(),
        cost: cost::change(&draft, conditions.prices.of_stack(seen.stack)),
        ..Radius::default()
    };
    let part = PartPlan { subject: seen.id(), name: seen.id().name(), changes: draft.changes.clone(), radius };
    let basis = draft.basis();
    let course = course(action, draft);
    let digest = digest(action, &course, &basis, &confirmation);
    Plan {
        action: action.clone(),
        parts: vec![part],
        course,
        findings,
        confirmation,
        production,
        callers: vec![caller],
        basis,
        digest,
        made_at: conditions.now,
        expires_at: conditions.now.saturating_add(conditions.valid).unwrap_or(conditions.now),
    }
}

fn course(action: &Action, draft: GroupDraft<'_>) -> Course {
    let seen = &draft.seen;
    let usual = DeployRules::default().timeout;
    let timeout = match &draft.work {
        // A refresh gives up by itself: an hour after nothing has moved.
        Work::Calls { goal: GroupGoal::Refreshed { .. } | GroupGoal::RefreshUndone { .. }, .. } => PATIENCE,
        Work::Calls { .. } => seen.stack.map_or(usual, |it| it.care.deploy.timeout),
        Work::Drain(drain) => PATIENCE.max(drain.deadline + BEYOND_DEADLINE),
    };
    let template = seen.group.launch_template.as_ref();
    let before = GroupBefore {
        min: seen.group.min,
        desired: seen.group.desired,
        max: seen.group.max,
        template: draft
            .pinned
            .clone()
            .or_else(|| template.map(|it| (it.id.as_str().into(), it.version.as_str().into()))),
        instances: seen.group.instances.iter().map(|it| it.id.as_str().into()).collect(),
    };
    Course {
        verb: action.verb(),
        title: draft.title.into(),
        stack: seen.stack.map(|it| it.name.clone()),
        parts: Vec::new(),
        waves: Vec::new(),
        group: Some(GroupCourse { group: seen.who.clone(), arn: seen.group.arn.clone(), work: draft.work, before }),
        watch: Watch { bake: SignedDuration::ZERO, timeout, error_ratio: None, roll_back: false },
    }
}
