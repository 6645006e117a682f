//! An image that was rolled back the last time it was deployed: most likely it fails again.

use super::{Case, Found, each};
use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus},
        verb::Verb,
    },
    plan::{draft::Draft, pulled::Pulled},
};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    if !matches!(case.action.verb(), Verb::Deploy | Verb::Redeploy | Verb::Rollback) {
        return Vec::new();
    }
    each(case, |draft| {
        let history = draft.seen.deployments.known()?;
        let last = history.iter().find(|it| ran(it, draft)).filter(|it| was_undone(it))?;
        let at = last.finished_at.or(last.started_at)?;
        let summary = format!(
            "the last deployment of this image to {} was rolled back at {}",
            draft.name(),
            at.strftime("%Y-%m-%d %H:%M UTC")
        );
        let why = last.rollback_reason.as_ref().unwrap_or(&last.status_reason);
        let found = Found::warns(draft, summary);
        Some(if why.is_empty() { found } else { found.with(why.as_str()) })
    })
}

fn was_undone(deployment: &Deployment) -> bool {
    use DeploymentStatus::{RollbackFailed, RollbackInProgress, RollbackRequested, RollbackSuccessful};
    matches!(deployment.status, RollbackFailed | RollbackInProgress | RollbackRequested | RollbackSuccessful)
}

/// Whether it ran every image of the draft: by their digests, as far as these are known.
fn ran(deployment: &Deployment, draft: &Draft<'_>) -> bool {
    let ran = |pulled: &Pulled<'_>| {
        let image = deployment.target.images.iter().find(|it| it.container == pulled.container);
        image.is_some_and(|image| match (&image.digest, pulled.digest()) {
            (Some(then), Some(now)) => *then == now,
            _ => image.image.as_str() == pulled.reference.to_string(),
        })
    };
    !draft.images.is_empty() && draft.images.iter().all(ran)
}
