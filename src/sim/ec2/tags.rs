//! `CreateTags` and `DeleteTags`, on instances and launch templates.

use super::{State, describe_instances::named, invalid_value};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
    },
};

/// Tags that a resource may have.
const MOST: usize = 50;
/// What begins the keys that only AWS sets.
const RESERVED: &str = "aws:";

/// Adds tags, or overwrites the values of those that are there: on every resource or, where one of them does not
/// exist or has too many, on none.
pub fn create_tags(state: &mut State, call: &Call<'_>) -> Reply {
    let resources = resources(state, call)?;
    let mut added = Vec::new();
    for tag in call.input.items("Tag")? {
        let key = tag.text("Key")?.unwrap_or_default();
        if key.is_empty() {
            return Err(invalid_value("Tag key cannot be empty."));
        }
        added.push((key.to_owned(), tag.text("Value")?.unwrap_or_default().to_owned()));
    }
    if added.is_empty() {
        return Err(ApiError::bad_request("MissingParameter", "The request must contain the parameter tag"));
    }
    unreserved(&added)?;
    for resource in &resources {
        let known = tags_of(state, resource).map_or(&[][..], |tags| tags);
        let own = known.iter().filter(|(key, _)| !key.starts_with(RESERVED));
        let kept = own.filter(|(key, _)| added.iter().all(|(other, _)| other != key)).count();
        if kept + added.len() > MOST {
            let message = format!("The maximum number of tags ({MOST}) for the resource {resource} has been reached.");
            return Err(ApiError::bad_request("TagLimitExceeded", message));
        }
    }
    for resource in &resources {
        if let Some(tags) = tags_of(state, resource) {
            tags.retain(|(key, _)| added.iter().all(|(other, _)| other != key));
            tags.extend(added.iter().cloned());
        }
    }
    Ok(shape! { "return" => true })
}

/// Deletes tags by key, those with a value given only where it is theirs; all that are not AWS's where no tag is
/// named.
pub fn delete_tags(state: &mut State, call: &Call<'_>) -> Reply {
    let resources = resources(state, call)?;
    let mut asked = Vec::new();
    for tag in call.input.items("Tag")? {
        asked.push((tag.text("Key")?.unwrap_or_default().to_owned(), tag.text("Value")?.map(str::to_owned)));
    }
    unreserved(&asked)?;
    let goes = |key: &String, value: &String| {
        let named = |(other, wanted): &(String, Option<String>)| {
            other == key && wanted.as_ref().is_none_or(|wanted| wanted == value)
        };
        if asked.is_empty() { !key.starts_with(RESERVED) } else { asked.iter().any(named) }
    };
    for resource in &resources {
        if let Some(tags) = tags_of(state, resource) {
            tags.retain(|(key, value)| !goes(key, value));
        }
    }
    Ok(shape! { "return" => true })
}

/// The ids that the call names, all of which are there.
fn resources(state: &State, call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let ids = call.input.texts("ResourceId")?;
    if ids.is_empty() {
        let message = "The request must contain the parameter resourceIdSet";
        return Err(ApiError::bad_request("MissingParameter", message));
    }
    let (templates, others): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| id.starts_with("lt-"));
    if let Some(id) = templates.into_iter().find(|id| !state.templates.contains_key(*id)) {
        let message = format!("The specified launch template, with template ID {id}, does not exist.");
        return Err(ApiError::bad_request("InvalidLaunchTemplateId.NotFound", message));
    }
    if let Some(odd) = others.iter().find(|id| !id.starts_with("i-")) {
        let message = format!("The ID '{odd}' is not valid");
        return Err(ApiError::bad_request("InvalidID", message));
    }
    let others: Vec<String> = others.into_iter().cloned().collect();
    if !others.is_empty() {
        named(state, &others)?;
    }
    Ok(ids)
}

fn unreserved<T>(tags: &[(String, T)]) -> Result<(), ApiError> {
    if tags.iter().any(|(key, _)| key.starts_with(RESERVED)) {
        return Err(invalid_value("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    Ok(())
}

fn tags_of<'s>(state: &'s mut State, id: &str) -> Option<&'s mut Vec<(String, String)>> {
    match state.templates.get_mut(id) {
        Some(template) => Some(&mut template.tags),
        None => state.instances.get_mut(id).map(|instance| &mut instance.launch.tags),
    }
}
