//! Capacity that is missing, and tasks that are taken away with it.

use std::collections::BTreeSet;

use super::{
    State, Surroundings, launch_task, lifecycle,
    task::{Stop, Task},
};
use crate::sim::world::{Region, Tick};

/// What AWS has no capacity for.
#[derive(Debug, Default)]
pub struct Shortage {
    /// FARGATE_SPOT has none for new tasks.
    pub spot: bool,
    /// Names of zones in which nothing can be reached or started.
    pub zones: BTreeSet<String>,
}

/// AWS takes up to `count` FARGATE_SPOT tasks of a service back, each after two minutes' notice; returns how many.
pub fn interrupt_spot(region: &mut Region, tick: &mut Tick<'_>, service_arn: &str, count: usize) -> usize {
    let Region { ecs, elb, ecr, ec2, .. } = region;
    let State { services, definitions, images, shortage, due, .. } = ecs;
    let addresses = &mut ec2.addresses;
    let mut around = Surroundings { definitions, images, ecr, addresses, elb, shortage, tick };
    let Some(service) = services.get_mut(service_arn) else { return 0 };
    let on_spot = |task: &&mut Task| task.alive() && task.capacity_provider.as_deref() == Some(launch_task::SPOT);
    let mut taken = 0;
    for task in service.tasks.iter_mut().filter(on_spot).take(count) {
        lifecycle::interrupt(task, &mut around);
        taken += 1;
    }
    service.wake(around.tick.now);
    *due = around.tick.now;
    taken
}

/// Loses tasks that run in a zone that is out and that no load balancer checks: ECS itself notices after a while.
pub fn lose_unchecked(tasks: &mut [Task], around: &mut Surroundings<'_, '_>) {
    let zones = &around.shortage.zones;
    let is_lost = |task: &&mut Task| task.alive() && zones.contains(&task.address.zone);
    for task in tasks.iter_mut().filter(is_lost) {
        let reason = "ECS is performing maintenance on the underlying infrastructure hosting the task.";
        lifecycle::stop(task, Stop { code: "InfrastructureHealth", reason: reason.to_owned() }, false, around);
    }
}

impl State {
    /// Whether FARGATE_SPOT has capacity for new tasks.
    pub fn set_spot_available(&mut self, available: bool) {
        self.shortage.spot = !available;
        self.wake_all();
    }

    /// The zones in which nothing can be reached or started.
    pub fn set_zones_out(&mut self, zones: BTreeSet<String>) {
        self.shortage.zones = zones;
        self.wake_all();
    }

    fn wake_all(&mut self) {
        for service in self.services.values_mut() {
            service.wake(self.now);
        }
        self.due = self.now;
    }
}
