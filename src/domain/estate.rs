//! Everything one console has observed, by scope.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    alarm::{Alarm, AlarmChange},
    calls::Calls,
    cost::{Told, known::Costs},
    definition::Definition,
    deployment::Deployment,
    group::{Activity, Group},
    id::{Arn, Scope},
    inventory::{self, Holding, Inventory},
    listener::{Listener, Rule},
    log::{Excerpt, LogTail},
    metric::{MetricName, MetricRead, Series},
    nat::NatGateway,
    observation::Observation,
    query::{Answer, Identity, Outcome, Query, Request},
    refresh::Refresh,
    registry::Image,
    scaling::{ScalableTarget, ServiceActivity},
    service::{Cluster, Service},
    session::{Session, SessionEnds},
    stopped::StoppedTasks,
    target::{Target, TargetGroup, TargetGroupAttributes},
    task::Task,
    template::Template,
    text::SafeText,
    timeline::Timeline,
};

/// The account of a registry and a repository in it.
pub type RepositoryName = (Arc<str>, Arc<str>);

/// The estate: what is known of every scope, and what has been seen to happen in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estate {
    pub scopes: BTreeMap<Scope, ScopeEstate>,
    pub timeline: Timeline,
    /// How AWS has answered lately.
    pub calls: Calls,
}

/// What is known of one scope. Collections are merged by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScopeEstate {
    pub identity: Observation<Identity>,
    pub clusters: Observation<Vec<Cluster>>,
    /// By cluster name, then service ARN.
    pub services: BTreeMap<Arc<str>, Observation<BTreeMap<Arn, Service>>>,
    /// By cluster name, then task ARN; running and stopped.
    pub tasks: BTreeMap<Arc<str>, Observation<BTreeMap<Arn, Task>>>,
    /// By cluster name: those that stopped, kept when ECS no longer tells of them.
    pub stopped: BTreeMap<Arc<str>, StoppedTasks>,
    /// By service ARN, newest first.
    pub deployments: BTreeMap<Arn, Observation<Vec<Deployment>>>,
    /// By ARN: those of the tasks that somebody has looked at.
    pub definitions: BTreeMap<Arn, Observation<Definition>>,
    /// By account and name of the repository, newest first; read while somebody looks at a service of it.
    pub images: BTreeMap<RepositoryName, Observation<Vec<Image>>>,
    pub scalable_targets: Observation<Vec<ScalableTarget>>,
    /// Newest first.
    pub service_activities: Observation<Vec<ServiceActivity>>,
    pub groups: Observation<BTreeMap<SafeText, Group>>,
    /// By group name, newest first.
    pub activities: BTreeMap<Arc<str>, Observation<Vec<Activity>>>,
    /// Whether those of all groups have been read at once: what came is with each group's own.
    pub all_activities: Observation<()>,
    /// By group name, newest first.
    pub refreshes: BTreeMap<Arc<str>, Observation<Vec<Refresh>>>,
    /// By id of the launch template.
    pub templates: BTreeMap<Arc<str>, Observation<Template>>,
    /// Whether the newest and default versions of all have been read at once: what came is with each template's own.
    pub all_templates: Observation<()>,
    /// Read only while somebody looks at what they cost.
    pub nat_gateways: Observation<Vec<NatGateway>>,
    /// Read only for checklists: none of it says anything of how fresh the estate is.
    pub inventory: BTreeMap<Inventory, Observation<Vec<Holding>>>,
    pub target_groups: Observation<BTreeMap<Arn, TargetGroup>>,
    /// By target group ARN; the groups hold what is known of them.
    pub target_group_attributes: BTreeMap<Arn, Observation<TargetGroupAttributes>>,
    /// By target group ARN.
    pub targets: BTreeMap<Arn, Observation<Vec<Target>>>,
    /// By load balancer ARN.
    pub listeners: BTreeMap<Arn, Observation<Vec<Listener>>>,
    pub alarms: Observation<BTreeMap<Arn, Alarm>>,
    /// Newest first.
    pub alarm_history: Observation<Vec<AlarmChange>>,
    /// Whether a metric that an alarm has no data of exists at all.
    pub listed: BTreeMap<MetricName, Observation<bool>>,
    /// Each read brings the tail that is missing; what was known of the time before stays.
    pub metrics: Observation<BTreeMap<MetricRead, Series>>,
    /// Read only while somebody looks at them: none of it says anything of how fresh the estate is.
    pub logs: BTreeMap<Excerpt, Observation<LogTail>>,
    /// By table name.
    pub sessions: BTreeMap<Arc<str>, Observation<Vec<Session>>>,
    /// Asked seldom, and only when somebody looks: none of it says anything of how fresh the estate is.
    pub costs: Costs,
    /// By table name: how sessions have been seen to end.
    pub session_ends: BTreeMap<Arc<str>, SessionEnds>,
}

