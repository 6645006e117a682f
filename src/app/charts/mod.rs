//! The charts of a place: which there are, of what, and in which order.
//!
//! Invariant: charts are listed by what they show before whose it is, so that the same figure of several services or
//! regions stands side by side.

pub mod grid;
pub mod plot;
pub mod reading;
pub mod spark;
pub mod threshold;

use std::collections::BTreeMap;

use super::{App, joins::cluster_of, place::Place};
use crate::{
    domain::{
        estate::ScopeEstate,
        id::{Arn, Kind, ResourceId, Scope},
        metric::MetricRead,
    },
    metrics::{self, Measure, Measured},
    stack::model::Stack,
};

/// What a chart shows, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChartKind {
    Latency,
    Errors,
    Requests,
    Sessions,
    Cpu,
    Memory,
    Hosts,
    CacheMemory,
    CacheConnections,
    DatabaseConnections,
    ReplicaLag,
    Storage,
}

/// One chart: one or more series of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Kind `Chart`, key `KEY-OF-THE-RESOURCE|WORD`.
    pub id: ResourceId,
    pub kind: ChartKind,
    pub subject: ResourceId,
    pub lines: Vec<Measured>,
    /// Index of its stack among the app's.
    pub stack: usize,
}

impl ChartKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Errors => "5xx",
            Self::Requests => "requests",
            Self::Sessions => "sessions",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Hosts => "hosts",
            Self::CacheMemory => "cache memory",
            Self::CacheConnections => "cache connections",
            Self::DatabaseConnections => "connections",
            Self::ReplicaLag => "replica lag",
            Self::Storage => "free storage",
        }
    }

    /// The chart in which a measure is a line.
    fn of(measure: Measure) -> Self {
        match measure {
            Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => Self::Latency,
            Measure::Target5xx | Measure::Balancer5xx => Self::Errors,
            Measure::Requests => Self::Requests,
            Measure::Sessions => Self::Sessions,
            Measure::ServiceCpu | Measure::GatewayCpu | Measure::CacheCpu | Measure::DatabaseCpu => Self::Cpu,
            Measure::ServiceMemory => Self::Memory,
            Measure::HealthyHosts | Measure::UnhealthyHosts => Self::Hosts,
            Measure::CacheMemory => Self::CacheMemory,
            Measure::CacheConnections => Self::CacheConnections,
            Measure::DatabaseConnections => Self::DatabaseConnections,
            Measure::ReplicaLag => Self::ReplicaLag,
            Measure::DatabaseStorage => Self::Storage,
        }
    }
}

impl Chart {
    /// The name of what it is of.
    pub fn name(&self, app: &App) -> String {
        let name = self.subject.name();
        let in_regions = app.stacks.get(self.stack).is_some_and(|it| it.scopes.len() > 1);
        // The region first: where it is narrow the end is cut off, and the region is what tells two alike apart.
        if in_regions { format!("{} {name}", self.subject.scope.region) } else { name.to_string() }
    }

    /// What is read for it in the window that is set.
    pub fn reads(&self, app: &App) -> impl Iterator<Item = MetricRead> {
        let period = app.window.period();
        self.lines.iter().map(move |it| it.read(period))
    }
}

/// What one line of a chart is called beside others; nothing where it stands alone.
pub fn line_word(measure: Measure) -> &'static str {
    match measure {
        Measure::LatencyP50 => "p50",
        Measure::LatencyP95 => "p95",
        Measure::LatencyP99 => "p99",
        Measure::Target5xx => "targets",
        Measure::Balancer5xx => "balancer",
        Measure::HealthyHosts => "healthy",
        Measure::UnhealthyHosts => "unhealthy",
        _ => "",
    }
}

/// The charts of the place on screen, in order.
pub fn of_place(app: &App) -> Vec<Chart> {
    let place = app.place();
    let mut charts: BTreeMap<(usize, ChartKind, ResourceId), Chart> = BTreeMap::new();
    let mut taken: std::collections::BTreeSet<ResourceId> = std::collections::BTreeSet::new();
    for (index, stack) in app.stacks.iter().enumerate() {
        if place.stack().is_some_and(|name| name != stack.name.as_str()) {
            continue;
        }
        for scope in stack.scopes.iter().map(|it| &it.scope) {
            if !may_hold(place, scope) {
                continue;
            }
            for chart in of_scope(app, index, stack, scope) {
                if is_within(app, place, &chart) && taken.insert(chart.id.clone()) {
                    charts.insert((index, chart.kind, chart.subject.clone()), chart);
                }
            }
        }
    }
    charts.into_values().collect()
}

/// The chart with this id.
pub fn find(app: &App, id: &ResourceId) -> Option<Chart> {
    let scopes = |stack: &Stack| stack.scopes.iter().any(|it| it.scope == id.scope);
    let stacks = app.stacks.iter().enumerate().filter(|(_, stack)| scopes(stack));
    let mut charts = stacks.flat_map(|(index, stack)| of_scope(app, index, stack, &id.scope));
    charts.find(|it| it.id == *id)
}

