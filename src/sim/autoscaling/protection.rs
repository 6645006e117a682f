//! `SetInstanceProtection`.

use super::{
    State,
    named::{named, required_flag},
};
use crate::sim::wire::{
    call::{Call, Reply},
    value::Value,
};

/// Instances that one call may name.
const MOST: usize = 50;

/// Protects instances from scale-in, or no longer. All of them or, where one is not in service or standby, none.
pub fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    let protected = required_flag(call, "ProtectedFromScaleIn")?;
    let group = state.group(call)?;
    for instance in named(group, call, MOST, &["InService", "EnteringStandby", "Standby"])? {
        if let Some(member) = group.member_mut(&instance) {
            member.protected = protected;
        }
    }
    Ok(Value::empty())
}
