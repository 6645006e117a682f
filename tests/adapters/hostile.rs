//! Answers that are not AWS's, and none at all: each becomes the right kind of fault, in every protocol.

use quarterdeck::domain::{
    fault::FaultKind,
    id::Arn,
    metric::{MetricName, MetricRead},
    query::{Answer, Query},
};

use super::canned::{Said, ask, complete, failed, ok, partial, refusal};

/// One read for each protocol: awsJson 1.1 (twice: two runtimes), awsJson 1.0, awsQuery, CBOR.
fn queries() -> Vec<Query> {
    let metric = MetricName { namespace: "AWS/ECS".into(), name: "CPUUtilization".into(), dimensions: Vec::new() };
    vec![
        Query::Services { cluster: "terminal-cluster".into(), names: Vec::new() },
        Query::ScalableTargets,
        Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() },
        Query::Groups { names: Vec::new() },
        Query::Targets { group: Arn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a/1") },
        Query::Alarms,
        Query::Metrics {
            reads: vec![MetricRead { metric, statistic: "Average".into(), period_seconds: 60 }],
            minutes: 5,
        },
        Query::Identity,
    ]
}

async fn kinds(said: fn() -> Said) -> Vec<(Query, FaultKind)> {
    let mut kinds = Vec::new();
    for query in queries() {
        let fault = failed(ask(query.clone(), move |_| said()).await);
        assert!(!fault.operation.is_empty() && !fault.code.is_empty() && !fault.message.is_empty(), "{fault:?}");
        kinds.push((query, fault.kind));
    }
    kinds
}

