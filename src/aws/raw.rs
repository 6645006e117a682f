//! A resource as AWS describes it: the answer of one describe call as JSON, secrets hidden.

use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::Filter;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::{Clients, body, capture::Capture, fault};
use crate::domain::{
    fault::{Fault, FaultKind},
    id::{Kind, ResourceId},
    redact::redact,
    text::SafeText,
};

/// The resource as pretty-printed JSON, line by line.
pub async fn raw(clients: &Clients, resource: &ResourceId, now: Timestamp) -> Result<Vec<SafeText>, Fault> {
    let described = describe(clients, resource, now).await?;
    let missing = |message: &str| Fault {
        kind: FaultKind::Missing,
        operation: described.operation.into(),
        code: "MISSING".into(),
        message: message.into(),
        request_id: None,
        at: now,
    };
    let answer = body::json(&described.body).ok_or_else(|| Fault {
        kind: FaultKind::Garbled,
        code: "HTTP 200".into(),
        ..missing("the answer is in none of AWS's protocols")
    })?;
    let mut element = described
        .paths
        .iter()
        .find_map(|path| first(&answer, path))
        .cloned()
        .ok_or_else(|| missing(&format!("the {} {} does not exist", resource.kind.word(), resource.name())))?;
    redact(&mut element);
    let pretty = serde_json::to_string_pretty(&element).unwrap_or_default();
    Ok(pretty.lines().map(SafeText::new).collect())
}

/// A captured answer, and where in it the one resource may stand.
struct Described {
    operation: &'static str,
    body: Bytes,
    paths: &'static [&'static [&'static str]],
}

/// Follows member names down from `answer`, into the first element of every list on the way.
fn first<'a>(answer: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let enter = |value: &'a Value| match value {
        Value::Array(items) => items.first(),
        Value::Null => None,
        value => Some(value),
    };
    path.iter().try_fold(answer, |value, name| enter(value.get(name)?))
}

/// Sends a describe call with its answer captured.
macro_rules! captured {
    ($call:expr, $operation:literal, $now:expr, $($path:expr),+) => {{
        let capture = Capture::default();
        match $call.customize().interceptor(capture.clone()).send().await {
            Ok(_) => {
                Ok(Described { operation: $operation, body: capture.body(), paths: const { &[$(&$path),+] } })
            }
            Err(error) => Err(fault::of($operation, &error, $now)),
        }
    }};
}

async fn describe(clients: &Clients, resource: &ResourceId, now: Timestamp) -> Result<Described, Fault> {
    let key: &str = &resource.key;
    match resource.kind {
        Kind::Service | Kind::Task | Kind::Deployment => describe_ecs(clients, resource, now).await,
        Kind::Group => {
            let call = clients.autoscaling().describe_auto_scaling_groups().auto_scaling_group_names(key);
            captured!(
                call,
                "autoscaling:DescribeAutoScalingGroups",
                now,
                ["DescribeAutoScalingGroupsResponse", "DescribeAutoScalingGroupsResult", "AutoScalingGroups"]
            )
        }
        Kind::Instance => {
            let filter = Filter::builder().name("instance-id").values(key).build();
            let call = clients.ec2().describe_instances().filters(filter);
            captured!(
                call,
                "ec2:DescribeInstances",
                now,
                ["DescribeInstancesResponse", "reservationSet", "instancesSet"]
            )
        }
        Kind::TargetGroup | Kind::Target | Kind::Rule => describe_elb(clients, resource, now).await,
        Kind::Session => describe_session(clients, resource, now).await,
        Kind::Alarm => {
            let name = key.splitn(7, ':').nth(6).unwrap_or(key);
            let call = clients
                .cloudwatch()
                .describe_alarms()
                .alarm_names(name)
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm);
            captured!(call, "cloudwatch:DescribeAlarms", now, ["MetricAlarms"], ["CompositeAlarms"])
        }
        Kind::Stack
        | Kind::Cache
        | Kind::Database
        | Kind::Chart
        | Kind::Scope
        | Kind::Entry
        | Kind::Event
        | Kind::Stops
        | Kind::Spend
        | Kind::Operation
        | Kind::Journal
        | Kind::Line => Err(refused(resource, "is not a resource of AWS; describe one of the resources in it", now)),
    }
}

async fn describe_ecs(clients: &Clients, resource: &ResourceId, now: Timestamp) -> Result<Described, Fault> {
    let key: &str = &resource.key;
    if resource.kind == Kind::Deployment {
        let call = clients.ecs().describe_service_deployments().service_deployment_arns(key);
        return captured!(call, "ecs:DescribeServiceDeployments", now, ["serviceDeployments"]);
    }
    // `arn:…:service/CLUSTER/SERVICE`, `arn:…:task/CLUSTER/ID`.
    let Some(cluster) = key.split('/').nth_back(1).filter(|it| !it.starts_with("arn:")) else {
        return Err(refused(resource, "has an ARN of the old form, which does not name its cluster", now));
    };
    if resource.kind == Kind::Task {
        let call = clients.ecs().describe_tasks().cluster(cluster).tasks(key);
        return captured!(call, "ecs:DescribeTasks", now, ["tasks"]);
    }
    let call = clients.ecs().describe_services().cluster(cluster).services(key);
    captured!(call, "ecs:DescribeServices", now, ["services"])
}

async fn describe_elb(clients: &Clients, resource: &ResourceId, now: Timestamp) -> Result<Described, Fault> {
    let key: &str = &resource.key;
    if resource.kind == Kind::TargetGroup {
        let call = clients.elb().describe_target_groups().target_group_arns(key);
        return captured!(
            call,
            "elasticloadbalancing:DescribeTargetGroups",
            now,
            ["DescribeTargetGroupsResponse", "DescribeTargetGroupsResult", "TargetGroups"]
        );
    }
    if resource.kind == Kind::Rule {
        return captured!(
            clients.elb().describe_rules().rule_arns(key),
            "elasticloadbalancing:DescribeRules",
            now,
            ["DescribeRulesResponse", "DescribeRulesResult", "Rules"]
        );
    }
    // `TARGET-GROUP-ARN|ID:PORT`.
    let parts = key.split_once('|').and_then(|(group, target)| Some((group, target.rsplit_once(':')?)));
    let Some((group, (id, port))) = parts else {
        return Err(refused(resource, "is not named as TARGET-GROUP-ARN|ID:PORT", now));
    };
    // A lambda target has no port.
    let port = port.parse().ok().filter(|it| *it != 0);
    let target = TargetDescription::builder().id(id).set_port(port).build();
    let call = clients.elb().describe_target_health().target_group_arn(group).targets(target);
    captured!(
        call,
        "elasticloadbalancing:DescribeTargetHealth",
        now,
        ["DescribeTargetHealthResponse", "DescribeTargetHealthResult", "TargetHealthDescriptions"]
    )
}

async fn describe_session(clients: &Clients, resource: &ResourceId, now: Timestamp) -> Result<Described, Fault> {
    let Some((table, id)) = resource.key.split_once('|') else {
        return Err(refused(resource, "is not named as TABLE|SESSION-ID", now));
    };
    let call = clients.dynamodb().get_item().table_name(table).key("id", AttributeValue::S(id.to_owned()));
    captured!(call, "dynamodb:GetItem", now, ["Item"])
}

fn refused(resource: &ResourceId, why: &str, now: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::Rejected,
        operation: "describe".into(),
        code: "NotDescribable".into(),
        message: format!("the {} {} {why}", resource.kind.word(), resource.name()).into(),
        request_id: None,
        at: now,
    }
}
