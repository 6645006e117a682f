//! A service deployment: what it brought, how it went, why it was undone.

use super::sheet::{Sheet, joined};
use crate::{
    app::{arithmetic, joins::Joins, words},
    domain::{
        id::{Arn, ResourceId},
        observation::Observation,
        text::SafeText,
    },
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let now = joins.app.now;
    let known = joins.app.estate.scope(&subject.scope)?;
    let mut all = known.deployments.values().filter_map(Observation::value).flatten();
    let deployment = all.find(|it| it.arn.wire() == &*subject.key)?;
    sheet.signals(super::about(joins.app, subject));
    sheet.section("service deployment");
    sheet.field("service", deployment.service.tail());
    sheet.field("scope", subject.scope.to_string());
    let role = if deployment.status.is_ongoing() { Role::Progress } else { Role::Strong };
    sheet.told("status", role, deployment.status.word());
    sheet.field("reason", deployment.status_reason.clone());
    if let Some(service) = known.service(deployment.service.wire()).filter(|_| deployment.status.is_ongoing()) {
        sheet.told("arithmetic", Role::Progress, arithmetic::words(known, service, now));
    }
    if let Some(reason) = &deployment.rollback_reason {
        sheet.told("rolled back", Role::Warning, reason.clone());
    }
    if let Some((failures, threshold)) = deployment.breaker {
        let role = if failures > 0 { Role::Warning } else { Role::Text };
        sheet.told("circuit breaker", role, format!("{failures} failures, {threshold} trip it"));
    }
    sheet.moment("created", deployment.created_at);
    sheet.moment("started", deployment.started_at);
    sheet.moment("finished", deployment.finished_at);
    let started = deployment.started_at.or(deployment.created_at);
    let took = started.map(|from| words::exact(deployment.finished_at.unwrap_or(now).duration_since(from)));
    sheet.maybe(if deployment.status.is_ongoing() { "running for" } else { "took" }, took);
    sheet.section("revision");
    let target = &deployment.target;
    sheet.maybe("task definition", target.task_definition.as_ref().map(Arn::short_name));
    let counts = format!("{} requested, {} running, {} pending", target.requested, target.running, target.pending);
    sheet.field("tasks", counts);
    let older = known.deployments.get(&deployment.service).and_then(Observation::value).into_iter().flatten();
    let before = older.filter(|it| it.created_at < deployment.created_at).max_by_key(|it| it.created_at);
    for image in &target.images {
        sheet.field(&format!("image of {}", image.container), image.image.clone());
        let before = before.and_then(|it| it.target.images.iter().find(|it| it.container == image.container));
        let note = match before.map(|it| it.digest == image.digest) {
            Some(true) => " (as in the deployment before)",
            Some(false) => " (another than in the deployment before)",
            None => "",
        };
        sheet.maybe("digest", image.digest.as_ref().map(|it| format!("{it}{note}")));
    }
    sheet.field("service revision", target.arn.tail());
    let sources: Vec<_> = deployment.sources.iter().map(Arn::tail).collect();
    sheet.field("revisions before", joined(sources.iter().map(SafeText::as_str)));
    Some(())
}
