//! Lists longer than a page, read to their end with as few calls as the batch sizes allow.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use quarterdeck::domain::{
    metric::{MetricName, MetricRead},
    query::{Answer, Query},
};
use serde_json::{Value, json};

use super::canned::{Asked, NOW, Said, ask, cbor, complete, ok, partial, refusal};

/// ECS with `count` services, a hundred to a page, that refuses to describe more than ten.
fn ecs(asked: &Asked, count: usize) -> Said {
    let input: Value = serde_json::from_str(&asked.body).expect("awsJson");
    if asked.operation == "ListServices" {
        let from: usize = input["nextToken"].as_str().map_or(0, |it| it.parse().expect("our own token"));
        let to = (from + 100).min(count);
        let arns: Vec<String> = (from..to).map(|it| format!("arn:{it}")).collect();
        let next = (to < count).then(|| to.to_string());
        return ok(json!({"serviceArns": arns, "nextToken": next}).to_string());
    }
    let asked = input["services"].as_array().expect("services");
    if asked.len() > 10 {
        return refusal(400, "InvalidParameterException", "services can have at most 10 items.");
    }
    let services: Vec<Value> = asked.iter().map(|arn| json!({"serviceArn": arn})).collect();
    ok(json!({"services": services}).to_string())
}

#[tokio::test]
async fn every_service_is_read_whatever_their_number() {
    for (count, calls) in [(0, 1), (1, 2), (10, 2), (11, 3), (100, 11), (101, 13)] {
        let counted = Arc::new(AtomicUsize::new(0));
        let counting = counted.clone();
        let query = Query::Services { cluster: "c".into(), names: Vec::new() };
        let answer = complete(
            ask(query, move |asked| {
                counting.fetch_add(1, Ordering::Relaxed);
                ecs(asked, count)
            })
            .await,
        );
        let Answer::Services(services) = answer else { panic!("{answer:?}") };
        let arns: Vec<&str> = services.iter().map(|it| it.arn.wire()).collect();
        let expected: Vec<String> = (0..count).map(|it| format!("arn:{it}")).collect();
        assert_eq!(arns, expected);
        assert_eq!(counted.load(Ordering::Relaxed), calls, "calls for {count} services");
    }
}

#[tokio::test]
async fn a_failing_page_leaves_the_services_before_it_and_says_why() {
    let query = Query::Services { cluster: "c".into(), names: Vec::new() };
    let (answer, fault) = partial(
        ask(query, |asked| {
            if asked.operation == "ListServices" && asked.body.contains("nextToken") {
                return refusal(400, "ThrottlingException", "Rate exceeded");
            }
            ecs(asked, 150)
        })
        .await,
    );
    assert!(matches!(answer, Answer::Services(services) if services.len() == 100));
    assert_eq!((fault.operation.as_str(), fault.code.as_str()), ("ecs:ListServices", "ThrottlingException"));
}

fn read(name: &str) -> MetricRead {
    let metric = MetricName { namespace: "AWS/ECS".into(), name: name.into(), dimensions: Vec::new() };
    MetricRead { metric, statistic: "Average".into(), period_seconds: 60 }
}

/// One metric's part of a page: its id, and minutes after [`NOW`] with their values.
fn result(id: &str, points: &[(i64, f64)]) -> ciborium::Value {
    use ciborium::Value as Cbor;
    let moment = |minutes: i64| Cbor::Tag(1, Box::new(((NOW.as_second() + minutes * 60) as f64).into()));
    Cbor::Map(vec![
        ("Id".into(), id.into()),
        ("StatusCode".into(), "Complete".into()),
        ("Timestamps".into(), Cbor::Array(points.iter().map(|(minutes, _)| moment(*minutes)).collect())),
        ("Values".into(), Cbor::Array(points.iter().map(|(_, value)| (*value).into()).collect())),
    ])
}

#[tokio::test]
async fn a_series_spread_over_pages_is_put_together_in_order() {
    let query = Query::Metrics { reads: vec![read("CPUUtilization"), read("MemoryUtilization")], minutes: 60 };
    let answer = complete(
        ask(query, |asked| {
            let results = if asked.body.contains("NextToken") {
                vec![result("m0", &[(-1, 4.0)]), result("m7", &[(0, 9.0)])]
            } else {
                vec![result("m0", &[(-3, 2.0), (-2, 3.0)])]
            };
            let mut page = vec![("MetricDataResults", ciborium::Value::Array(results))];
            if !asked.body.contains("NextToken") {
                page.push(("NextToken", "next".into()));
            }
            ok(cbor(&page))
        })
        .await,
    );
    let Answer::Metrics(series) = answer else { panic!("{answer:?}") };
    assert_eq!(
        series.iter().map(|(read, _)| read.metric.name.as_str()).collect::<Vec<_>>(),
        ["CPUUtilization", "MemoryUtilization"]
    );
    assert_eq!(series[0].1.points.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [2.0, 3.0, 4.0]);
    assert!(series[1].1.points.is_empty());
}

