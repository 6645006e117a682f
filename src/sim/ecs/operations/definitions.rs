//! Task definitions.

use super::super::{
    super::{
        wire::{call::Reply, error::ApiError, input::Input, value::shape},
        world::Tick,
    },
    State, shapes,
};
use super::{includes, invalid, paged};

pub fn list(state: &State, input: Input<'_>) -> Reply {
    let (prefix, status) = (input.text("familyPrefix")?, input.text("status")?.unwrap_or("ACTIVE"));
    let active = match status {
        "ACTIVE" => true,
        "INACTIVE" => false,
        other => return Err(invalid(&format!("Invalid status: {other}"))),
    };
    let chosen = state
        .definitions
        .all()
        .filter(|definition| definition.active == active && prefix.is_none_or(|prefix| definition.family == prefix));
    let mut arns: Vec<String> = chosen.map(|definition| definition.arn.clone()).collect();
    if input.text("sort")? == Some("DESC") {
        arns.reverse();
    }
    paged(input, arns, "ecs.ListTaskDefinitions", "taskDefinitionArns", 100)
}

pub fn describe(state: &State, input: Input<'_>) -> Reply {
    let reference = input.text("taskDefinition")?.ok_or_else(|| invalid("taskDefinition is required."))?;
    let found = state.definitions.find(reference);
    let found = found.ok_or_else(|| ApiError::bad_request("ClientException", "Unable to describe task definition."))?;
    let tags = includes(input, "TAGS")?.then(|| shapes::tags(&found.tags));
    Ok(shape! { "taskDefinition" => shapes::definition(found), "tags" => tags })
}

pub fn register(state: &mut State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let definition = state.definitions.register(input, tick)?;
    let tags = (!definition.tags.is_empty()).then(|| shapes::tags(&definition.tags));
    Ok(shape! { "taskDefinition" => shapes::definition(definition), "tags" => tags })
}

pub fn deregister(state: &mut State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let reference = input.text("taskDefinition")?.unwrap_or_default();
    let named = reference.contains(':').then(|| state.definitions.find_mut(reference)).flatten();
    let definition = named
        .ok_or_else(|| ApiError::bad_request("ClientException", "The specified task definition does not exist."))?;
    definition.active = false;
    definition.deregistered_at = Some(tick.now);
    Ok(shape! { "taskDefinition" => shapes::definition(definition) })
}
