//! Gateways and load balancers that are paid for by the hour and pass nothing on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::{
    super::{
        context::{Context, Finding, TargetGroupView},
        rule::Rule,
        words,
    },
    Billed, Line, a_month, bills,
    quiet::{self, QUIET},
    spent, told_on,
};
use crate::{
    cost::running::HOURS_A_MONTH,
    domain::{
        cost::{item::Item, month::start_of, usage::Metered},
        id::{Arn, Scope},
        nat::NatGateway,
        signal::Severity,
    },
    metrics::Window,
};

pub const IDLE_SPEND: Rule = Rule {
    name: "idle-spend",
    meaning: "NAT gateways or load balancers of a stack cost by the hour, and nothing passes them",
    severity: "a notice",
    fires: "in a region, over the last complete days, three at least and seven at most, gateways were billed by the hour \
            with less than a megabyte for each hour, or load balancers with less than a thousandth of a capacity unit. Also \
            a load balancer beside busy ones: for as long as the requests of its target groups are known, two hours at \
            least, there was none. And a NAT gateway beside busy ones: over the last day it sent less than a megabyte an \
            hour, which is read while somebody looks at the cost view. It speaks of bills that somebody has looked at within two days",
    evidence: "hours and what passed on those days, or since when there was no request, what they cost, what a month of it costs, and when AWS told it",
    next: "delete them where nothing needs them; for a NAT gateway see what its routes are for",
    check: idle_spend,
};

/// Complete days that are looked at, and how few there may be.
const DAYS: i64 = 7;
const LEAST_DAYS: usize = 3;
/// Gigabytes, or capacity units, for each hour, below which nothing passes.
const NOTHING: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// Bytes an hour, below which a gateway sends next to nothing.
const NOTHING_SENT: f64 = 1e6;

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
    let of_bill = |billed: &Billed<'_>| {
        let Some(week) = Week::of(billed) else { return Vec::new() };
        let mut findings: Vec<Finding> = SORTS.iter().flat_map(|sort| find(&week, sort)).collect();
        findings.extend(balancers(context, &week));
        findings.extend(gateways(context, &week));
        findings
    };
    bills(context).iter().flat_map(of_bill).collect()
}

/// The last complete days of a bill, by what was metered where.
struct Week<'a> {
    billed: &'a Billed<'a>,
    days: Vec<Date>,
    lines: Vec<(&'static str, Metered, &'a Line)>,
}

impl<'a> Week<'a> {
    fn of(billed: &'a Billed<'a>) -> Option<Self> {
        let first = billed.unsettled.saturating_sub(DAYS.days());
        let days: Vec<Date> = billed.bill.days.range(first..billed.unsettled).map(|(day, _)| *day).collect();
        let from = days.first().filter(|_| days.len() >= LEAST_DAYS).copied()?;
        let metered = |line: &'a Line| {
            let (region, metered) = Metered::of(line.usage_type.as_str())?;
            Some((region, metered, line))
        };
        let lines = billed.bill.lines(from, billed.unsettled).filter_map(metered).collect();
        Some(Self { billed, days, lines })
    }

    fn sum(&self, region: &str, of: &Metered, part: fn(&Line) -> Decimal) -> Decimal {
        let found = self.lines.iter().filter(|(it, metered, _)| *it == region && metered == of);
        found.map(|(_, _, line)| part(line)).sum()
    }

    /// Whether next to nothing passes what is paid for by the hour in a region.
    fn is_idle(&self, region: &str, sort: &Sort) -> bool {
        let hours = self.sum(region, &sort.hours, |it| it.quantity);
        !hours.is_zero() && self.sum(region, &sort.passed, |it| it.quantity) <= hours * NOTHING
    }
}

