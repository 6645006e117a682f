//! What a responder is shown of each scenario, and that it is gone when it is over.

use std::time::Duration;

use quarterdeck::{
    command::ViewName,
    domain::signal::Severity,
    status::{self, document::StackStatus},
    triage::health::Health,
};

use super::voyage::Voyage;

/// The status of a stack.
fn stack(voyage: &mut Voyage, name: &str) -> StackStatus {
    voyage.status().stacks.into_iter().find(|it| it.name.as_str() == name).expect("a bundled stack")
}

/// Lets time pass in these ticks until the rule has nothing to say of the stack; fails after `most`.
async fn until_gone(voyage: &mut Voyage, (name, rule): (&str, &str), tick: Duration, most: Duration) {
    let end = voyage.sim.now() + most;
    while voyage.signal(name, rule).is_some() {
        assert!(voyage.sim.now() < end, "{rule} stands after {most:?}:\n{}", voyage.screen());
        voyage.pass_by(tick, tick).await;
    }
}

/// Lets time pass in these ticks until the rule has something to say of the stack; fails after `most`.
async fn until_told(voyage: &mut Voyage, (name, rule): (&str, &str), tick: Duration, most: Duration) {
    let end = voyage.sim.now() + most;
    while voyage.signal(name, rule).is_none() {
        assert!(voyage.sim.now() < end, "{rule} is silent after {most:?}:\n{}", voyage.screen());
        voyage.pass_by(tick, tick).await;
    }
}

/// The stack stands first on the overview, with what is wrong below.
fn leads(voyage: &mut Voyage, name: &str, texts: &[&str]) {
    assert_eq!(voyage.app.place().view, ViewName::Overview);
    assert_eq!(voyage.column("STACK").first().map(String::as_str), Some(name), "{}", voyage.screen());
    voyage.sees(texts);
}

#[tokio::test]
async fn a_bad_deploy_is_seen_failing_then_rolled_back_then_forgotten() {
    let mut voyage = Voyage::through(&["bad-deploy"]);
    voyage.resize(120, 40).await;
    voyage.pass(25).await;
    let revision = stack(&mut voyage, "terminal").services[0].deployment.clone().expect("a deployment");
    assert_eq!(revision.state, "in_progress");
    leads(&mut voyage, "terminal", &["~ changing"]);
    let mut warned = false;
    for _ in 0..13 {
        voyage.pass(5).await;
        warned |= voyage.signal("terminal", "rollout-faltering").is_some();
    }
    assert!(warned, "the first dead task is told before the breaker trips");
    voyage.pass(25).await;
    leads(&mut voyage, "terminal", &["terminal-api:43 failed; ECS is rolling back to terminal-api:42", "exit code 1"]);
    voyage.press("n enter").await;
    voyage.sees(&["tasks › terminal PROD", "Essential container in task exit", "v2.15.0"]);
    let stopped = voyage.column("STATUS").into_iter().zip(voyage.column("EXIT")).find(|(_, exit)| exit == "1");
    let (status, _) = stopped.unwrap_or_else(|| panic!("nothing exited with code 1 on\n{}", voyage.screen()));
    let count: usize = status.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(1);
    assert!(count >= 3, "{status} on\n{}", voyage.screen());
    voyage.press("1").await;
    voyage.pass_by(Duration::from_mins(7), Duration::from_secs(10)).await;
    let signal = voyage.signal("terminal", "rollout-rolled-back").expect("it is still told");
    assert!(signal.summary.as_str().ends_with("was rolled back; terminal-api:42 runs again"), "{}", signal.summary);
    assert!(signal.advice.as_str().contains("fix it before deploying again"), "{}", signal.advice);
    assert!(signal.evidence.iter().any(|it| it.as_str() == "circuit breaker: 3 failures, 3 trip it"), "{signal:?}");
    let mut told = signal.evidence.clone();
    told.dedup();
    assert_eq!(told, signal.evidence, "evidence is told twice");
    let service = stack(&mut voyage, "terminal").services.remove(0);
    assert_eq!((service.desired, service.running), (Some(2), Some(2)));
    assert!(service.task_definition.is_some_and(|it| it.wire().ends_with("terminal-api:42")));
    let (rule, hour) = (("terminal", "rollout-rolled-back"), Duration::from_mins(65));
    until_gone(&mut voyage, rule, Duration::from_mins(5), hour).await;
    assert!(stack(&mut voyage, "terminal").health <= Health::Notice);
}

