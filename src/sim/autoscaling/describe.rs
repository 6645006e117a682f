//! `DescribeAutoScalingGroups` and `DescribeAutoScalingInstances`.

use super::{Group, Member, State, metrics, validation};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            input::Input,
            page::{Rule, page},
            value::Value,
        },
        world::Place,
    },
};

/// Group names that one call takes.
const MOST_NAMED: usize = 50;
/// The page rule that most listings of this service share.
pub const GROUPS: Rule = Rule {
    listing: "autoscaling.DescribeAutoScalingGroups",
    size_name: "maxRecords",
    default: 50,
    min: 1,
    max: 100,
    bad_size: "ValidationError",
    bad_token: "InvalidNextToken",
};
const INSTANCES: Rule = Rule { listing: "autoscaling.DescribeAutoScalingInstances", max: 50, ..GROUPS };

/// Unknown names are left out without a word.
pub fn groups(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let names = input.texts("AutoScalingGroupNames")?;
    if names.len() > MOST_NAMED {
        return Err(validation(format!("The number of group names can be {MOST_NAMED} at most")));
    }
    let filters = filters(input)?;
    let with_instances = input.bool("IncludeInstances")?.unwrap_or(true);
    let groups: Vec<&Group> = state
        .groups
        .values()
        .filter(|group| names.is_empty() || names.contains(&group.name))
        .filter(|group| filters.iter().all(|(name, values)| matches(group, name, values)))
        .collect();
    let page = page(groups, input.text("NextToken")?, input.int("MaxRecords")?, &GROUPS, |group| group.name.clone())?;
    let groups = page.items.into_iter().map(|group| spelt(group, with_instances, &call.place));
    Ok(shape! { "AutoScalingGroups" => Value::list(groups), "NextToken" => page.next })
}

/// Unknown ids are left out without a word.
pub fn instances(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let ids = input.texts("InstanceIds")?;
    let members = state.groups.values().flat_map(|group| group.members.iter().map(move |member| (group, member)));
    let members: Vec<(&Group, &Member)> =
        members.filter(|(_, member)| ids.is_empty() || ids.contains(&member.instance)).collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxRecords")?);
    let page = page(members, token, size, &INSTANCES, |(_, member)| member.instance.clone())?;
    let members = page.items.into_iter().map(|(group, member)| {
        let mut members = vec![("AutoScalingGroupName".to_owned(), Value::from(&group.name))];
        // This operation alone spells the health in capitals.
        members.extend(instance(group, member, if member.healthy { "HEALTHY" } else { "UNHEALTHY" }, &call.place));
        Value::Map(members)
    });
    Ok(shape! { "AutoScalingInstances" => Value::list(members), "NextToken" => page.next })
}

type Filters = Vec<(String, Vec<String>)>;

fn filters(input: Input<'_>) -> Result<Filters, ApiError> {
    let read = |filter: Input<'_>| {
        let name = filter.text("Name")?.unwrap_or_default();
        if matches!(name, "tag-key" | "tag-value") || name.starts_with("tag:") {
            Ok((name.to_owned(), filter.texts("Values")?))
        } else {
            Err(validation(format!(
                "Filter type {name} is not correct. Allowed Filter types are: tag-key tag-value tag:<key>"
            )))
        }
    };
    input.items("Filters")?.into_iter().map(read).collect()
}

fn matches(group: &Group, name: &str, values: &[String]) -> bool {
    let wanted = |text: &String| values.contains(text);
    group.tags.iter().any(|(key, value)| match name.strip_prefix("tag:") {
        Some(tag) => key == tag && wanted(value),
        None if name == "tag-key" => wanted(key),
        None => wanted(value),
    })
}

fn spelt(group: &Group, with_instances: bool, place: &Place) -> Value {
    let subnets: Vec<String> = group.zones.iter().map(|zone| group.network.private(place, *zone).id).collect();
    let members = group.members.iter().filter(|_| with_instances);
    let instances = members
        .map(|member| Value::Map(instance(group, member, if member.healthy { "Healthy" } else { "Unhealthy" }, place)));
    let tags = group.tags.iter().map(|(key, value)| {
        shape! {
            "ResourceId" => &group.name, "ResourceType" => "auto-scaling-group",
            "Key" => key, "Value" => value, "PropagateAtLaunch" => true,
        }
    });
    let suspended = group
        .suspended
        .iter()
        .map(|(process, reason)| shape! { "ProcessName" => process, "SuspensionReason" => reason });
    shape! {
        "AutoScalingGroupName" => &group.name,
        "AutoScalingGroupARN" => &group.arn,
        "LaunchTemplate" => template(group, &group.template.version),
        "MinSize" => group.min,
        "MaxSize" => group.max,
        "DesiredCapacity" => group.desired,
        "DefaultCooldown" => group.cooldown,
        "AvailabilityZones" => Value::list(group.zones.iter().map(|zone| place.zone(*zone))),
        "LoadBalancerNames" => Value::List(Vec::new()),
        "TargetGroupARNs" => Value::list(&group.target_groups),
        "HealthCheckType" => "EC2",
        "HealthCheckGracePeriod" => group.grace,
        "Instances" => Value::list(instances),
        "CreatedTime" => group.created,
        "SuspendedProcesses" => Value::list(suspended),
        "VPCZoneIdentifier" => subnets.join(","),
        "EnabledMetrics" =>
            Value::list(metrics::ENABLED.map(|name| shape! { "Metric" => name, "Granularity" => "1Minute" })),
        "Tags" => Value::list(tags),
        "TerminationPolicies" => vec!["Default"],
        "NewInstancesProtectedFromScaleIn" => group.protect_new,
        "ServiceLinkedRoleARN" => format!(
            "arn:aws:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
            place.account
        ),
        "CapacityRebalance" => group.rebalances,
        "DefaultInstanceWarmup" => group.warmup,
        "TrafficSources" => Value::list(
            group.target_groups.iter().map(|arn| shape! { "Identifier" => arn, "Type" => "elbv2" }),
        ),
    }
}

/// The members that both operations have; they differ in how they spell `health`.
fn instance(group: &Group, member: &Member, health: &str, place: &Place) -> Vec<(String, Value)> {
    let members = [
        ("InstanceId", Value::from(&member.instance)),
        ("InstanceType", Value::from(&member.instance_type)),
        ("AvailabilityZone", Value::from(place.zone(member.zone))),
        ("LifecycleState", Value::from(member.lifecycle.wire())),
        ("HealthStatus", Value::from(health)),
        ("LaunchTemplate", template(group, &member.version.to_string())),
        ("ImageId", Value::from(&member.image_id)),
        ("ProtectedFromScaleIn", Value::from(member.protected)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn template(group: &Group, version: &str) -> Value {
    let choice = &group.template;
    shape! { "LaunchTemplateId" => &choice.id, "LaunchTemplateName" => &choice.name, "Version" => version }
}
