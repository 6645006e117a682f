//! EC2 Auto Scaling: groups, instance lifecycle, scaling activities and policies (`aws-reference.md` §2).

mod activity;
mod capacity;
mod describe;
mod describe_activities;
mod describe_policies;
mod group;
mod lifecycle;
mod metrics;
mod policy;
mod reconcile;
pub mod seed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::activity::Log;
pub use self::{
    group::{Group, Lifecycle, Member, TemplateChoice},
    policy::{Policy, on_alarm},
};
use super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
    },
    world::{Region, Tick, World},
};

/// Seconds between two looks at whether the actual capacity is the desired one, and at the instances' health.
const RECONCILE_EVERY: i64 = 5;
const HEALTH_EVERY: i64 = 15;

/// What EC2 Auto Scaling holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By name.
    pub groups: BTreeMap<String, Group>,
    activities: Log,
}

/// The operations of EC2 Auto Scaling; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    let state = &mut world.region(&call.place).autoscaling;
    Some(match call.operation {
        "DescribeAutoScalingGroups" => describe::groups(state, call),
        "DescribeAutoScalingInstances" => describe::instances(state, call),
        "DescribeScalingActivities" => describe_activities::answer(state, call),
        "DescribePolicies" => describe_policies::answer(state, call),
        "SetDesiredCapacity" => capacity::set_desired_capacity(state, call, now),
        "UpdateAutoScalingGroup" => capacity::update_group(world.region(&call.place), call, now),
        _ => return None,
    })
}

/// Launches, terminates and replaces instances towards the desired capacity, with activities.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { autoscaling: State { groups, activities }, ec2, .. } = &mut *region;
    for group in groups.values_mut() {
        lifecycle::advance(group, ec2, activities, tick);
        if tick.every(HEALTH_EVERY) {
            lifecycle::check_health(group, ec2, activities, tick);
        }
        if tick.every(RECONCILE_EVERY) {
            reconcile::reconcile(group, ec2, activities, tick);
        }
    }
    if tick.every(60) {
        activities.forget_old(tick.now);
        metrics::publish(region, tick);
    }
}

impl State {
    /// The group that the call names.
    fn group(&mut self, call: &Call<'_>) -> Result<&mut Group, ApiError> {
        let name = call.input.text("AutoScalingGroupName")?.unwrap_or_default();
        self.groups
            .get_mut(name)
            .ok_or_else(|| validation(format!("AutoScalingGroup name not found - AutoScalingGroup {name} not found")))
    }
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}
