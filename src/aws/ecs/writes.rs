//! Changing services: UpdateService, RegisterTaskDefinition, StopServiceDeployment, StopTask.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_ecs::{
    Client,
    operation::update_service::UpdateServiceOutput,
    types::{CapacityProviderStrategyItem, Service, StopServiceDeploymentStopType},
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_types::request_id::RequestId;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    super::{
        certainty,
        values::{arn, count, some_text},
    },
    definitions,
};
use crate::domain::{
    fault::{Fault, FaultKind},
    id::Arn,
    text::SafeText,
    write::{ProviderShare, ServiceChange, WriteAnswer, WriteOutcome, Written},
};

const REGISTER: &str = "ecs:RegisterTaskDefinition";

/// What was answered, with the request's id.
fn done(id: &impl RequestId, answer: WriteAnswer) -> WriteOutcome {
    WriteOutcome::Done(Written { request_id: id.request_id().map(SafeText::new), answer })
}

pub async fn update_service(
    client: &Client,
    cluster: &Arn,
    service: &Arn,
    change: &ServiceChange,
    now: Timestamp,
) -> WriteOutcome {
    let call = client
        .update_service()
        .cluster(cluster.wire())
        .service(service.wire())
        .set_task_definition(change.task_definition.as_ref().map(|it| it.wire().to_owned()))
        .set_desired_count(change.desired.map(|it| i32::try_from(it).unwrap_or(i32::MAX)))
        .set_force_new_deployment(change.force.then_some(true))
        .set_capacity_provider_strategy(change.providers.as_ref().map(|it| it.iter().filter_map(share).collect()));
    match call.send().await {
        Ok(output) => done(&output, updated(&output)),
        Err(error) => certainty::of("ecs:UpdateService", &error, now),
    }
}

fn share(wanted: &ProviderShare) -> Option<CapacityProviderStrategyItem> {
    let number = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let item = CapacityProviderStrategyItem::builder().capacity_provider(wanted.provider.as_ref());
    // Fails for want of a provider only, which it has.
    item.weight(number(wanted.weight)).base(number(wanted.base)).build().ok()
}

fn updated(output: &UpdateServiceOutput) -> WriteAnswer {
    let service = output.service();
    let deployments = service.map(Service::deployments).unwrap_or_default();
    WriteAnswer::Service {
        task_definition: arn(service.and_then(|it| it.task_definition())),
        desired: count(service.map(|it| it.desired_count)),
        primary: deployments.iter().find(|it| it.status() == Some("PRIMARY")).and_then(|it| some_text(it.id())),
        deployment: service.and_then(|it| it.current_service_deployment()).map(Arn::new),
    }
}

pub async fn stop_deployment(client: &Client, deployment: &Arn, now: Timestamp) -> WriteOutcome {
    let call = client
        .stop_service_deployment()
        .service_deployment_arn(deployment.wire())
        .stop_type(StopServiceDeploymentStopType::Rollback);
    match call.send().await {
        Ok(output) => {
            let stopped = output.service_deployment_arn().map_or_else(|| deployment.clone(), Arn::new);
            done(&output, WriteAnswer::Deployment { arn: stopped })
        }
        Err(error) => certainty::of("ecs:StopServiceDeployment", &error, now),
    }
}

pub async fn stop_task(client: &Client, cluster: &Arn, task: &Arn, reason: &str, now: Timestamp) -> WriteOutcome {
    let call = client.stop_task().cluster(cluster.wire()).task(task.wire()).reason(reason);
    match call.send().await {
        Ok(output) => done(&output, WriteAnswer::Task { arn: task.clone() }),
        Err(error) => certainty::of("ecs:StopTask", &error, now),
    }
}

/// Registers a copy of `source` with other images. The copy is made of what AWS described, byte for byte but for the
/// images: fields newer than the SDK would be lost on the way through its types. `reader` may retry, `writer` may not.
pub async fn register(
    reader: &Client,
    writer: &Client,
    source: &Arn,
    images: &BTreeMap<Arc<str>, Arc<str>>,
    now: Timestamp,
) -> WriteOutcome {
    let copied = match definitions::document(reader, source, now).await {
        Ok(document) => document.registration(),
        Err(fault) => return WriteOutcome::Refused(fault),
    };
    let body = match with_images(copied, images, now) {
        Ok(body) => Value::Object(body).to_string(),
        Err(fault) => return WriteOutcome::Refused(fault),
    };
    let call = writer.register_task_definition().customize().mutate_request(move |request| replace(request, &body));
    match call.send().await {
        Ok(output) => {
            let registered = arn(output.task_definition().and_then(|it| it.task_definition_arn()));
            done(&output, WriteAnswer::TaskDefinition { arn: registered })
        }
        Err(error) => certainty::of(REGISTER, &error, now),
    }
}

/// Puts `body` in the place of the request's own, before it is signed.
fn replace(request: &mut HttpRequest, body: &str) {
    *request.body_mut() = SdkBody::from(body);
    request.headers_mut().insert("content-length", body.len().to_string());
}

/// The registration with these images. A container that is not there is refused: its image would be lost unseen.
fn with_images(
    mut registration: Map<String, Value>,
    images: &BTreeMap<Arc<str>, Arc<str>>,
    now: Timestamp,
) -> Result<Map<String, Value>, Fault> {
    let mut containers = registration.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    for (name, image) in images {
        let mut all = containers.iter_mut().flat_map(|it| it.iter_mut());
        let found = all.find(|it| it["name"].as_str() == Some(name));
        let container = found.ok_or_else(|| Fault {
            kind: FaultKind::Missing,
            operation: REGISTER.into(),
            code: "NoSuchContainer".into(),
            message: format!("the task definition has no container {name:?}").into(),
            request_id: None,
            at: now,
        })?;
        container["image"] = Value::from(image.as_ref());
    }
    Ok(registration)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_goes_to_its_container_and_no_other() {
        let Value::Object(registration) = json!({
            "family": "web",
            "containerDefinitions": [{ "name": "app", "image": "a:1" }, { "name": "proxy", "image": "p:1" }],
        }) else {
            unreachable!()
        };
        let with = |name: &str| {
            let images = BTreeMap::from([(name.into(), "p:2".into())]);
            with_images(registration.clone(), &images, Timestamp::UNIX_EPOCH)
        };
        let changed = with("proxy").unwrap();
        let containers = json!([{ "name": "app", "image": "a:1" }, { "name": "proxy", "image": "p:2" }]);
        assert_eq!(changed["containerDefinitions"], containers);
        assert_eq!(with("sidecar").unwrap_err().kind, FaultKind::Missing);
    }
}
