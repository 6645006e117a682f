//! What AWS expects the rest of a month to cost (ce:GetCostForecast).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::money::Currency;

/// How sure AWS is to be that the cost lies inside the interval, in percent: its own habit.
pub const LEVEL: u8 = 80;

/// The expected cost from a day on, and between what it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    pub currency: Currency,
    /// The first day that is forecast: the one on which it was asked for.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    pub mean: Decimal,
    /// The interval in which the cost lies with [`LEVEL`] percent.
    pub least: Decimal,
    pub most: Decimal,
}
