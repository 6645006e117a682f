//! What a unit costs: as the account itself has been billed, else as AWS lists it.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::list::{self, ListPrices};
use crate::domain::{
    cost::{bill::Bill, usage::Metered},
    money::{Currency, Money},
};

/// The effective prices of one bill, and the list behind them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    /// Cost and quantity by region and unit; none before a bill is known.
    billed: BTreeMap<(&'static str, Metered), (Decimal, Decimal)>,
    /// The bill's currency, and its last day.
    bill: Option<(Currency, Date)>,
}

/// What one unit costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub each: Money,
    pub basis: PriceBasis,
}

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceBasis {
    /// Cost over quantity of the account's own bill, which ends with this day.
    Bill { until: Date },
    /// The shipped list.
    List,
}

impl PriceBasis {
    /// What it is called beside a figure.
    pub fn words(self) -> String {
        match (self, list::shipped()) {
            (Self::Bill { until }, _) => format!("at prices billed by {}", until.strftime("%b %-d")),
            (Self::List, Some(list)) => format!("at list prices of {}", list.as_of),
            (Self::List, None) => "at list prices".to_owned(),
        }
    }

    /// Its word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bill { .. } => "bill",
            Self::List => "list",
        }
    }

    /// The weaker of two: the list, or the older bill.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bill { until: one }, Self::Bill { until: other }) => Self::Bill { until: one.min(other) },
            _ => Self::List,
        }
    }
}

impl Prices {
    /// What the units of a bill have cost; without a bill there is the list alone.
    pub fn of(bill: Option<&Bill>) -> Self {
        let Some(bill) = bill else { return Self::default() };
        let mut billed: BTreeMap<_, (Decimal, Decimal)> = BTreeMap::new();
        for line in bill.days.values().flat_map(|it| &it.lines) {
            if let Some(key) = Metered::of(line.usage_type.as_str()) {
                let (cost, quantity) = billed.entry(key).or_default();
                *cost += line.cost;
                *quantity += line.quantity;
            }
        }
        // Credits and free tiers make a price of nothing: the list says better what the next unit costs.
        billed.retain(|_, (cost, quantity)| *cost > Decimal::ZERO && *quantity > Decimal::ZERO);
        Self { billed, bill: Some((bill.currency, bill.until.saturating_sub(1.day()))) }
    }

    /// What one unit costs in a region; `None` where neither the bill nor the list tells.
    pub fn price(&self, region: &str, metered: &Metered) -> Option<Price> {
        self.billed(region, metered).or_else(|| self.listed(region, metered))
    }

    fn billed(&self, region: &str, metered: &Metered) -> Option<Price> {
        let found = self.billed.iter().find(|((at, it), _)| *at == region && it == metered);
        let (_, (cost, quantity)) = found?;
        let (currency, until) = self.bill?;
        let each = Money::new(cost.checked_div(*quantity)?, currency);
        Some(Price { each, basis: PriceBasis::Bill { until } })
    }

    fn listed(&self, region: &str, metered: &Metered) -> Option<Price> {
        let list: &ListPrices = list::shipped()?;
        // Prices of two currencies are never mixed.
        let fits = self.bill.is_none_or(|(currency, _)| currency == list.currency);
        let each = Money::new(list.of(region, metered)?, list.currency);
        fits.then_some(Price { each, basis: PriceBasis::List })
    }

    /// Every unit that the bill has a price of, with what the list says of it.
    pub fn all_billed(&self) -> impl Iterator<Item = (&'static str, &Metered, Price, Option<Price>)> {
        self.billed.keys().filter_map(|(region, metered)| {
            Some((*region, metered, self.billed(region, metered)?, self.listed(region, metered)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::testing::{bill, day, line};

    #[test]
    fn a_price_is_cost_over_quantity_and_else_the_listed_one() {
        let bill = bill(vec![
            day(18, vec![line("EC2 - Other", "NatGateway-Hours", "0.96", "24", "Hrs")]),
            day(19, vec![line("EC2 - Other", "NatGateway-Hours", "1.92", "48", "Hrs")]),
            // A free tier.
            day(19, vec![line("EC2 - Other", "NatGateway-Bytes", "0", "5", "GB")]),
        ]);
        let prices = Prices::of(Some(&bill));
        let billed = PriceBasis::Bill { until: jiff::civil::date(2026, 11, 21) };
        let price = |region, metered| prices.price(region, &metered).map(|it| (it.each.price(), it.basis));
        assert_eq!(price("us-east-1", Metered::Nat), Some(("0.04 USD".into(), billed)));
        assert_eq!(billed.words(), "at prices billed by Nov 21");
        assert_eq!((billed.weaker(PriceBasis::List), billed.weaker(billed)), (PriceBasis::List, billed));
        assert_eq!(price("us-east-1", Metered::NatData), Some(("0.045 USD".into(), PriceBasis::List)));
        assert_eq!(price("eu-west-2", Metered::Nat), Some(("0.05 USD".into(), PriceBasis::List)));
        assert_eq!(price("xx-west-2", Metered::Nat), None);
    }
}
