//! Items of a stack's bill that have grown beyond what their day of the week usually costs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::{
    super::{
        context::{Context, Finding},
        rule::Rule,
    },
    Billed, Day, Line, a_month,
    baseline::{Baseline, median},
    bills, told_on,
};
use crate::domain::{
    cost::{item::Item, month::start_of},
    signal::Severity,
};

pub const SPEND_ANOMALY: Rule = Rule {
    name: "spend-anomaly",
    meaning: "a stack spends more on something than it usually does on that day of the week",
    severity: "a warning where it is a third more than the whole stack usually costs, else a notice",
    fires: "the last complete day, or one after it, cost more than the median of the same weekday before it (of the two \
            weeks before, where there are fewer than three): by three times what such days stray, by half as much \
            again as all of them but one ever did, by 30 %, and by one unit of the currency at least. It speaks of bills that somebody has looked at within two days",
    evidence: "the day's cost, the baseline with its days and range, the usage types behind it with their quantities, and \
               what a month of it would cost more, and when AWS told it",
    next: "see what uses so much of it since that day: what was deployed, what data moved",
    check: spend_anomaly,
};

/// More than this part of a usual day of the whole stack needs an eye: a third.
const SEVERE: Decimal = Decimal::from_parts(3, 0, 0, false, 0);
/// Usage types that are named.
const NAMED: usize = 3;

/// An odd day of an item.
struct Odd {
    day: Date,
    cost: Decimal,
    baseline: Baseline,
}

fn spend_anomaly(context: &Context<'_>) -> Vec<Finding> {
    let of_bill = |billed: &Billed<'_>| {
        let items: BTreeSet<Item> = billed.bill.days.values().flat_map(|day| &day.lines).map(Line::item).collect();
        items.into_iter().filter_map(|item| find(billed, item)).collect::<Vec<_>>()
    };
    bills(context).iter().flat_map(of_bill).collect()
}

fn find(billed: &Billed<'_>, item: Item) -> Option<Finding> {
    let costs = daily(billed, |line| line.item() == item);
    let odd = costliest_odd(billed, &costs)?;
    let first = beginning(&costs, &odd);
    let over = odd.cost - odd.baseline.usual;
    let usual_day = median(&odd.baseline.days.iter().map(|day| whole(billed, *day)).collect::<Vec<_>>());
    let severity = if over * SEVERE >= usual_day { Severity::Warning } else { Severity::Notice };
    let money = |amount| billed.money(amount);
    let (incomplete, at_least) =
        if odd.day >= billed.unsettled { (", and not all of it is told yet", " at least") } else { ("", "") };
    let Baseline { usual, least, most, ref days, .. } = odd.baseline;
    let mut evidence = vec![
        format!("{}: {} on {}{incomplete}", item.name(), money(odd.cost), dated(odd.day)),
        format!(
            "{} usually costs {}: {} of them since {} cost {} to {}",
            odd.baseline.kind(),
            money(usual),
            days.len(),
            days.first().map_or_else(String::new, |it| dated(*it)),
            money(least).figure(),
            money(most)
        ),
    ];
    evidence.extend(drivers(billed, item, &odd));
    evidence.push(format!("if it goes on: {} a month more{at_least}", money(a_month(over)).brief()));
    evidence.push(told_on(billed.fetched_at));
    Some(Finding {
        summary: format!(
            "{} cost {} on {}: {} usually costs {}",
            item.name(),
            money(odd.cost),
            dated(odd.day),
            odd.baseline.kind(),
            money(usual)
        ),
        evidence,
        advice: advice(item).to_owned(),
        ..billed.finding(severity, item, Some(start_of(first)))
    })
}

/// What each day of the bill up to its last cost of the lines that are meant; days without them cost nothing.
fn daily(billed: &Billed<'_>, is_meant: impl Fn(&Line) -> bool) -> BTreeMap<Date, Decimal> {
    let cost = |day: &Day| day.lines.iter().filter(|it| is_meant(it)).map(|it| it.cost).sum();
    billed.bill.days.iter().map(|(date, day)| (*date, cost(day))).collect()
}

fn whole(billed: &Billed<'_>, day: Date) -> Decimal {
    billed.bill.days.get(&day).map(Day::cost).unwrap_or_default()
}

/// Of the odd days from the last complete one on, the one that lies farthest above what is usual: what is told of those
/// that are not complete only grows.
fn costliest_odd(billed: &Billed<'_>, costs: &BTreeMap<Date, Decimal>) -> Option<Odd> {
    let last = billed.unsettled.saturating_sub(1.day());
    let odd = costs.range(last..).rev().filter_map(|(day, _)| odd(costs, *day));
    odd.max_by_key(|it| it.cost - it.baseline.usual)
}

fn odd(costs: &BTreeMap<Date, Decimal>, day: Date) -> Option<Odd> {
    let cost = costs.get(&day).copied()?;
    let baseline = Baseline::of(costs, day).filter(|it| it.is_exceeded_by(cost))?;
    Some(Odd { day, cost, baseline })
}

/// The first of the odd days in a row up to this one.
fn beginning(costs: &BTreeMap<Date, Decimal>, until: &Odd) -> Date {
    let before = costs.range(..until.day).rev().map(|(day, _)| *day);
    before.take_while(|day| odd(costs, *day).is_some()).last().unwrap_or(until.day)
}

/// The usage types that the item cost more for, the largest first, with how much of them was used.
fn drivers(billed: &Billed<'_>, item: Item, odd: &Odd) -> Vec<String> {
    let lines = |day: Date| billed.bill.lines(day, day.saturating_add(1.day())).filter(|it| it.item() == item);
    let mut grown: Vec<_> = lines(odd.day)
        .map(|line| {
            let of = |day: Date| lines(day).find(|it| it.usage_type == line.usage_type);
            let usual = |part: fn(&Line) -> Decimal| {
                median(&odd.baseline.days.iter().map(|day| of(*day).map(part).unwrap_or_default()).collect::<Vec<_>>())
            };
            (line, line.cost - usual(|it| it.cost), usual(|it| it.quantity))
        })
        .filter(|(_, more, _)| *more > Decimal::ZERO)
        .collect();
    grown.sort_by_key(|(_, more, _)| std::cmp::Reverse(*more));
    let told = grown.into_iter().take(NAMED).map(|(line, more, usual)| {
        let [now, usual] = [line.quantity, usual].map(|it| it.round_dp(1).normalize());
        format!("{}: {} more, {now} {} instead of {usual}", line.usage_type, billed.money(more), line.unit)
    });
    told.collect()
}

fn advice(item: Item) -> &'static str {
    match item {
        Item::Nat => {
            "see in the VPC's flow logs what sends or fetches so much through the gateways; S3, DynamoDB and ECR have \
             endpoints that take their data past them"
        }
        Item::Fargate | Item::Ec2 => {
            "see what runs more, or larger, since that day: deployments, scaling, what was woken"
        }
        Item::Cloudwatch => "see which log group or metric has grown since that day",
        _ => "see what uses so much of it since that day: what was deployed, what data moved",
    }
}

/// As `Thu 19 Nov`.
fn dated(day: Date) -> String {
    day.strftime("%a %-d %b").to_string()
}
