//! The API meter: what it reports of attempts, retries, throttles and priced metrics.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quarterdeck::{
    aws::{clients::Patience, fetch},
    domain::{
        fault::FaultKind,
        metric::{MetricName, MetricRead},
        query::{Attempt, Outcome, Query, Request},
    },
};

use super::canned::{Asked, IMPATIENT, NOW, Said, cbor, clients, http_client, ok, refusal, scope};

/// How `query` ends, and the attempts that were reported.
async fn metered(
    query: Query,
    patience: Patience,
    answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
) -> (Outcome, Vec<Attempt>) {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let reported = attempts.clone();
    let report = move |attempt| reported.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
    let clients = clients(http_client(answer), patience, report).await;
    let outcome = fetch(&clients, &Request { scope: scope(), query }, NOW).await;
    let attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (outcome, attempts)
}

#[tokio::test]
async fn a_throttled_attempt_and_its_retry_are_both_reported() {
    let throttled = AtomicBool::new(false);
    let (outcome, attempts) = metered(Query::ScalableTargets, Patience::default(), move |asked| {
        if asked.operation == "DescribeScalableTargets" && !throttled.swap(true, Ordering::Relaxed) {
            return refusal(400, "ThrottlingException", "Rate exceeded");
        }
        ok("{}")
    })
    .await;
    assert!(matches!(outcome, Outcome::Complete(_)), "{outcome:?}");
    let targets: Vec<(u16, bool, bool)> = attempts
        .iter()
        .filter(|it| it.operation.as_str() == "application-autoscaling:DescribeScalableTargets")
        .map(|it| (it.status, it.throttled, it.retry))
        .collect();
    assert_eq!(targets, [(400, true, false), (200, false, true)]);
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|it| it.at == NOW && it.metrics == 0));
}

#[tokio::test]
async fn an_attempt_without_an_answer_has_status_zero() {
    for said in [|| Said::Refused, || Said::Silence] {
        let (_, attempts) = metered(Query::Identity, IMPATIENT, move |_| said()).await;
        let found: Vec<_> = attempts.iter().map(|it| (it.operation.as_str(), it.status, it.throttled)).collect();
        assert_eq!(found, [("sts:GetCallerIdentity", 0, false)]);
    }
}

#[tokio::test]
async fn an_attempt_that_the_operation_s_time_ends_is_reported_as_well() {
    let patience = Patience { attempt: Duration::from_mins(1), ..IMPATIENT };
    let (outcome, attempts) = metered(Query::Identity, patience, |_| Said::Silence).await;
    assert!(matches!(outcome, Outcome::Failed(fault) if fault.kind == FaultKind::TimedOut));
    assert_eq!(attempts.iter().map(|it| it.status).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn the_metrics_of_an_answered_call_are_counted_for_their_price() {
    let metric = MetricName { namespace: "AWS/ECS".into(), name: "CPUUtilization".into(), dimensions: Vec::new() };
    let read = |period_seconds| MetricRead { metric: metric.clone(), statistic: "p95".into(), period_seconds };
    let query = Query::Metrics { reads: vec![read(60), read(300), read(3600)], minutes: 60 };
    let (_, attempts) = metered(query.clone(), IMPATIENT, |_| ok(cbor(&[]))).await;
    assert_eq!(attempts.iter().map(|it| it.metrics).collect::<Vec<_>>(), [3]);
    let (_, attempts) = metered(query, IMPATIENT, |_| {
        Said::Body(400, cbor(&[("__type", "com.amazonaws.cloudwatch#Throttling".into())]))
    })
    .await;
    assert_eq!(attempts.iter().map(|it| (it.metrics, it.throttled)).collect::<Vec<_>>(), [(0, true)]);
}
