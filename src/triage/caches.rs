//! Caches that run out of memory.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, Place},
    rule::Rule,
    series::points,
    words,
};
use crate::{
    domain::{id::Kind, signal::Severity},
    metrics::{Measure, catalogue},
    stack::model::StackCache,
};

pub const CACHE_MEMORY_HIGH: Rule = Rule {
    name: "cache-memory-high",
    meaning: "a cache uses more than 80 % of its memory",
    severity: "critical from 95 % on: it evicts what is still used; else a warning",
    fires: "DatabaseMemoryUsagePercentage of a cache that the stack file names is above 80 % in each of its last three \
            minutes",
    evidence: "the newest value, the lowest and highest of the last hour, connections",
    next: "use a larger node, or let keys expire sooner; see what has grown",
    check: cache_memory_high,
};

/// Percent of its memory.
const HIGH: f64 = 80.0;
const SEVERE: f64 = 95.0;

/// Minutes in a row that count; one may be a burst.
const ROW: usize = 3;

/// A series that ends earlier says nothing of now.
const CURRENT: SignedDuration = SignedDuration::from_mins(10);

fn cache_memory_high(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for place in context.stack_places() {
        let here = place.stack.caches.iter().filter(|it| it.scopes.contains(place.scope));
        findings.extend(here.filter_map(|spec| find(place, spec)));
    }
    findings
}

fn find(place: Place<'_>, spec: &StackCache) -> Option<Finding> {
    let found = catalogue::of_cache(place.scope, spec);
    let memory = points(place, &found, Measure::CacheMemory)?;
    let (at, newest) = *memory.last()?;
    let row = memory.iter().rev().take_while(|(_, used)| *used > HIGH);
    let since: Timestamp = row.clone().map(|(at, _)| *at).last()?;
    if row.count() < ROW || place.now.duration_since(at) > CURRENT {
        return None;
    }
    let hour = memory.iter().filter(|(it, _)| at.duration_since(*it) <= SignedDuration::from_hours(1));
    let (low, high) = hour.fold((f64::MAX, f64::MIN), |(low, high), (_, used)| (low.min(*used), high.max(*used)));
    let mut evidence =
        vec![format!("{newest:.0} % at {}; {low:.0} to {high:.0} % within the hour before", words::clock(at))];
    let connections = points(place, &found, Measure::CacheConnections).and_then(|it| it.last());
    evidence.extend(connections.map(|(_, number)| format!("{number:.0} connections")));
    Some(Finding {
        summary: format!("cache {} uses {newest:.0} % of its memory", spec.name),
        evidence,
        advice: "use a larger node, or let keys expire sooner; see what has grown: at its limit it evicts what is still used"
            .to_owned(),
        ..place.finding(
            if newest >= SEVERE { Severity::Critical } else { Severity::Warning },
            Kind::Cache,
            &spec.name,
            Some(since),
        )
    })
}
