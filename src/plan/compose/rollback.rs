//! Going back: stopping the deployment under way, or deploying what was good before.

use std::collections::BTreeMap;

use super::{
    change,
    deploy::{deploy, digests, existing, named, pulled},
    differences,
    good::{Running, last_known_good},
    nearest, update,
};
use crate::{
    domain::{
        definition::{DefinedContainer, Definition},
        deployment::{Deployment, DeploymentStatus, Revision},
        id::Arn,
        text::SafeText,
        write::{ServiceChange, Write},
    },
    plan::{
        action::{Deployable, RollbackTo},
        course::{Goal, Step},
        draft::Draft,
        facts::{Asked, Inquiry},
        image::ImageReference,
        model::{Finding, Refusal, Weight},
        pulled::{Found, Pulled},
        seen::{self, Seen, Stop, required},
    },
};

pub fn rollback<'a>(seen: Seen<'a>, to: &RollbackTo, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let history = match seen.deployments {
        Asked::Awaited => return Err(Stop::Awaited),
        Asked::Failed(fault) => {
            let reason = format!("cannot read its deployments: {} ({})", fault.kind.word(), fault.operation);
            let hint = "deploy a revision of your choice instead";
            return Err(Refusal::new(reason).hint(hint).into());
        }
        Asked::Known(history) => history,
    };
    let goal = match to {
        RollbackTo::LastKnownGood => {
            if let Some(ongoing) = seen.ongoing() {
                return stop_deployment(seen, history, ongoing, inquiry);
            }
            let running = Running { task_definition: seen.service.task_definition.clone(), digests: seen.digests() };
            let good = last_known_good(history, &running)?;
            let mut draft = back_to(seen, good.deployment, inquiry)?;
            let note = if good.forward {
                Some(forward(&draft.seen, good.deployment))
            } else {
                good.left.or_else(|| undone(history)).map(|it| further_back(&draft.seen, it))
            };
            draft.notes.extend(note);
            return Ok(draft);
        }
        RollbackTo::Deployment(arn) => {
            history.iter().find(|it| it.arn == *arn).ok_or_else(|| nearest::deployment(&seen, arn))?
        }
        RollbackTo::Revision(reference) => match newest_of(history, &named(&seen, reference)) {
            Some(found) => found,
            None => return to_revision(seen, reference, inquiry),
        },
    };
    back_to(seen, goal, inquiry)
}

/// What runs had been gone back to from there.
fn forward(seen: &Seen<'_>, deployment: &Deployment) -> Finding {
    let to = deployment.target.task_definition.as_ref().map(Arn::short_name).unwrap_or_default();
    let summary = format!("{to} was gone back from, and nothing earlier is known: this goes forward to it again");
    finding("rolled-back", seen, Weight::Warns, summary)
}

/// The newest deployment, where ECS has undone it.
fn undone(history: &[Deployment]) -> Option<&Deployment> {
    history.first().filter(|it| it.status == DeploymentStatus::RollbackSuccessful)
}

/// What was deployed last has been gone back from: what runs was good, and this goes one further back.
fn further_back(seen: &Seen<'_>, left: &Deployment) -> Finding {
    let runs = seen.service.task_definition.short_name();
    let left = match left.target.task_definition.as_ref().map(Arn::short_name) {
        Some(left) if left != runs => left.to_string(),
        _ => "the last deployment".to_owned(),
    };
    let summary =
        format!("{left} has been rolled back already, and {runs} was good before it: this goes one further back");
    finding("rolled-back", seen, Weight::Warns, summary)
}

/// The newest deployment of a revision, one that succeeded before any other.
fn newest_of<'a>(history: &'a [Deployment], name: &str) -> Option<&'a Deployment> {
    let is_of = |it: &&Deployment| {
        let revision = it.target.task_definition.as_ref();
        revision.is_some_and(|arn| arn.wire() == name || arn.short_name().as_str() == name)
    };
    let good = history.iter().filter(|it| it.status == DeploymentStatus::Successful).find(is_of);
    good.or_else(|| history.iter().find(is_of))
}

/// A revision of which no deployment is known: as it is, for what its tags meant then is not known.
fn to_revision<'a>(seen: Seen<'a>, reference: &str, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let mut draft = deploy(seen, &Deployable::Revision(reference.into()), inquiry)?;
    let summary = "no deployment of this revision is known any more: its tags mean what they mean now";
    let noted = finding("mutable-tag", &draft.seen, Weight::Warns, summary.to_owned());
    draft.notes.push(noted);
    Ok(draft)
}

