//! `RegisterScalableTarget`: creates a target, or changes just what is passed.

use super::{DIMENSION, ResourceId, Suspended, Target, invalid, is_ecs};
use crate::sim::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::shape,
    },
    world::{Region, Tick, World},
};

pub fn answer(world: &mut World, call: &Call<'_>) -> Reply {
    let input = call.input;
    if !is_ecs(input)? {
        return Err(invalid("The simulator scales ECS services only: ServiceNamespace must be ecs"));
    }
    match input.text("ScalableDimension")? {
        Some(DIMENSION) => {}
        other => {
            return Err(invalid(format!(
                "Unsupported service namespace, resource type or scalable dimension {other:?}"
            )));
        }
    }
    let resource = ResourceId(input.text("ResourceId")?.unwrap_or_default().to_owned());
    world.region(&call.place);
    let Some(region) = world.regions.get_mut(&call.place) else { return Err(no_service(&resource)) };
    let tick = &mut Tick { now: world.now, place: &call.place, random: &mut world.random };
    let Some(current) = region.ecs.desired_count(&resource.service_arn(tick.place)) else {
        return Err(no_service(&resource));
    };
    let target = changed(region.scaling.targets.get(&resource).cloned(), input, tick)?;
    let arn = target.arn.clone();
    let (min, max) = (target.min, target.max);
    region.scaling.targets.insert(resource.clone(), target);
    pull_into_range(region, &resource, current, (min, max), tick);
    Ok(shape! { "ScalableTargetARN" => arn })
}

fn no_service(resource: &ResourceId) -> ApiError {
    invalid(format!("ECS service doesn't exist: {}", resource.0))
}

/// The target as it is after the call.
fn changed(existing: Option<Target>, input: Input<'_>, tick: &mut Tick<'_>) -> Result<Target, ApiError> {
    let capacity = |name: &str| match input.int(name)?.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(count)) => Ok(Some(count)),
        Some(Err(_)) => Err(invalid(format!("{name} must not be negative"))),
    };
    let (min, max) = (capacity("MinCapacity")?, capacity("MaxCapacity")?);
    let mut target = match (existing, min, max) {
        (Some(existing), ..) => existing,
        (None, Some(min), Some(max)) => Target {
            arn: tick.place.arn("application-autoscaling", format_args!("scalable-target/{}", tick.random.hex(34))),
            min,
            max,
            role: service_role(tick),
            suspended: Suspended::default(),
            created: tick.now,
        },
        (None, ..) => {
            return Err(invalid("Both minimum and maximum capacity must be provided for a new scalable target"));
        }
    };
    target.min = min.unwrap_or(target.min);
    target.max = max.unwrap_or(target.max);
    if target.min > target.max {
        return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
    }
    if let Some(suspended) = input.object("SuspendedState") {
        let switch = |name, now| Ok::<_, ApiError>(suspended.bool(name)?.unwrap_or(now));
        target.suspended.scale_in = switch("DynamicScalingInSuspended", target.suspended.scale_in)?;
        target.suspended.scale_out = switch("DynamicScalingOutSuspended", target.suspended.scale_out)?;
        target.suspended.scheduled = switch("ScheduledScalingSuspended", target.suspended.scheduled)?;
    }
    Ok(target)
}

/// The service-linked role that Application Auto Scaling uses for ECS.
pub(super) fn service_role(tick: &Tick<'_>) -> String {
    format!(
        "arn:aws:iam::{}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
         AWSServiceRoleForApplicationAutoScaling_ECSService",
        tick.place.account
    )
}

fn pull_into_range(
    region: &mut Region,
    resource: &ResourceId,
    current: u32,
    (min, max): (u32, u32),
    tick: &mut Tick<'_>,
) {
    let (count, cause) = if current < min {
        (min, format!("minimum capacity was set to {min}"))
    } else if current > max {
        (max, format!("maximum capacity was set to {max}"))
    } else {
        return;
    };
    region.ecs.set_desired_count(&resource.service_arn(tick.place), count, tick);
    region.scaling.note_change(resource, count, cause, tick);
}
