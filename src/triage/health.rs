//! The health of stacks and of what they hold, from signals and what is known.
//!
//! Invariant: what is not known is `Unknown`, never `Ok`.

use serde::Serialize;

use super::{concerns, reads, sleep};
use crate::{
    domain::{
        estate::{Estate, ScopeEstate},
        group::{Group, Instance},
        id::{Kind, Scope},
        service::Service,
        signal::{Severity, Signal},
        target::{Target, TargetState},
    },
    stack::model::{Stack, StackGroup, StackService, StackTargetGroup},
};

/// How something is, from best to worst as a whole is judged by its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Ok,
    /// At zero tasks or instances, and meant to be.
    Idle,
    Notice,
    /// Changing, and nothing is wrong with that: deploying, starting, scaling. What moves is worth more of a look than
    /// what has been noticed for days.
    Progress,
    /// Not read yet, or not to be read.
    Unknown,
    Warning,
    Critical,
}

impl Health {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Idle => "asleep",
            Self::Progress => "changing",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// One glyph, one column wide, that tells it without colour.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Idle => "z",
            Self::Progress => "~",
            Self::Notice => "i",
            Self::Unknown => "?",
            Self::Warning => "!",
            Self::Critical => "✗",
        }
    }
}

impl From<Severity> for Health {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::Warning => Self::Warning,
            Severity::Notice => Self::Notice,
        }
    }
}

/// The health of a stack: its worst signal, or else the worst of its parts. It sleeps only if all of it does.
pub fn of_stack(stack: &Stack, estate: &Estate, signals: &[Signal]) -> Health {
    let told =
        signals.iter().filter(|it| concerns(it, stack) && !is_rest(it)).map(|it| Health::from(it.severity)).max();
    let is_known =
        |scope: &Scope| reads::watched(stack, scope, estate.scope(scope)).iter().all(|it| it.fetched_at.is_some());
    let unread = (!stack.scopes.iter().all(|it| is_known(&it.scope))).then_some(Health::Unknown);
    let parts = parts(stack, estate, signals);
    let awake = parts.iter().copied().filter(|it| *it != Health::Idle).max();
    let asleep = (!parts.is_empty()).then_some(Health::Idle);
    told.max(awake).max(unread).or(asleep).unwrap_or(Health::Unknown)
}

/// Whether the signal tells of sleep and waking, which the counts of services tell as well, and as what they are.
fn is_rest(signal: &Signal) -> bool {
    [sleep::SERVICES_ASLEEP.name, sleep::SERVICES_WAKING.name].contains(&signal.rule)
}

fn parts(stack: &Stack, estate: &Estate, signals: &[Signal]) -> Vec<Health> {
    let services = stack.services.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
    let groups = stack.groups.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
    let targets = stack.target_groups.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
    let services = services.map(|(it, scope)| of_service(it, scope, estate.scope(scope), signals));
    let groups = groups.map(|(it, scope)| of_group(it, scope, estate.scope(scope), signals));
    let targets = targets.map(|(it, scope)| of_target_group(it, scope, estate.scope(scope), signals));
    services.chain(groups).chain(targets).collect()
}

/// The health of a service of a stack in `scope`.
pub fn of_service(spec: &StackService, scope: &Scope, known: Option<&ScopeEstate>, signals: &[Signal]) -> Health {
    let tail = format!("{}/{}", spec.cluster, spec.name);
    let told = worst(signals, scope, |kind, key| kind == Kind::Service && key.ends_with(&tail));
    told.unwrap_or_else(|| by_counts_of_service(known.and_then(|it| it.stack_service(spec))))
}

/// What a service's counts say where no signal says more.
pub fn by_counts_of_service(service: Option<&Service>) -> Health {
    match service {
        None => Health::Unknown,
        Some(it) if it.is_deploying() || it.running != it.desired => Health::Progress,
        Some(Service { desired: 0, .. }) => Health::Idle,
        Some(_) => Health::Ok,
    }
}

/// The health of an Auto Scaling group of a stack in `scope`, its instances included.
pub fn of_group(spec: &StackGroup, scope: &Scope, known: Option<&ScopeEstate>, signals: &[Signal]) -> Health {
    let group = known.and_then(|it| it.stack_group(spec));
    let is_member = |key: &str| group.is_some_and(|it| it.instances.iter().any(|it| it.id.as_str() == key));
    let told = worst(signals, scope, |kind, key| match kind {
        Kind::Group => key == &*spec.name,
        Kind::Instance => is_member(key),
        _ => false,
    });
    told.unwrap_or_else(|| by_counts_of_group(group))
}

/// What a group's instances say where no signal says more.
pub fn by_counts_of_group(group: Option<&Group>) -> Health {
    let settled =
        |it: &Group| it.instances.len() == it.desired as usize && it.instances.iter().all(Instance::is_in_service);
    match group {
        None => Health::Unknown,
        Some(it) if !settled(it) => Health::Progress,
        Some(Group { desired: 0, .. }) => Health::Idle,
        Some(_) => Health::Ok,
    }
}

/// The health of a target group of a stack in `scope`; without targets it sleeps with its service.
pub fn of_target_group(
    spec: &StackTargetGroup,
    scope: &Scope,
    known: Option<&ScopeEstate>,
    signals: &[Signal],
) -> Health {
    let group = known.and_then(|it| it.stack_target_group(spec));
    let targets = group.and_then(|it| known?.targets.get(&it.arn)?.value());
    let is_it = |key: &str| key == &*spec.name || group.is_some_and(|it| it.arn.wire() == key);
    let told = worst(signals, scope, |kind, key| kind == Kind::TargetGroup && is_it(key));
    told.unwrap_or_else(|| by_states_of_targets(targets.map(Vec::as_slice)))
}

/// What the states of a target group's targets say where no signal says more. Those that drain or are unused
/// are on their way out and do not count.
pub fn by_states_of_targets(targets: Option<&[Target]>) -> Health {
    let Some(targets) = targets else { return Health::Unknown };
    let mut counted = targets.iter().filter(|it| it.state.is_meant_to_serve());
    match counted.clone().next() {
        None => Health::Idle,
        Some(_) if counted.all(|it| it.state == TargetState::Healthy) => Health::Ok,
        Some(_) => Health::Progress,
    }
}

/// The worst signal of the scope whose subject, by kind and key, is one of those meant.
fn worst(signals: &[Signal], scope: &Scope, is_meant: impl Fn(Kind, &str) -> bool) -> Option<Health> {
    let mine = signals.iter().filter(|it| it.subject.scope == *scope && is_meant(it.subject.kind, &it.subject.key));
    mine.map(|it| Health::from(it.severity)).max()
}