/// ECS itself goes back to what ran before, digest for digest: that has to be there still.
fn stop_deployment<'a>(
    seen: Seen<'a>,
    history: &'a [Deployment],
    ongoing: &'a Deployment,
    inquiry: &Inquiry<'a>,
) -> Result<Draft<'a>, Stop> {
    use DeploymentStatus::{RollbackInProgress, RollbackRequested};
    if matches!(ongoing.status, RollbackInProgress | RollbackRequested) {
        let reason = format!("{} is rolling back already", seen.service.name);
        return Err(Refusal::new(reason).hint("watch it under deployments").into());
    }
    let active = seen.service.deployments.iter().find(|it| it.status.as_str() == "ACTIVE");
    let active = active.map(|it| &it.task_definition);
    let source = source_of(ongoing, history, active);
    let to = source.and_then(|it| it.task_definition.as_ref()).or(active);
    let steps = vec![Step::new(seen.who, Write::StopServiceDeployment { deployment: ongoing.arn.clone() })];
    let moved = source.filter(|it| !it.launch.is_empty() && it.providers != seen.service.control.providers);
    let providers = moved.map(|it| it.providers.clone());
    let goal = Goal::Undone { deployment: ongoing.arn.clone(), to: to.cloned(), providers };
    let now = seen.service.task_definition.short_name();
    let capacity = moved.map(|it| change("capacity providers", seen.service.launch.clone(), it.launch.clone()));
    let Some(to) = to else {
        let changes = vec![change("task definition", now, "what ran before")];
        let why = "AWS does not say what ran before: whether its image is still there cannot be told";
        let noted = finding("image", &seen, Weight::Unchecked, why.to_owned());
        return Ok(Draft { steps, changes, replaces: true, notes: vec![noted], ..Draft::new(seen, goal) });
    };
    let absent = || Refusal::new(format!("task definition {} does not exist any more", to.short_name()));
    let found = required(&seen.who.scope, seen::definition(seen.who, to.wire(), inquiry), "what ran before", absent)?;
    let ran = source.into_iter().flat_map(|it| &it.images).filter_map(|it| {
        let reference = ImageReference::parse(found.container(it.container.as_str())?.image.as_str()).ok()?;
        Some((it.container.clone(), reference.at_digest(it.digest.as_ref()?.as_str())))
    });
    let images = pulled(&seen, found, &ran.collect(), inquiry)?;
    let mut changes: Vec<_> =
        (now != to.short_name()).then(|| change("task definition", now, to.short_name())).into_iter().collect();
    changes.extend(differences(seen.definition, found));
    changes.extend(capacity);
    Ok(Draft { steps, changes, images, source: found, replaces: true, ..Draft::new(seen, goal) })
}

/// What a deployment under way replaces: as it says itself, else what was deployed well before it.
fn source_of<'a>(ongoing: &Deployment, history: &'a [Deployment], active: Option<&Arn>) -> Option<&'a Revision> {
    let told = history.iter().find(|it| ongoing.sources.contains(&it.target.arn) && it.arn != ongoing.arn);
    let older = history.iter().skip_while(|it| it.arn != ongoing.arn).skip(1);
    let fits = |it: &&Deployment| active.is_none_or(|active| it.target.task_definition.as_ref() == Some(active));
    let mut good = older.filter(|it| it.status == DeploymentStatus::Successful).filter(fits);
    told.or_else(|| good.next()).map(|it| &it.target)
}

/// Deploys what `good` ran: by its revision where that still means the same image, else by a copy with the digest.
fn back_to<'a>(seen: Seen<'a>, good: &'a Deployment, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let unknown = || Refusal::new(format!("AWS does not say which revision deployment {} ran", good.arn.tail()));
    let revision = good.target.task_definition.as_ref().ok_or_else(unknown)?;
    let absent = || Refusal::new(format!("task definition {} does not exist any more", revision.short_name()));
    let found = required(
        &seen.who.scope,
        seen::definition(seen.who, revision.wire(), inquiry),
        "the earlier revision",
        absent,
    )?;
    let (pins, notes) = pins(&seen, &good.target.digests(), found, inquiry)?;
    if pins.is_empty() {
        let mut draft = existing(seen, found, inquiry)?;
        draft.notes.extend(notes);
        return Ok(draft);
    }
    let pulled = pulled(&seen, found, &pins, inquiry)?;
    let running = seen.digests();
    let mut changes = differences(seen.definition, found);
    changes.retain(|it| !pins.keys().any(|name| it.field.as_str() == format!("containers.{name}.image")));
    for (container, image) in &pins {
        let before = seen.definition.container(container.as_str());
        let mut text = before.map_or_else(String::new, |it| it.image.to_string());
        if let (false, Some(digest)) = (text.contains('@'), running.get(container)) {
            text = format!("{text} (now {})", digest.as_str().get(..19).unwrap_or(digest.as_str()));
        }
        changes.insert(0, change(&format!("containers.{container}.image"), text, image.to_string()));
    }
    let steps = deploying(&seen, revision, &pins);
    let goal = Goal::Deployed { definition: None, digests: digests(&pulled), providers: None };
    Ok(Draft { steps, changes, images: pulled, source: found, replaces: true, notes, ..Draft::new(seen, goal) })
}

