//! What sessions will be in the next hours: the same hours yesterday, scaled by how today compares with yesterday so far.
//!
//! The history may be in any unit that grows with the sessions (sums of a metric that each gateway publishes): only its
//! shape counts. How far the method was off is tried on the past day.

use jiff::{SignedDuration, Timestamp};

/// Sessions over the day so far and in the next hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The hours to come, as sessions expected in the middle of each.
    pub hours: Vec<(Timestamp, f64)>,
    /// Mean error of the same forecast for the past day, as a ratio of 1; `None` where the history is too short to try it.
    pub error: Option<f64>,
}

/// Hours that are looked ahead.
pub const AHEAD: i64 = 6;
/// What a moment is judged by: half an hour before and after it.
const AROUND: SignedDuration = SignedDuration::from_mins(30);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Fewer tries than these say nothing of how good it is.
const LEAST_TRIES: usize = 6;

/// The forecast from `history`, oldest first, at `now` with so many sessions open; `None` where yesterday is not known.
pub fn forecast(history: &[(Timestamp, f64)], now: Timestamp, sessions: f64) -> Option<Forecast> {
    let then = around(history, now.checked_sub(DAY).ok()?)?;
    if then <= 0.0 {
        return None;
    }
    let ratio = sessions / then;
    let hour = |ahead: i64| {
        let at = now.checked_add(SignedDuration::from_hours(ahead)).ok()?;
        Some((at, around(history, at.checked_sub(DAY).ok()?)? * ratio))
    };
    let hours: Vec<_> = (1..=AHEAD).map_while(hour).collect();
    (!hours.is_empty()).then(|| Forecast { hours, error: error(history, now) })
}

impl Forecast {
    /// The most that is expected, and when.
    pub fn most(&self) -> Option<(Timestamp, f64)> {
        self.hours.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The highest value of the past day and when it was, in the unit in which so many `sessions` are open now.
pub fn peak(history: &[(Timestamp, f64)], now: Timestamp, sessions: f64) -> Option<(Timestamp, f64)> {
    let level = history.iter().rev().take(2).map(|(_, value)| *value).sum::<f64>() / history.len().min(2) as f64;
    let day = history.iter().filter(|(at, _)| now.duration_since(*at) <= DAY);
    let (at, most) = day.copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (level > 0.0).then(|| (at, (most / level * sessions).max(sessions)))
}

/// The mean of what is known around a moment; `None` where nothing is.
fn around(history: &[(Timestamp, f64)], at: Timestamp) -> Option<f64> {
    let (mut sum, mut number) = (0.0, 0_u32);
    for (_, value) in history.iter().filter(|(it, _)| it.duration_since(at).abs() <= AROUND) {
        (sum, number) = (sum + value, number + 1);
    }
    (number > 0).then(|| sum / f64::from(number))
}

/// How far the forecasts of the past day, made so many hours before, were off on average.
fn error(history: &[(Timestamp, f64)], now: Timestamp) -> Option<f64> {
    let mut errors = Vec::new();
    for ago in 0..24 {
        for ahead in 1..=AHEAD {
            let value = |hours: i64| {
                let at = now.checked_sub(SignedDuration::from_hours(hours)).ok()?;
                around(history, at).filter(|it| *it > 0.0)
            };
            let (made, told) = (ago + ahead, ago);
            let tried = value(made).zip(value(made + 24)).zip(value(told).zip(value(told + 24)));
            if let Some(((made, before), (came, told))) = tried {
                errors.push((told * made / before - came).abs() / came);
            }
        }
    }
    (errors.len() >= LEAST_TRIES).then(|| errors.iter().sum::<f64>() / errors.len() as f64)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{forecast, peak};

    fn now() -> Timestamp {
        "2026-03-03T10:00:00Z".parse().expect("a time")
    }

    /// Quarters of an hour of the past `hours`, as `value` has them by the hour of the day and how many days ago.
    fn history(hours: i64, value: impl Fn(f64, i64) -> f64) -> Vec<(Timestamp, f64)> {
        let quarters = (1..=hours * 4).rev();
        quarters
            .map(|quarter| {
                let at = now() - SignedDuration::from_mins(15 * quarter);
                let hour = at.as_second().rem_euclid(86_400) as f64 / 3600.0;
                (at, value(hour, now().duration_since(at).as_hours() / 24))
            })
            .collect()
    }

    /// A day that rises to noon and falls again.
    fn day(hour: f64) -> f64 {
        1000.0 + 500.0 * (1.0 - (hour - 12.0).abs() / 12.0)
    }

    #[test]
    fn the_same_hours_yesterday_are_scaled_by_today() {
        // Today there is half as much again as yesterday, in whatever unit.
        let told = forecast(&history(48, |hour, _| day(hour)), now(), 30.0).expect("yesterday is known");
        assert_eq!(told.hours.len(), 6);
        let per_session = day(10.0) / 30.0;
        for (at, sessions) in &told.hours {
            let hour = at.as_second().rem_euclid(86_400) as f64 / 3600.0;
            assert!((sessions - day(hour) / per_session).abs() < 0.5, "{at}: {sessions}");
        }
        let (at, most) = told.most().expect("hours");
        assert_eq!(at, now() + SignedDuration::from_hours(2), "noon");
        assert!(most > 30.0);
        assert!(told.error.expect("two days") < 0.01, "each day is like the other");
    }

    #[test]
    fn days_that_differ_show_in_the_error() {
        let odd = history(48, |hour, days| if days == 0 && hour >= 5.0 { day(hour) * 2.0 } else { day(hour) });
        let error = forecast(&odd, now(), 30.0).expect("yesterday is known").error.expect("two days");
        assert!(error > 0.1, "{error}");
    }

    #[test]
    fn without_yesterday_nothing_is_told_and_with_one_day_no_error() {
        assert_eq!(forecast(&history(12, |hour, _| day(hour)), now(), 30.0), None);
        assert_eq!(forecast(&[], now(), 30.0), None);
        let one_day = forecast(&history(24, |hour, _| day(hour)), now(), 30.0).expect("yesterday is known");
        assert_eq!(one_day.error, None);
    }

    #[test]
    fn the_peak_of_the_day_is_in_sessions() {
        let (at, most) = peak(&history(24, |hour, _| day(hour)), now(), 30.0).expect("a day");
        assert_eq!(at, "2026-03-02T12:00:00Z".parse().expect("a time"));
        assert!((most - 30.0 * day(12.0) / day(9.6)).abs() < 1.0, "{most}");
        assert_eq!(peak(&[], now(), 30.0), None);
    }
}
