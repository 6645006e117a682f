//! How fresh what is on screen is, from the reads that feed it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    App,
    sources::{cadence_of, of_place},
};
use crate::{
    command::ViewName,
    domain::{
        fault::Fault,
        observation::{Freshness, Observation},
        query::{Query, Request},
    },
};

/// How fresh a place is: the worst of what feeds it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceFreshness {
    pub state: Freshness,
    /// Age of the oldest value that feeds the place, but for what hardly changes and is read every few minutes;
    /// `None` while something has never been fetched.
    pub age: Option<SignedDuration>,
    /// The first fault among the reads.
    pub fault: Option<Fault>,
    /// Whose credentials that read was made with.
    pub profile: Arc<str>,
    /// Some pages are missing.
    pub partial: bool,
    /// Reads that failed, of how many.
    pub failed: usize,
    pub reads: usize,
}

impl PlaceFreshness {
    /// Before anything has been asked.
    pub fn awaited() -> Self {
        Self {
            state: Freshness::Awaited,
            age: None,
            fault: None,
            profile: "".into(),
            partial: false,
            failed: 0,
            reads: 0,
        }
    }
}

/// What is renewed no oftener than this says nothing of how fresh a place is.
const HARDLY_CHANGES: SignedDuration = SignedDuration::from_secs(60);

/// How fresh the place on screen is.
pub fn of(app: &App) -> PlaceFreshness {
    if app.place().view == ViewName::Journal {
        return app.records.freshness(app.now);
    }
    let requests = of_place(app);
    let mut worst = PlaceFreshness {
        state: Freshness::Fresh,
        age: Some(SignedDuration::ZERO),
        fault: None,
        profile: "".into(),
        partial: false,
        failed: 0,
        reads: requests.len(),
    };
    for request in &requests {
        let Some(seen) = seen(app, request) else {
            worst.state = worse(worst.state, Freshness::Awaited);
            worst.age = None;
            continue;
        };
        worst.state = worse(worst.state, seen.state);
        if cadence_of(&request.query).near < HARDLY_CHANGES
            || matches!(app.place().view, ViewName::Metrics | ViewName::Cost)
        {
            worst.age = worst.age.zip(seen.age).map(|(oldest, age)| oldest.max(age));
        }
        worst.partial |= seen.partial;
        worst.failed += usize::from(seen.fault.is_some());
        if worst.fault.is_none() && seen.fault.is_some() {
            worst.fault = seen.fault;
            worst.profile = request.scope.profile.clone();
        }
    }
    if requests.is_empty() {
        worst.state = Freshness::Awaited;
        worst.age = None;
    }
    worst
}

fn worse(one: Freshness, other: Freshness) -> Freshness {
    let rank = |it| match it {
        Freshness::Fresh => 0,
        Freshness::Refreshing => 1,
        Freshness::Awaited => 2,
        Freshness::Stale => 3,
        Freshness::Faulted => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// What one read's observation looks like from here.
struct Seen {
    state: Freshness,
    age: Option<SignedDuration>,
    fault: Option<Fault>,
    partial: bool,
}

fn seen(app: &App, request: &Request) -> Option<Seen> {
    fn look<T>(observation: &Observation<T>, now: Timestamp, cadence: SignedDuration) -> Seen {
        Seen {
            state: observation.freshness(now, cadence),
            age: observation.age(now),
            fault: observation.fault().cloned(),
            partial: observation.is_partial(),
        }
    }
    let known = app.estate.scope(&request.scope)?;
    let (now, cadence) = (app.now, cadence_of(&request.query).far);
    match &request.query {
        Query::Identity => Some(look(&known.identity, now, cadence)),
        Query::Clusters => Some(look(&known.clusters, now, cadence)),
        Query::Services { cluster, .. } => known.services.get(cluster).map(|it| look(it, now, cadence)),
        Query::Tasks { cluster } => known.tasks.get(cluster).map(|it| look(it, now, cadence)),
        Query::Deployments { service, .. } => known.deployments.get(service).map(|it| look(it, now, cadence)),
        Query::ScalableTargets => Some(look(&known.scalable_targets, now, cadence)),
        Query::ServiceActivities => Some(look(&known.service_activities, now, cadence)),
        Query::Groups { .. } => Some(look(&known.groups, now, cadence)),
        Query::Activities { group } => known.activities.get(group).map(|it| look(it, now, cadence)),
        Query::AllActivities => Some(look(&known.all_activities, now, cadence)),
        Query::AllTemplates => Some(look(&known.all_templates, now, cadence)),
        Query::Refreshes { group } => known.refreshes.get(group).map(|it| look(it, now, cadence)),
        Query::Template { id } => known.templates.get(id).map(|it| look(it, now, cadence)),
        Query::NatGateways => Some(look(&known.nat_gateways, now, cadence)),
        Query::Inventory { of } => known.inventory.get(of).map(|it| look(it, now, cadence)),
        Query::TargetGroups => Some(look(&known.target_groups, now, cadence)),
        Query::TargetGroupAttributes { group } => {
            known.target_group_attributes.get(group).map(|it| look(it, now, cadence))
        }
        Query::Targets { group } => known.targets.get(group).map(|it| look(it, now, cadence)),
        Query::Alarms => Some(look(&known.alarms, now, cadence)),
        Query::Listeners { balancer } => known.listeners.get(balancer).map(|it| look(it, now, cadence)),
        Query::MetricListed { metric } => known.listed.get(metric).map(|it| look(it, now, cadence)),
        Query::AlarmHistory => Some(look(&known.alarm_history, now, cadence)),
        Query::Metrics { .. } => Some(look(&known.metrics, now, cadence)),
        Query::Logs { excerpt } => known.logs.get(excerpt).map(|it| look(it, now, cadence)),
        Query::TaskDefinition { definition } => known.definitions.get(definition).map(|it| look(it, now, cadence)),
        Query::Images { registry, repository } => {
            known.images.get(&(registry.clone(), repository.clone())).map(|it| look(it, now, cadence))
        }
        Query::Sessions { table, .. } => known.sessions.get(table).map(|it| look(it, now, cadence)),
        Query::Bill { filter, month } => known.costs.bill(filter, *month).map(|it| look(it, now, cadence)),
        Query::Forecast { filter, month } => known.costs.forecast(filter, *month).map(|it| look(it, now, cadence)),
        Query::Allocation { key, month } => known.costs.allocation(key, *month).map(|it| look(it, now, cadence)),
        Query::BilledAccounts { month } => known.costs.accounts.get(month).map(|it| look(it, now, cadence)),
        Query::Budgets { account } => known.costs.budgets.get(account).map(|it| look(it, now, cadence)),
        Query::Raw { .. }
        | Query::Revisions { .. }
        | Query::Repository { .. }
        | Query::Image { .. }
        | Query::Permissions { .. } => None,
    }
}
