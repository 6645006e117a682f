//! Resources as AWS describes them: one element, as JSON, without secrets.

use quarterdeck::domain::{
    fault::FaultKind,
    id::{Kind, ResourceId},
    query::{Answer, Query},
    text::SafeText,
};

use super::canned::{Asked, Said, ask, cbor, complete, failed, ok, scope};

fn raw(kind: Kind, key: &str) -> Query {
    Query::Raw { resource: ResourceId::new(kind, &scope(), key) }
}

async fn described(kind: Kind, key: &str, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> String {
    let answer = complete(ask(raw(kind, key), answer).await);
    let Answer::Raw(lines) = answer else { panic!("{answer:?}") };
    lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n")
}

const TASK: &str = "arn:aws:ecs:us-east-1:111122223333:task/terminal-cluster/0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_task_is_shown_with_fields_the_console_does_not_know_and_without_secrets() {
    let shown = described(Kind::Task, TASK, |asked| {
        assert!(asked.body.contains("\"cluster\":\"terminal-cluster\""), "{}", asked.body);
        ok(r#"{"tasks":[{"taskArn":"arn:t","novelty":{"depth":1.50},"overrides":{"containerOverrides":[{"environment":[
            {"name":"PORT","value":"3001"},{"name":"JWT_SECRET","value":"hunter2"}]}]}}]}"#)
    })
    .await;
    assert!(shown.contains("\"novelty\": {") && shown.contains("\"value\": \"3001\""), "{shown}");
    assert!(shown.contains("\"name\": \"JWT_SECRET\"") && !shown.contains("hunter2"), "{shown}");
    assert!(shown.starts_with("{\n  \"taskArn\": \"arn:t\","), "{shown}");
}

#[tokio::test]
async fn xml_and_cbor_are_shown_as_json() {
    let group = described(Kind::Group, "terminal-gateway-asg", |_| {
        ok("<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>\
            <AutoScalingGroupName>terminal-gateway-asg</AutoScalingGroupName><MinSize>1</MinSize></member>\
            </AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>")
    })
    .await;
    assert_eq!(group, "{\n  \"AutoScalingGroupName\": \"terminal-gateway-asg\",\n  \"MinSize\": \"1\"\n}");
    let instance = described(Kind::Instance, "i-1", |_| {
        ok("<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item>\
            </instancesSet></item></reservationSet></DescribeInstancesResponse>")
    })
    .await;
    assert_eq!(instance, "{\n  \"instanceId\": \"i-1\"\n}");
    let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:terminal-api-latency";
    let alarm = described(Kind::Alarm, alarm, |asked| {
        assert!(asked.body.contains("terminal-api-latency") && !asked.body.contains("arn:"), "{}", asked.body);
        let alarm = ciborium::Value::Map(vec![("Threshold".into(), 1.0.into())]);
        ok(cbor(&[
            ("MetricAlarms", ciborium::Value::Array(Vec::new())),
            ("CompositeAlarms", ciborium::Value::Array(vec![alarm])),
        ]))
    })
    .await;
    assert_eq!(alarm, "{\n  \"Threshold\": 1.0\n}");
}

#[tokio::test]
async fn a_target_and_a_session_are_found_by_their_keys() {
    let group = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/terminal-api-tg/0123";
    let target = described(Kind::Target, &format!("{group}|10.0.3.4:3001"), |asked| {
        assert!(asked.body.contains("Targets.member.1.Id=10.0.3.4") && asked.body.contains("Port=3001"));
        ok("<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>\
            <HealthCheckPort>3001</HealthCheckPort></member></TargetHealthDescriptions></DescribeTargetHealthResult>\
            </DescribeTargetHealthResponse>")
    })
    .await;
    assert_eq!(target, "{\n  \"HealthCheckPort\": \"3001\"\n}");
    let session = described(Kind::Session, "Sessions|s-1", |asked| {
        assert!(asked.body.contains("\"TableName\":\"Sessions\"") && asked.body.contains("\"s-1\""));
        ok(r#"{"Item":{"id":{"S":"s-1"},"accessToken":{"S":"hunter2"}}}"#)
    })
    .await;
    assert!(session.contains("\"S\": \"s-1\"") && !session.contains("hunter2"), "{session}");
}

#[tokio::test]
async fn what_is_gone_is_missing_and_what_is_none_of_aws_s_is_refused() {
    let gone = failed(ask(raw(Kind::Task, TASK), |_| ok(r#"{"tasks":[],"failures":[{"reason":"MISSING"}]}"#)).await);
    assert_eq!((gone.kind, gone.operation.as_str()), (FaultKind::Missing, "ecs:DescribeTasks"));
    for (kind, key) in [
        (Kind::Stack, "terminal"),
        (Kind::Scope, "terminal/us-east-1"),
        (Kind::Session, "s-1"),
        (Kind::Target, "10.0.3.4"),
        (Kind::Service, "arn:aws:ecs:us-east-1:111122223333:service/terminal-api"),
    ] {
        let fault = failed(ask(raw(kind, key), |asked| panic!("nothing should be asked: {asked:?}")).await);
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Rejected, "NotDescribable"), "{key}");
    }
}