impl Estate {
    pub fn scope(&self, scope: &Scope) -> Option<&ScopeEstate> {
        self.scopes.get(scope)
    }

    /// Notes that a read has been sent.
    pub fn request(&mut self, request: &Request, at: Timestamp) {
        self.scopes.entry(request.scope.clone()).or_default().observe(&request.query, Step::Requested(at));
    }

    /// Notes that a read is not wanted any more.
    pub fn leave(&mut self, request: &Request) {
        if let Some(known) = self.scopes.get_mut(&request.scope) {
            known.observe(&request.query, Step::Left);
        }
    }

    /// Takes in how a read ended.
    pub fn receive(&mut self, request: &Request, outcome: Outcome, at: Timestamp) {
        let known = self.scopes.entry(request.scope.clone()).or_default();
        if let Outcome::Complete(answer) | Outcome::Partial(answer, _) = &outcome {
            self.timeline.harvest(request, answer, known, at);
            if let (Query::Tasks { cluster }, Answer::Tasks(tasks)) = (&request.query, answer) {
                known.stopped.entry(cluster.clone()).or_default().note(tasks);
            }
        }
        if let (Query::Sessions { table, .. }, Outcome::Complete(Answer::Sessions(sessions))) =
            (&request.query, &outcome)
        {
            known.miss(table, sessions, at);
        }
        known.observe(&request.query, Step::Ended(outcome, at));
    }
}

/// Takes the value of an answer of this kind, and nothing of any other.
macro_rules! only {
    ($kind:ident) => {
        |answer, _| match answer {
            Answer::$kind(value) => Some(value),
            _ => None,
        }
    };
}

mod gateways;
mod logs;

/// What happens to an observation.
enum Step {
    Requested(Timestamp),
    Left,
    Ended(Outcome, Timestamp),
}

impl ScopeEstate {
    fn observe(&mut self, query: &Query, step: Step) {
        match query {
            Query::Identity => apply(&mut self.identity, step, only!(Identity)),
            Query::Clusters => apply(&mut self.clusters, step, only!(Clusters)),
            Query::Services { cluster, .. } => {
                apply(self.services.entry(cluster.clone()).or_default(), step, |answer, known| match answer {
                    Answer::Services(services) => Some(keyed(services, |it| it.arn.clone(), known)),
                    _ => None,
                });
            }
            Query::Tasks { cluster } => {
                apply(self.tasks.entry(cluster.clone()).or_default(), step, |answer, known| match answer {
                    Answer::Tasks(tasks) => Some(keyed(tasks, |it| it.arn.clone(), known)),
                    _ => None,
                });
            }
            Query::Deployments { service, .. } => {
                apply(self.deployments.entry(service.clone()).or_default(), step, only!(Deployments));
            }
            Query::TaskDefinition { definition } => {
                apply(self.definitions.entry(definition.clone()).or_default(), step, |answer, _| match answer {
                    Answer::TaskDefinition(definition) => Some(*definition),
                    _ => None,
                });
            }
            Query::Images { registry, repository } => {
                let known = self.images.entry((registry.clone(), repository.clone())).or_default();
                apply(known, step, only!(Images));
            }
            Query::ScalableTargets => apply(&mut self.scalable_targets, step, only!(ScalableTargets)),
            Query::ServiceActivities => apply(&mut self.service_activities, step, only!(ServiceActivities)),
            Query::Groups { .. }
            | Query::Activities { .. }
            | Query::AllActivities
            | Query::Refreshes { .. }
            | Query::Template { .. }
            | Query::AllTemplates
            | Query::Sessions { .. } => self.observe_gateways(query, step),
            Query::NatGateways | Query::Inventory { .. } => self.observe_holdings(query, step),
            Query::TargetGroups | Query::TargetGroupAttributes { .. } => self.observe_target_groups(query, step),
            Query::Targets { group } => {
                apply(self.targets.entry(group.clone()).or_default(), step, only!(Targets));
            }
            Query::Listeners { balancer } => {
                apply(self.listeners.entry(balancer.clone()).or_default(), step, |answer, _| match answer {
                    Answer::Listeners(listeners) => Some(listeners),
                    _ => None,
                });
            }
            Query::MetricListed { metric } => {
                apply(self.listed.entry(metric.clone()).or_default(), step, only!(MetricListed));
            }
            Query::Alarms => apply(&mut self.alarms, step, |answer, known| match answer {
                Answer::Alarms(alarms) => Some(keyed(alarms, |it| it.arn.clone(), known)),
                _ => None,
            }),
            Query::AlarmHistory => apply(&mut self.alarm_history, step, only!(AlarmHistory)),
            Query::Metrics { .. } => apply_over(&mut self.metrics, step, |answer, known| match answer {
                Answer::Metrics(series) => {
                    let mut merged = known.unwrap_or_default();
                    for (read, newer) in series {
                        merged.entry(read).or_default().lay(newer);
                    }
                    Some(merged)
                }
                _ => None,
            }),
            Query::Logs { excerpt } => self.observe_logs(excerpt, step),
            Query::Bill { .. }
            | Query::Forecast { .. }
            | Query::Allocation { .. }
            | Query::BilledAccounts { .. }
            | Query::Budgets { .. } => {
                self.observe_cost(query, step);
            }
            // Of no place in the estate: whoever asked for it keeps it.
            Query::Raw { .. }
            | Query::Revisions { .. }
            | Query::Repository { .. }
            | Query::Image { .. }
            | Query::Permissions { .. } => {}
        }
    }

