//! What calls about instances of a group have in common: the instances that they name, and flags that must be given.

use super::{Group, missing, validation};
use crate::sim::wire::{call::Call, error::ApiError};

/// The instances that a call names, each once: no more than `most`, all of the group, all in one of the `states`.
pub fn named(group: &Group, call: &Call<'_>, most: usize, states: &[&str]) -> Result<Vec<String>, ApiError> {
    let mut instances = call.input.texts("InstanceIds")?;
    if instances.is_empty() {
        return Err(missing("instanceIds"));
    }
    if instances.len() > most {
        return Err(validation(format!(
            "1 validation error detected: Value '[{}]' at 'instanceIds' failed to satisfy constraint: Member must \
             have length less than or equal to {most}",
            instances.join(", ")
        )));
    }
    instances.sort_unstable();
    instances.dedup();
    for instance in &instances {
        let member = group.member(instance).ok_or_else(|| {
            validation(format!("The instance {instance} is not part of Auto Scaling group {}.", group.name))
        })?;
        if !states.contains(&member.lifecycle.wire()) {
            return Err(validation(format!("The instance {instance} is not in {}.", states.join(" or "))));
        }
    }
    Ok(instances)
}

/// A flag without a default.
pub fn required_flag(call: &Call<'_>, name: &str) -> Result<bool, ApiError> {
    let spelt = name.chars().take(1).flat_map(char::to_lowercase).chain(name.chars().skip(1));
    call.input.bool(name)?.ok_or_else(|| missing(&spelt.collect::<String>()))
}
