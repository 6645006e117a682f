//! `SetDesiredCapacity` and `UpdateAutoScalingGroup`.

use jiff::Timestamp;

use super::{Group, State, missing, validation};
use crate::sim::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::Value,
    },
    world::Region,
};

pub fn set_desired_capacity(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let group = state.group(call)?;
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
        let message = format!("Scaling activity in progress: the cooldown of {} has not passed yet.", group.name);
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
    if let Some(choice) = input.object("LaunchTemplate") {
        choose_template(&mut changed, choice, region)?;
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

fn choose_template(group: &mut Group, choice: Input<'_>, region: &Region) -> Result<(), ApiError> {
    let named = match (choice.text("LaunchTemplateId")?, choice.text("LaunchTemplateName")?) {
        (Some(id), _) => region.ec2.template(id),
        (None, Some(name)) => region.ec2.template(name),
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
    (group.template.id, group.template.name) = (template.id.clone(), template.name.clone());
    version.clone_into(&mut group.template.version);
    Ok(())
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
