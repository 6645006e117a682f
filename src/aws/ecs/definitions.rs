//! Task definitions (DescribeTaskDefinition, ListTaskDefinitions).

use aws_sdk_ecs::{
    Client,
    types::{CpuArchitecture, SortOrder, TaskDefinitionStatus},
};
use jiff::Timestamp;

use super::super::{
    body,
    capture::Capture,
    fault,
    values::{arn, count, text, time},
};
use crate::domain::{
    definition::{DefinedContainer, Definition, fields},
    fault::{Fault, FaultKind},
    id::Arn,
};

const OPERATION: &str = "ecs:DescribeTaskDefinition";

/// The revision with this ARN; ECS also takes a family, which means its newest ACTIVE revision.
pub async fn definition(client: &Client, wanted: &Arn, now: Timestamp) -> Result<Definition, Fault> {
    let capture = Capture::default();
    let call = client.describe_task_definition().task_definition(wanted.wire());
    let output = call
        .customize()
        .interceptor(capture.clone())
        .send()
        .await
        .map_err(|error| fault::of(OPERATION, &error, now))?;
    let garbled = || Fault {
        kind: FaultKind::Garbled,
        operation: OPERATION.into(),
        code: "HTTP 200".into(),
        message: "the answer holds no task definition".into(),
        request_id: None,
        at: now,
    };
    let found = output.task_definition().ok_or_else(garbled)?;
    // All fields are told of, those the SDK does not know included: they come from the body itself.
    let document = body::json(&capture.body()).ok_or_else(garbled)?;
    let containers = found.container_definitions().iter().map(|it| DefinedContainer {
        name: text(it.name()),
        image: text(it.image()),
        essential: it.essential.unwrap_or(true),
    });
    let architecture = found.runtime_platform().and_then(|it| it.cpu_architecture());
    Ok(Definition {
        arn: arn(found.task_definition_arn()),
        family: text(found.family()),
        revision: count(found.revision),
        active: found.status() != Some(&TaskDefinitionStatus::Inactive),
        registered_at: time(found.registered_at()),
        architecture: text(Some(architecture.unwrap_or(&CpuArchitecture::X8664).as_str())),
        containers: containers.collect(),
        fields: fields(&document["taskDefinition"]),
    })
}

/// ARNs of the newest 100 ACTIVE revisions of a family, newest first.
pub async fn revisions(client: &Client, family: &str, now: Timestamp) -> Result<Vec<Arn>, Fault> {
    let call = client
        .list_task_definitions()
        // The whole name of a family, in spite of the parameter's own.
        .family_prefix(family)
        .status(TaskDefinitionStatus::Active)
        .sort(SortOrder::Desc)
        .max_results(100);
    let output = call.send().await.map_err(|error| fault::of("ecs:ListTaskDefinitions", &error, now))?;
    Ok(output.task_definition_arns().iter().map(|it| Arn::new(it)).collect())
}
