//! Cost by keys: from all stacks into one, to what it is spent on, and into plans.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    app::{costs, settings::Reads},
    command::ViewName,
    cost::known::StackMonth,
    domain::{
        cost::{CostFilter, REQUEST_PRICE, month::Month},
        id::Kind,
    },
    runtime::bills::Bills,
    sim::{Sim, billing, estates, pace::Pace},
    status::cost::CostDocument,
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::voyage::Voyage;

fn paid(voyage: &Voyage) -> u64 {
    let by_operation = voyage.app.meter.by_operation();
    by_operation.iter().filter(|(name, _)| name.as_str().starts_with("ce:")).map(|(_, usage)| usage.calls).sum()
}

#[tokio::test]
async fn cost_is_asked_for_when_somebody_looks_and_not_again() {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    assert_eq!(paid(&voyage), 0, "nobody has looked");
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.sees(&[
        "5 stacks: actual Jan 1–15 ",
        " vs Dec 1–15 ",
        "forecast Jan 1–31 ",
        "run-rate ",
        "/month",
        "as of ",
    ]);
    voyage.sees(&["ACTUAL", "LAST TO DATE", ", actual "]);
    voyage.sees(&["cma PROD", "tsdevstack", "reactive-notebook PROD"]);
    let first = paid(&voyage);
    // Five bills, five forecasts, and whose the money is that has no stack.
    assert_eq!(first, 11);
    voyage.press("1").await;
    voyage.pass(30).await;
    voyage.press("$ ctrl-r").await;
    voyage.pass(30).await;
    voyage.press("9").await;
    voyage.pass(5).await;
    assert_eq!(paid(&voyage), first, "an answer stands for twelve hours");
    voyage.resize(200, 60).await;
    voyage.sees(&["ce:GetCostAndUsage"]);
    voyage.press("1").await;
    voyage.sees(&["RUN-RATE", " USD"]);
}

#[tokio::test]
async fn looking_again_makes_no_answer_younger() {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.sees(&["as of Jan 15 03:00 UTC"]);
    let first = paid(&voyage);
    voyage.press("1").await;
    voyage.pass_by(Duration::from_hours(1), Duration::from_mins(1)).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.sees(&["as of Jan 15 03:00 UTC (1 h ago)"]);
    voyage.walk_to("tsdevstack").await;
    voyage.press("enter").await;
    voyage.pass(5).await;
    voyage.sees(&["as of Jan 15 03:00 UTC (1 h ago)"]);
    assert_eq!(paid(&voyage), first);
}

#[tokio::test]
async fn a_stacks_cost_is_told_against_its_estimate_down_to_the_gateway_and_the_gigabyte() {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.walk_to("tsdevstack").await;
    voyage.press("enter").await;
    assert_eq!(voyage.app.place().view, ViewName::Cost);
    voyage.sees(&["cost › tsdevstack", "estimate 156 USD/month", "over the estimate", "NAT is the largest"]);
    voyage.sees(&["2 gateways, 33.48 USD/month each", "(billed 0.045 USD/h)", " GB a day at 0.045 USD/GB: "]);
    voyage.walk_to("nat").await;
    voyage.press("d").await;
    voyage.sees(&["NatGateway-Hours", "0.045 USD as billed", "run-rate"]);
    voyage.press("esc esc esc").await;
    assert_ne!(voyage.app.place().view, ViewName::Cost);
}

#[tokio::test]
async fn a_spike_is_told_and_explained_by_keys_within_a_minute() {
    let mut voyage = Voyage::through(&["cost-spike"]);
    let begun = voyage.sim.now();
    voyage.pass(2).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let signal = voyage.signal("tsdevstack", "spend-anomaly").expect("whoever looks first is told");
    assert!(signal.summary.as_str().starts_with("NAT cost "), "{signal:?}");
    voyage.press("n enter").await;
    voyage.pass(1).await;
    voyage.sees(&["NAT OF TSDEVSTACK", "NatGateway-Bytes", "GB a day", "0.045 USD as billed", "MOVED, ACTUAL"]);
    voyage.press("esc").await;
    voyage.sees(&[
        "cost › tsdevstack",
        "NAT is the largest",
        "2 gateways, 33.48 USD/month each",
        " GB a day at 0.045 USD/GB: ",
    ]);
    voyage.sees(&["vs 11, actual ", "vs Dec 30–Jan 5, actual ", "NAT +", "(NatGateway-Bytes)"]);
    assert!(voyage.sim.now().duration_since(begun) < SignedDuration::from_mins(1));
}

