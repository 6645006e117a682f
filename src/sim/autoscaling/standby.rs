//! `EnterStandby`, `ExitStandby` and `DetachInstances`: taking instances out of a group, for a while or for good.

use super::{
    Group, Lifecycle, Services,
    activity::{Outcome, sentence},
    describe_activities::started,
    named::{named, required_flag},
    validation,
};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
        },
        world::{Region, Tick},
    },
};

/// Instances that one call may name.
const MOST: usize = 20;
/// Seconds that moving an instance takes at least; draining from target groups may take longer.
const MOVE: f64 = 8.0;

/// A way out of service.
struct Way {
    /// The states that it leads out of, and the one that it begins with.
    from: &'static [&'static str],
    to: Lifecycle,
    /// The beginning of the activity's description.
    what: &'static str,
    /// What its cause says of the instance.
    how: &'static str,
    /// How AWS asks for room: "To … 1 instance".
    wish: &'static str,
}

const TO_STANDBY: Way = Way {
    from: &["InService"],
    to: Lifecycle::EnteringStandby,
    what: "Moving EC2 instance to Standby",
    how: "was moved to standby",
    wish: "place into standby",
};
const AWAY: Way = Way {
    from: &["InService", "Standby"],
    to: Lifecycle::Detaching,
    what: "Detaching EC2 instance",
    how: "was detached",
    wish: "detach",
};

/// In service to standby: the instance runs on, gets nothing new and is not looked after. Without decrement another
/// is launched in its place.
pub fn enter(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    take_out(region, call, &TO_STANDBY, tick)
}

/// Out of the group for good: the instance runs on and is nobody's.
pub fn detach(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    take_out(region, call, &AWAY, tick)
}

/// Standby to in service: the desired capacity always grows by as many.
pub fn exit(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let (group, activities) = region.autoscaling.split(call)?;
    let instances = named(group, call, MOST, &["Standby"])?;
    let many = u32::try_from(instances.len()).unwrap_or(u32::MAX);
    if group.desired.saturating_add(many) > group.max {
        return Err(out_of_bounds(group, many, "place into service"));
    }
    let (name, network, mut ids) = (group.name.clone(), group.network, Vec::new());
    for instance in instances {
        let change = format!("increasing the capacity from {} to {}.", group.desired, group.desired + 1);
        group.desired += 1;
        let Some(member) = group.member_mut(&instance) else { continue };
        let why = format!("instance {instance} was moved out of standby in response to a user request, {change}");
        let what = format!("Moving EC2 instance out of Standby: {instance}");
        let subnet = network.private(tick.place, member.zone);
        let activity = activities.start(&name, what, sentence(tick.now, &why), subnet, tick);
        activities.set(&activity, Outcome::UnderWay("PreInService", 30));
        (member.lifecycle, member.due) = (Lifecycle::Returning, tick.after(MOVE));
        member.activity.clone_from(&activity);
        ids.push(activity);
    }
    Ok(shape! { "Activities" => started(&region.autoscaling, &ids) })
}

fn take_out(region: &mut Region, call: &Call<'_>, way: &Way, tick: &mut Tick<'_>) -> Reply {
    let decrement = required_flag(call, "ShouldDecrementDesiredCapacity")?;
    let Region { autoscaling, ec2, elb, .. } = region;
    let (group, activities) = autoscaling.split(call)?;
    let instances = named(group, call, MOST, way.from)?;
    let many = u32::try_from(instances.len()).unwrap_or(u32::MAX);
    if decrement && group.desired < group.min.saturating_add(many) {
        return Err(out_of_bounds(group, many, way.wish));
    }
    let services = &mut Services { ec2, elb, activities };
    let mut ids = Vec::new();
    for instance in instances {
        let change = if decrement {
            group.desired -= 1;
            format!(", shrinking the capacity from {} to {}.", group.desired + 1, group.desired)
        } else {
            ".".to_owned()
        };
        ids.extend(start(group, &instance, way, &change, services, tick));
    }
    Ok(shape! { "Activities" => started(autoscaling, &ids) })
}

/// Starts to move an instance out of service; returns the id of its activity.
fn start(
    group: &mut Group,
    instance: &str,
    way: &Way,
    change: &str,
    services: &mut Services<'_>,
    tick: &mut Tick<'_>,
) -> Option<String> {
    let Group { name, network, target_groups, members, .. } = group;
    let member = members.iter_mut().find(|member| member.instance == instance)?;
    let why = format!("instance {instance} {} in response to a user request{change}", way.how);
    let what = format!("{}: {instance}", way.what);
    let subnet = network.private(tick.place, member.zone);
    member.activity = services.activities.start(name, what, sentence(tick.now, &why), subnet, tick);
    (member.lifecycle, member.due) = (way.to, tick.after(MOVE));
    services.leave(target_groups, instance, tick);
    let stage = if services.drains(target_groups, instance) {
        Outcome::UnderWay("WaitingForELBConnectionDraining", 30)
    } else {
        Outcome::UnderWay("InProgress", 50)
    };
    services.activities.set(&member.activity, stage);
    Some(member.activity.clone())
}

/// The group's sizes leave no room for so many instances.
fn out_of_bounds(group: &Group, many: u32, wish: &str) -> ApiError {
    let Group { name, min, max, desired, .. } = group;
    let noun = if many == 1 { "instance" } else { "instances" };
    validation(format!(
        "AutoScalingGroup {name} has min-size={min}, max-size={max}, and desired-size={desired}. To {wish} {many} \
         {noun}, please update the AutoScalingGroup sizes appropriately."
    ))
}
