//! From what is known to the document.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    cost::StackCostStatus,
    document::{
        AlarmStatus, ApiStatus, GroupStatus, InstanceStatus, Place, RolloutStatus, SCHEMA, ScopeStatus, ServiceStatus,
        SessionsStatus, SignalStatus, StackStatus, Status, SubjectStatus, TargetGroupStatus,
    },
};
use crate::{
    cost::known::StackMonth,
    domain::{
        alarm::{Alarm, AlarmState},
        cost::month::Month,
        estate::{Estate, ScopeEstate},
        group::Group,
        id::{Kind, ResourceId, Scope},
        observation::Observation,
        query::Attempt,
        read::Read,
        service::{Rollout, RolloutState},
        signal::Signal,
        target::{Target, TargetState},
        text::SafeText,
    },
    stack::model::{Environment, Stack, StackGroup, StackService, StackTargetGroup},
    triage::{
        health, reads,
        sessions::{self, Count, GatewayLoad, GroupLoad},
        why_dead,
    },
};

/// The document of one look: what `estate` shows of `stacks`, the `signals` derived from it, and the `attempts`
/// that reading it took.
pub fn status(estate: &Estate, stacks: &[Stack], signals: &[Signal], attempts: &[Attempt], now: Timestamp) -> Status {
    let look = Look { estate, signals, now };
    let scopes: BTreeSet<&Scope> = stacks.iter().flat_map(|it| &it.scopes).map(|it| &it.scope).collect();
    let scopes: Vec<ScopeStatus> = scopes.into_iter().map(|it| look.scope(it, stacks)).collect();
    Status {
        schema: SCHEMA,
        observed_at: now,
        complete: scopes.iter().all(|it| it.unanswered.is_empty()),
        scopes,
        stacks: stacks.iter().map(|it| look.stack(it)).collect(),
        signals: signals.iter().map(|it| look.signal(it)).collect(),
        api: api(attempts),
    }
}

impl Status {
    /// The same with the signals that are muted, after those that are told.
    #[must_use]
    pub fn with_muted(mut self, estate: &Estate, muted: &[Signal]) -> Self {
        let look = Look { estate, signals: &[], now: self.observed_at };
        self.signals.extend(muted.iter().map(|it| SignalStatus { muted: true, ..look.signal(it) }));
        self
    }
}

struct Look<'a> {
    estate: &'a Estate,
    signals: &'a [Signal],
    now: Timestamp,
}

