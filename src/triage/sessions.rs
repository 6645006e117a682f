//! How many sessions gateways hold, from the best source that a stack has.
//!
//! In order: the table with one item per session (exact); the metric that each gateway publishes under its
//! own dimension (exact); the metric without dimensions, whose Average is per gateway (approximate).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::emptying::{self, Leaving};
use crate::{
    domain::{
        estate::ScopeEstate,
        group::{Group, Instance},
        metric::{MetricName, MetricRead},
        session::Session,
        text::SafeText,
    },
    metrics::{Measure, window::FINE},
    stack::model::{SessionMetric, SessionSource},
};

/// A metric's newest value older than this says nothing about now.
const LATEST: SignedDuration = SignedDuration::from_mins(10);

/// A number of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub value: u32,
    /// An estimate: shown with `≈`.
    pub approximate: bool,
}

/// What one gateway carries.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayLoad<'a> {
    pub instance: &'a Instance,
    /// `None` where no source tells.
    pub sessions: Option<Count>,
    /// Sessions that it takes; `None` where the stack file does not say.
    pub limit: Option<u32>,
    /// When the oldest of its sessions began, where the table tells.
    pub oldest: Option<Timestamp>,
    /// What the other source says, where it says otherwise.
    pub also: Option<Count>,
}

/// What a group's gateways carry together.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupLoad<'a> {
    /// One for each instance, in the group's order.
    pub gateways: Vec<GatewayLoad<'a>>,
    /// Sessions on all of them; `None` where no source tells.
    pub sessions: Option<Count>,
    /// Sessions that the gateways in service take together; `None` where one's limit is not known.
    pub limit: Option<u32>,
    /// Items of the table that name no gateway of this group, or none at all.
    pub unplaced: u32,
    /// Sessions by the other source, where it says otherwise.
    pub also: Option<Count>,
    /// How its sessions end, where the table tells and enough has been seen.
    pub leaving: Option<Leaving>,
}

impl GatewayLoad<'_> {
    /// Share of the limit in use; `None` where either is not known.
    pub fn use_of_limit(&self) -> Option<f64> {
        share(self.sessions, self.limit)
    }
}

impl GroupLoad<'_> {
    /// Share of the limit in use on gateways in service; `None` where either is not known.
    pub fn use_of_limit(&self) -> Option<f64> {
        share(self.serving(), self.limit)
    }

    /// Sessions but for those on gateways that are out of service: they go with their gateway, and are no part of what is
    /// left to take others.
    pub fn serving(&self) -> Option<Count> {
        let out = self.gateways.iter().filter(|it| !it.instance.is_in_service());
        let elsewhere: u32 = out.filter_map(|it| it.sessions).map(|it| it.value).sum();
        self.sessions.map(|it| Count { value: it.value.saturating_sub(elsewhere), ..it })
    }

    /// Mean sessions of a gateway in service.
    pub fn average(&self) -> Option<f64> {
        let in_service = self.gateways.iter().filter(|it| it.instance.is_in_service()).count();
        let sessions = self.sessions.filter(|_| in_service > 0)?;
        Some(f64::from(sessions.value) / in_service as f64)
    }
}

fn share(sessions: Option<Count>, limit: Option<u32>) -> Option<f64> {
    let limit = limit.filter(|limit| *limit > 0)?;
    Some(f64::from(sessions?.value) / f64::from(limit))
}

/// What the gateways of `group` carry at `now`, read as `source` says.
pub fn load<'a>(known: &ScopeEstate, group: &'a Group, source: &SessionSource, now: Timestamp) -> GroupLoad<'a> {
    let metric = source.metric.as_ref().and_then(|metric| from_metric(known, group, metric, now));
    let (counts, other) = match from_table(known, group, source) {
        Some(table) => (table, metric.unwrap_or_default()),
        None => (metric.unwrap_or_default(), Counts::default()),
    };
    // An average tells nothing of one gateway that the table does not know better.
    let per_gateway = source.metric.as_ref().is_some_and(|it| it.dimension.is_some());
    let gateways: Vec<GatewayLoad<'_>> = group
        .instances
        .iter()
        .map(|instance| {
            let held = counts.gateways.get(&instance.id).copied().unwrap_or_default();
            let limit = source.limit_of(instance.instance_type.as_str());
            let other = other.gateways.get(&instance.id).and_then(|it| it.count).filter(|_| per_gateway);
            let also = other.filter(|it| disagree(held.count, *it));
            GatewayLoad { instance, sessions: held.count, limit, oldest: held.oldest, also }
        })
        .collect();
    let limits = gateways.iter().filter(|it| it.instance.is_in_service()).map(|it| it.limit);
    let limit = limits.sum::<Option<u32>>();
    let also = other.total.filter(|it| disagree(counts.total, *it));
    let leaving = leaving_of(known, group, source, now);
    GroupLoad { gateways, sessions: counts.total, limit, unplaced: counts.unplaced, also, leaving }
}

