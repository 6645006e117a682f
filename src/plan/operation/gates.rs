//! What must hold while a wave bakes: tasks that stay up, healthy targets, quiet alarms, the latency promise, few errors.

use jiff::{SignedDuration, Timestamp};

use super::{Operation, judge::fresh};
use crate::{
    domain::{
        alarm::AlarmState,
        estate::{Estate, ScopeEstate},
        metric::{MetricRead, Series},
        target::TargetState,
    },
    plan::{course::Part, measure::Reads},
    triage::{deaths, words},
};

/// Minutes in a row that break a promise: one bad minute is none.
const BAD_MINUTES: usize = 2;

/// CloudWatch publishes a minute's figures so much later.
const LAG: SignedDuration = SignedDuration::from_mins(4);

/// Every gate of the wave under way that is broken, in words.
pub fn broken(operation: &Operation, estate: &Estate, since: Timestamp) -> Vec<String> {
    let mut broken = Vec::new();
    for index in operation.current() {
        let part = &operation.course.parts[*index];
        let Some(known) = estate.scope(&part.service.scope) else { continue };
        let whose = operation.course.whose(part);
        broken.extend(deaths(part, known, since, &whose));
        broken.extend(targets(part, known, since, &whose));
        broken.extend(alarms(part, known, since));
        broken.extend(latency(part, known, since, &whose));
        broken.extend(errors(part, known, since, operation.course.watch.error_ratio, &whose));
    }
    broken
}

/// Whether what the gates look at has been measured since the wave was through. Where nothing comes, as without
/// traffic, it is waited for no longer than figures take.
pub fn is_measured(operation: &Operation, estate: &Estate, since: Timestamp, now: Timestamp) -> bool {
    let waits = |part: &Part| {
        let watched = part.targets.iter().any(|it| it.balancer.is_some());
        let measures = part.promise_p95_ms.is_some() || operation.course.watch.error_ratio.is_some();
        let is_seen = |known: &ScopeEstate, reads: &Reads| match part.promise_p95_ms {
            Some(_) => points(known, &reads.p95, since).len() >= BAD_MINUTES,
            None => !points(known, &reads.requests, since).is_empty(),
        };
        let seen = estate.scope(&part.service.scope).is_some_and(|known| reads(part).any(|it| is_seen(known, &it)));
        watched && measures && !seen
    };
    let waiting = operation.current().iter().any(|it| waits(&operation.course.parts[*it]));
    let brief = operation.course.watch.bake.is_zero();
    !waiting || brief || now.duration_since(since) >= operation.course.watch.bake + LAG
}

fn reads(part: &Part) -> impl Iterator<Item = Reads> + '_ {
    part.targets.iter().filter_map(|it| Some(Reads::of(&it.group, it.balancer.as_ref()?)))
}

/// Tasks that died since, though what runs at this moment is as it was asked: ECS replaces them all the while.
fn deaths(part: &Part, known: &ScopeEstate, since: Timestamp, whose: &str) -> Option<String> {
    let tasks = fresh(known.tasks.get(&part.service.cluster), since)?;
    let dead = deaths::since(tasks.values(), &part.service.name, since);
    let (cause, _) = deaths::causes(&dead).into_iter().next()?;
    Some(format!("{} of {whose} died since: {cause}", words::count(dead.len(), "task")))
}

fn targets(part: &Part, known: &ScopeEstate, since: Timestamp, whose: &str) -> Option<String> {
    let mut bad = Vec::new();
    for watched in &part.targets {
        let targets = fresh(known.targets.get(&watched.group), since).into_iter().flatten();
        bad.extend(targets.filter(|it| matches!(it.state, TargetState::Unhealthy | TargetState::Unavailable)));
    }
    let first = bad.first()?;
    let reason = if first.description.is_empty() { &first.reason } else { &first.description };
    Some(format!("{} of the targets of {whose} unhealthy: {reason}", bad.len()))
}

fn alarms(part: &Part, known: &ScopeEstate, since: Timestamp) -> Option<String> {
    let alarms = fresh(Some(&known.alarms), since)?;
    let rings = alarms.values().find(|it| it.state == AlarmState::Alarm && part.alarms.contains(&it.name))?;
    Some(format!("alarm {} rings since: {}", rings.name, rings.reason))
}

/// The whole minutes measured since; the newest may not be over.
fn points(known: &ScopeEstate, read: &MetricRead, since: Timestamp) -> Vec<f64> {
    let series: Option<&Series> = known.metrics.value().and_then(|it| it.get(read));
    let points = series.map_or(&[][..], |it| it.points.as_slice());
    points.iter().filter(|(at, _)| *at >= since).map(|(_, value)| *value).collect()
}

fn latency(part: &Part, known: &ScopeEstate, since: Timestamp, whose: &str) -> Option<String> {
    let promise = part.promise_p95_ms?;
    reads(part).find_map(|reads| {
        let points = points(known, &reads.p95, since);
        let bad = points.windows(BAD_MINUTES).last()?.iter().all(|it| it * 1000.0 > promise);
        let last = points.last()? * 1000.0;
        bad.then(|| format!("p95 of {whose} is {last:.0} ms, {promise:.0} ms are promised"))
    })
}

fn errors(part: &Part, known: &ScopeEstate, since: Timestamp, bound: Option<f64>, whose: &str) -> Option<String> {
    let bound = bound?;
    reads(part).find_map(|reads| {
        let requests: f64 = points(known, &reads.requests, since).iter().sum();
        let errors: f64 = points(known, &reads.errors, since).iter().sum();
        let ratio = if requests > 0.0 { errors / requests } else { 0.0 };
        (ratio > bound)
            .then(|| format!("{:.1} % of the requests to {whose} fail, {:.1} % may", ratio * 100.0, bound * 100.0))
    })
}