/// One finding for each region in which nothing passes.
fn find(week: &Week<'_>, sort: &Sort) -> Vec<Finding> {
    let Week { billed, days, lines } = week;
    let Some(from) = days.first().copied() else { return Vec::new() };
    let mut regions: Vec<&str> = lines.iter().map(|(region, _, _)| *region).collect();
    regions.sort_unstable();
    regions.dedup();
    let of_region = |region: &&str| {
        if !week.is_idle(region, sort) {
            return None;
        }
        let sum = |of, part| week.sum(region, of, part);
        let (hours, passed) = (sum(&sort.hours, |it| it.quantity), sum(&sort.passed, |it| it.quantity));
        let cost = sum(&sort.hours, |it| it.cost);
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

/// Load balancers that nobody asks anything of, in regions where others are busy.
fn balancers(context: &Context<'_>, week: &Week<'_>) -> Vec<Finding> {
    let (billed, [_, sort]) = (week.billed, &SORTS);
    let own = |it: &&TargetGroupView<'_>| it.place.stack.name == billed.stack.name;
    let mut found: BTreeMap<(&Scope, &Arn), &TargetGroupView<'_>> = BTreeMap::new();
    for view in context.target_groups.iter().filter(own) {
        found.extend(view.group.load_balancers.iter().map(|balancer| ((view.place.scope, balancer), view)));
    }
    let find = |((scope, balancer), view): ((&Scope, &Arn), &TargetGroupView<'_>)| {
        let hours = week.sum(&scope.region, &sort.hours, |it| it.quantity);
        let each = week.sum(&scope.region, &sort.hours, |it| it.cost).checked_div(hours)?;
        if week.is_idle(&scope.region, sort) {
            return None;
        }
        // All of its target groups, be they a stack's or not.
        let groups = view.place.known.target_groups.value()?;
        let behind = groups.values().filter(|it| it.load_balancers.contains(balancer)).map(|it| &it.arn);
        let quiet = quiet::since(context, scope, behind)?;
        let age = context.now.duration_since(quiet);
        let (name, price) = (balancer.short_name(), billed.money(each));
        let monthly = billed.money(each * HOURS_A_MONTH).brief();
        (age >= QUIET).then(|| Finding {
            summary: format!(
                "nobody has asked anything of the load balancer {name} of {} in {} for {}: {monthly} a month",
                billed.stack.name,
                scope.region,
                words::span(age)
            ),
            evidence: vec![
                format!("no request to its target groups since {} at least", words::clock(quiet)),
                format!("{} an hour and load balancer in {}, as billed", price.price(), scope.region),
                told_on(billed.fetched_at),
            ],
            advice: sort.advice.to_owned(),
            ..spent(billed.stack, &format!("load balancer {name}"), Severity::Notice, Some(quiet))
        })
    };
    found.into_iter().filter_map(find).collect()
}

/// NAT gateways that send next to nothing, in regions where others are busy.
fn gateways(context: &Context<'_>, week: &Week<'_>) -> Vec<Finding> {
    let (billed, [sort, _]) = (week.billed, &SORTS);
    let Some(cost) = &billed.stack.cost else { return Vec::new() };
    let scopes = billed.stack.scopes.iter().map(|it| &it.scope);
    let in_scope = |scope: &Scope| -> Option<Vec<Finding>> {
        let hours = week.sum(&scope.region, &sort.hours, |it| it.quantity);
        let each = week.sum(&scope.region, &sort.hours, |it| it.cost).checked_div(hours)?;
        if week.is_idle(&scope.region, sort) {
            return None;
        }
        let known = context.estate.scope(scope)?;
        let own = known.nat_gateways.value()?.iter().filter(|it| it.is_in(&cost.filter));
        let found = own.filter_map(|gateway| {
            let series = known.series(&gateway.sent(Window::Day.period()))?;
            let covered = series.covered.filter(|it| context.now.duration_since(it.to) <= quiet::CURRENT)?;
            let span = covered.to.duration_since(covered.from);
            let sent: f64 = series.points.iter().map(|(_, bytes)| bytes).sum();
            // One that tells nothing at all is not known to be idle.
            let is_idle = !series.points.is_empty() && sent < NOTHING_SENT * span.as_secs_f64() / 3_600.0;
            (is_idle && span >= QUIET).then(|| idle_gateway(billed, scope, gateway, each, (span, covered.from)))
        });
        Some(found.collect())
    };
    scopes.filter_map(in_scope).flatten().collect()
}

fn idle_gateway(
    billed: &Billed<'_>,
    scope: &Scope,
    gateway: &NatGateway,
    each: Decimal,
    (span, from): (SignedDuration, Timestamp),
) -> Finding {
    let (id, name, price) = (&gateway.id, gateway.name(), billed.money(each));
    let monthly = billed.money(each * HOURS_A_MONTH).brief();
    let (stack, region, span) = (&billed.stack.name, &scope.region, words::span(span));
    Finding {
        summary: format!("next to nothing passes the NAT gateway {name} of {stack} in {region}: {monthly} a month"),
        evidence: vec![
            format!("{id}, in {} of {}", gateway.subnet, gateway.vpc),
            format!("less than a megabyte an hour sent in the last {span}"),
            format!("{} an hour and gateway in {region}, as billed", price.price()),
            told_on(billed.fetched_at),
        ],
        advice: SORTS[0].advice.to_owned(),
        ..spent(billed.stack, &format!("NAT gateway {id}"), Severity::Notice, Some(from))
    }
}
