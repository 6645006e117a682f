//! What has been billed, day by day (ce:GetCostAndUsage).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::month::{Month, day_of};
use crate::domain::{money::Currency, text::SafeText};

/// AWS goes on adding to a day for so long after its end: the bill is brought up to date at least once a day, and some
/// services report late.
pub const SETTLES: SignedDuration = SignedDuration::from_hours(30);

/// Months before the one under way that Cost Explorer tells of by the day.
const KEPT: i64 = 13;

/// The days before the end of what is told that daily bars need.
const BARS: i64 = 30;

/// Unblended cost and usage by day, service and usage type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    pub currency: Currency,
    /// The first day asked about.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// Days without any cost may be missing.
    pub days: BTreeMap<Date, Day>,
    /// Pages that it took, each of them paid.
    pub pages: u32,
}

/// What one day has been billed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// AWS calls it an estimate: until the month's invoice is final.
    pub estimated: bool,
    pub lines: Vec<Line>,
}

/// One usage type of one service on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// As Cost Explorer shows it: `EC2 - Other`.
    pub service: SafeText,
    /// As `EUW2-NatGateway-Hours`.
    pub usage_type: SafeText,
    pub cost: Decimal,
    /// In the usage type's own unit (hours, GB, requests).
    pub quantity: Decimal,
    /// That unit's word on the wire: `Hrs`, `GB`, `N/A` …
    pub unit: SafeText,
}

impl Day {
    pub fn cost(&self) -> Decimal {
        self.lines.iter().map(|it| it.cost).sum()
    }
}

impl Bill {
    /// The days to ask about for what is told of `month` at `now`, the end exclusive: the month up to today, the one
    /// before it, and what daily bars need, as far as Cost Explorer keeps them. `None` for a month that has not begun, and
    /// for one that is no longer kept.
    pub fn range(month: Month, now: Timestamp) -> Option<(Date, Date)> {
        let today = day_of(now);
        let until = month.end().min(today.saturating_add(1.day()));
        let wanted = month.previous().first().min(until.saturating_sub(BARS.days()));
        let oldest = Self::oldest(now);
        let is_told = month >= oldest && month.first() <= today;
        is_told.then(|| (wanted.max(oldest.first()), until))
    }

    /// The first month that Cost Explorer can still be asked about by the day. (It keeps 38 months as whole months where that
    /// is switched on, and no days of those.)
    pub fn oldest(now: Timestamp) -> Month {
        Month::of(Month::current(now).first().saturating_sub(KEPT.months()))
    }

    /// Whether anything at all was billed.
    pub fn has_lines(&self) -> bool {
        self.days.values().any(|it| !it.lines.is_empty())
    }

    /// The days of `month` that are told of, oldest first.
    pub fn days_of(&self, month: Month) -> impl Iterator<Item = (Date, &Day)> {
        self.days.range(month.first()..month.end()).map(|(date, day)| (*date, day))
    }

    /// The lines of some days.
    pub fn lines(&self, from: Date, until: Date) -> impl Iterator<Item = &Line> {
        let days = (from < until).then(|| self.days.range(from..until)).into_iter().flatten();
        days.flat_map(|(_, day)| &day.lines)
    }

    /// What some days cost together.
    pub fn cost(&self, from: Date, until: Date) -> Decimal {
        self.lines(from, until).map(|it| it.cost).sum()
    }
}

/// The first day that is not complete in data of that age: AWS may still add to it and to those after it.
pub fn first_unsettled(fetched_at: Timestamp) -> Date {
    day_of(fetched_at.saturating_sub(SETTLES).unwrap_or(Timestamp::MIN))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_asked_for_with_the_one_before_up_to_today() {
        let november = Month::of(date(2026, 11, 1));
        let range = |now| Bill::range(november, at(now));
        assert_eq!(range("2026-11-21T12:00:00Z"), Some((date(2026, 10, 1), date(2026, 11, 22))));
        assert_eq!(range("2026-11-30T23:59:59Z"), Some((date(2026, 10, 1), date(2026, 12, 1))));
        assert_eq!(range("2027-03-01T00:00:00Z"), Some((date(2026, 10, 1), date(2026, 12, 1))));
        assert_eq!(range("2026-10-31T23:59:59Z"), None);
        // February is too short for thirty days before the first of March.
        let march = Month::of(date(2027, 3, 1));
        assert_eq!(Bill::range(march, at("2027-03-01T06:00:00Z")), Some((date(2027, 1, 31), date(2027, 3, 2))));
    }

    #[test]
    fn no_more_is_asked_for_than_is_kept() {
        let now = at("2026-11-21T12:00:00Z");
        let range = |year, month| Bill::range(Month::of(date(year, month, 1)), now);
        assert_eq!(range(2025, 12), Some((date(2025, 11, 1), date(2026, 1, 1))));
        assert_eq!(range(2025, 11), Some((date(2025, 10, 1), date(2025, 12, 1))));
        // Nothing to compare with, and one day too few for the bars.
        assert_eq!(range(2025, 10), Some((date(2025, 10, 1), date(2025, 11, 1))));
        assert_eq!(Bill::oldest(now), Month::of(date(2025, 10, 31)));
        assert_eq!(range(2025, 9), None);
    }

    #[test]
    fn a_day_is_complete_thirty_hours_after_its_end() {
        assert_eq!(first_unsettled(at("2026-11-21T05:59:59Z")), date(2026, 11, 19));
        assert_eq!(first_unsettled(at("2026-11-21T06:00:00Z")), date(2026, 11, 20));
    }
}
