//! Monthly cost budgets.

use jiff::Timestamp;

/// Which spend a threshold is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    Actual,
    Forecasted,
}

/// A monthly budget over everything that its account spends.
#[derive(Debug, Clone)]
pub struct Budget {
    pub name: &'static str,
    /// USD.
    pub limit: u32,
    /// Percent of the limit above which somebody is told.
    pub thresholds: &'static [(Spent, u32)],
    pub created: Timestamp,
}
