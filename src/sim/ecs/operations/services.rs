//! Listing and describing services.

use super::super::{
    super::{
        wire::{call::Reply, input::Input, value::shape},
        world::Tick,
    },
    State,
    launch::Launch,
    shapes,
};
use super::{cluster, includes, missing, named, paged, service_arn};

pub fn list(state: &State, input: Input<'_>) -> Reply {
    let (cluster, _) = cluster(state, input)?;
    let (launch_type, scheduling) = (input.text("launchType")?, input.text("schedulingStrategy")?);
    let launched = |launch: &Launch| launch_type.is_none_or(|it| it == "FARGATE" && *launch == Launch::Fargate);
    let chosen = state.services.values().filter(|service| {
        service.cluster == cluster && launched(&service.launch) && scheduling.is_none_or(|it| it == "REPLICA")
    });
    let arns = chosen.map(|service| service.arn.clone()).collect();
    paged(input, arns, "ecs.ListServices", "serviceArns", 10)
}

pub fn describe(state: &State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let (cluster, _) = cluster(state, input)?;
    let asked = named(input, "services", 10)?;
    let tagged = includes(input, "TAGS")?;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for name in asked {
        match service_arn(state, cluster, &name).and_then(|arn| state.services.get(arn)) {
            Some(service) => services.push(shapes::service(service, tagged, tick.place)),
            None if name.starts_with("arn:") => failures.push(missing(&name)),
            None => failures.push(missing(&tick.place.arn("ecs", format_args!("service/{cluster}/{name}")))),
        }
    }
    Ok(shape! { "services" => services, "failures" => failures })
}
