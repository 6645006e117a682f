//! Faults, staleness, identity.

use jiff::SignedDuration;

use crate::{
    domain::{
        estate::Estate,
        fault::FaultKind,
        query::{Attempt, Query},
        text::SafeText,
    },
    triage::{
        signals,
        testing::{Given, ago, now, services_query},
    },
};

#[test]
fn expired_credentials_are_one_signal_for_the_scope_with_the_command_that_ends_them() {
    let mut given = Given::healthy();
    given.read = SignedDuration::from_mins(2);
    given.failing(services_query(), FaultKind::Expired, "ecs:DescribeServices");
    given.failing(Query::Alarms, FaultKind::Expired, "cloudwatch:DescribeAlarms");
    assert_eq!(
        given.told(),
        "critical reads-failing ops/us-east-1 [02:58:00] ops/us-east-1: credentials expired\n  \
         cloudwatch:DescribeAlarms: SomeException: told so (request id req-1)\n  \
         ecs:DescribeServices: SomeException: told so (request id req-1)\n  \
         not renewed: alarms, services of terminal-cluster\n  \
         the oldest of it was read 2 m ago and stays on screen\n  \
         > run `aws sso login --profile ops`, or renew the credentials as you do; the console notices by itself"
    );
}

#[test]
fn a_denied_call_is_a_warning_that_names_the_operation_to_ask_for() {
    let mut given = Given::healthy();
    given.failing(Query::ScalableTargets, FaultKind::Denied, "application-autoscaling:DescribeScalableTargets");
    let signals = given.signals();
    assert_eq!(given.rules(), ["reads-failing"]);
    assert_eq!(
        signals[0].summary.as_str(),
        "ops/us-east-1: access denied for application-autoscaling:DescribeScalableTargets"
    );
    assert_eq!(
        signals[0].advice.as_str(),
        "ask for application-autoscaling:DescribeScalableTargets on this identity's policy; everything else goes on"
    );
}

#[test]
fn kinds_of_fault_are_told_apart() {
    let mut given = Given::healthy();
    given.failing(Query::Alarms, FaultKind::Denied, "cloudwatch:DescribeAlarms");
    given.failing(Query::TargetGroups, FaultKind::Garbled, "elasticloadbalancing:DescribeTargetGroups");
    given.failing(Query::ScalableTargets, FaultKind::Throttled, "application-autoscaling:DescribeScalableTargets");
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.summary.to_string())).collect();
    assert_eq!(
        told,
        [
            ("warning", "ops/us-east-1: access denied for cloudwatch:DescribeAlarms".to_owned()),
            ("notice", "ops/us-east-1: throttled for application-autoscaling:DescribeScalableTargets".to_owned()),
        ],
        "what was read just now is not missed yet"
    );
}

#[test]
fn passing_faults_are_silent_while_the_data_is_fresh() {
    let mut given = Given::healthy();
    given.read = SignedDuration::from_secs(80);
    given.failing(services_query(), FaultKind::TimedOut, "ecs:DescribeServices");
    given.failing(Query::Alarms, FaultKind::Throttled, "cloudwatch:DescribeAlarms");
    assert_eq!(given.told(), "");
    given.read = SignedDuration::from_secs(95);
    assert_eq!(given.rules(), ["reads-failing", "reads-failing"]);
}

#[test]
fn a_scope_that_never_answered_is_critical() {
    let mut given = Given::healthy();
    given.failing(Query::Identity, FaultKind::Unreachable, "sts:GetCallerIdentity");
    let estate = given.estate();
    let mut unseen = Estate::default();
    let fault = estate.scopes.values().next().and_then(|it| it.identity.fault()).expect("the fault").clone();
    unseen.scopes.entry(crate::triage::testing::scope()).or_default().identity.fail(fault);
    let told: Vec<_> = signals(&unseen, &[given.stack], now())
        .iter()
        .map(|it| (it.severity.word(), it.summary.to_string(), it.since))
        .collect();
    let since = Some(crate::triage::testing::ago(30));
    assert_eq!(told, [("critical", "ops/us-east-1: unreachable for sts:GetCallerIdentity".to_owned(), since)]);
}

