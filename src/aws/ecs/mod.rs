//! Amazon ECS: clusters, services, tasks and deployments; and changing services.

mod clusters;
mod definitions;
mod deployments;
mod services;
mod tasks;
mod writes;

use aws_sdk_ecs::types::Failure;
use jiff::Timestamp;

pub use self::{
    clusters::clusters,
    definitions::{definition, revisions},
    deployments::deployments,
    services::services,
    tasks::tasks,
    writes::{register, stop_deployment, stop_task, update_service},
};
use super::values::text;
use crate::domain::fault::{Fault, FaultKind};

/// The fault in the `failures` of an answer, if any. What is only MISSING is none: it has gone since it was listed,
/// and its absence from the answer says so.
fn failure(operation: &str, failures: &[Failure], now: Timestamp) -> Option<Fault> {
    let failure = failures.iter().find(|it| it.reason() != Some("MISSING"))?;
    Some(Fault {
        kind: FaultKind::Rejected,
        operation: operation.into(),
        code: text(failure.reason()),
        message: text(failure.detail().or(failure.arn())),
        request_id: None,
        at: now,
    })
}
