//! Instance refreshes.

use aws_sdk_autoscaling::{Client, types};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        values::{count, some_text, text, time},
    },
    launch_template,
};
use crate::domain::{
    fault::Fault,
    refresh::{Refresh, RefreshPreferences},
    text::SafeText,
};

/// The newest refreshes that are read: what is under way is among them, and what was done before.
const NEWEST: i32 = 10;

/// autoscaling:DescribeInstanceRefreshes of a group, newest first.
pub async fn refreshes(client: &Client, group: &str, now: Timestamp) -> Result<Vec<Refresh>, Fault> {
    let call = client.describe_instance_refreshes().auto_scaling_group_name(group).max_records(NEWEST);
    let output = call.send().await.map_err(|error| fault::of("autoscaling:DescribeInstanceRefreshes", &error, now))?;
    Ok(output.instance_refreshes().iter().filter_map(refresh).collect())
}

fn refresh(raw: &types::InstanceRefresh) -> Option<Refresh> {
    let desired = raw.desired_configuration();
    let mixed = || desired?.mixed_instances_policy()?.launch_template()?.launch_template_specification();
    Some(Refresh {
        id: some_text(raw.instance_refresh_id())?,
        status: text(raw.status().map(types::InstanceRefreshStatus::as_str)),
        reason: text(raw.status_reason()),
        started_at: time(raw.start_time()),
        ended_at: time(raw.end_time()),
        percent: raw.percentage_complete().map(count),
        left: raw.instances_to_update().map(count),
        template: desired.and_then(|it| it.launch_template()).or_else(mixed).map(launch_template),
        preferences: raw.preferences().map(preferences).unwrap_or_default(),
        rollback: raw.rollback_details().map(|it| (text(it.rollback_reason()), time(it.rollback_start_time()))),
    })
}

fn preferences(raw: &types::RefreshPreferences) -> RefreshPreferences {
    let number = |it: i32| u32::try_from(it).ok();
    let alarms = raw.alarm_specification().map(types::AlarmSpecification::alarms).unwrap_or_default();
    RefreshPreferences {
        min_healthy: raw.min_healthy_percentage().and_then(number),
        max_healthy: raw.max_healthy_percentage().and_then(number),
        warmup_seconds: raw.instance_warmup().and_then(number),
        skips_matching: raw.skip_matching().unwrap_or_default(),
        rolls_back: raw.auto_rollback().unwrap_or_default(),
        protected: raw.scale_in_protected_instances().map(|it| it.as_str().into()),
        standby: raw.standby_instances().map(|it| it.as_str().into()),
        checkpoints: raw.checkpoint_percentages().iter().filter_map(|it| number(*it)).collect(),
        checkpoint_seconds: raw.checkpoint_delay().and_then(number),
        bake_seconds: raw.bake_time().and_then(number),
        alarms: alarms.iter().map(|it| SafeText::new(it)).collect(),
    }
}