#[tokio::test]
async fn a_plan_says_what_it_costs_at_the_prices_of_the_bill() {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage.press("2").await;
    voyage.walk_to("cma-api-production").await;
    voyage.press("d").await;
    voyage.resize(120, 60).await;
    voyage.sees(&["cost now", "at list prices of"]);
    voyage.press("esc $").await;
    voyage.pass(5).await;
    voyage.press("2").await;
    voyage.walk_to("cma-api-production").await;
    assert_eq!(voyage.under_cursor().kind, Kind::Service);
    voyage.press("d").await;
    voyage.sees(&["cost now", "a month of 730 h", "at prices billed by Jan "]);
    voyage.press("esc :").await;
    voyage.press("redeploy enter").await;
    voyage.pass(3).await;
    voyage.sees(&["costs the same afterwards", "while it rolls", "(at prices billed by"]);
}

/// What the verb would print as JSON.
fn document(voyage: &Voyage) -> Value {
    let app = &voyage.app;
    let month = costs::month(app);
    let stacks: Vec<_> = app.stacks.iter().filter_map(|it| StackMonth::of(it, month, &app.estate)).collect();
    let document = CostDocument::of(&stacks, &costs::beside(app), month, app.now);
    serde_json::to_value(document).expect("plain data")
}

fn of_stack<'a>(document: &'a Value, name: &str) -> &'a Value {
    let stacks = document["stacks"].as_array().expect("stacks");
    stacks.iter().find(|it| it["name"] == name).expect("the stack")
}

#[tokio::test]
async fn where_cost_explorer_is_off_the_budget_is_told_and_it_is_asked_again_when_somebody_insists() {
    let mut voyage = Voyage::through(&["cost-explorer-off"]);
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.walk_to("cma").await;
    voyage.press("enter").await;
    voyage.sees(&["Cost Explorer is off in this account", "budget cma-monthly", "as of Jan "]);
    let told = document(&voyage);
    let cma = of_stack(&told, "cma");
    assert_eq!((cma["budget"]["name"].as_str(), cma.get("month_to_date")), (Some("cma-monthly"), None), "{cma}");
    assert!(cma["unknown"].as_str().is_some_and(|it| it.contains(", next 15:00 or on refresh)")), "{cma}");
    let before = paid(&voyage);
    voyage.pass_by(Duration::from_mins(40), Duration::from_mins(1)).await;
    assert_eq!(paid(&voyage), before, "looking on is no reason to ask again");
    voyage.press("ctrl-r").await;
    voyage.pass(2).await;
    assert_eq!(paid(&voyage), before + 1, "a refusal is worth another question when somebody wants it");
}

#[tokio::test]
async fn an_empty_bill_says_which_accounts_and_tags_there_are() {
    let mut voyage = Voyage::begin();
    for stack in &mut voyage.app.stacks {
        let Some(cost) = &mut stack.cost else { continue };
        match &mut cost.filter {
            CostFilter::Account(account) => *account = "999988887777".into(),
            CostFilter::Tag { value, .. } if &**value == "terminal" => *value = "terminals".into(),
            CostFilter::Tag { .. } => {}
        }
    }
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let told = document(&voyage);
    let why = |name| of_stack(&told, name)["nothing_billed"].as_str().map(str::to_owned);
    assert_eq!(why("cma").as_deref(), Some("account 999988887777 is not on this bill, which is of 444455556666"));
    let tagged = why("terminal").unwrap_or_default();
    assert!(tagged.starts_with("nothing on this bill has Project=terminals; there is "), "{tagged}");
    assert_eq!(why("tsdevstack"), None);
    voyage.walk_to("cma").await;
    voyage.press("enter").await;
    voyage.sees(&["nothing was billed", "account 999988887777 is not on this bill"]);
    let asked = voyage.told().iter().filter(|it| it.operation.as_str() == "ce:GetDimensionValues").count();
    voyage.press("1").await;
    voyage.pass(30).await;
    voyage.press("$ ctrl-r").await;
    voyage.pass(5).await;
    let again = voyage.told().iter().filter(|it| it.operation.as_str() == "ce:GetDimensionValues").count();
    assert_eq!((asked, again), (1, 1), "it is paid for, and asked where it explains something");
}

