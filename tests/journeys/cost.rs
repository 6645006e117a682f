//! Cost by keys: from all stacks into one, to what it is spent on, and into plans.

use std::time::Duration;

use quarterdeck::{command::ViewName, domain::id::Kind};

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
    voyage.sees(&["5 stacks: ", " actual · ", "month end ", " forecast (", "run-rate ", "as of ", "day over day"]);
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
    voyage.pass_by(Duration::from_secs(3_600), Duration::from_secs(60)).await;
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
    voyage.sees(&["cost now", "at billed prices"]);
    voyage.press("esc :").await;
    voyage.press("redeploy enter").await;
    voyage.pass(3).await;
    voyage.sees(&["costs the same afterwards", "while it rolls", "at billed prices"]);
}
