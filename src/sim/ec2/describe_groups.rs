//! `DescribeSecurityGroups`.

use jiff::Timestamp;

use super::{
    State,
    describe_instances::tag_set,
    listing::{Listing, list},
    security_group::{Admission, SecurityGroup, Source},
};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            value::Value,
        },
        world::Place,
    },
};

const GROUPS: Listing = Listing {
    name: "ec2.DescribeSecurityGroups",
    ids: "GroupId",
    filters: &["group-id", "group-name", "vpc-id", "description", "owner-id"],
    most: 1000,
    unknown: |id| {
        if id.starts_with("sg-") {
            unknown(id)
        } else {
            let message = format!("Invalid id: \"{id}\" (expecting \"sg-...\")");
            ApiError::bad_request("InvalidGroupId.Malformed", message)
        }
    },
};

/// Groups asked for by name are those of the default VPC, which no region has here.
pub fn security_groups(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    if let Some(name) = call.input.texts("GroupName")?.first() {
        return Err(unknown(name));
    }
    let place = &call.place;
    let found = state.security_groups.values().collect();
    let filtered = |group: &&SecurityGroup, name: &str| match name {
        "group-id" => group.id.clone(),
        "group-name" => group.name.clone(),
        "vpc-id" => group.network.vpc_id(place),
        "description" => group.description.clone(),
        _ => place.account.clone(),
    };
    let (groups, next) = list(&GROUPS, call, found, |group| &group.id, |group| tags(group), filtered)?;
    let spelt = groups.into_iter().map(|group| spelt(group, place));
    Ok(shape! { "securityGroupInfo" => Value::list(spelt), "nextToken" => next })
}

fn unknown(group: &str) -> ApiError {
    ApiError::bad_request("InvalidGroup.NotFound", format!("The security group '{group}' does not exist"))
}

/// Nobody tags the group that comes with a VPC.
fn tags(group: &SecurityGroup) -> Vec<(String, String)> {
    if group.name == "default" {
        return Vec::new();
    }
    vec![("Name".to_owned(), group.name.clone()), ("Project".to_owned(), group.network.name.to_owned())]
}

fn spelt(group: &SecurityGroup, place: &Place) -> Value {
    let out = Admission { port: None, from: Source::Anywhere };
    shape! {
        "ownerId" => &place.account,
        "groupId" => &group.id,
        "securityGroupArn" => place.arn("ec2", format_args!("security-group/{}", group.id)),
        "groupName" => &group.name,
        "groupDescription" => &group.description,
        "vpcId" => group.network.vpc_id(place),
        "ipPermissions" => Value::list(group.admits.iter().map(|it| it.spelt(&place.account))),
        "ipPermissionsEgress" => Value::list([out.spelt(&place.account)]),
        "tagSet" => tag_set(&tags(group)),
    }
}
