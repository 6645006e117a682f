//! What an account is billed: by day, service and usage type, with a forecast and budgets, as AWS tells it.
//!
//! Every page of Cost Explorer is billed itself ([`REQUEST_PRICE`]); Budgets are free to read.

pub mod allocation;
pub mod asking;
pub mod bill;
pub mod budget;
pub mod forecast;
pub mod item;
pub mod known;
pub mod month;
pub mod place;
pub mod usage;

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, FaultKind},
    money::{Currency, Money},
    text::SafeText,
};

/// What each page of Cost Explorer costs.
pub const REQUEST_PRICE: Money = Money::new(Decimal::from_parts(1, 0, 0, false, 2), Currency::USD);

/// Which part of what an account is billed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostFilter {
    /// What carries this cost allocation tag.
    Tag { key: Arc<str>, value: Arc<str> },
    /// What a linked account used: its twelve digits.
    Account(Arc<str>),
}

impl fmt::Display for CostFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag { key, value } => write!(f, "tag {}={}", SafeText::new(key), SafeText::new(value)),
            Self::Account(account) => write!(f, "account {}", SafeText::new(account)),
        }
    }
}

/// What an account tells of its cost. That it tells nothing is an answer, too, and no fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told<T> {
    Value(T),
    Nothing(Silence),
}

impl<T> Told<T> {
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing(_) => None,
        }
    }

    pub fn silence(&self) -> Option<&Silence> {
        match self {
            Self::Value(_) => None,
            Self::Nothing(silence) => Some(silence),
        }
    }
}

/// Why an account tells nothing of its cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    pub why: Why,
    /// The operation asked, as `ce:GetCostAndUsage`.
    pub operation: SafeText,
    /// What AWS said.
    pub message: SafeText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Cost Explorer has never been switched on, or not a day ago (AccessDenied that says so).
    Off,
    /// The identity may not ask, or a linked account may not see.
    Denied,
    /// Too little has been billed so far (DataUnavailableException).
    TooLittle,
}

impl Silence {
    /// The same as a fault, where something is known that this must not hide.
    pub fn fault(&self, at: Timestamp) -> Fault {
        let (kind, code) = match self.why {
            Why::Off | Why::Denied => (FaultKind::Denied, "AccessDeniedException"),
            Why::TooLittle => (FaultKind::Missing, "DataUnavailableException"),
        };
        let (operation, message) = (self.operation.clone(), self.message.clone());
        Fault { kind, operation, code: code.into(), message, request_id: None, at }
    }

    /// One line that says so, and what would change it.
    pub fn sentence(&self) -> String {
        match self.why {
            Why::Off => "Cost Explorer is off in this account: its owner switches it on once, and has data a day later"
                .to_owned(),
            Why::Denied => format!("these credentials may not ask for cost: allow {}", self.operation),
            Why::TooLittle => "AWS has too little of this account's past to tell".to_owned(),
        }
    }
}
