//! Service deployments and service revisions.

use super::super::{
    super::wire::value::{Value, shape},
    record::{BreakerWatch, ContainerImage, Revision, ServiceDeployment, Tally},
    service::Service,
};
use super::{configuration, launch, load_balancers, network, nothing};

pub fn service_deployment_brief(service: &Service, record: &ServiceDeployment) -> Value {
    shape! {
        "serviceDeploymentArn" => &record.arn,
        "serviceArn" => &service.arn,
        "clusterArn" => cluster_arn(service),
        "startedAt" => record.started_at,
        "createdAt" => record.created_at,
        "finishedAt" => record.finished_at,
        "targetServiceRevisionArn" => &record.target.0,
        "status" => record.status.wire(),
        "statusReason" => record.status_reason,
    }
}

pub fn service_deployment(service: &Service, record: &ServiceDeployment) -> Value {
    let rollback = record.rollback.as_ref().map(|rollback| {
        shape! {
            "reason" => rollback.reason,
            "startedAt" => rollback.started_at,
            "serviceRevisionArn" => &rollback.revision,
        }
    });
    let BreakerWatch { status, failures, threshold } = record.breaker;
    shape! {
        "serviceDeploymentArn" => &record.arn,
        "serviceArn" => &service.arn,
        "clusterArn" => cluster_arn(service),
        "createdAt" => record.created_at,
        "startedAt" => record.started_at,
        "finishedAt" => record.finished_at,
        "stoppedAt" => record.stopped_at,
        "updatedAt" => record.updated_at,
        "sourceServiceRevisions" => Value::list(record.sources.iter().map(|(arn, tally)| revision(arn, *tally))),
        "targetServiceRevision" => revision(&record.target.0, record.target.1),
        "status" => record.status.wire(),
        "statusReason" => record.status_reason,
        "lifecycleStage" => record.status.ongoing().then_some(record.stage),
        "deploymentConfiguration" => configuration(record.configuration),
        "rollback" => rollback,
        "deploymentCircuitBreaker" => shape! {
            "status" => status, "failureCount" => failures, "threshold" => threshold,
        },
        "alarms" => shape! {
            "status" => "DISABLED", "alarmNames" => nothing(), "triggeredAlarmNames" => nothing(),
        },
    }
}

fn revision(arn: &str, tally: Tally) -> Value {
    shape! {
        "arn" => arn,
        "requestedTaskCount" => tally.requested,
        "runningTaskCount" => tally.running,
        "pendingTaskCount" => tally.pending,
    }
}

pub fn service_revision(service: &Service, revision: &Revision) -> Value {
    let (launch_type, strategy) = launch(&revision.launch);
    let image = |it: &ContainerImage| {
        shape! { "containerName" => &it.container, "imageDigest" => it.digest.as_ref(), "image" => &it.image }
    };
    shape! {
        "serviceRevisionArn" => &revision.arn,
        "serviceArn" => &service.arn,
        "clusterArn" => cluster_arn(service),
        "taskDefinition" => &revision.task_definition,
        "capacityProviderStrategy" => strategy,
        "launchType" => launch_type,
        "platformVersion" => "1.4.0",
        "platformFamily" => "Linux",
        "loadBalancers" => load_balancers(service),
        "networkConfiguration" => network(service),
        "containerImages" => Value::list(revision.images.iter().map(image)),
        "guardDutyEnabled" => false,
        "createdAt" => revision.created_at,
    }
}

/// The service's ARN up to its name, as its cluster's ARN.
fn cluster_arn(service: &Service) -> String {
    let prefix = service.arn.split_once(":service/").map_or("", |(prefix, _)| prefix);
    format!("{prefix}:cluster/{}", service.cluster)
}
