//! The past of a seeded service: its earlier revisions and deployments, tasks that have run for days, old events.

use jiff::SignedDuration;

use super::super::super::{
    ecr,
    wire::{
        input::Input,
        value::{Value, shape},
    },
    world::Tick,
};
use super::super::{
    State, Surroundings,
    deployment::{Deployment, Rollout},
    events::Standing,
    launch_task,
    record::{Status, Tally},
    rollout,
    scheduler::listed,
    service::{Good, Service},
    task::Phase,
};
use super::{ContainerSpec, ServiceSpec};

const DAY: f64 = 86_400.0;
/// Seconds since the service was created: half a year.
pub const AGE: f64 = 183.0 * DAY;
/// Days since the deployments that are on record, oldest first; the last one brought out what runs.
const DEPLOYED: [f64; 4] = [26.3, 17.6, 9.1, 3.4];
/// Seconds that a deployment took.
const ROLLOUT: f64 = 214.0;
/// Seconds from the push of an image to the registration of the definition that runs it.
const BUILD: f64 = 420.0;
/// Seconds between two reports of a steady state.
const STEADY: f64 = 6.0 * 3600.0;

/// The tick as it was `ago` seconds before.
fn earlier<'a>(tick: &'a mut Tick<'_>, ago: f64) -> Tick<'a> {
    Tick { now: tick.after(-ago), place: tick.place, random: &mut *tick.random }
}

/// Registers every revision of the family that is not there yet, each with its image pushed before; returns the ARNs,
/// oldest first.
pub fn definitions(state: &mut State, ecr: &mut ecr::State, tick: &mut Tick<'_>, spec: &ServiceSpec) -> Vec<String> {
    let mut arns = Vec::new();
    for revision in 1..=spec.revision {
        let reference = format!("{}:{revision}", spec.family);
        if let Some(found) = state.definitions.find(&reference) {
            arns.push(found.arn.clone());
            continue;
        }
        let back = spec.revision - revision;
        let request = request(spec, back, tick);
        // Ten minutes before its deployment; older ones weekly before that.
        let on_record = DEPLOYED.iter().rev().nth(back as usize).copied();
        let days = on_record.unwrap_or(DEPLOYED[0] + 7.0 * (f64::from(back) - 3.0));
        let then = earlier(tick, (days * DAY + 600.0).min(AGE));
        if let Ok(definition) = state.definitions.register(Input(&request), &then) {
            for container in &definition.containers {
                ecr::seed::release(ecr, &container.image, then.after(-BUILD));
            }
            arns.push(definition.arn.clone());
        }
    }
    arns
}

/// The request that registered the revision `back` before the present one.
fn request(spec: &ServiceSpec, back: u32, tick: &Tick<'_>) -> Value {
    let role = |name: &str| format!("arn:aws:iam::{}:role/{name}", tick.place.account);
    shape! {
        "family" => spec.family,
        "taskRoleArn" => role(&format!("{}-task", spec.family)),
        "executionRoleArn" => role("ecsTaskExecutionRole"),
        "networkMode" => "awsvpc",
        "containerDefinitions" => Value::list(spec.containers.iter().map(|it| container(it, back, tick))),
        "requiresCompatibilities" => Value::list(["FARGATE"]),
        "cpu" => spec.cpu.to_string(),
        "memory" => spec.memory.to_string(),
        "runtimePlatform" => shape! { "cpuArchitecture" => "X86_64", "operatingSystemFamily" => "LINUX" },
    }
}

fn container(spec: &ContainerSpec, back: u32, tick: &Tick<'_>) -> Value {
    let port = spec.port.map(|port| shape! { "containerPort" => port, "hostPort" => port, "protocol" => "tcp" });
    let pair = |key: &'static str, value: &'static str| move |it: &(&str, &str)| shape! { key => it.0, value => it.1 };
    let logs = spec.logs.map(|(group, prefix)| {
        let options = shape! {
            "awslogs-group" => group, "awslogs-region" => &tick.place.region, "awslogs-stream-prefix" => prefix,
        };
        shape! { "logDriver" => "awslogs", "options" => options }
    });
    let check = spec.health_command.map(|command| {
        let command = Value::list(["CMD-SHELL", command]);
        shape! { "command" => command, "interval" => 30, "timeout" => 5, "retries" => 3, "startPeriod" => 60 }
    });
    let secrets = spec.secrets.iter().map(pair("name", "valueFrom"));
    shape! {
        "name" => spec.name,
        "image" => image(spec.image, back, tick),
        "cpu" => 0,
        "portMappings" => Value::list(port),
        "essential" => true,
        "environment" => Value::list(spec.environment.iter().map(pair("name", "value"))),
        "secrets" => (!spec.secrets.is_empty()).then(|| Value::list(secrets)),
        "logConfiguration" => logs,
        "healthCheck" => check,
    }
}

