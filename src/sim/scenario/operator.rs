//! What an operator does in a scenario: requests that go the way of any client's, but are never refused for what
//! scenarios do to clients.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{
    route,
    world::{Place, World},
};

/// What an operator does.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Registers the service's task definition with another image, and updates the service to it.
    Deploy { cluster: String, service: String, image: String },
    /// One call, with its input as it stands on the wire.
    Call { api: Api, operation: String, input: Value },
}

/// A service that is called in awsJson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Ecs,
    ApplicationAutoScaling,
}

impl Api {
    /// The prefix of `x-amz-target`, and the name that requests are signed for.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ecs => ("AmazonEC2ContainerServiceV20141113", "ecs"),
            Self::ApplicationAutoScaling => ("AnyScaleFrontendService", "application-autoscaling"),
        }
    }
}

/// Members of a described task definition that its registration does not take.
const NOT_REGISTERED: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "tags",
];

/// Brings `image` (`repository:tag`) out, as the operators do: the definition that runs, with another tag.
pub fn deploy(world: &mut World, place: &Place, service: (&str, &str), image: &str) -> Result<(), String> {
    let (cluster, service) = service;
    let mut ecs = |operation, input: Value| call(world, place, Api::Ecs, operation, &input);
    let described = ecs("DescribeServices", json!({ "cluster": cluster, "services": [service] }))?;
    let running = &described["services"][0]["taskDefinition"];
    if running.is_null() {
        return Err(format!("no service {cluster}/{service} in {place}"));
    }
    let mut described = ecs("DescribeTaskDefinition", json!({ "taskDefinition": running }))?;
    let definition = &mut described["taskDefinition"];
    if let Some(members) = definition.as_object_mut() {
        members.retain(|name, _| !NOT_REGISTERED.contains(&name.as_str()));
    }
    let containers = definition["containerDefinitions"].as_array_mut().into_iter().flatten();
    let replaced = containers.filter_map(|container| replace(container, image)).count();
    if replaced == 0 {
        return Err(format!("no container of {cluster}/{service} runs another tag of {image}"));
    }
    let registered = ecs("RegisterTaskDefinition", definition.take())?;
    let arn = &registered["taskDefinition"]["taskDefinitionArn"];
    ecs("UpdateService", json!({ "cluster": cluster, "service": service, "taskDefinition": arn }))?;
    Ok(())
}

/// Gives a container that runs the repository of `image` that image, from the same registry.
fn replace(container: &mut Value, image: &str) -> Option<()> {
    let (repository, tag) = image.rsplit_once(':')?;
    let running = container["image"].as_str()?;
    let (running, _) = running.rsplit_once(':').unwrap_or((running, ""));
    let registry = running.strip_suffix(repository).filter(|rest| rest.is_empty() || rest.ends_with('/'))?;
    container["image"] = format!("{registry}{repository}:{tag}").into();
    Some(())
}

/// Sends one request; the answer's body, or the error's code and message.
pub fn call(world: &mut World, place: &Place, api: Api, operation: &str, input: &Value) -> Result<Value, String> {
    let (target, signed_for) = api.names();
    let Place { account, region } = place;
    let scope = format!("SIM{account}/20260101/{region}/{signed_for}/aws4_request");
    let request = http::Request::post("/")
        .header("x-amz-target", format!("{target}.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
        .body(Bytes::from(input.to_string()))
        .map_err(|error| format!("{operation} in {place}: {error}"))?;
    let response = route::answer_scenario(world, &request);
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if response.status().is_success() { Ok(body) } else { Err(format!("{operation} in {place} was refused: {body}")) }
}
