//! Gateways and load balancers that are paid for by the hour and pass nothing on.

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::{
    super::{
        context::{Context, Finding},
        rule::Rule,
        words,
    },
    Billed, Line, a_month, bills, told_on,
};
use crate::domain::{
    cost::{item::Item, month::start_of, usage::Metered},
    signal::Severity,
};

pub const IDLE_SPEND: Rule = Rule {
    name: "idle-spend",
    meaning: "NAT gateways or load balancers of a stack cost by the hour, and nothing passes them",
    severity: "a notice",
    fires: "in a region, over the last complete days, three at least and seven at most, gateways were billed by the hour \
            with less than a megabyte for each hour, or load balancers with less than a thousandth of a capacity unit. It \
            speaks of bills that somebody has looked at within two days",
    evidence: "hours and what passed on those days, what they cost, what a month of it costs, and when AWS told it",
    next: "delete them where nothing needs them; for a NAT gateway see what its routes are for",
    check: idle_spend,
};

/// Complete days that are looked at, and how few there may be.
const DAYS: i64 = 7;
const LEAST_DAYS: usize = 3;
/// Gigabytes, or capacity units, for each hour, below which nothing passes.
const NOTHING: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// Something that is paid for by the hour and by what passes it.
struct Sort {
    hours: Metered,
    passed: Metered,
    item: Item,
    noun: &'static str,
    /// What passes is counted in these.
    unit: &'static str,
    advice: &'static str,
}

const SORTS: [Sort; 2] = [
    Sort {
        hours: Metered::Nat,
        passed: Metered::NatData,
        item: Item::Nat,
        noun: "NAT gateway",
        unit: "GB",
        advice: "see which routes lead to it, and delete it where nothing behind them needs the internet",
    },
    Sort {
        hours: Metered::LoadBalancer,
        passed: Metered::LoadBalancerUnit,
        item: Item::LoadBalancer,
        noun: "load balancer",
        unit: "capacity units",
        advice: "see who still knows its name, and delete it where nobody calls it",
    },
];

fn idle_spend(context: &Context<'_>) -> Vec<Finding> {
    let of_bill = |billed: &Billed<'_>| SORTS.iter().flat_map(|sort| find(billed, sort)).collect::<Vec<_>>();
    bills(context).iter().flat_map(of_bill).collect()
}

/// One finding for each region in which nothing passes.
fn find(billed: &Billed<'_>, sort: &Sort) -> Vec<Finding> {
    let first = billed.unsettled.saturating_sub(DAYS.days());
    let days: Vec<Date> = billed.bill.days.range(first..billed.unsettled).map(|(day, _)| *day).collect();
    let Some(from) = days.first().filter(|_| days.len() >= LEAST_DAYS).copied() else { return Vec::new() };
    let lines: Vec<(&str, Metered, &Line)> = billed
        .bill
        .lines(from, billed.unsettled)
        .filter_map(|line| Metered::of(line.usage_type.as_str()).map(|(region, metered)| (region, metered, line)))
        .collect();
    let mut regions: Vec<&str> = lines.iter().map(|(region, _, _)| *region).collect();
    regions.sort_unstable();
    regions.dedup();
    let sum = |region: &str, of: &Metered, part: fn(&Line) -> Decimal| -> Decimal {
        lines.iter().filter(|(it, metered, _)| *it == region && metered == of).map(|(_, _, line)| part(line)).sum()
    };
    let of_region = |region: &&str| {
        let (hours, passed) = (sum(region, &sort.hours, |it| it.quantity), sum(region, &sort.passed, |it| it.quantity));
        if hours.is_zero() || passed > hours * NOTHING {
            return None;
        }
        let cost = sum(region, &sort.hours, |it| it.cost);
        let monthly = a_month(cost / Decimal::from(days.len()));
        let (noun, span) = (sort.noun, words::count(days.len(), "day"));
        Some(Finding {
            summary: format!(
                "nothing passes a {noun} of {} in {region}: {} a month",
                billed.stack.name,
                billed.money(monthly).brief()
            ),
            evidence: vec![
                format!("{} hours in {span}, and {} {}", hours.normalize(), passed.round_dp(3).normalize(), sort.unit),
                format!("{} actual since {from}", billed.money(cost)),
                told_on(billed.fetched_at),
            ],
            advice: sort.advice.to_owned(),
            ..billed.finding(Severity::Notice, sort.item, Some(start_of(from)))
        })
    };
    regions.iter().filter_map(of_region).collect()
}
