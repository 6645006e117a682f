//! Tasks of one deployment that run different images under one tag.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    words,
};
use crate::domain::{signal::Severity, task::Task, text::SafeText};

pub const DIGEST_DIFFERS: Rule = Rule {
    name: "digest-differs",
    meaning: "tasks of one deployment run different images under the same tag",
    severity: "a warning",
    fires: "a container of running tasks that one deployment started has more than one image digest",
    evidence: "each digest with the tasks that run it and when the first of them started",
    next: "deploy again, by digest, so that all tasks run the same; pin images by digest or make tags immutable",
    check: digest_differs,
};

fn digest_differs(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(find).collect()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    if is_uniform(view) {
        return None;
    }
    let mut running: BTreeMap<(&SafeText, &SafeText), BTreeMap<&SafeText, Vec<&Task>>> = BTreeMap::new();
    for task in view.tasks.iter().filter(|it| it.is_running() && !it.started_by.is_empty()) {
        for container in &task.containers {
            let Some(digest) = &container.digest else { continue };
            let by_digest = running.entry((&task.started_by, &container.name)).or_default();
            by_digest.entry(digest).or_default().push(task);
        }
    }
    let ((deployment, container), digests) = running.into_iter().find(|(_, digests)| digests.len() > 1)?;
    let first = |tasks: &[&Task]| tasks.iter().filter_map(|it| it.started_at).min();
    // It began with the first task of the digest that came last.
    let since = digests.values().filter_map(|tasks| first(tasks)).max();
    let tags: BTreeSet<&str> = digests
        .values()
        .flatten()
        .flat_map(|it| it.containers.iter().filter(|it| it.name == *container).map(|it| it.image.as_str()))
        .collect();
    let told = |(digest, tasks): (&&SafeText, &Vec<&Task>)| {
        let at = first(tasks).map(|at| format!(", since {}", words::clock(at))).unwrap_or_default();
        let ids: Vec<SafeText> = tasks.iter().map(|it| it.arn.tail()).collect();
        format!("{}: {} ({}){at}", short(digest), words::count(tasks.len(), "task"), words::list(&ids))
    };
    let mut evidence: Vec<String> = digests.iter().map(told).collect();
    evidence.push(format!("all were started by {deployment} from {}", words::list(&Vec::from_iter(tags))));
    Some(Finding {
        summary: format!(
            "{}: container {container} runs {} different images in one deployment",
            view.name(),
            digests.len()
        ),
        evidence,
        advice: "the tag was moved while the deployment stood: deploy again by digest, so that all tasks run the same"
            .to_owned(),
        ..view.finding(Severity::Warning, since)
    })
}

/// Whether all that runs is of one deployment and one set of images: most often so, and told without sorting it out.
fn is_uniform(view: &ServiceView<'_>) -> bool {
    let mut running = view.tasks.iter().filter(|it| it.is_running());
    let Some(first) = running.next() else { return true };
    running.all(|it| it.started_by == first.started_by && images(it).eq(images(first)))
}

/// Its containers and what each runs.
fn images(task: &Task) -> impl Iterator<Item = (&SafeText, &Option<SafeText>)> {
    task.containers.iter().map(|it| (&it.name, &it.digest))
}

/// The digest's beginning, as people tell digests apart.
fn short(digest: &SafeText) -> String {
    digest.as_str().chars().take("sha256:".len() + 12).collect()
}
