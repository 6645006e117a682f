//! The revision to deploy is ACTIVE, of the family that runs, and has what the load balancers send to.

use super::{Case, Found};
use crate::plan::draft::Draft;

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
        found.extend(unserved(draft));
    }
    found
}

/// What a load balancer of the service sends to and the revision has not: ECS refuses to deploy it.
fn unserved(draft: &Draft<'_>) -> Option<Found> {
    let source = draft.source;
    let opens = |container: &str, port: u16| {
        let port = port.to_string();
        let mut opened = source.fields_of(container).filter(|(path, _)| path.ends_with(".containerPort"));
        opened.any(|(_, it)| it.as_str() == port)
    };
    let (revision, advice) = (source.arn.short_name(), "deploy a revision that serves what the service is called for");
    let lacks =
        draft.seen.service.load_balancers.iter().find_map(|it| match source.container(it.container.as_str()) {
            None => Some(format!("{revision} has no container {}, to which a load balancer sends", it.container)),
            Some(_) if !opens(it.container.as_str(), it.port) => Some(format!(
                "{} of {revision} does not open port {}, to which a load balancer sends",
                it.container, it.port
            )),
            Some(_) => None,
        })?;
    (source.arn != draft.seen.definition.arn).then(|| Found::blocks(draft, lacks).with(advice))
}
