//! Elastic Load Balancing v2: target groups, the health of their targets, listeners and their rules.

mod listeners;

use aws_sdk_elasticloadbalancingv2::{
    Client,
    types::{self, TargetHealthStateEnum},
};
use jiff::Timestamp;

pub use self::listeners::listeners;
use super::{
    fault,
    paging::{Gathered, Page, pages},
    values::{count, port, text},
};
use crate::domain::{
    fault::Fault,
    id::Arn,
    inventory::Holding,
    target::{Target, TargetGroup, TargetGroupAttributes, TargetState},
};

/// elasticloadbalancing:DescribeTargetGroups: every target group of the scope, without its attributes.
pub async fn target_groups(client: &Client, now: Timestamp) -> Gathered<TargetGroup> {
    let described = pages(|marker| {
        let call = client.describe_target_groups().page_size(400).set_marker(marker);
        async move {
            let output = call
                .send()
                .await
                .map_err(|error| fault::of("elasticloadbalancing:DescribeTargetGroups", &error, now))?;
            Ok(Page::new(output.target_groups, output.next_marker))
        }
    })
    .await;
    described.filter_map(|it| target_group(&it))
}

/// elasticloadbalancing:DescribeTargetGroupAttributes of one group: the call takes no more.
pub async fn attributes(client: &Client, group: &Arn, now: Timestamp) -> Result<TargetGroupAttributes, Fault> {
    let call = client.describe_target_group_attributes().target_group_arn(group.wire());
    let output = call
        .send()
        .await
        .map_err(|error| fault::of("elasticloadbalancing:DescribeTargetGroupAttributes", &error, now))?;
    let value = |key: &str| output.attributes().iter().find(|it| it.key() == Some(key)).and_then(|it| it.value());
    Ok(TargetGroupAttributes {
        deregistration_delay: value("deregistration_delay.timeout_seconds").and_then(|it| it.parse().ok()),
        stickiness: value("stickiness.enabled").map(|it| it == "true"),
    })
}

/// elasticloadbalancing:DescribeLoadBalancers of one name.
pub async fn load_balancer(client: &Client, name: &str, now: Timestamp) -> Result<Holding, Fault> {
    const OPERATION: &str = "elasticloadbalancing:DescribeLoadBalancers";
    let output = client.describe_load_balancers().names(name).send().await;
    let output = output.map_err(|error| fault::of(OPERATION, &error, now))?;
    let state = output.load_balancers().first().and_then(|it| it.state()).and_then(|it| it.code());
    match output.load_balancers().first() {
        Some(_) => Ok(Holding::Named { name: name.into(), state: state.map(|it| it.as_str().into()) }),
        None => Err(fault::not_in_answer(OPERATION, name, now)),
    }
}

fn target_group(raw: &types::TargetGroup) -> Option<TargetGroup> {
    Some(TargetGroup {
        arn: Arn::new(raw.target_group_arn()?),
        name: text(raw.target_group_name()),
        protocol: text(raw.protocol().map(types::ProtocolEnum::as_str)),
        port: port(raw.port()),
        target_type: text(raw.target_type().map(types::TargetTypeEnum::as_str)),
        load_balancers: raw.load_balancer_arns().iter().map(|it| Arn::new(it)).collect(),
        health_path: text(raw.health_check_path()),
        interval_seconds: count(raw.health_check_interval_seconds()),
        timeout_seconds: count(raw.health_check_timeout_seconds()),
        healthy_threshold: count(raw.healthy_threshold_count()),
        unhealthy_threshold: count(raw.unhealthy_threshold_count()),
        attributes: TargetGroupAttributes::default(),
    })
}

/// elasticloadbalancing:DescribeTargetHealth: every target of a group, those that drain included.
pub async fn targets(client: &Client, group: &Arn, now: Timestamp) -> Result<Vec<Target>, Fault> {
    let call = client.describe_target_health().target_group_arn(group.wire());
    let output =
        call.send().await.map_err(|error| fault::of("elasticloadbalancing:DescribeTargetHealth", &error, now))?;
    Ok(output.target_health_descriptions().iter().filter_map(target).collect())
}

fn target(raw: &types::TargetHealthDescription) -> Option<Target> {
    let target = raw.target()?;
    let health = raw.target_health();
    Some(Target {
        id: text(target.id()),
        port: port(target.port()),
        zone: text(target.availability_zone()),
        state: health.and_then(|it| it.state()).map_or(TargetState::Unknown, state),
        reason: text(health.and_then(|it| it.reason()).map(types::TargetHealthReasonEnum::as_str)),
        description: text(health.and_then(|it| it.description())),
    })
}

fn state(raw: &TargetHealthStateEnum) -> TargetState {
    match raw {
        TargetHealthStateEnum::Initial => TargetState::Initial,
        TargetHealthStateEnum::Healthy => TargetState::Healthy,
        TargetHealthStateEnum::Unhealthy => TargetState::Unhealthy,
        TargetHealthStateEnum::Draining | TargetHealthStateEnum::UnhealthyDraining => TargetState::Draining,
        TargetHealthStateEnum::Unused => TargetState::Unused,
        TargetHealthStateEnum::Unavailable => TargetState::Unavailable,
        _ => TargetState::Unknown,
    }
}
