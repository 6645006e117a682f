//! What is known of cost in one scope.

use std::{collections::BTreeMap, sync::Arc};

use super::{CostFilter, Told, allocation::Allocation, bill::Bill, budget::Budget, forecast::Forecast, month::Month};
use crate::domain::{observation::Observation, text::SafeText};

/// Answers of Cost Explorer and Budgets, each by what was asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Costs {
    pub bills: BTreeMap<(CostFilter, Month), Observation<Told<Bill>>>,
    pub forecasts: BTreeMap<(CostFilter, Month), Observation<Told<Forecast>>>,
    /// By the tag's key.
    pub allocations: BTreeMap<(Arc<str>, Month), Observation<Told<Allocation>>>,
    /// The accounts that a month bills.
    pub accounts: BTreeMap<Month, Observation<Told<Vec<SafeText>>>>,
    /// By account.
    pub budgets: BTreeMap<Arc<str>, Observation<Told<Vec<Budget>>>>,
}

impl Costs {
    pub fn bill(&self, filter: &CostFilter, month: Month) -> Option<&Observation<Told<Bill>>> {
        self.bills.get(&(filter.clone(), month))
    }

    pub fn forecast(&self, filter: &CostFilter, month: Month) -> Option<&Observation<Told<Forecast>>> {
        self.forecasts.get(&(filter.clone(), month))
    }

    pub fn allocation(&self, key: &Arc<str>, month: Month) -> Option<&Observation<Told<Allocation>>> {
        self.allocations.get(&(key.clone(), month))
    }
}