#[track_caller]
fn all(kinds: Vec<(Query, FaultKind)>, expected: FaultKind) {
    for (query, kind) in kinds {
        assert_eq!(kind, expected, "{query:?}");
    }
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><p>Sign in<br></body></html>";

#[tokio::test]
async fn a_web_page_is_garbled() {
    all(kinds(|| ok(PAGE)).await, FaultKind::Garbled);
    all(kinds(|| Said::Body(403, PAGE.into())).await, FaultKind::Garbled);
}

#[tokio::test]
async fn a_web_page_can_be_read_in_the_fault() {
    let fault = failed(ask(Query::Clusters, |_| Said::Body(403, PAGE.into())).await);
    assert_eq!(fault.code.as_str(), "HTTP 403");
    assert!(fault.message.as_str().starts_with("a web page, not an answer of AWS: <!DOCTYPE html>"), "{fault:?}");
}

#[tokio::test]
async fn a_gateway_s_error_page_is_a_server_error() {
    all(kinds(|| Said::Body(502, PAGE.into())).await, FaultKind::Server);
    all(kinds(|| Said::Body(500, Vec::new())).await, FaultKind::Server);
}

#[tokio::test]
async fn a_truncated_answer_is_garbled() {
    for query in queries() {
        let said = match &query {
            Query::Services { .. } => ok(r#"{"serviceArns":["arn:aws:ecs"#),
            Query::ScalableTargets => ok(r#"{"ScalableTargets":[{"#),
            Query::Sessions { .. } => ok(r#"{"Items":[{"id":{"S":"#),
            Query::Alarms | Query::Metrics { .. } => ok(b"\xbf\x6cMetricAlarms\x9f\xbf\x69Alarm"),
            _ => ok("<Response><Result><Groups><member><Name>termi"),
        };
        let Said::Body(status, body) = said else { unreachable!("made above") };
        let fault = failed(ask(query, move |_| Said::Body(status, body.clone())).await);
        assert_eq!(fault.kind, FaultKind::Garbled, "{fault:?}");
    }
}

/// Two healthy targets, as DescribeTargetHealth tells of them.
const TARGETS: &str = "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>\
    <member><Target><Id>10.0.1.5</Id><Port>80</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>\
    <member><Target><Id>10.0.1.6</Id><Port>80</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>\
    </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>";

#[tokio::test]
async fn xml_that_breaks_off_anywhere_is_garbled_and_never_read_as_far_as_it_goes() {
    let group = Arn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a/1");
    let query = Query::Targets { group };
    let Answer::Targets(targets) = complete(ask(query.clone(), |_| ok(TARGETS)).await) else { panic!("targets") };
    assert_eq!(targets.len(), 2);
    for length in 0..TARGETS.len() {
        let fault = failed(ask(query.clone(), move |_| ok(&TARGETS[..length])).await);
        assert_eq!(fault.kind, FaultKind::Garbled, "{}", &TARGETS[..length]);
    }
    let fault = failed(ask(query, |_| ok(&TARGETS[..200])).await);
    assert_eq!(fault.message.as_str(), "an answer that cannot be read: it breaks off");
}

#[tokio::test]
async fn an_empty_answer_is_garbled() {
    all(kinds(|| ok("")).await, FaultKind::Garbled);
    let fault = failed(ask(Query::Clusters, |_| ok("")).await);
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("HTTP 200", "an empty answer"));
}

#[tokio::test]
async fn an_answer_that_is_silent_about_what_was_asked_does_not_say_that_it_is_gone() {
    let query = Query::Services { cluster: "c".into(), names: vec!["api".into(), "web".into()] };
    let fault = failed(ask(query.clone(), |_| ok("{}")).await);
    assert_eq!(fault.kind, FaultKind::Garbled);
    assert_eq!(fault.message.as_str(), "asked about 2, the answer tells of 0");
    let (_, fault) = partial(ask(query.clone(), |_| ok(r#"{"services":[{"serviceArn":"arn:1"}]}"#)).await);
    assert_eq!(fault.message.as_str(), "asked about 2, the answer tells of 1");
    let missing = r#"{"services":[{"serviceArn":"arn:1"}],"failures":[{"arn":"arn:2","reason":"MISSING"}]}"#;
    complete(ask(query, move |_| ok(missing)).await);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    all(kinds(|| Said::Refused).await, FaultKind::Unreachable);
}

#[tokio::test]
async fn silence_times_out() {
    all(kinds(|| Said::Silence).await, FaultKind::TimedOut);
}

#[tokio::test]
async fn a_refusal_keeps_operation_code_message_and_request_id() {
    let query = Query::Clusters;
    let fault = failed(
        ask(query, |_| refusal(400, "AccessDeniedException", "User: x is not authorized to perform: ecs:ListClusters"))
            .await,
    );
    assert_eq!(fault.kind, FaultKind::Denied);
    assert_eq!(fault.operation.as_str(), "ecs:ListClusters");
    assert_eq!(fault.code.as_str(), "AccessDeniedException");
    assert_eq!(fault.message.as_str(), "User: x is not authorized to perform: ecs:ListClusters");
    assert_eq!(fault.request_id.map(|it| it.to_string()).as_deref(), Some("request-1"));
}

#[tokio::test]
async fn a_code_is_found_in_the_dialect_of_another_protocol() {
    let refused = r#"{"__type":"ExpiredToken","message":"over"}"#;
    for query in queries() {
        let fault = failed(ask(query, move |_| Said::Body(403, refused.into())).await);
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Expired, "ExpiredToken"), "{fault:?}");
        assert_eq!(fault.message.as_str(), "over");
    }
}

#[tokio::test]
async fn codes_are_sorted_in_query_and_ec2_answers_too() {
    let query = Query::Groups { names: Vec::new() };
    let expired = "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>expired</Message></Error>\
        <RequestId>r</RequestId></ErrorResponse>";
    assert_eq!(failed(ask(query, |_| Said::Body(403, expired.into())).await).kind, FaultKind::Expired);
    for (status, code, kind) in [
        (400, "ClusterNotFoundException", FaultKind::Missing),
        (400, "ThrottlingException", FaultKind::Throttled),
        (400, "UnrecognizedClientException", FaultKind::Credentials),
        (400, "InvalidParameterException", FaultKind::Rejected),
        (500, "ServerException", FaultKind::Server),
    ] {
        let query = Query::Tasks { cluster: "c".into() };
        let fault = failed(ask(query, move |_| refusal(status, code, "said so")).await);
        assert_eq!((fault.kind, fault.code.as_str()), (kind, code));
    }
}
