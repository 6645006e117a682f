//! A month's bill in figures: so far, last month to the same day, at the rate of late, by item and by day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, civil::Date};
use rust_decimal::Decimal;

use crate::{
    domain::{
        cost::{
            bill::{Bill, Line, first_unsettled},
            forecast::Forecast,
            item::Item,
            month::{Month, day_of},
        },
        money::{Currency, Money, apportion},
    },
    stack::cost::Estimate,
};

/// Days that a run-rate is taken over: a whole week, since weekends differ.
pub const RATED_DAYS: i64 = 7;
/// Days that have a bar.
pub const BARS: i64 = 30;

/// What a month of a bill comes to. Amounts are as billed; those of items add up to those of the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub currency: Currency,
    pub month: Month,
    /// When AWS was asked.
    pub fetched_at: Timestamp,
    /// The last day that is counted: today, or the month's last.
    pub through: Date,
    /// AWS may still add to this day and those after it.
    pub unsettled_from: Date,
    /// AWS calls the month's figures an estimate: until the invoice.
    pub estimated: bool,
    /// There is no line of the month at all: it is not that it cost nothing.
    pub bare: bool,
    /// Of complete days alone; `None` while the month has none.
    pub settled: Option<Settled>,
    pub total: Figures,
    /// What costs most first.
    pub items: Vec<(Item, Figures)>,
    /// The last [`BARS`] days, oldest first.
    pub days: Vec<DaySum>,
}

/// The complete days of a month beside the same days of the month before: what may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The last of them.
    pub through: Date,
    pub to_date: Decimal,
    pub before: Decimal,
}

/// What one item, or everything, comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// In the month so far.
    pub to_date: Decimal,
    /// In the month before, up to the same day; `None` where Cost Explorer keeps no more of it.
    pub before: Option<Decimal>,
    /// In the month before altogether.
    pub whole_before: Option<Decimal>,
    /// In a month, if it goes on as in the last days that are complete; `None` where no day is.
    pub run_rate: Option<Decimal>,
    pub estimate: Option<Estimate>,
}

/// What one day cost.
#[derive(Debug, Clone, PartialEq)]
pub struct DaySum {
    pub date: Date,
    pub cost: Decimal,
    /// Nothing more is to be expected of it.
    pub settled: bool,
    /// By item, the largest first.
    pub items: Vec<(Item, Decimal)>,
}

impl Figures {
    /// How far the run-rate lies outside the estimate: above it, or (negative) below.
    pub fn gap(&self) -> Option<Decimal> {
        let (rate, estimate) = (self.run_rate?, self.estimate?);
        Some(match rate {
            rate if rate > estimate.most => rate - estimate.most,
            rate if rate < estimate.least => rate - estimate.least,
            _ => Decimal::ZERO,
        })
    }
}

/// The days, the end exclusive, that a run-rate is taken over.
pub fn rated_days(bill: &Bill, unsettled_from: Date) -> Option<(Date, Date)> {
    let until = unsettled_from.min(bill.until);
    let from = until.saturating_sub(RATED_DAYS.days()).max(bill.from);
    (from < until).then_some((from, until))
}

/// The days between two.
fn number_of(from: Date, until: Date) -> Decimal {
    Decimal::from(from.until(until).map_or(0, |span| span.get_days()))
}