#[tokio::test]
async fn unhealthy_targets_are_critical_with_reason_and_way_in_and_get_well() {
    let mut voyage = Voyage::through(&["unhealthy-targets"]);
    voyage.resize(120, 40).await;
    voyage.pass_by(Duration::from_mins(3), Duration::from_secs(5)).await;
    let words = ["✗ critical", "cma-api-production fails open", "[503]", "look at its targets"];
    leads(&mut voyage, "cma", &words);
    let status = voyage.status();
    assert_eq!(status::exit_code(&status), 6);
    let signal = status.signals.iter().find(|it| it.rule == "failing-open").expect("it is in the document");
    assert_eq!((signal.severity, signal.stack.as_str()), (Severity::Critical, "cma"));
    assert!(signal.subject.id.as_str().starts_with("arn:aws:elasticloadbalancing:eu-west-2:444455556666:targetgroup/"));
    assert!(signal.evidence.iter().any(|it| it.as_str().contains("Target.ResponseCodeMismatch")));
    assert!(signal.since.is_some());
    let groups = stack(&mut voyage, "cma").target_groups;
    let group = groups.iter().find(|it| it.name.as_str() == "cma-api-production").expect("the target group");
    assert_eq!((group.health, group.healthy), (Health::Critical, Some(0)));
    assert!(group.unhealthy >= Some(2));
    voyage.press("n").await;
    assert_eq!(voyage.app.place().view, ViewName::Stack);
    assert_eq!(voyage.under_cursor().name().as_str(), "cma-api-production");
    voyage.press("enter").await;
    voyage.sees(&["targets › cma PROD", "unhealthy", "[503]"]);
    voyage.press("1").await;
    voyage.pass_by(Duration::from_mins(10), Duration::from_secs(20)).await;
    assert_eq!(voyage.signal("cma", "failing-open"), None);
    for rule in ["health-checks-failing", "errors-high", "alarm-firing", "targets-unhealthy"] {
        until_gone(&mut voyage, ("cma", rule), Duration::from_secs(30), Duration::from_mins(30)).await;
    }
    assert_eq!(voyage.critical(), Vec::<String>::new());
    assert_eq!(status::exit_code(&voyage.status()), 0);
}

#[tokio::test]
async fn a_session_surge_is_seen_coming_before_gateways_are_full_and_passes() {
    let mut voyage = Voyage::through(&["session-surge"]);
    voyage.resize(120, 40).await;
    until_told(&mut voyage, ("terminal", "sessions-near-limit"), Duration::from_secs(5), Duration::from_mins(5)).await;
    leads(&mut voyage, "terminal", &["notice", "terminal-gateway-asg holds", "of 20 sessions", "InService"]);
    assert_eq!(voyage.critical(), Vec::<String>::new());
    voyage.pass_by(Duration::from_mins(3), Duration::from_secs(10)).await;
    leads(&mut voyage, "terminal", &["✗ critical", "20 of 20 sessions: it takes no more"]);
    let signal = voyage.signal("terminal", "sessions-near-limit").expect("it is a signal");
    assert!(signal.advice.as_str().contains("raising the desired capacity"), "{}", signal.advice);
    let sessions = stack(&mut voyage, "terminal").sessions.expect("sessions are counted");
    assert_eq!((sessions.held, sessions.limit, sessions.approximate), (Some(20), Some(20), false));
    voyage.press("5").await;
    assert_eq!(voyage.column("SESSIONS").iter().filter(|it| it.starts_with("10/10")).count(), 2);
    voyage.press("1").await;
    let (rule, most) = (("terminal", "sessions-near-limit"), Duration::from_hours(3));
    until_gone(&mut voyage, rule, Duration::from_mins(2), most).await;
    let limit = stack(&mut voyage, "terminal").sessions.expect("sessions are counted").limit;
    assert!(limit > Some(20), "target tracking has added gateways: {limit:?}");
}
