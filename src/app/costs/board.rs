//! What stands above the rows of the cost view: lines, daily bars, lines.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{headline, known, stack_in_view, stacks_in_view, tail};
use crate::{
    app::{App, flow::flow, overlay::TextLine},
    cost::summary::{DaySum, Summary},
    domain::{money::Currency, text::SafeText},
};

/// The board of the place on screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    pub head: Vec<TextLine>,
    /// `None` where no day is known.
    pub bars: Option<Bars>,
    pub tail: Vec<TextLine>,
}

/// Daily cost, each day in parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub currency: Currency,
    /// What each part is: at most [`PARTS`], the last being all others; the largest first.
    pub parts: Vec<SafeText>,
    /// Oldest first.
    pub days: Vec<Bar>,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub date: Date,
    /// More may be billed for it.
    pub incomplete: bool,
    /// One for each part.
    pub amounts: Vec<Decimal>,
}

/// Parts that can be told apart without colours.
pub const PARTS: usize = 4;
/// The least and the most lines that bars take, the axis and the legend aside.
const LEAST: u16 = 3;
const MOST: u16 = 14;
/// The axis and the legend.
const BESIDE_BARS: u16 = 2;
/// Rows of the table that the board leaves room for, and the fewest where its sentences would be cut.
const ROWS: u16 = 4;
const FEWEST_ROWS: u16 = 2;

/// How the board's parts divide its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Division {
    pub head: u16,
    /// Bars with axis and legend.
    pub bars: u16,
    pub tail: u16,
}

impl Division {
    pub fn height(&self) -> u16 {
        self.head + self.bars + self.tail
    }
}

impl Bar {
    pub fn total(&self) -> Decimal {
        self.amounts.iter().sum()
    }
}

impl Board {
    pub fn of(app: &App) -> Self {
        Self { head: headline::head(app), bars: bars(app), tail: tail::tail(app) }
    }

    /// What each part takes of `available` lines, above `rows` rows and their heading.
    pub fn division(&self, width: u16, available: u16, rows: usize) -> Division {
        let lines = |of: &[TextLine]| u16::try_from(flow(of, usize::from(width)).len()).unwrap_or(u16::MAX);
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).max(1);
        let least_bars = if self.bars.is_some() { LEAST + BESIDE_BARS } else { 0 };
        let (whole_head, whole_tail) = (lines(&self.head), lines(&self.tail));
        let is_whole = |kept: &u16| whole_head + least_bars + whole_tail + rows.min(*kept) < available;
        let kept = (FEWEST_ROWS..=ROWS).rev().find(is_whole).unwrap_or(FEWEST_ROWS);
        let least_rows = rows.min(kept) + 1;
        let head = whole_head.min(available.saturating_sub(least_rows));
        let left = available.saturating_sub(head + least_rows);
        // Bars need their least before what stands below them has any room.
        let bars = if left >= least_bars { least_bars } else { 0 };
        let tail = whole_tail.min(left - bars);
        let spare = left.saturating_sub(bars + tail + (rows - rows.min(kept)));
        let bars = if bars > 0 { (bars + spare).min(MOST + BESIDE_BARS) } else { 0 };
        Division { head, bars, tail }
    }
}

fn bars(app: &App) -> Option<Bars> {
    if let Some(stack) = stack_in_view(app) {
        let summary = known(app, stack)?.summary()?;
        return of_stack(&summary);
    }
    let summaries: Vec<(SafeText, Summary)> = stacks_in_view(app)
        .into_iter()
        .filter_map(|stack| Some((stack.name.clone(), known(app, stack)?.summary()?)))
        .collect();
    let currency = summaries.first()?.1.currency;
    // Bars of two currencies cannot be laid on each other.
    let summaries: Vec<_> = summaries.into_iter().filter(|(_, it)| it.currency == currency).collect();
    of_stacks(&summaries, currency)
}

fn of_stack(summary: &Summary) -> Option<Bars> {
    let days = summary.days.iter().map(|day: &DaySum| {
        let amounts = day.items.iter().map(|(item, cost)| (SafeText::new(item.name()), *cost));
        (day.date, !day.settled, amounts.collect())
    });
    assembled(&days.collect::<Vec<_>>(), summary.currency)
}

fn of_stacks(summaries: &[(SafeText, Summary)], currency: Currency) -> Option<Bars> {
    let mut days: BTreeMap<Date, (bool, BTreeMap<SafeText, Decimal>)> = BTreeMap::new();
    for (name, summary) in summaries {
        for day in &summary.days {
            let (incomplete, amounts) = days.entry(day.date).or_default();
            *incomplete |= !day.settled;
            *amounts.entry(name.clone()).or_default() += day.cost;
        }
    }
    let days = days.into_iter().map(|(date, (incomplete, amounts))| (date, incomplete, amounts));
    assembled(&days.collect::<Vec<_>>(), currency)
}

/// A day, whether more may be billed for it, and what each part cost.
type DayParts = (Date, bool, BTreeMap<SafeText, Decimal>);

/// Bars of the largest parts, all others as one.
fn assembled(days: &[DayParts], currency: Currency) -> Option<Bars> {
    let mut sums: BTreeMap<&SafeText, Decimal> = BTreeMap::new();
    for (name, amount) in days.iter().flat_map(|(_, _, amounts)| amounts) {
        *sums.entry(name).or_default() += *amount;
    }
    let mut largest: Vec<(&SafeText, Decimal)> = sums.into_iter().filter(|(_, sum)| !sum.is_zero()).collect();
    largest.sort_by_key(|(name, sum)| (std::cmp::Reverse(*sum), *name));
    let kept = if largest.len() > PARTS { PARTS - 1 } else { largest.len() };
    let names: Vec<SafeText> = largest.iter().take(kept).map(|(name, _)| (*name).clone()).collect();
    let others = (largest.len() > kept).then(|| SafeText::from(format!("{} others", largest.len() - kept)));
    let bar = |(date, incomplete, amounts): &DayParts| {
        let mut parts: Vec<Decimal> = names.iter().map(|name| amounts.get(name).copied().unwrap_or_default()).collect();
        if others.is_some() {
            let all: Decimal = amounts.values().sum();
            parts.push(all - parts.iter().sum::<Decimal>());
        }
        Bar { date: *date, incomplete: *incomplete, amounts: parts }
    };
    let bars: Vec<Bar> = days.iter().map(bar).collect();
    let parts = names.iter().cloned().chain(others.clone()).collect();
    (!largest.is_empty()).then_some(Bars { currency, parts, days: bars })
}
