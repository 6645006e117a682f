//! Tasks (ListTasks, DescribeTasks).

use aws_sdk_ecs::{
    Client,
    types::{self, DesiredStatus},
};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Gathered, Page, batches, pages},
        values::{arn, some_text, text, time},
    },
    failure,
};
use crate::domain::{
    id::Arn,
    task::{Container, Task},
    text::SafeText,
};

/// Tasks that DescribeTasks takes in one call.
const DESCRIBED: usize = 100;

/// Every task of a cluster: those that should run, and those that stopped within about the last hour.
pub async fn tasks(client: &Client, cluster: &str, now: Timestamp) -> Gathered<Task> {
    let (mut listed, stopped) = tokio::join!(
        list(client, cluster, DesiredStatus::Running, now),
        list(client, cluster, DesiredStatus::Stopped, now)
    );
    listed.join(stopped);
    let mut described = batches(listed.items, DESCRIBED, |arns| {
        let asked = arns.len();
        let call = client.describe_tasks().cluster(cluster).set_tasks(Some(arns));
        async move {
            let output = match call.send().await {
                Ok(output) => output,
                Err(error) => return Err(fault::of("ecs:DescribeTasks", &error, now)).into(),
            };
            let fault = failure("ecs:DescribeTasks", asked, output.tasks().len(), output.failures(), now);
            Gathered { items: output.tasks.unwrap_or_default(), fault }
        }
    })
    .await;
    described.note(listed.fault);
    described.filter_map(|it| task(&it))
}

async fn list(client: &Client, cluster: &str, status: DesiredStatus, now: Timestamp) -> Gathered<String> {
    pages(|token| {
        let call =
            client.list_tasks().cluster(cluster).desired_status(status.clone()).max_results(100).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ecs:ListTasks", &error, now))?;
            Ok(Page::new(output.task_arns, output.next_token))
        }
    })
    .await
}

fn task(raw: &types::Task) -> Option<Task> {
    Some(Task {
        arn: Arn::new(raw.task_arn()?),
        cluster: arn(raw.cluster_arn()),
        service: raw.group().and_then(|it| it.strip_prefix("service:")).map(SafeText::new),
        task_definition: arn(raw.task_definition_arn()),
        status: text(raw.last_status()),
        desired_status: text(raw.desired_status()),
        health: text(raw.health_status().map(types::HealthStatus::as_str)),
        zone: text(raw.availability_zone()),
        cpu: units(raw.cpu()),
        memory: units(raw.memory()),
        launch: text(raw.capacity_provider_name().or(raw.launch_type().map(types::LaunchType::as_str))),
        started_by: text(raw.started_by()),
        created_at: time(raw.created_at()),
        started_at: time(raw.started_at()),
        stopped_at: time(raw.stopped_at()),
        stop_code: some_text(raw.stop_code().map(types::TaskStopCode::as_str)),
        stopped_reason: some_text(raw.stopped_reason()),
        containers: raw.containers().iter().map(container).collect(),
        address: address(raw),
    })
}

/// `"512"`, as tasks spell CPU units and MiB; zero where the task leaves it to its containers.
fn units(raw: Option<&str>) -> u32 {
    raw.and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// The private address of the task's network interface, from its containers or, before they run, its attachment.
fn address(raw: &types::Task) -> Option<SafeText> {
    let of_container = raw.containers().iter().flat_map(types::Container::network_interfaces);
    let of_attachment = raw.attachments().iter().flat_map(types::Attachment::details);
    of_container
        .filter_map(|it| it.private_ipv4_address())
        .chain(of_attachment.filter(|it| it.name() == Some("privateIPv4Address")).filter_map(|it| it.value()))
        .next()
        .map(SafeText::new)
}

fn container(raw: &types::Container) -> Container {
    Container {
        name: text(raw.name()),
        image: text(raw.image()),
        digest: some_text(raw.image_digest()),
        status: text(raw.last_status()),
        health: text(raw.health_status().map(types::HealthStatus::as_str)),
        exit_code: raw.exit_code(),
        reason: some_text(raw.reason()),
    }
}
