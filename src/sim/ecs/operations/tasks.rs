//! Listing, describing and stopping tasks.

use super::super::{
    super::{
        wire::{call::Reply, error::ApiError, input::Input, value::shape},
        world::{Region, Tick},
    },
    State, Surroundings,
    launch::Launch,
    lifecycle,
    service::Service,
    shapes,
    task::{Stop, Task},
};
use super::{cluster, includes, invalid, missing, named, paged, service_arn};

pub fn list(state: &State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let (cluster, _) = cluster(state, input)?;
    let (family, launch_type) = (input.text("family")?, input.text("launchType")?);
    let (started_by, service_name) = (input.text("startedBy")?, input.text("serviceName")?);
    let desired = input.text("desiredStatus")?;
    if started_by.is_some() && (family.is_some() || service_name.is_some() || input.has("containerInstance")) {
        return Err(invalid("startedBy must be the only filter."));
    }
    if desired.is_some_and(|it| !["RUNNING", "PENDING", "STOPPED"].contains(&it)) {
        return Err(invalid("desiredStatus must be RUNNING, PENDING or STOPPED."));
    }
    let only = match service_name {
        None => None,
        Some(name) => Some(
            service_arn(state, cluster, name)
                .ok_or_else(|| ApiError::bad_request("ServiceNotFoundException", "Service not found."))?,
        ),
    };
    let wanted = |service: &&Service, task: &&Task| {
        // No task ever has the desired status PENDING.
        task.alive() == (desired != Some("STOPPED"))
            && desired != Some("PENDING")
            && started_by.is_none_or(|id| task.deployment == id)
            && family.is_none_or(|family| family_of(task) == family)
            && launch_type.is_none_or(|it| it == "FARGATE" && service.launch == Launch::Fargate)
    };
    let services = state.services.values().filter(|it| it.cluster == cluster && only.is_none_or(|arn| it.arn == arn));
    let arns = services
        .flat_map(|service| service.tasks.iter().filter(move |task| wanted(&service, task)))
        .map(|task| shapes::task_arn(cluster, task, tick.place))
        .collect();
    // A task runs on Fargate here: none has a container instance.
    paged(input, if input.has("containerInstance") { Vec::new() } else { arns }, "ecs.ListTasks", "taskArns", 100)
}

pub fn describe(state: &State, input: Input<'_>, tick: &Tick<'_>) -> Reply {
    let (cluster, _) = cluster(state, input)?;
    let asked = named(input, "tasks", 100)?;
    let tagged = includes(input, "TAGS")?;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for name in asked {
        match find(state, cluster, &name) {
            Some((service, task)) => tasks.push(shapes::task(service, task, tagged, tick.place)),
            None if name.starts_with("arn:") => failures.push(missing(&name)),
            None => failures.push(missing(&tick.place.arn("ecs", format_args!("task/{cluster}/{name}")))),
        }
    }
    Ok(shape! { "tasks" => tasks, "failures" => failures })
}

pub fn stop(region: &mut Region, input: Input<'_>, tick: &mut Tick<'_>) -> Reply {
    let Region { ecs: state, ecr, elb, ec2, .. } = region;
    let (cluster, _) = cluster(state, input)?;
    let asked = input.text("task")?.ok_or_else(|| invalid("Task identifier is empty."))?;
    let reason = input.text("reason")?.unwrap_or("Task stopped by user");
    let found = find(state, cluster, asked).map(|(service, task)| (service.arn.clone(), task.id.clone()));
    let not_found = || invalid("The referenced task was not found.");
    let (arn, id) = found.ok_or_else(not_found)?;
    let State { services, definitions, images, shortage, due, .. } = state;
    let addresses = &mut ec2.addresses;
    let around = &mut Surroundings { definitions, images, ecr, addresses, elb, shortage, tick };
    let service = services.get_mut(&arn).ok_or_else(not_found)?;
    let targeted = service.binding.is_some();
    let at = service.tasks.iter().position(|task| task.id == id).ok_or_else(not_found)?;
    let stop = Stop { code: "UserInitiated", reason: reason.to_owned() };
    lifecycle::stop(&mut service.tasks[at], stop, targeted, around);
    service.wake(around.tick.now);
    *due = around.tick.now;
    Ok(shape! { "task" => shapes::task(service, &service.tasks[at], false, around.tick.place) })
}

/// The task that `asked` (an id or an ARN) means in `cluster`.
fn find<'a>(state: &'a State, cluster: &str, asked: &str) -> Option<(&'a Service, &'a Task)> {
    let id = asked.rsplit('/').next().unwrap_or(asked);
    let here = state.services.values().filter(|service| service.cluster == cluster);
    here.flat_map(|service| service.tasks.iter().map(move |task| (service, task))).find(|(_, task)| task.id == id)
}

fn family_of(task: &Task) -> &str {
    let name = task.definition.rsplit('/').next().unwrap_or_default();
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}