impl Look<'_> {
    fn scope(&self, scope: &Scope, stacks: &[Stack]) -> ScopeStatus {
        let known = self.estate.scope(scope);
        let identity = known.and_then(|it| it.identity.value());
        let here = stacks.iter().filter(|stack| stack.scopes.iter().any(|it| it.scope == *scope));
        let watched: Vec<Read<'_>> = here.flat_map(|it| reads::watched(it, scope, known)).collect();
        let unanswered: BTreeSet<&String> = watched.iter().filter(|it| !it.is_whole()).map(|it| &it.what).collect();
        ScopeStatus {
            place: Place::of(scope),
            account: identity.map(|it| it.account.clone()),
            identity: identity.map(|it| it.arn.clone()),
            answered_at: watched.iter().filter_map(|it| it.fetched_at).max(),
            unanswered: unanswered.into_iter().cloned().collect(),
            fault: watched.iter().find_map(|it| it.fault).or_else(|| known?.faults().first().copied()).cloned(),
        }
    }

    fn stack(&self, stack: &Stack) -> StackStatus {
        let services = stack.services.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
        let groups = || stack.groups.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
        let targets = stack.target_groups.iter().flat_map(|it| it.scopes.iter().map(move |scope| (it, scope)));
        let loads: Vec<GroupLoad<'_>> = groups().filter_map(|(spec, scope)| self.load(spec, scope)).collect();
        StackStatus {
            name: stack.name.clone(),
            title: stack.title.clone(),
            environment: match &stack.environment {
                Environment::Production => "production".into(),
                Environment::Other(name) => name.clone(),
            },
            health: health::of_stack(stack, self.estate, self.signals),
            services: services.map(|(spec, scope)| self.service(spec, scope)).collect(),
            groups: groups().map(|(spec, scope)| self.group(spec, scope)).collect(),
            target_groups: targets.map(|(spec, scope)| self.target_group(spec, scope)).collect(),
            sessions: stack.groups.iter().any(|it| it.sessions.is_some()).then(|| all_sessions(&loads)),
            alarms: stack.scopes.iter().flat_map(|it| self.alarms(stack, &it.scope)).collect(),
            cost: StackMonth::of(stack, Month::current(self.now), self.estate).and_then(|it| StackCostStatus::of(&it)),
        }
    }

    fn service(&self, spec: &StackService, scope: &Scope) -> ServiceStatus {
        let known = self.estate.scope(scope);
        let service = known.and_then(|it| it.stack_service(spec));
        ServiceStatus {
            arn: service.map(|it| it.arn.clone()),
            name: SafeText::new(&spec.name),
            cluster: SafeText::new(&spec.cluster),
            place: Place::of(scope),
            observed_at: known.and_then(|it| it.services.get(&spec.cluster)?.fetched_at()),
            health: health::of_service(spec, scope, known, self.signals),
            desired: service.map(|it| it.desired),
            running: service.map(|it| it.running),
            pending: service.map(|it| it.pending),
            task_definition: service.map(|it| it.task_definition.clone()),
            deployment: service.and_then(|it| it.primary()).map(rollout),
        }
    }

    fn group(&self, spec: &StackGroup, scope: &Scope) -> GroupStatus {
        let known = self.estate.scope(scope);
        let group = known.and_then(|it| it.stack_group(spec));
        let load = self.load(spec, scope);
        GroupStatus {
            arn: group.map(|it| it.arn.clone()),
            name: SafeText::new(&spec.name),
            place: Place::of(scope),
            observed_at: known.and_then(|it| it.groups.fetched_at()),
            health: health::of_group(spec, scope, known, self.signals),
            min: group.map(|it| it.min),
            desired: group.map(|it| it.desired),
            max: group.map(|it| it.max),
            in_service: group.map(|it| it.instances.iter().filter(|it| it.is_in_service()).count() as u32),
            instances: group.map(|it| instances(it, load.as_ref())).unwrap_or_default(),
        }
    }

    fn load(&self, spec: &StackGroup, scope: &Scope) -> Option<GroupLoad<'_>> {
        let known = self.estate.scope(scope)?;
        Some(sessions::load(known, known.stack_group(spec)?, spec.sessions.as_ref()?, self.now))
    }

    fn target_group(&self, spec: &StackTargetGroup, scope: &Scope) -> TargetGroupStatus {
        let known = self.estate.scope(scope);
        let group = known.and_then(|it| it.stack_target_group(spec));
        let observed = known.and_then(|it| it.targets.get(&group?.arn));
        let targets = observed.and_then(|it| it.value());
        let number = |is_meant: fn(TargetState) -> bool| targets.map(|it| count(it, is_meant));
        TargetGroupStatus {
            arn: group.map(|it| it.arn.clone()),
            name: SafeText::new(&spec.name),
            place: Place::of(scope),
            observed_at: observed.and_then(Observation::fetched_at),
            health: health::of_target_group(spec, scope, known, self.signals),
            healthy: number(|it| it == TargetState::Healthy),
            unhealthy: number(|it| it == TargetState::Unhealthy),
            initial: number(|it| it == TargetState::Initial),
            draining: number(|it| it == TargetState::Draining),
            other: number(|it| matches!(it, TargetState::Unused | TargetState::Unavailable | TargetState::Unknown)),
        }
    }

    fn alarms(&self, stack: &Stack, scope: &Scope) -> Vec<AlarmStatus> {
        let Some(known) = self.estate.scope(scope) else { return Vec::new() };
        let alarms = known.alarms.value();
        let mine = alarms.into_iter().flat_map(|it| it.values()).filter(|it| stack.alarms.holds(it.name.as_str()));
        mine.map(|it| alarm(it, scope, why_dead(it, known, self.now))).collect()
    }

    fn signal(&self, signal: &Signal) -> SignalStatus {
        SignalStatus {
            severity: signal.severity,
            stack: signal.stack.clone(),
            rule: signal.rule,
            subject: SubjectStatus {
                kind: signal.subject.kind,
                id: self.arn_of(&signal.subject),
                name: signal.subject.name(),
                place: Place::of(&signal.subject.scope),
            },
            since: signal.since,
            summary: signal.summary.clone(),
            evidence: signal.evidence.clone(),
            advice: signal.advice.clone(),
            muted: false,
        }
    }

    /// The subject's ARN, where it has one and enough is known to tell; otherwise the key it goes by.
    fn arn_of(&self, subject: &ResourceId) -> SafeText {
        let known = self.estate.scope(&subject.scope);
        let arn = match subject.kind {
            Kind::Group => known.and_then(|it| group_arn(it, &subject.key)),
            Kind::Instance => known.and_then(|it| instance_arn(it, &subject.key)),
            _ => None,
        };
        SafeText::new(arn.as_deref().unwrap_or(&subject.key))
    }
}

