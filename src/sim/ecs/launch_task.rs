//! Starting tasks of a service.

use super::{
    Surroundings,
    deployment::Deployment,
    events::Standing,
    lifecycle,
    scheduler::listed,
    service::Service,
    task::{Address, Check, Container, Noted, Phase, TargetHealth, Task, Times},
};

/// The provider whose capacity can run short.
pub const SPOT: &str = "FARGATE_SPOT";

/// Starts `count` tasks of the deployment `id`, `replacing` of them in place of unhealthy ones.
pub fn start(service: &mut Service, id: &str, count: u32, replacing: u32, around: &mut Surroundings<'_, '_>) {
    let Some(deployment) = service.deployments.iter().find(|deployment| deployment.id == id).cloned() else { return };
    let mut started = Vec::new();
    for _ in 0..count {
        let provider = provider(service);
        let no_zone = service.zones.iter().all(|zone| around.shortage.zones.contains(zone));
        if no_zone || provider.as_deref() == Some(SPOT) && around.shortage.spot {
            let message = format!(
                "(service {}) was unable to place a task. Reason: Capacity is unavailable at this time. Please try \
                 again later or in a different availability zone.",
                service.name
            );
            service.events.stand(Standing::CannotPlace, message, around.tick);
            break;
        }
        let Some(task) = task(service, &deployment, provider, around) else { break };
        started.push(task.id.clone());
        service.tasks.push(task);
    }
    if started.is_empty() {
        return;
    }
    service.events.clear(Standing::CannotPlace);
    let replaced = match replacing {
        0 => String::new(),
        count => format!(" Amazon ECS replaced {count} tasks due to an unhealthy status."),
    };
    service.tell(&format!("has started {} tasks: {}.{replaced}", started.len(), listed(&started)), around.tick);
}

fn provider(service: &Service) -> Option<String> {
    let on = |provider: &str| {
        let mine = |task: &&Task| task.alive() && task.capacity_provider.as_deref() == Some(provider);
        service.tasks.iter().filter(mine).count() as u32
    };
    service.launch.next(on).map(str::to_owned)
}

/// A task of `deployment` as it is created, in the emptiest zone; `None` where its definition is gone.
pub fn task(
    service: &Service,
    deployment: &Deployment,
    capacity_provider: Option<String>,
    around: &mut Surroundings<'_, '_>,
) -> Option<Task> {
    let definition = around.definitions.find(&deployment.task_definition)?;
    let open = |zone: &&String| !around.shortage.zones.contains(*zone);
    let zone = service.zones.iter().filter(open).min_by_key(|zone| service.crowd(zone))?;
    let subnet = service.subnets.iter().find(|subnet| subnet.zone == *zone)?.clone();
    let address = Address {
        ip: around.addresses.take(&subnet)?,
        zone: zone.clone(),
        subnet,
        interface: format!("eni-{}", around.tick.random.hex(17)),
        attachment: around.tick.random.uuid(),
    };
    let id = around.tick.random.hex(32);
    let containers = definition.containers.iter().map(|container| Container {
        id: around.tick.random.uuid(),
        name: container.name.clone(),
        image: container.image.clone(),
        digest: None,
        runtime_id: format!("{id}-{}", around.tick.random.digits(10)),
        port: container.port,
        stop_timeout: container.stop_timeout,
        check: container.health_check.map(|rule| Check {
            rule,
            next: jiff::Timestamp::MAX,
            failures: 0,
            healthy: None,
        }),
        exit_code: None,
        reason: None,
    });
    let containers = containers.collect();
    Some(Task {
        id,
        deployment: deployment.id.clone(),
        revision: deployment.revision.clone(),
        definition: deployment.task_definition.clone(),
        cpu: definition.cpu.clone(),
        memory: definition.memory.clone(),
        capacity_provider,
        execute_command: service.execute_command,
        address,
        containers,
        phase: Phase::Provisioning,
        due: lifecycle::provisioned(around),
        times: Times { created: around.tick.now, ..Times::default() },
        stop: None,
        target: TargetHealth::Unknown,
        boot_seconds: service.boot_seconds,
        noted: Noted::default(),
        fate: None,
        version: 1,
    })
}
