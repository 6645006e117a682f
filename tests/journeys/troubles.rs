//! What a responder is shown of the scenarios of trouble in the estates and on the way to them, and that `:scenario calm`
//! ends it.

use std::time::Duration;

use quarterdeck::domain::{
    fault::FaultKind,
    signal::{Severity, Signal},
};

use super::voyage::{START, Voyage};

const TICK: Duration = Duration::from_secs(10);

/// A console at 120×40 over a world in which this scenario begins at once.
async fn in_trouble(scenario: &str) -> Voyage {
    let mut voyage = Voyage::through(&[scenario]);
    voyage.resize(120, 40).await;
    voyage
}

/// Lets time pass until `told`, at most for so many minutes.
async fn until(voyage: &mut Voyage, minutes: u64, what: &str, mut told: impl FnMut(&mut Voyage) -> bool) {
    let end = voyage.sim.now() + Duration::from_mins(minutes);
    while !told(voyage) {
        assert!(voyage.sim.now() < end, "not within {minutes} min: {what}\n{}", voyage.screen());
        voyage.pass_by(TICK, TICK).await;
    }
}

/// Waits for the signal of a rule about a stack and finds its summary on the overview.
async fn told(voyage: &mut Voyage, (stack, rule): (&str, &str), minutes: u64, summary: &str) -> Signal {
    until(voyage, minutes, rule, |voyage| voyage.signal(stack, rule).is_some()).await;
    let signal = voyage.signal(stack, rule).expect("it was there");
    assert!(signal.summary.as_str().contains(summary), "{summary:?} is not in {}", signal.summary);
    voyage.sees(&[stack]);
    signal
}

/// Ends everything from the palette, and waits until the rule is silent.
async fn calmed(voyage: &mut Voyage, (stack, rule): (&str, &str), minutes: u64) {
    voyage.press(": scenario calm enter").await;
    voyage.sees(&["scenario calm begins"]);
    until(voyage, minutes, "silence", |voyage| voyage.signal(stack, rule).is_none()).await;
}

/// Whether a scope tells a fault of this kind.
fn is_faulted(voyage: &mut Voyage, kind: FaultKind) -> bool {
    voyage.status().scopes.iter().any(|it| it.fault.as_ref().is_some_and(|fault| fault.kind == kind))
}

#[tokio::test]
async fn a_lost_gateway_is_told_with_its_sessions_and_replaced() {
    let mut voyage = in_trouble("gateway-lost").await;
    told(&mut voyage, ("terminal", "gateway-lost"), 3, "terminal-gateway-asg lost i-").await;
    voyage.sees(&["terminal-gateway-asg lost i-"]);
    until(&mut voyage, 6, "two gateways in service", |voyage| {
        let stacks = voyage.status().stacks;
        let terminal = stacks.iter().find(|it| it.name.as_str() == "terminal").expect("a bundled stack");
        terminal.groups.iter().all(|it| it.in_service == Some(2))
    })
    .await;
}

#[tokio::test]
async fn interrupted_workers_are_told_with_notice_and_come_back() {
    let about = ("cma", "spot-interruption");
    let mut voyage = in_trouble("spot-interruption").await;
    told(&mut voyage, about, 3, "cma-workers-production: AWS took").await;
    until(&mut voyage, 6, "nothing runs", |voyage| {
        voyage.signal("cma", "spot-interruption").is_some_and(|it| it.summary.as_str().contains("0 of 2"))
    })
    .await;
    voyage.sees(&["cma-workers-production"]);
    calmed(&mut voyage, about, 25).await;
    assert_eq!(voyage.critical(), Vec::<String>::new());
}

#[tokio::test]
async fn sleepers_are_told_apart_from_services_that_are_down() {
    let about = ("tsdevstack", "services-asleep");
    let mut voyage = in_trouble("asleep").await;
    told(&mut voyage, about, 4, "sleep").await;
    assert_eq!(voyage.critical(), Vec::<String>::new());
    calmed(&mut voyage, about, 6).await;
}

#[tokio::test]
async fn an_image_that_is_gone_is_named_as_the_cause() {
    let about = ("reactive-notebook", "image-unpullable");
    let mut voyage = in_trouble("image-missing").await;
    told(&mut voyage, about, 7, "reactive-notebook-service cannot start").await;
    voyage.sees(&["✗ critical", "reactive-notebook-service cannot start", "CannotPullContainerError", "before: "]);
    voyage.press("n").await;
    voyage.sees(&["stack › reactive-notebook", "0/1", "CannotPullContainerError"]);
    voyage.press("enter").await;
    voyage.sees(&["tasks › reactive-notebook", "CannotPull"]);
    voyage.press("1").await;
    calmed(&mut voyage, about, 20).await;
}

