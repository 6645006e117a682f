//! Service deployments and service revisions.

use super::super::{
    super::{
        wire::{
            call::Reply,
            error::ApiError,
            input::Input,
            page::Page,
            value::{Value, shape},
        },
        world::Tick,
    },
    State,
    record::{ServiceDeployment, Status},
    service::Service,
    shapes,
};
use super::{invalid, missing, named, service, turn};

pub fn list(state: &State, input: Input<'_>) -> Reply {
    let service = service(state, input, "service")?;
    let statuses = input.texts("status")?;
    let created = input.object("createdAt");
    let bound = |name| created.map(|created| created.time(name)).transpose().map(Option::flatten);
    let (after, before) = (bound("after")?, bound("before")?);
    let chosen: Vec<_> = service
        .records
        .iter()
        .filter(|it| statuses.is_empty() || statuses.iter().any(|status| status == it.status.wire()))
        .filter(|it| after.is_none_or(|after| it.created_at >= after))
        .filter(|it| before.is_none_or(|before| it.created_at <= before))
        .collect();
    let Page { items, next } = turn(input, chosen, "ecs.ListServiceDeployments", 20, |it| it.arn.clone())?;
    let briefs = items.into_iter().map(|record| shapes::service_deployment_brief(service, record));
    Ok(shape! { "serviceDeployments" => Value::list(briefs), "nextToken" => next })
}

pub fn describe(state: &State, input: Input<'_>) -> Reply {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in named(input, "serviceDeploymentArns", 20)? {
        match record(state, &arn) {
            Some((service, record)) => found.push(shapes::service_deployment(service, record)),
            None => failures.push(missing(&arn)),
        }
    }
    Ok(shape! { "serviceDeployments" => found, "failures" => failures })
}

pub fn revisions(state: &State, input: Input<'_>) -> Reply {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in named(input, "serviceRevisionArns", 20)? {
        let mut services = state.services.values();
        match services.find_map(|service| service.revision(&arn).map(|revision| (service, revision))) {
            Some((service, revision)) => found.push(shapes::service_revision(service, revision)),
            None => failures.push(missing(&arn)),
        }
    }
    Ok(shape! { "serviceRevisions" => found, "failures" => failures })
}

/// Asks for a rollback; the scheduler begins it at its next look.
pub fn stop(state: &mut State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let arn = input.text("serviceDeploymentArn")?.ok_or_else(|| invalid("serviceDeploymentArn is required."))?;
    if input.text("stopType")?.is_some_and(|kind| kind != "ROLLBACK") {
        return Err(invalid("The only supported stopType is ROLLBACK."));
    }
    let State { services, due, .. } = state;
    let owner = services.values_mut().find(|service| service.records.iter().any(|record| record.arn == arn));
    let not_found =
        || ApiError::bad_request("ServiceDeploymentNotFoundException", "The service deployment was not found.");
    let service = owner.ok_or_else(not_found)?;
    let possible = service.good.is_some();
    let record = service.record_mut(arn).ok_or_else(not_found)?;
    match record.status {
        Status::Pending | Status::InProgress if possible => record.set(Status::RollbackRequested, tick.now),
        // Asked for already, or superseded: nothing is left to do.
        Status::StopRequested | Status::RollbackRequested | Status::RollbackInProgress => {}
        Status::Pending | Status::InProgress => {
            return Err(conflict("There is no completed service revision to roll back to."));
        }
        _ => return Err(conflict("The service deployment is not in a state in which it can be stopped.")),
    }
    service.wake(tick.now);
    *due = tick.now;
    Ok(shape! { "serviceDeploymentArn" => arn })
}

fn record<'a>(state: &'a State, arn: &str) -> Option<(&'a Service, &'a ServiceDeployment)> {
    let mut services = state.services.values();
    services.find_map(|service| service.records.iter().find(|record| record.arn == arn).map(|it| (service, it)))
}

fn conflict(message: &str) -> ApiError {
    ApiError::bad_request("ConflictException", message)
}
