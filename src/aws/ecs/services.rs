//! Services (ListServices, DescribeServices).

use std::sync::Arc;

use aws_sdk_ecs::{
    Client,
    types::{self, DeploymentControllerType, DeploymentRolloutState, SchedulingStrategy},
};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Gathered, Page, batches, pages},
        values::{arn, count, port, text, time},
    },
    failure,
};
use crate::domain::{
    id::Arn,
    service::{Control, Controller, Rolling, Rollout, RolloutState, Service, ServiceEvent, ServiceTarget},
    text::SafeText,
    write::ProviderShare,
};

/// Services that DescribeServices takes in one call.
const DESCRIBED: usize = 10;

/// The services `names` of a cluster; every one where none is named.
pub async fn services(client: &Client, cluster: &str, names: &[Arc<str>], now: Timestamp) -> Gathered<Service> {
    let listed = if names.is_empty() {
        list(client, cluster, now).await
    } else {
        Ok(names.iter().map(ToString::to_string).collect()).into()
    };
    let mut described = batches(listed.items, DESCRIBED, |services| {
        let asked = services.len();
        let call = client.describe_services().cluster(cluster).set_services(Some(services));
        async move {
            let output = match call.send().await {
                Ok(output) => output,
                Err(error) => return Err(fault::of("ecs:DescribeServices", &error, now)).into(),
            };
            let fault = failure("ecs:DescribeServices", asked, output.services().len(), output.failures(), now);
            Gathered { items: output.services.unwrap_or_default(), fault }
        }
    })
    .await;
    described.note(listed.fault);
    described.filter_map(|it| service(&it))
}

async fn list(client: &Client, cluster: &str, now: Timestamp) -> Gathered<String> {
    pages(|token| {
        let call = client.list_services().cluster(cluster).max_results(100).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ecs:ListServices", &error, now))?;
            Ok(Page::new(output.service_arns, output.next_token))
        }
    })
    .await
}

fn service(raw: &types::Service) -> Option<Service> {
    let mut deployments: Vec<Rollout> = raw.deployments().iter().map(rollout).collect();
    deployments.sort_by_key(|it| std::cmp::Reverse((it.status.as_str() == "PRIMARY", it.created_at)));
    Some(Service {
        arn: Arn::new(raw.service_arn()?),
        name: text(raw.service_name()),
        cluster: arn(raw.cluster_arn()),
        status: text(raw.status()),
        desired: count(raw.desired_count),
        running: count(raw.running_count),
        pending: count(raw.pending_count),
        task_definition: arn(raw.task_definition()),
        launch: launch(raw.capacity_provider_strategy(), raw.launch_type()),
        rolling: rolling(raw),
        deployments,
        load_balancers: raw.load_balancers().iter().filter_map(target).collect(),
        subnets: subnets(raw),
        events: raw.events().iter().filter_map(event).collect(),
        grace_seconds: count(raw.health_check_grace_period_seconds),
        execute_command: raw.enable_execute_command,
        control: control(raw),
        created_at: time(raw.created_at()),
    })
}

/// `FARGATE_SPOT 100, FARGATE 1`: capacity providers with their weights, or the launch type.
pub(super) fn launch(
    providers: &[types::CapacityProviderStrategyItem],
    launch_type: Option<&types::LaunchType>,
) -> SafeText {
    if providers.is_empty() {
        return text(launch_type.map(types::LaunchType::as_str));
    }
    let named: Vec<String> = providers.iter().map(|it| format!("{} {}", it.capacity_provider, it.weight)).collect();
    named.join(", ").into()
}

pub(super) fn share(item: &types::CapacityProviderStrategyItem) -> ProviderShare {
    ProviderShare {
        provider: item.capacity_provider.as_str().into(),
        weight: count(item.weight),
        base: count(item.base),
    }
}

fn control(raw: &types::Service) -> Control {
    let configuration = raw.deployment_configuration();
    let alarms = configuration.and_then(|it| it.alarms()).filter(|it| it.enable);
    Control {
        controller: match raw.deployment_controller().map(|it| &it.r#type) {
            Some(DeploymentControllerType::CodeDeploy) => Controller::CodeDeploy,
            Some(DeploymentControllerType::External) => Controller::External,
            _ => Controller::Ecs,
        },
        daemon: raw.scheduling_strategy() == Some(&SchedulingStrategy::Daemon),
        providers: raw.capacity_provider_strategy().iter().map(share).collect(),
        alarms: alarms
            .into_iter()
            .flat_map(types::DeploymentAlarms::alarm_names)
            .map(|it| it.as_str().into())
            .collect(),
        bake_minutes: count(configuration.and_then(|it| it.bake_time_in_minutes)),
    }
}

fn subnets(raw: &types::Service) -> Vec<SafeText> {
    let network = raw.network_configuration().and_then(|it| it.awsvpc_configuration());
    network.into_iter().flat_map(types::AwsVpcConfiguration::subnets).map(|it| SafeText::new(it)).collect()
}

/// The deployment configuration, with ECS's defaults for what it does not say.
fn rolling(raw: &types::Service) -> Rolling {
    let configuration = raw.deployment_configuration();
    let breaker = configuration.and_then(|it| it.deployment_circuit_breaker());
    let daemon = raw.scheduling_strategy() == Some(&SchedulingStrategy::Daemon);
    let percent = |given: Option<i32>, default| given.map_or(default, count);
    Rolling {
        minimum_percent: percent(configuration.and_then(|it| it.minimum_healthy_percent), if daemon { 0 } else { 100 }),
        maximum_percent: percent(configuration.and_then(|it| it.maximum_percent), if daemon { 100 } else { 200 }),
        circuit_breaker: breaker.is_some_and(|it| it.enable),
        rollback: breaker.is_some_and(|it| it.rollback),
    }
}

fn rollout(raw: &types::Deployment) -> Rollout {
    Rollout {
        id: text(raw.id()),
        status: text(raw.status()),
        task_definition: arn(raw.task_definition()),
        desired: count(raw.desired_count),
        running: count(raw.running_count),
        pending: count(raw.pending_count),
        failed: count(raw.failed_tasks),
        state: raw.rollout_state().and_then(|it| match it {
            DeploymentRolloutState::InProgress => Some(RolloutState::InProgress),
            DeploymentRolloutState::Completed => Some(RolloutState::Completed),
            DeploymentRolloutState::Failed => Some(RolloutState::Failed),
            _ => None,
        }),
        reason: text(raw.rollout_state_reason()),
        created_at: time(raw.created_at()),
        updated_at: time(raw.updated_at()),
    }
}

/// Where tasks are registered; `None` for a Classic load balancer, which has no target group.
fn target(raw: &types::LoadBalancer) -> Option<ServiceTarget> {
    Some(ServiceTarget {
        target_group: Arn::new(raw.target_group_arn()?),
        container: text(raw.container_name()),
        port: port(raw.container_port()),
    })
}

fn event(raw: &types::ServiceEvent) -> Option<ServiceEvent> {
    Some(ServiceEvent { id: text(raw.id()), at: time(raw.created_at())?, message: text(raw.message()) })
}
