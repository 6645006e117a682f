//! Budgets and the thresholds that warn of them (budgets:DescribeBudgets, DescribeNotificationsForBudget).

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{money::Currency, text::SafeText};

/// A cost budget of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    pub name: SafeText,
    pub currency: Currency,
    pub limit: Decimal,
    /// Of the period that is under way, as AWS last reckoned it.
    pub actual: Decimal,
    /// To the period's end; `None` where AWS has none.
    pub forecast: Option<Decimal>,
    /// As `MONTHLY`.
    pub period: SafeText,
    /// When AWS last reckoned it; `None` where it does not say.
    pub updated_at: Option<Timestamp>,
    pub thresholds: Vec<Threshold>,
}

/// A point at which AWS sends a notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    pub of: Spend,
    pub bound: Bound,
    /// AWS has sent it in this period (`NotificationState` is `ALARM`).
    pub passed: bool,
}

/// Which spend is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spend {
    Actual,
    Forecast,
}

impl Spend {
    pub fn word(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Forecast => "forecast",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Of the budget's limit.
    Percent(Decimal),
    Amount(Decimal),
}

impl Threshold {
    /// The amount at which it is passed.
    pub fn amount(&self, limit: Decimal) -> Decimal {
        match self.bound {
            Bound::Percent(percent) => limit * percent / Decimal::ONE_HUNDRED,
            Bound::Amount(amount) => amount,
        }
    }
}

impl Budget {
    /// When its figures are of: as AWS says, else when it was asked.
    pub fn as_of(&self, asked: Timestamp) -> Timestamp {
        self.updated_at.unwrap_or(asked)
    }

    /// The spend that thresholds of a sort compare.
    pub fn spend(&self, of: Spend) -> Option<Decimal> {
        match of {
            Spend::Actual => Some(self.actual),
            Spend::Forecast => self.forecast,
        }
    }

    /// Whether the spend is beyond a threshold, whatever AWS has said of it so far.
    pub fn is_beyond(&self, threshold: &Threshold) -> bool {
        self.spend(threshold.of).is_some_and(|spend| spend > threshold.amount(self.limit))
    }
}
