//! The troubles that ship as scenarios: each is told as what it is, once, and is over when it ends.

use super::estates::{Shift, in_order};

/// What is told over so many minutes of a scenario.
async fn told(scenario: &str, minutes: u64) -> Vec<String> {
    let mut shift = Shift::begin().await;
    shift.start(scenario);
    shift.over(minutes, 30).await
}

/// How often the rule is told in one look at most.
fn most(told: &[String], rule: &str) -> usize {
    told.iter().map(|it| it.split(", ").filter(|it| it.contains(rule)).count()).max().unwrap_or_default()
}

#[tokio::test]
async fn a_lost_gateway_is_told_with_its_sessions_and_for_half_an_hour() {
    let mut shift = Shift::begin().await;
    shift.start("gateway-lost");
    in_order(&shift.over(8, 30).await, &["critical gateway-lost terminal-gateway-asg"]);
    let later = shift.over(70, 300).await;
    assert_eq!(later.last().map(String::as_str), Some(""), "{later:?}");
}

#[tokio::test]
async fn spot_tasks_taken_back_are_one_signal_while_there_is_no_capacity() {
    let told = told("spot-interruption", 45).await;
    in_order(&told, &["spot-interruption cma-workers-production"]);
    assert_eq!(most(&told, "cma-workers-production"), 1, "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some(""), "{told:?}");
}

#[tokio::test]
async fn services_that_sleep_and_wake_are_notices() {
    let told = told("asleep", 25).await;
    in_order(&told, &["notice services-asleep tsdevstack", "notice services-waking tsdevstack"]);
    assert_eq!(told.last().map(String::as_str), Some(""), "{told:?}");
}

#[tokio::test]
async fn the_loss_of_a_zone_speaks_for_the_errors_that_come_of_it() {
    let told = told("az-outage", 14).await;
    in_order(&told, &["critical zone-failing terminal-api"]);
    let named = told.iter().position(|it| it.contains("zone-failing")).expect("it is told");
    assert_eq!(most(&told[named..], "errors-high"), 0, "{told:?}");
}
