//! Which series are needed now, which of them are worth asking for again, and which are forgotten.
//!
//! Invariant: no series is asked for twice within one of its periods: nothing new can have been published. What is
//! asked for is the tail that is missing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{App, sources};
use crate::{
    advice,
    domain::{
        id::Scope,
        metric::{MetricRead, PUBLISHING_DELAY, Series},
        query::Query,
    },
    metrics::{
        Measure, of_stack,
        window::{FINE, minutes_kept},
    },
    plan::operation::watch,
    stack::model::Stack,
};

/// Metrics an hour that may be asked for in the background (0.10 USD). Where an estate has more series, they are asked
/// for less often; those on screen are not.
const IN_BACKGROUND: u64 = 10_000;

/// How long a series is kept that nobody needs any more: whoever comes back soon finds it there.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// The series needed in each scope, and whether each is needed as fresh as can be.
pub type Needed = BTreeMap<Scope, BTreeMap<MetricRead, bool>>;

/// What triage and the lists rest on, and what is on screen.
pub fn needed(app: &App) -> Needed {
    let mut needed = Needed::new();
    let stacks: &[Stack] = if sources::reads_the_estate(app) { &app.stacks } else { &[] };
    for stack in stacks {
        for scope in stack.scopes.iter().map(|it| &it.scope) {
            let reads = needed.entry(scope.clone()).or_default();
            for it in of_stack(stack, scope, app.estate.scope(scope)).into_iter().filter(|it| it.watched) {
                let near = it.measure == Measure::Sessions;
                *reads.entry(it.read(FINE)).or_default() |= near;
            }
        }
    }
    for (_, group) in app.stacks.iter().filter_map(advice::group_of) {
        let Some(read) = advice::history_read(group) else { continue };
        for scope in &group.scopes {
            needed.entry(scope.clone()).or_default().entry(read.clone()).or_default();
        }
    }
    for request in sources::series_of_place(app) {
        if let Query::Metrics { reads, .. } = request.query {
            needed.entry(request.scope).or_default().extend(reads.into_iter().map(|it| (it, true)));
        }
    }
    for operation in app.act.operations.iter().filter(|it| !it.has_ended()) {
        for (scope, read) in watch::reads(operation) {
            needed.entry(scope).or_default().insert(read, true);
        }
    }
    needed
}

/// How many minutes pass between two reads of what is needed in the background, so that it costs no more than it may.
pub fn minutes_between(needed: &Needed) -> i64 {
    let background = needed.values().flat_map(BTreeMap::values).filter(|near| !**near).count() as u64;
    i64::try_from((background * 60).div_ceil(IN_BACKGROUND).max(1)).unwrap_or(i64::MAX)
}

/// Whether `series` can hold something new at `now`. Reads fall on the same moments whenever they began, so that they
/// leave together; `offset` seconds spread the scopes.
pub fn is_due(series: Option<&Series>, seconds_between: i64, offset: i64, now: Timestamp) -> bool {
    let Some(covered) = series.and_then(|it| it.covered) else { return true };
    let turn = |at: Timestamp| (at.as_second() + offset).div_euclid(seconds_between.max(1));
    turn(covered.to) < turn(now)
}

/// The minutes that a read of this series must go back: to the periods that may have been revised since, or to the
/// beginning where nothing is known.
pub fn minutes_missing(read: &MetricRead, series: Option<&Series>, now: Timestamp) -> u32 {
    let whole = minutes_kept(read.period_seconds);
    let Some(covered) = series.and_then(|it| it.covered) else { return whole };
    let revised = SignedDuration::from_secs(i64::from(read.period_seconds) * 2) + PUBLISHING_DELAY;
    let missing = now.duration_since(covered.to) + revised;
    u32::try_from(missing.as_secs().max(0).cast_unsigned().div_ceil(60)).unwrap_or(u32::MAX).min(whole)
}

/// Forgets what is older than any chart shows, and series that have not been needed for a while.
pub fn forget(app: &mut App, scope: &Scope) {
    let now = app.now;
    let needed: BTreeSet<MetricRead> = needed(app).remove(scope).unwrap_or_default().into_keys().collect();
    let Some(known) = app.estate.scopes.get_mut(scope).and_then(|it| it.metrics.value_mut()) else { return };
    known.retain(|read, series| {
        let recent = series.covered.is_some_and(|it| now.duration_since(it.to) < KEPT);
        recent || needed.contains(read)
    });
    for (read, series) in known {
        let kept = SignedDuration::from_mins(i64::from(minutes_kept(read.period_seconds)) + 1);
        series.forget_before(now.saturating_sub(kept).unwrap_or(Timestamp::MIN));
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Needed, is_due, minutes_between, minutes_missing};
    use crate::domain::{
        id::Scope,
        metric::{MetricName, MetricRead, Series, Span},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn read_until(second: i64) -> Series {
        let to = at(second);
        let from = to - SignedDuration::from_hours(3);
        Series { points: Vec::new(), covered: Some(Span { from, to }) }
    }

    fn read(period_seconds: u32, name: &str) -> MetricRead {
        MetricRead { metric: MetricName::new("N", name, &[]), statistic: "Average".into(), period_seconds }
    }

    #[test]
    fn a_series_is_asked_for_once_in_each_of_its_periods() {
        let known = read_until(1_000_005);
        let due: Vec<i64> = (5..300).filter(|it| is_due(Some(&known), 60, 0, at(1_000_000 + it))).take(1).collect();
        // 1 000 020 is where the next minute begins.
        assert_eq!(due, [20]);
        assert!(!is_due(Some(&known), 60, 40, at(1_000_020)) && is_due(Some(&known), 60, 40, at(1_000_040)));
        assert!(!is_due(Some(&known), 300, 0, at(1_000_199)) && is_due(Some(&known), 300, 0, at(1_000_200)));
        assert!(is_due(None, 60, 0, at(0)) && is_due(Some(&Series::default()), 60, 0, at(0)));
    }

    #[test]
    fn only_the_missing_tail_and_what_may_be_revised_is_asked_for() {
        let known = read_until(1_000_000);
        let missing = |period, seconds: i64| minutes_missing(&read(period, "a"), Some(&known), at(1_000_000 + seconds));
        assert_eq!([missing(60, 60), missing(60, 61), missing(300, 300)], [6, 7, 18]);
        assert_eq!([missing(60, 100_000), missing(300, 20_000)], [180, 347]);
        assert_eq!(minutes_missing(&read(60, "a"), None, at(0)), 180);
        assert_eq!(minutes_missing(&read(300, "a"), Some(&Series::default()), at(0)), 1440);
    }

    #[test]
    fn many_series_are_asked_for_less_often_so_that_they_cost_no_more() {
        let needed = |count: usize, near: bool| {
            let reads = (0..count).map(|it| (read(60, &it.to_string()), near)).collect();
            Needed::from([(Scope::new("a", "eu-west-1"), reads)])
        };
        let minutes = [0, 1, 166, 167, 3_400].map(|count| minutes_between(&needed(count, false)));
        assert_eq!(minutes, [1, 1, 1, 2, 21]);
        assert_eq!(minutes_between(&needed(3_400, true)), 1);
    }
}
