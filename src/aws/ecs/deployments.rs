//! Service deployments and revisions (ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::{
    Client,
    types::{self, ServiceDeploymentRollbackMonitorsStatus, ServiceDeploymentStatus},
};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Gathered, batches},
        values::{arn, count, some_text, text, time},
    },
    failure,
    services::{launch, share},
};
use crate::domain::{
    deployment::{Deployment, DeploymentStatus, Revision, RevisionImage},
    fault::Fault,
    id::Arn,
    text::SafeText,
};

/// Deployments or revisions that a describe call takes.
const DESCRIBED: usize = 20;

/// The newest deployments of a service, newest first. Revisions that cannot be read leave the deployments without
/// images.
pub async fn deployments(client: &Client, cluster: &str, service: &Arn, now: Timestamp) -> Gathered<Deployment> {
    let mut described = match list(client, cluster, service, now).await {
        Ok(arns) => batches(arns, DESCRIBED, |arns| describe(client, arns, now)).await,
        Err(fault) => return Err(fault).into(),
    };
    let targets: BTreeSet<String> =
        described.items.iter().filter_map(|it| it.target_service_revision()?.arn()).map(ToOwned::to_owned).collect();
    let revisions = batches(targets, DESCRIBED, |arns| revisions(client, arns, now)).await;
    described.note(revisions.fault);
    let revisions: BTreeMap<&str, &types::ServiceRevision> =
        revisions.items.iter().filter_map(|it| Some((it.service_revision_arn()?, it))).collect();
    let mut deployments = described.filter_map(|it| deployment(&it, &revisions));
    deployments.items.sort_by_key(|it| std::cmp::Reverse(it.created_at));
    deployments
}

/// ARNs of the newest twenty deployments; older ones are on pages that are not asked for.
async fn list(client: &Client, cluster: &str, service: &Arn, now: Timestamp) -> Result<Vec<String>, Fault> {
    let call = client.list_service_deployments().cluster(cluster).service(service.wire()).max_results(20);
    let output = call.send().await.map_err(|error| fault::of("ecs:ListServiceDeployments", &error, now))?;
    let listed = output.service_deployments.unwrap_or_default();
    Ok(listed.into_iter().filter_map(|it| it.service_deployment_arn).collect())
}

async fn describe(client: &Client, arns: Vec<String>, now: Timestamp) -> Gathered<types::ServiceDeployment> {
    const OPERATION: &str = "ecs:DescribeServiceDeployments";
    let asked = arns.len();
    match client.describe_service_deployments().set_service_deployment_arns(Some(arns)).send().await {
        Ok(output) => {
            let fault = failure(OPERATION, asked, output.service_deployments().len(), output.failures(), now);
            Gathered { items: output.service_deployments.unwrap_or_default(), fault }
        }
        Err(error) => Err(fault::of(OPERATION, &error, now)).into(),
    }
}

async fn revisions(client: &Client, arns: Vec<String>, now: Timestamp) -> Gathered<types::ServiceRevision> {
    const OPERATION: &str = "ecs:DescribeServiceRevisions";
    let asked = arns.len();
    match client.describe_service_revisions().set_service_revision_arns(Some(arns)).send().await {
        Ok(output) => {
            let fault = failure(OPERATION, asked, output.service_revisions().len(), output.failures(), now);
            Gathered { items: output.service_revisions.unwrap_or_default(), fault }
        }
        Err(error) => Err(fault::of(OPERATION, &error, now)).into(),
    }
}

fn deployment(
    raw: &types::ServiceDeployment,
    revisions: &BTreeMap<&str, &types::ServiceRevision>,
) -> Option<Deployment> {
    Some(Deployment {
        arn: Arn::new(raw.service_deployment_arn()?),
        service: arn(raw.service_arn()),
        status: status(raw.status()),
        status_reason: text(raw.status_reason()),
        created_at: time(raw.created_at()),
        started_at: time(raw.started_at()),
        finished_at: time(raw.finished_at().or(raw.stopped_at())),
        target: revision(raw.target_service_revision(), revisions),
        sources: raw.source_service_revisions().iter().filter_map(|it| it.arn()).map(Arn::new).collect(),
        breaker: raw.deployment_circuit_breaker().and_then(breaker),
        rollback_reason: raw.rollback().map(|it| text(it.reason())),
    })
}

/// Failures and threshold of a breaker that watches or has tripped.
fn breaker(raw: &types::ServiceDeploymentCircuitBreaker) -> Option<(u32, u32)> {
    use ServiceDeploymentRollbackMonitorsStatus::{Monitoring, Triggered};
    matches!(raw.status(), Some(Monitoring | Triggered)).then(|| (count(raw.failure_count), count(raw.threshold)))
}

fn revision(
    summary: Option<&types::ServiceRevisionSummary>,
    revisions: &BTreeMap<&str, &types::ServiceRevision>,
) -> Revision {
    let described = summary.and_then(|it| it.arn()).and_then(|it| revisions.get(it));
    Revision {
        arn: arn(summary.and_then(|it| it.arn())),
        task_definition: described.and_then(|it| it.task_definition()).map(Arn::new),
        images: described.map_or_else(Vec::new, |it| it.container_images().iter().map(image).collect()),
        launch: described
            .map_or_else(SafeText::default, |it| launch(it.capacity_provider_strategy(), it.launch_type())),
        providers: described.map_or_else(Vec::new, |it| it.capacity_provider_strategy().iter().map(share).collect()),
        requested: count(summary.map(|it| it.requested_task_count)),
        running: count(summary.map(|it| it.running_task_count)),
        pending: count(summary.map(|it| it.pending_task_count)),
    }
}

fn image(raw: &types::ContainerImage) -> RevisionImage {
    RevisionImage {
        container: text(raw.container_name()),
        image: text(raw.image()),
        digest: some_text(raw.image_digest()),
    }
}

fn status(raw: Option<&ServiceDeploymentStatus>) -> DeploymentStatus {
    match raw {
        Some(ServiceDeploymentStatus::Pending) => DeploymentStatus::Pending,
        Some(ServiceDeploymentStatus::InProgress) => DeploymentStatus::InProgress,
        Some(ServiceDeploymentStatus::Successful) => DeploymentStatus::Successful,
        Some(ServiceDeploymentStatus::StopRequested) => DeploymentStatus::StopRequested,
        Some(ServiceDeploymentStatus::Stopped) => DeploymentStatus::Stopped,
        Some(ServiceDeploymentStatus::RollbackRequested) => DeploymentStatus::RollbackRequested,
        Some(ServiceDeploymentStatus::RollbackInProgress) => DeploymentStatus::RollbackInProgress,
        Some(ServiceDeploymentStatus::RollbackSuccessful) => DeploymentStatus::RollbackSuccessful,
        Some(ServiceDeploymentStatus::RollbackFailed) => DeploymentStatus::RollbackFailed,
        other => DeploymentStatus::Other(text(other.map(ServiceDeploymentStatus::as_str))),
    }
}
