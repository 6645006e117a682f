//! What metrics tell: latency against its promise, errors, caches.

use crate::{
    metrics::Measure,
    triage::testing::{Given, scope},
};

/// A service that promises 40 ms, with these p95 in milliseconds and so many requests in each minute.
fn promising(p95: &[f64], requests: f64) -> Given {
    let mut given = Given::healthy();
    given.stack.services[0].promise_p95_ms = Some(40.0);
    let seconds: Vec<f64> = p95.iter().map(|it| it / 1000.0).collect();
    given.measured(Measure::LatencyP95, &seconds);
    given.measured(Measure::Requests, &vec![requests; p95.len()]);
    given
}

/// So many minutes at 30 ms, then these.
fn after_good(minutes: usize, then: &[f64]) -> Vec<f64> {
    [vec![30.0; minutes], then.to_vec()].concat()
}

fn told(given: &Given) -> Vec<(&'static str, &'static str)> {
    given.signals().iter().map(|it| (it.severity.word(), it.rule)).collect()
}

#[test]
fn a_broken_promise_names_the_minutes_and_since_when() {
    let given = promising(&after_good(20, &[55.0, 38.0, 61.0, 58.4]), 300.0);
    assert_eq!(
        given.told(),
        "warning latency-promise-broken terminal-api [02:56:00] terminal-api answers at p95 58 ms, 40 ms are promised\n  \
         p95 above 40 ms in 3 of the last 5 minutes\n  \
         p95 of terminal-api-tg (UTC): 02:55 30 ms of 300 requests; 02:56 55 ms of 300 requests; 02:57 38 ms of 300 \
         requests; 02:58 61 ms of 300 requests; 02:59 58 ms of 300 requests\n  \
         > see what changed just before, its CPU and its cache; compare with where it runs beside, and move traffic there \
         if that is well"
    );
}

#[test]
fn a_blip_a_recovery_and_a_trickle_of_requests_break_no_promise() {
    assert_eq!(promising(&after_good(20, &[30.0, 90.0, 90.0]), 300.0).told(), "", "two minutes");
    assert_eq!(promising(&after_good(20, &[90.0, 90.0, 90.0, 35.0]), 300.0).told(), "", "well again");
    assert_eq!(promising(&after_good(20, &[90.0; 5]), 19.0).told(), "", "too few to tell");
    let mut unpromised = promising(&after_good(20, &[90.0; 5]), 300.0);
    unpromised.stack.services[0].promise_p95_ms = None;
    assert_eq!(unpromised.told(), "");
}

#[test]
fn a_budget_that_burns_fast_is_critical_and_speaks_for_the_broken_promise() {
    // 8 of 60 minutes are 13.3 times what is allowed, 9 are 15.
    assert_eq!(told(&promising(&after_good(60, &[90.0; 8]), 300.0)), [("warning", "latency-promise-broken")]);
    let given = promising(&after_good(60, &[90.0; 9]), 300.0);
    assert_eq!(
        given.told(),
        "critical error-budget-burning terminal-api [02:51:00] terminal-api burns its error budget 15 × too fast: p95 above \
         40 ms in 9 of 60 minutes\n  \
         1 h: 9 of 60 minutes above 40 ms, 15.0 × the rate that 30 days allow\n  \
         5 m: 5 of 5 minutes above 40 ms, 100.0 × the rate that 30 days allow\n  \
         at that rate the budget of 30 days (1 % of its minutes) is gone in 2 d\n  \
         > roll back what changed just before, add tasks, or move traffic to where the promise is kept"
    );
    let over = promising(&after_good(60, &[vec![90.0; 9], vec![30.0; 5]].concat()), 300.0);
    assert_eq!(over.told(), "", "five good minutes end it");
}

#[test]
fn a_budget_that_burns_slowly_is_a_warning_over_three_hours() {
    // Two bad minutes, then ten good ones: 2 in 12 minutes.
    let slow: Vec<f64> = [vec![90.0, 90.0], vec![30.0; 10]].concat().repeat(15);
    assert_eq!(told(&promising(&slow[..178], 300.0)), [("warning", "error-budget-burning")]);
    let known_too_short: Vec<f64> = slow[180 - 80..178].to_vec();
    assert_eq!(told(&promising(&known_too_short, 300.0)), [], "half of the three hours must be known");
}

#[test]
fn errors_are_told_by_their_share_and_by_who_answers_so() {
    let mut given = Given::healthy();
    given.measured(Measure::Requests, &[1000.0; 8]);
    given.measured(Measure::Target5xx, &[60.0, 60.0]);
    assert_eq!(
        given.told(),
        "warning errors-high terminal-api-tg [02:58:00] terminal-api-tg: 2 % of the requests are answered with 5xx\n  \
         120 of 5000 requests in 5 minutes: 120 by the targets, 0 by the load balancer\n  \
         share by minute (UTC): 02:55 0 %; 02:56 0 %; 02:57 0 %; 02:58 6 %; 02:59 6 %\n  \
         > the targets answer so: see the service's logs, what it depends on, and what was deployed just before"
    );
    given.measured(Measure::Balancer5xx, &[500.0, 500.0]);
    assert_eq!(told(&given), [("critical", "errors-high")]);
    assert!(given.signals()[0].advice.as_str().starts_with("the load balancer answers itself"));
    let mut shared = given.target_groups[0].clone();
    shared.arn = crate::domain::id::Arn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/other/1");
    given.target_groups.push(shared);
    assert_eq!(told(&given), [("warning", "errors-high")], "its own errors may be the other group's");
}

#[test]
fn few_errors_and_old_metrics_are_no_signal() {
    let mut given = Given::healthy();
    given.measured(Measure::Requests, &[20.0; 8]);
    given.measured(Measure::Target5xx, &[9.0]);
    assert_eq!(given.told(), "", "nine requests");
    given.measured(Measure::Target5xx, &[10.0]);
    assert_eq!(told(&given), [("critical", "errors-high")]);
    let early: Vec<_> = given
        .metrics
        .iter()
        .map(|(read, series)| {
            let points = series.points.iter().map(|(at, value)| (*at - jiff::SignedDuration::from_mins(10), *value));
            (read.clone(), crate::domain::metric::Series { points: points.collect(), covered: None })
        })
        .collect();
    given.metrics = early;
    assert_eq!(given.told(), "");
}

#[test]
fn a_cache_above_four_fifths_is_told_once_it_stays_there() {
    let mut given = Given::healthy();
    given.stack.caches = vec![crate::stack::model::StackCache { scopes: vec![scope()], name: "terminal-cache".into() }];
    given.measured(Measure::CacheMemory, &[70.0, 81.0, 79.0, 82.0, 84.0]);
    assert_eq!(given.told(), "", "two minutes");
    given.measured(Measure::CacheMemory, &[70.0, 81.0, 79.0, 82.0, 84.0, 86.4]);
    assert_eq!(
        given.told(),
        "warning cache-memory-high terminal-cache [02:57:00] cache terminal-cache uses 86 % of its memory\n  \
         86 % at 02:59:00 UTC; 70 to 86 % within the hour before\n  \
         > use a larger node, or let keys expire sooner; see what has grown: at its limit it evicts what is still used"
    );
    given.measured(Measure::CacheMemory, &[95.0; 3]);
    assert_eq!(told(&given), [("critical", "cache-memory-high")]);
}
