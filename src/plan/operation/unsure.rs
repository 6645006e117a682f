//! Writes that nobody answered: looked for in what is read, never sent again.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{Operation, StepRef, StepState, judge::fresh};
use crate::{
    domain::{
        definition::Definition,
        deployment::DeploymentStatus,
        estate::{Estate, ScopeEstate},
        fault::{Fault, FaultKind},
        id::Arn,
        text::SafeText,
        write::{ServiceChange, Settlement, Write, WriteAnswer, WriteOutcome, Written},
    },
    plan::course::Part,
};

/// A write that has left no trace for so long did not happen: the SDK's own tries end well before.
const GIVE_UP: SignedDuration = SignedDuration::from_secs(45);

/// A revision that was registered so long before the answer failed to come may be the one: the SDK waits less for it,
/// and clocks differ.
const REGISTERED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

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
        for step in 0..part.steps.len() + part.way_back.len() {
            let reference = StepRef { part: index, step };
            let Some(StepState::Unsure { at, .. }) = operation.step_mut(reference).cloned() else { continue };
            let Some(request) = operation.request(reference) else { continue };
            let Some(known) = estate.scope(&part.service.scope) else { continue };
            let found = match trace(part, &request.write, known, at) {
                Trace::Happened(answer) => Settlement::Happened(answer),
                Trace::None if now.duration_since(at) > GIVE_UP => Settlement::DidNotHappen,
                Trace::Untold => Settlement::Unknown,
                Trace::None | Trace::Unread => continue,
            };
            operation.settle(reference, found.clone(), now);
            operation.settled.push((reference, found));
        }
    }
}

impl Operation {
    /// An unanswered write has been looked for.
    pub fn settle(&mut self, step: StepRef, found: Settlement, now: Timestamp) {
        if self.group.is_some() {
            let outcome = match found {
                Settlement::Happened(answer) => WriteOutcome::Done(Written { request_id: None, answer }),
                Settlement::DidNotHappen | Settlement::Unknown => WriteOutcome::Refused(lost(now)),
            };
            self.group_answered(step, outcome, now);
            return;
        }
        let fault = match self.step_mut(step) {
            Some(StepState::Unsure { fault, .. }) => fault.clone(),
            Some(StepState::Sent { .. }) => lost(now),
            _ => return,
        };
        let Some(request) = self.request(step) else { return };
        let name = request.write.operation();
        let why = match found {
            Settlement::Happened(answer) => {
                self.note(now, format!("{name} did happen"));
                self.answered(step, WriteOutcome::Done(Written { request_id: None, answer }), now);
                return;
            }
            Settlement::DidNotHappen => format!("{name} did not happen: {} ({})", fault.message, fault.code),
            Settlement::Unknown => {
                format!("whether {name} happened is not known: {} ({})", fault.message, fault.code)
            }
        };
        self.note(now, why.clone());
        if let Some(state) = self.step_mut(step) {
            *state = StepState::Unheard { fault };
        }
        self.lose(step.part, &why);
        self.advance(now);
    }

    /// What has been found out of unanswered writes since this was last asked, for the journal.
    pub fn take_settled(&mut self) -> Vec<(StepRef, Settlement)> {
        std::mem::take(&mut self.settled)
    }

    /// Families of which a revision may have been registered though nobody answered: the newest of each tells.
    pub fn unsure_families(&self) -> impl Iterator<Item = (&Part, SafeText)> {
        let parts = self.course.parts.iter().zip(&self.parts);
        parts.flat_map(|(part, state)| {
            let back = state.back.iter().zip(&part.way_back);
            let unsure = state.steps.iter().zip(&part.steps).chain(back);
            unsure.filter_map(move |(state, step)| match (&step.request.write, state) {
                (write @ Write::RegisterTaskDefinition { .. }, StepState::Unsure { .. }) => {
                    Some((part, write.target()))
                }
                _ => None,
            })
        })
    }
}

/// Why a write was not taken, in words: AWS refuses only what has reached it.
pub fn refused(fault: &Fault) -> String {
    let Fault { kind, operation, message, code, .. } = fault;
    match kind {
        FaultKind::Unreachable | FaultKind::TimedOut => format!("{operation} was not sent: {message} ({code})"),
        _ => format!("AWS refused {operation}: {message} ({code})"),
    }
}

/// What stands in for an answer that a process did not live to see.
pub fn lost(at: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::TimedOut,
        operation: "the write".into(),
        code: "Restart".into(),
        message: "the console ended before the answer came".into(),
        request_id: None,
        at,
    }
}

fn trace(part: &Part, write: &Write, known: &ScopeEstate, at: Timestamp) -> Trace {
    match write {
        Write::RegisterTaskDefinition { source, images } => register(source, images, write, known, at),
        Write::Group(_) => Trace::Untold,
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

/// By the newest revision of the family: registered about then, with the images that were asked for.
fn register(
    source: &Arn,
    images: &BTreeMap<Arc<str>, Arc<str>>,
    write: &Write,
    known: &ScopeEstate,
    at: Timestamp,
) -> Trace {
    let observed = known.definitions.get(&Arn::new(write.target().as_str()));
    // It may be seen only a moment later: what was read at once proves nothing.
    let settled = at.saturating_add(GIVE_UP).unwrap_or(at);
    if observed.and_then(|it| it.fault()).is_some_and(|it| it.kind == FaultKind::Denied || it.at > settled) {
        return Trace::Untold;
    }
    let Some(newest) = fresh(observed, at) else { return Trace::Unread };
    let since = at.saturating_sub(REGISTERED_WITHIN).unwrap_or(at);
    let is_recent = newest.registered_at.is_some_and(|it| it >= since);
    if newest.arn != *source && is_recent && has_images(newest, images) {
        return Trace::Happened(WriteAnswer::TaskDefinition { arn: newest.arn.clone() });
    }
    if fresh(observed, settled).is_some() { Trace::None } else { Trace::Unread }
}

fn has_images(definition: &Definition, images: &BTreeMap<Arc<str>, Arc<str>>) -> bool {
    images.iter().all(|(name, image)| definition.container(name).is_some_and(|it| it.image.as_str() == &**image))
}
