//! Sending writes: each once, by clients that never retry.

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace, SuspendedState};
use aws_types::request_id::RequestId;
use jiff::Timestamp;

use super::{Clients, autoscaling, certainty, ecs};
use crate::domain::{
    text::SafeText,
    write::{ScalingRange, Suspension, Write, WriteAnswer, WriteOutcome, WriteRequest, Written},
};

/// Sends one write with the clients of its scope. `now` dates faults.
pub async fn write(clients: &Clients, request: &WriteRequest, now: Timestamp) -> WriteOutcome {
    let writer = clients.ecs_writer();
    match &request.write {
        Write::RegisterTaskDefinition { source, images } => {
            ecs::register(clients.ecs(), writer, source, images, now).await
        }
        Write::UpdateService { cluster, service, change } => {
            ecs::update_service(writer, cluster, service, change, now).await
        }
        Write::StopServiceDeployment { deployment } => ecs::stop_deployment(writer, deployment, now).await,
        Write::StopTask { cluster, task, reason } => ecs::stop_task(writer, cluster, task, reason, now).await,
        Write::RegisterScalableTarget { resource, range, suspended } => {
            register_scalable_target(clients, resource, *range, *suspended, now).await
        }
        Write::Group(write) => autoscaling::writes::write(clients, write, now).await,
    }
}

async fn register_scalable_target(
    clients: &Clients,
    resource: &str,
    range: Option<ScalingRange>,
    suspended: Option<Suspension>,
    now: Timestamp,
) -> WriteOutcome {
    let number = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let state = |it: Suspension| {
        SuspendedState::builder()
            .dynamic_scaling_in_suspended(it.scale_in)
            .dynamic_scaling_out_suspended(it.scale_out)
            .scheduled_scaling_suspended(it.scheduled)
            .build()
    };
    let call = clients
        .application_autoscaling_writer()
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(resource)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .set_min_capacity(range.map(|it| number(it.min)))
        .set_max_capacity(range.map(|it| number(it.max)))
        .set_suspended_state(suspended.map(state));
    match call.send().await {
        Ok(output) => {
            let request_id = output.request_id().map(SafeText::new);
            WriteOutcome::Done(Written { request_id, answer: WriteAnswer::ScalableTarget })
        }
        Err(error) => certainty::of("application-autoscaling:RegisterScalableTarget", &error, now),
    }
}
