//! What stacks cost, as documents: schema `quarterdeck.cost/1`, and the field `cost` of a status. Every field is documented
//! in `docs/cost-json.md`.
//!
//! Amounts are as billed unless a field says otherwise, and decimals as text: JSON's numbers are floats.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    cost::{
        beside::{Beside, BesideMonth},
        gap,
        known::StackMonth,
        prices::Prices,
        summary::{Figures, MonthEnd, Summary},
    },
    domain::{
        cost::{
            budget::{Bound, Budget, Threshold},
            month::Month,
        },
        fault::Fault,
        money::Currency,
        text::SafeText,
    },
    stack::cost::Estimate,
};

pub const COST_SCHEMA: &str = "quarterdeck.cost/1";

/// What a month costs by stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostDocument {
    pub schema: &'static str,
    pub observed_at: Timestamp,
    pub month: String,
    pub stacks: Vec<StackCostDocument>,
    pub beside: Vec<BesideDocument>,
}

/// What is known of one stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackCostDocument {
    pub name: SafeText,
    /// As `tag Project=terminal`.
    pub filter: String,
    /// Why nothing is known.
    pub unknown: Option<String>,
    /// Why nothing is billed, where other parts of the same bill tell that.
    pub nothing_billed: Option<String>,
    #[serde(flatten)]
    pub cost: StackCostStatus,
    pub items: Vec<ItemDocument>,
    pub days: Vec<DayDocument>,
    pub prices: Vec<PriceDocument>,
}

/// A stack's month in a few figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackCostStatus {
    /// `None` before a bill is known.
    #[serde(flatten)]
    pub billed: Option<BilledDocument>,
    /// Why the bill could not be asked for the last time.
    pub fault: Option<Fault>,
    pub budget: Option<BudgetDocument>,
}

/// What a bill comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BilledDocument {
    pub currency: Currency,
    pub as_of: Timestamp,
    /// AWS calls the figures an estimate: until the invoice.
    pub estimated: bool,
    /// Days from this one on may still grow; `None` where none does.
    pub incomplete_from: Option<Date>,
    #[serde(flatten)]
    pub figures: FiguresDocument,
    pub forecast: Option<ForecastDocument>,
}

/// What an account spends beside the stacks, by one tag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BesideDocument {
    pub profile: String,
    pub tag: String,
    /// Why nothing is known.
    pub unknown: Option<String>,
    pub as_of: Option<Timestamp>,
    pub shares: Vec<ShareDocument>,
}

