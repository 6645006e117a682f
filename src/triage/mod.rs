//! Triage: what is wrong, since when, on what evidence, what next. Pure rules over the estate.
//!
//! Invariant: the same estate, stacks and time give the same signals in the same order, and a rule that
//! lacks data stays silent (the reads that failed are told by the rules in [`reading`]).

mod alarm;
mod capacity;
mod context;
mod crash;
mod find;
pub mod health;
mod identity;
mod instances;
mod missing;
mod placement;
mod reading;
pub mod reads;
mod rollout;
pub mod saturation;
pub mod sessions;
mod targets;
#[cfg(test)]
pub(crate) mod testing;
pub mod words;

use jiff::Timestamp;

pub use self::alarm::why_dead;
use self::context::{Context, Finding};
use crate::{
    domain::{estate::Estate, id::Kind, signal::Signal},
    stack::model::Stack,
};

/// One rule of triage.
#[derive(Debug)]
pub struct Rule {
    /// As signals carry it: `running-below-desired`.
    pub name: &'static str,
    /// What it means when it speaks, in one line.
    pub meaning: &'static str,
    check: fn(&Context<'_>) -> Vec<Finding>,
}

const fn rule(name: &'static str, meaning: &'static str, check: fn(&Context<'_>) -> Vec<Finding>) -> Rule {
    Rule { name, meaning, check }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    rule(
        "running-below-desired",
        "a service runs fewer tasks than it should, and no deployment explains it",
        capacity::running_below_desired,
    ),
    rule(
        "desired-below-minimum",
        "a service is set to fewer tasks than its stack file allows",
        capacity::desired_below_minimum,
    ),
    rule("crash-loop", "a service's tasks keep dying or cannot start", crash::crash_loop),
    rule("rollout-failed", "a deployment, or the rollback of one, has failed", rollout::failed),
    rule("rollout-rolled-back", "ECS has undone a deployment, or is undoing it", rollout::rolled_back),
    rule("rollout-stuck", "a deployment can make no progress, or has made none for long", rollout::stuck),
    rule("scheduler-impaired", "ECS says that it cannot place or start a service's tasks", placement::impaired),
    rule("no-healthy-target", "no target of a target group passes its health checks", targets::none_healthy),
    rule("targets-unhealthy", "some targets of a target group fail their health checks", targets::some_unhealthy),
    rule(
        "sessions-near-limit",
        "a group holds 80 % of the sessions it takes (a notice up to 90 % while a policy lets it grow), or all of them",
        saturation::sessions,
    ),
    rule(
        "group-at-max",
        "a group cannot grow although its policy's metric is above the target",
        saturation::group_at_max,
    ),
    rule("instance-impaired", "an instance serves although its health checks fail", instances::impaired),
    rule("alarm-firing", "an alarm of the stack is in ALARM", alarm::firing),
    rule("missing", "a service, group or target group that the stack names does not exist", missing::missing),
    rule("wrong-account", "the credentials belong to another account than the stack's", identity::wrong_account),
    rule("reads-failing", "AWS does not answer, or refuses, some of the console's reads", reading::failing),
    rule("stale-data", "what is shown has not been renewed for long", reading::stale),
];

/// Everything wrong with `stacks` as `estate` shows them at `now`: worst first, then oldest.
pub fn signals(estate: &Estate, stacks: &[Stack], now: Timestamp) -> Vec<Signal> {
    let context = Context::new(estate, stacks, now);
    let mut signals: Vec<Signal> =
        RULES.iter().flat_map(|rule| (rule.check)(&context).into_iter().map(|it| it.signal(rule.name))).collect();
    signals.sort_by(|a, b| rank(a).cmp(&rank(b)));
    signals
}

/// What signals are sorted by; those that do not know their age come after those that do.
fn rank(signal: &Signal) -> impl Ord {
    (
        signal.severity,
        signal.since.unwrap_or(Timestamp::MAX),
        signal.stack.clone(),
        signal.rule,
        signal.subject.clone(),
        signal.summary.clone(),
    )
}

/// Whether the signal is about `stack`: in it, or about a scope it runs in.
pub fn concerns(signal: &Signal, stack: &Stack) -> bool {
    signal.stack == stack.name
        || signal.subject.kind == Kind::Scope && stack.scopes.iter().any(|it| it.scope == signal.subject.scope)
}

#[cfg(test)]
mod tests;
