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
    paging::{Gathered, Page, batches, pages},
    values::{count, port, text},
};
use crate::domain::{
    fault::Fault,
    id::Arn,
    target::{Target, TargetGroup, TargetState},
};

/// Every target group of the scope. Attributes that cannot be read leave the groups without them.
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
    let mut groups = described.filter_map(|it| target_group(&it));
    let arns: Vec<Arn> = groups.items.iter().map(|it| it.arn.clone()).collect();
    // The call takes one group: a batch of one keeps the bound on how many are under way.
    let attributes = batches(arns, 1, |mut one| {
        let arn = one.pop();
        async move {
            match arn {
                Some(arn) => attributes(client, arn, now).await.map(|it| vec![it]),
                None => Ok(Vec::new()),
            }
        }
    })
    .await;
    for (arn, attributes) in &attributes.items {
        if let Some(group) = groups.items.iter_mut().find(|it| it.arn == *arn) {
            apply(group, attributes);
        }
    }
    groups.note(attributes.fault);
    groups
}

async fn attributes(
    client: &Client,
    arn: Arn,
    now: Timestamp,
) -> Result<(Arn, Vec<types::TargetGroupAttribute>), Fault> {
    let call = client.describe_target_group_attributes().target_group_arn(arn.wire());
    let output = call
        .send()
        .await
        .map_err(|error| fault::of("elasticloadbalancing:DescribeTargetGroupAttributes", &error, now))?;
    Ok((arn, output.attributes.unwrap_or_default()))
}

fn apply(group: &mut TargetGroup, attributes: &[types::TargetGroupAttribute]) {
    let value = |key: &str| attributes.iter().find(|it| it.key() == Some(key)).and_then(|it| it.value());
    group.deregistration_delay = value("deregistration_delay.timeout_seconds").and_then(|it| it.parse().ok());
    group.stickiness = value("stickiness.enabled").map(|it| it == "true");
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
        deregistration_delay: None,
        stickiness: None,
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