/// Whether two sources differ by more than it takes them to notice who has come and gone: by more than two sessions
/// and a fifth.
fn disagree(one: Option<Count>, other: Count) -> bool {
    let Some(one) = one else { return false };
    let apart = one.value.abs_diff(other.value);
    apart > 2 && f64::from(apart) > 0.2 * f64::from(one.value.max(other.value))
}

/// How the sessions of the group's gateways end, by its table.
fn leaving_of(known: &ScopeEstate, group: &Group, source: &SessionSource, now: Timestamp) -> Option<Leaving> {
    let (table, _) = source.table.as_ref()?;
    let sessions = known.sessions.get(table)?.value()?;
    let placed = |it: &&Session| group.instances.iter().any(|gateway| gateway.id == it.gateway);
    emptying::leaving(sessions.iter().filter(placed), known.session_ends.get(table), now)
}

/// What a source tells.
#[derive(Default)]
struct Counts {
    gateways: BTreeMap<SafeText, Held>,
    total: Option<Count>,
    unplaced: u32,
}

/// What it tells of one gateway.
#[derive(Default, Clone, Copy)]
struct Held {
    count: Option<Count>,
    oldest: Option<Timestamp>,
}

fn from_table(known: &ScopeEstate, group: &Group, source: &SessionSource) -> Option<Counts> {
    let observation = known.sessions.get(&source.table.as_ref()?.0)?;
    let (sessions, approximate) = (observation.value()?, observation.is_partial());
    let held = |instance: &Instance| {
        let mine = || sessions.iter().filter(|it| it.gateway == instance.id);
        let count = Count { value: mine().count() as u32, approximate };
        Held { count: Some(count), oldest: mine().filter_map(|it| it.started_at).min() }
    };
    let gateways: BTreeMap<_, _> = group.instances.iter().map(|it| (it.id.clone(), held(it))).collect();
    let placed = |session: &&Session| gateways.contains_key(&session.gateway);
    let value = sessions.iter().filter(placed).count() as u32;
    let unplaced = sessions.len() as u32 - value;
    Some(Counts { gateways, total: Some(Count { value, approximate }), unplaced })
}

fn from_metric(known: &ScopeEstate, group: &Group, metric: &SessionMetric, now: Timestamp) -> Option<Counts> {
    match &metric.dimension {
        Some(dimension) => Some(by_dimension(known, group, metric, dimension, now)),
        None => by_average(known, group, metric, now),
    }
}

fn by_dimension(
    known: &ScopeEstate,
    group: &Group,
    metric: &SessionMetric,
    dimension: &SafeText,
    now: Timestamp,
) -> Counts {
    let of = |instance: &Instance| {
        let value = latest(known, metric, &[(dimension.as_str(), instance.id.as_str())], now)?;
        Some(Held { count: Some(Count { value: value.round() as u32, approximate: false }), oldest: None })
    };
    let gateways: BTreeMap<_, _> = group.instances.iter().filter_map(|it| Some((it.id.clone(), of(it)?))).collect();
    // A gateway in service that has not published makes the total an estimate.
    let silent = group.instances.iter().any(|it| it.is_in_service() && !gateways.contains_key(&it.id));
    let value = gateways.values().filter_map(|it| it.count).map(|it| it.value).sum();
    let total = (!gateways.is_empty()).then_some(Count { value, approximate: silent });
    Counts { gateways, total, unplaced: 0 }
}

fn by_average(known: &ScopeEstate, group: &Group, metric: &SessionMetric, now: Timestamp) -> Option<Counts> {
    let average = latest(known, metric, &[], now)?;
    let in_service = || group.instances.iter().filter(|it| it.is_in_service());
    let estimate = |value: f64| Count { value: value.round() as u32, approximate: true };
    let held = Held { count: Some(estimate(average)), oldest: None };
    let gateways = in_service().map(|it| (it.id.clone(), held)).collect();
    Some(Counts { gateways, total: Some(estimate(average * in_service().count() as f64)), unplaced: 0 })
}

/// The newest Average of the metric under these dimensions, if it is of now.
fn latest(known: &ScopeEstate, metric: &SessionMetric, dimensions: &[(&str, &str)], now: Timestamp) -> Option<f64> {
    let name = MetricName::new(metric.namespace.as_str(), metric.name.as_str(), dimensions);
    let statistic = Measure::Sessions.statistic().into();
    let series = known.series(&MetricRead { metric: name, statistic, period_seconds: FINE })?;
    let (at, value) = series.latest()?;
    (now.duration_since(at) <= LATEST).then_some(value)
}
