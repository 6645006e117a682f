use jiff::{SignedDuration, civil::date};
use rust_decimal::Decimal;

use super::{When, advice, forecast, history_read};
use crate::{
    domain::{
        cost::{
            CostFilter, Told,
            bill::{Bill, Day, Line},
            month::Month,
        },
        estate::Estate,
        metric::Series,
        money::Currency,
        query::{Answer, Outcome, Query, Request},
    },
    stack::{
        capacity::{Capacity, Span, Tier},
        cost::StackCost,
    },
    triage::testing::{Given, now, sessions},
};

/// The terminal stack with the plan of its estate and so many sessions, an hour ago as today.
fn given(held: usize) -> Given {
    let mut given = Given::healthy();
    let tier = |sessions, gateways: Option<(u32, u32)>| Tier {
        sessions,
        tasks: gateways.map(|_| Span { least: 2, most: 2 }),
        gateways: gateways.map(|(least, most)| Span { least, most }),
        cache: None,
        note: None,
    };
    given.stack.capacity = Some(Capacity {
        group: "terminal-gateway-asg".into(),
        service: Some("terminal-api".into()),
        cache: None,
        tiers: vec![
            tier(Some(50), Some((2, 2))),
            tier(Some(200), Some((4, 6))),
            tier(Some(500), Some((10, 15))),
            tier(None, None),
        ],
    });
    given.sessions = sessions("i-0aaa", held);
    let read = history_read(&given.stack.groups[0]).expect("a metric without dimensions");
    let quarters = (1..=200_i32).rev();
    // Sixty more every other hour.
    let points = quarters
        .map(|quarter| {
            let at = now() - SignedDuration::from_mins(15) * quarter;
            (at, if quarter / 4 % 2 == 0 { 180.0 } else { 240.0 })
        })
        .collect();
    given.metrics = vec![(read, Series { points, ..Series::default() })];
    given
}

#[test]
fn what_is_needed_is_told_for_now_the_peak_and_the_next_hours() {
    let given = given(60);
    let estate = given.estate();
    let advice = advice(&given.stack, &estate, now());
    let [only] = &advice[..] else { panic!("{advice:?}") };
    assert_eq!((only.tasks, only.gateways, only.bounds, only.each), (Some(2), Some(2), Some((1, 10)), Some(10)));
    let needs = only.needs();
    let gateways: Vec<_> = needs.iter().map(|it| (it.when, it.tier.and_then(|it| it.gateways), it.by_limits)).collect();
    let span = Some(Span { least: 4, most: 6 });
    assert_eq!(gateways[0], (When::Now, span, Some(6)));
    assert_eq!((gateways[1].0, gateways[2].0), (When::Peak, When::Next));
    assert!(needs[1].sessions >= 60 && needs[2].sessions >= 60, "{needs:?}");
    assert!(only.forecast.as_ref().and_then(|it| it.error).is_some(), "two days are known");
}

#[test]
fn the_plan_is_held_against_the_groups_maximum_and_its_gateways_limits() {
    let given = given(4);
    let estate = given.estate();
    let told = &advice(&given.stack, &estate, now())[0].contradictions;
    assert_eq!(
        told,
        &[
            "for 1 to 50 sessions the plan asks for 2 gateways, which take 20 at 10 each, not 50: larger instances, or 5 \
             gateways of these",
            "for 51 to 200 sessions the plan asks for 4–6 gateways, which take 60 at 10 each, not 200: larger instances, or \
             20 gateways of these",
            "for 201 to 500 sessions the plan asks for 10–15 gateways, and the maximum of terminal-gateway-asg is 10: not \
             all of them can be had",
            "for 201 to 500 sessions the plan asks for 10–15 gateways, which take 150 at 10 each, not 500: larger \
             instances, or 50 gateways of these",
        ]
    );
}

#[test]
fn the_cache_nodes_there_are_told_by_the_newest_day_that_bills_one() {
    let mut given = given(4);
    given.stack.capacity.as_mut().expect("a plan").cache = Some("terminal-cache".into());
    let filter = CostFilter::Account("111122223333".into());
    given.stack.cost =
        Some(StackCost { filter: filter.clone(), currency: Currency::USD, budget: None, estimate: Vec::new() });
    let mut estate = given.estate();
    let told = |estate: &Estate| advice(&given.stack, estate, now())[0].nodes.clone();
    assert_eq!(told(&estate), None, "no bill is known");
    let line = |usage_type: &str| Line {
        service: "Amazon ElastiCache".into(),
        usage_type: usage_type.into(),
        cost: Decimal::ONE,
        quantity: Decimal::from(24),
        unit: "Hrs".into(),
    };
    let day = |usage_types: &[&str]| Day { estimated: true, lines: usage_types.iter().map(|it| line(it)).collect() };
    let month = Month::current(now()).previous();
    let days = [
        (date(2026, 2, 26), day(&["NodeUsage:cache.t3.micro"])),
        (date(2026, 2, 27), day(&["NodeUsage:cache.t3.small", "EUW2-NodeUsage:cache.r6g.large", "BoxUsage:t3.medium"])),
        (date(2026, 2, 28), day(&["BoxUsage:t3.medium"])),
    ];
    let bill = Bill {
        currency: Currency::USD,
        from: date(2026, 2, 1),
        until: date(2026, 3, 1),
        days: days.into_iter().collect(),
        pages: 1,
    };
    let scope = given.stack.scopes[0].scope.clone();
    let request = Request { scope, query: Query::Bill { filter, month } };
    estate.receive(&request, Outcome::Complete(Answer::Bill(Box::new(Told::Value(bill)))), now());
    assert_eq!(told(&estate), Some(("cache.t3.small".into(), date(2026, 2, 27))));
}

#[test]
fn without_a_history_it_says_why_there_is_no_forecast() {
    let mut given = given(4);
    given.metrics.clear();
    let estate = given.estate();
    let told = advice(&given.stack, &estate, now());
    assert_eq!((told[0].forecast.clone(), told[0].peak), (None, None));
    assert_eq!(told[0].no_forecast, Some("what was yesterday at this time is not known"));
    given.stack.groups[0].sessions.as_mut().expect("a source").metric.as_mut().expect("a metric").dimension =
        Some("InstanceId".into());
    assert!(advice(&given.stack, &estate, now())[0].no_forecast.expect("why").contains("one by one"));
    given.stack.capacity = None;
    assert!(advice(&given.stack, &estate, now()).is_empty());
    assert_eq!(forecast::forecast(&[], now(), 1.0), None);
}
