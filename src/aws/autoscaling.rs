//! EC2 Auto Scaling: groups with their policies, and scaling activities. What EC2 knows of a group's instances is
//! read with them.

mod refreshes;
pub mod writes;

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_autoscaling::{Client, types};
use jiff::Timestamp;

use super::{
    ec2::{self, Facts},
    fault,
    paging::{Gathered, Page, batches, pages},
    values::{arn, count, text, time},
};
use crate::domain::{
    fault::Fault,
    group::{Activity, Group, Hook, Instance, LaunchTemplate, Policy, Tracked},
    id::Arn,
    metric::MetricName,
    text::SafeText,
};

pub use self::refreshes::refreshes;

/// Group names that DescribeAutoScalingGroups takes in one call.
const NAMED: usize = 50;
/// Items of a page.
const PAGE: i32 = 100;

/// The groups `names`; every one where none is named. Policies and EC2's facts that cannot be read leave the groups
/// without them.
pub async fn groups(client: &Client, ec2: &aws_sdk_ec2::Client, names: &[Arc<str>], now: Timestamp) -> Gathered<Group> {
    let (mut described, policies) = tokio::join!(describe(client, names, now), policies(client, names, now));
    let instances = described.items.iter().flat_map(types::AutoScalingGroup::instances);
    let ids = instances.filter_map(|it| it.instance_id());
    let (facts, fault) = ec2::facts(ec2, ids.map(ToOwned::to_owned).collect(), now).await;
    let waiting = described.items.iter().filter(|it| waits(it)).filter_map(|it| it.auto_scaling_group_name());
    let hooks = hooks(client, waiting.map(ToOwned::to_owned).collect(), now).await;
    described.note(policies.fault);
    described.note(fault);
    described.note(hooks.fault);
    described.filter_map(|it| group(&it, &policies.items, &hooks.items, &facts))
}

async fn describe(client: &Client, names: &[Arc<str>], now: Timestamp) -> Gathered<types::AutoScalingGroup> {
    if names.is_empty() {
        return describe_named(client, None, now).await;
    }
    batches(names.iter().map(ToString::to_string), NAMED, |names| describe_named(client, Some(names), now)).await
}

async fn describe_named(
    client: &Client,
    names: Option<Vec<String>>,
    now: Timestamp,
) -> Gathered<types::AutoScalingGroup> {
    pages(|token| {
        let call = client
            .describe_auto_scaling_groups()
            .set_auto_scaling_group_names(names.clone())
            .max_records(PAGE)
            .set_next_token(token);
        async move {
            let output =
                call.send().await.map_err(|error| fault::of("autoscaling:DescribeAutoScalingGroups", &error, now))?;
            Ok(Page::new(output.auto_scaling_groups, output.next_token))
        }
    })
    .await
}

/// The policies of the one group named, or of every group: the call takes no list of names.
async fn policies(client: &Client, names: &[Arc<str>], now: Timestamp) -> Gathered<types::ScalingPolicy> {
    let only = match names {
        [name] => Some(name.to_string()),
        _ => None,
    };
    pages(|token| {
        let call = client
            .describe_policies()
            .set_auto_scaling_group_name(only.clone())
            .max_records(PAGE)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("autoscaling:DescribePolicies", &error, now))?;
            Ok(Page::new(output.scaling_policies, output.next_token))
        }
    })
    .await
}

/// Whether an instance of the group waits for a lifecycle hook.
fn waits(group: &types::AutoScalingGroup) -> bool {
    let states = group.instances().iter().filter_map(|it| it.lifecycle_state());
    states
        .into_iter()
        .any(|it| matches!(it, types::LifecycleState::PendingWait | types::LifecycleState::TerminatingWait))
}

/// The lifecycle hooks of these groups, one call a group: the call takes no list.
async fn hooks(client: &Client, names: Vec<String>, now: Timestamp) -> Gathered<types::LifecycleHook> {
    batches(names, 1, |mut one| {
        let call = client.describe_lifecycle_hooks().set_auto_scaling_group_name(one.pop());
        async move {
            let output =
                call.send().await.map_err(|error| fault::of("autoscaling:DescribeLifecycleHooks", &error, now));
            output.map(|it| it.lifecycle_hooks.unwrap_or_default())
        }
    })
    .await
}

/// autoscaling:DescribeScalingActivities of a group: the newest hundred, newest first.
pub async fn activities(client: &Client, group: &str, now: Timestamp) -> Result<Vec<Activity>, Fault> {
    let call = client.describe_scaling_activities().auto_scaling_group_name(group).max_records(PAGE);
    let output = call.send().await.map_err(|error| fault::of("autoscaling:DescribeScalingActivities", &error, now))?;
    Ok(output.activities().iter().filter_map(activity).collect())
}

/// autoscaling:DescribeScalingActivities of every group: the newest hundred, newest first, each with its group's name.
pub async fn of_all(client: &Client, now: Timestamp) -> Gathered<(Arc<str>, Activity)> {
    let sent = client.describe_scaling_activities().max_records(PAGE).send().await;
    let output = sent.map_err(|error| fault::of("autoscaling:DescribeScalingActivities", &error, now));
    let named = |it: types::Activity| Some((it.auto_scaling_group_name()?.into(), activity(&it)?));
    Gathered::from(output.map(|it| it.activities.unwrap_or_default())).filter_map(named)
}