impl Summary {
    /// What `month` comes to by a bill that was asked for at `fetched_at`.
    pub fn of(bill: &Bill, month: Month, fetched_at: Timestamp, estimate: &[(Item, Estimate)]) -> Self {
        let through = month.last().min(day_of(fetched_at));
        let unsettled_from = first_unsettled(fetched_at);
        let (to_date, all_to_date) = shared(bill, month.first(), through.saturating_add(1.day()));
        let previous = month.previous();
        let of_previous = |until: Date| (bill.from <= previous.first()).then(|| shared(bill, previous.first(), until));
        let before = of_previous(same_day(month, through).saturating_add(1.day()));
        let whole_before = of_previous(previous.end());
        let rate = rate(bill, month, unsettled_from);
        let named = estimate.iter().map(|(item, _)| *item);
        let others = [whole_before.as_ref(), rate.as_ref()].into_iter().flatten().flat_map(|(items, _)| items.keys());
        let items: BTreeSet<Item> = to_date.keys().chain(others).copied().chain(named).collect();
        let of = |amounts: &BTreeMap<Item, Decimal>, item: Item| amounts.get(&item).copied().unwrap_or_default();
        let maybe = |shared: &Option<Shared>, item: Item| shared.as_ref().map(|(amounts, _)| of(amounts, item));
        let mut items: Vec<(Item, Figures)> = items
            .into_iter()
            .map(|item| {
                let figures = Figures {
                    to_date: of(&to_date, item),
                    before: maybe(&before, item),
                    whole_before: maybe(&whole_before, item),
                    run_rate: maybe(&rate, item),
                    estimate: estimate.iter().find(|(it, _)| *it == item).map(|(_, estimate)| *estimate),
                };
                (item, figures)
            })
            .collect();
        let largest = |it: &Figures| it.to_date.max(it.run_rate.unwrap_or_default());
        items.sort_by_key(|(item, it)| (std::cmp::Reverse(largest(it)), *item));
        let total = Figures {
            to_date: all_to_date,
            before: before.map(|(_, total)| total),
            whole_before: whole_before.map(|(_, total)| total),
            run_rate: rate.map(|(_, total)| total),
            estimate: (!estimate.is_empty()).then(|| estimate.iter().map(|(_, it)| *it).sum()),
        };
        let days = days(bill, through, unsettled_from);
        let estimated = bill.days_of(month).any(|(_, day)| day.estimated);
        let bare = bill.days_of(month).all(|(_, day)| day.lines.is_empty());
        let settled = settled(bill, month, through.min(unsettled_from.saturating_sub(1.day())));
        Self {
            currency: bill.currency,
            month,
            fetched_at,
            through,
            unsettled_from,
            estimated,
            bare,
            settled,
            total,
            items,
            days,
        }
    }

    /// Whether AWS may still add to days that are counted.
    pub fn may_grow(&self) -> bool {
        self.unsettled_from <= self.through
    }

    pub fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.currency)
    }

    /// What the whole month will come to: what its days before the forecast cost, and what that forecasts.
    pub fn month_end(&self, bill: &Bill, forecast: &Forecast) -> Option<MonthEnd> {
        let fits = forecast.currency == self.currency && self.month.holds(forecast.from);
        let (before, filled) = self.until(bill, forecast.from);
        let sum = |amount: Decimal| self.currency.rounded(before + amount);
        let (mean, least, most) = (sum(forecast.mean), sum(forecast.least), sum(forecast.most));
        fits.then_some(MonthEnd { mean, least, most, filled })
    }

    /// What the month's days before `until` cost. One that is not complete counts as a usual day where less of it is told;
    /// how many those are.
    fn until(&self, bill: &Bill, until: Date) -> (Decimal, usize) {
        let open = self.unsettled_from.max(self.month.first());
        let mut sum = bill.cost(self.month.first(), until.min(open));
        let usual =
            rated_days(bill, self.unsettled_from).map(|(from, until)| bill.cost(from, until) / number_of(from, until));
        let mut filled = 0;
        for day in open.series(1.day()).take_while(|day| *day < until) {
            let told = bill.cost(day, day.saturating_add(1.day()));
            let usual = usual.filter(|it| *it > told);
            filled += usize::from(usual.is_some());
            sum += usual.unwrap_or(told);
        }
        (sum, filled)
    }
}

/// What a month is expected to have cost at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthEnd {
    pub mean: Decimal,
    pub least: Decimal,
    pub most: Decimal,
    /// Days before the forecast that are not complete and count as usual ones.
    pub filled: usize,
}

