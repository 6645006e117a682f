//! AWS Budgets: the cost budgets of an account with what has been spent of them. Reading them is free.

use aws_sdk_budgets::{
    Client,
    types::{self, BudgetType, NotificationState, NotificationType, ThresholdType},
};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    cost_explorer::{amount, silence},
    fault,
    paging::{Gathered, Page, pages},
    values::{text, time},
};
use crate::domain::{
    cost::{
        Told,
        budget::{Bound, Budget, Spend, Threshold},
    },
    fault::Fault,
    money::Currency,
    query::{Answer, Outcome},
};

const BUDGETS: &str = "budgets:DescribeBudgets";
const NOTIFICATIONS: &str = "budgets:DescribeNotificationsForBudget";

/// The cost budgets of an account, each with the thresholds at which somebody is told.
pub async fn budgets(client: &Client, account: &str, now: Timestamp) -> Outcome {
    let listed = listed(client, account, now).await;
    if let Some(fault) = listed.fault.as_ref().filter(|_| listed.items.is_empty()) {
        return match silence(fault, BUDGETS) {
            Some(silence) => Outcome::Complete(Answer::Budgets(Told::Nothing(silence))),
            None => Outcome::Failed(fault.clone()),
        };
    }
    let (mut budgets, mut first) = (Vec::new(), listed.fault);
    for raw in &listed.items {
        let thresholds = thresholds(client, account, raw.budget_name(), now).await;
        first = first.or(thresholds.fault);
        match budget(raw, thresholds.items, now) {
            Ok(budget) => budgets.extend(budget),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    let answer = Answer::Budgets(Told::Value(budgets));
    match first {
        None => Outcome::Complete(answer),
        Some(fault) => Outcome::Partial(answer, fault),
    }
}

/// Those over what is spent; others are over hours of usage or the use of reservations.
async fn listed(client: &Client, account: &str, now: Timestamp) -> Gathered<types::Budget> {
    let found = pages(|token| {
        let call = client.describe_budgets().account_id(account).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of(BUDGETS, &error, now))?;
            Ok(Page::new(output.budgets, output.next_token))
        }
    })
    .await;
    found.filter_map(|it| (*it.budget_type() == BudgetType::Cost).then_some(it))
}

async fn thresholds(client: &Client, account: &str, name: &str, now: Timestamp) -> Gathered<Threshold> {
    let found = pages(|token| {
        let call = client.describe_notifications_for_budget().account_id(account).budget_name(name);
        let call = call.set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of(NOTIFICATIONS, &error, now))?;
            Ok(Page::new(output.notifications, output.next_token))
        }
    })
    .await;
    found.filter_map(|it| threshold(&it))
}

/// `None` for a threshold of a sort that is not known here.
fn threshold(raw: &types::Notification) -> Option<Threshold> {
    let of = match raw.notification_type() {
        NotificationType::Actual => Spend::Actual,
        NotificationType::Forecasted => Spend::Forecast,
        _ => return None,
    };
    // The one figure that AWS sends as a double: a percentage, or an amount that somebody typed.
    let threshold = Decimal::from_f64_retain(raw.threshold())?.round_dp(4).normalize();
    let is_amount = raw.threshold_type() == Some(&ThresholdType::AbsoluteValue);
    let bound = if is_amount { Bound::Amount(threshold) } else { Bound::Percent(threshold) };
    Some(Threshold { of, bound, passed: raw.notification_state() == Some(&NotificationState::Alarm) })
}

/// `None` for a budget without a limit.
fn budget(raw: &types::Budget, thresholds: Vec<Threshold>, now: Timestamp) -> Result<Option<Budget>, Fault> {
    let Some(limit) = raw.budget_limit() else { return Ok(None) };
    let read = |spend: &types::Spend| amount(Some(spend.amount()), BUDGETS, now);
    let spend = raw.calculated_spend();
    Ok(Some(Budget {
        name: text(Some(raw.budget_name())),
        currency: Currency::parse(limit.unit()).unwrap_or(Currency::USD),
        limit: read(limit)?,
        actual: spend.and_then(|it| it.actual_spend()).map(read).transpose()?.unwrap_or_default(),
        forecast: spend.and_then(|it| it.forecasted_spend()).map(read).transpose()?,
        period: text(Some(raw.time_unit().as_str())),
        updated_at: time(raw.last_updated_time()),
        thresholds,
    }))
}
