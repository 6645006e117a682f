//! Stopping one task of a service.

use super::change;
use crate::{
    domain::{id::Arn, write::Write},
    plan::{
        course::{Goal, Step},
        draft::Draft,
        model::Refusal,
        seen::{Seen, Stop},
    },
};

/// What becomes the task's `stoppedReason`.
const REASON: &str = "stopped by hand with quarterdeck";

pub fn stop<'a>(seen: Seen<'a>, task: &Arn) -> Result<Draft<'a>, Stop> {
    let found = seen.tasks.iter().find(|it| it.arn == *task);
    let name = &seen.service.name;
    let found = found.ok_or_else(|| Refusal::new(format!("{name} has no task {}", task.tail())))?;
    if found.is_stopped() || found.desired_status.as_str() == "STOPPED" {
        return Err(Refusal::new(format!("task {} is stopped or stopping already", task.tail())).into());
    }
    let write =
        Write::StopTask { cluster: seen.service.cluster.clone(), task: found.arn.clone(), reason: REASON.into() };
    let steps = vec![Step::new(seen.who, write)];
    let changes =
        vec![change(&format!("task {}", task.tail()), found.status.clone(), "STOPPED, and another in its place")];
    let goal = Goal::TaskStopped { task: found.arn.clone() };
    Ok(Draft { steps, changes, ..Draft::new(seen, goal) })
}
