//! Money: spend that has grown, budgets that will not last, what no stack has, what nobody uses.

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan, civil::Date};
use rust_decimal::Decimal;

use crate::{
    domain::{
        cost::{
            CostFilter, Told,
            allocation::{Allocation, Share},
            bill::{Bill, Day, Line, first_unsettled},
            budget::{Bound, Budget, Spend, Threshold},
            month::Month,
        },
        estate::Estate,
        metric::{Series, Span},
        money::Currency,
        nat::NatGateway,
        query::{Answer, Outcome, Query, Request},
        signal::Signal,
        text::SafeText,
    },
    metrics::{Measure, Window},
    stack::{cost::StackCost, model::Stack},
    triage::{
        signals,
        testing::{Given, ago, now, scope},
    },
};

/// When the bills here are of.
const TOLD: &str = "as AWS told it on Sun 1 Mar at 02:00 UTC";

fn usd(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn filter() -> CostFilter {
    CostFilter::Tag { key: "Project".into(), value: "terminal".into() }
}

/// The healthy stack, which says what part of the bill is its own.
fn given() -> Given {
    let mut given = Given::healthy();
    given.stack.cost = Some(StackCost {
        filter: filter(),
        currency: Currency::USD,
        budget: Some("monthly".into()),
        estimate: Vec::new(),
    });
    given
}

fn line(service: &str, usage_type: &str, cost: &str, quantity: &str) -> Line {
    let (service, usage_type) = (service.into(), usage_type.into());
    Line { service, usage_type, cost: usd(cost), quantity: usd(quantity), unit: "GB".into() }
}

/// February and what is told of March by now, as `day` has it. The last complete day is Thursday, 26 February.
fn bill(day: impl Fn(Date) -> Vec<Line>) -> Bill {
    let from = Month::current(now()).previous().first();
    let until = from.saturating_add(29.days());
    let days = (0..29_i64).map(|at| from.saturating_add(at.days()));
    let days: BTreeMap<Date, Day> = days.map(|date| (date, Day { estimated: true, lines: day(date) })).collect();
    Bill { currency: Currency::USD, from, until, days, pages: 1 }
}

/// A gateway that passes on what costs so much, and a task.
fn usual(data: &str, quantity: &str) -> Vec<Line> {
    vec![
        line("EC2 - Other", "NatGateway-Hours", "1.08", "24"),
        line("EC2 - Other", "NatGateway-Bytes", data, quantity),
        line("Amazon Elastic Container Service", "USE1-Fargate-vCPU-Hours:perCPU", "0.97", "24"),
    ]
}

/// The estate with an answer that came so many hours ago.
fn with(given: &Given, query: Query, answer: Answer, hours: i64) -> Estate {
    let mut estate = given.estate();
    let at = now() - SignedDuration::from_hours(hours);
    estate.receive(&Request { scope: scope(), query }, Outcome::Complete(answer), at);
    estate
}

fn billed(given: &Given, bill: Bill, hours: i64) -> Vec<Signal> {
    let query = Query::Bill { filter: filter(), month: Month::current(now()) };
    told(&with(given, query, Answer::Bill(Box::new(Told::Value(bill))), hours), &given.stack)
}

fn told(estate: &Estate, stack: &Stack) -> Vec<Signal> {
    signals(estate, std::slice::from_ref(stack), now())
}

fn rules(signals: &[Signal]) -> Vec<(&'static str, &'static str)> {
    signals.iter().map(|it| (it.severity.word(), it.rule)).collect()
}

fn lines(signal: &Signal) -> Vec<&str> {
    signal.evidence.iter().map(SafeText::as_str).collect()
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

#[test]
fn an_even_course_is_silent() {
    assert_eq!(first_unsettled(now()), day("2026-02-27"));
    let weekly =
        |date: Date| if date.weekday().to_monday_one_offset() > 5 { usual("0.1", "2") } else { usual("9", "200") };
    for bill in [bill(|_| usual("0.72", "16")), bill(weekly), bill(|_| Vec::new())] {
        assert_eq!(rules(&billed(&given(), bill, 1)), []);
    }
}

#[test]
fn spend_that_has_grown_is_told_beside_what_is_usual() {
    let spiked = |date: Date| {
        if date >= day("2026-02-25") && date < day("2026-02-27") { usual("22.50", "500") } else { usual("0.72", "16") }
    };
    let found = billed(&given(), bill(spiked), 1);
    assert_eq!(rules(&found), [("warning", "spend-anomaly")]);
    let signal = &found[0];
    assert_eq!((signal.stack.as_str(), &*signal.subject.key), ("terminal", "terminal|nat"));
    assert_eq!(signal.summary.as_str(), "NAT cost 23.58 USD on Thu 26 Feb: a Thursday usually costs 1.80 USD");
    assert_eq!(
        lines(signal),
        [
            "NAT: 23.58 USD on Thu 26 Feb",
            "a Thursday usually costs 1.80 USD: 3 of them since Thu 5 Feb cost 1.80 to 1.80 USD",
            "NatGateway-Bytes: 21.78 USD more, 500 GB instead of 16",
            "if it goes on: 662 USD a month more",
            TOLD,
        ]
    );
    assert_eq!(signal.since.map(|it| it.to_string()).as_deref(), Some("2026-02-25T00:00:00Z"));
    assert!(signal.advice.as_str().contains("flow logs"), "{}", signal.advice);
}

#[test]
fn a_day_that_is_not_complete_is_told_as_soon_as_it_is_too_much() {
    let spiked = |date: Date| if date == day("2026-02-28") { usual("22.50", "500") } else { usual("0.72", "16") };
    let found = billed(&given(), bill(spiked), 1);
    assert!(lines(&found[0])[0].ends_with("on Sat 28 Feb, and not all of it is told yet"), "{found:?}");
    assert!(lines(&found[0]).contains(&"if it goes on: 662 USD a month more at least"), "{found:?}");
    // What is little so far says nothing.
    let sparse = |date: Date| if date >= day("2026-02-27") { Vec::new() } else { usual("9", "200") };
    assert_eq!(rules(&billed(&given(), bill(sparse), 1)), []);
}

#[test]
fn a_spike_is_judged_by_the_day_that_tells_most_of_it() {
    let of = |date: Date| match date.day() {
        26 if date.month() == 2 => usual("16.58", "360"),
        27 if date.month() == 2 => usual("22.21", "490"),
        28 if date.month() == 2 => usual("8.36", "180"),
        _ => usual("0.72", "16"),
    };
    let found = billed(&given(), bill(of), 1);
    assert_eq!(rules(&found), [("warning", "spend-anomaly")]);
    assert_eq!(found[0].summary.as_str(), "NAT cost 23.29 USD on Fri 27 Feb: a Friday usually costs 1.80 USD");
    assert!(lines(&found[0]).contains(&"if it goes on: 654 USD a month more at least"), "{:?}", lines(&found[0]));
    assert_eq!(found[0].since.map(|it| it.to_string()).as_deref(), Some("2026-02-26T00:00:00Z"));
}

#[test]
fn little_money_is_a_notice_and_an_old_bill_says_nothing() {
    let grown = |date: Date| {
        let mut lines = usual("0.72", "16");
        let more = if date == day("2026-02-26") { "9.00" } else { "6.50" };
        lines.push(line("Amazon Relational Database Service", "InstanceUsage:db.t3.micro", "8.00", "24"));
        lines.push(line("AmazonCloudWatch", "USE1-DataProcessing-Bytes", more, "5"));
        lines
    };
    assert_eq!(rules(&billed(&given(), bill(grown), 1)), [("notice", "spend-anomaly")]);
    assert_eq!(rules(&billed(&given(), bill(grown), 47)), [("notice", "spend-anomaly")]);
    assert_eq!(rules(&billed(&given(), bill(grown), 49)), []);
}

fn budget(actual: &str, forecast: Option<&str>, passed: bool) -> Budget {
    let threshold = |of, percent: &str| Threshold { of, bound: Bound::Percent(usd(percent)), passed };
    Budget {
        name: "monthly".into(),
        currency: Currency::USD,
        limit: usd("1500"),
        actual: usd(actual),
        forecast: forecast.map(usd),
        period: "MONTHLY".into(),
        updated_at: Some(ago(3_600)),
        thresholds: vec![threshold(Spend::Actual, "80"), threshold(Spend::Forecast, "100")],
    }
}

fn budgeted(budget: Budget) -> Vec<Signal> {
    let given = given();
    let query = Query::Budgets { account: "111122223333".into() };
    let answer = Answer::Budgets(Told::Value(vec![budget]));
    told(&with(&given, query, answer, 1), &given.stack)
}

#[test]
fn a_budget_is_told_when_a_threshold_is_passed_or_will_be() {
    assert_eq!(rules(&budgeted(budget("600", Some("1100"), false))), []);
    let passed = budgeted(budget("1245.5", Some("1400"), false));
    assert_eq!(rules(&passed), [("notice", "budget-passed")]);
    assert_eq!(passed[0].summary.as_str(), "83 % of the budget monthly is spent: 1,245.50 of 1,500.00 USD");
    assert_eq!(passed[0].subject.name().as_str(), "budget monthly");
    assert_eq!(
        lines(&passed[0]),
        [
            "spent: 1,245.50 USD, 83 % of 1,500.00 USD",
            "forecast: 1,400.00 USD, 93 % of 1,500.00 USD",
            "threshold at 80 % actual: passed; AWS has not sent a notification yet",
            "as AWS reckoned it on Sun 1 Mar at 02:00 UTC",
        ]
    );
    let ahead = budgeted(budget("600", Some("1620"), false));
    assert_eq!(rules(&ahead), [("warning", "budget-forecast")]);
    assert_eq!(
        ahead[0].summary.as_str(),
        "the budget monthly is forecast to be spent to 108 %: 1,620.00 of 1,500.00 USD"
    );
    let spent = budgeted(budget("1500.01", Some("1900"), true));
    assert_eq!(rules(&spent), [("warning", "budget-passed")], "what is spent is not forecast any more");
    assert!(lines(&spent[0]).iter().any(|it| it.ends_with("AWS has sent its notification")), "{spent:?}");
    let both = budgeted(budget("1300", Some("1620"), false));
    assert_eq!(rules(&both), [("warning", "budget-forecast"), ("notice", "budget-passed")]);
}

#[test]
fn a_budget_of_the_month_before_says_nothing_of_this_one() {
    let last_month = Budget { updated_at: Some(ago(4 * 3_600)), ..budget("1245.5", Some("1620"), true) };
    assert_eq!(rules(&budgeted(last_month)), []);
}

fn shares(parts: &[(Option<&str>, &str, &str)]) -> Vec<Signal> {
    let given = given();
    let share = |(value, service, cost): &(Option<&str>, &str, &str)| Share {
        value: value.map(Into::into),
        service: (*service).into(),
        cost: usd(cost),
    };
    let from = Month::current(now()).first();
    let allocation = Allocation {
        currency: Currency::USD,
        from,
        until: from.saturating_add(1.day()),
        shares: parts.iter().map(share).collect(),
        pages: 1,
    };
    let query = Query::Allocation { key: "Project".into(), month: Month::current(now()) };
    told(&with(&given, query, Answer::Allocation(Box::new(Told::Value(allocation))), 1), &given.stack)
}

#[test]
fn what_belongs_to_no_stack_is_told_where_it_is_much() {
    let known = (Some("terminal"), "Amazon Elastic Container Service", "180");
    assert_eq!(rules(&shares(&[known, (None, "EC2 - Other", "19")])), [], "little money");
    let rich = (Some("terminal"), "Amazon Elastic Container Service", "1800");
    assert_eq!(rules(&shares(&[rich, (None, "EC2 - Other", "190")])), [], "a small part");
    let found = shares(&[known, (None, "EC2 - Other", "25"), (Some("attic"), "AmazonCloudWatch", "45")]);
    assert_eq!(rules(&found), [("notice", "spend-without-stack")]);
    assert_eq!(
        found[0].summary.as_str(),
        "28 % of what the account of ops/us-east-1 spends belongs to no stack: 70.00 USD"
    );
    assert_eq!(
        lines(&found[0]),
        [
            "70.00 of 250.00 USD actual since 2026-03-01",
            "Project=attic: 45.00 USD",
            "EC2 - Other, without the tag: 25.00 USD",
            TOLD
        ]
    );
}

#[test]
fn what_nothing_passes_is_told_in_each_region() {
    let idle = |_: Date| {
        vec![
            line("EC2 - Other", "NatGateway-Hours", "2.16", "48"),
            line("EC2 - Other", "EUN1-NatGateway-Hours", "1.10", "24"),
            line("EC2 - Other", "EUN1-NatGateway-Bytes", "0.23", "5"),
            line("Amazon Elastic Load Balancing", "EUN1-LoadBalancerUsage", "0.57", "24"),
            line("Amazon Elastic Load Balancing", "LoadBalancerUsage", "0.54", "24"),
            line("Amazon Elastic Load Balancing", "LCUUsage", "0.10", "12"),
        ]
    };
    let found = billed(&given(), bill(idle), 1);
    assert_eq!(rules(&found), [("notice", "idle-spend"), ("notice", "idle-spend")]);
    let summaries: Vec<&str> = found.iter().map(|it| it.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "nothing passes a load balancer of terminal in eu-north-1: 17.34 USD a month",
            "nothing passes a NAT gateway of terminal in us-east-1: 65.70 USD a month"
        ]
    );
    assert_eq!(lines(&found[1]), ["336 hours in 7 days, and 0 GB", "15.12 USD actual since 2026-02-20", TOLD]);
}

/// The bill of a region with busy load balancers, and for how many hours it is known that nobody calls the one of the stack.
fn balanced(covered: i64, requests: &[f64]) -> Vec<Signal> {
    let mut given = given();
    given.measured(Measure::Requests, requests);
    let span = Span { from: ago(covered * 3_600), to: ago(60) };
    given.metrics.last_mut().expect("requests").1.covered = Some(span);
    let busy = |_: Date| {
        vec![
            line("Amazon Elastic Load Balancing", "LoadBalancerUsage", "1.08", "48"),
            line("Amazon Elastic Load Balancing", "LCUUsage", "0.10", "12"),
        ]
    };
    billed(&given, bill(busy), 1)
}

#[test]
fn a_load_balancer_that_nobody_calls_is_told_beside_busy_ones() {
    let found = balanced(3, &[0.0; 60]);
    assert_eq!(rules(&found), [("notice", "idle-spend")]);
    let wanted = "nobody has asked anything of the load balancer terminal-alb of terminal in us-east-1 for 3 h: 16.43 USD a month";
    assert_eq!(found[0].summary.as_str(), wanted);
    assert_eq!(lines(&found[0])[1..], ["0.0225 USD an hour and load balancer in us-east-1, as billed", TOLD]);
    assert_eq!(rules(&balanced(3, &[1.0])), [], "somebody has just called it");
    assert_eq!(rules(&balanced(1, &[])), [], "too little is known");
}

/// The bill of a region with a busy NAT gateway, and two gateways of which one has sent so many bytes in each five minutes of
/// `covered` hours.
fn through_gateways(covered: i64, sent: &[f64]) -> Vec<Signal> {
    let mut given = given();
    let gateway = |id: &str, project: &str| NatGateway {
        id: id.into(),
        subnet: "subnet-1".into(),
        vpc: "vpc-1".into(),
        tags: vec![("Project".into(), project.into()), ("Name".into(), format!("{project}-{id}").into())],
    };
    let gateways = vec![gateway("nat-1", "terminal"), gateway("nat-2", "terminal"), gateway("nat-3", "attic")];
    let series = |bytes: &[f64]| {
        let times = (1_i64..).map(|at| ago(at * 300));
        let mut points: Vec<_> = times.zip(bytes.iter().copied()).collect();
        points.reverse();
        Series { points, covered: Some(Span { from: ago(covered * 3_600), to: ago(60) }) }
    };
    let period = Window::Day.period();
    given.metrics.push((gateways[0].sent(period), series(&[4e6; 24])));
    given.metrics.push((gateways[1].sent(period), series(sent)));
    given.metrics.push((gateways[2].sent(period), series(&[0.0; 24])));
    let bill = bill(|_| usual("2.16", "160"));
    let query = Query::Bill { filter: filter(), month: Month::current(now()) };
    let mut estate = with(&given, query, Answer::Bill(Box::new(Told::Value(bill))), 1);
    let request = Request { scope: scope(), query: Query::NatGateways };
    estate.receive(&request, Outcome::Complete(Answer::NatGateways(gateways)), now());
    told(&estate, &given.stack)
}

#[test]
fn a_gateway_that_nothing_passes_is_told_beside_a_busy_one() {
    let found = through_gateways(3, &[1_000.0; 24]);
    assert_eq!(rules(&found), [("notice", "idle-spend")]);
    let summary = found[0].summary.as_str();
    assert!(summary.starts_with("next to nothing passes the NAT gateway terminal-nat-2 of terminal in us-east-1: "));
    let told = lines(&found[0]);
    assert_eq!(told[0], "nat-2, in subnet-1 of vpc-1");
    assert_eq!((told[1], told[3]), ("less than a megabyte an hour sent in the last 2 h 59 m", TOLD));
    assert_eq!(rules(&through_gateways(3, &[200_000.0; 24])), [], "it is used");
    assert_eq!(rules(&through_gateways(3, &[])), [], "it tells nothing");
    assert_eq!(rules(&through_gateways(1, &[0.0; 12])), [], "too little is known");
}

/// The service may sleep; its tasks run since `hours`, and its requests are known of so many.
fn awake(hours: i64, covered: i64, requests: &[f64]) -> Vec<&'static str> {
    let mut given = Given::healthy();
    given.stack.services[0].may_sleep = true;
    for task in &mut given.tasks {
        task.started_at = Some(ago(hours * 3_600));
    }
    given.measured(Measure::Requests, requests);
    let span = Span { from: ago(covered * 3_600), to: ago(60) };
    given.metrics.last_mut().expect("requests").1.covered = Some(span);
    given.rules()
}

#[test]
fn a_service_that_nobody_calls_could_sleep() {
    assert_eq!(awake(8, 3, &[]), ["awake-unused"]);
    assert_eq!(awake(8, 3, &[0.0; 60]), ["awake-unused"]);
    assert_eq!(awake(8, 3, &[1.0]), [] as [&str; 0], "somebody has just called it");
    assert_eq!(awake(8, 1, &[]), [] as [&str; 0], "too little is known");
    assert_eq!(awake(1, 3, &[]), [] as [&str; 0], "it has just woken up");
    let mut always_on = Given::healthy();
    always_on.measured(Measure::Requests, &[]);
    assert_eq!(always_on.rules(), [] as [&str; 0]);
}
