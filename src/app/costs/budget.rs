//! A budget as the console shows it: a bar with its thresholds.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::headline::{Pieces, fitting, piece};
use crate::{
    app::{App, overlay::TextLine},
    domain::{
        cost::budget::{Bound, Budget, Spend, Threshold},
        money::Money,
    },
    theme::Role,
};

/// Cells of a budget's bar.
const BUDGET_CELLS: usize = 20;

/// A budget as a bar, and its thresholds, by figures of `as_of`.
pub fn lines(app: &App, budget: &Budget, as_of: Timestamp) -> Vec<TextLine> {
    let money = |amount| Money::new(amount, budget.currency);
    let percent = |amount: Decimal| {
        let share = (amount * Decimal::ONE_HUNDRED).checked_div(budget.limit).unwrap_or_default();
        format!("{} %", share.round())
    };
    let state = if budget.thresholds.iter().any(|it| budget.is_beyond(it)) { Role::Warning } else { Role::Ok };
    let mut first = vec![
        piece(Role::Muted, format!("budget {} ", budget.name)),
        piece(Role::Text, format!("{} ", money(budget.limit).brief())),
    ];
    first.extend(bar(budget, state));
    first.push(piece(Role::Text, format!(" {} actual", percent(budget.actual))));
    if let Some(forecast) = budget.forecast {
        first.push(piece(Role::Text, format!(", {} forecast", percent(forecast))));
    }
    let mut second = vec![piece(Role::Muted, format!("  as of {}", as_of.strftime("%b %-d %H:%M UTC")))];
    let notifies = (!budget.thresholds.is_empty()).then(|| piece(Role::Muted, ", notifies at"));
    for (at, threshold) in budget.thresholds.iter().enumerate() {
        second.push(piece(Role::Muted, if at > 0 { " · " } else { ": " }));
        let (role, words) = threshold_words(budget, threshold);
        second.push(piece(role, words));
    }
    vec![TextLine(first), fitting(app, second, notifies.map(|it| (1, it)))]
}

fn threshold_words(budget: &Budget, threshold: &Threshold) -> (Role, String) {
    let at = match threshold.bound {
        Bound::Percent(percent) => format!("{} %", percent.normalize()),
        Bound::Amount(amount) => Money::new(amount, budget.currency).brief(),
    };
    let what = format!("{at} {}", threshold.of.word());
    match (budget.is_beyond(threshold), threshold.of) {
        (true, Spend::Actual) => (Role::Warning, format!("{what}: ! passed")),
        (true, Spend::Forecast) => (Role::Warning, format!("{what}: ! will pass")),
        (false, _) if threshold.passed => (Role::Notice, format!("{what}: was passed")),
        (false, _) => (Role::Text, format!("{what}: not passed")),
    }
}

/// Actual `█`, forecast beyond it `▒`, and a `╎` at each threshold.
fn bar(budget: &Budget, state: Role) -> Pieces {
    let forecast = budget.forecast.unwrap_or_default();
    let whole = budget.limit.max(budget.actual).max(forecast);
    let cell = |amount: Decimal| {
        let share = (amount * Decimal::from(BUDGET_CELLS)).checked_div(whole).unwrap_or_default();
        usize::try_from(share.round()).unwrap_or_default().min(BUDGET_CELLS)
    };
    let (actual, expected) = (cell(budget.actual), cell(forecast));
    let marks: Vec<usize> = budget.thresholds.iter().map(|it| cell(it.amount(budget.limit))).collect();
    let mut pieces = vec![piece(Role::Border, "▕")];
    for at in 0..BUDGET_CELLS {
        pieces.push(match at {
            at if marks.contains(&(at + 1)) => piece(Role::Strong, if at < actual { "┃" } else { "╎" }),
            at if at < actual => piece(state, "█"),
            at if at < expected => piece(state, "▒"),
            _ => piece(Role::MeterEmpty, "░"),
        });
    }
    pieces.push(piece(Role::Border, "▏"));
    pieces
}
