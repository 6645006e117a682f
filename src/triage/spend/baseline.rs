//! What a day usually costs: the median of the same weekday of the weeks before, so that neither weekends nor single odd
//! days are news.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;

/// With fewer of the same weekday, the days just before are looked at, whatever they are; with fewer of those, nothing is
/// said.
const WEEKDAYS: usize = 3;
const DAYS: usize = 7;
/// So many days just before.
const LOOKED_AT: usize = 14;

/// A day is odd that costs more by three times what days usually stray, by half as much again as they ever did but for one
/// of them, by three tenths of what is usual, and by one unit of the currency at least.
const STRAYS: Decimal = Decimal::from_parts(3, 0, 0, false, 0);
const WIDEST: Decimal = Decimal::from_parts(15, 0, 0, false, 1);
const SHARE: Decimal = Decimal::from_parts(3, 0, 0, false, 1);
const LEAST: Decimal = Decimal::ONE;
/// The standard deviation is so many times the median absolute deviation.
const PER_DEVIATION: Decimal = Decimal::from_parts(14_826, 0, 0, false, 4);

/// What a day may be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The days that it rests on, oldest first.
    pub days: Vec<Date>,
    /// The day that all of them are; `None` where they are the days just before.
    pub weekday: Option<Weekday>,
    /// The median of what they cost.
    pub usual: Decimal,
    /// Between what they lay.
    pub least: Decimal,
    pub most: Decimal,
    /// By how much a day usually strays, and by how much the one did that strayed second most.
    stray: Decimal,
    widest: Decimal,
}

impl Baseline {
    /// The baseline of `day` by the days of `costs` before it, each of which is complete. A day without an entry cost
    /// nothing where it lies after the first.
    pub fn of(costs: &BTreeMap<Date, Decimal>, day: Date) -> Option<Self> {
        let before: Vec<(Date, Decimal)> = costs.range(..day).map(|(date, cost)| (*date, *cost)).collect();
        let same: Vec<_> = before.iter().copied().filter(|(date, _)| date.weekday() == day.weekday()).collect();
        let (samples, weekday) = if same.len() >= WEEKDAYS {
            (same, Some(day.weekday()))
        } else {
            (before[before.len().saturating_sub(LOOKED_AT)..].to_vec(), None)
        };
        if samples.len() < DAYS && weekday.is_none() {
            return None;
        }
        let amounts: Vec<Decimal> = samples.iter().map(|(_, cost)| *cost).collect();
        let usual = median(&amounts);
        let mut deviations: Vec<Decimal> = amounts.iter().map(|it| (*it - usual).abs()).collect();
        deviations.sort_unstable();
        Some(Self {
            days: samples.into_iter().map(|(date, _)| date).collect(),
            weekday,
            usual,
            least: amounts.iter().min().copied().unwrap_or_default(),
            most: amounts.iter().max().copied().unwrap_or_default(),
            stray: median(&deviations) * PER_DEVIATION,
            widest: deviations.iter().rev().nth(1).copied().unwrap_or_default(),
        })
    }

    /// Whether a day that cost so much is news.
    pub fn is_exceeded_by(&self, cost: Decimal) -> bool {
        let over = cost - self.usual;
        over >= LEAST && over > self.stray * STRAYS && over > self.widest * WIDEST && over > self.usual * SHARE
    }

    /// As `a Thursday`, or `a day`.
    pub fn kind(&self) -> &'static str {
        match self.weekday {
            Some(Weekday::Monday) => "a Monday",
            Some(Weekday::Tuesday) => "a Tuesday",
            Some(Weekday::Wednesday) => "a Wednesday",
            Some(Weekday::Thursday) => "a Thursday",
            Some(Weekday::Friday) => "a Friday",
            Some(Weekday::Saturday) => "a Saturday",
            Some(Weekday::Sunday) => "a Sunday",
            None => "a day",
        }
    }
}

