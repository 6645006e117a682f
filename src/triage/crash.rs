//! Tasks that keep dying or cannot start.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    placement, words,
};
use crate::domain::{
    service::RolloutState,
    signal::Severity,
    task::{Container, Task},
};

/// How far back stopped tasks count.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// How far they count once ECS starts them ever more slowly: as long as it shows them.
const SLOW_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Failures within the window that make a loop.
const LOOP: usize = 3;

/// A service at full strength whose last task died longer ago than this has recovered.
const RECOVERED: SignedDuration = SignedDuration::from_mins(5);

/// At least three tasks of a service's newest deployment died or could not start within 15 minutes, or within an
/// hour once ECS starts them ever more slowly.
pub fn crash_loop(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(find).collect()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    if !is_looping(view) {
        return None;
    }
    let failed = failures(view);
    let (newest, since) = (*failed.first()?, failed.iter().filter_map(|it| it.stopped_at).min());
    let causes = causes(&failed);
    let (cause, most) = causes.first()?;
    let service = view.service;
    let within = since.map(|at| format!(" in {}", words::span(view.age(at)))).unwrap_or_default();
    let deaths = if *most == failed.len() {
        format!("{} {cause}{within}", words::count(failed.len(), "task"))
    } else {
        format!("{} died{within}, {most} of them {cause}", words::count(failed.len(), "task"))
    };
    let severity = if service.running < service.desired { Severity::Critical } else { Severity::Warning };
    let mut evidence: Vec<String> = causes.iter().map(|(cause, number)| format!("{number} × {cause}")).collect();
    evidence.extend(evidence_of(newest));
    evidence.extend(placement::slowed_down(view).map(|it| format!("{}: {}", words::clock(it.at), it.message)));
    if service.is_deploying() {
        evidence.push(format!("a deployment of {} is in progress", service.task_definition.short_name()));
    }
    Some(Finding {
        summary: format!("{} runs {} of {} tasks: {deaths}", service.name, service.running, service.desired),
        evidence,
        advice: advice(newest).to_owned(),
        ..view.finding(severity, since)
    })
}

/// Whether the service is in a crash loop now.
pub fn is_looping(view: &ServiceView<'_>) -> bool {
    let service = view.service;
    let failed = failures(view);
    // A failed deployment starts no more tasks: that is told by its own rule.
    let over = service.primary().is_some_and(|it| it.state == Some(RolloutState::Failed));
    let Some(last) = failed.iter().filter_map(|it| it.stopped_at).max() else { return false };
    let steady_since = view.last_steady().is_some_and(|at| at > last);
    // While a deployment runs, the old tasks' strength says nothing of the new ones.
    let strong = match service.primary().filter(|_| service.is_deploying()) {
        Some(rollout) => rollout.running >= rollout.desired,
        None => service.running >= service.desired,
    };
    failed.len() >= LOOP && !over && !(steady_since || strong && view.age(last) > RECOVERED)
}

/// The tasks of the newest deployment that failed within the window, newest first.
fn failures<'a>(view: &ServiceView<'a>) -> Vec<&'a Task> {
    let primary = view.service.primary().map(|it| &it.id);
    let of_primary = |task: &Task| primary.is_none_or(|id| task.started_by.is_empty() || task.started_by == *id);
    failed_tasks(view).into_iter().filter(|it| of_primary(it)).collect()
}

/// The service's tasks, of whatever deployment, that failed within the window, newest first.
fn failed_tasks<'a>(view: &ServiceView<'a>) -> Vec<&'a Task> {
    let window = if placement::slowed_down(view).is_some() { SLOW_WINDOW } else { WINDOW };
    let recent = |at: Timestamp| view.age(at) <= window;
    let mut failed: Vec<&Task> =
        view.tasks.iter().copied().filter(|it| is_failure(it) && it.stopped_at.is_some_and(recent)).collect();
    failed.sort_by(|a, b| (b.stopped_at, &b.arn).cmp(&(a.stopped_at, &a.arn)));
    failed
}

/// What the task that failed last says, in one line, if one did within the window.
pub fn last_failure(view: &ServiceView<'_>) -> Option<String> {
    evidence_of(failed_tasks(view).first()?).into_iter().next()
}

