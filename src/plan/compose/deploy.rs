//! Deploying another image or revision, and redeploying what runs.

use std::collections::BTreeMap;

use super::{change, differences, nearest, update};
use crate::{
    domain::{
        definition::Definition,
        fault::FaultKind,
        text::SafeText,
        write::{ServiceChange, Write},
    },
    plan::{
        action::Deployable,
        course::{Goal, Step},
        draft::Draft,
        facts::{Asked, Inquiry},
        image::{ImageReference, checked_digest, checked_tag},
        model::Refusal,
        pulled::{Found, Pulled},
        seen::{self, Seen, Stop, required},
    },
};

pub fn deploy<'a>(seen: Seen<'a>, what: &Deployable, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    if let Deployable::Revision(reference) = what {
        return deploy_revision(seen, reference, inquiry);
    }
    let images = wanted(&seen, what)?;
    let is_new = |(container, image): &(&SafeText, &ImageReference)| {
        current(seen.definition, container).is_none_or(|it| it != image.to_string())
    };
    if !images.iter().any(|it| is_new(&it)) {
        // The definition says so already: only its tags are resolved anew.
        return redeploy(seen, inquiry);
    }
    let pulled = pulled(&seen, seen.definition, &images, inquiry)?;
    let is_gone = |it: &&Pulled<'_>| matches!(it.found, Found::Missing) && images.contains_key(&it.container);
    if let Some(gone) = pulled.iter().find(is_gone) {
        return Err(nearest::image(&seen, &gone.reference, inquiry));
    }
    let changes = images.iter().filter(is_new).map(|(container, image)| {
        let before = current(seen.definition, container).unwrap_or_default();
        change(&format!("containers.{container}.image"), before, image.to_string())
    });
    let changes = changes.collect();
    let copied = images.iter().map(|(container, image)| (container.as_str().into(), image.to_string().into()));
    let register =
        Write::RegisterTaskDefinition { source: seen.service.task_definition.clone(), images: copied.collect() };
    let steps = vec![
        Step::new(seen.who, register),
        Step { deploys_registered: true, ..Step::new(seen.who, update(&seen, ServiceChange::default())) },
    ];
    let goal = Goal::Deployed { definition: None, digests: digests(&pulled), providers: None };
    Ok(Draft { steps, changes, images: pulled, replaces: true, ..Draft::new(seen, goal) })
}

/// The same definition anew.
pub fn redeploy<'a>(seen: Seen<'a>, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let pulled = pulled(&seen, seen.definition, &BTreeMap::new(), inquiry)?;
    let running = seen.digests();
    let changes = pulled.iter().filter_map(|it| {
        let (before, after) = (running.get(&it.container)?, it.digest()?);
        (*before != after).then(|| change(&format!("containers.{} digest", it.container), before.clone(), after))
    });
    let changes = changes.collect();
    let definition = seen.service.task_definition.clone();
    let renewed = ServiceChange { task_definition: Some(definition.clone()), force: true, ..ServiceChange::default() };
    let steps = vec![Step::new(seen.who, update(&seen, renewed))];
    let goal = Goal::Deployed { definition: Some(definition), digests: digests(&pulled), providers: None };
    Ok(Draft { steps, changes, images: pulled, replaces: true, ..Draft::new(seen, goal) })
}

fn deploy_revision<'a>(seen: Seen<'a>, reference: &str, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let reference = named(&seen, reference);
    let found = seen::definition(seen.who, &reference, inquiry);
    if matches!(found, Asked::Known(None)) || found.fault().is_some_and(|it| it.kind == FaultKind::Missing) {
        return Err(nearest::revision(&seen, &reference, inquiry));
    }
    let absent = || Refusal::misnamed(format!("there is no task definition {reference}"));
    let found = required(&seen.who.scope, found, "the revision", absent)?;
    existing(seen, found, inquiry)
}

/// A revision's name: a number alone is one of the family that runs.
pub fn named(seen: &Seen<'_>, reference: &str) -> String {
    let is_number = !reference.is_empty() && reference.bytes().all(|it| it.is_ascii_digit());
    if is_number { format!("{}:{reference}", seen.definition.family) } else { reference.to_owned() }
}