#[test]
fn data_that_is_not_renewed_is_told_after_five_minutes() {
    let mut given = Given::healthy();
    given.read = SignedDuration::from_mins(5);
    assert_eq!(given.told(), "");
    given.read = SignedDuration::from_secs(330);
    let signals = given.signals();
    assert_eq!(given.rules(), ["stale-data"]);
    assert_eq!(signals[0].summary.as_str(), "ops/us-east-1: what is shown is up to 5 m old");
    let evidence: Vec<_> = signals[0].evidence.iter().map(ToString::to_string).collect();
    assert_eq!(
        evidence,
        [
            "alarms",
            "groups",
            "services of terminal-cluster",
            "sessions in Sessions",
            "targets of terminal-api-tg",
            "tasks of terminal-cluster"
        ]
        .map(|it| format!("{it}: 5 m old"))
    );
}

#[test]
fn credentials_of_another_account_are_critical() {
    let mut given = Given::healthy();
    given.identity.account = "444455556666".into();
    assert_eq!(
        given.told(),
        "critical wrong-account ops/us-east-1 [-] ops/us-east-1 is account 444455556666; stack terminal runs in \
         111122223333\n  \
         the credentials belong to arn:aws:iam::111122223333:user/ops\n  \
         > use a profile of account 111122223333 for this stack; what is shown is another account's"
    );
}

#[test]
fn a_cluster_that_does_not_exist_is_told_as_its_missing_service() {
    let mut given = Given::healthy();
    given.failing(services_query(), FaultKind::Missing, "ecs:DescribeServices");
    let mut estate = given.estate();
    let known = estate.scopes.values_mut().next().expect("a scope");
    let fault = known.services.values().next().and_then(|it| it.fault()).expect("the fault").clone();
    let cluster = known.services.values_mut().next().expect("a cluster");
    *cluster = crate::domain::observation::Observation::default();
    cluster.fail(fault);
    let found = signals(&estate, &[given.stack], now());
    let told: Vec<_> = found.iter().map(|it| (it.rule, it.evidence.last().map(ToString::to_string))).collect();
    assert_eq!(told, [("missing", Some("ecs:DescribeServices: SomeException: told so".to_owned()))]);
}

#[test]
fn calls_that_time_out_are_told_though_every_read_comes_through() {
    let given = Given::healthy();
    let mut estate = given.estate();
    let told = |estate: &Estate| signals(estate, std::slice::from_ref(&given.stack), now());
    let call = |estate: &mut Estate, seconds, timed_out: bool| {
        estate.calls.note(&Attempt {
            at: ago(seconds),
            operation: "ecs:DescribeTasks".into(),
            status: if timed_out { 0 } else { 200 },
            throttled: false,
            timed_out,
            retry: false,
            milliseconds: if timed_out { 8_000 } else { 300 },
            bytes: 0,
            metrics: 0,
            pages: 0,
        });
    };
    for seconds in (20..=118).rev() {
        call(&mut estate, seconds, seconds == 110);
    }
    assert_eq!(told(&estate), [], "one that is lost is no news");
    call(&mut estate, 10, true);
    let signals = told(&estate);
    let rules: Vec<_> = signals.iter().map(|it| (it.severity.word(), it.rule)).collect();
    assert_eq!(rules, [("notice", "answers-slow")]);
    assert_eq!(signals[0].summary.as_str(), "AWS answers slowly: 2 of 100 calls in 5 m timed out, p99 8.0 s");
    assert_eq!(signals[0].since, Some(ago(110)));
    let evidence: Vec<_> = signals[0].evidence.iter().map(SafeText::as_str).collect();
    assert_eq!(evidence, ["p50 300 ms of all calls", "timed out: ecs:DescribeTasks 2 ×"]);
}
