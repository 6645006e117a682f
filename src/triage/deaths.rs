//! A service's tasks that died or could not start: which, of what, and what the last one says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{context::ServiceView, placement, texts::Stop, words};
use crate::domain::task::{Container, Task};

/// How far back stopped tasks count.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// How far they count once ECS starts them ever more slowly: as long as it shows them.
const SLOW_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The tasks of the newest deployment that failed within the window, newest first.
pub fn of_newest<'a>(view: &ServiceView<'a>) -> Vec<&'a Task> {
    let primary = view.service.primary().map(|it| &it.id);
    let of_primary = |task: &Task| primary.is_none_or(|id| task.started_by.is_empty() || task.started_by == *id);
    all(view).into_iter().filter(|it| of_primary(it)).collect()
}

/// The service's tasks, of whatever deployment, that failed within the window, newest first.
pub fn all<'a>(view: &ServiceView<'a>) -> Vec<&'a Task> {
    view.failed.get_or_init(|| find(view)).clone()
}

fn find<'a>(view: &ServiceView<'a>) -> Vec<&'a Task> {
    let window = if placement::slowed_down(view).is_some() { SLOW_WINDOW } else { WINDOW };
    let recent = |at: Timestamp| view.age(at) <= window;
    let mut failed: Vec<&Task> =
        view.tasks.iter().copied().filter(|it| is_failure(it) && it.stopped_at.is_some_and(recent)).collect();
    failed.sort_by(|a, b| (b.stopped_at, &b.arn).cmp(&(a.stopped_at, &a.arn)));
    failed
}

/// What the task that failed last says, in one line, if one did within the window.
pub fn last(view: &ServiceView<'_>) -> Option<String> {
    evidence(all(view).first()?).into_iter().next()
}

/// What the task that failed last died of, where it needs no log to tell: `its image cannot be pulled`.
pub fn last_trouble(view: &ServiceView<'_>) -> Option<&'static str> {
    Stop::of(all(view).first()?).trouble()
}

/// Whether the task stopped through a fault of its own; stops by people, scaling, deployments and hosts are none.
pub fn is_failure(task: &Task) -> bool {
    task.is_stopped()
        && !matches!(Stop::of(task), Stop::Wanted | Stop::SpotInterruption | Stop::Host)
        && match task.stop_code.as_ref().map_or("", |it| it.as_str()) {
            "TaskFailedToStart" | "EssentialContainerExited" => true,
            "ServiceSchedulerInitiated" => matches!(Stop::of(task), Stop::BalancerChecks | Stop::ContainerChecks),
            _ => false,
        }
}

/// The tasks of a service that failed since.
pub fn since<'a>(tasks: impl IntoIterator<Item = &'a Task>, service: &str, since: Timestamp) -> Vec<&'a Task> {
    let of_service = |it: &&Task| it.service.as_ref().is_some_and(|it| it.as_str() == service);
    let recent = |it: &&Task| it.stopped_at.is_some_and(|at| at >= since) && is_failure(it);
    tasks.into_iter().filter(of_service).filter(recent).collect()
}

/// Causes of death and how many died of each, the most frequent first.
pub fn causes(failed: &[&Task]) -> Vec<(String, usize)> {
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
    match Stop::of(task) {
        Stop::OutOfMemory => return "ran out of memory".to_owned(),
        Stop::BalancerChecks => return "failed load-balancer health checks".to_owned(),
        Stop::ContainerChecks => return "failed container health checks".to_owned(),
        _ => {}
    }
    if task.stop_code.as_ref().is_some_and(|it| it.as_str() == "TaskFailedToStart") {
        return match reason(task).split_once(':') {
            Some((error, _)) if !error.contains(' ') => format!("failed to start ({error})"),
            _ => "failed to start".to_owned(),
        };
    }
    match culprit(task).and_then(|it| it.exit_code) {
        Some(code) => format!("exited with code {code}"),
        None => "exited".to_owned(),
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
pub fn evidence(task: &Task) -> Vec<String> {
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
