//! Cost by keys: from all stacks into one, to what it is spent on, and into plans.

use std::time::Duration;

use quarterdeck::{
    app::costs,
    command::ViewName,
    cost::known::StackMonth,
    domain::{cost::month::Month, id::Kind},
    status::cost::CostDocument,
};
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
    voyage.sees(&["5 stacks: ", " actual · ", "month end ", " forecast (", "run-rate ", "as of ", " vs "]);
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
    voyage.sees(&["cost › tsdevstack", "estimate 156 USD", "over the estimate", "NAT is the largest"]);
    voyage.sees(&["2 gateways at ", "(0.045 USD/h)", "GB a day through"]);
    voyage.walk_to("nat").await;
    voyage.press("d").await;
    voyage.sees(&["NatGateway-Hours", "0.045 USD as billed", "run-rate"]);
    voyage.press("esc esc esc").await;
    assert_ne!(voyage.app.place().view, ViewName::Cost);
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
