//! Lifecycle hooks: what an instance waits for before it comes into service or goes (`aws-reference.md` §2.2).

use super::{Group, State};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        value::Value,
    },
};

/// A lifecycle hook of a group.
#[derive(Debug, Clone)]
pub struct Hook {
    pub name: String,
    pub transition: Transition,
    /// Seconds without a heartbeat after which the default result happens.
    pub timeout: u32,
    /// Whether that result is `ABANDON`, not `CONTINUE`.
    pub abandons: bool,
}

/// The move that waits for a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    Launching,
    Terminating,
}

impl Transition {
    /// The wire's `LifecycleTransition`.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }
}

/// `DescribeLifecycleHooks`: those named, or all. Unknown names are left out without a word.
pub fn describe(state: &mut State, call: &Call<'_>) -> Reply {
    let names = call.input.texts("LifecycleHookNames")?;
    let group = state.group(call)?;
    let hooks = group.hooks.iter().filter(|hook| names.is_empty() || names.contains(&hook.name));
    Ok(shape! { "LifecycleHooks" => Value::list(hooks.map(|hook| spelt(group, hook))) })
}

fn spelt(group: &Group, hook: &Hook) -> Value {
    shape! {
        "LifecycleHookName" => &hook.name,
        "AutoScalingGroupName" => &group.name,
        "LifecycleTransition" => hook.transition.wire(),
        "HeartbeatTimeout" => hook.timeout,
        "GlobalTimeout" => hook.global_timeout(),
        "DefaultResult" => if hook.abandons { "ABANDON" } else { "CONTINUE" },
    }
}

/// Seconds that heartbeats may keep an instance waiting at most: 48 hours, or a hundred time-outs.
const LONGEST: u32 = 172_800;

impl Hook {
    /// Seconds after which an instance waits no longer, whatever the heartbeats.
    pub fn global_timeout(&self) -> u32 {
        self.timeout.saturating_mul(100).min(LONGEST)
    }
}
