//! `SetDesiredCapacity` and `UpdateAutoScalingGroup`.

use jiff::Timestamp;

use super::{Group, State, TemplateChoice, missing, validation};
use crate::sim::{
    ec2,
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::Value,
    },
    world::Region,
};

pub fn set_desired_capacity(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let (group, log) = state.split(call)?;
    let desired = count(call.input, "DesiredCapacity")?.ok_or_else(|| missing("desiredCapacity"))?;
    let bound = |side: &str, bound: u32| {
        validation(format!("New SetDesiredCapacity value {desired} is {side} value {bound} for the AutoScalingGroup."))
    };
    if desired > group.max {
        return Err(bound("above max", group.max));
    }
    if desired < group.min {
        return Err(bound("below min", group.min));
    }
    if call.input.bool("HonorCooldown")? == Some(true) && group.cooling(now) {
        // Of a change that has led to no activity yet, the one before is named.
        let newest = log.0.iter().find(|it| it.group == group.name).map_or("", |it| &it.id);
        let message = format!("Scaling activity {newest} is in progress and blocks this action.");
        return Err(ApiError::bad_request("ScalingActivityInProgress", message));
    }
    group.set_desired(desired, "a user request explicitly set group desired capacity", now);
    Ok(Value::Absent)
}

/// Changes what is given, all of it or, where a value does not fit, none.
pub fn update_group(region: &mut Region, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let mut changed: Group = region.autoscaling.group(call)?.clone();
    changed.min = count(input, "MinSize")?.unwrap_or(changed.min);
    changed.max = count(input, "MaxSize")?.unwrap_or(changed.max);
    changed.cooldown = count(input, "DefaultCooldown")?.unwrap_or(changed.cooldown);
    changed.grace = count(input, "HealthCheckGracePeriod")?.unwrap_or(changed.grace);
    changed.warmup = count(input, "DefaultInstanceWarmup")?.or(changed.warmup);
    changed.protect_new = input.bool("NewInstancesProtectedFromScaleIn")?.unwrap_or(changed.protect_new);
    changed.rebalances = input.bool("CapacityRebalance")?.unwrap_or(changed.rebalances);
    if let Some(choice) = input.object("LaunchTemplate") {
        if changed.rolling.as_ref().is_some_and(|rolling| rolling.template.is_some()) {
            return Err(validation(
                "An active instance refresh with a desired configuration exists. All configuration options derived from \
                 the desired configuration are not available for update while the instance refresh is active.",
            ));
        }
        changed.template = chosen(choice, &region.ec2)?;
    }
    if changed.min > changed.max {
        return Err(validation(format!(
            "Max bound, {}, must be greater than or equal to min bound, {}",
            changed.max, changed.min
        )));
    }
    let asked = count(input, "DesiredCapacity")?;
    let (min, max) = (changed.min, changed.max);
    if let Some(desired) = asked.filter(|desired| !(min..=max).contains(desired)) {
        return Err(validation(format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        )));
    }
    let desired = asked.unwrap_or(changed.desired.clamp(min, max));
    let why =
        format!("a user request update of AutoScalingGroup constraints to min: {min}, max: {max}, desired: {desired}");
    changed.set_desired(desired, &why, now);
    *region.autoscaling.group(call)? = changed;
    Ok(Value::Absent)
}

/// The launch template and version that a call names, which must be there.
pub fn chosen(choice: Input<'_>, ec2: &ec2::State) -> Result<TemplateChoice, ApiError> {
    let named = match (choice.text("LaunchTemplateId")?, choice.text("LaunchTemplateName")?) {
        (Some(id), _) => ec2.template(id),
        (None, Some(name)) => ec2.template(name),
        (None, None) => {
            return Err(validation("Valid requests must contain either launchTemplateId or launchTemplateName"));
        }
    };
    let version = choice.text("Version")?.unwrap_or("$Default");
    let Some(template) = named.filter(|template| template.version(version).is_some()) else {
        return Err(validation(
            "You must use a valid fully-formed launch template. The specified version does not exist.",
        ));
    };
    Ok(TemplateChoice { id: template.id.clone(), name: template.name.clone(), version: version.to_owned() })
}

/// A count of instances or seconds.
fn count(input: Input<'_>, name: &str) -> Result<Option<u32>, ApiError> {
    let negative = |value| {
        validation(format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: \
             Member must have value greater than or equal to 0"
        ))
    };
    input.int(name)?.map(|value| u32::try_from(value).map_err(|_| negative(value))).transpose()
}
