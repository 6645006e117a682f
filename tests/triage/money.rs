//! What goes wrong with money in the estates, from the world to the signal.

use jiff::Timestamp;
use quarterdeck::{domain::signal::Signal, sim::billing::Surge};

use super::{estates::Shift, watch::heard};

/// What is told of money, as `severity rule subject`.
fn of_money(signals: &[Signal]) -> Vec<String> {
    let rules =
        ["budget-passed", "budget-forecast", "spend-anomaly", "spend-without-stack", "idle-spend", "awake-unused"];
    let told = signals.iter().filter(|it| rules.contains(&it.rule));
    told.map(|it| heard(std::slice::from_ref(it))).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[tokio::test]
async fn calm_costs_are_silent_on_every_day_of_a_month() {
    let days =
        ["01T00:30", "01T12:00", "02T03:00", "05T09:00", "10T19:00", "15T02:00", "21T14:00", "27T23:00", "31T18:30"];
    for day in days {
        let mut shift = Shift::begin_at(at(&format!("2026-10-{day}:00Z"))).await;
        assert_eq!(of_money(&shift.look_at_costs().await), [] as [&str; 0], "on {day}");
    }
}

#[tokio::test]
async fn calm_costs_stay_silent_over_the_first_hours_that_the_world_has_run() {
    let mut shift = Shift::begin_at(at("2026-10-31T21:00:00Z")).await;
    for hours in [5, 8] {
        shift.pass(hours);
        assert_eq!(of_money(&shift.look_at_costs().await), [] as [&str; 0], "{hours} hours on");
    }
}

#[tokio::test]
async fn a_spike_of_data_through_gateways_is_told_at_once_and_forgotten() {
    for hour in ["00:30", "06:10", "13:00", "21:45"] {
        let mut shift = Shift::begin_at(at(&format!("2026-10-14T{hour}:00Z"))).await;
        let told = shift.look_at_costs().await;
        assert_eq!(of_money(&told), [] as [&str; 0], "before it begins");
        shift.start("cost-spike");
        // Whoever looks first is told: an answer stands for twelve hours.
        shift.wait(1);
        let told = shift.look_at_costs().await;
        assert_eq!(of_money(&told), ["warning spend-anomaly nat"], "at {hour}");
        let signal = told.iter().find(|it| it.rule == "spend-anomaly").expect("it is told");
        assert_eq!(signal.stack.as_str(), "tsdevstack");
        assert!(signal.evidence.iter().any(|it| it.as_str().starts_with("NatGateway-Bytes: ")), "{signal:?}");
    }
    let mut shift = Shift::begin_at(at("2026-10-14T02:00:00Z")).await;
    let hour = |text| at(text).as_second() / 3_600;
    let (from, until) = (hour("2026-10-08T00:00:00Z"), hour("2026-10-11T00:00:00Z"));
    let over = Surge { project: "tsdevstack".to_owned(), factor: 30_000, from, until: Some(until) };
    shift.region("111122223333", "us-east-1", |region| region.billing.surges.push(over));
    assert_eq!(of_money(&shift.look_at_costs().await), [] as [&str; 0], "once a day without it is complete");
}

/// So many times the data through the gateways of cma, since this hour.
fn surge(shift: &Shift, since: &str, factor: u64) {
    let from = at(since).as_second() / 3_600;
    let surge = Surge { project: "cma".to_owned(), factor: factor * 1_000, from, until: None };
    shift.region("444455556666", "eu-west-2", |region| region.billing.surges.push(surge));
}

#[tokio::test]
async fn a_budget_that_will_not_last_is_told_before_it_is_spent() {
    let mut shift = Shift::begin_at(at("2026-10-14T11:00:00Z")).await;
    surge(&shift, "2026-10-01T00:00:00Z", 60);
    let told = of_money(&shift.look_at_costs().await);
    assert!(told.contains(&"warning budget-forecast budget cma-monthly".to_owned()), "{told:?}");
    assert!(!told.iter().any(|it| it.contains("budget-passed")), "{told:?}");
    let mut shift = Shift::begin_at(at("2026-10-28T11:00:00Z")).await;
    surge(&shift, "2026-10-01T00:00:00Z", 60);
    let told = of_money(&shift.look_at_costs().await);
    assert!(told.contains(&"warning budget-passed budget cma-monthly".to_owned()), "{told:?}");
    assert!(!told.iter().any(|it| it.contains("budget-forecast")), "{told:?}");
}

#[tokio::test]
async fn gateways_that_nothing_has_passed_for_days_cost_for_nothing() {
    let mut shift = Shift::begin_at(at("2026-10-14T11:00:00Z")).await;
    let from = at("2026-10-01T00:00:00Z").as_second() / 3_600;
    let dry = Surge { project: "tsdevstack".to_owned(), factor: 0, from, until: None };
    shift.region("111122223333", "us-east-1", |region| region.billing.surges.push(dry));
    let told = shift.look_at_costs().await;
    assert_eq!(of_money(&told), ["notice idle-spend nat"]);
    let signal = told.iter().find(|it| it.rule == "idle-spend").expect("it is told");
    assert_eq!(
        signal.summary.as_str(),
        "nothing passes a NAT gateway of tsdevstack in us-east-1: 65.70 USD a month",
        "two of them, at 0.045 USD an hour"
    );
}

#[tokio::test]
async fn a_load_balancer_that_nobody_asks_anything_of_costs_for_nothing() {
    let mut shift = Shift::begin_at(at("2026-10-14T09:00:00Z")).await;
    let service = "arn:aws:ecs:eu-north-1:111122223333:service/reactive-notebook-cluster/reactive-notebook-service";
    shift.region("111122223333", "eu-north-1", |region| {
        region.traffic.workloads.get_mut(service).expect("its traffic").quiet = true;
    });
    shift.pass(1);
    shift.look().await;
    assert_eq!(of_money(&shift.look_at_costs().await), [] as [&str; 0], "an hour is nothing");
    shift.pass(2);
    shift.look().await;
    let told = shift.look_at_costs().await;
    assert_eq!(of_money(&told), ["notice idle-spend load balancer reactive-notebook-alb"]);
}

#[tokio::test]
async fn what_belongs_to_no_stack_is_told_by_its_tag() {
    let mut shift = Shift::begin_at(at("2026-10-14T11:00:00Z")).await;
    assert_eq!(of_money(&shift.look_at_costs().await), [] as [&str; 0], "every part of it has its stack file");
    shift.leave_out("mint-server");
    let told = shift.look_at_costs().await;
    assert_eq!(of_money(&told), ["notice spend-without-stack no tag Project"]);
    let signal = told.iter().find(|it| it.rule == "spend-without-stack").expect("it is told");
    assert!(signal.evidence.iter().any(|it| it.as_str().starts_with("Project=mint-server: ")), "{signal:?}");
}

#[tokio::test]
async fn a_service_kept_awake_all_night_could_have_slept() {
    let mut shift = Shift::begin_at(at("2026-10-13T21:00:00Z")).await;
    let service = "arn:aws:ecs:us-east-1:111122223333:service/tsdevstack-dev/notifications-service";
    shift.region("111122223333", "us-east-1", |region| {
        region.traffic.workloads.get_mut(service).expect("its traffic").quiet = true;
    });
    shift.pass(10);
    let told = shift.look().await;
    assert_eq!(of_money(&told), ["notice awake-unused notifications-service"]);
    let signal = told.iter().find(|it| it.rule == "awake-unused").expect("it is told");
    let cost = signal.evidence.iter().find(|it| it.as_str().starts_with("what runs costs ")).expect("what it costs");
    assert!(cost.as_str().contains(" USD/h, ") && cost.as_str().contains(" a month of 730 h, at "), "{cost}");
}

#[tokio::test]
async fn a_service_that_nobody_calls_any_more_could_sleep() {
    let mut shift = Shift::begin_at(at("2026-10-14T01:00:00Z")).await;
    let service = "arn:aws:ecs:us-east-1:111122223333:service/tsdevstack-dev/offers-service";
    let quiet = |quiet| {
        move |region: &mut quarterdeck::sim::world::Region| {
            region.traffic.workloads.get_mut(service).expect("its traffic").quiet = quiet;
        }
    };
    shift.region("111122223333", "us-east-1", quiet(true));
    shift.pass(1);
    assert_eq!(of_money(&shift.look().await), [] as [&str; 0], "an hour is nothing");
    shift.pass(2);
    assert_eq!(of_money(&shift.look().await), ["notice awake-unused offers-service"]);
    shift.region("111122223333", "us-east-1", quiet(false));
    shift.pass(1);
    assert_eq!(of_money(&shift.look().await), [] as [&str; 0]);
}