#[tokio::test]
async fn kills_for_memory_are_named_as_such() {
    let about = ("cma", "out-of-memory");
    let mut voyage = in_trouble("out-of-memory").await;
    told(&mut voyage, about, 5, "ran out of memory").await;
    voyage.sees(&["ran out of memory"]);
    calmed(&mut voyage, about, 30).await;
}

#[tokio::test]
async fn the_loss_of_a_zone_is_told_first_and_once_for_each_stack_until_it_is_back() {
    let mut voyage = in_trouble("az-outage").await;
    let about = ("terminal", "zone-failing");
    told(&mut voyage, about, 5, "zone us-east-1a has failed: nothing of terminal-api is healthy there").await;
    let (first, stacks) = (voyage.app.signals[0].clone(), ["mint-server", "terminal", "tsdevstack"]);
    assert_eq!(first.rule, "zone-failing", "{}", voyage.screen());
    voyage.resize(80, 24).await;
    voyage.sees(&["zone us-east-1a has failed"]);
    for stack in stacks {
        let told = |voyage: &mut Voyage| voyage.signal(stack, "zone-failing").is_some();
        until(&mut voyage, 2, stack, told).await;
        assert!(voyage.signal(stack, "errors-high").is_none(), "one cause, one signal\n{}", voyage.screen());
    }
    voyage.resize(120, 40).await;
    calmed(&mut voyage, about, 40).await;
    for stack in stacks {
        assert!(voyage.signal(stack, "zone-failing").is_none(), "{}", voyage.screen());
    }
}

#[tokio::test]
async fn a_slow_release_is_told_in_its_region_with_what_was_deployed_before_and_the_alarm_as_witness() {
    let mut voyage = in_trouble("latency-regression").await;
    let about = ("mint-server", "latency-promise-broken");
    let signal = told(&mut voyage, about, 15, "mint-server answers at p95").await;
    assert_eq!(signal.subject.scope.region.as_ref(), "us-west-1");
    // The first screen of the smallest terminal tells what to look at.
    voyage.resize(80, 24).await;
    voyage.sees(&["mint-server answers at p95", "before: ", " deployment of mint-server:32 began (w)"]);
    voyage.press("w").await;
    voyage.sees(&["timeline", "deployment of mint-server:32 began"]);
    voyage.press("1").await;
    voyage.resize(120, 40).await;
    let names_alarm = |it: &Signal| it.evidence.iter().any(|it| it.as_str().contains("mint-server-latency-high fires"));
    until(&mut voyage, 5, "the alarm", |voyage| voyage.signal(about.0, about.1).is_some_and(|it| names_alarm(&it)))
        .await;
    assert!(voyage.signal("mint-server", "alarm-firing").is_none(), "one trouble is told once");
    calmed(&mut voyage, about, 40).await;
    for rule in ["alarm-firing", "error-budget-burning"] {
        until(&mut voyage, 120, rule, |voyage| voyage.signal(about.0, rule).is_none()).await;
    }
}

#[tokio::test]
async fn denied_services_cost_their_reads_and_nothing_else() {
    let about = ("terminal", "reads-failing");
    let mut voyage = in_trouble("access-denied").await;
    told(&mut voyage, about, 2, "access denied for").await;
    voyage.sees(&["access denied", "is not authorized to perform"]);
    assert!(voyage.signal("cma", "reads-failing").is_none());
    calmed(&mut voyage, about, 7).await;
}

#[tokio::test]
async fn an_expired_login_is_told_for_its_account_alone() {
    let about = ("cma", "reads-failing");
    let mut voyage = in_trouble("expired-credentials").await;
    until(&mut voyage, 2, "expired", |voyage| is_faulted(voyage, FaultKind::Expired)).await;
    told(&mut voyage, about, 2, "expired").await;
    assert!(voyage.signal("terminal", "reads-failing").is_none());
    calmed(&mut voyage, about, 3).await;
}