/// The writes that bring back what runs now, once something else has been deployed.
pub fn way_back<'a>(seen: &Seen<'a>, inquiry: &Inquiry<'a>) -> Result<Vec<Step>, Stop> {
    let (pins, _) = pins(seen, &seen.digests(), seen.definition, inquiry)?;
    Ok(deploying(seen, &seen.service.task_definition, &pins))
}

/// Deploys a revision, as a copy where images of it are pinned.
fn deploying(seen: &Seen<'_>, revision: &Arn, pins: &BTreeMap<SafeText, ImageReference>) -> Vec<Step> {
    if pins.is_empty() {
        let change = ServiceChange { task_definition: Some(revision.clone()), ..ServiceChange::default() };
        return vec![Step::new(seen.who, update(seen, change))];
    }
    let images = pins.iter().map(|(container, image)| (container.as_str().into(), image.to_string().into()));
    let register = Write::RegisterTaskDefinition { source: revision.clone(), images: images.collect() };
    vec![
        Step::new(seen.who, register),
        Step { deploys_registered: true, ..Step::new(seen.who, update(seen, ServiceChange::default())) },
    ]
}

/// The images whose tags no longer mean what ran `then`, at the digests that ran then.
fn pins<'a>(
    seen: &Seen<'a>,
    then: &BTreeMap<SafeText, SafeText>,
    found: &Definition,
    inquiry: &Inquiry<'a>,
) -> Result<(BTreeMap<SafeText, ImageReference>, Vec<Finding>), Stop> {
    let (mut pins, mut notes) = (BTreeMap::new(), Vec::new());
    let mut awaited = false;
    for DefinedContainer { name: container, image, .. } in &found.containers {
        let Ok(reference) = ImageReference::parse(image.as_str()) else { continue };
        let Some(tag) = reference.pulled_tag().map(str::to_owned) else { continue };
        let Some(then) = then.get(container) else {
            let summary =
                format!("no digest is known of what {container} ran then: tag {tag} may mean another image now");
            notes.push(finding("mutable-tag", seen, Weight::Warns, summary));
            continue;
        };
        let now = match Pulled::look(seen.who, container, reference.clone(), inquiry) {
            Ok(pulled) => pulled,
            Err(Stop::Awaited) => {
                awaited = true;
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let why = match now.found {
            Found::Here(manifest) if manifest.image.digest == *then => continue,
            Found::Here(_) => format!("tag {tag} has moved since: the digest that ran then is pinned"),
            Found::Missing => format!("tag {tag} is gone: the digest that ran then is pinned"),
            Found::Elsewhere | Found::Unreadable(_) => {
                format!("whether tag {tag} has moved cannot be told here: the digest that ran then is pinned")
            }
        };
        notes.push(finding("mutable-tag", seen, Weight::Passes, why));
        pins.insert(container.clone(), reference.at_digest(then.as_str()));
    }
    if awaited { Err(Stop::Awaited) } else { Ok((pins, notes)) }
}

fn finding(guard: &'static str, seen: &Seen<'_>, weight: Weight, summary: String) -> Finding {
    Finding { guard, weight, subject: Some(seen.id()), summary: summary.into(), details: Vec::new() }
}

/// Where it leads, in a word or two.
pub fn to(drafts: &[Draft<'_>]) -> String {
    let [draft] = drafts else { return String::new() };
    match &draft.goal {
        Goal::Undone { to: Some(to), .. } => format!(" to {}", to.short_name()),
        Goal::Deployed { definition: None, .. } => {
            let pinned = draft.images.iter().find_map(|it| it.reference.digest.as_deref());
            let short = pinned.map(|it| it.get(..19).unwrap_or(it).to_owned());
            format!(" to {} at {}", draft.source.arn.short_name(), short.unwrap_or_default())
        }
        Goal::Deployed { definition: Some(arn), .. } => format!(" to {}", arn.short_name()),
        _ => String::new(),
    }
}
