//! Triage: what is wrong, since when, on what evidence, what next. Pure rules over the estate.
//!
//! Invariant: the same estate, stacks and time give the same signals in the same order, and a rule that
//! lacks data stays silent (the reads that failed are told by the rules in [`reading`]).

mod alarm;
mod caches;
mod calls;
mod capacity;
pub mod checklist;
mod context;
mod crash;
pub mod deaths;
mod digest;
mod draining;
pub mod emptying;
mod errors;
mod faltering;
mod find;
mod gateways;
pub mod health;
mod hooks;
mod identity;
mod instances;
mod latency;
mod launches;
mod memory;
mod missing;
pub mod notices;
mod outage;
mod placement;
pub mod precedence;
pub mod reading;
pub mod reads;
mod refreshes;
mod risk;
mod rollout;
mod rule;
pub mod saturation;
mod scaling;
mod series;
pub mod sessions;
mod sleep;
mod spend;
mod spot;
mod start;
mod suspension;
mod targets;
#[cfg(test)]
pub(crate) mod testing;
mod texts;
pub mod tracking;
pub mod words;
mod zones;

use jiff::Timestamp;

use self::context::Context;
pub use self::{
    alarm::why_dead, calls::ALL_CALLS, context::Place, draining::deregistered_at, latency::budget_used,
    reading::advice as next_step, rule::Rule,
};
use crate::{
    domain::{estate::Estate, id::Kind, signal::Signal},
    stack::model::Stack,
};

/// Every rule, in the order of `docs/signals.md`: what hurts users, what will, what steers it, what blinds the console.
pub const RULES: &[Rule] = &[
    outage::ZONE_FAILING,
    targets::FAILING_OPEN,
    targets::NO_HEALTHY_TARGET,
    targets::TARGETS_UNHEALTHY,
    draining::DRAINING_TOO_LONG,
    errors::ERRORS_HIGH,
    latency::ERROR_BUDGET_BURNING,
    latency::LATENCY_PROMISE_BROKEN,
    capacity::RUNNING_BELOW_DESIRED,
    capacity::DESIRED_BELOW_MINIMUM,
    capacity::SERVICE_AT_ZERO,
    crash::CRASH_LOOP,
    crash::HEALTH_CHECKS_FAILING,
    memory::OUT_OF_MEMORY,
    start::IMAGE_UNPULLABLE,
    start::SECRET_UNREADABLE,
    placement::PLACEMENT_FAILED,
    placement::SCHEDULER_IMPAIRED,
    spot::SPOT_INTERRUPTION,
    zones::ONE_ZONE_LEFT,
    rollout::ROLLOUT_FAILED,
    rollout::ROLLOUT_ROLLED_BACK,
    rollout::ROLLOUT_STUCK,
    faltering::ROLLOUT_FALTERING,
    digest::DIGEST_DIFFERS,
    scaling::SCALING_AT_MAX,
    scaling::DESIRED_OUTSIDE_RANGE,
    sleep::SERVICES_ASLEEP,
    sleep::SERVICES_WAKING,
    gateways::GATEWAY_LOST,
    notices::GATEWAY_NOTICE,
    notices::REBALANCE_RECOMMENDED,
    gateways::GATEWAY_OVER_LIMIT,
    risk::GATEWAY_AT_RISK,
    saturation::SESSIONS_NEAR_LIMIT,
    saturation::GROUP_AT_MAX,
    launches::LAUNCH_FAILING,
    caches::CACHE_MEMORY_HIGH,
    suspension::SUSPENDED_PROCESSES,
    hooks::LIFECYCLE_HOOK_WAITING,
    refreshes::REFRESH_FAILED,
    refreshes::REFRESH_STUCK,
    instances::INSTANCE_IMPAIRED,
    alarm::ALARM_FIRING,
    alarm::DEAD_ALARM,
    spend::BUDGET_PASSED,
    spend::BUDGET_FORECAST,
    spend::SPEND_ANOMALY,
    spend::SPEND_WITHOUT_STACK,
    spend::IDLE_SPEND,
    spend::AWAKE_UNUSED,
    missing::MISSING,
    checklist::CHECKLIST_MISSING,
    identity::WRONG_ACCOUNT,
    reading::READS_FAILING,
    reading::STALE_DATA,
    calls::ANSWERS_SLOW,
];

/// The rule of this name, as signals carry it.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|it| it.name == name)
}

/// Everything wrong with `stacks` as `estate` shows them at `now`: worst first, then oldest.
pub fn signals(estate: &Estate, stacks: &[Stack], now: Timestamp) -> Vec<Signal> {
    let context = Context::new(estate, stacks, now);
    let found = RULES.iter().flat_map(|rule| (rule.check)(&context).into_iter().map(|it| (rule.name, it))).collect();
    let told = precedence::apply(&context, found);
    let mut signals: Vec<Signal> = told.into_iter().map(|(rule, it)| it.signal(rule)).collect();
    signals.sort_by(|a, b| rank(a).cmp(&rank(b)));
    signals
}

/// What signals are sorted by; those that do not know their age come after those that do. An alarm that has been dead for
/// months is no older trouble than what began just now: it comes last among those as bad.
fn rank(signal: &Signal) -> impl Ord {
    (
        signal.severity,
        signal.rule == alarm::DEAD_ALARM.name,
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
