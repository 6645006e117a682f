//! Clusters, capacity providers and tags.

use super::super::{
    super::{
        wire::{
            call::Reply,
            input::Input,
            value::{Value, shape},
        },
        world::Tick,
    },
    State, shapes,
};
use super::{cluster, includes, invalid, missing, named, paged};

/// The providers that every account has for Fargate.
const FARGATE_PROVIDERS: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

pub fn list(state: &State, input: Input<'_>) -> Reply {
    let arns = state.clusters.values().map(|cluster| cluster.arn.clone()).collect();
    paged(input, arns, "ecs.ListClusters", "clusterArns", 100)
}

pub fn describe(state: &State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let mut asked = input.texts("clusters")?;
    if asked.len() > 100 {
        return Err(invalid("clusters can have at most 100 items."));
    }
    if asked.is_empty() {
        asked.push("default".to_owned());
    }
    let settings = includes(input, "SETTINGS")?;
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for name in asked {
        let short = name.split_once(":cluster/").map_or(name.as_str(), |(_, name)| name);
        match state.clusters.get(short) {
            Some(cluster) => clusters.push(shapes::cluster(state, short, cluster, settings)),
            None => failures.push(missing(&tick.place.arn("ecs", format_args!("cluster/{short}")))),
        }
    }
    Ok(shape! { "clusters" => clusters, "failures" => failures })
}

pub fn capacity_providers(input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let asked = input.texts("capacityProviders")?;
    if let Some(size) = input.int("maxResults")?.filter(|size| !(1..=10).contains(size)) {
        return Err(invalid(&format!("maxResults must be between 1 and 10, not {size}.")));
    }
    let arn = |name: &str| tick.place.arn("ecs", format_args!("capacity-provider/{name}"));
    let provider = |name: &&str| {
        shape! { "capacityProviderArn" => arn(name), "name" => *name, "status" => "ACTIVE", "tags" => Value::List(Vec::new()) }
    };
    let means = |asked: &str, name: &str| asked == name || asked == arn(name);
    let wanted = |name: &&&str| asked.is_empty() || asked.iter().any(|it| means(it, name));
    let failures = asked.iter().filter(|it| !FARGATE_PROVIDERS.iter().any(|name| means(it, name)));
    Ok(shape! {
        "capacityProviders" => Value::list(FARGATE_PROVIDERS.iter().filter(wanted).map(provider)),
        "failures" => Value::list(failures.map(|name| missing(name))),
    })
}

/// Instances that joined a cluster: none, since every cluster here is on Fargate.
pub fn list_container_instances(state: &State, input: Input<'_>) -> Reply {
    cluster(state, input)?;
    paged(input, Vec::new(), "ecs.ListContainerInstances", "containerInstanceArns", 100)
}

pub fn describe_container_instances(state: &State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let (cluster, _) = cluster(state, input)?;
    let asked = named(input, "containerInstances", 100)?;
    let arn = |id: &String| tick.place.arn("ecs", format_args!("container-instance/{cluster}/{id}"));
    let failures = asked.iter().map(|id| missing(&if id.starts_with("arn:") { id.clone() } else { arn(id) }));
    Ok(shape! { "containerInstances" => Value::List(Vec::new()), "failures" => Value::list(failures) })
}

/// The tags of a task definition; services and clusters of this world have none.
pub fn tags(state: &State, input: Input<'_>) -> Reply {
    let arn = input.text("resourceArn")?.ok_or_else(|| invalid("resourceArn is required."))?;
    let known = state.services.contains_key(arn) || state.clusters.values().any(|cluster| cluster.arn == arn);
    match state.definitions.find(arn) {
        Some(definition) => Ok(shape! { "tags" => shapes::tags(&definition.tags) }),
        None if known => Ok(shape! { "tags" => Value::List(Vec::new()) }),
        None => Err(invalid("The specified resource was not found. Specify a valid ARN and try again.")),
    }
}