#[tokio::test]
async fn six_hundred_metrics_are_two_calls() {
    let counted = Arc::new(AtomicUsize::new(0));
    let counting = counted.clone();
    let reads: Vec<MetricRead> = (0..600).map(|it| read(&format!("metric-{it}"))).collect();
    let answer = complete(
        ask(Query::Metrics { reads, minutes: 5 }, move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
            ok(cbor(&[("MetricDataResults", ciborium::Value::Array(vec![result("m0", &[(0, 1.0)])]))]))
        })
        .await,
    );
    let Answer::Metrics(series) = answer else { panic!("{answer:?}") };
    assert_eq!((series.len(), counted.load(Ordering::Relaxed)), (600, 2));
    let with_data: Vec<&str> =
        series.iter().filter(|(_, it)| it.latest().is_some()).map(|(read, _)| read.metric.name.as_str()).collect();
    assert_eq!(with_data, ["metric-0", "metric-500"]);
}

#[tokio::test]
async fn a_table_of_sessions_is_scanned_to_its_end() {
    let query = Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() };
    let answer = complete(
        ask(query, |asked| {
            let input: Value = serde_json::from_str(&asked.body).expect("awsJson");
            assert_eq!(input["ExpressionAttributeNames"]["#g"], "gatewayId");
            let page = if input["ExclusiveStartKey"]["id"]["S"] == "s-1" {
                json!({"Items": [{"id": {"S": "s-2"}, "startedAt": {"S": "2023-11-14T22:13:20Z"}}, {"userId": {"S": "u"}}]})
            } else {
                let first = json!({"id": {"S": "s-1"}, "userId": {"S": "u-1"}, "gatewayId": {"S": "i-1"},
                    "startedAt": {"N": "1699999000"}, "lastSeenAt": {"N": "1700000000.5"}});
                json!({"Items": [first], "LastEvaluatedKey": {"id": {"S": "s-1"}}})
            };
            ok(page.to_string())
        })
        .await,
    );
    let Answer::Sessions(sessions) = answer else { panic!("{answer:?}") };
    let [first, second] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((first.user.as_str(), first.gateway.as_str()), ("u-1", "i-1"));
    assert_eq!(first.started_at.map(Timestamp::as_second), Some(1_699_999_000));
    assert_eq!(first.last_seen_at.map(Timestamp::as_millisecond), Some(1_700_000_000_500));
    assert_eq!((second.started_at, second.last_seen_at, second.gateway.as_str()), (Some(NOW), None, ""));
}

#[tokio::test]
async fn groups_are_named_fifty_to_a_call_and_get_their_own_policies() {
    let names: Vec<Arc<str>> = (0..101).map(|it| format!("g-{it}").into()).collect();
    let answer = complete(
        ask(Query::Groups { names }, |asked| {
            let names = || asked.body.split('&').filter_map(|it| it.strip_prefix("AutoScalingGroupNames.member."));
            let wrap = |inner: String| {
                let operation = &asked.operation;
                ok(format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"))
            };
            if asked.operation == "DescribePolicies" {
                return wrap(
                    "<ScalingPolicies><member><AutoScalingGroupName>g-7</AutoScalingGroupName><PolicyName>p</PolicyName>\
                    <TargetTrackingConfiguration><CustomizedMetricSpecification><MetricName>ActiveSessions</MetricName>\
                    </CustomizedMetricSpecification><TargetValue>8.0</TargetValue></TargetTrackingConfiguration></member>\
                    </ScalingPolicies>"
                        .to_owned(),
                );
            }
            assert!(names().count() <= 50);
            let group = |name: &str| {
                let name = name.split('=').nth(1).unwrap_or_default();
                format!("<member><AutoScalingGroupName>{name}</AutoScalingGroupName></member>")
            };
            wrap(format!("<AutoScalingGroups>{}</AutoScalingGroups>", names().map(group).collect::<String>()))
        })
        .await,
    );
    let Answer::Groups(groups) = answer else { panic!("{answer:?}") };
    assert_eq!(groups.len(), 101);
    let with_policy: Vec<_> = groups.iter().filter(|it| !it.policies.is_empty()).collect();
    assert_eq!(with_policy.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["g-7"]);
    let tracked = with_policy[0].policies[0].target.as_ref().map(|it| (it.metric.as_str(), it.value));
    assert_eq!(tracked, Some(("ActiveSessions", 8.0)));
}