    /// What is read only while somebody looks at what it costs, or at a checklist.
    fn observe_holdings(&mut self, query: &Query, step: Step) {
        match query {
            Query::NatGateways => apply(&mut self.nat_gateways, step, only!(NatGateways)),
            Query::Inventory { of } => {
                apply(self.inventory.entry(of.clone()).or_default(), step, |answer, known| match answer {
                    Answer::Inventory(found) => Some(inventory::laid_over(found, known)),
                    _ => None,
                });
            }
            _ => {}
        }
    }

    /// Groups and their attributes are read apart; each group holds what was last read of both.
    fn observe_target_groups(&mut self, query: &Query, step: Step) {
        match query {
            Query::TargetGroupAttributes { group } => {
                let known = self.target_group_attributes.entry(group.clone()).or_default();
                apply(known, step, only!(TargetGroupAttributes));
            }
            _ => apply(&mut self.target_groups, step, |answer, known| match answer {
                Answer::TargetGroups(groups) => Some(keyed(groups, |it| it.arn.clone(), known)),
                _ => None,
            }),
        }
        let attributes = &self.target_group_attributes;
        let Some(groups) = self.target_groups.value_mut() else { return };
        for (arn, read) in attributes {
            if let (Some(group), Some(read)) = (groups.get_mut(arn), read.value()) {
                group.attributes.clone_from(read);
            }
        }
    }

    fn observe_cost(&mut self, query: &Query, step: Step) {
        match query {
            Query::Bill { filter, month } => {
                let known = self.costs.bills.entry((filter.clone(), *month)).or_default();
                apply_told(known, step, |answer| match answer {
                    Answer::Bill(told) => Some(*told),
                    _ => None,
                });
            }
            Query::Forecast { filter, month } => {
                let known = self.costs.forecasts.entry((filter.clone(), *month)).or_default();
                apply_told(known, step, |answer| match answer {
                    Answer::Forecast(told) => Some(told),
                    _ => None,
                });
            }
            Query::Allocation { key, month } => {
                let known = self.costs.allocations.entry((key.clone(), *month)).or_default();
                apply_told(known, step, |answer| match answer {
                    Answer::Allocation(told) => Some(*told),
                    _ => None,
                });
            }
            Query::BilledAccounts { month } => {
                apply_told(self.costs.accounts.entry(*month).or_default(), step, |answer| match answer {
                    Answer::BilledAccounts(told) => Some(told),
                    _ => None,
                });
            }
            Query::Budgets { account } => {
                apply_told(self.costs.budgets.entry(account.clone()).or_default(), step, |answer| match answer {
                    Answer::Budgets(told) => Some(told),
                    _ => None,
                });
            }
            _ => {}
        }
    }

