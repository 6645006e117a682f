//! `DescribeInstances`.

use jiff::Timestamp;

use super::{Instance, State, filters::Filters, listing::PAGES};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            page::{Rule, page},
            value::Value,
        },
        world::Place,
    },
};

const RULE: Rule = Rule { listing: "ec2.DescribeInstances", ..PAGES };

/// Filters that are simulated, besides tags.
const FILTERS: [&str; 10] = [
    "instance-id",
    "instance-state-name",
    "instance-state-code",
    "instance-type",
    "availability-zone",
    "image-id",
    "private-ip-address",
    "subnet-id",
    "vpc-id",
    "instance-lifecycle",
];

pub fn describe_instances(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let input = call.input;
    let size = input.int("MaxResults")?;
    let ids = input.texts("InstanceId")?;
    if size.is_some() && !ids.is_empty() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(ApiError::bad_request("InvalidParameterCombination", message));
    }
    let filters = Filters::read(input, &FILTERS)?;
    let matching = |instance: &&Instance| filters.match_all(&instance.launch.tags, |name| filtered(instance, name));
    let instances: Vec<&Instance> = named(state, &ids)?.into_iter().filter(matching).collect();
    let page = page(instances, input.text("NextToken")?, size, &RULE, |instance| instance.id.clone())?;
    let reservations = page.items.into_iter().map(|instance| {
        shape! {
            "reservationId" => &instance.reservation,
            "ownerId" => &call.place.account,
            "groupSet" => Value::List(Vec::new()),
            "instancesSet" => Value::List(vec![spelt(state, instance, &call.place)]),
        }
    });
    Ok(shape! { "reservationSet" => Value::list(reservations), "nextToken" => page.next })
}

/// The instances with these ids, all where none are given; an unknown or malformed id is an error.
pub fn named<'s>(state: &'s State, ids: &[String]) -> Result<Vec<&'s Instance>, ApiError> {
    if ids.is_empty() {
        return Ok(state.instances.values().collect());
    }
    if let Some(odd) = ids.iter().find(|id| !well_formed(id)) {
        return Err(ApiError::bad_request("InvalidInstanceID.Malformed", format!("Invalid id: \"{odd}\"")));
    }
    let missing: Vec<&str> = ids.iter().filter(|id| !state.instances.contains_key(*id)).map(String::as_str).collect();
    match missing.as_slice() {
        [] => Ok(ids.iter().filter_map(|id| state.instances.get(id)).collect()),
        [id] => Err(not_found(format!("The instance ID '{id}' does not exist"))),
        ids => Err(not_found(format!("The instance IDs '{}' do not exist", ids.join(", ")))),
    }
}

fn not_found(message: String) -> ApiError {
    ApiError::bad_request("InvalidInstanceID.NotFound", message)
}

fn well_formed(id: &str) -> bool {
    id.strip_prefix("i-").is_some_and(|hex| {
        matches!(hex.len(), 8 | 17) && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

fn filtered(instance: &Instance, name: &str) -> String {
    let (code, state) = instance.phase.wire();
    match name {
        "instance-id" => instance.id.clone(),
        "instance-state-name" => state.to_owned(),
        "instance-state-code" => code.to_string(),
        "instance-type" => instance.launch.instance_type.clone(),
        "availability-zone" => instance.launch.subnet.zone.clone(),
        "image-id" => instance.launch.image_id.clone(),
        "private-ip-address" => instance.private_ip.clone(),
        "subnet-id" => instance.launch.subnet.id.clone(),
        "instance-lifecycle" => instance.spot.as_ref().map_or(String::new(), |_| "spot".to_owned()),
        "vpc-id" => instance.launch.subnet.vpc_id.clone(),
        _ => String::new(),
    }
}

fn spelt(state: &State, instance: &Instance, place: &Place) -> Value {
    let (code, phase) = instance.phase.wire();
    let launch = &instance.launch;
    // What is terminated has left its network.
    let there = phase != "terminated";
    let groups = launch
        .security_groups
        .iter()
        .filter(|_| there)
        .map(|id| shape! { "groupId" => id, "groupName" => state.group_name(id) });
    shape! {
        "instanceId" => &instance.id,
        "imageId" => &launch.image_id,
        "instanceState" => shape! { "code" => code, "name" => phase },
        "privateDnsName" => if there { host_name(instance, place) } else { String::new() },
        "dnsName" => "",
        "reason" => instance.reason.as_ref().map_or("", |(code, _)| code.as_str()),
        "amiLaunchIndex" => 0,
        "productCodes" => Value::List(Vec::new()),
        "instanceType" => &launch.instance_type,
        "launchTime" => instance.launched,
        "placement" => shape! { "availabilityZone" => &launch.subnet.zone, "groupName" => "", "tenancy" => "default" },
        "monitoring" => shape! { "state" => "enabled" },
        "subnetId" => there.then_some(&launch.subnet.id),
        "vpcId" => there.then_some(&launch.subnet.vpc_id),
        "privateIpAddress" => there.then_some(&instance.private_ip),
        "instanceLifecycle" => instance.spot.as_ref().map(|_| "spot"),
        "spotInstanceRequestId" => instance.spot.as_ref().map(|it| &it.id),
        "stateReason" =>
            instance.reason.as_ref().map(|(code, message)| shape! { "code" => code, "message" => message }),
        "architecture" => "x86_64",
        "rootDeviceType" => "ebs",
        "rootDeviceName" => "/dev/xvda",
        "blockDeviceMapping" => Value::List(Vec::new()),
        "virtualizationType" => "hvm",
        "clientToken" => "",
        "tagSet" => tag_set(&launch.tags),
        "hypervisor" => "xen",
        "networkInterfaceSet" => Value::List(Vec::new()),
        "groupSet" => Value::list(groups),
        "ebsOptimized" => false,
        "enaSupport" => true,
        "sourceDestCheck" => true,
    }
}

fn host_name(instance: &Instance, place: &Place) -> String {
    let domain = if place.region == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{}.compute.internal", place.region)
    };
    format!("ip-{}.{domain}", instance.private_ip.replace('.', "-"))
}

/// Tags as EC2 lists them.
pub fn tag_set(tags: &[(String, String)]) -> Value {
    Value::list(tags.iter().map(|(key, value)| shape! { "key" => key, "value" => value }))
}
