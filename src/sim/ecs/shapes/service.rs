//! A service with its deployments and events.

use super::super::{
    super::{
        wire::value::{Value, shape},
        world::Place,
    },
    deployment::Deployment,
    events::Event,
    service::Service,
    task::Task,
};
use super::{configuration, launch, load_balancers, network, nothing};

pub fn service(service: &Service, tagged: bool, place: &Place) -> Value {
    let (launch_type, strategy) = launch(&service.launch);
    let current = service.primary().filter(|it| it.in_progress()).map(|it| &it.record);
    shape! {
        "serviceArn" => &service.arn,
        "serviceName" => &service.name,
        "clusterArn" => place.arn("ecs", format_args!("cluster/{}", service.cluster)),
        "loadBalancers" => load_balancers(service),
        "serviceRegistries" => nothing(),
        "status" => "ACTIVE",
        "desiredCount" => service.desired,
        "runningCount" => service.running(),
        "pendingCount" => service.pending(),
        "launchType" => launch_type,
        "capacityProviderStrategy" => strategy,
        "platformVersion" => "LATEST",
        "platformFamily" => "Linux",
        "taskDefinition" => service.primary().map(|primary| &primary.task_definition),
        "deploymentConfiguration" => configuration(service.configuration),
        "deployments" => deployments(service),
        "events" => Value::list(service.events.iter().map(event)),
        "createdAt" => service.created_at,
        "currentServiceDeployment" => current,
        "currentServiceRevisions" => current_revisions(service),
        "placementConstraints" => nothing(),
        "placementStrategy" => nothing(),
        "networkConfiguration" => network(service),
        "healthCheckGracePeriodSeconds" => service.binding.as_ref().map(|_| service.grace_seconds),
        "schedulingStrategy" => "REPLICA",
        "deploymentController" => shape! { "type" => "ECS" },
        "tags" => tagged.then(nothing),
        "enableECSManagedTags" => true,
        "propagateTags" => "NONE",
        "enableExecuteCommand" => service.execute_command,
        "availabilityZoneRebalancing" => "ENABLED",
        "resourceManagementType" => "CUSTOMER",
    }
}

fn event(event: &Event) -> Value {
    shape! { "id" => &event.id, "createdAt" => event.created_at, "message" => &event.message }
}

fn counts(service: &Service, mine: impl Fn(&Task) -> bool) -> (usize, usize) {
    let count = |state: fn(&Task) -> bool| service.tasks.iter().filter(|task| mine(task) && state(task)).count();
    (count(Task::running), count(Task::pending))
}

fn deployments(service: &Service) -> Value {
    Value::list(service.deployments.iter().enumerate().map(|(at, it)| deployment(service, it, at == 0)))
}

/// The desired count of a deployment that is being replaced is what is left of it.
fn deployment(service: &Service, deployment: &Deployment, primary: bool) -> Value {
    let (running, pending) = counts(service, |task| task.deployment == deployment.id);
    let (launch_type, strategy) =
        launch(service.revision(&deployment.revision).map_or(&service.launch, |it| &it.launch));
    shape! {
        "id" => &deployment.id,
        "status" => if primary { "PRIMARY" } else { "ACTIVE" },
        "taskDefinition" => &deployment.task_definition,
        "desiredCount" => if primary && !deployment.failed() { service.desired as usize } else { running + pending },
        "pendingCount" => pending,
        "runningCount" => running,
        "failedTasks" => deployment.failed_tasks,
        "createdAt" => deployment.created_at,
        "updatedAt" => deployment.updated_at,
        "capacityProviderStrategy" => strategy,
        "launchType" => launch_type,
        "platformVersion" => "1.4.0",
        "platformFamily" => "Linux",
        "networkConfiguration" => network(service),
        "rolloutState" => deployment.state(),
        "rolloutStateReason" => deployment.reason(),
    }
}

fn current_revisions(service: &Service) -> Value {
    Value::list(service.deployments.iter().map(|deployment| {
        let (running, pending) = counts(service, |task| task.deployment == deployment.id);
        shape! {
            "arn" => &deployment.revision,
            "requestedTaskCount" => running + pending,
            "runningTaskCount" => running,
            "pendingTaskCount" => pending,
        }
    }))
}
