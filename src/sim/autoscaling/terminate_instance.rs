//! `TerminateInstanceInAutoScalingGroup`: by name, whatever the instance holds and however it is protected.

use super::{
    Group, Lifecycle, Services, State, activity::sentence, describe_activities::started, lifecycle::terminate, missing,
    named::required_flag, validation,
};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            value::Value,
        },
        world::{Region, Tick},
    },
};

/// Instances that one call may name.
const MOST: usize = 100;

/// One instance by `InstanceId`, or several of one group by `InstanceIds`. The decrement is done for instances in
/// standby, too, although they do not count: whoever ends one of those does not want it.
pub fn answer(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let decrement = required_flag(call, "ShouldDecrementDesiredCapacity")?;
    let Region { autoscaling, ec2, elb, .. } = region;
    let (group, instances, several) = asked(autoscaling, call)?;
    let State { groups, activities, .. } = &mut *autoscaling;
    let Some(group) = groups.get_mut(&group) else { return Err(no_such(&instances.concat())) };
    let many = u32::try_from(instances.len()).unwrap_or(u32::MAX);
    if decrement && group.desired < group.min.saturating_add(many) {
        return Err(below_min(group));
    }
    let services = &mut Services { ec2, elb, activities };
    let mut ids = Vec::new();
    for instance in instances {
        let change = if decrement {
            group.desired -= 1;
            format!(", shrinking the capacity from {} to {}", group.desired + 1, group.desired)
        } else {
            group.replacing += u32::from(group.member(&instance).is_some_and(super::Member::counts));
            String::new()
        };
        let why = format!("an instance was taken out of service in response to a user request{change}.");
        ids.extend(terminate(group, &instance, sentence(tick.now, &why), services, tick));
    }
    let Value::List(mut activities) = started(autoscaling, &ids) else { return Ok(Value::empty()) };
    if several {
        return Ok(shape! { "Activities" => Value::List(activities) });
    }
    Ok(shape! { "Activity" => activities.pop() })
}

/// The group's name, the instances to terminate, and whether several were asked for.
fn asked(state: &mut State, call: &Call<'_>) -> Result<(String, Vec<String>, bool), ApiError> {
    let input = call.input;
    let mut several = input.texts("InstanceIds")?;
    let one = input.text("InstanceId")?;
    if several.len() > MOST || (one.is_some() && !several.is_empty()) {
        return Err(validation(format!("Either InstanceId or at most {MOST} InstanceIds can be specified")));
    }
    several.sort_unstable();
    several.dedup();
    let (group, instances) = match one {
        Some(id) => {
            let owner = state.groups.values().find(|group| group.member(id).is_some());
            (owner.ok_or_else(|| no_such(id))?, vec![id.to_owned()])
        }
        None if several.is_empty() => return Err(missing("instanceId")),
        None => (&*state.group(call)?, several),
    };
    for id in &instances {
        let member = group.member(id).ok_or_else(|| no_such(id))?;
        if member.is_going() || member.lifecycle == Lifecycle::Detaching {
            let message = format!("Activity {} is in progress for instance {id}.", member.activity);
            return Err(ApiError::bad_request("ScalingActivityInProgress", message));
        }
    }
    Ok((group.name.clone(), instances, one.is_none()))
}

fn no_such(id: &str) -> ApiError {
    validation(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
}

fn below_min(group: &Group) -> ApiError {
    validation(format!(
        "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate group's \
         min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
        group.min
    ))
}
