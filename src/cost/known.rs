//! What is known of a stack's cost.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    prices::Prices,
    summary::{MonthEnd, Summary},
};
use crate::{
    domain::{
        cost::{
            CostFilter, Silence, Told,
            asking::{self, Asked, Ended},
            bill::Bill,
            budget::Budget,
            forecast::Forecast,
            known::Costs,
            month::{Month, day_of},
        },
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

    /// When the forecast was asked for, where there is one.
    pub fn forecast_at(&self) -> Option<Timestamp> {
        let observed = self.costs()?.forecast(&self.cost.filter, self.month)?;
        observed.fetched_at().filter(|_| observed.value().is_some_and(|it| it.value().is_some()))
    }

    pub fn month_end(&self, summary: &Summary) -> Option<MonthEnd> {
        summary.month_end(self.bill()?, self.forecast()?.value()?)
    }

    /// Why nothing is known of the bill, in a sentence: with when it was asked, and is asked again. `None` before that.
    pub fn unknown(&self) -> Option<String> {
        unknown(self.observed()?, self.month)
    }

    /// Why nothing is billed of it, by what else is on the same bill.
    pub fn nothing_billed(&self) -> Option<String> {
        let costs = self.costs().filter(|_| self.bill().is_some_and(|it| !it.has_lines()))?;
        match &self.cost.filter {
            CostFilter::Account(account) => {
                let billed = costs.accounts.get(&self.month)?.value()?.value()?;
                let billed: Vec<&str> = billed.iter().map(SafeText::as_str).collect();
                let is_there = billed.contains(&&**account);
                (!is_there && !billed.is_empty())
                    .then(|| format!("account {account} is not on this bill, which is of {}", billed.join(", ")))
            }
            CostFilter::Tag { key, value } => {
                let shares = &costs.allocation(key, self.month)?.value()?.value()?.shares;
                let values: BTreeSet<&str> = shares.iter().filter_map(|it| Some(it.value.as_ref()?.as_str())).collect();
                let values: Vec<&str> = values.into_iter().collect();
                Some(match values.as_slice() {
                    [] => {
                        format!("nothing on this bill has a tag {key}: it may not be active as a cost allocation tag")
                    }
                    values if values.contains(&&**value) => return None,
                    values => format!("nothing on this bill has {key}={value}; there is {}", values.join(", ")),
                })
            }
        }
    }

    /// The stack's budget and when its figures are of, where that lies in this month.
    pub fn budget(&self) -> Option<(&'a Budget, Timestamp)> {
        let observed = self.budgets()?;
        let budget = named(observed, self.cost.budget.as_ref()?)?;
        let at = budget.as_of(observed.fetched_at()?);
        (Month::current(at) == self.month).then_some((budget, at))
    }

    /// Why nothing is known of the budget that the stack has; `None` before it is asked for, and in months that are over.
    pub fn budget_unknown(&self) -> Option<String> {
        let (name, observed) = (self.cost.budget.as_ref()?, self.budgets()?);
        let asked = observed.fetched_at().or_else(|| observed.fault().map(|it| it.at))?;
        if Month::current(asked) != self.month || self.budget().is_some() {
            return None;
        }
        let why = match (observed.value(), observed.fault()) {
            (Some(Told::Nothing(silence)), _) => silence.sentence(),
            (Some(_), _) if named(observed, name).is_some() => "AWS has reckoned nothing of this month yet".to_owned(),
            (Some(_), _) => "it is not known in this account".to_owned(),
            (None, fault) => fault_words(fault?),
        };
        Some(format!("budget {name}: {why}"))
    }

    fn budgets(&self) -> Option<&'a Observation<Told<Vec<Budget>>>> {
        self.costs()?.budgets.get(account_of(self.stack, self.estate)?.as_str())
    }
}

/// Why an answer about a month tells nothing, in a sentence; `None` where it tells something, or is still to come.
pub(super) fn unknown<T>(observed: &Observation<Told<T>>, month: Month) -> Option<String> {
    let told = observed.value();
    if let Some(silence) = told.and_then(Told::silence) {
        let asked = observed.fetched_at().map(|at| Asked { at, ended: Ended::silent(silence.why) });
        let asked = asked.map_or_else(String::new, |it| {
            let again = if it.ended == Ended::Refused { " or on refresh" } else { "" };
            asked_words(it.at, asking::next(Some(it), Some(month)), again)
        });
        return Some(format!("{}{asked}", silence.sentence()));
    }
    let fault = observed.fault().filter(|_| told.is_none())?;
    Some(format!("cost is not known: {}{}", fault_words(fault), asked_words(fault.at, None, "")))
}

/// The budget of this name.
fn named<'a>(observed: &'a Observation<Told<Vec<Budget>>>, name: &SafeText) -> Option<&'a Budget> {
    observed.value()?.value()?.iter().find(|it| it.name == *name)
}

/// A fault in a line: as `access denied (ce:GetCostAndUsage: …)`.
pub fn fault_words(fault: &Fault) -> String {
    format!("{} ({}: {})", fault.kind.word(), fault.operation, fault.message)
}

/// As ` (asked Nov 21 19:13 UTC, next 19:28)`; `sooner` says what brings that forward.
fn asked_words(at: Timestamp, next: Option<Timestamp>, sooner: &str) -> String {
    let again = next.map_or_else(String::new, |next| {
        let form = if day_of(next) == day_of(at) { "%H:%M" } else { "%b %-d %H:%M" };
        format!(", next {}{sooner}", next.strftime(form))
    });
    format!(" (asked {}{again})", at.strftime("%b %-d %H:%M UTC"))
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
