//! Elastic Load Balancing v2: load balancers, listeners, rules, target groups and target health.

mod balancer;
mod group;
mod operations;
mod registration;
pub mod seed;
mod shapes;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::operations::answer;
use self::{balancer::Balancer, group::Group, target::Target};
use super::{
    ec2, ecs,
    world::{Region, Tick},
};

/// What ELBv2 holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By ARN, as are the groups.
    balancers: BTreeMap<String, Balancer>,
    groups: BTreeMap<String, Group>,
    /// Counts the changes of any target's state, so that ECS looks only when there is something to see.
    changes: u64,
    /// When the next check or the end of a drain is due; nothing happens before.
    due: Timestamp,
}

/// What a health check of a target sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    Success,
    /// An HTTP status outside the matcher.
    Status(u16),
    Timeout,
    /// Connection refused or malformed answer.
    Refused,
}

/// Probes targets at their interval, ends drains, and forgets targets that have drained.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { elb, ecs, ec2, .. } = region;
    if tick.now < elb.due {
        return;
    }
    let mut due = Timestamp::MAX;
    for (arn, group) in &mut elb.groups {
        elb.changes += group.step(tick.now, |target, forced| see((ecs, ec2), arn, target, forced));
        due = due.min(group.due());
    }
    elb.due = due;
}

/// What a check of `target` sees: what a scenario says, or what answers at that address.
fn see((ecs, ec2): (&ecs::State, &ec2::State), group: &str, target: &Target, forced: Option<Probe>) -> Probe {
    let answer = || match target.ip() {
        Some(ip) => ecs.probe(group, ip, target.port).unwrap_or(Probe::Timeout),
        // What runs on an instance answers while that can be reached.
        None if ec2.instances.contains_key(&target.id) && !ec2.reaches(&target.id) => Probe::Timeout,
        None => Probe::Success,
    };
    forced.unwrap_or_else(answer)
}

impl State {
    /// Adds a target (an IP address or instance id); it starts `initial`.
    pub fn register(&mut self, group_arn: &str, id: &str, port: u16, zone: &str, tick: &mut Tick<'_>) {
        if let Some(group) = self.groups.get_mut(group_arn) {
            group.register(id, port, zone, tick);
            self.changes += 1;
            self.due = self.due.min(group.due());
        }
    }

    /// Starts draining a target for the group's deregistration delay.
    pub fn deregister(&mut self, group_arn: &str, id: &str, port: u16, tick: &mut Tick<'_>) {
        if let Some(group) = self.groups.get_mut(group_arn) {
            group.deregister(id, port, tick);
            self.changes += 1;
            self.due = self.due.min(group.due());
        }
    }

    /// Adds an instance at the group's own port.
    pub fn enrol(&mut self, group_arn: &str, instance: &str, zone: &str, tick: &mut Tick<'_>) {
        if let Some(port) = self.groups.get(group_arn).map(|group| group.port) {
            self.register(group_arn, instance, port, zone, tick);
        }
    }

    /// Starts draining an instance, at whichever ports it is registered.
    pub fn withdraw(&mut self, group_arn: &str, instance: &str, tick: &mut Tick<'_>) {
        let targets = self.groups.get(group_arn).map_or(&[][..], |group| group.targets.as_slice());
        let ports: Vec<u16> = targets.iter().filter(|it| it.id == instance).map(|it| it.port).collect();
        for port in ports {
            self.deregister(group_arn, instance, port, tick);
        }
    }

    /// The security group of the balancer that forwards to a target group.
    pub fn security_group_before(&self, group_arn: &str) -> Option<&str> {
        let balancer = self.groups.get(group_arn)?.balancer.as_ref()?;
        self.balancers.get(balancer).map(|balancer| balancer.security_group.as_str())
    }

    /// Whether the group knows an instance, be it that it drains.
    pub fn is_enrolled(&self, group_arn: &str, instance: &str) -> bool {
        self.groups.get(group_arn).is_some_and(|group| group.targets.iter().any(|it| it.id == instance))
    }

    /// Whether the group's balancer sends requests to an instance.
    pub fn serves(&self, group_arn: &str, instance: &str) -> bool {
        let healthy = |it: &Target| it.id == instance && it.health == target::Health::Healthy;
        self.groups.get(group_arn).is_some_and(|group| group.targets.iter().any(healthy))
    }

    /// The wire state of a target (`initial`, `healthy`, `unhealthy`, `draining` …) and its reason text;
    /// `None` once it has drained or was never registered.
    pub fn target_state(&self, group_arn: &str, id: &str, port: u16) -> Option<(&'static str, String)> {
        let group = self.groups.get(group_arn)?;
        let health = group.find(id, port)?.wire(group.balancer.is_some());
        Some((health.state, health.description.unwrap_or_default()))
    }

    /// Healthy and not-healthy (unhealthy only) targets of a group.
    pub fn host_counts(&self, group_arn: &str) -> (usize, usize) {
        self.groups.get(group_arn).map_or((0, 0), Group::host_counts)
    }

    /// Makes every probe of the group see `probe` (`None`: what its targets answer); for scenarios.
    pub fn force_probe(&mut self, group_arn: &str, probe: Option<Probe>) {
        if let Some(group) = self.groups.get_mut(group_arn) {
            group.forced = probe;
        }
    }

    /// The ARN of the target group called `name`.
    pub fn group_arn(&self, name: &str) -> Option<String> {
        self.groups.values().find(|group| group.name == name).map(|group| group.arn.clone())
    }

    /// The zones in which the load balancer called `name` has a public address; none where there is no such one.
    pub fn zones_of(&self, name: &str) -> usize {
        self.balancers.values().find(|balancer| balancer.name == name).map_or(0, |balancer| balancer.zones.len())
    }

    /// Seconds that a deregistered target of the group goes on draining.
    pub fn deregistration_delay(&self, group_arn: &str) -> u32 {
        self.groups.get(group_arn).map_or(0, |group| group.deregistration_delay)
    }

    /// How often any target's state has changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Makes every target of the group healthy at once: for what has been there since before the world began.
    pub fn settle(&mut self, group_arn: &str) {
        if let Some(group) = self.groups.get_mut(group_arn) {
            group.settle();
            self.changes += 1;
        }
    }
}
