//! What is known of a stack's cost.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    prices::Prices,
    summary::{MonthEnd, Summary},
};
use crate::{
    domain::{
        cost::{Silence, Told, bill::Bill, budget::Budget, forecast::Forecast, known::Costs, month::Month},
        estate::Estate,
        fault::Fault,
        id::Scope,
        observation::Observation,
        text::SafeText,
    },
    stack::{cost::StackCost, model::Stack},
};

/// The scope whose credentials a stack's cost is asked with; the bill itself knows no regions.
pub fn scope_of(stack: &Stack) -> Option<&Scope> {
    stack.scopes.first().map(|it| &it.scope)
}

/// The account whose budgets a stack's is among: as its file says, else as its credentials do.
pub fn account_of(stack: &Stack, estate: &Estate) -> Option<SafeText> {
    let first = stack.scopes.first()?;
    let told = || estate.scope(&first.scope)?.identity.value().map(|it| it.account.clone());
    first.account.clone().or_else(told)
}

/// A stack that has a `[cost]` table, and what is known of a month of it.
#[derive(Debug, Clone, Copy)]
pub struct StackMonth<'a> {
    pub stack: &'a Stack,
    pub cost: &'a StackCost,
    pub month: Month,
    estate: &'a Estate,
}

impl<'a> StackMonth<'a> {
    /// `None` for a stack that does not say which part of the bill is its own.
    pub fn of(stack: &'a Stack, month: Month, estate: &'a Estate) -> Option<Self> {
        stack.cost.as_ref().map(|cost| Self { stack, cost, month, estate })
    }

    fn costs(&self) -> Option<&'a Costs> {
        Some(&self.estate.scope(scope_of(self.stack)?)?.costs)
    }

    fn observed(&self) -> Option<&'a Observation<Told<Bill>>> {
        self.costs()?.bill(&self.cost.filter, self.month)
    }

    pub fn bill(&self) -> Option<&'a Bill> {
        self.observed()?.value()?.value()
    }

    pub fn fetched_at(&self) -> Option<Timestamp> {
        self.observed()?.fetched_at()
    }

    /// Why the account tells nothing.
    pub fn silence(&self) -> Option<&'a Silence> {
        self.observed()?.value()?.silence()
    }

    /// Why it could not be asked the last time.
    pub fn fault(&self) -> Option<&'a Fault> {
        self.observed()?.fault()
    }

    pub fn summary(&self) -> Option<Summary> {
        Some(Summary::of(self.bill()?, self.month, self.fetched_at()?, &self.cost.estimate))
    }

    pub fn forecast(&self) -> Option<&'a Told<Forecast>> {
        self.costs()?.forecast(&self.cost.filter, self.month)?.value()
    }

    pub fn month_end(&self, summary: &Summary) -> Option<MonthEnd> {
        summary.month_end(self.bill()?, self.forecast()?.value()?)
    }

    /// The stack's budget.
    pub fn budget(&self) -> Option<&'a Budget> {
        let account = account_of(self.stack, self.estate)?;
        self.costs()?.budget(account.as_str(), self.cost.budget.as_ref()?.as_str())
    }
}

/// The prices of every stack that has been billed, and the list for the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceBook {
    by_stack: BTreeMap<SafeText, Prices>,
    listed: Prices,
}

impl PriceBook {
    /// From the bills that are known at `now`: of this month, or of the last.
    pub fn of(stacks: &[Stack], estate: &Estate, now: Timestamp) -> Self {
        let month = Month::current(now);
        let prices = |stack: &Stack| {
            let of = |month| StackMonth::of(stack, month, estate)?.bill();
            let bill = of(month).or_else(|| of(month.previous()))?;
            Some((stack.name.clone(), Prices::of(Some(bill))))
        };
        Self { by_stack: stacks.iter().filter_map(prices).collect(), listed: Prices::default() }
    }

    pub fn of_stack(&self, stack: Option<&Stack>) -> &Prices {
        stack.and_then(|it| self.by_stack.get(&it.name)).unwrap_or(&self.listed)
    }
}
