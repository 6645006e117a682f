//! Application Auto Scaling for ECS services: scalable targets, policies, activities.

mod activity;
mod describe;
mod register;
pub mod seed;
#[cfg(test)]
mod tests;
mod tracking;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use self::activity::Activity;
pub use self::tracking::on_alarm;
use super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::Value,
    },
    world::{Place, Region, Tick, World},
};

/// The only dimension of an ECS service that scales.
const DIMENSION: &str = "ecs:service:DesiredCount";

/// What Application Auto Scaling holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By resource id.
    targets: BTreeMap<ResourceId, Target>,
    policies: Vec<Policy>,
    /// Oldest first.
    activities: VecDeque<Activity>,
}

/// `service/CLUSTER/SERVICE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ResourceId(String);

impl ResourceId {
    fn of(service_arn: &str) -> Option<Self> {
        service_arn.split_once(":service/").map(|(_, path)| Self(format!("service/{path}")))
    }

    fn service_arn(&self, place: &Place) -> String {
        place.arn("ecs", &self.0)
    }
}

/// A service whose desired count may be changed, and how far.
#[derive(Debug, Clone)]
struct Target {
    arn: String,
    min: u32,
    max: u32,
    role: String,
    suspended: Suspended,
    created: Timestamp,
}

/// What an operator has switched off.
#[derive(Debug, Clone, Copy, Default)]
struct Suspended {
    scale_in: bool,
    scale_out: bool,
    scheduled: bool,
}

/// A target tracking policy.
#[derive(Debug, Clone)]
struct Policy {
    arn: String,
    name: String,
    resource: ResourceId,
    metric: Metric,
    value: f64,
    scale_out_cooldown: u32,
    scale_in_cooldown: u32,
    disable_scale_in: bool,
    /// Names and ARNs of the policy's own two alarms.
    high_alarm: (String, String),
    low_alarm: (String, String),
    created: Timestamp,
    last_scaled_out: Option<Timestamp>,
    last_scaled_in: Option<Timestamp>,
    /// The lower count that the policy would agree to, and when it said so.
    scale_in_proposal: Option<(Timestamp, u32)>,
}

/// A predefined metric of ECS services.
#[derive(Debug, Clone, PartialEq)]
pub enum Metric {
    Cpu,
    Memory,
    /// With the resource label: `app/NAME/ID/targetgroup/NAME/ID`.
    RequestsPerTarget(String),
}

/// The operations of Application Auto Scaling; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    Some(match call.operation {
        "DescribeScalableTargets" => describe::targets(&world.region(&call.place).scaling, call),
        "DescribeScalingPolicies" => describe::policies(&world.region(&call.place).scaling, call),
        "DescribeScalingActivities" => describe::activities(&world.region(&call.place).scaling, call),
        "RegisterScalableTarget" => register::answer(world, call),
        _ => return None,
    })
}

/// Ends activities whose capacity has been reached.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    if tick.every(10) {
        activity::settle(region, tick);
    }
}

/// Whether the call is about ECS; other namespaces exist, but hold nothing here.
fn is_ecs(input: Input<'_>) -> Result<bool, ApiError> {
    match input.text("ServiceNamespace")? {
        Some(namespace) => Ok(namespace == "ecs"),
        None => Err(invalid(
            "1 validation error detected: Value null at 'serviceNamespace' failed to satisfy constraint: Member must not be null",
        )),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationException", message)
}

impl Suspended {
    fn describe(self) -> Value {
        super::wire::value::shape! {
            "DynamicScalingInSuspended" => self.scale_in,
            "DynamicScalingOutSuspended" => self.scale_out,
            "ScheduledScalingSuspended" => self.scheduled,
        }
    }
}