impl MonthEnd {
    /// This and another together. (Intervals do not add up like that unless everything goes wrong at once: it is wider
    /// than AWS would say.)
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            mean: self.mean + other.mean,
            least: self.least + other.least,
            most: self.most + other.most,
            filled: self.filled.max(other.filled),
        }
    }
}

/// The day of the month before that a day is compared with.
fn same_day(month: Month, day: Date) -> Date {
    let previous = month.previous();
    previous.first().saturating_add((day.day() - 1).days()).min(previous.last())
}

fn settled(bill: &Bill, month: Month, through: Date) -> Option<Settled> {
    let sum = |from: Date, last: Date| bill.currency.rounded(bill.cost(from, last.saturating_add(1.day())));
    let before = || sum(month.previous().first(), same_day(month, through));
    let is_told = through >= month.first() && bill.from <= month.previous().first();
    is_told.then(|| Settled { through, to_date: sum(month.first(), through), before: before() })
}

/// What lines cost, by item.
pub fn by_item<'a>(lines: impl Iterator<Item = &'a Line>) -> BTreeMap<Item, Decimal> {
    let mut sums: BTreeMap<Item, Decimal> = BTreeMap::new();
    for line in lines {
        *sums.entry(line.item()).or_default() += line.cost;
    }
    sums
}

/// Amounts by item, as billed, and altogether.
type Shared = (BTreeMap<Item, Decimal>, Decimal);

/// What some days cost.
fn shared(bill: &Bill, from: Date, until: Date) -> Shared {
    rounded(&by_item(bill.lines(from, until)), bill.currency)
}

/// Amounts as billed, so that they add up to their total as billed.
fn rounded(exact: &BTreeMap<Item, Decimal>, currency: Currency) -> Shared {
    let amounts: Vec<Decimal> = exact.values().copied().collect();
    let parts = apportion(&amounts, currency);
    let total = parts.iter().sum();
    (exact.keys().copied().zip(parts).collect(), total)
}

/// What a whole month costs at the rate of the last complete days.
fn rate(bill: &Bill, month: Month, unsettled_from: Date) -> Option<Shared> {
    let (from, until) = rated_days(bill, unsettled_from)?;
    let factor = Decimal::from(month.days()) / number_of(from, until);
    let monthly = by_item(bill.lines(from, until)).into_iter().map(|(item, cost)| (item, cost * factor));
    Some(rounded(&monthly.collect(), bill.currency))
}