    /// The service with this ARN.
    pub fn service(&self, arn: &str) -> Option<&Service> {
        let arn = Arn::new(arn);
        self.services.values().filter_map(Observation::value).find_map(|services| services.get(&arn))
    }

    /// Stopped tasks of a cluster that ECS told of once and does no longer.
    pub fn remembered(&self, cluster: &str) -> impl Iterator<Item = &Task> {
        let told = self.tasks.get(cluster).and_then(Observation::value);
        let seen = self.stopped.get(cluster).into_iter().flat_map(StoppedTasks::iter);
        seen.filter(move |it| told.is_some_and(|told| !told.contains_key(&it.arn)))
    }

    /// The task with this ARN, be it only remembered.
    pub fn task(&self, arn: &str) -> Option<&Task> {
        let arn = Arn::new(arn);
        let told = self.tasks.values().filter_map(Observation::value).find_map(|tasks| tasks.get(&arn));
        told.or_else(|| self.stopped.values().find_map(|it| it.get(&arn)))
    }

    /// What is known of a metric, read with this statistic and period.
    pub fn series(&self, read: &MetricRead) -> Option<&Series> {
        self.metrics.value()?.get(read)
    }

    /// The rule with this ARN, and its listener.
    pub fn rule(&self, arn: &str) -> Option<(&Listener, &Rule)> {
        let listeners = self.listeners.values().filter_map(Observation::value).flatten();
        let mut rules = listeners.flat_map(|listener| listener.rules.iter().map(move |it| (listener, it)));
        rules.find(|(_, rule)| rule.arn.wire() == arn)
    }
}

/// Feeds one step to an observation. `pick` takes the answer's value, laid over what was known where the
/// answer is only a part; an answer of another kind than was asked for leaves the observation as it is.
fn apply<T>(observation: &mut Observation<T>, step: Step, pick: impl FnOnce(Answer, Option<T>) -> Option<T>) {
    match step {
        Step::Requested(at) => observation.request(at),
        Step::Left => observation.leave(),
        Step::Ended(Outcome::Complete(answer), at) => {
            if let Some(value) = pick(answer, None) {
                observation.succeed(value, at);
            }
        }
        Step::Ended(Outcome::Partial(answer, fault), at) => {
            let known = observation.take_value();
            if let Some(value) = pick(answer, known) {
                observation.succeed_in_part(value, at, fault);
            }
        }
        Step::Ended(Outcome::Failed(fault), _) => observation.fail(fault),
    }
}

/// The same for what an account tells of its cost. Where its figures are known, neither a part of them nor a refusal to
/// tell them takes their place: that is a fault of the asking.
fn apply_told<T>(observation: &mut Observation<Told<T>>, step: Step, pick: impl FnOnce(Answer) -> Option<Told<T>>) {
    let is_known = observation.value().is_some_and(|it| it.value().is_some());
    match step {
        Step::Ended(Outcome::Partial(_, fault), _) if is_known => observation.fail(fault),
        Step::Ended(Outcome::Complete(answer), at) => match pick(answer) {
            Some(Told::Nothing(silence)) if is_known => observation.fail(silence.fault(at)),
            Some(told) => observation.succeed(told, at),
            None => {}
        },
        other => apply(observation, other, |answer, _| pick(answer)),
    }
}

/// The same for a read that never answers the whole: whatever comes is laid over what was known.
fn apply_over<T>(observation: &mut Observation<T>, step: Step, pick: impl FnOnce(Answer, Option<T>) -> Option<T>) {
    match step {
        Step::Ended(Outcome::Complete(answer), at) => {
            let known = observation.take_value();
            if let Some(value) = pick(answer, known) {
                observation.succeed(value, at);
            }
        }
        other => apply(observation, other, pick),
    }
}

/// A collection by key, laid over what was known where the answer is only a part of it.
fn keyed<K: Ord, T>(items: Vec<T>, key: impl Fn(&T) -> K, known: Option<BTreeMap<K, T>>) -> BTreeMap<K, T> {
    let mut merged = known.unwrap_or_default();
    merged.extend(items.into_iter().map(|it| (key(&it), it)));
    merged
}