/// Deploys a revision that exists.
pub fn existing<'a>(seen: Seen<'a>, found: &'a Definition, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    if found.arn == seen.service.task_definition {
        return redeploy(seen, inquiry);
    }
    let pulled = pulled(&seen, found, &BTreeMap::new(), inquiry)?;
    let mut changes = vec![change("task definition", seen.definition.arn.short_name(), found.arn.short_name())];
    changes.extend(differences(seen.definition, found));
    let step = ServiceChange { task_definition: Some(found.arn.clone()), ..ServiceChange::default() };
    let steps = vec![Step::new(seen.who, update(&seen, step))];
    let goal = Goal::Deployed { definition: Some(found.arn.clone()), digests: digests(&pulled), providers: None };
    Ok(Draft { steps, changes, images: pulled, source: found, replaces: true, ..Draft::new(seen, goal) })
}

/// The image of each container that changes.
fn wanted(seen: &Seen<'_>, what: &Deployable) -> Result<BTreeMap<SafeText, ImageReference>, Stop> {
    let invalid = |reason: String| Stop::from(Refusal::misnamed(reason));
    let main = seen::main_container(seen.service, seen.definition).map(|it| &it.name);
    let none = || Stop::from(Refusal::new(format!("{} has no container", seen.definition.arn.short_name())));
    let main = main.ok_or_else(none)?;
    let running = current(seen.definition, main).unwrap_or_default();
    let running = ImageReference::parse(&running).map_err(invalid)?;
    let image = match what {
        Deployable::Tag(tag) => running.at_tag(&checked_tag(tag).map_err(invalid)?),
        Deployable::Digest(digest) => running.at_digest(&checked_digest(digest).map_err(invalid)?),
        Deployable::Image(reference) => ImageReference::parse(reference).map_err(invalid)?,
        Deployable::Revision(_) => running.clone(),
    };
    // Containers that run the same repository, as a migration beside its server, move with it.
    let beside = seen.definition.containers.iter().filter(|it| {
        it.name == *main || ImageReference::parse(it.image.as_str()).is_ok_and(|it| it.is_beside(&running))
    });
    Ok(beside.map(|it| (it.name.clone(), image.clone())).collect())
}

/// The reference that a definition has for a container.
fn current(definition: &Definition, container: &SafeText) -> Option<String> {
    definition.container(container.as_str()).map(|it| it.image.to_string())
}

/// Looks up every image of `definition`, with some of them replaced.
pub fn pulled<'a>(
    seen: &Seen<'a>,
    definition: &Definition,
    replaced: &BTreeMap<SafeText, ImageReference>,
    inquiry: &Inquiry<'a>,
) -> Result<Vec<Pulled<'a>>, Stop> {
    let looked = definition.containers.iter().filter_map(|it| {
        let reference = match replaced.get(&it.name) {
            Some(image) => Some(image.clone()),
            // What cannot be read as a reference cannot be looked up; ECS will say what it thinks of it.
            None => ImageReference::parse(it.image.as_str()).ok(),
        };
        Some(Pulled::look(seen.who, &it.name, reference?, inquiry))
    });
    // All are asked for before any is waited for.
    let looked: Vec<_> = looked.collect();
    looked.into_iter().collect()
}

/// The digests that must run, as far as they are known.
pub fn digests(pulled: &[Pulled<'_>]) -> BTreeMap<SafeText, SafeText> {
    pulled.iter().filter_map(|it| Some((it.container.clone(), it.digest()?))).collect()
}

/// What is deployed, in a word or two.
pub fn what(drafts: &[Draft<'_>]) -> String {
    let Some(draft) = drafts.first() else { return String::new() };
    let registered = draft.steps.iter().any(|it| it.deploys_registered);
    if !registered {
        return draft.source.arn.short_name().to_string();
    }
    let changed = |it: &&Pulled<'_>| current(draft.seen.definition, &it.container) != Some(it.reference.to_string());
    let image = draft.images.iter().find(changed);
    image.map_or_else(String::new, |it| match (&it.reference.digest, &it.reference.tag) {
        (Some(digest), _) => format!("{}@{}", it.reference.repository, digest.get(..19).unwrap_or(digest)),
        (None, tag) if drafts.len() > 1 => tag.clone().unwrap_or_else(|| "latest".to_owned()),
        (None, tag) => format!("{}:{}", it.reference.repository, tag.as_deref().unwrap_or("latest")),
    })
}