fn days(bill: &Bill, through: Date, unsettled_from: Date) -> Vec<DaySum> {
    let sum = |date: Date| {
        let mut items: Vec<_> = by_item(bill.lines(date, date.saturating_add(1.day()))).into_iter().collect();
        items.sort_by_key(|(item, cost)| (std::cmp::Reverse(*cost), *item));
        let cost = items.iter().map(|(_, cost)| cost).sum();
        DaySum { date, cost, settled: date < unsettled_from, items }
    };
    let first = through.saturating_sub((BARS - 1).days()).max(bill.from);
    first.series(1.day()).take_while(|date| *date <= through).map(sum).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        cost::{gap, testing},
        domain::cost::bill::Day,
    };

    const SERVICES: [(&str, &str); 8] = [
        ("EC2 - Other", "NatGateway-Hours"),
        ("EC2 - Other", "NatGateway-Bytes"),
        ("Amazon Elastic Container Service", "USE1-Fargate-vCPU-Hours:perCPU"),
        ("Amazon Elastic Container Service", "USE1-Fargate-GB-Hours"),
        ("Amazon Elastic Container Service", "EUW2-Fargate-vCPU-Hours:perCPU"),
        ("Amazon Elastic Container Service", "EUW2-Fargate-GB-Hours"),
        ("Amazon Relational Database Service", "InstanceUsage:db.t3.micro"),
        ("Amazon New Thing", "Whatever"),
    ];

    /// A bill from the first of October to 21 November: each day some thousandths of a cent on each line.
    fn any_bill() -> impl Strategy<Value = Bill> {
        let lines = prop::collection::vec((0_usize..SERVICES.len(), 0_i64..9_000_000), 0..8);
        prop::collection::vec(lines, 52).prop_map(|days| {
            let dates = date(2026, 10, 1).series(1.day());
            let day = |(date, lines): (Date, Vec<(usize, i64)>)| {
                let line = |(at, amount): (usize, i64)| Line {
                    service: SERVICES[at].0.into(),
                    usage_type: SERVICES[at].1.into(),
                    cost: Decimal::new(amount, 5),
                    quantity: Decimal::ONE,
                    unit: "Hrs".into(),
                };
                (date, Day { estimated: true, lines: lines.into_iter().map(line).collect() })
            };
            testing::bill(dates.zip(days).map(day).collect())
        })
    }

    fn november() -> Month {
        Month::of(date(2026, 11, 1))
    }

    proptest! {
        /// Whatever is billed: what is shown of the items adds up to what is shown of the whole, to the cent.
        #[test]
        fn totals_are_the_sums_of_their_items(bill in any_bill(), hour in 0_i64..48) {
            let fetched = "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour);
            let summary = Summary::of(&bill, november(), fetched, &[]);
            let total = summary.total;
            let sum = |of: fn(&Figures) -> Decimal| summary.items.iter().map(|(_, it)| of(it)).sum::<Decimal>();
            prop_assert_eq!(sum(|it| it.to_date), total.to_date);
            prop_assert_eq!(sum(|it| it.before.unwrap_or_default()), total.before.unwrap_or_default());
            prop_assert_eq!(sum(|it| it.whole_before.unwrap_or_default()), total.whole_before.unwrap_or_default());
            prop_assert_eq!(sum(|it| it.run_rate.unwrap_or_default()), total.run_rate.unwrap_or_default());
            for (item, figures) in &summary.items {
                let drivers = gap::drivers(&bill, &summary, *item);
                let sum = drivers.iter().map(|it| it.a_month.amount).sum::<Decimal>();
                prop_assert_eq!(sum, figures.run_rate.unwrap_or_default(), "{}", item.name());
            }
            let exact = bill.cost(date(2026, 11, 1), summary.through.saturating_add(1.day()));
            prop_assert_eq!(total.to_date, Currency::USD.rounded(exact));
            for day in &summary.days {
                prop_assert_eq!(day.items.iter().map(|(_, cost)| cost).sum::<Decimal>(), day.cost);
            }
        }
    }

    #[test]
    fn a_month_is_told_with_the_one_before_and_the_rate_of_complete_days() {
        let nat = |cost: &str| vec![testing::line("EC2 - Other", "NatGateway-Hours", cost, "24", "Hrs")];
        let mut days: Vec<(Date, Day)> = (1..=21).map(|it| testing::day(it, nat("1.00"))).collect();
        let october = |day| date(2026, 10, day);
        days.push((october(5), Day { estimated: false, lines: nat("7.50") }));
        days.push((october(25), Day { estimated: false, lines: nat("2.25") }));
        let bill = testing::bill(days);
        let fetched = "2026-11-21T12:00:00Z".parse().unwrap();
        let estimate = [(Item::Nat, Estimate { least: 20.into(), most: 25.into() })];
        let summary = Summary::of(&bill, november(), fetched, &estimate);
        assert_eq!(summary.total.to_date, 21.into());
        assert_eq!(summary.total.before, Some("7.50".parse().unwrap()));
        assert_eq!(summary.total.whole_before, Some("9.75".parse().unwrap()));
        assert_eq!(summary.total.run_rate, Some(30.into()));
        assert_eq!(summary.items[0].1.gap(), Some(5.into()));
        assert_eq!((summary.days.len(), summary.days.iter().filter(|it| !it.settled).count()), (30, 2));
        let forecast = Forecast {
            currency: Currency::USD,
            from: date(2026, 11, 21),
            until: date(2026, 12, 1),
            mean: 10.into(),
            least: 9.into(),
            most: 12.into(),
        };
        let end = MonthEnd { mean: 30.into(), least: 29.into(), most: 32.into(), filled: 0 };
        assert_eq!(summary.month_end(&bill, &forecast), Some(end));
        let settled = Settled { through: date(2026, 11, 19), to_date: 19.into(), before: "7.50".parse().unwrap() };
        assert_eq!((summary.settled, summary.estimated, summary.may_grow()), (Some(settled), true, true));
    }

    #[test]
    fn of_the_oldest_month_there_is_none_before_to_compare_with() {
        let nat = vec![testing::line("EC2 - Other", "NatGateway-Hours", "1", "24", "Hrs")];
        let days = (1..=21).map(|it| testing::day(it, nat.clone())).collect();
        let bill = Bill { from: date(2026, 11, 1), ..testing::bill(days) };
        let summary = Summary::of(&bill, november(), "2026-11-21T12:00:00Z".parse().unwrap(), &[]);
        let total = summary.total;
        assert_eq!((total.to_date, total.before, total.whole_before), (21.into(), None, None));
        assert_eq!((summary.settled, summary.items[0].1.before, summary.bare), (None, None, false));
        assert_eq!(total.run_rate, Some(30.into()));
    }

    /// Each day costs one, and AWS tells it late: at night little is known of the day before, and nothing of today.
    #[test]
    fn a_month_comes_to_the_same_before_and_after_midnight() {
        let nat = |cost: &str| vec![testing::line("EC2 - Other", "NatGateway-Hours", cost, "24", "Hrs")];
        let ends =
            [("21T19:33", 21, "0.67", None), ("22T01:07", 22, "0.9", Some("0.3")), ("22T10:00", 22, "1", Some("0.6"))]
                .map(|(asked, today, yesterday, last)| {
                    let mut days: Vec<_> = (1..=19).map(|it| testing::day(it, nat("1"))).collect();
                    days.push(testing::day(20, nat(yesterday)));
                    days.extend(last.map(|it| testing::day(21, nat(it))));
                    let bill = testing::bill(days);
                    let fetched = format!("2026-11-{asked}:00Z").parse().unwrap();
                    let summary = Summary::of(&bill, november(), fetched, &[]);
                    let mean = Decimal::from(31 - today);
                    let from = date(2026, 11, today);
                    let until = november().end();
                    let forecast = Forecast { currency: Currency::USD, from, until, mean, least: mean, most: mean };
                    summary.month_end(&bill, &forecast).map(|it| (it.mean, it.filled))
                });
        let thirty = |filled| Some((Decimal::from(30), filled));
        assert_eq!(ends, [thirty(1), thirty(2), thirty(1)]);
    }

    #[test]
    fn a_day_that_is_told_to_cost_more_than_usual_counts_as_told() {
        let nat = |cost: &str| vec![testing::line("EC2 - Other", "NatGateway-Hours", cost, "24", "Hrs")];
        let mut days: Vec<_> = (1..=19).map(|it| testing::day(it, nat("1"))).collect();
        days.push(testing::day(20, nat("5")));
        let bill = testing::bill(days);
        let summary = Summary::of(&bill, november(), "2026-11-21T12:00:00Z".parse().unwrap(), &[]);
        assert_eq!(summary.until(&bill, date(2026, 11, 21)), (24.into(), 0));
    }

    #[test]
    fn the_last_of_a_long_month_is_compared_with_the_whole_month_before() {
        let october = Month::of(date(2026, 10, 1));
        let bill = Bill { from: date(2026, 9, 1), until: date(2026, 11, 1), ..testing::bill(Vec::new()) };
        let summary = Summary::of(&bill, october, "2026-11-05T00:00:00Z".parse().unwrap(), &[]);
        assert_eq!((summary.through, summary.days.len()), (date(2026, 10, 31), 30));
        assert_eq!(summary.items, []);
        assert_eq!((summary.bare, summary.total.before), (true, Some(Decimal::ZERO)), "nothing was billed");
        assert!(!summary.may_grow() && !summary.estimated, "it is over");
    }
}
