//! Whose the money is: an account's month by the values of its cost allocation tag (ce:GetCostAndUsage, grouped by tag and
//! service).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{money::Currency, text::SafeText};

/// What a month has cost so far, by tag and service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    pub currency: Currency,
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    pub shares: Vec<Share>,
    /// Pages that it took, each of them paid.
    pub pages: u32,
}

/// What one service cost under one value of the tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// `None` for what carries no such tag.
    pub value: Option<SafeText>,
    pub service: SafeText,
    pub cost: Decimal,
}

impl Allocation {
    /// What carries no tag.
    pub fn untagged(&self) -> Decimal {
        self.shares.iter().filter(|it| it.value.is_none()).map(|it| it.cost).sum()
    }

    pub fn total(&self) -> Decimal {
        self.shares.iter().map(|it| it.cost).sum()
    }
}
