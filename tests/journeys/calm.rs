//! A world without trouble stays one on screen.

use std::time::Duration;

use quarterdeck::status;

use super::voyage::Voyage;

const STACKS: [&str; 5] = ["cma", "mint-server", "reactive-notebook", "terminal", "tsdevstack"];

#[tokio::test]
async fn within_a_minute_the_overview_shows_five_stacks_and_none_in_trouble() {
    let mut voyage = Voyage::begin();
    voyage.pass(60).await;
    let mut stacks = voyage.column("STACK");
    stacks.sort();
    assert_eq!(stacks, STACKS);
    voyage.sees(&STACKS);
    voyage.sees(&["fresh", "✗ 0"]);
    for health in voyage.column("HEALTH") {
        assert!(health.contains("ok") || health.contains("notice"), "{health} on\n{}", voyage.screen());
    }
    let status = voyage.status();
    assert!(status.complete, "{:?}", status.scopes);
    assert_eq!(status::exit_code(&status), 0);
    assert!(status.scopes.iter().all(|it| it.fault.is_none() && it.account.is_some()), "{:?}", status.scopes);
}

#[tokio::test]
async fn a_calm_hour_brings_nothing_critical() {
    let mut voyage = Voyage::begin();
    voyage.pass(30).await;
    for minute in 0..60 {
        voyage.pass_by(Duration::from_mins(1), Duration::from_secs(30)).await;
        assert_eq!(voyage.critical(), Vec::<String>::new(), "after {minute} minutes");
    }
}

#[tokio::test]
async fn the_first_minute_keeps_to_the_budget_of_calls() {
    let mut voyage = Voyage::begin();
    voyage.pass(60).await;
    let status = voyage.status();
    assert_eq!(status.api.throttles, 0);
    let by_service = |service: &str| -> u64 {
        let operations = status.api.by_operation.iter().filter(|(name, _)| name.as_str().starts_with(service));
        operations.map(|(_, it)| it.calls).sum()
    };
    for service in ["ecs:", "elasticloadbalancing:", "autoscaling:", "cloudwatch:", "dynamodb:", "sts:"] {
        let calls = by_service(service);
        assert!((1..=300).contains(&calls), "{calls} calls of {service} in the first minute");
    }
}