/// The middle of some amounts, or between the two in the middle; zero of none.
pub fn median(amounts: &[Decimal]) -> Decimal {
    let mut sorted = amounts.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => Decimal::ZERO,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / Decimal::TWO,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};
    use proptest::prelude::*;

    use super::*;

    /// Days from Sunday, 1 November 2026, that cost so many cents.
    fn costs(cents: &[i64]) -> BTreeMap<Date, Decimal> {
        let days = (0..).map(|at: i64| date(2026, 11, 1).saturating_add(at.days()));
        days.zip(cents).map(|(day, cents)| (day, Decimal::new(*cents, 2))).collect()
    }

    fn after(days: i64) -> Date {
        date(2026, 11, 1).saturating_add(days.days())
    }

    #[test]
    fn a_day_is_compared_with_the_same_weekday() {
        // Four weeks: Sundays cost one, the others ten.
        let cents: Vec<i64> = (0..28).map(|at| if at % 7 == 0 { 100 } else { 1_000 }).collect();
        let sunday = Baseline::of(&costs(&cents), after(28)).unwrap();
        assert_eq!((sunday.kind(), sunday.usual, sunday.days.len()), ("a Sunday", Decimal::new(1, 0), 4));
        assert!(sunday.is_exceeded_by(Decimal::new(10, 0)));
        let monday = Baseline::of(&costs(&cents), after(29)).unwrap();
        assert_eq!((monday.kind(), monday.usual), ("a Monday", Decimal::new(10, 0)));
        assert!(!monday.is_exceeded_by(Decimal::new(1_299, 2)));
    }

    #[test]
    fn a_short_past_is_compared_by_days_and_a_shorter_one_not_at_all() {
        let week = Baseline::of(&costs(&[1_000; 9]), after(9)).unwrap();
        assert_eq!((week.kind(), week.weekday, week.days.len()), ("a day", None, 9));
        assert_eq!(Baseline::of(&costs(&[1_000; 6]), after(6)), None);
        assert_eq!(Baseline::of(&BTreeMap::new(), after(6)), None);
    }

    #[test]
    fn one_odd_day_among_those_before_changes_little() {
        let mut cents = vec![1_000; 35];
        cents[14] = 90_000;
        let sunday = Baseline::of(&costs(&cents), after(35)).unwrap();
        assert_eq!((sunday.usual, sunday.most), (Decimal::new(10, 0), Decimal::new(900, 0)));
        assert!(sunday.is_exceeded_by(Decimal::new(14, 0)));
    }

    #[test]
    fn small_money_and_what_strays_anyway_are_no_news() {
        let cheap = Baseline::of(&costs(&[5; 28]), after(28)).unwrap();
        assert!(!cheap.is_exceeded_by(Decimal::new(104, 2)) && cheap.is_exceeded_by(Decimal::new(105, 2)));
        let cents: Vec<i64> = (0..35).map(|at| if at / 7 % 2 == 0 { 800 } else { 1_600 }).collect();
        let wild = Baseline::of(&costs(&cents), after(35)).unwrap();
        assert!(!wild.is_exceeded_by(Decimal::new(17, 0)), "{wild:?}");
    }

    #[test]
    fn the_middle_is_that_of_sorted_amounts() {
        let of = |cents: &[i64]| median(&cents.iter().map(|it| Decimal::new(*it, 2)).collect::<Vec<_>>());
        assert_eq!([of(&[]), of(&[3]), of(&[9, 1]), of(&[9, 1, 3])], [0, 300, 500, 300].map(|it| Decimal::new(it, 4)));
    }

    proptest! {
        /// Days that stay within a quarter of one another are never news, however long the past.
        #[test]
        fn an_even_course_is_silent(cents in prop::collection::vec(1_000_i64..1_250, 8..60)) {
            let costs = costs(&cents);
            for (day, cost) in &costs {
                if let Some(baseline) = Baseline::of(&costs, *day) {
                    prop_assert!(!baseline.is_exceeded_by(*cost), "{} on {}: {:?}", cost, day, baseline);
                }
            }
        }
    }
}
