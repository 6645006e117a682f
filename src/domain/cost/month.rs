//! Months of the bill. Days are UTC, as AWS bills them.

use std::fmt;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A month, by its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(Date);

impl Month {
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// The month that is under way at `now`.
    pub fn current(now: Timestamp) -> Self {
        Self::of(day_of(now))
    }

    /// As `2026-11`; the message says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_shaped = text.len() == 7 && text.is_ascii();
        let first = is_shaped.then(|| format!("{text}-01").parse::<Date>().ok()).flatten();
        first.map(Self).ok_or_else(|| format!("{text:?} is no month, as 2026-11"))
    }

    pub fn first(self) -> Date {
        self.0
    }

    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// The day after its last.
    pub fn end(self) -> Date {
        self.next().0
    }

    pub fn days(self) -> i64 {
        i64::from(self.0.days_in_month())
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }

    pub fn holds(self, day: Date) -> bool {
        Self::of(day) == self
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// The day, in UTC, that a moment lies in.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// When a day begins.
pub fn start_of(day: Date) -> Timestamp {
    // A day that no timestamp can tell is beyond every bill.
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |it| it.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Month, day_of, start_of};

    #[test]
    fn months_follow_one_another_over_the_year() {
        let december = Month::of(date(2026, 12, 31));
        assert_eq!(
            (december.first(), december.last(), december.end()),
            (date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1))
        );
        assert_eq!(
            (december.next().to_string(), december.previous().to_string()),
            ("2027-01".into(), "2026-11".into())
        );
        assert_eq!(Month::of(date(2028, 2, 3)).days(), 29);
    }

    #[test]
    fn a_month_is_read_as_it_is_written() {
        assert_eq!(Month::parse("2026-11").map(|it| it.to_string()), Ok("2026-11".to_owned()));
        for wrong in ["2026-13", "2026-1", "26-11", "2026-11-01", "", "november"] {
            assert_eq!(Month::parse(wrong), Err(format!("{wrong:?} is no month, as 2026-11")));
        }
    }

    #[test]
    fn days_are_utc() {
        let moment = "2026-11-20T23:59:59Z".parse().unwrap();
        assert_eq!(day_of(moment), date(2026, 11, 20));
        assert_eq!(start_of(date(2026, 11, 21)).duration_since(moment).as_secs(), 1);
    }
}
