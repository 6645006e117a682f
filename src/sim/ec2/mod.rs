//! Amazon EC2, as far as the estates need it: instances, their status, launch templates, and the networks of stacks.

mod addresses;
mod describe_groups;
mod describe_instances;
mod describe_networks;
mod describe_routes;
mod describe_status;
mod describe_templates;
mod filters;
mod instance;
mod listing;
mod network;
mod security_group;
mod spot;
mod tags;
mod template;
mod template_operations;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    addresses::Addresses,
    instance::{Instance, Launch, Phase, vcpus},
    network::{Blocks, Network, PLAIN, Subnet},
    security_group::Source,
    template::{LaunchTemplate, TemplateVersion},
};
use self::{describe_networks::Laid, security_group::SecurityGroup};
use super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
    },
    world::{Region, Tick, World},
};

/// How long a terminated instance stays to be seen, in seconds.
const SEEN_AFTER_DEATH: i64 = 3600;

/// What EC2 holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By id, terminated ones included for an hour.
    pub instances: BTreeMap<String, Instance>,
    /// By id.
    pub templates: BTreeMap<String, LaunchTemplate>,
    /// In the order in which they were laid.
    networks: Vec<Laid>,
    /// By id.
    security_groups: BTreeMap<String, SecurityGroup>,
    pub addresses: Addresses,
    /// Names of zones in which nothing can be reached or started.
    zones_out: BTreeSet<String>,
    /// vCPUs that the account may run at once; `None` where its limit is far off.
    pub vcpu_limit: Option<u32>,
}

/// The operations of EC2; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    let state = &mut world.region(&call.place).ec2;
    let read = match call.operation {
        "CreateLaunchTemplateVersion" => return Some(template_operations::create_version(state, call, now)),
        "ModifyLaunchTemplate" => return Some(template_operations::modify(state, call, now)),
        "CreateTags" => return Some(tags::create_tags(state, call)),
        "DeleteTags" => return Some(tags::delete_tags(state, call)),
        "DescribeInstances" => describe_instances::describe_instances,
        "DescribeInstanceStatus" => describe_status::describe_instance_status,
        "DescribeVpcs" => describe_networks::vpcs,
        "DescribeSubnets" => describe_networks::subnets,
        "DescribeInternetGateways" => describe_routes::internet_gateways,
        "DescribeRouteTables" => describe_routes::route_tables,
        "DescribeNatGateways" => describe_networks::nat_gateways,
        "DescribeSecurityGroups" => describe_groups::security_groups,
        "DescribeLaunchTemplates" => describe_templates::describe_launch_templates,
        "DescribeSpotInstanceRequests" => spot::describe_spot_instance_requests,
        "DescribeLaunchTemplateVersions" => describe_templates::describe_launch_template_versions,
        _ => return None,
    };
    Some(read(state, call, now))
}

/// Boots and terminates instances, and takes back what has had its notice.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let State { instances, addresses, .. } = &mut region.ec2;
    for instance in instances.values_mut() {
        if instance.step(tick) {
            addresses.release(&instance.launch.subnet, &instance.private_ip);
        }
        instance.take_back(tick);
    }
    if tick.every(60) {
        region.ec2.instances.retain(|_, instance| match instance.phase {
            Phase::Terminated { at } => tick.now.duration_since(at).as_secs() < SEEN_AFTER_DEATH,
            _ => true,
        });
    }
}

impl State {
    /// Lays a stack's network, `seconds` ago, with the security group that comes with a VPC.
    pub fn lay(&mut self, network: Network, seconds: f64, tick: &Tick<'_>) {
        self.networks.push(Laid { network, since: tick.after(-seconds) });
        let own = network.group_id(tick.place, "default");
        self.protect(tick.place, network, "default", [(None, Source::Group(own))]);
    }

    /// Whether the account's limit leaves no room for another instance of this type.
    pub fn is_at_limit(&self, instance_type: &str) -> bool {
        let running = self.instances.values().filter(|it| it.alive());
        let used: u32 = running.map(|it| vcpus(&it.launch.instance_type)).sum();
        self.vcpu_limit.is_some_and(|limit| used + vcpus(instance_type) > limit)
    }

    /// Starts an instance, which is pending for a while, and returns its id; `None` where its subnet has no address left.
    pub fn launch(&mut self, launch: Launch, tick: &mut Tick<'_>) -> Option<String> {
        let address = self.addresses.take(&launch.subnet)?;
        let instance = Instance::launch(launch, address, tick);
        let id = instance.id.clone();
        self.instances.insert(id.clone(), instance);
        Some(id)
    }

    /// Shuts an instance down by request; nothing happens to one that is already going.
    pub fn terminate(&mut self, id: &str, tick: &mut Tick<'_>) {
        if let Some(instance) = self.instances.get_mut(id) {
            instance.shut_down(
                "Client.UserInitiatedShutdown",
                "Client.UserInitiatedShutdown: User initiated shutdown",
                tick,
            );
        }
    }

    /// Takes a tag off an instance.
    pub fn untag(&mut self, id: &str, tag: &str) {
        if let Some(instance) = self.instances.get_mut(id) {
            instance.launch.tags.retain(|(key, _)| key != tag);
        }
    }

    /// Lets an instance die under its load, as when its host fails; for scenarios. False where there is no such one.
    pub fn kill(&mut self, id: &str, tick: &mut Tick<'_>) -> bool {
        self.instances.get_mut(id).is_some_and(|instance| {
            instance.shut_down(
                "Server.InternalError",
                "Server.InternalError: An internal error caused the instance to terminate",
                tick,
            )
        })
    }

    /// Lets the instance's system status check fail from now on, or pass again; for scenarios. False where there is
    /// no such one.
    pub fn impair(&mut self, id: &str, impaired: bool, tick: &Tick<'_>) -> bool {
        self.instances.get_mut(id).is_some_and(|instance| {
            instance.impaired = impaired.then_some(tick.now);
            true
        })
    }

    /// The zones in which nothing can be reached or started; for scenarios. System status checks fail there.
    pub fn set_zones_out(&mut self, zones: BTreeSet<String>, tick: &Tick<'_>) {
        let before = std::mem::replace(&mut self.zones_out, zones);
        for instance in self.instances.values_mut().filter(|instance| instance.alive()) {
            let (was_out, is_out) = (&before, &self.zones_out);
            let [was_out, is_out] = [was_out, is_out].map(|zones| zones.contains(&instance.launch.subnet.zone));
            if was_out != is_out {
                instance.impaired = is_out.then_some(tick.now);
            }
        }
    }

    /// Whether nothing can be started in the zone with this name.
    pub fn is_out(&self, zone: &str) -> bool {
        self.zones_out.contains(zone)
    }

    /// Whether the instance runs where it can be reached.
    pub fn reaches(&self, id: &str) -> bool {
        let instance = self.instances.get(id);
        instance.is_some_and(|instance| instance.running() && !self.is_out(&instance.launch.subnet.zone))
    }

    /// Whether the instance went down, or was cut off, without being asked to.
    pub fn failed(&self, id: &str) -> bool {
        self.instances.get(id).is_some_and(|instance| {
            self.is_out(&instance.launch.subnet.zone)
                || instance.reason.as_ref().is_some_and(|(code, _)| code.starts_with("Server."))
        })
    }

    /// The launch template with this id or name.
    pub fn template(&self, id_or_name: &str) -> Option<&LaunchTemplate> {
        self.templates.get(id_or_name).or_else(|| self.templates.values().find(|template| template.name == id_or_name))
    }
}

fn invalid_value(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterValue", message)
}