/// What is spent under one value of the tag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareDocument {
    /// `None` for what carries no such tag.
    pub value: Option<SafeText>,
    pub currency: Currency,
    pub month_to_date: Decimal,
    pub services: Vec<ServiceShareDocument>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceShareDocument {
    pub service: SafeText,
    pub month_to_date: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FiguresDocument {
    pub month_to_date: Decimal,
    /// Of the month before; `None` where Cost Explorer keeps no more of it.
    pub last_month_to_same_day: Option<Decimal>,
    pub last_month: Option<Decimal>,
    pub run_rate: Option<Decimal>,
    pub estimate: Option<RangeDocument>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RangeDocument {
    pub least: Decimal,
    pub most: Decimal,
}

/// To the month's end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastDocument {
    /// When it was asked for.
    pub as_of: Option<Timestamp>,
    pub mean: Decimal,
    pub least: Decimal,
    pub most: Decimal,
    /// Days before the forecast that are not complete and count as usual ones.
    pub incomplete_days_as_usual: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetDocument {
    pub name: SafeText,
    pub limit: Decimal,
    pub actual: Decimal,
    pub forecast: Option<Decimal>,
    /// When AWS reckoned it; when it was asked, where it does not say.
    pub as_of: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub thresholds: Vec<ThresholdDocument>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdDocument {
    /// `actual` or `forecast`.
    pub of: &'static str,
    pub amount: Decimal,
    /// `None` where it is an amount.
    pub percent: Option<Decimal>,
    pub passed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemDocument {
    /// As in stack files: `nat`.
    pub item: &'static str,
    #[serde(flatten)]
    pub figures: FiguresDocument,
    pub comes_of: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayDocument {
    pub date: Date,
    pub complete: bool,
    /// Exact, not rounded.
    pub cost: Decimal,
}

/// What a unit has cost, by the stack's own bill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PriceDocument {
    pub region: &'static str,
    pub unit: String,
    pub billed: Decimal,
    pub listed: Option<Decimal>,
}

impl FiguresDocument {
    fn of(it: &Figures) -> Self {
        let range = |it: Estimate| RangeDocument { least: it.least, most: it.most };
        Self {
            month_to_date: it.to_date,
            last_month_to_same_day: it.before,
            last_month: it.whole_before,
            run_rate: it.run_rate,
            estimate: it.estimate.map(range),
        }
    }
}

impl StackCostStatus {
    /// `None` before a bill or a budget is known.
    pub fn of(it: &StackMonth<'_>) -> Option<Self> {
        let status = Self::summed(it, it.summary().as_ref());
        (status.billed.is_some() || status.budget.is_some()).then_some(status)
    }

    fn summed(it: &StackMonth<'_>, summary: Option<&Summary>) -> Self {
        Self {
            billed: summary.map(|summary| billed(it, summary)),
            fault: it.fault().cloned(),
            budget: it.budget().map(|(it, as_of)| budget(it, as_of)),
        }
    }
}

fn billed(it: &StackMonth<'_>, summary: &Summary) -> BilledDocument {
    let forecast = |end: MonthEnd| ForecastDocument {
        as_of: it.forecast_at(),
        mean: end.mean,
        least: end.least,
        most: end.most,
        incomplete_days_as_usual: end.filled,
    };
    BilledDocument {
        currency: summary.currency,
        as_of: summary.fetched_at,
        estimated: summary.estimated,
        incomplete_from: summary.may_grow().then_some(summary.unsettled_from),
        figures: FiguresDocument::of(&summary.total),
        forecast: it.month_end(summary).map(forecast),
    }
}

fn budget(it: &Budget, as_of: Timestamp) -> BudgetDocument {
    let threshold = |threshold: &Threshold| ThresholdDocument {
        of: threshold.of.word(),
        amount: threshold.amount(it.limit),
        percent: match threshold.bound {
            Bound::Percent(percent) => Some(percent),
            Bound::Amount(_) => None,
        },
        passed: it.is_beyond(threshold),
    };
    BudgetDocument {
        name: it.name.clone(),
        limit: it.limit,
        actual: it.actual,
        forecast: it.forecast,
        as_of,
        updated_at: it.updated_at,
        thresholds: it.thresholds.iter().map(threshold).collect(),
    }
}

impl CostDocument {
    pub fn of(stacks: &[StackMonth<'_>], beside: &[BesideMonth<'_>], month: Month, now: Timestamp) -> Self {
        let (stacks, beside) = (stacks.iter().map(stack).collect(), beside.iter().map(beside_document).collect());
        Self { schema: COST_SCHEMA, observed_at: now, month: month.to_string(), stacks, beside }
    }
}

fn beside_document(it: &BesideMonth<'_>) -> BesideDocument {
    let share = |share: Beside| ShareDocument {
        value: share.value,
        currency: share.total.currency,
        month_to_date: share.total.amount,
        services: share
            .services
            .into_iter()
            .map(|(service, cost)| ServiceShareDocument { service, month_to_date: cost.amount })
            .collect(),
    };
    BesideDocument {
        profile: it.scope.profile.to_string(),
        tag: it.key.to_string(),
        unknown: it.unknown(),
        as_of: it.fetched_at(),
        shares: it.shares().into_iter().flatten().map(share).collect(),
    }
}

fn stack(it: &StackMonth<'_>) -> StackCostDocument {
    let known = it.bill().zip(it.summary());
    let mut document = StackCostDocument {
        name: it.stack.name.clone(),
        filter: it.cost.filter.to_string(),
        unknown: known.is_none().then(|| unknown(it)),
        nothing_billed: it.nothing_billed(),
        cost: StackCostStatus::summed(it, known.as_ref().map(|(_, summary)| summary)),
        items: Vec::new(),
        days: Vec::new(),
        prices: Vec::new(),
    };
    let Some((bill, summary)) = known else { return document };
    let item = |(item, figures): &(crate::domain::cost::item::Item, Figures)| ItemDocument {
        item: item.word(),
        figures: FiguresDocument::of(figures),
        comes_of: gap::why(bill, &summary, *item),
    };
    document.items = summary.items.iter().map(item).collect();
    let day = |it: &crate::cost::summary::DaySum| DayDocument { date: it.date, complete: it.settled, cost: it.cost };
    document.days = summary.days.iter().map(day).collect();
    let prices = Prices::of(Some(bill));
    let price = |(region, metered, billed, listed): (
        _,
        &crate::domain::cost::usage::Metered,
        crate::cost::prices::Price,
        Option<crate::cost::prices::Price>,
    )| {
        PriceDocument {
            region,
            unit: metered.unit(),
            billed: billed.each.amount.normalize(),
            listed: listed.map(|it| it.each.amount.normalize()),
        }
    };
    document.prices = prices.all_billed().map(price).collect();
    document
}

/// Why nothing is known of a stack's cost, in a sentence.
pub fn unknown(it: &StackMonth<'_>) -> String {
    it.unknown().unwrap_or_else(|| "cost is not known: it has not been asked for".to_owned())
}
