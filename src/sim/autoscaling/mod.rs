//! EC2 Auto Scaling: groups, instance lifecycle, scaling activities and policies (`aws-reference.md` §2).

mod activity;
mod capacity;
mod describe;
mod describe_activities;
mod describe_policies;
mod group;
mod health;
mod hook;
mod hook_operations;
mod lifecycle;
mod metrics;
mod named;
mod policy;
mod processes;
mod protection;
mod put_policy;
mod reconcile;
mod refresh;
pub mod seed;
mod services;
mod standby;
mod terminate_instance;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::{activity::Log, refresh::Refresh, services::Services};
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
    /// Newest first.
    refreshes: Vec<Refresh>,
}

/// The operations of EC2 Auto Scaling; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let (region, tick) = &mut world.enter(&call.place);
    let (state, now) = (&mut region.autoscaling, tick.now);
    Some(match call.operation {
        "DescribeAutoScalingGroups" => describe::groups(state, call),
        "DescribeAutoScalingInstances" => describe::instances(state, call),
        "DescribeScalingActivities" => describe_activities::answer(state, call),
        "DescribePolicies" => describe_policies::answer(state, call),
        "SetDesiredCapacity" => capacity::set_desired_capacity(state, call, now),
        "UpdateAutoScalingGroup" => capacity::update_group(region, call, now),
        "SetInstanceProtection" => protection::answer(state, call),
        "EnterStandby" => standby::enter(region, call, tick),
        "ExitStandby" => standby::exit(region, call, tick),
        "DetachInstances" => standby::detach(region, call, tick),
        "TerminateInstanceInAutoScalingGroup" => terminate_instance::answer(region, call, tick),
        "SuspendProcesses" => processes::suspend(state, call, now),
        "ResumeProcesses" => processes::resume(state, call),
        "DescribeLifecycleHooks" => hook_operations::describe(state, call),
        "PutLifecycleHook" => hook_operations::put(state, call),
        "DeleteLifecycleHook" => hook_operations::delete(state, call),
        "CompleteLifecycleAction" => hook_operations::complete(state, call),
        "RecordLifecycleActionHeartbeat" => hook_operations::heartbeat(state, call, now),
        "PutScalingPolicy" => put_policy::answer(region, call, tick),
        "DescribeInstanceRefreshes" => refresh::describe(state, call, now),
        "StartInstanceRefresh" => refresh::start(region, call, tick),
        "CancelInstanceRefresh" => refresh::cancel(region, call, tick),
        "RollbackInstanceRefresh" => refresh::roll_back(region, call, tick),
        _ => return None,
    })
}

/// Launches, terminates and replaces instances towards the desired capacity, with activities.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { autoscaling: State { groups, activities, refreshes }, ec2, elb, cloudwatch, .. } = &mut *region;
    let services = &mut Services { ec2, elb, activities };
    for group in groups.values_mut() {
        lifecycle::advance(group, services, tick);
        if tick.every(HEALTH_EVERY) {
            health::check(group, services, tick);
        }
        if tick.every(RECONCILE_EVERY) {
            if let Some(refresh) = refreshes.iter_mut().find(|it| it.group == group.name && it.is_active()) {
                refresh::advance(refresh, group, services, cloudwatch, tick);
            }
            reconcile::reconcile(group, services, tick);
        }
    }
    if tick.every(60) {
        services.activities.forget_old(tick.now);
        refreshes.retain(|refresh| refresh.is_kept(tick.now));
        metrics::publish(region, tick);
    }
}

impl State {
    /// The group that the call names.
    fn group(&mut self, call: &Call<'_>) -> Result<&mut Group, ApiError> {
        self.split(call).map(|(group, _)| group)
    }

    /// The refresh of a group that has not ended.
    fn active_refresh(&self, group: &str) -> Option<&Refresh> {
        self.refreshes.iter().find(|refresh| refresh.group == group && refresh.is_active())
    }

    /// The group that the call names, and the log of activities.
    fn split(&mut self, call: &Call<'_>) -> Result<(&mut Group, &mut Log), ApiError> {
        let name = call.input.text("AutoScalingGroupName")?.unwrap_or_default();
        let unknown = || validation(format!("AutoScalingGroup name not found - AutoScalingGroup {name} not found"));
        let group = self.groups.get_mut(name).ok_or_else(unknown)?;
        Ok((group, &mut self.activities))
    }
}

/// A parameter that must be given, and was not.
fn missing(name: &str) -> ApiError {
    validation(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}