fn activity(raw: &types::Activity) -> Option<Activity> {
    Some(Activity {
        id: text(raw.activity_id()),
        started_at: time(raw.start_time())?,
        ended_at: time(raw.end_time()),
        status: text(raw.status_code().map(types::ScalingActivityStatusCode::as_str)),
        description: text(raw.description()),
        cause: text(raw.cause()),
        status_message: text(raw.status_message()),
    })
}

fn group(
    raw: &types::AutoScalingGroup,
    policies: &[types::ScalingPolicy],
    hooks: &[types::LifecycleHook],
    facts: &BTreeMap<String, Facts>,
) -> Option<Group> {
    let name = raw.auto_scaling_group_name()?;
    let mixed = || raw.mixed_instances_policy()?.launch_template()?.launch_template_specification();
    Some(Group {
        name: SafeText::new(name),
        arn: arn(raw.auto_scaling_group_arn()),
        min: count(raw.min_size()),
        desired: count(raw.desired_capacity()),
        max: count(raw.max_size()),
        zones: raw.availability_zones().iter().map(|it| SafeText::new(it)).collect(),
        instances: raw.instances().iter().filter_map(|it| instance(it, facts)).collect(),
        launch_template: raw.launch_template().or_else(mixed).map(launch_template),
        health_check: text(raw.health_check_type()),
        grace_seconds: count(raw.health_check_grace_period()),
        cooldown_seconds: count(raw.default_cooldown()),
        warmup_seconds: raw.default_instance_warmup().and_then(|it| u32::try_from(it).ok()),
        protects_new: raw.new_instances_protected_from_scale_in().unwrap_or_default(),
        rebalances_capacity: raw.capacity_rebalance().unwrap_or_default(),
        suspended: raw
            .suspended_processes()
            .iter()
            .map(|it| (text(it.process_name()), text(it.suspension_reason())))
            .collect(),
        target_groups: raw.target_group_arns().iter().map(|it| Arn::new(it)).collect(),
        policies: policies.iter().filter(|it| it.auto_scaling_group_name() == Some(name)).map(policy).collect(),
        hooks: hooks.iter().filter(|it| it.auto_scaling_group_name() == Some(name)).map(hook).collect(),
        created_at: time(raw.created_time()),
    })
}

pub fn launch_template(raw: &types::LaunchTemplateSpecification) -> LaunchTemplate {
    LaunchTemplate {
        id: text(raw.launch_template_id()),
        name: text(raw.launch_template_name()),
        version: text(raw.version()),
    }
}

fn instance(raw: &types::Instance, facts: &BTreeMap<String, Facts>) -> Option<Instance> {
    let id = raw.instance_id()?;
    let facts = facts.get(id).cloned().unwrap_or_default();
    Some(Instance {
        id: SafeText::new(id),
        zone: text(raw.availability_zone()),
        instance_type: raw.instance_type().map(SafeText::new).or(facts.instance_type).unwrap_or_default(),
        lifecycle: text(raw.lifecycle_state().map(types::LifecycleState::as_str)),
        health: text(raw.health_status()),
        protected: raw.protected_from_scale_in().unwrap_or_default(),
        template_version: text(raw.launch_template().and_then(|it| it.version())),
        launched_at: facts.launched_at,
        private_ip: facts.private_ip,
        image: facts.image,
        state: facts.state,
        checks: facts.checks,
        state_reason: facts.state_reason,
        spot: facts.spot,
        notice: facts.notice,
        tags: facts.tags,
    })
}

fn policy(raw: &types::ScalingPolicy) -> Policy {
    Policy {
        name: text(raw.policy_name()),
        arn: arn(raw.policy_arn()),
        kind: text(raw.policy_type()),
        target: raw.target_tracking_configuration().and_then(tracked),
        alarms: raw.alarms().iter().filter_map(|it| it.alarm_name()).map(SafeText::new).collect(),
        enabled: raw.enabled().unwrap_or(true),
    }
}

fn hook(raw: &types::LifecycleHook) -> Hook {
    Hook {
        name: text(raw.lifecycle_hook_name()),
        transition: text(raw.lifecycle_transition()),
        timeout_seconds: count(raw.heartbeat_timeout()),
        default_result: text(raw.default_result()),
    }
}

/// What a target tracking policy keeps, and where. A custom metric that is computed has no name.
fn tracked(raw: &types::TargetTrackingConfiguration) -> Option<Tracked> {
    let value = raw.target_value()?;
    let scales_in = !raw.disable_scale_in().unwrap_or_default();
    let predefined = raw.predefined_metric_specification().and_then(|it| it.predefined_metric_type());
    if let Some(metric) = predefined {
        return Some(Tracked { metric: SafeText::new(metric.as_str()), value, custom: None, scales_in });
    }
    let metric = raw.customized_metric_specification()?;
    let custom = metric.metric_name().zip(metric.statistic()).map(|(name, statistic)| {
        let dimensions: Vec<(&str, &str)> =
            metric.dimensions().iter().filter_map(|it| Some((it.name()?, it.value()?))).collect();
        let named = MetricName::new(metric.namespace().unwrap_or_default(), name, &dimensions);
        (named, SafeText::new(statistic.as_str()))
    });
    let name = SafeText::new(metric.metric_name().unwrap_or("expression"));
    Some(Tracked { metric: name, value, custom, scales_in })
}
