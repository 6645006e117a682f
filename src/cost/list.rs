//! The shipped list prices (`prices/aws.toml`).

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{
    domain::{cost::usage::Metered, money::Currency},
    toml_file::{self, Fault, Reported, Table, quoted},
};

/// What AWS lists for a unit in each region that the console knows prices of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPrices {
    /// The day on which they were looked up.
    pub as_of: Date,
    pub currency: Currency,
    units: BTreeMap<(String, Metered), Decimal>,
}

impl ListPrices {
    pub fn of(&self, region: &str, metered: &Metered) -> Option<Decimal> {
        self.units.get(&(region.to_owned(), metered.clone())).copied()
    }
}

const FILE: &str = "prices/aws.toml";
const TEXT: &str = include_str!("../../prices/aws.toml");

/// Those that the console carries; `None` only if the file that it was built with is broken, which a test prevents.
pub fn shipped() -> Option<&'static ListPrices> {
    static SHIPPED: LazyLock<Option<ListPrices>> = LazyLock::new(|| read(FILE, TEXT).ok());
    SHIPPED.as_ref()
}

/// Each key of a region, and what it is the price of.
const KEYS: [(&str, Metered); 10] = [
    ("fargate-vcpu-hour", Metered::FargateCpu { spot: false, arm: false }),
    ("fargate-gb-hour", Metered::FargateMemory { spot: false, arm: false }),
    ("fargate-spot-vcpu-hour", Metered::FargateCpu { spot: true, arm: false }),
    ("fargate-spot-gb-hour", Metered::FargateMemory { spot: true, arm: false }),
    ("fargate-arm-vcpu-hour", Metered::FargateCpu { spot: false, arm: true }),
    ("fargate-arm-gb-hour", Metered::FargateMemory { spot: false, arm: true }),
    ("nat-hour", Metered::Nat),
    ("nat-gb", Metered::NatData),
    ("alb-hour", Metered::LoadBalancer),
    ("lcu-hour", Metered::LoadBalancerUnit),
];

fn read(file: &str, text: &str) -> Result<ListPrices, Vec<Fault>> {
    toml_file::read(file, text, |table| {
        let as_of = table.required_value("as_of").and_then(|value| {
            value.parse(|text| text.parse::<Date>().map_err(|_| format!("{} is no day", quoted(text))))
        });
        let currency = table.required_value("currency").and_then(|value| {
            value.parse(|text| Currency::parse(text).ok_or_else(|| format!("{} is no currency", quoted(text))))
        });
        let regions = table.entries(|(region, value)| Ok((region.value, value.table(units)?)));
        let units = regions?.into_iter().flat_map(|(region, units)| {
            units.into_iter().map(move |(metered, price)| ((region.clone(), metered), price))
        });
        Ok(ListPrices { as_of: as_of?, currency: currency?, units: units.collect() })
    })
}

fn units(table: &mut Table<'_>) -> Result<Vec<(Metered, Decimal)>, Reported> {
    let mut units = Vec::new();
    for (key, metered) in KEYS {
        if let Some(price) = table.optional(key)? {
            units.push((metered, price));
        }
    }
    if let Some(instances) = table.value("instance-hour") {
        let priced = |(kind, price): (toml_file::At<String>, toml_file::Value<'_>)| {
            Ok((Metered::Instance { kind: kind.value, spot: false }, price.get()?))
        };
        units.extend(instances.table(|table| table.entries(priced))?);
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::{FILE, Metered, TEXT, read, shipped};

    #[test]
    fn the_shipped_prices_are_sound_and_dated() {
        let list = read(FILE, TEXT).unwrap();
        assert_eq!(shipped(), Some(&list));
        let of = |region, metered| list.of(region, &metered).map(|it| it.to_string());
        assert_eq!(of("us-east-1", Metered::Nat).as_deref(), Some("0.045"));
        let instance = Metered::Instance { kind: "t3.medium".into(), spot: false };
        assert_eq!(of("eu-west-2", instance).as_deref(), Some("0.0472"));
        assert_eq!(of("xx-east-1", Metered::Nat), None);
    }
}
