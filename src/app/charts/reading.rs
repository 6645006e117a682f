//! The cursor that reads a chart: it stands on a period, and stays there while time goes on.

use jiff::{SignedDuration, Timestamp};

use crate::app::App;

/// The start of the period that is read: where the cursor was put, else the newest that the chart has.
pub fn at(app: &App) -> Timestamp {
    let (oldest, newest) = bounds(app);
    app.reading.map_or(newest, |it| aligned(it, period(app)).clamp(oldest, newest))
}

/// Moves the cursor by so many periods; at the newest it follows the time again.
pub fn step(app: &mut App, by: i32) {
    let (oldest, newest) = bounds(app);
    let moved = at(app).saturating_add(period(app) * by).unwrap_or(if by < 0 { oldest } else { newest });
    let moved = moved.clamp(oldest, newest);
    app.reading = (moved < newest).then_some(moved);
}

fn period(app: &App) -> SignedDuration {
    SignedDuration::from_secs(i64::from(app.window.period()))
}

/// The oldest and the newest period that can be read.
fn bounds(app: &App) -> (Timestamp, Timestamp) {
    let period = period(app);
    let start = app.now.saturating_sub(app.window.span()).unwrap_or(Timestamp::MIN);
    let oldest = aligned(start, period).saturating_add(period).unwrap_or(start);
    let newest = app.charts.first().and_then(|chart| {
        let known = app.estate.scope(&chart.subject.scope)?;
        chart.reads(app).filter_map(|read| known.series(&read)?.latest()).map(|(at, _)| at).max()
    });
    (oldest, newest.unwrap_or_else(|| aligned(app.now, period)).max(oldest))
}

/// The start of the period that holds `at`.
fn aligned(at: Timestamp, period: SignedDuration) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(period.as_secs().max(1))).unwrap_or(at)
}
