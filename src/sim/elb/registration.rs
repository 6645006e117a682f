//! `RegisterTargets` and `DeregisterTargets`.

use std::net::Ipv4Addr;

use super::{
    super::{
        ec2,
        wire::{call::Reply, error::ApiError, input::Input, value::Value},
        world::{Region, Tick},
    },
    group::Group,
    operations::{no_group, validation},
    target::Target,
};

/// An operation that changes targets.
pub type Operation = fn(&mut Region, Input<'_>, &mut Tick<'_>) -> Reply;

/// The operation with this name, where it is one of these.
pub fn operation(name: &str) -> Option<Operation> {
    match name {
        "RegisterTargets" => Some(register),
        "DeregisterTargets" => Some(deregister),
        _ => None,
    }
}

/// A target as a call names it: its id, and its port where that is not the group's.
struct Asked {
    id: String,
    port: Option<u16>,
    zone: Option<String>,
}

/// Adds the targets, or takes back those that drain; what is registered stays as it is. All or none.
fn register(region: &mut Region, input: Input<'_>, tick: &mut Tick<'_>) -> Reply {
    let Region { elb, ec2, .. } = region;
    let arn = input.text("TargetGroupArn")?.unwrap_or_default().to_owned();
    let group = elb.groups.get(&arn).ok_or_else(|| no_group(&arn))?;
    let targets = targets(input)?;
    let zones = targets.iter().map(|target| zone(group, target, ec2, tick)).collect::<Result<Vec<_>, _>>()?;
    let new = |target: &Asked| group.find(&target.id, target.port.unwrap_or(group.port)).is_none_or(Target::draining);
    let added: Vec<(String, u16, String)> = targets
        .iter()
        .zip(zones)
        .filter(|(target, _)| new(target))
        .map(|(target, zone)| (target.id.clone(), target.port.unwrap_or(group.port), zone))
        .collect();
    for (id, port, zone) in added {
        elb.register(&arn, &id, port, &zone, tick);
    }
    Ok(Value::empty())
}

/// Starts draining the targets: at the port given, or at the group's. One that is not there is as good as gone.
fn deregister(region: &mut Region, input: Input<'_>, tick: &mut Tick<'_>) -> Reply {
    let elb = &mut region.elb;
    let arn = input.text("TargetGroupArn")?.unwrap_or_default().to_owned();
    let port = elb.groups.get(&arn).ok_or_else(|| no_group(&arn))?.port;
    for target in targets(input)? {
        elb.deregister(&arn, &target.id, target.port.unwrap_or(port), tick);
    }
    Ok(Value::empty())
}

fn targets(input: Input<'_>) -> Result<Vec<Asked>, ApiError> {
    let read = |target: Input<'_>| {
        let id = target.text("Id")?.filter(|id| !id.is_empty()).ok_or_else(|| validation("Target id is required"))?;
        let port = target.int("Port")?.map(|port| match u16::try_from(port) {
            Ok(port @ 1..) => Ok(port),
            _ => Err(validation(format!("Port '{port}' must be between 1 and 65535"))),
        });
        Ok(Asked {
            id: id.to_owned(),
            port: port.transpose()?,
            zone: target.text("AvailabilityZone")?.map(str::to_owned),
        })
    };
    let targets = input.items("Targets")?.into_iter().map(read).collect::<Result<Vec<_>, ApiError>>()?;
    if targets.is_empty() { Err(validation("At least one target must be specified")) } else { Ok(targets) }
}

/// The zone of a target that the group can take: a running instance, or an address.
fn zone(group: &Group, target: &Asked, ec2: &ec2::State, tick: &Tick<'_>) -> Result<String, ApiError> {
    let invalid = |message| Err(ApiError::bad_request("InvalidTarget", message));
    let Asked { id, zone, .. } = target;
    if group.target_type == "ip" {
        return match id.parse::<Ipv4Addr>() {
            Ok(_) => Ok(zone.clone().unwrap_or_else(|| tick.place.zone('a'))),
            Err(_) => invalid(format!("The IP address '{id}' is not a valid IPv4 address")),
        };
    }
    match ec2.instances.get(id) {
        Some(instance) if instance.running() => Ok(instance.launch.subnet.zone.clone()),
        Some(_) => {
            invalid(format!("The following targets are not in a running state and cannot be registered: '{id}'"))
        }
        None => invalid(format!("The following targets are not valid: '{id}'")),
    }
}
