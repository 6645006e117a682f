//! AWS refusing, expiring and out of reach: one pane is worse off, says why, and gets well by itself.

use std::time::Duration;

use quarterdeck::{
    command::ViewName,
    domain::fault::FaultKind,
    sim::{
        edge::{Trouble, network::Weather},
        world::Place,
    },
};

use super::voyage::Voyage;

const DENIED: &str = "User: arn:aws:iam::111122223333:user/operator is not authorized to perform";
const EXPIRED: &str = "The security token included in the request is expired";

async fn under_way() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(30).await;
    voyage
}

fn denied(service: &str) -> Trouble {
    Trouble::Denied { account: "111122223333".to_owned(), actions: vec![format!("{service}:*")] }
}

fn expired() -> Trouble {
    Trouble::Expired { account: "444455556666".to_owned() }
}

#[tokio::test]
async fn a_denied_api_is_told_on_its_pane_while_the_others_stay_fresh() {
    let mut voyage = under_way().await;
    let gateways = {
        voyage.press("5").await;
        voyage.column("SESSIONS")
    };
    voyage.trouble(denied("dynamodb"));
    voyage.pass(40).await;
    let fault = voyage.status().scopes.into_iter().find_map(|it| it.fault).expect("a scope tells its fault");
    assert_eq!((fault.kind, fault.operation.as_str()), (FaultKind::Denied, "dynamodb:Scan"));
    assert!(fault.message.as_str().starts_with(DENIED), "{}", fault.message);
    let id = fault.request_id.expect("AWS gives every answer an id").to_string();
    voyage.sees(&["access denied", "dynamodb:Scan", "AccessDeniedException", DENIED, &id]);
    // What was known is still there, and how old it is.
    assert_eq!(voyage.column("SESSIONS").len(), gateways.len());
    assert!(voyage.column("SESSIONS").iter().all(|it| it.contains("/10") || it.contains("/20")), "{}", voyage.screen());
    for view in ["2", "3", "4", "6", "8"] {
        voyage.press(view).await;
        voyage.pass(20).await;
        voyage.sees(&["fresh"]);
        voyage.sees_no(&["access denied"]);
    }
    let signal = voyage.signal("terminal", "reads-failing").expect("it is a signal");
    assert!(signal.summary.as_str().contains("dynamodb:Scan"), "{}", signal.summary);
}

#[tokio::test]
async fn a_right_that_is_granted_is_noticed_without_restart() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.trouble(denied("ecs"));
    voyage.pass(60).await;
    voyage.sees(&["access denied", "ecs:DescribeServices"]);
    assert_eq!(voyage.rows().len(), 11);
    voyage.clear();
    voyage.press("ctrl-r").await;
    voyage.sees_no(&["access denied"]);
    voyage.sees(&["fresh"]);
    // Without the key it is found out as well, only later.
    voyage.trouble(denied("ecs"));
    voyage.pass(60).await;
    voyage.sees(&["access denied"]);
    voyage.clear();
    voyage.pass(330).await;
    voyage.sees_no(&["access denied"]);
    assert_eq!(voyage.signal("terminal", "reads-failing"), None);
}

#[tokio::test]
async fn expired_credentials_are_a_state_with_the_way_out_and_end_by_themselves() {
    let mut voyage = under_way().await;
    voyage.trouble(expired());
    voyage.pass(40).await;
    voyage.walk_to("cma").await;
    voyage.sees(&["expired", EXPIRED]);
    let signal = voyage.app.signals.iter().find(|it| it.subject.scope.region.as_ref() == "eu-west-2").cloned();
    let signal = signal.expect("a signal about the scope");
    assert!(signal.advice.as_str().contains("aws sso login --profile cma"), "{}", signal.advice);
    voyage.press("9").await;
    voyage.sees(&["cma", EXPIRED]);
    // The other account goes on as if nothing had happened.
    voyage.press("1").await;
    voyage.walk_to("terminal").await;
    voyage.press("enter").await;
    voyage.sees(&["fresh"]);
    let asked = voyage.status().api.calls;
    voyage.pass(10).await;
    assert!(voyage.status().api.calls > asked);
    voyage.clear();
    voyage.pass(60).await;
    voyage.press("1").await;
    voyage.sees_no(&["expired"]);
    voyage.sees(&["fresh"]);
}

