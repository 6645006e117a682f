//! The spans that series are shown and kept for, and the period that each is read with.

use jiff::SignedDuration;

/// How far back a chart looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    Hour,
    #[default]
    ThreeHours,
    Day,
}

/// Periods in seconds, and for how many days CloudWatch keeps points of them. A period finer than what is kept of a time
/// answers nothing at all.
const KEPT: [(u32, i64); 3] = [(60, 15), (300, 63), (3600, 455)];

/// More points than this are finer than any chart can show.
const MOST_POINTS: i64 = 300;

/// The period of the series that is read all the time, and how much of it is kept.
pub const FINE: u32 = 60;

/// The period of the series that forecasts rest on.
pub const LONG: u32 = 900;

/// How much of those is kept: the same hours of yesterday, and of the day before to tell how alike days are.
const LONG_MINUTES: u32 = 2 * 1440 + 60;

impl Window {
    pub const ALL: [Self; 3] = [Self::Hour, Self::ThreeHours, Self::Day];

    pub fn minutes(self) -> u32 {
        match self {
            Self::Hour => 60,
            Self::ThreeHours => 180,
            Self::Day => 1440,
        }
    }

    pub fn span(self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.minutes()))
    }

    /// As `3 h`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "1 h",
            Self::ThreeHours => "3 h",
            Self::Day => "24 h",
        }
    }

    /// The one that its key switches to.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Hour => Self::ThreeHours,
            Self::ThreeHours => Self::Day,
            Self::Day => Self::Hour,
        }
    }

    /// The period, in seconds, that its series are read with.
    pub fn period(self) -> u32 {
        period_for(self.span())
    }
}

/// The finest period that CloudWatch keeps for `span` and that does not make more points than a chart can show.
fn period_for(span: SignedDuration) -> u32 {
    let fits = |(period, days): &&(u32, i64)| {
        span <= SignedDuration::from_hours(24 * days) && span.as_secs() / i64::from(*period) <= MOST_POINTS
    };
    KEPT.iter().find(fits).map_or(KEPT[KEPT.len() - 1].0, |(period, _)| *period)
}

/// How much of a series of this period is kept, in minutes: the longest window that is read with it. A read costs the
/// same whatever its span, so that the shorter windows share it.
pub fn minutes_kept(period_seconds: u32) -> u32 {
    if period_seconds == LONG {
        return LONG_MINUTES;
    }
    let windows = Window::ALL.into_iter().filter(|it| it.period() == period_seconds);
    windows.map(Window::minutes).max().unwrap_or(Window::Day.minutes())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{FINE, Window, minutes_kept, period_for};

    #[test]
    fn each_window_has_a_period_that_cloudwatch_keeps_and_a_chart_can_show() {
        assert_eq!(Window::ALL.map(Window::period), [60, 60, 300]);
        let days = |days: i64| period_for(SignedDuration::from_hours(24 * days));
        assert_eq!([days(2), days(12), days(14), days(400)], [3600, 3600, 3600, 3600]);
        assert_eq!(period_for(SignedDuration::from_mins(299)), 60);
        assert_eq!(period_for(SignedDuration::from_mins(301)), 300);
    }

    #[test]
    fn windows_of_one_period_share_their_series() {
        assert_eq!((minutes_kept(FINE), minutes_kept(300)), (180, 1440));
    }

    #[test]
    fn the_key_goes_round_all_windows() {
        let mut window = Window::Hour;
        let round: Vec<&str> = (0..4)
            .map(|_| {
                let word = window.word();
                window = window.next();
                word
            })
            .collect();
        assert_eq!(round, ["1 h", "3 h", "24 h", "1 h"]);
    }
}