fn of_scope(app: &App, index: usize, stack: &Stack, scope: &Scope) -> Vec<Chart> {
    let mut charts: Vec<Chart> = Vec::new();
    for line in metrics::of_stack(stack, scope, app.estate.scope(scope)) {
        let kind = ChartKind::of(line.measure);
        match charts.iter_mut().rev().find(|it| it.kind == kind && it.subject == line.subject) {
            Some(chart) => chart.lines.push(line),
            None => charts.push(Chart {
                id: ResourceId::new(Kind::Chart, scope, &format!("{}|{}", line.subject.key, kind.word())),
                kind,
                subject: line.subject.clone(),
                lines: vec![line],
                stack: index,
            }),
        }
    }
    charts
}

/// Whether anything in `scope` can lie within what was drilled into.
fn may_hold(place: &Place, scope: &Scope) -> bool {
    place.within.as_ref().is_none_or(|it| it.kind == Kind::Stack || it.scope == *scope)
}

/// Whether a chart belongs to what was drilled into: of a service that is its target groups' too, of a gateway its
/// group's.
fn is_within(app: &App, place: &Place, chart: &Chart) -> bool {
    let Some(parent) = place.within.as_ref().filter(|it| it.kind != Kind::Stack) else { return true };
    if chart.subject == *parent || chart.id == *parent {
        return true;
    }
    let Some(known) = app.estate.scope(&parent.scope) else { return false };
    let subject = &chart.subject;
    match (parent.kind, subject.kind) {
        (Kind::Service, Kind::TargetGroup) => serves(known, &parent.key, &subject.key),
        (Kind::Group, Kind::Instance) => {
            known.instance(&subject.key).is_some_and(|it| it.0.name.as_str() == &*parent.key)
        }
        (Kind::Instance, Kind::Group) => {
            known.instance(&parent.key).is_some_and(|it| it.0.name.as_str() == &*subject.key)
        }
        _ => false,
    }
}

fn serves(known: &ScopeEstate, service: &str, group: &str) -> bool {
    let service = known.service(service);
    service.is_some_and(|it| it.load_balancers.iter().any(|target| target.target_group.wire() == group))
}

/// What a row's charts are of: the row itself, or for what is not measured the thing around it. `None` where nothing is.
pub fn measured_by(app: &App, id: &ResourceId) -> Option<ResourceId> {
    let known = app.estate.scope(&id.scope);
    let of = |kind, key: &str| Some(ResourceId::new(kind, &id.scope, key));
    match id.kind {
        Kind::Stack
        | Kind::Service
        | Kind::Group
        | Kind::Instance
        | Kind::TargetGroup
        | Kind::Cache
        | Kind::Database
        | Kind::Chart => Some(id.clone()),
        Kind::Target => of(Kind::TargetGroup, id.key.split_once('|')?.0),
        Kind::Task => {
            let task = known?.task(&id.key)?;
            let mut services = known?.services.get(cluster_of(&id.key))?.value()?.values();
            let name = task.service.as_ref()?;
            of(Kind::Service, services.find(|it| it.name == *name)?.arn.wire())
        }
        Kind::Deployment => {
            let deployments = known?.deployments.values().filter_map(|it| it.value()).flatten();
            of(Kind::Service, deployments.into_iter().find(|it| it.arn.wire() == &*id.key)?.service.wire())
        }
        Kind::Session => {
            let (table, session) = id.key.split_once('|')?;
            let sessions = known?.sessions.get(table)?.value()?;
            let gateway = &sessions.iter().find(|it| it.id.as_str() == session)?.gateway;
            of(Kind::Instance, gateway.as_str())
        }
        Kind::Alarm => of_alarm(app, id),
        Kind::Entry => measured_by(app, &app.estate.timeline.find(id)?.subject),
        Kind::Event => of(Kind::Service, id.key.split('|').next()?),
        Kind::Stops => {
            let mut parts = id.key.split('|');
            let (cluster, name) = (parts.next()?, parts.next()?);
            let mut services = known?.services.get(cluster)?.value()?.values();
            of(Kind::Service, services.find(|it| it.name.as_str() == name)?.arn.wire())
        }
        Kind::Rule => {
            let (_, rule) = known?.rule(&id.key)?;
            of(Kind::TargetGroup, rule.groups().first()?.0.wire())
        }
        Kind::Operation => measured_by(app, app.records.operation(id)?.begun.subjects.first()?),
        Kind::Scope | Kind::Spend | Kind::Journal | Kind::Line => None,
    }
}

/// The chart of the metric that an alarm watches, where a stack has it.
fn of_alarm(app: &App, id: &ResourceId) -> Option<ResourceId> {
    let alarm = app.estate.scope(&id.scope)?.alarms.value()?.get(&Arn::new(&id.key))?;
    let watches = |chart: &Chart| chart.lines.iter().any(|line| line.is_watched_by(alarm));
    let stacks = app.stacks.iter().enumerate().filter(|(_, it)| it.scopes.iter().any(|at| at.scope == id.scope));
    let mut charts = stacks.flat_map(|(index, stack)| of_scope(app, index, stack, &id.scope));
    charts.find(watches).map(|it| it.id)
}

#[cfg(test)]
mod tests;
