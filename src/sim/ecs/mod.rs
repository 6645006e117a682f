//! Amazon ECS: clusters, task definitions, services, tasks, deployments, revisions, capacity providers.
//!
//! ```text
//! operations ─▶ service ◀─ scheduler (every 10 s) ─▶ rolling (pure arithmetic)
//!                 │            ├─▶ reckoning (failures, health)   ├─▶ choice, launch_task
//!                 ▼            └─▶ rollout (begin, break, roll back)
//!               task ◀─ lifecycle (PROVISIONING … STOPPED) ─▶ elb (register, drain)
//! ```

mod back_off;
mod billed;
mod choice;
mod definition;
mod deployment;
mod events;
mod fargate;
mod images;
mod launch;
mod launch_task;
mod life;
mod lifecycle;
mod operations;
mod reckoning;
mod record;
mod rolling;
mod rollout;
mod scheduler;
pub mod seed;
mod service;
mod shapes;
mod shortage;
mod task;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::{definition::Definitions, images::Images, service::Service, shortage::Shortage, task::Task};
pub use self::{
    images::{Behaviour, Burden},
    life::Life,
    operations::answer,
    shortage::interrupt_spot,
};
use super::{
    ec2::Addresses,
    ecr,
    elb::{self, Probe},
    world::{Region, Tick},
};

/// What ECS holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By name.
    clusters: BTreeMap<String, Cluster>,
    definitions: Definitions,
    /// By ARN.
    services: BTreeMap<String, Service>,
    images: Images,
    shortage: Shortage,
    now: Timestamp,
    /// When something is due next; nothing happens before, unless a target changes.
    due: Timestamp,
    targets_seen: u64,
}

/// Running tasks that answer no request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mute {
    /// Their containers do not listen yet.
    pub booting: usize,
    /// Their zone is out.
    pub unreachable: usize,
}

/// A cluster of Fargate services.
#[derive(Debug)]
struct Cluster {
    arn: String,
    container_insights: bool,
}

/// What a service's tasks need to know of the world around them.
struct Surroundings<'a, 't> {
    definitions: &'a Definitions,
    images: &'a Images,
    ecr: &'a ecr::State,
    addresses: &'a mut Addresses,
    elb: &'a mut elb::State,
    shortage: &'a Shortage,
    tick: &'a mut Tick<'t>,
}

/// Moves tasks through their states and lets the scheduler (every ten seconds) start and stop them.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { ecs, elb, ecr, ec2, .. } = region;
    ecs.now = tick.now;
    if ecs.targets_seen != elb.changes() {
        ecs.targets_seen = elb.changes();
        for service in ecs.services.values_mut() {
            service.watch_targets(elb, tick.now);
        }
    } else if tick.now < ecs.due {
        return;
    }
    let State { services, definitions, images, shortage, due, .. } = ecs;
    let now = tick.now;
    let addresses = &mut ec2.addresses;
    let mut around = Surroundings { definitions, images, ecr, addresses, elb, shortage, tick };
    for service in services.values_mut().filter(|service| service.due <= now) {
        service.step(&mut around);
    }
    *due = services.values().map(|service| service.due).min().unwrap_or(Timestamp::MAX);
}

/// Sets how containers of `image` (a reference or a digest) behave from now on, running ones too.
pub fn set_behaviour(region: &mut Region, image: &str, behaviour: Behaviour) {
    let Region { ecs, ecr, .. } = region;
    let digest = ecs.images.set_behaviour(image, behaviour, ecr);
    for service in ecs.services.values_mut() {
        let runs = |task: &&mut Task| {
            task.running() && task.containers.iter().any(|container| container.digest.as_ref() == Some(&digest))
        };
        for task in service.tasks.iter_mut().filter(runs) {
            task.foresee(&ecs.images, ecs.now);
            task.due = task.next_while_running();
            service.due = service.due.min(task.due);
            ecs.due = ecs.due.min(task.due);
        }
    }
}

/// Points the tag `image` (`repository:tag`) to a new image at `now`; what runs goes on running the old one.
/// Returns the new digest.
pub fn push_image(region: &mut Region, image: &str, behaviour: Behaviour, now: Timestamp) -> String {
    region.ecs.images.push(image, behaviour, &mut region.ecr, now)
}

impl State {
    /// When the first task definition that names this role was registered.
    pub fn role_since(&self, role: &str) -> Option<Timestamp> {
        self.definitions.role_since(role)
    }

    /// Tasks of the service that run and serve: RUNNING, and healthy where they have targets or checks.
    pub fn serving_tasks(&self, service_arn: &str) -> usize {
        self.services.get(service_arn).map_or(0, Service::serving)
    }

    /// RUNNING tasks of the service, serving or not.
    pub fn running_tasks(&self, service_arn: &str) -> usize {
        self.services.get(service_arn).map_or(0, Service::running)
    }

    /// RUNNING tasks of the service whose containers do not answer yet, and those that cannot be reached.
    pub fn mute_tasks(&self, service_arn: &str) -> Mute {
        let tasks = self.services.get(service_arn).into_iter().flat_map(|service| &service.tasks);
        let mut mute = Mute::default();
        for task in tasks.filter(|task| task.running()) {
            if self.shortage.zones.contains(&task.address.zone) {
                mute.unreachable += 1;
            } else if task.booting(self.now) {
                mute.booting += 1;
            }
        }
        mute
    }

    /// What the images of its running tasks make of a service.
    pub fn burden(&self, service_arn: &str) -> Burden {
        let running = self.services.get(service_arn).into_iter().flat_map(|service| &service.tasks);
        self.images.burden(running.filter(|task| task.running()), self.now)
    }

    /// Sets the desired count as Application Auto Scaling does; no deployment starts.
    pub fn set_desired_count(&mut self, service_arn: &str, count: u32, tick: &mut Tick<'_>) {
        if let Some(service) = self.services.get_mut(service_arn) {
            service.desired = count;
            service.wake(tick.now);
            self.due = tick.now;
        }
    }

    /// The desired count; `None` where there is no such service.
    pub fn desired_count(&self, service_arn: &str) -> Option<u32> {
        self.services.get(service_arn).map(|service| service.desired)
    }

    /// Whether a deployment of the service is in progress (then Application Auto Scaling does not scale in).
    pub fn deploying(&self, service_arn: &str) -> bool {
        self.services.get(service_arn).is_some_and(Service::deploying)
    }

    /// What a health check by the target group `group` of `port` at `ip` would see; `None` where no task behind it has that
    /// address: other networks may.
    pub fn probe(&self, group: &str, ip: &str, port: u16) -> Option<Probe> {
        let behind = |service: &&Service| service.binding.as_ref().is_some_and(|binding| binding.group == group);
        let here = |task: &&Task| task.address.ip == ip && !task.stopped();
        let task = self.services.values().filter(behind).flat_map(|service| &service.tasks).find(here)?;
        if self.shortage.zones.contains(&task.address.zone) {
            return Some(Probe::Timeout);
        }
        let container = task.containers.iter().find(|container| container.port == Some(port))?;
        let behaviour = container.digest.as_deref().map_or(Behaviour::Healthy, |digest| self.images.behaviour(digest));
        Some(match behaviour {
            Behaviour::Unhealthy { probe } => probe,
            _ if task.booted(self.now) => Probe::Success,
            _ => Probe::Refused,
        })
    }
}
