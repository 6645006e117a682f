//! The `[cost]` table of a stack file: which part of the bill is the stack's, and what it was meant to cost.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::{
    domain::{
        cost::{
            CostFilter,
            item::{ITEMS, Item},
        },
        money::Currency,
        text::SafeText,
    },
    toml_file::{Reported, Table, Value, one_of_these, quoted},
};

use super::parse::{account_number, plain, wire_name};

/// What a stack file says of cost.
#[derive(Debug, Clone, PartialEq)]
pub struct StackCost {
    /// The part of the account's bill that is the stack's.
    pub filter: CostFilter,
    pub currency: Currency,
    /// Name of the AWS budget that is the stack's.
    pub budget: Option<SafeText>,
    /// What a month was meant to cost, in the order of the file; empty where nobody has estimated it.
    pub estimate: Vec<(Item, Estimate)>,
}

/// Between what a month's cost was expected to lie; mostly one figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    pub least: Decimal,
    pub most: Decimal,
}

impl std::iter::Sum for Estimate {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, it| Self { least: sum.least + it.least, most: sum.most + it.most })
    }
}

impl StackCost {
    /// What a month was meant to cost altogether; `None` where nobody has estimated it.
    pub fn total(&self) -> Option<Estimate> {
        (!self.estimate.is_empty()).then(|| self.estimate.iter().map(|(_, it)| *it).sum())
    }
}

pub fn cost(value: Value<'_>) -> Result<StackCost, Reported> {
    value.table(|table| {
        let filter = filter(table);
        let currency = table.value("currency").map_or(Ok(Currency::USD), |value| value.parse(currency));
        let budget = table.value("budget").map(|value| value.parse(plain)).transpose();
        let estimate = table.value("estimate").map_or(Ok(Vec::new()), estimates);
        Ok(StackCost { filter: filter?, currency: currency?, budget: budget?.map(SafeText::from), estimate: estimate? })
    })
}

fn filter(table: &mut Table<'_>) -> Result<CostFilter, Reported> {
    let tag = table.value("tag").map(tag).transpose();
    let account = table.value("account").map(|value| value.parse(account_number)).transpose();
    let message = match (tag?, account?) {
        (Some((key, value)), None) => return Ok(CostFilter::Tag { key, value }),
        (None, Some(account)) => return Ok(CostFilter::Account(account.as_str().into())),
        (Some(_), Some(_)) => "both tag and account are given",
        (None, None) => "neither tag nor account is given",
    };
    let hint = "say by which of the two the stack's part of the bill is known".to_owned();
    Err(table.fault(message, Some(hint)))
}

fn tag(value: Value<'_>) -> Result<(Arc<str>, Arc<str>), Reported> {
    value.table(|table| {
        let key = wire_name(table, "key");
        let value = wire_name(table, "value");
        Ok((key?, value?))
    })
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).ok_or_else(|| format!("{} is no currency, as USD is one", quoted(text)))
}

fn estimates(value: Value<'_>) -> Result<Vec<(Item, Estimate)>, Reported> {
    value.table(|table| {
        let words = ITEMS.map(|(_, word, _)| word);
        let entries = table.rest().into_iter().map(|(key, value)| {
            let item = ITEMS.iter().find(|(_, word, _)| *word == key.value).map(|(item, _, _)| *item);
            let item = item.ok_or_else(|| {
                let message = format!("{} is nothing that a bill is for", quoted(&key.value));
                table.fault_at(key.place, message, one_of_these(&key.value, &words))
            });
            let estimate = estimate(value);
            Ok((item?, estimate?))
        });
        crate::toml_file::all(entries.collect::<Vec<_>>())
    })
}

/// `65`, or a range as `[1, 10]`.
fn estimate(value: Value<'_>) -> Result<Estimate, Reported> {
    let estimate = match value.array()? {
        None => {
            let amount: Decimal = value.get()?;
            Estimate { least: amount, most: amount }
        }
        Some(ends) => match ends.as_slice() {
            [least, most] => Estimate { least: least.get()?, most: most.get()? },
            _ => return Err(value.fault("expected the least and the most, as [1, 10]", None)),
        },
    };
    if estimate.least.is_sign_negative() || estimate.least > estimate.most {
        return Err(value.fault("the least must be 0 or more, and no more than the most", None));
    }
    Ok(estimate)
}