/// The full reference of `image` as it was `back` revisions ago. A tag that ends in a number counts down;
/// another one, such as `latest`, stayed the same.
fn image(image: &str, back: u32, tick: &Tick<'_>) -> String {
    let has_registry = image.split_once('/').is_some_and(|(first, _)| first.contains(['.', ':']));
    let stem = image.trim_end_matches(|it: char| it.is_ascii_digit());
    let tagged = stem.rfind(':') > stem.rfind('/');
    let number = image[stem.len()..].parse::<u32>().ok().filter(|_| tagged);
    let earlier = number.map_or_else(|| image.to_owned(), |it| format!("{stem}{}", it.saturating_sub(back)));
    if has_registry {
        return earlier;
    }
    format!("{}.dkr.ecr.{}.amazonaws.com/{earlier}", tick.place.account, tick.place.region)
}

/// Adds the revisions and service deployments on record; the last of them is the PRIMARY deployment.
pub fn deployments(
    state: &State,
    ecr: &ecr::State,
    service: &mut Service,
    tick: &mut Tick<'_>,
    definitions: &[String],
) {
    for (at, days) in DEPLOYED.iter().enumerate() {
        let back = DEPLOYED.len() - 1 - at;
        let arn = definitions.iter().rev().nth(back).or(definitions.first());
        let Some(definition) = arn.and_then(|arn| state.definitions.find(arn)) else { continue };
        let mut then = earlier(tick, days * DAY);
        let mut revision = rollout::revision(service, definition, &mut then);
        for image in &mut revision.images {
            // What a tag that never changes meant then is not what it means now.
            let from_ecr = ecr::seed::digest_at(ecr, &image.image, then.now);
            image.digest = Some(from_ecr.unwrap_or_else(|| state.images.past_digest(&image.image, back as u64)));
        }
        let mut record = rollout::record(service, &revision.arn, &mut then);
        record.set(Status::InProgress, then.now + SignedDuration::from_secs(4));
        record.target.1 = Tally { requested: service.desired, running: service.desired, pending: 0 };
        let end = then.after(ROLLOUT);
        record.set(Status::Successful, end);
        let deployment = Deployment {
            id: format!("ecs-svc/{}", then.random.digits(19)),
            revision: revision.arn.clone(),
            record: record.arn.clone(),
            task_definition: definition.arn.clone(),
            created_at: then.now,
            updated_at: end,
            rollout: Rollout::Completed,
            failed_tasks: 0,
        };
        service.good = Some(Good { deployment: deployment.id.clone(), revision: revision.arn.clone() });
        service.revisions.push(revision);
        service.records.insert(0, record);
        service.deployments = vec![deployment];
    }
}

/// Adds the tasks that run, registered where the service has targets. Some have been replaced since the deployment.
pub fn tasks(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let Some(primary) = service.primary().cloned() else { return };
    let since_deployment = DEPLOYED[DEPLOYED.len() - 1] * DAY;
    let provider = service.launch.next(|_| 0).map(str::to_owned);
    for _ in 0..service.desired {
        let Some(mut task) = launch_task::task(service, &primary, provider.clone(), around) else { return };
        let replaced = around.tick.random.chance(0.3);
        let share = if replaced { around.tick.random.between(0.05, 0.8) } else { 1.0 };
        let then = earlier(around.tick, since_deployment * share);
        task.times.created = then.after(6.0);
        task.times.pull_started = Some(then.after(17.0));
        task.times.pull_stopped = Some(then.after(29.0));
        task.times.started = Some(then.after(33.0));
        let revision = service.revision(&task.revision);
        for container in &mut task.containers {
            let recorded = revision.and_then(|it| it.images.iter().find(|image| image.container == container.name));
            container.digest = recorded.and_then(|image| image.digest.clone());
            if let Some(check) = &mut container.check {
                check.healthy = Some(true);
                let first = around.tick.random.between(1.0, check.rule.interval);
                check.next = around.tick.after(first);
            }
        }
        task.foresee(around.images, around.tick.now);
        task.enter(Phase::Running, task.next_while_running());
        if let Some(binding) = &service.binding {
            around.elb.register(&binding.group, &task.address.ip, binding.port, &task.address.zone, around.tick);
        }
        service.tasks.push(task);
    }
    service.tasks.sort_by_key(|task| task.times.created);
}

/// Adds the events of the last deployment and the steady states since.
pub fn events(service: &mut Service, tick: &mut Tick<'_>) {
    let Some(primary) = service.primary().map(|primary| primary.id.clone()) else { return };
    let since = DEPLOYED[DEPLOYED.len() - 1] * DAY;
    let ids: Vec<String> = service.tasks.iter().map(|task| task.id.clone()).collect();
    let mut lines = vec![(ROLLOUT, format!("(deployment {primary}) deployment completed."))];
    if !ids.is_empty() {
        let started = format!("has started {} tasks: {}.", ids.len(), listed(&ids));
        lines.insert(0, (6.0, started));
    }
    if let Some(binding) = service.binding.as_ref().filter(|_| !ids.is_empty()) {
        lines.insert(1, (38.0, format!("registered {} targets in (target-group {})", ids.len(), binding.group)));
    }
    for (after, line) in lines {
        service.tell(&line, &mut earlier(tick, since - after));
    }
    let steady = format!("(service {}) has reached a steady state.", service.name);
    let mut ago = since - ROLLOUT;
    while ago > 0.0 {
        service.events.stand(Standing::Steady, steady.clone(), &mut earlier(tick, ago));
        ago -= STEADY;
    }
}
