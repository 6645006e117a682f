//! Metrics and the series read of them (GetMetricData).

use jiff::{SignedDuration, Timestamp};

use super::text::SafeText;

/// How late metrics that AWS publishes appear, and how long their newest period is still revised.
pub const PUBLISHING_DELAY: SignedDuration = SignedDuration::from_mins(3);

/// Namespace, name and dimensions (sorted by name).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName {
    pub namespace: SafeText,
    pub name: SafeText,
    pub dimensions: Vec<(SafeText, SafeText)>,
}

impl MetricName {
    /// The metric with these dimensions, in whatever order.
    pub fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let mut dimensions: Vec<_> = dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        dimensions.sort();
        Self { namespace: namespace.into(), name: name.into(), dimensions }
    }
}

/// What is read of a metric: each costs as one metric requested.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricRead {
    pub metric: MetricName,
    /// `Average`, `Sum`, `Maximum`, `p95` …
    pub statistic: SafeText,
    pub period_seconds: u32,
}

/// From a moment on, up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Values oldest first, at the start of their period; periods without data are not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    pub points: Vec<(Timestamp, f64)>,
    /// What has been read in full: a period in it without a point has no data. `None` where pages are missing.
    pub covered: Option<Span>,
}

impl Series {
    /// The newest value and the start of its period.
    pub fn latest(&self) -> Option<(Timestamp, f64)> {
        self.points.last().copied()
    }

    /// The points of the periods that begin at `from` or later.
    pub fn since(&self, from: Timestamp) -> &[(Timestamp, f64)] {
        &self.points[self.points.partition_point(|(at, _)| *at < from)..]
    }

    /// Whether the newest point, of a period of so many seconds, may still change.
    pub fn is_newest_partial(&self, period_seconds: u32, now: Timestamp) -> bool {
        let revised_for = SignedDuration::from_secs(i64::from(period_seconds)) + PUBLISHING_DELAY;
        self.latest().is_some_and(|(at, _)| now.duration_since(at) < revised_for)
    }

    /// The newest value that will not change any more, and the start of its period.
    pub fn settled(&self, period_seconds: u32, now: Timestamp) -> Option<(Timestamp, f64)> {
        let last = self.points.len().checked_sub(1 + usize::from(self.is_newest_partial(period_seconds, now)))?;
        self.points.get(last).copied()
    }

    /// Lays what a later read brought over what is known. What was read in full replaces what was known of its time;
    /// what came in part only adds. Where the two leave a gap between them, what was before it is forgotten.
    pub fn lay(&mut self, newer: Self) {
        let Some(span) = newer.covered else {
            for (at, value) in newer.points {
                match self.points.binary_search_by_key(&at, |(at, _)| *at) {
                    Ok(index) => self.points[index].1 = value,
                    Err(index) => self.points.insert(index, (at, value)),
                }
            }
            return;
        };
        let before = self.covered.filter(|known| span.from <= known.to);
        let kept = self.points.partition_point(|(at, _)| *at < span.from);
        self.points.truncate(kept);
        if before.is_none() {
            self.points.clear();
        }
        self.points.extend(newer.points);
        let from = before.map_or(span.from, |known| known.from.min(span.from));
        self.covered = Some(Span { from, to: span.to });
    }

    /// Forgets the periods that began before `at`.
    pub fn forget_before(&mut self, at: Timestamp) {
        let old = self.points.partition_point(|(point, _)| *point < at);
        self.points.drain(..old);
        self.covered = self.covered.map(|it| Span { from: it.from.max(at).min(it.to), ..it });
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Series, Span};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).expect("a time")
    }

    /// A series of these minutes and values, read from the one minute up to the other.
    fn series(points: &[(i64, f64)], covered: Option<(i64, i64)>) -> Series {
        Series {
            points: points.iter().map(|(minute, value)| (at(*minute), *value)).collect(),
            covered: covered.map(|(from, to)| Span { from: at(from), to: at(to) }),
        }
    }

    #[test]
    fn the_tail_replaces_what_was_known_of_its_time_and_keeps_the_rest() {
        let mut known = series(&[(0, 1.0), (1, 2.0), (2, 0.5)], Some((0, 3)));
        known.lay(series(&[(2, 3.0), (4, 5.0)], Some((2, 5))));
        assert_eq!(known, series(&[(0, 1.0), (1, 2.0), (2, 3.0), (4, 5.0)], Some((0, 5))));
        // A point that AWS has taken back is gone.
        known.lay(series(&[], Some((4, 6))));
        assert_eq!(known, series(&[(0, 1.0), (1, 2.0), (2, 3.0)], Some((0, 6))));
    }

    #[test]
    fn what_lies_before_a_gap_in_the_reading_is_forgotten() {
        let mut known = series(&[(0, 1.0)], Some((0, 2)));
        known.lay(series(&[(9, 4.0)], Some((5, 10))));
        assert_eq!(known, series(&[(9, 4.0)], Some((5, 10))));
    }

    #[test]
    fn a_part_of_an_answer_adds_and_claims_nothing() {
        let mut known = series(&[(0, 1.0), (2, 3.0)], Some((0, 3)));
        known.lay(series(&[(1, 2.0), (2, 4.0)], None));
        assert_eq!(known, series(&[(0, 1.0), (1, 2.0), (2, 4.0)], Some((0, 3))));
    }

    #[test]
    fn the_newest_point_is_settled_once_its_period_and_the_delay_are_over() {
        let known = series(&[(0, 1.0), (1, 2.0)], Some((0, 2)));
        assert_eq!(known.settled(60, at(4)), Some((at(0), 1.0)));
        assert_eq!(known.settled(60, at(5)), Some((at(1), 2.0)));
        assert_eq!(series(&[(0, 1.0)], None).settled(300, at(7)), None);
    }

    #[test]
    fn old_points_are_forgotten_with_the_claim_to_them() {
        let mut known = series(&[(0, 1.0), (1, 2.0), (2, 3.0)], Some((0, 3)));
        known.forget_before(at(2));
        assert_eq!(known, series(&[(2, 3.0)], Some((2, 3))));
        assert_eq!(known.since(at(3)), &[]);
    }
}
