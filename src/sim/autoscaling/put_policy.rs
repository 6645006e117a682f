//! `PutScalingPolicy`, for target tracking on the Average of a custom metric: what the gateways' group has.

use super::{Policy, State, missing, validation};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            input::Input,
            value::Value,
        },
        world::{Region, Tick},
    },
};

/// What a call says that a policy shall track.
struct Tracked {
    namespace: String,
    metric: String,
    target: f64,
    disable_scale_in: bool,
}

/// Puts a policy in place of the one with its name, whose alarms it keeps, or adds it with alarms of its own.
pub fn answer(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let input = call.input;
    let name = input.text("PolicyName")?.filter(|name| !name.is_empty()).ok_or_else(|| missing("policyName"))?;
    let tracked = tracked(input)?;
    let enabled = input.bool("Enabled")?.unwrap_or(true);
    let State { groups, .. } = &mut region.autoscaling;
    let group_name = input.text("AutoScalingGroupName")?.unwrap_or_default();
    let Some(group) = groups.get_mut(group_name) else { return region.autoscaling.group(call).map(|_| Value::Absent) };
    let at = group.policies.iter().position(|policy| policy.name == name).unwrap_or_else(|| {
        group.policies.push(Policy::new(tick, group_name, name));
        group.policies.len() - 1
    });
    let policy = &mut group.policies[at];
    (policy.namespace, policy.metric) = (tracked.namespace, tracked.metric);
    (policy.target, policy.disable_scale_in, policy.enabled) = (tracked.target, tracked.disable_scale_in, enabled);
    let policy = policy.clone();
    for alarm in policy.alarm_specs() {
        region.cloudwatch.put_alarm(alarm, tick);
    }
    let alarms = policy.alarms.iter().map(|(name, arn)| shape! { "AlarmName" => name, "AlarmARN" => arn });
    Ok(shape! { "PolicyARN" => &policy.arn, "Alarms" => Value::list(alarms) })
}

fn tracked(input: Input<'_>) -> Result<Tracked, ApiError> {
    let kind = input.text("PolicyType")?.unwrap_or("SimpleScaling");
    if kind != "TargetTrackingScaling" {
        return Err(validation(format!("Policies of type {kind} are not simulated, only TargetTrackingScaling")));
    }
    let configuration =
        input.object("TargetTrackingConfiguration").ok_or_else(|| missing("targetTrackingConfiguration"))?;
    let target =
        configuration.double("TargetValue")?.ok_or_else(|| missing("targetTrackingConfiguration.targetValue"))?;
    if !(target.is_finite() && target > 0.0) {
        return Err(validation(format!("TargetValue must be a positive number, and is {target}")));
    }
    let metric = configuration.object("CustomizedMetricSpecification");
    let metric = metric.ok_or_else(|| validation("Only a CustomizedMetricSpecification is simulated"))?;
    if metric.text("Statistic")?.is_some_and(|statistic| statistic != "Average")
        || !metric.items("Dimensions")?.is_empty()
    {
        return Err(validation("Only the Average of a metric without dimensions is simulated"));
    }
    let text = |name: &str| metric.text(name)?.map(str::to_owned).ok_or_else(|| missing(name));
    Ok(Tracked {
        namespace: text("Namespace")?,
        metric: text("MetricName")?,
        target,
        disable_scale_in: configuration.bool("DisableScaleIn")?.unwrap_or(false),
    })
}
