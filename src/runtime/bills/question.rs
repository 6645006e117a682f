//! The questions of cost that are kept, with their answers, and what they are in the console.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    cost::{
        CostFilter, Silence, Told, allocation::Allocation, bill::Bill, budget::Budget, forecast::Forecast, month::Month,
    },
    query::{Answer, Query},
    text::SafeText,
};

/// A question of cost, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    Bill { filter: CostFilter, month: Month },
    Forecast { filter: CostFilter, month: Month },
    Allocation { key: Arc<str>, month: Month },
    Accounts { month: Month },
    Budgets { account: Arc<str> },
}

/// What was answered, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptAnswer {
    Bill(Box<Told<Bill>>),
    Forecast(Told<Forecast>),
    Allocation(Box<Told<Allocation>>),
    Accounts(Told<Vec<SafeText>>),
    Budgets(Told<Vec<Budget>>),
}

impl Question {
    pub fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Bill { filter, month } => Some(Self::Bill { filter: filter.clone(), month: *month }),
            Query::Forecast { filter, month } => Some(Self::Forecast { filter: filter.clone(), month: *month }),
            Query::Allocation { key, month } => Some(Self::Allocation { key: key.clone(), month: *month }),
            Query::BilledAccounts { month } => Some(Self::Accounts { month: *month }),
            Query::Budgets { account } => Some(Self::Budgets { account: account.clone() }),
            _ => None,
        }
    }

    pub fn query(&self) -> Query {
        match self.clone() {
            Self::Bill { filter, month } => Query::Bill { filter, month },
            Self::Forecast { filter, month } => Query::Forecast { filter, month },
            Self::Allocation { key, month } => Query::Allocation { key, month },
            Self::Accounts { month } => Query::BilledAccounts { month },
            Self::Budgets { account } => Query::Budgets { account },
        }
    }
}

impl KeptAnswer {
    pub fn of(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Bill(told) => Some(Self::Bill(told.clone())),
            Answer::Forecast(told) => Some(Self::Forecast(told.clone())),
            Answer::Allocation(told) => Some(Self::Allocation(told.clone())),
            Answer::BilledAccounts(told) => Some(Self::Accounts(told.clone())),
            Answer::Budgets(told) => Some(Self::Budgets(told.clone())),
            _ => None,
        }
    }

    /// Why it tells nothing.
    pub fn silence(&self) -> Option<&Silence> {
        match self {
            Self::Bill(told) => told.silence(),
            Self::Forecast(told) => told.silence(),
            Self::Allocation(told) => told.silence(),
            Self::Accounts(told) => told.silence(),
            Self::Budgets(told) => told.silence(),
        }
    }

    pub fn answer(&self) -> Answer {
        match self.clone() {
            Self::Bill(told) => Answer::Bill(told),
            Self::Forecast(told) => Answer::Forecast(told),
            Self::Allocation(told) => Answer::Allocation(told),
            Self::Accounts(told) => Answer::BilledAccounts(told),
            Self::Budgets(told) => Answer::Budgets(told),
        }
    }
}
