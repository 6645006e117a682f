//! The operations of ECS, and how they find what they are asked about.

mod clusters;
mod definitions;
mod deployments;
mod services;
mod tasks;
mod update;

use super::super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        page::{self, Page, Rule},
        value::{Value, shape},
    },
    world::{Tick, World},
};
use super::{Cluster, State, service::Service};

/// The operations of ECS; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let World { now, random, regions, .. } = world;
    let region = regions.entry(call.place.clone()).or_default();
    let state = &mut region.ecs;
    let tick = &mut Tick { now: *now, place: &call.place, random };
    let input = call.input;
    Some(match call.operation {
        "ListClusters" => clusters::list(state, input),
        "DescribeClusters" => clusters::describe(state, input, tick),
        "DescribeCapacityProviders" => clusters::capacity_providers(input, tick),
        "ListTagsForResource" => clusters::tags(state, input),
        "ListContainerInstances" => clusters::list_container_instances(state, input),
        "DescribeContainerInstances" => clusters::describe_container_instances(state, input, tick),
        "ListServices" => services::list(state, input),
        "DescribeServices" => services::describe(state, input, tick),
        "UpdateService" => update::update(state, input, tick),
        "ListTasks" => tasks::list(state, input, tick),
        "DescribeTasks" => tasks::describe(state, input, tick),
        "StopTask" => tasks::stop(region, input, tick),
        "ListTaskDefinitions" => definitions::list(state, input),
        "DescribeTaskDefinition" => definitions::describe(state, input),
        "RegisterTaskDefinition" => definitions::register(state, input, tick),
        "DeregisterTaskDefinition" => definitions::deregister(state, input, tick),
        "ListServiceDeployments" => deployments::list(state, input),
        "DescribeServiceDeployments" => deployments::describe(state, input),
        "DescribeServiceRevisions" => deployments::revisions(state, input),
        "StopServiceDeployment" => deployments::stop(state, input, tick),
        _ => return None,
    })
}

/// The cluster that `cluster` names (a name or an ARN; `default` where it is not given), with its name.
fn cluster<'a>(state: &'a State, input: Input<'_>) -> Result<(&'a str, &'a Cluster), ApiError> {
    let name = input.text("cluster")?.unwrap_or("default");
    let name = name.split_once(":cluster/").map_or(name, |(_, name)| name);
    let found = state.clusters.get_key_value(name).map(|(name, cluster)| (name.as_str(), cluster));
    found.ok_or_else(|| ApiError::bad_request("ClusterNotFoundException", "Cluster not found."))
}

/// The ARN of the service that `asked` names in `cluster`: its name, its ARN, or the short ARN without the cluster.
fn service_arn<'a>(state: &'a State, cluster: &str, asked: &str) -> Option<&'a str> {
    let name = asked.rsplit('/').next().unwrap_or(asked);
    let mut services = state.services.values();
    let found = services.find(|service| service.cluster == cluster && service.name == name)?;
    (!asked.starts_with("arn:") || asked == found.arn || asked.ends_with(&format!(":service/{name}")))
        .then_some(found.arn.as_str())
}

/// The service that the required parameter `name` means.
fn service<'a>(state: &'a State, input: Input<'_>, name: &str) -> Result<&'a Service, ApiError> {
    let (cluster, _) = cluster(state, input)?;
    let asked = input.text(name)?.ok_or_else(|| invalid("Service name cannot be null or empty."))?;
    let found = service_arn(state, cluster, asked).and_then(|arn| state.services.get(arn));
    found.ok_or_else(|| ApiError::bad_request("ServiceNotFoundException", "Service not found."))
}

/// The names of a list that must have between 1 and `most` elements.
fn named(input: Input<'_>, list: &str, most: usize) -> Result<Vec<String>, ApiError> {
    let names = input.texts(list)?;
    match names.len() {
        0 => Err(invalid(&format!("{list} cannot be empty."))),
        count if count > most => Err(invalid(&format!("{list} can have at most {most} items."))),
        _ => Ok(names),
    }
}

/// One page of ARNs under `member`.
fn paged(input: Input<'_>, arns: Vec<String>, listing: &'static str, member: &str, default: usize) -> Reply {
    let Page { items, next } = turn(input, arns, listing, default, Clone::clone)?;
    Ok(shape! { member => items, "nextToken" => next })
}

/// The page that `nextToken` and `maxResults` (1 to 100) ask for.
fn turn<T>(
    input: Input<'_>,
    items: Vec<T>,
    listing: &'static str,
    default: usize,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, ApiError> {
    let rule = Rule {
        listing,
        size_name: "maxResults",
        default,
        min: 1,
        max: 100,
        bad_size: "InvalidParameterException",
        bad_token: "InvalidParameterException",
    };
    page::page(items, input.text("nextToken")?, input.int("maxResults")?, &rule, key)
}

/// What stands in `failures` for something that was asked for and is not there.
fn missing(arn: &str) -> Value {
    shape! { "arn" => arn, "reason" => "MISSING" }
}

/// Whether `include` has `what`.
fn includes(input: Input<'_>, what: &str) -> Result<bool, ApiError> {
    Ok(input.texts("include")?.iter().any(|it| it == what))
}

fn invalid(message: &str) -> ApiError {
    ApiError::bad_request("InvalidParameterException", message)
}