/// A week over a month's end: somebody looks every two hours, and the console is begun anew ten times.
#[tokio::test]
async fn a_week_with_ten_restarts_asks_each_question_every_twelve_hours_at_most() {
    const QUESTIONS: usize = 11;
    let start: Timestamp = "2026-01-28T03:00:00Z".parse().expect("a time");
    let sim = Arc::new(Sim::new(estates::bills(7, start), Pace::Stepped));
    let folder = std::env::temp_dir().join(format!("quarterdeck-week-{}", std::process::id()));
    let begin = || {
        let mut voyage = Voyage::on(sim.clone(), Bills::at(&folder.join("cost.json"), "", false));
        // What the verb reads: cost, and nothing of the estate.
        voyage.app.settings.reads = Reads::Operations;
        voyage
    };
    let (mut voyage, mut calls, mut pages) = (begin(), Vec::new(), 0);
    for look in 0..7 * 12 {
        voyage.press("$ ctrl-r").await;
        voyage.pass(3).await;
        voyage.press("1").await;
        voyage.pass_by(Duration::from_hours(2), Duration::from_hours(1)).await;
        if look % 8 == 7 || look == 7 * 12 - 1 {
            calls.extend(voyage.told().iter().filter(|it| it.operation.as_str().starts_with("ce:")).map(|it| it.at));
            let usage = voyage.app.meter.by_service().remove("ce").unwrap_or_default();
            pages += usage.pages;
            let price = usage.price().map_or(Decimal::ZERO, |it| it.amount);
            assert_eq!(price, Decimal::from(usage.pages) * REQUEST_PRICE.amount);
            voyage = begin();
        }
    }
    std::fs::remove_dir_all(&folder).expect("its folder");
    assert_eq!(pages, calls.len() as u64, "each call is a page, and each page is paid for");
    // Twice a day; with February each question is a new one.
    let most = QUESTIONS * (2 * 7 + 2);
    assert!((QUESTIONS * 12..=most).contains(&calls.len()), "{} calls", calls.len());
    let february: Timestamp = "2026-02-01T00:00:00Z".parse().expect("a time");
    for (first, at) in calls.iter().enumerate() {
        let until = *at + SignedDuration::from_hours(12);
        let soon = calls[first..].iter().take_while(|it| **it < until).count();
        let new = *at < february && until > february;
        assert!(soon <= QUESTIONS * (1 + usize::from(new)), "{soon} calls from {at} on");
    }
    // The account is billed for them, as far as its bill knows by now.
    let told: Decimal = sim.with_world(|world| {
        let hours = billing::hour_of(start)..billing::hour_of(world.now);
        let accounts = ["111122223333", "444455556666"];
        let lines = accounts.iter().flat_map(|it| billing::lines(world, it, &hours));
        lines.filter(|it| it.usage.service == "AWS Cost Explorer").map(|it| it.quantity).sum()
    });
    assert!(told > Decimal::from(QUESTIONS * 12) && told <= Decimal::from(pages), "{told} of {pages}");
}

#[tokio::test]
async fn what_is_no_stacks_is_told_of_all_stacks_and_not_asked_for_some() {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let told = document(&voyage);
    let untagged = told["beside"][0]["shares"].as_array().expect("shares").iter().find(|it| it["value"].is_null());
    assert!(
        untagged.is_some_and(|it| it["services"].as_array().is_some_and(|it| !it.is_empty())),
        "{}",
        told["beside"]
    );
    let terminal = of_stack(&told, "terminal");
    assert_eq!((terminal["estimated"].as_bool(), terminal["fault"].is_null()), (Some(true), true), "{terminal}");
    assert!(terminal["incomplete_from"].is_string(), "{terminal}");
    let mut narrowed = Voyage::begin();
    narrowed.app.settings.narrowed = true;
    narrowed.pass(20).await;
    narrowed.press("$").await;
    narrowed.pass(5).await;
    assert_eq!(paid(&narrowed) + 1, paid(&voyage));
    assert_eq!(document(&narrowed)["beside"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_month_that_is_over_is_told_without_the_budget_of_this_one() {
    let mut voyage = Voyage::begin();
    voyage.app.month = Some(Month::parse("2025-12").expect("a month"));
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let told = document(&voyage);
    let cma = of_stack(&told, "cma");
    assert!(cma["month_to_date"].is_string() && cma["budget"].is_null() && cma["incomplete_from"].is_null(), "{cma}");
}

#[tokio::test]
async fn a_forecast_does_not_sink_at_midnight() {
    let mut voyage = Voyage::begin();
    // Before noon; then past midnight, when the first answers stand no more.
    voyage.pass_by(Duration::from_hours(8), Duration::from_mins(30)).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let mean = |voyage: &Voyage| -> f64 {
        let told = document(voyage);
        let mean = &of_stack(&told, "tsdevstack")["forecast"]["mean"];
        mean.as_str().and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no forecast: {told}"))
    };
    let before = mean(&voyage);
    voyage.press("1").await;
    voyage.pass_by(Duration::from_hours(14), Duration::from_mins(30)).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    let after = mean(&voyage);
    assert!((after / before - 1.0).abs() < 0.02, "{before} before midnight, {after} after it");
}
