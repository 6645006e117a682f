//! What lies behind an item's cost: its usage types, what a unit costs, and how that differs from what was estimated.

use std::{cmp::Reverse, collections::BTreeMap};

use rust_decimal::Decimal;

use super::summary::{Figures, Summary, rated_days};
use crate::domain::{
    cost::{bill::Bill, item::Item, usage::Metered},
    money::{Money, apportion, apportion_to},
    text::SafeText,
};

/// One usage type of an item, at the rate of the last complete days.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    pub usage_type: SafeText,
    /// The quantity's unit.
    pub unit: SafeText,
    pub a_day: Decimal,
    pub a_month: Money,
    /// Cost over quantity.
    pub each: Option<Money>,
}

/// What an item's cost consists of, the largest first: it adds up to the item's run-rate. Nothing where no day is complete.
pub fn drivers(bill: &Bill, summary: &Summary, item: Item) -> Vec<Driver> {
    let Some((from, until)) = rated_days(bill, summary.unsettled_from) else { return Vec::new() };
    let days = Decimal::from(from.until(until).map_or(1, |it| it.get_days()).max(1));
    let month = Decimal::from(summary.month.days());
    let mut sums: BTreeMap<&SafeText, (Decimal, Decimal, &SafeText)> = BTreeMap::new();
    for line in bill.lines(from, until).filter(|it| it.item() == item) {
        let (cost, quantity, _) = sums.entry(&line.usage_type).or_insert((Decimal::ZERO, Decimal::ZERO, &line.unit));
        *cost += line.cost;
        *quantity += line.quantity;
    }
    let monthly: Vec<Decimal> = sums.values().map(|(cost, ..)| *cost / days * month).collect();
    let rate = summary.items.iter().find(|(it, _)| *it == item).and_then(|(_, figures)| figures.run_rate);
    let parts = match rate {
        Some(rate) => apportion_to(&monthly, rate, summary.currency),
        None => apportion(&monthly, summary.currency),
    };
    let mut drivers: Vec<Driver> = sums
        .into_iter()
        .zip(parts)
        .map(|((usage_type, (cost, quantity, unit)), a_month)| Driver {
            usage_type: usage_type.clone(),
            unit: unit.clone(),
            a_day: quantity / days,
            a_month: summary.money(a_month),
            each: cost.checked_div(quantity).map(|it| summary.money(it)),
        })
        .collect();
    drivers.sort_by_key(|it| Reverse(it.a_month.amount));
    drivers
}

/// What an item's cost comes of, in words.
pub fn why(bill: &Bill, summary: &Summary, item: Item) -> Option<String> {
    let drivers = drivers(bill, summary, item);
    if item == Item::Nat {
        return nat(&drivers);
    }
    let [first, ..] = drivers.as_slice() else { return None };
    let (quantity, unit) = (figure(first.a_day), unit(first));
    let each = first.each.map_or_else(String::new, |it| format!(", billed {} each", it.price()));
    let usage = &first.usage_type;
    Some(match drivers.len() {
        1 => format!("{usage}, {quantity} {unit} a day{each}"),
        all => {
            let cost = first.a_month.brief();
            format!("mostly {usage} ({cost}), {quantity} {unit} a day{each}; {} more", all - 1)
        }
    })
}

