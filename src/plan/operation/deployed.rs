//! Whether a deployment has succeeded: by the deployments API, or by the service where that does not answer, and in the
//! end by what runs.

use std::collections::BTreeMap;

use super::judge::{Read, Stage, fresh};
use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus},
        id::Arn,
        observation::Observation,
        service::{RolloutState, Service},
        text::SafeText,
        write::ProviderShare,
    },
    triage::{deaths, words},
};

/// What must run.
pub struct Wanted<'a> {
    pub definition: &'a Arn,
    pub digests: &'a BTreeMap<SafeText, SafeText>,
    pub providers: &'a Option<Vec<ProviderShare>>,
}

pub fn judge(read: &Read<'_>, service: &Service, wanted: &Wanted<'_>) -> Stage {
    let observed = read.known.deployments.get(&read.part.arn);
    if let Some(deployments) = fresh(observed, read.since)
        && let Some((at, ours)) = ours(read, deployments, wanted)
    {
        return by_deployment(read, service, wanted, &deployments[..at], ours);
    }
    let unreadable = observed.is_none_or(|it| it.value().is_none() && it.fault().is_some());
    let untold = fresh(observed, read.since).is_some_and(Vec::is_empty);
    if unreadable || untold { by_rollout(read, service, wanted) } else { Stage::Rolling }
}

/// The deployment that our write began, and its place in the list: the one that its answer named; where it named none,
/// the oldest of those newer than what was known, with our revision.
fn ours<'a>(read: &Read<'_>, deployments: &'a [Deployment], wanted: &Wanted<'_>) -> Option<(usize, &'a Deployment)> {
    let before = read.part.before.newest.as_ref()?;
    // What the answer named may be the one before, where ECS had not begun the new one yet.
    if let Some(named) = read.state.deployment.as_ref().filter(|it| *it != before) {
        return deployments.iter().enumerate().find(|(_, it)| it.arn == *named);
    }
    let newer = deployments.iter().position(|it| it.arn == *before).unwrap_or(deployments.len());
    let of_ours = |it: &(usize, &Deployment)| {
        it.1.target.task_definition.as_ref().is_none_or(|definition| definition == wanted.definition)
    };
    deployments[..newer].iter().enumerate().rev().find(of_ours)
}

/// `newer` came after ours.
fn by_deployment(
    read: &Read<'_>,
    service: &Service,
    wanted: &Wanted<'_>,
    newer: &[Deployment],
    ours: &Deployment,
) -> Stage {
    let told = |text: &SafeText, usual: &str| if text.is_empty() { usual.to_owned() } else { text.to_string() };
    match &ours.status {
        DeploymentStatus::Successful => {
            let ran = ours.target.images.iter().filter_map(|it| Some((&it.container, it.digest.as_ref()?)));
            let other = ran.into_iter().find(|(name, digest)| wanted.digests.get(name).is_some_and(|it| it != *digest));
            if let Some((container, digest)) = other {
                let why = format!("{container} runs {digest}, which is not the image that was planned");
                return Stage::Failed { why };
            }
            verify(read, service, wanted, newer.first())
        }
        DeploymentStatus::RollbackSuccessful => {
            let reason = ours.rollback_reason.clone().unwrap_or_else(|| ours.status_reason.clone());
            let why = told(&reason, "ECS went back to what ran before");
            Stage::RolledBack { why: with_deaths(read, wanted, why) }
        }
        DeploymentStatus::RollbackFailed => {
            let why = told(&ours.status_reason, "the deployment and its rollback failed");
            Stage::Failed { why: with_deaths(read, wanted, why) }
        }
        DeploymentStatus::Stopped => match newer.first() {
            Some(other) => Stage::Superseded { why: superseded_by(other) },
            None => Stage::Failed { why: told(&ours.status_reason, "the deployment was stopped") },
        },
        DeploymentStatus::RollbackRequested | DeploymentStatus::RollbackInProgress => Stage::GoingBack,
        _ => {
            let failed = service.primary().filter(|it| it.state == Some(RolloutState::Failed));
            match failed.filter(|it| it.task_definition == *wanted.definition) {
                Some(failed) => {
                    let why = told(&failed.reason, "the deployment failed");
                    Stage::Failed { why: with_deaths(read, wanted, why) }
                }
                None => Stage::Rolling,
            }
        }
    }
}

/// ECS says that a deployment failed; its tasks say of what.
fn with_deaths(read: &Read<'_>, wanted: &Wanted<'_>, why: String) -> String {
    let tasks = read.known.tasks.get(&read.part.service.cluster).and_then(Observation::value);
    let tasks = tasks.into_iter().flat_map(BTreeMap::values).filter(|it| it.task_definition == *wanted.definition);
    let dead = deaths::since(tasks, &read.part.service.name, read.since);
    match deaths::causes(&dead).into_iter().next() {
        Some((cause, died)) => format!("{}; {} {cause}", why.trim_end_matches('.'), words::count(died, "task")),
        None => why,
    }
}

fn superseded_by(other: &Deployment) -> String {
    let what = other.target.task_definition.as_ref().map_or_else(|| other.arn.tail(), Arn::short_name);
    format!("another deployment, of {what}, came after")
}

/// What runs, compared with what was asked for.
fn verify(read: &Read<'_>, service: &Service, wanted: &Wanted<'_>, newer: Option<&Deployment>) -> Stage {
    if let Some(other) = newer {
        return Stage::Superseded { why: superseded_by(other) };
    }
    let Some(primary) = service.primary() else { return Stage::Rolling };
    if primary.task_definition != *wanted.definition {
        let why = format!("{} runs now, not {}", primary.task_definition.short_name(), wanted.definition.short_name());
        return Stage::Superseded { why };
    }
    if let Some(providers) = wanted.providers
        && service.control.providers != *providers
    {
        return Stage::Failed { why: format!("it runs on {}", service.launch) };
    }
    let completed = primary.state.is_none_or(|it| it == RolloutState::Completed);
    if completed && read.is_well(service) { Stage::There { at: read.now } } else { Stage::Rolling }
}

/// Without the deployments API: by the service's own `deployments`.
fn by_rollout(read: &Read<'_>, service: &Service, wanted: &Wanted<'_>) -> Stage {
    let Some(primary) = service.primary() else { return Stage::Rolling };
    let mine = read.state.primary.as_ref();
    let own = service.deployments.iter().find(|it| Some(&it.id) == mine);
    if mine.is_none_or(|it| *it == primary.id) {
        return match primary.state {
            Some(RolloutState::Failed) => Stage::Failed { why: with_deaths(read, wanted, primary.reason.to_string()) },
            Some(RolloutState::InProgress) => Stage::Rolling,
            // Controllers without a rollout state: one deployment is left when all is done.
            None if service.deployments.len() > 1 => Stage::Rolling,
            Some(RolloutState::Completed) | None => verify(read, service, wanted, None),
        };
    }
    let back = primary.reason.as_str().contains("rolling back")
        || own.is_some_and(|it| it.state == Some(RolloutState::Failed))
        || primary.task_definition == read.part.before.task_definition;
    match primary.state {
        Some(RolloutState::InProgress) if back => Stage::GoingBack,
        _ if back => {
            let why = own.map_or_else(|| primary.reason.to_string(), |it| it.reason.to_string());
            let why = if why.is_empty() { "ECS went back to what ran before".to_owned() } else { why };
            Stage::RolledBack { why: with_deaths(read, wanted, why) }
        }
        _ => Stage::Superseded {
            why: format!("another deployment, of {}, came after", primary.task_definition.short_name()),
        },
    }
}
