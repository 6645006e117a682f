//! A series in a few cells of text: `▁▂▅█▃`, a blank where nothing is known.

use jiff::{SignedDuration, Timestamp};

use crate::domain::metric::Series;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `span` of a series in `cells` cells, each the highest value of its time, on a scale from 0 to `top` or to
/// the highest value where that is more.
pub fn spark(series: &Series, now: Timestamp, span: SignedDuration, cells: usize, top: f64) -> String {
    let from = now.saturating_sub(span).unwrap_or(Timestamp::MIN);
    let mut highest: Vec<Option<f64>> = vec![None; cells];
    for (at, value) in series.since(from) {
        let share = at.duration_since(from).as_secs_f64() / span.as_secs_f64().max(1.0);
        let cell = ((share * cells as f64) as usize).min(cells.saturating_sub(1));
        if let Some(known) = highest.get_mut(cell) {
            *known = Some(known.map_or(*value, |it| it.max(*value)));
        }
    }
    let top = highest.iter().flatten().copied().fold(top, f64::max);
    let bar = |value: f64| {
        let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
        BARS[((share * BARS.len() as f64) as usize).min(BARS.len() - 1)]
    };
    highest.into_iter().map(|it| it.map_or(' ', bar)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Series, spark};

    fn drawn(points: &[(i64, f64)], top: f64) -> String {
        let at = |minute: i64| Timestamp::from_second(minute * 60).expect("a time");
        let points = points.iter().map(|(minute, value)| (at(*minute), *value)).collect();
        spark(&Series { points, covered: None }, at(60), SignedDuration::from_hours(1), 6, top)
    }

    #[test]
    fn the_highest_value_of_each_cell_is_drawn_and_gaps_are_blank() {
        assert_eq!(drawn(&[(0, 0.0), (5, 50.0), (15, 100.0), (25, 12.0), (45, 70.0), (59, 99.0)], 100.0), "▅█▁ ▆█");
        assert_eq!(drawn(&[], 100.0), "      ");
    }

    #[test]
    fn a_scale_is_kept_where_there_is_little_and_grows_where_there_is_much() {
        assert_eq!(drawn(&[(0, 3.0), (10, 6.0)], 100.0), "▁▁    ");
        assert_eq!(drawn(&[(0, 3.0), (10, 6.0)], 0.0), "▅█    ");
        assert_eq!(drawn(&[(0, 0.0), (10, 0.0)], 0.0), "▁▁    ");
    }
}
