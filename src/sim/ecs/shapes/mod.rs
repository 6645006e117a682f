//! ECS resources in the API's words.

mod deployment;
mod service;
mod task;

pub use self::{
    deployment::{service_deployment, service_deployment_brief, service_revision},
    service::service,
    task::{task, task_arn},
};
use super::super::wire::value::{Value, shape};
use super::{Cluster, State, definition::TaskDefinition, deployment::Configuration, launch::Launch, service::Service};

/// A cluster with its counts; `settings` where they are asked for.
pub fn cluster(state: &State, name: &str, cluster: &Cluster, settings: bool) -> Value {
    let services = || state.services.values().filter(|service| service.cluster == name);
    let insights = if cluster.container_insights { "enabled" } else { "disabled" };
    let settings = settings.then(|| Value::list([shape! { "name" => "containerInsights", "value" => insights }]));
    shape! {
        "clusterArn" => &cluster.arn,
        "clusterName" => name,
        "status" => "ACTIVE",
        "registeredContainerInstancesCount" => 0,
        "runningTasksCount" => services().map(Service::running).sum::<usize>(),
        "pendingTasksCount" => services().map(Service::pending).sum::<usize>(),
        "activeServicesCount" => services().count(),
        "statistics" => nothing(),
        "tags" => nothing(),
        "settings" => settings,
        "capacityProviders" => Value::list(["FARGATE", "FARGATE_SPOT"]),
        "defaultCapacityProviderStrategy" => nothing(),
    }
}

/// A task definition: what was registered, and what registering added.
pub fn definition(definition: &TaskDefinition) -> Value {
    let compatibilities = Value::list(["EC2", "FARGATE", "MANAGED_INSTANCES"]);
    let mut members = vec![
        ("taskDefinitionArn".to_owned(), Value::from(&definition.arn)),
        ("revision".to_owned(), definition.revision.into()),
        ("status".to_owned(), if definition.active { "ACTIVE" } else { "INACTIVE" }.into()),
        ("compatibilities".to_owned(), compatibilities),
        ("requiresAttributes".to_owned(), nothing()),
        ("registeredAt".to_owned(), definition.registered_at.into()),
        ("deregisteredAt".to_owned(), definition.deregistered_at.into()),
    ];
    members.extend(definition.document.iter().cloned());
    Value::Map(members)
}

/// Tags in ECS's lower-case spelling.
pub fn tags(tags: &[(String, String)]) -> Value {
    Value::list(tags.iter().map(|(key, value)| shape! { "key" => key, "value" => value }))
}

fn nothing() -> Value {
    Value::List(Vec::new())
}

fn configuration(configuration: Configuration) -> Value {
    let (enable, rollback) = configuration.breaker.map_or((false, false), |breaker| (true, breaker.rollback));
    shape! {
        "deploymentCircuitBreaker" => shape! { "enable" => enable, "rollback" => rollback },
        "maximumPercent" => configuration.maximum_percent,
        "minimumHealthyPercent" => configuration.minimum_healthy_percent,
        "strategy" => "ROLLING",
        "bakeTimeInMinutes" => 0,
    }
}

/// `launchType` or `capacityProviderStrategy`; the other is absent.
fn launch(launch: &Launch) -> (Option<&'static str>, Option<Value>) {
    match launch {
        Launch::Fargate => (Some("FARGATE"), None),
        Launch::Providers(shares) => {
            let share = |it: &super::launch::Share| {
                shape! { "capacityProvider" => &it.provider, "weight" => it.weight, "base" => it.base }
            };
            (None, Some(Value::list(shares.iter().map(share))))
        }
    }
}

fn network(service: &Service) -> Value {
    shape! { "awsvpcConfiguration" => shape! {
        "subnets" => Value::list(service.subnets.iter().map(|subnet| &subnet.id)),
        "securityGroups" => Value::list([&service.security_group]),
        "assignPublicIp" => "DISABLED",
    } }
}

fn load_balancers(service: &Service) -> Value {
    Value::list(service.binding.as_ref().map(|binding| {
        shape! {
            "targetGroupArn" => &binding.group,
            "containerName" => &binding.container,
            "containerPort" => binding.port,
        }
    }))
}