#[tokio::test]
async fn troubles_begun_by_keys_are_told_beside_each_other_and_each_is_over_when_it_ends() {
    let mut voyage = in_trouble("expired-credentials").await;
    let login = ("cma", "reads-failing");
    told(&mut voyage, login, 2, "expired").await;
    voyage.press(": scenario gateway-lost enter").await;
    voyage.sees(&["scenario gateway-lost begins"]);
    let gateway = ("terminal", "gateway-lost");
    told(&mut voyage, gateway, 3, "terminal-gateway-asg lost i-").await;
    assert!(voyage.signal(login.0, login.1).is_some(), "the second does not end the first\n{}", voyage.screen());
    voyage.sees(&["credentials expired", "terminal-gateway-asg lost i-"]);
    calmed(&mut voyage, login, 3).await;
    until(&mut voyage, 40, "silence", |voyage| voyage.signal(gateway.0, gateway.1).is_none()).await;
    assert_eq!(voyage.critical(), Vec::<String>::new());
}

#[tokio::test]
async fn throttling_is_told_as_such_while_the_systems_are_well() {
    let mut voyage = in_trouble("throttled").await;
    until(&mut voyage, 5, "throttled", |voyage| is_faulted(voyage, FaultKind::Throttled)).await;
    assert!(voyage.status().api.throttles > 0);
    assert_eq!(voyage.critical(), Vec::<String>::new());
    voyage.press(": scenario calm enter").await;
    until(&mut voyage, 11, "read again", |voyage| !is_faulted(voyage, FaultKind::Throttled)).await;
}

#[tokio::test]
async fn stalls_time_out_and_are_read_again() {
    let mut voyage = in_trouble("slow-network").await;
    let about = ("every stack", "answers-slow");
    until(&mut voyage, 10, about.1, |voyage| voyage.signal(about.0, about.1).is_some()).await;
    let signal = voyage.signal(about.0, about.1).expect("it was there");
    assert!(signal.since.is_some_and(|it| it > START), "{signal:?}");
    voyage.sees(&["AWS answers slowly: ", " in 5 m timed out", "check network, VPN and proxy"]);
    voyage.press("n").await;
    while voyage.under_cursor() != signal.subject {
        voyage.press("n").await;
    }
    voyage.sees(&["api", "all calls"]);
    voyage.press("d").await;
    voyage.sees(&["USE OF AWS", "AWS answers slowly: "]);
    voyage.press("esc 1").await;
    calmed(&mut voyage, about, 6).await;
    until(&mut voyage, 11, "read again", |voyage| !is_faulted(voyage, FaultKind::TimedOut)).await;
}

#[tokio::test]
async fn rubbish_is_told_from_an_empty_estate_and_what_was_known_stays() {
    let mut voyage = in_trouble("dead-emulator").await;
    until(&mut voyage, 3, "garbled", |voyage| is_faulted(voyage, FaultKind::Garbled)).await;
    assert_eq!(voyage.status().stacks.len(), 5);
    voyage.press("2").await;
    assert_eq!(voyage.rows().len(), 11, "services are still known");
    calmed(&mut voyage, ("terminal", "reads-failing"), 11).await;
    until(&mut voyage, 6, "read again", |voyage| !is_faulted(voyage, FaultKind::Garbled)).await;
}

#[tokio::test]
async fn a_spike_of_cost_is_told_once_somebody_looks_at_what_things_cost() {
    let mut voyage = in_trouble("cost-spike").await;
    voyage.pass(10).await;
    assert_eq!(voyage.signal("tsdevstack", "spend-anomaly"), None, "nobody has asked what anything costs");
    voyage.press("$").await;
    voyage.pass(5).await;
    let signal = voyage.signal("tsdevstack", "spend-anomaly").expect("the bill is known");
    assert_eq!(signal.severity, Severity::Warning);
    assert!(signal.summary.as_str().starts_with("NAT cost "), "{}", signal.summary);
    assert!(signal.summary.as_str().contains("day usually costs "), "{}", signal.summary);
    let said = |what: &str| signal.evidence.iter().any(|it| it.as_str().contains(what));
    assert!(said("NatGateway-Bytes: ") && said(" GB instead of ") && said("a month more"), "{signal:?}");
    voyage.press("1").await;
    voyage.sees(&["NAT cost "]);
    for _ in 0..voyage.app.signals.len() {
        if voyage.under_cursor() != signal.subject {
            voyage.press("n").await;
        }
    }
    assert_eq!(voyage.under_cursor(), signal.subject, "{}", voyage.screen());
    voyage.sees(&["cost › tsdevstack", "NAT"]);
}
