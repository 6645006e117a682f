//! AWS Budgets: the monthly cost budgets of an account and what has been spent of them.

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::{
    billing::{self, Budget, SECONDS_AN_HOUR, Spent},
    costexplorer::{self, day_of, midnight},
    wire::{
        call::{Call, Reply},
        error::ApiError,
        page::{Rule, page},
        value::{Value, shape},
    },
    world::World,
};

const BUDGETS: Rule = Rule {
    listing: "budgets.DescribeBudgets",
    size_name: "maxResults",
    default: 100,
    min: 1,
    max: 1_000,
    bad_size: "InvalidParameterException",
    bad_token: "InvalidNextTokenException",
};
const NOTIFICATIONS: Rule = Rule { listing: "budgets.DescribeNotificationsForBudget", max: 100, ..BUDGETS };
/// The end of a budget that has none.
const NEVER: i64 = 3_706_473_600;
/// Decimals of what is spent.
const DECIMALS: u32 = 3;

/// USD of a budget's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spend {
    actual: Decimal,
    forecasted: Decimal,
}

/// The operations of Budgets; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let operation = match call.operation {
        "DescribeBudgets" => describe_all,
        "DescribeBudget" => describe_one,
        "DescribeNotificationsForBudget" => describe_notifications,
        _ => return None,
    };
    Some(costexplorer::at_home(call).and_then(|()| own(call)).and_then(|()| operation(world, call)))
}

/// Refuses a call about another account's budgets.
fn own(call: &Call<'_>) -> Result<(), ApiError> {
    match call.input.text("AccountId")? {
        None => Err(ApiError::bad_request("InvalidParameterException", "AccountId must not be null")),
        Some(account) if account == call.place.account => Ok(()),
        Some(account) => {
            let message = format!("Account {} is not authorized to see the budgets of {account}", call.place.account);
            Err(ApiError::bad_request("AccessDeniedException", message))
        }
    }
}

fn describe_all(world: &World, call: &Call<'_>) -> Reply {
    let (token, size) = (call.input.text("NextToken")?, call.input.int("MaxResults")?);
    let found = billing::budgets(world, &call.place.account);
    let page = page(found, token, size, &BUDGETS, |budget| budget.name.to_owned())?;
    let budgets = page.items.into_iter().map(|budget| described(budget, world, &call.place.account));
    Ok(shape! { "Budgets" => Value::list(budgets), "NextToken" => page.next })
}

fn describe_one(world: &World, call: &Call<'_>) -> Reply {
    let budget = named(world, call)?;
    Ok(shape! { "Budget" => described(budget, world, &call.place.account) })
}

fn describe_notifications(world: &World, call: &Call<'_>) -> Reply {
    let budget = named(world, call)?;
    let spend = spend(world, &call.place.account);
    let (token, size) = (call.input.text("NextToken")?, call.input.int("MaxResults")?);
    let found = budget.thresholds.iter().collect();
    let page = page(found, token, size, &NOTIFICATIONS, |(spent, percent)| format!("{spent:?}{percent}"))?;
    let told = page.items.into_iter().map(|(spent, percent)| {
        let (kind, amount) = match spent {
            Spent::Actual => ("ACTUAL", spend.actual),
            Spent::Forecasted => ("FORECASTED", spend.forecasted),
        };
        let passed = amount > Decimal::from(budget.limit) * Decimal::new((*percent).into(), 2);
        shape! {
            "NotificationType" => kind,
            "ComparisonOperator" => "GREATER_THAN",
            "Threshold" => f64::from(*percent),
            "ThresholdType" => "PERCENTAGE",
            "NotificationState" => if passed { "ALARM" } else { "OK" },
        }
    });
    Ok(shape! { "Notifications" => Value::list(told), "NextToken" => page.next })
}

fn named<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w Budget, ApiError> {
    let name = call.input.text("BudgetName")?.unwrap_or_default();
    let found = billing::budgets(world, &call.place.account).into_iter().find(|budget| budget.name == name);
    found.ok_or_else(|| {
        ApiError::bad_request("NotFoundException", format!("Unable to get budget: {name} - the budget doesn't exist."))
    })
}

/// What the account has spent this month, and will have at its end.
fn spend(world: &World, account: &str) -> Spend {
    let first = day_of(world.now).first_of_month();
    let [from, to] = [first, first.saturating_add(1.month())].map(|day| billing::hour_of(midnight(day)));
    let actual: Decimal = billing::lines(world, account, &(from..to)).iter().map(billing::Line::cost).sum();
    let ahead = billing::outlook(world, account, |_| true);
    let ahead = ahead.map_or(Decimal::ZERO, |outlook| billing::still_to_come(&outlook, world.now, to));
    Spend { actual, forecasted: actual + ahead }
}

fn described(budget: &Budget, world: &World, account: &str) -> Value {
    let spend = spend(world, account);
    let usd = |amount: Decimal| shape! { "Amount" => amount.round_dp(DECIMALS).to_string(), "Unit" => "USD" };
    let refreshed = Timestamp::from_second(billing::refreshed(world.now) * SECONDS_AN_HOUR).unwrap_or(world.now);
    let never = Timestamp::from_second(NEVER).unwrap_or(Timestamp::MAX);
    shape! {
        "BudgetName" => budget.name,
        "BudgetLimit" => shape! { "Amount" => format!("{}.0", budget.limit), "Unit" => "USD" },
        "CostFilters" => Value::empty(),
        "CostTypes" => cost_types(),
        "TimeUnit" => "MONTHLY",
        "TimePeriod" => shape! { "Start" => midnight(day_of(budget.created).first_of_month()), "End" => never },
        "CalculatedSpend" => shape! { "ActualSpend" => usd(spend.actual), "ForecastedSpend" => usd(spend.forecasted) },
        "BudgetType" => "COST",
        "LastUpdatedTime" => refreshed,
        "BillingViewArn" => format!("arn:aws:billing::{account}:billingview/primary"),
        "HealthStatus" => shape! { "Status" => "HEALTHY", "LastUpdatedTime" => refreshed },
    }
}

/// What counts as spent, as the budget's wizard proposes it.
fn cost_types() -> Value {
    shape! {
        "IncludeTax" => true,
        "IncludeSubscription" => true,
        "UseBlended" => false,
        "IncludeRefund" => false,
        "IncludeCredit" => false,
        "IncludeUpfront" => true,
        "IncludeRecurring" => true,
        "IncludeOtherSubscription" => true,
        "IncludeSupport" => true,
        "IncludeDiscount" => true,
        "UseAmortized" => false,
    }
}
