//! What the scheduler learns from tasks: which prove good, which failed, and what that means (reference §1.5).

use super::{
    Surroundings,
    events::Standing,
    service::Service,
    task::{TargetHealth, Task},
};

/// Takes note of every task that became healthy, became unhealthy or ended since the last look.
pub fn note(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    prove(service, around);
    report_unhealthy(service, around);
    let now = around.tick.now;
    for at in 0..service.tasks.len() {
        let task = &service.tasks[at];
        if task.alive() || task.noted.end {
            continue;
        }
        let (failed, never_ran) = (failed(task), failed(task) && task.times.started.is_none());
        let deployment = task.deployment.clone();
        service.tasks[at].noted.end = true;
        service.events.clear(Standing::Steady);
        if failed && let Some(deployment) = service.deployments.iter_mut().find(|it| it.id == deployment) {
            deployment.failed_tasks += 1;
            deployment.updated_at = now;
        }
        if never_ran && service.back_off.fail(now) {
            let message = format!("(service {}) is unable to consistently start tasks successfully.", service.name);
            service.events.stand(Standing::CannotStart, message, around.tick);
        }
    }
}

/// A task that counts as healthy for the first time ends its deployment's run of failures.
fn prove(service: &mut Service, around: &Surroundings<'_, '_>) {
    let now = around.tick.now;
    for at in 0..service.tasks.len() {
        let task = &service.tasks[at];
        if task.noted.healthy || !task.alive() {
            continue;
        }
        if task.running() {
            service.back_off.reset();
            service.events.clear(Standing::CannotStart);
        }
        if service.counts_as_healthy(task, now) {
            let deployment = task.deployment.clone();
            service.tasks[at].noted.healthy = true;
            if let Some(deployment) = service.deployments.iter_mut().find(|it| it.id == deployment) {
                deployment.failed_tasks = 0;
            }
        }
    }
}

/// A task that could not be launched, that ended before it ever was healthy, or whose health checks failed.
///
/// AWS words the second as "never reached RUNNING"; in practice a container that exits while it boots counts.
fn failed(task: &Task) -> bool {
    task.stop.as_ref().is_some_and(|stop| match stop.code {
        "TaskFailedToStart" => true,
        "EssentialContainerExited" => !task.noted.healthy,
        _ => stop.reason.starts_with("Task failed"),
    })
}

fn report_unhealthy(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    for at in 0..service.tasks.len() {
        let task = &service.tasks[at];
        if task.noted.unhealthy || !service.counts_as_unhealthy(task, now) {
            continue;
        }
        let message = match (&task.target, &service.binding) {
            (TargetHealth::Unhealthy(reason), Some(binding)) => format!(
                "(task {}) (port {}) is unhealthy in (target-group {}) due to (reason {reason}).",
                task.id, binding.port, binding.group
            ),
            _ => format!("(task {}) failed container health checks.", task.id),
        };
        service.tasks[at].noted.unhealthy = true;
        service.tell(&message, around.tick);
    }
}
