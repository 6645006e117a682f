//! Writes that nobody answered: looked for in what is read, never sent again.

use jiff::{SignedDuration, Timestamp};

use super::{Operation, Stage, StepRef, StepState, judge::fresh};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        estate::{Estate, ScopeEstate},
        write::{ServiceChange, Write, WriteAnswer, WriteOutcome, Written},
    },
    plan::course::Part,
};

/// A write that has left no trace for so long did not happen: the SDK's own tries end well before.
const GIVE_UP: SignedDuration = SignedDuration::from_secs(45);

/// What reads say of an unanswered write.
enum Trace {
    Happened(WriteAnswer),
    /// Read since, and it has not.
    None,
    Unread,
    /// Nothing that is read could tell.
    Untold,
}

/// Settles every unanswered write that can be.
pub fn resolve(operation: &mut Operation, estate: &Estate, now: Timestamp) {
    let course = operation.course.clone();
    for (index, part) in course.parts.iter().enumerate() {
        for step in 0..=part.steps.len() {
            let reference = StepRef { part: index, step };
            let Some(StepState::Unsure { fault, at }) = operation.step_mut(reference).cloned() else { continue };
            let Some(request) = operation.request(reference) else { continue };
            let Some(known) = estate.scope(&part.service.scope) else { continue };
            match trace(part, &request.write, known, at) {
                Trace::Happened(answer) => {
                    operation.note(now, format!("{} did happen", request.write.operation()));
                    operation.answered(reference, WriteOutcome::Done(Written { request_id: None, answer }), now);
                }
                Trace::None if now.duration_since(at) > GIVE_UP => {
                    operation.note(now, format!("{} did not happen", request.write.operation()));
                    operation.answered(reference, WriteOutcome::Refused(fault), now);
                }
                Trace::Untold => {
                    let why = format!("whether {} happened is not known", request.write.operation());
                    operation.note(now, why.clone());
                    operation.answered(reference, WriteOutcome::Refused(fault), now);
                    operation.parts[index].stage = Stage::Failed { why };
                }
                Trace::None | Trace::Unread => {}
            }
        }
    }
}

fn trace(part: &Part, write: &Write, known: &ScopeEstate, at: Timestamp) -> Trace {
    match write {
        // A revision more does no harm, and which one is ours cannot be told.
        Write::RegisterTaskDefinition { .. } | Write::Group(_) => Trace::Untold,
        Write::UpdateService { change, .. } => update(part, change, known, at),
        Write::StopServiceDeployment { deployment } => {
            let Some(deployments) = fresh(known.deployments.get(&part.arn), at) else { return Trace::Unread };
            let ours = deployments.iter().find(|it| it.arn == *deployment);
            match ours.map(|it| &it.status) {
                Some(DeploymentStatus::Pending | DeploymentStatus::InProgress | DeploymentStatus::Successful) => {
                    Trace::None
                }
                Some(_) => Trace::Happened(WriteAnswer::Deployment { arn: deployment.clone() }),
                None => Trace::Unread,
            }
        }
        Write::StopTask { task, .. } => {
            let Some(tasks) = fresh(known.tasks.get(&part.service.cluster), at) else { return Trace::Unread };
            if tasks.get(task).is_none_or(|it| it.desired_status.as_str() == "STOPPED") {
                return Trace::Happened(WriteAnswer::Task { arn: task.clone() });
            }
            Trace::None
        }
        Write::RegisterScalableTarget { resource, range, suspended } => {
            let Some(targets) = fresh(Some(&known.scalable_targets), at) else { return Trace::Unread };
            let found = targets.iter().find(|it| it.resource.as_str() == &**resource);
            let as_asked = found.is_some_and(|it| {
                range.is_none_or(|range| (range.min, range.max) == (it.min, it.max))
                    && suspended.is_none_or(|flags| {
                        (flags.scale_in, flags.scale_out, flags.scheduled)
                            == (it.suspended_in, it.suspended_out, it.suspended_scheduled)
                    })
            });
            if as_asked { Trace::Happened(WriteAnswer::ScalableTarget) } else { Trace::None }
        }
    }
}

fn update(part: &Part, change: &ServiceChange, known: &ScopeEstate, at: Timestamp) -> Trace {
    let Some(services) = fresh(known.services.get(&part.service.cluster), at) else { return Trace::Unread };
    let Some(service) = services.get(&part.arn) else { return Trace::Unread };
    let primary = service.primary();
    let deploys = change.force || change.task_definition.is_some();
    let deployed = primary.is_some_and(|it| {
        Some(&it.id) != part.before.primary.as_ref()
            && change.task_definition.as_ref().is_none_or(|wanted| *wanted == it.task_definition)
    });
    let scaled = change.desired.is_none_or(|it| it == service.desired);
    if scaled && (!deploys || deployed) {
        return Trace::Happened(WriteAnswer::Service {
            task_definition: service.task_definition.clone(),
            desired: service.desired,
            primary: primary.map(|it| it.id.clone()),
            deployment: None,
        });
    }
    Trace::None
}
