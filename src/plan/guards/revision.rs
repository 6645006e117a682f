//! The revision to deploy is ACTIVE, and of the family that runs.

use super::{Case, Found};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for draft in case.drafts.iter().filter(|it| it.replaces) {
        let (source, running) = (draft.source, draft.seen.definition);
        // A copy can be made of a revision that is not ACTIVE any more.
        let copied = draft.steps.iter().any(|it| it.deploys_registered);
        if !source.active && !copied {
            let summary = format!("{} is INACTIVE: ECS deploys it no more", source.arn.short_name());
            found.push(Found::blocks(draft, summary).with("deploy its image instead: that registers a new revision"));
        }
        if source.family != running.family {
            let summary = format!("{} is of another family than {}", source.arn.short_name(), running.arn.short_name());
            found.push(Found::warns(draft, summary));
        }
    }
    found
}
