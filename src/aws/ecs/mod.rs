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

/// What is missing from an answer to a question about `asked` resources by name: the fault in its `failures`, if any; or
/// that it is silent about some of them. What is only MISSING is no fault: it has gone since it was listed, and its
/// absence from the answer says so.
fn failure(operation: &str, asked: usize, described: usize, failures: &[Failure], now: Timestamp) -> Option<Fault> {
    let fault =
        |kind, code, message| Fault { kind, operation: operation.into(), code, message, request_id: None, at: now };
    if let Some(failure) = failures.iter().find(|it| it.reason() != Some("MISSING")) {
        return Some(fault(FaultKind::Rejected, text(failure.reason()), text(failure.detail().or(failure.arn()))));
    }
    let told = described + failures.len();
    let words = format!("asked about {asked}, the answer tells of {told}");
    (told < asked).then(|| fault(FaultKind::Garbled, "HTTP 200".into(), words.into()))
}
