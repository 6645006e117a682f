//! Budgets whose thresholds are passed, or will be.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    super::{
        context::{Context, Finding},
        rule::Rule,
    },
    is_current, spent,
};
use crate::{
    cost::known::StackMonth,
    domain::{
        cost::{
            budget::{Bound, Budget, Spend, Threshold},
            month::{Month, start_of},
        },
        money::Money,
        signal::Severity,
    },
    stack::model::Stack,
};

pub const BUDGET_PASSED: Rule = Rule {
    name: "budget-passed",
    meaning: "more of a stack's budget is spent than one of its thresholds allows",
    severity: "a warning where the whole limit is spent, else a notice",
    fires: "what AWS Budgets says is spent is above a threshold of actual spend, or above the limit. It speaks of budgets \
            that somebody has looked at within two days",
    evidence: "what is spent of the limit, the thresholds that are passed, the forecast, and when AWS reckoned it",
    next: "see in the cost view what it was spent on; raise the limit where it is right",
    check: passed,
};

pub const BUDGET_FORECAST: Rule = Rule {
    name: "budget-forecast",
    meaning: "a stack's budget will not last its month",
    severity: "a warning",
    fires: "what AWS Budgets forecasts is above a threshold of forecast spend, or above the limit, and the limit is not \
            spent yet. It speaks of budgets that somebody has looked at within two days",
    evidence: "the forecast and what is spent of the limit, the thresholds that it passes, and when AWS reckoned it",
    next: "see in the cost view what has grown; there is time to do something about it",
    check: forecast,
};

fn passed(context: &Context<'_>) -> Vec<Finding> {
    let found = budgets(context);
    found.into_iter().filter_map(|(stack, budget, as_of)| find_passed(stack, (budget, as_of), context)).collect()
}

fn find_passed(stack: &Stack, (budget, as_of): (&Budget, Timestamp), context: &Context<'_>) -> Option<Finding> {
    let beyond = beyond(budget, Spend::Actual);
    let is_spent = budget.actual > budget.limit;
    if beyond.is_empty() && !is_spent {
        return None;
    }
    let severity = if is_spent { Severity::Warning } else { Severity::Notice };
    Some(Finding {
        summary: format!(
            "{} % of the budget {} is spent: {} of {}",
            percent(budget, budget.actual),
            budget.name,
            money(budget, budget.actual).figure(),
            money(budget, budget.limit)
        ),
        evidence: evidence(budget, &beyond, as_of),
        advice: "see in the cost view what it was spent on; raise the limit where it is right".to_owned(),
        ..spent(stack, &subject(budget), severity, Some(start_of(Month::current(context.now).first())))
    })
}

fn forecast(context: &Context<'_>) -> Vec<Finding> {
    budgets(context).into_iter().filter_map(|(stack, budget, as_of)| find_forecast(stack, budget, as_of)).collect()
}

fn find_forecast(stack: &Stack, budget: &Budget, as_of: Timestamp) -> Option<Finding> {
    let ahead = budget.forecast.filter(|_| budget.actual <= budget.limit)?;
    let beyond = beyond(budget, Spend::Forecast);
    if beyond.is_empty() && ahead <= budget.limit {
        return None;
    }
    Some(Finding {
        summary: format!(
            "the budget {} is forecast to be spent to {} %: {} of {}",
            budget.name,
            percent(budget, ahead),
            money(budget, ahead).figure(),
            money(budget, budget.limit)
        ),
        evidence: evidence(budget, &beyond, as_of),
        advice: "see in the cost view what has grown: there is time to do something about it before the month is over"
            .to_owned(),
        ..spent(stack, &subject(budget), Severity::Warning, Some(as_of))
    })
}

/// The budgets of stacks that name one, as far as they are known, current and of this month; with when they are of.
fn budgets<'a>(context: &Context<'a>) -> Vec<(&'a Stack, &'a Budget, Timestamp)> {
    let month = Month::current(context.now);
    let of_stack = |stack: &'a Stack| {
        let (budget, as_of) = StackMonth::of(stack, month, context.estate)?.budget()?;
        is_current(context, as_of).then_some((stack, budget, as_of))
    };
    context.stacks.iter().filter_map(of_stack).collect()
}

/// The thresholds of this sort that are passed: by the figures, or because AWS has said so.
fn beyond(budget: &Budget, of: Spend) -> Vec<&Threshold> {
    budget.thresholds.iter().filter(|it| it.of == of && (it.passed || budget.is_beyond(it))).collect()
}

fn subject(budget: &Budget) -> String {
    format!("budget {}", budget.name)
}

fn evidence(budget: &Budget, beyond: &[&Threshold], as_of: Timestamp) -> Vec<String> {
    let of_limit =
        |amount| format!("{}, {} % of {}", money(budget, amount), percent(budget, amount), money(budget, budget.limit));
    let mut lines = vec![format!("spent: {}", of_limit(budget.actual))];
    lines.extend(budget.forecast.map(|it| format!("forecast: {}", of_limit(it))));
    lines.extend(beyond.iter().map(|it| {
        let bound = match it.bound {
            Bound::Percent(percent) => format!("{percent} %"),
            Bound::Amount(amount) => money(budget, amount).to_string(),
        };
        let told = if it.passed { "AWS has sent its notification" } else { "AWS has not sent a notification yet" };
        format!("threshold at {bound} {}: passed; {told}", it.of.word())
    }));
    let reckoned = if budget.updated_at.is_some() { "as AWS reckoned it on" } else { "as AWS told it on" };
    lines.push(format!("{reckoned} {}", as_of.strftime("%a %-d %b at %H:%M UTC")));
    lines
}

fn money(budget: &Budget, amount: Decimal) -> Money {
    Money::new(amount, budget.currency)
}

/// Whole percent of the limit; none of a limit of zero.
fn percent(budget: &Budget, amount: Decimal) -> Decimal {
    let share = amount.checked_div(budget.limit).unwrap_or_default();
    (share * Decimal::ONE_HUNDRED).round()
}
