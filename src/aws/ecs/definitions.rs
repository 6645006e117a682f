//! Task definitions (DescribeTaskDefinition, ListTaskDefinitions).

use aws_sdk_ecs::{
    Client,
    types::{CpuArchitecture, SortOrder, TaskDefinition, TaskDefinitionField, TaskDefinitionStatus},
};
use jiff::Timestamp;
use serde_json::{Map, Value};

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

const DESCRIBE: &str = "ecs:DescribeTaskDefinition";

/// Members of a described definition that are not registered: AWS makes them up.
const MADE_UP: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// A definition as AWS wrote it, with whatever this console and the SDK have no word for.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// `taskDefinition`.
    described: Value,
    /// `tags`; null where it has none.
    tags: Value,
}

impl Document {
    /// What a registration of the same would say: all but what AWS makes up.
    pub fn registration(self) -> Map<String, Value> {
        let Value::Object(mut members) = self.described else { return Map::new() };
        members.retain(|name, value| !MADE_UP.contains(&name.as_str()) && !value.is_null());
        if self.tags.as_array().is_some_and(|tags| !tags.is_empty()) {
            members.insert("tags".to_owned(), self.tags);
        }
        members
    }
}

/// The definition as AWS wrote it.
pub async fn document(client: &Client, wanted: &Arn, now: Timestamp) -> Result<Document, Fault> {
    let (_, mut answer) = describe(client, wanted, now).await?;
    Ok(Document { described: answer["taskDefinition"].take(), tags: answer["tags"].take() })
}

/// The revision with this ARN; ECS also takes a family, which means its newest ACTIVE revision.
pub async fn definition(client: &Client, wanted: &Arn, now: Timestamp) -> Result<Definition, Fault> {
    let (found, answer) = describe(client, wanted, now).await?;
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
        // All fields are told of, those the SDK does not know included: they come from the body itself.
        fields: fields(&answer["taskDefinition"]),
    })
}

/// The definition as the SDK reads it, and the whole answer as it came.
async fn describe(client: &Client, wanted: &Arn, now: Timestamp) -> Result<(TaskDefinition, Value), Fault> {
    let capture = Capture::default();
    let call = client.describe_task_definition().task_definition(wanted.wire()).include(TaskDefinitionField::Tags);
    let output = match call.customize().interceptor(capture.clone()).send().await {
        Ok(output) => output,
        Err(error) => {
            let mut fault = fault::of(DESCRIBE, &error, now);
            if fault.code.as_str() == "ClientException" {
                // "Unable to describe task definition.": ECS has no other code for one that is not there.
                fault.kind = FaultKind::Missing;
            }
            return Err(fault);
        }
    };
    let garbled = || Fault {
        kind: FaultKind::Garbled,
        operation: DESCRIBE.into(),
        code: "HTTP 200".into(),
        message: "the answer holds no task definition".into(),
        request_id: None,
        at: now,
    };
    let found = output.task_definition.ok_or_else(garbled)?;
    Ok((found, body::json(&capture.body()).ok_or_else(garbled)?))
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
