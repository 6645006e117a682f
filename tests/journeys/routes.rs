//! What leads to what, what a service's scheduler says, and alarms that can tell nobody anything.

use quarterdeck::{
    command::ViewName,
    domain::{id::Kind, signal::Severity},
};

use super::voyage::Voyage;

async fn under_way() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage
}

fn calls_of(voyage: &mut Voyage, operation: &str) -> u64 {
    voyage.status().api.by_operation.iter().find(|(name, _)| name.as_str() == operation).map_or(0, |(_, it)| it.calls)
}

#[tokio::test]
async fn listeners_say_which_host_header_and_path_lead_where_and_are_read_only_while_looked_at() {
    let mut voyage = under_way().await;
    assert_eq!(calls_of(&mut voyage, "elasticloadbalancing:DescribeRules"), 0);
    voyage.press(": tsdevstack enter i").await;
    voyage.pass(3).await;
    let when = voyage.column("WHEN");
    for text in ["header X-Origin-Verify", "host auth-service", "path /.well-known", "whatever matches no other rule"] {
        assert!(when.iter().any(|it| it.contains(text)), "no {text:?} in {when:#?}");
    }
    assert!(voyage.column("LEADS TO").iter().any(|it| it.starts_with("redirect to HTTPS")));
    assert!(voyage.column("LISTENER").contains(&"HTTPS 8443".to_owned()));
    assert!(calls_of(&mut voyage, "elasticloadbalancing:DescribeRules") > 0);
    voyage.press("1").await;
    let before = calls_of(&mut voyage, "elasticloadbalancing:DescribeRules");
    voyage.pass(400).await;
    assert_eq!(calls_of(&mut voyage, "elasticloadbalancing:DescribeRules"), before);
}

#[tokio::test]
async fn from_a_target_to_the_rules_that_lead_to_it_and_on_to_its_group() {
    let mut voyage = under_way().await;
    voyage.press("6 /kong enter i").await;
    voyage.pass(3).await;
    assert_eq!(voyage.app.place().view, ViewName::Listeners);
    assert_eq!(voyage.app.place().within.as_ref().map(|it| it.kind), Some(Kind::TargetGroup));
    let leads = voyage.column("LEADS TO");
    assert!(!leads.is_empty() && leads.iter().all(|it| it.contains("kong")), "{leads:?}");
    voyage.press("d").await;
    voyage.sees(&["RULE", "tsdevstack", "healthy"]);
    voyage.press("esc enter").await;
    assert_eq!(voyage.app.place().view, ViewName::Targets);
    voyage.press("esc y").await;
    voyage.sees(&["\"RuleArn\""]);
}

#[tokio::test]
async fn events_of_a_service_are_one_key_away_and_steady_ones_are_said_once() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("e").await;
    assert_eq!(voyage.app.place().within.as_ref().map(|it| it.kind), Some(Kind::Service));
    let events = voyage.column("EVENT");
    let steady: Vec<_> = events.iter().filter(|it| it.contains("steady")).collect();
    assert!(events[0].starts_with("steady for ") && events[0].contains(", said "), "{events:#?}");
    assert!(steady.len() <= events.len().div_ceil(2), "{events:#?}");
    voyage.press("d").await;
    voyage.sees(&["EVENT", "first said", "(service terminal-api) has reached a steady state."]);
    voyage.press("esc e").await;
    assert_eq!(voyage.app.place().within, None);
    assert!(voyage.column("SERVICE").iter().any(|it| it.as_str() == "kong"));
}

#[tokio::test]
async fn an_alarm_on_a_metric_that_nobody_publishes_is_called_dead() {
    let mut voyage = under_way().await;
    let signal = voyage.signal("terminal", "dead-alarm").expect("told");
    assert_eq!((signal.severity, signal.subject.name().as_str()), (Severity::Notice, "terminal-gateway-unhealthy"));
    assert_eq!(calls_of(&mut voyage, "cloudwatch:ListMetrics"), 1, "asked once for the one alarm without data");
    voyage.press("8").await;
    voyage.walk_to("terminal-gateway-unhealthy").await;
    voyage.sees(&["i dead"]);
    voyage.press("d").await;
    voyage.sees(&["can never fire: AWS/AutoScaling does not publish UnHealthyHostCount"]);
}
