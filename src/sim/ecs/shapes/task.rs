//! A task with its containers.

use super::super::{
    super::{
        wire::value::{Value, shape},
        world::Place,
    },
    service::Service,
    task::{Container, Phase, Task},
};
use super::nothing;

pub fn task_arn(cluster: &str, task: &Task, place: &Place) -> String {
    place.arn("ecs", format_args!("task/{cluster}/{}", task.id))
}

pub fn task(service: &Service, task: &Task, tagged: bool, place: &Place) -> Value {
    let arn = task_arn(&service.cluster, task, place);
    let container = |it: &Container| container(task, it, &arn, &service.cluster, place);
    let connected = task.times.pull_started.is_some();
    shape! {
        "attachments" => Value::list([attachment(task)]),
        "attributes" => Value::list([shape! { "name" => "ecs.cpu-architecture", "value" => "x86_64" }]),
        "availabilityZone" => &task.address.zone,
        "capacityProviderName" => task.capacity_provider.as_ref(),
        "clusterArn" => place.arn("ecs", format_args!("cluster/{}", service.cluster)),
        "connectivity" => connected.then_some("CONNECTED"),
        "connectivityAt" => task.times.pull_started,
        "containers" => Value::list(task.containers.iter().map(container)),
        "cpu" => &task.cpu,
        "createdAt" => task.times.created,
        "desiredStatus" => if task.alive() { "RUNNING" } else { "STOPPED" },
        "enableExecuteCommand" => task.execute_command,
        "executionStoppedAt" => task.times.execution_stopped,
        "group" => format!("service:{}", service.name),
        "healthStatus" => task.health_status(),
        "lastStatus" => task.phase.wire(),
        "launchType" => "FARGATE",
        "memory" => &task.memory,
        "overrides" => shape! { "containerOverrides" => nothing(), "inferenceAcceleratorOverrides" => nothing() },
        "platformVersion" => "1.4.0",
        "platformFamily" => "Linux",
        "pullStartedAt" => task.times.pull_started,
        "pullStoppedAt" => task.times.pull_stopped,
        "startedAt" => task.times.started,
        "startedBy" => &task.deployment,
        "stopCode" => task.stop.as_ref().map(|stop| stop.code),
        "stoppedAt" => task.times.stopped,
        "stoppedReason" => task.stop.as_ref().map(|stop| &stop.reason),
        "stoppingAt" => task.times.stopping,
        "tags" => tagged.then(nothing),
        "taskArn" => &arn,
        "taskDefinitionArn" => &task.definition,
        "version" => task.version,
        "ephemeralStorage" => shape! { "sizeInGiB" => 20 },
    }
}

fn attachment(task: &Task) -> Value {
    let status = match task.phase {
        Phase::Provisioning => "PRECREATED",
        Phase::Stopped => "DELETED",
        _ => "ATTACHED",
    };
    let details = [
        ("subnetId", task.address.subnet.id.as_str()),
        ("networkInterfaceId", task.address.interface.as_str()),
        ("privateIPv4Address", task.address.ip.as_str()),
    ];
    shape! {
        "id" => &task.address.attachment,
        "type" => "ElasticNetworkInterface",
        "status" => status,
        "details" => Value::list(details.map(|(name, value)| shape! { "name" => name, "value" => value })),
    }
}

fn container(task: &Task, container: &Container, task_arn: &str, cluster: &str, place: &Place) -> Value {
    let started = task.times.pull_stopped.is_some();
    let exited = container.exit_code.is_some() || task.stopped();
    let status = match task.phase {
        _ if exited => "STOPPED",
        Phase::Running | Phase::Noticed | Phase::Deactivating { .. } | Phase::Stopping => "RUNNING",
        _ => "PENDING",
    };
    let health = match container.check.as_ref().and_then(|check| check.healthy) {
        Some(true) => "HEALTHY",
        Some(false) => "UNHEALTHY",
        None => "UNKNOWN",
    };
    let interface = shape! {
        "attachmentId" => &task.address.attachment, "privateIpv4Address" => &task.address.ip,
    };
    let agent = task.execute_command.then(|| {
        let started = task.times.started;
        Value::list([shape! { "name" => "ExecuteCommandAgent", "lastStatus" => status, "lastStartedAt" => started }])
    });
    shape! {
        "containerArn" => place.arn("ecs", format_args!("container/{cluster}/{}/{}", task.id, container.id)),
        "taskArn" => task_arn,
        "name" => &container.name,
        "image" => &container.image,
        "imageDigest" => started.then(|| container.digest.clone()).flatten(),
        "runtimeId" => started.then_some(&container.runtime_id),
        "lastStatus" => status,
        "exitCode" => container.exit_code,
        "reason" => container.reason.as_ref(),
        "networkBindings" => nothing(),
        "networkInterfaces" => Value::list([interface]),
        "healthStatus" => health,
        "managedAgents" => agent,
        "cpu" => "0",
    }
}
