//! The last hour of a figure in a cell: a sparkline, and where it stands.
//!
//! Invariant: a trend is as wide whatever it shows, so that columns stay where they are.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    app::{charts::spark::spark, table::Cell, words},
    domain::metric::{Series, Span},
    metrics::{Measure, window::FINE},
    theme::Role,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Cells of the sparkline.
pub const CELLS: usize = 10;

/// The last hour of a series, drawn up to `top` or its highest value, and its newest value that will not change any more
/// with `unit` behind it; `None` while that is not known.
pub fn cell(series: &Series, measure: Measure, now: Timestamp, top: f64, unit: &str) -> Option<Cell> {
    let (_, value) = series.settled(FINE, now)?;
    let value = measure.shown(value, FINE);
    let drawn = spark(series, now, HOUR, CELLS, top);
    Some(Cell::number(format!("{drawn} {}{unit}", words::figure(measure.unit(), value)), value, Role::Text))
}

/// Series of counts, added up; where nothing was counted in any of them there is nothing. What one of them does not cover
/// is not covered.
pub fn sum<'a>(series: impl Iterator<Item = &'a Series>) -> Series {
    let mut points: BTreeMap<Timestamp, f64> = BTreeMap::new();
    let mut covered: Option<Option<Span>> = None;
    for one in series {
        for (at, value) in &one.points {
            *points.entry(*at).or_default() += value;
        }
        covered = Some(match (covered, one.covered) {
            (None, span) => span,
            (Some(Some(all)), Some(span)) => Some(Span { from: all.from.max(span.from), to: all.to.min(span.to) }),
            _ => None,
        });
    }
    let covered = covered.flatten();
    // The newest minute of the one may not have come of the other yet.
    let points = points.into_iter().filter(|(at, _)| covered.is_none_or(|it| *at < it.to)).collect();
    Series { points, covered }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Series, Span, cell, sum};
    use crate::metrics::Measure;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).expect("a time")
    }

    fn series(points: &[(i64, f64)], to: i64) -> Series {
        let covered = Some(Span { from: at(0), to: at(to) });
        Series { points: points.iter().map(|(minute, value)| (at(*minute), *value)).collect(), covered }
    }

    #[test]
    fn counts_are_added_up_as_far_as_all_of_them_are_known() {
        let (one, other) = (series(&[(1, 60.0), (2, 120.0), (9, 5.0)], 10), series(&[(2, 60.0), (3, 30.0)], 8));
        let sum = sum([&one, &other].into_iter());
        assert_eq!(sum, series(&[(1, 60.0), (2, 180.0), (3, 30.0)], 8));
    }

    #[test]
    fn a_trend_is_as_wide_whatever_it_shows() {
        let shown =
            |points| cell(&series(points, 60), Measure::Requests, at(70), 0.0, "").expect("known").text.to_string();
        assert_eq!(shown(&[(20, 600.0), (50, 1200.0)]).trim_start(), "▅    █    20/s");
        let width = |points| shown(points).chars().take_while(|it| !it.is_ascii_digit()).count();
        assert_eq!(width(&[(50, 1.0)]), width(&[(20, 600.0), (50, 1200.0)]));
        assert!(cell(&series(&[], 60), Measure::Requests, at(70), 0.0, "").is_none());
    }
}
