//! What an account spends beside its stacks: under values of their tag that no stack has, and under none.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::known::{scope_of, unknown};
use crate::{
    domain::{
        cost::{CostFilter, Told, allocation::Allocation, month::Month},
        estate::Estate,
        id::Scope,
        money::{Money, apportion},
        observation::Observation,
        text::SafeText,
    },
    stack::model::Stack,
};

/// What is spent under one value of a tag, as billed: what services cost adds up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// `None` for what carries no such tag.
    pub value: Option<SafeText>,
    pub total: Money,
    /// What costs most first; nothing that rounds to nothing.
    pub services: Vec<(SafeText, Money)>,
}

impl Beside {
    /// As `no tag Project`, or `Project=attic`.
    pub fn name(&self, key: &str) -> String {
        self.value.as_ref().map_or_else(|| format!("no tag {key}"), |it| format!("{key}={it}"))
    }
}

/// What is known of a month of an account by one tag.
#[derive(Debug, Clone)]
pub struct BesideMonth<'a> {
    /// The scope that it is asked in.
    pub scope: &'a Scope,
    pub key: Arc<str>,
    month: Month,
    stacks: &'a [Stack],
    observed: Option<&'a Observation<Told<Allocation>>>,
}

impl<'a> BesideMonth<'a> {
    /// One for each tag and profile that `stacks` are known by; they must be all that there are.
    pub fn all(stacks: &'a [Stack], month: Month, estate: &'a Estate) -> Vec<Self> {
        let of = |(scope, key): (&'a Scope, Arc<str>)| {
            let observed = estate.scope(scope).and_then(|it| it.costs.allocation(&key, month));
            Self { scope, key, month, stacks, observed }
        };
        tags(stacks).into_iter().map(of).collect()
    }

    pub fn fetched_at(&self) -> Option<Timestamp> {
        self.observed?.fetched_at()
    }

    /// What no stack has; `None` before it is known.
    pub fn shares(&self) -> Option<Vec<Beside>> {
        Some(beside(self.observed?.value()?.value()?, &self.key, self.stacks))
    }

    /// Why it is not known.
    pub fn unknown(&self) -> Option<String> {
        unknown(self.observed?, self.month)
    }
}

/// The cost allocation tags that stacks are known by, each once for each profile: with the scope to ask in.
pub fn tags(stacks: &[Stack]) -> Vec<(&Scope, Arc<str>)> {
    let mut tags: Vec<(&Scope, Arc<str>)> = Vec::new();
    for stack in stacks {
        let (Some(scope), Some(cost)) = (scope_of(stack), &stack.cost) else { continue };
        if let CostFilter::Tag { key, .. } = &cost.filter
            && !tags.iter().any(|(it, known)| it.profile == scope.profile && known == key)
        {
            tags.push((scope, key.clone()));
        }
    }
    tags
}

/// What each service cost.
type Services<'a> = Vec<(&'a SafeText, Decimal)>;

/// What no stack of these has, in the order in which AWS tells it.
fn beside(allocation: &Allocation, key: &str, stacks: &[Stack]) -> Vec<Beside> {
    let of_stack = |value: &SafeText| {
        stacks.iter().filter_map(|it| it.cost.as_ref()).any(
            |cost| matches!(&cost.filter, CostFilter::Tag { key: it, value: of } if **it == *key && **of == *value.as_str()),
        )
    };
    let mut sums: Vec<(Option<&SafeText>, Services<'_>)> = Vec::new();
    for share in &allocation.shares {
        if share.value.as_ref().is_some_and(of_stack) {
            continue;
        }
        match sums.iter_mut().find(|(value, _)| *value == share.value.as_ref()) {
            Some((_, services)) => services.push((&share.service, share.cost)),
            None => sums.push((share.value.as_ref(), vec![(&share.service, share.cost)])),
        }
    }
    let money = |amount| Money::new(amount, allocation.currency);
    let of_value = |(value, services): (Option<&SafeText>, Services<'_>)| {
        let amounts: Vec<Decimal> = services.iter().map(|(_, cost)| *cost).collect();
        let parts = apportion(&amounts, allocation.currency);
        let total = money(parts.iter().sum());
        let mut told: Vec<_> = services.into_iter().map(|(name, _)| name.clone()).zip(parts).collect();
        told.retain(|(_, cost)| !cost.is_zero());
        told.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        let services = told.into_iter().map(|(name, cost)| (name, money(cost))).collect();
        Beside { value: value.cloned(), total, services }
    };
    sums.into_iter().map(of_value).collect()
}