#[tokio::test]
async fn while_credentials_are_expired_only_the_identity_is_asked() {
    let mut voyage = under_way().await;
    voyage.trouble(expired());
    voyage.pass(30).await;
    let failures = |voyage: &mut Voyage| {
        let operations = voyage.status().api.by_operation;
        let (sts, others): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|(name, _)| name.as_str().starts_with("sts:"));
        let sum = |of: Vec<(_, quarterdeck::status::document::OperationStatus)>| {
            of.iter().map(|(_, it)| it.failures).sum::<u64>()
        };
        (sum(sts), sum(others))
    };
    let (identity, others) = failures(&mut voyage);
    voyage.pass(60).await;
    let (identity_later, others_later) = failures(&mut voyage);
    assert_eq!(others_later, others);
    assert!((3..=8).contains(&(identity_later - identity)), "{identity} then {identity_later}");
}

#[tokio::test]
async fn a_region_that_loses_calls_leaves_the_other_region_alone() {
    let mut voyage = under_way().await;
    let place = Some(Place::new("111122223333", "us-west-1"));
    let (latency, jitter) = (Duration::ZERO, Duration::ZERO);
    let resets = Weather { place, latency, jitter, stalls: 0.0, pages: 0.0, cuts: 0.0, resets: 1.0 };
    voyage.trouble(Trouble::Network(resets));
    voyage.press(": mint-server enter").await;
    voyage.pass(40).await;
    voyage.sees(&["connection lost", "us-east-1"]);
    let status = voyage.status();
    for scope in &status.scopes {
        let lost = scope.fault.as_ref().is_some_and(|it| it.kind == FaultKind::Lost);
        assert_eq!(lost, scope.place.region.as_str() == "us-west-1", "{scope:?}");
    }
    voyage.clear();
    voyage.pass(330).await;
    voyage.sees_no(&["connection lost"]);
    assert!(voyage.status().scopes.iter().all(|it| it.fault.is_none()));
}

#[tokio::test]
async fn throttling_is_shown_and_answered_with_fewer_calls() {
    let mut voyage = under_way().await;
    let place = Place::new("111122223333", "us-east-1");
    voyage.trouble(Trouble::Strained { place, service: "ecs".to_owned(), left: 0.0 });
    voyage.pass(60).await;
    let throttles = voyage.status().api.throttles;
    assert!(throttles > 0);
    voyage.pass(120).await;
    let later = voyage.status().api.throttles - throttles;
    assert!(later <= 2 * throttles, "{throttles} in one minute, then {later} in two");
    voyage.press("2").await;
    voyage.sees(&["throttled", "Rate exceeded"]);
    voyage.press("9").await;
    voyage.sees(&["ecs:DescribeServices"]);
    voyage.clear();
    voyage.pass(600).await;
    voyage.press("2").await;
    voyage.sees_no(&["throttled"]);
}

#[tokio::test]
async fn with_every_call_hanging_keys_time_and_quit_act_at_once() {
    let mut voyage = Voyage::begin();
    voyage.becalm();
    voyage.pass(5).await;
    voyage.sees(&["overview", "03:00 UTC"]);
    voyage.press("2").await;
    assert_eq!(voyage.app.place().view, ViewName::Services);
    voyage.press("? pgdn esc : tasks enter /api enter esc ctrl-r").await;
    assert_eq!(voyage.app.place().view, ViewName::Tasks);
    voyage.pass(60).await;
    voyage.sees(&["tasks", "03:01 UTC"]);
    voyage.press("q").await;
    assert!(voyage.app.quitting);
}

#[tokio::test]
async fn reads_that_hang_are_asked_once_and_again_only_when_given_up() {
    let mut voyage = under_way().await;
    voyage.becalm();
    voyage.pass(100).await;
    voyage.sees(&["stale"]);
    let mut hanging = voyage.wind();
    let all = hanging.len();
    hanging.sort();
    hanging.dedup();
    assert_eq!(hanging.len(), all, "a read was sent while it was under way");
    voyage.pass(130).await;
    voyage.sees(&["fresh"]);
    assert_eq!(voyage.critical(), Vec::<String>::new());
}