fn group_arn(known: &ScopeEstate, name: &str) -> Option<String> {
    Some(known.groups.value()?.get(&SafeText::new(name))?.arn.wire().to_owned())
}

/// An instance's ARN; partition, region and account are its group's.
fn instance_arn(known: &ScopeEstate, id: &str) -> Option<String> {
    let (group, _) = known.instance(id)?;
    let mut parts = group.arn.wire().split(':').skip(1);
    let (partition, _, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(format!("arn:{partition}:ec2:{region}:{account}:instance/{id}"))
}

fn rollout(rollout: &Rollout) -> RolloutStatus {
    RolloutStatus {
        id: rollout.id.clone(),
        state: match rollout.state {
            Some(RolloutState::InProgress) => "in_progress",
            Some(RolloutState::Completed) => "completed",
            Some(RolloutState::Failed) => "failed",
            None => "unknown",
        },
        reason: rollout.reason.clone(),
        created_at: rollout.created_at,
    }
}

fn instances(group: &Group, load: Option<&GroupLoad<'_>>) -> Vec<InstanceStatus> {
    let gateway = |id: &SafeText| load.and_then(|it| it.gateways.iter().find(|it| it.instance.id == *id));
    let instances = group.instances.iter().map(|it| InstanceStatus {
        id: it.id.clone(),
        zone: it.zone.clone(),
        instance_type: it.instance_type.clone(),
        lifecycle: it.lifecycle.clone(),
        health: it.health.clone(),
        protected: it.protected,
        launched_at: it.launched_at,
        sessions: gateway(&it.id).map(gateway_sessions),
    });
    instances.collect()
}

fn gateway_sessions(gateway: &GatewayLoad<'_>) -> SessionsStatus {
    counted(gateway.sessions, gateway.limit, gateway.oldest)
}

fn counted(sessions: Option<Count>, limit: Option<u32>, oldest_at: Option<Timestamp>) -> SessionsStatus {
    let approximate = sessions.is_some_and(|it| it.approximate);
    SessionsStatus { held: sessions.map(|it| it.value), approximate, limit, oldest_at }
}

/// The sessions of all of a stack's groups together; unknown where one's are.
fn all_sessions(loads: &[GroupLoad<'_>]) -> SessionsStatus {
    let held = loads.iter().map(|it| it.sessions.map(|it| it.value)).sum::<Option<u32>>();
    let approximate = loads.iter().any(|it| it.sessions.is_some_and(|it| it.approximate));
    let oldest_at = loads.iter().flat_map(|it| &it.gateways).filter_map(|it| it.oldest).min();
    let limit = loads.iter().map(|it| it.limit).sum::<Option<u32>>();
    let known = !loads.is_empty();
    SessionsStatus { held: held.filter(|_| known), approximate, limit: limit.filter(|_| known), oldest_at }
}

fn count(targets: &[Target], is_meant: fn(TargetState) -> bool) -> u32 {
    targets.iter().filter(|it| is_meant(it.state)).count() as u32
}

fn alarm(alarm: &Alarm, scope: &Scope, dead: Option<String>) -> AlarmStatus {
    AlarmStatus {
        arn: alarm.arn.clone(),
        name: alarm.name.clone(),
        place: Place::of(scope),
        state: match alarm.state {
            AlarmState::Alarm => "alarm",
            AlarmState::InsufficientData => "insufficient_data",
            AlarmState::Ok => "ok",
        },
        reason: alarm.reason.clone(),
        updated_at: alarm.updated_at,
        dead,
    }
}

fn api(attempts: &[Attempt]) -> ApiStatus {
    let mut api = ApiStatus::default();
    for attempt in attempts {
        api.calls += 1;
        api.throttles += u64::from(attempt.throttled);
        api.metrics += u64::from(attempt.metrics);
        let operation = api.by_operation.entry(attempt.operation.clone()).or_default();
        operation.calls += 1;
        operation.throttles += u64::from(attempt.throttled);
        operation.retries += u64::from(attempt.retry);
        operation.failures += u64::from(!(200..300).contains(&attempt.status));
        operation.milliseconds += u64::from(attempt.milliseconds);
    }
    api
}