/// Whether the task stopped through a fault of its own; stops by people, scaling and deployments are none.
fn is_failure(task: &Task) -> bool {
    let reason = task.stopped_reason.as_ref().map_or("", |it| it.as_str());
    task.is_stopped()
        && match task.stop_code.as_ref().map_or("", |it| it.as_str()) {
            "TaskFailedToStart" | "EssentialContainerExited" => true,
            "ServiceSchedulerInitiated" => {
                reason.starts_with("Task failed ELB health checks")
                    || reason.starts_with("Task failed container health checks")
            }
            _ => false,
        }
}

/// Causes of death and how many died of each, the most frequent first.
fn causes(failed: &[&Task]) -> Vec<(String, usize)> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for task in failed {
        *numbers.entry(cause(task)).or_default() += 1;
    }
    let mut causes: Vec<_> = numbers.into_iter().collect();
    causes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    causes
}

/// What the task died of, to be read after "5 tasks".
fn cause(task: &Task) -> String {
    let reason = reason(task);
    if reason.starts_with("Task failed ELB health checks") {
        return "failed load-balancer health checks".to_owned();
    }
    if reason.starts_with("Task failed container health checks") {
        return "failed container health checks".to_owned();
    }
    if task.stop_code.as_ref().is_some_and(|it| it.as_str() == "TaskFailedToStart") {
        return match reason.split_once(':') {
            Some((error, _)) if !error.contains(' ') => format!("failed to start ({error})"),
            _ => "failed to start".to_owned(),
        };
    }
    match culprit(task) {
        Some(it) if it.reason.as_ref().is_some_and(|it| it.as_str().starts_with("OutOfMemoryError")) => {
            "ran out of memory".to_owned()
        }
        Some(Container { exit_code: Some(code), .. }) => format!("exited with code {code}"),
        _ => "exited".to_owned(),
    }
}

/// The container that brought the task down: the first with an exit code, failures before clean exits.
fn culprit(task: &Task) -> Option<&Container> {
    let exited = || task.containers.iter().filter(|it| it.exit_code.is_some());
    exited().find(|it| it.exit_code != Some(0)).or_else(|| exited().next())
}

/// Why the task stopped; where it only "failed to start", what its container says.
fn reason(task: &Task) -> &str {
    let stopped = task.stopped_reason.as_ref().map_or("", |it| it.as_str());
    let container = task.containers.iter().find_map(|it| it.reason.as_ref()).map_or("", |it| it.as_str());
    if stopped.is_empty() || (stopped.starts_with("Task failed to start") && !container.is_empty()) {
        container
    } else {
        stopped
    }
}

/// What the stopped task tells.
fn evidence_of(task: &Task) -> Vec<String> {
    let at = task.stopped_at.map(|at| format!(" at {}", words::clock(at))).unwrap_or_default();
    let exit = culprit(task).and_then(|it| it.exit_code).map(|it| format!(" (exit code {it})")).unwrap_or_default();
    let mut lines = vec![format!("last: task {} stopped{at}{exit}: {}", task.arn.tail(), reason(task))];
    for container in &task.containers {
        let code = container.exit_code.map_or("never started".to_owned(), |code| format!("exit code {code}"));
        let why = container.reason.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
        lines.push(format!("container {}: {code}{why}; image {}", container.name, container.image));
    }
    lines
}

/// Beginnings of reasons, and what to look at for each.
const REMEDIES: [(&str, &str); 9] = [
    ("CannotPullContainerError", "check that the tag exists, the execution role may pull, and the subnet has a route"),
    ("ResourceInitializationError", "check the execution role's rights to secrets and logs, and the subnet's route"),
    ("CannotStartContainerError", "check the image's entrypoint and architecture, and its volumes"),
    ("CannotCreateContainerError", "check the task definition's mounts and links"),
    ("Timeout waiting for network interface", "check that the subnets have free addresses"),
    ("Unexpected EC2 error", "check that the subnets have free addresses and the account free interfaces"),
    ("ECS was unable to assume", "check that the task's role exists and trusts ecs-tasks.amazonaws.com"),
    ("Task failed ELB health checks", "press enter for its tasks; check health path and port, and the grace period"),
    ("Task failed container health checks", "press enter for its tasks; check the health command and its start period"),
];

fn advice(task: &Task) -> &'static str {
    let reason = reason(task);
    if cause(task) == "ran out of memory" {
        return "give the task more memory in its task definition, or find the leak";
    }
    REMEDIES.iter().find(|(beginning, _)| reason.starts_with(beginning)).map_or(
        "press enter for its tasks, then d on the newest stopped one; its last log lines tell why it exited",
        |(_, advice)| advice,
    )
}