/// A NAT gateway costs by the hour, whether anything passes it or not, and by what passes it: each region has its prices.
fn nat(drivers: &[Driver]) -> Option<String> {
    let of = |wanted: Metered| {
        let mut found: BTreeMap<&'static str, &Driver> = BTreeMap::new();
        for it in drivers {
            if let Some((region, metered)) = Metered::of(it.usage_type.as_str())
                && metered == wanted
            {
                found.entry(region).or_insert(it);
            }
        }
        found
    };
    let (hours, data) = (of(Metered::Nat), of(Metered::NatData));
    let mut regions: Vec<(&&str, &&Driver)> = hours.iter().collect();
    regions.sort_by_key(|(_, it)| Reverse(it.a_month.amount));
    let of_region = |(region, it): (&&str, &&Driver)| {
        let place = if hours.len() > 1 { format!(" in {region}") } else { String::new() };
        gateways(it, data.get(region).copied(), &place)
    };
    let told: Vec<String> = regions.into_iter().map(of_region).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The gateways of one region by their hours, and what passes them.
fn gateways(hours: &Driver, data: Option<&Driver>, place: &str) -> String {
    let count = (hours.a_day / Decimal::from(24)).round_dp(1).normalize();
    let money = |amount| Money::new(amount, hours.a_month.currency);
    let each = hours.a_month.amount.checked_div(count);
    let each = each.map_or_else(String::new, |it| format!(", {}/month each", money(it)));
    let price = hours.each.map_or_else(String::new, |it| format!(" (billed {}/h)", it.price()));
    let noun = if count == Decimal::ONE { "gateway" } else { "gateways" };
    let passed = data.map_or_else(String::new, |it| {
        let each = it.each.map_or_else(String::new, |it| format!(" at {}/GB", it.price()));
        format!(", and {} GB a day{each}: {}/month", figure(it.a_day), it.a_month.brief())
    });
    format!("{count} {noun}{place}{each}{price}{passed}")
}

/// A quantity as short as it can be read.
fn figure(quantity: Decimal) -> String {
    let decimals = if quantity.abs() < Decimal::TEN { 2 } else { 0 };
    quantity.round_dp(decimals).normalize().to_string()
}

/// The word for a quantity's unit; AWS has none for some.
fn unit(driver: &Driver) -> &str {
    match driver.unit.as_str() {
        "Hrs" => "hours",
        "" | "N/A" => "units",
        unit => unit,
    }
}

/// How the stack stands against its estimate, in one sentence: the largest gap and what it comes of.
pub fn sentence(bill: &Bill, summary: &Summary) -> Option<String> {
    let money = |amount| summary.money(amount);
    let state = match summary.total.gap()? {
        gap if gap > Decimal::ZERO => format!("run-rate {}/month over the estimate", money(gap).brief()),
        gap if gap < Decimal::ZERO => format!("run-rate {}/month below the estimate", money(-gap).brief()),
        _ => "run-rate within the estimate".to_owned(),
    };
    let Some((item, figures)) = widest(summary) else { return Some(state) };
    let gap = money(gap_of(figures));
    let apart = format!("{state}, farthest off {} ({}{})", item.name(), gap.plus(), gap.figure());
    // What is largest is explained by itself.
    let is_largest = largest_item(summary).is_some_and(|(it, _)| it == item);
    let because = why(bill, summary, item).filter(|_| !is_largest).map_or_else(String::new, |it| format!(": {it}"));
    Some(format!("{apart}{because}"))
}

/// The item that lies farthest from its estimate; one without an estimate was estimated at nothing.
fn widest(summary: &Summary) -> Option<(Item, &Figures)> {
    let items = summary.items.iter().map(|(item, figures)| (*item, figures));
    items.filter(|(_, it)| !gap_of(it).is_zero()).max_by_key(|(_, it)| gap_of(it).abs())
}

/// The gap of one item of a stack that has an estimate.
pub fn gap_of(figures: &Figures) -> Decimal {
    figures.gap().or(figures.run_rate).unwrap_or_default()
}

/// What costs most at the run-rate, and how much that is.
fn largest_item(summary: &Summary) -> Option<(Item, Decimal)> {
    let rates = summary.items.iter().map(|(item, figures)| (*item, figures.run_rate.unwrap_or_default()));
    rates.filter(|(_, rate)| !rate.is_zero()).max_by_key(|(_, rate)| *rate)
}

/// What is largest in the bill, in one sentence.
pub fn largest(bill: &Bill, summary: &Summary) -> Option<String> {
    let (item, rate) = largest_item(summary)?;
    let because = why(bill, summary, item).map_or_else(String::new, |it| format!(": {it}"));
    Some(format!("{} is the largest, run-rate {}/month{because}", item.name(), summary.money(rate).brief()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cost::testing::{bill, day, line},
        domain::cost::month::Month,
        stack::cost::Estimate,
    };

    fn told(estimate: &[(Item, Estimate)]) -> (Bill, Summary) {
        let days = (1..=21).map(|it| {
            let lines = vec![
                line("EC2 - Other", "NatGateway-Hours", "2.16", "48", "Hrs"),
                line("EC2 - Other", "NatGateway-Bytes", "0.45", "10", "GB"),
                line("Amazon Relational Database Service", "InstanceUsage:db.t3.micro", "0.432", "24", "Hrs"),
            ];
            day(it, lines)
        });
        let bill = bill(days.collect());
        let month = Month::of(jiff::civil::date(2026, 11, 1));
        let summary = Summary::of(&bill, month, "2026-11-21T12:00:00Z".parse().unwrap(), estimate);
        (bill, summary)
    }

    fn figure(amount: u32) -> Estimate {
        Estimate { least: amount.into(), most: amount.into() }
    }

    #[test]
    fn nat_is_explained_by_gateway_and_by_gigabyte() {
        let (bill, summary) = told(&[(Item::Nat, figure(65)), (Item::Rds, figure(15))]);
        let because = "2 gateways, 32.40 USD/month each (billed 0.045 USD/h), and 10 GB a day at 0.045 USD/GB: \
                       13.50 USD/month";
        assert_eq!(why(&bill, &summary, Item::Nat).as_deref(), Some(because));
        let wanted = format!("NAT is the largest, run-rate 78.30 USD/month: {because}");
        assert_eq!(largest(&bill, &summary), Some(wanted));
        let wanted = "run-rate 11.26 USD/month over the estimate, farthest off NAT (+13.30)";
        assert_eq!(sentence(&bill, &summary).as_deref(), Some(wanted));
        // What is farthest off is explained where it is not the largest.
        let (bill, summary) = told(&[(Item::Nat, figure(78)), (Item::Rds, figure(10))]);
        let wanted = "run-rate 3.26 USD/month over the estimate, farthest off RDS (+2.96): InstanceUsage:db.t3.micro, 24 hours \
                      a day, billed 0.018 USD each";
        assert_eq!(sentence(&bill, &summary).as_deref(), Some(wanted));
    }

    #[test]
    fn gateways_of_two_regions_are_told_at_their_own_prices() {
        let days = (1..=21).map(|it| {
            let lines = vec![
                line("EC2 - Other", "NatGateway-Hours", "1.08", "24", "Hrs"),
                line("EC2 - Other", "USW1-NatGateway-Hours", "1.152", "24", "Hrs"),
                line("EC2 - Other", "NatGateway-Bytes", "0.45", "10", "GB"),
            ];
            day(it, lines)
        });
        let bill = bill(days.collect());
        let month = Month::of(jiff::civil::date(2026, 11, 1));
        let summary = Summary::of(&bill, month, "2026-11-21T12:00:00Z".parse().unwrap(), &[]);
        let wanted = "1 gateway in us-west-1, 34.56 USD/month each (billed 0.048 USD/h); 1 gateway in us-east-1, 32.40 \
                      USD/month each (billed 0.045 USD/h), and 10 GB a day at 0.045 USD/GB: 13.50 USD/month";
        assert_eq!(why(&bill, &summary, Item::Nat).as_deref(), Some(wanted));
    }

    #[test]
    fn other_items_are_explained_by_their_largest_usage_type() {
        let (bill, summary) = told(&[]);
        let wanted = "InstanceUsage:db.t3.micro, 24 hours a day, billed 0.018 USD each";
        assert_eq!(why(&bill, &summary, Item::Rds).as_deref(), Some(wanted));
        assert_eq!(sentence(&bill, &summary), None);
    }
}
