//! Deployments whose first new tasks die: told before ECS's circuit breaker has counted enough of them.

use super::{
    context::{Context, Finding, ServiceView},
    deaths,
    rule::Rule,
    words,
};
use crate::domain::{service::Rollout, signal::Severity, task::Task};

pub const ROLLOUT_FALTERING: Rule = Rule {
    name: "rollout-faltering",
    meaning: "new tasks of a deployment have failed, too few as yet to stop it",
    severity: "a notice",
    fires: "a task of the deployment in progress failed within 15 minutes; silent once it makes a crash loop, fails or is \
            rolled back, or as many new tasks as are wanted have run for longer than those did",
    evidence: "how many tasks failed of what and when the circuit breaker trips, the last one's reason and exit codes",
    next: "watch it: what the first task died of, the next will most likely die of too",
    check: faltering,
};

fn faltering(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(find).collect()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    let service = view.service;
    let rollout = service.primary().filter(|_| service.is_deploying())?;
    let mut failed = deaths::all(view);
    failed.retain(|it: &&Task| it.started_by == rollout.id);
    if rollout.running >= rollout.desired && have_outlived(view, rollout, &failed) {
        return None;
    }
    let newest = *failed.first()?;
    let causes: Vec<String> = deaths::causes(&failed).into_iter().map(|(cause, _)| cause).collect();
    let tasks = words::count(failed.len(), "new task");
    let mut evidence =
        vec![format!("{} of {} new tasks run, {} pending", rollout.running, rollout.desired, rollout.pending)];
    evidence.extend(deaths::evidence(newest));
    Some(Finding {
        summary: format!(
            "the deployment of {} to {}: {tasks} {}; {}",
            rollout.task_definition.short_name(),
            view.name(),
            words::list(&causes),
            breaker(view, rollout)
        ),
        evidence,
        advice:
            "describe the newest stopped of its tasks: it names the log that tells why; the old tasks serve meanwhile"
                .to_owned(),
        ..view.finding(Severity::Notice, failed.iter().filter_map(|it| it.stopped_at).min())
    })
}

/// Whether the new tasks have run for longer than those that failed did: until then they are as likely to fail.
fn have_outlived(view: &ServiceView<'_>, rollout: &Rollout, failed: &[&Task]) -> bool {
    let life = |it: &Task| Some(it.stopped_at?.duration_since(it.started_at?));
    let longest = failed.iter().filter_map(|it| life(it)).max();
    let mut new = view.tasks.iter().filter(|it| it.started_by == rollout.id && it.is_running());
    let age = |it: &Task| it.started_at.map(|at| view.place.now.duration_since(at));
    longest.is_none_or(|longest| new.all(|it| age(it).is_none_or(|age| age > longest)))
}

/// When ECS would stop the deployment by itself: at half of the tasks wanted, but at least 3 and at most 200 failures.
fn breaker(view: &ServiceView<'_>, rollout: &Rollout) -> String {
    if !view.service.rolling.circuit_breaker {
        return "no circuit breaker stops it".to_owned();
    }
    let told = view.place.known.deployments.get(&view.service.arn).and_then(|it| it.value()?.first()?.breaker);
    let threshold = told.map_or_else(|| rollout.desired.div_ceil(2).clamp(3, 200), |(_, threshold)| threshold);
    format!("the circuit breaker trips at {threshold}")
}
