//! `DescribeVpcs`, `DescribeSubnets` and `DescribeNatGateways`.

use jiff::Timestamp;

use super::{
    Network, State, Subnet,
    describe_instances::tag_set,
    listing::{Listing, list},
    network::{self, CIDR, Tier, stable_id},
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

const VPCS: Listing = Listing {
    name: "ec2.DescribeVpcs",
    ids: "VpcId",
    filters: &["vpc-id", "state", "cidr", "cidrBlock", "is-default", "isDefault", "owner-id", "dhcp-options-id"],
    most: 1000,
    unknown: |id| ApiError::bad_request("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist")),
};
const SUBNETS: Listing = Listing {
    name: "ec2.DescribeSubnets",
    ids: "SubnetId",
    filters: &[
        "subnet-id",
        "vpc-id",
        "availability-zone",
        "availabilityZone",
        "availability-zone-id",
        "state",
        "cidr-block",
        "cidr",
        "cidrBlock",
        "default-for-az",
        "map-public-ip-on-launch",
        "owner-id",
        "subnet-arn",
    ],
    most: 1000,
    unknown: |id| ApiError::bad_request("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist")),
};
const GATEWAYS: Listing = Listing {
    name: "ec2.DescribeNatGateways",
    ids: "NatGatewayId",
    filters: &["nat-gateway-id", "subnet-id", "vpc-id", "state"],
    most: 1000,
    unknown: |id| {
        if id.starts_with("nat-") {
            ApiError::bad_request("NatGatewayNotFound", format!("The Nat Gateway {id} was not found"))
        } else {
            ApiError::bad_request("NatGatewayMalformed", "The Nat Gateway ID is malformed")
        }
    },
};

/// A network that has been laid, and when.
#[derive(Debug, Clone, Copy)]
pub struct Laid {
    pub network: Network,
    pub since: Timestamp,
}

pub fn vpcs(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let place = &call.place;
    let found = state.networks.iter().map(|laid| Vpc { id: laid.network.vpc_id(place), network: laid.network });
    let (vpcs, next) =
        list(&VPCS, call, found.collect(), |vpc| &vpc.id, Vpc::tags, |vpc, name| vpc.filtered(name, place))?;
    let spelt = vpcs.iter().map(|vpc| vpc.spelt(place));
    Ok(shape! { "vpcSet" => Value::list(spelt), "nextToken" => next })
}

pub fn subnets(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let place = &call.place;
    let found = state.networks.iter().flat_map(|Laid { network, .. }| {
        let parts = network.subnets(place).into_iter();
        parts.map(|(tier, letter, subnet)| Part { network: *network, tier, letter, subnet })
    });
    let found = found.collect();
    let filtered = |part: &Part, name: &str| part.filtered(name, place);
    let (parts, next) = list(&SUBNETS, call, found, |part| &part.subnet.id, Part::tags, filtered)?;
    let spelt = parts.iter().map(|part| part.spelt(place, state.addresses.free(&part.subnet)));
    Ok(shape! { "subnetSet" => Value::list(spelt), "nextToken" => next })
}

pub fn nat_gateways(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let place = &call.place;
    let found = state.networks.iter().flat_map(|laid| {
        let with = laid.network.zones.iter().take(laid.network.gateways as usize);
        with.map(|letter| Gateway::new(laid, *letter, place))
    });
    let (gateways, next) = list(&GATEWAYS, call, found.collect(), |it| &it.id, Gateway::tags, Gateway::filtered)?;
    let spelt = gateways.iter().map(|gateway| gateway.spelt(place));
    Ok(shape! { "natGatewaySet" => Value::list(spelt), "nextToken" => next })
}

impl State {
    /// The ids of the NAT gateways of a stack's network.
    pub fn gateways_of(&self, stack: &str, place: &Place) -> Vec<String> {
        let laid = self.networks.iter().filter(|it| it.network.name == stack);
        let of = |it: &Laid| {
            let letters = it.network.zones.iter().take(it.network.gateways as usize);
            letters.map(|letter| Gateway::new(it, *letter, place).id).collect::<Vec<_>>()
        };
        laid.flat_map(of).collect()
    }
}

/// The tags of a part of a stack's network.
pub fn tags(network: &Network, part: &str) -> Vec<(String, String)> {
    let name = format!("{}-{part}", network.name);
    vec![("Name".to_owned(), name), ("Project".to_owned(), network.name.to_owned())]
}

struct Vpc {
    id: String,
    network: Network,
}

impl Vpc {
    fn tags(&self) -> Vec<(String, String)> {
        tags(&self.network, "vpc")
    }

    fn filtered(&self, name: &str, place: &Place) -> String {
        match name {
            "vpc-id" => self.id.clone(),
            "state" => "available".to_owned(),
            "cidr" | "cidrBlock" => CIDR.to_owned(),
            "is-default" | "isDefault" => "false".to_owned(),
            "dhcp-options-id" => options_id(place),
            _ => place.account.clone(),
        }
    }

    fn spelt(&self, place: &Place) -> Value {
        let association = shape! {
            "associationId" => stable_id("vpc-cidr-assoc", place, self.network.name),
            "cidrBlock" => CIDR,
            "cidrBlockState" => shape! { "state" => "associated" },
        };
        shape! {
            "vpcId" => &self.id,
            "ownerId" => &place.account,
            "state" => "available",
            "cidrBlock" => CIDR,
            "cidrBlockAssociationSet" => Value::list([association]),
            "dhcpOptionsId" => options_id(place),
            "tagSet" => tag_set(&self.tags()),
            "instanceTenancy" => "default",
            "isDefault" => false,
        }
    }
}

fn options_id(place: &Place) -> String {
    stable_id("dopt", place, "default")
}

struct Part {
    network: Network,
    tier: Tier,
    letter: char,
    subnet: Subnet,
}

impl Part {
    fn tags(&self) -> Vec<(String, String)> {
        tags(&self.network, &format!("{}-{}", self.tier.name(), self.letter))
    }

    fn arn(&self, place: &Place) -> String {
        place.arn("ec2", format_args!("subnet/{}", self.subnet.id))
    }

    fn filtered(&self, name: &str, place: &Place) -> String {
        match name {
            "subnet-id" => self.subnet.id.clone(),
            "vpc-id" => self.subnet.vpc_id.clone(),
            "availability-zone" | "availabilityZone" => self.subnet.zone.clone(),
            "availability-zone-id" => zone_id(place, self.letter),
            "state" => "available".to_owned(),
            "cidr-block" | "cidr" | "cidrBlock" => self.subnet.cidr(),
            "default-for-az" | "map-public-ip-on-launch" => "false".to_owned(),
            "subnet-arn" => self.arn(place),
            _ => place.account.clone(),
        }
    }

    fn spelt(&self, place: &Place, free: usize) -> Value {
        let subnet = &self.subnet;
        let names = shape! {
            "hostnameType" => "ip-name",
            "enableResourceNameDnsARecord" => false,
            "enableResourceNameDnsAAAARecord" => false,
        };
        shape! {
            "subnetId" => &subnet.id,
            "subnetArn" => self.arn(place),
            "state" => "available",
            "ownerId" => &place.account,
            "vpcId" => &subnet.vpc_id,
            "cidrBlock" => subnet.cidr(),
            "ipv6CidrBlockAssociationSet" => Value::List(Vec::new()),
            "availableIpAddressCount" => free,
            "availabilityZone" => &subnet.zone,
            "availabilityZoneId" => zone_id(place, self.letter),
            "defaultForAz" => false,
            "mapPublicIpOnLaunch" => false,
            "mapCustomerOwnedIpOnLaunch" => false,
            "assignIpv6AddressOnCreation" => false,
            "enableDns64" => false,
            "ipv6Native" => false,
            "privateDnsNameOptionsOnLaunch" => names,
            "tagSet" => tag_set(&self.tags()),
        }
    }
}

/// The id of a zone, which is the same zone in every account, as `use1-az1` or `apse2-az3`.
fn zone_id(place: &Place, letter: char) -> String {
    let mut parts = place.region.split('-');
    let continent = parts.next().unwrap_or_default();
    let side: String = parts
        .next()
        .map(|side| {
            let points = ["north", "south", "east", "west", "central"];
            points.iter().filter(|point| side.contains(**point)).filter_map(|point| point.chars().next()).collect()
        })
        .unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let ordinal = u32::from(letter).saturating_sub(u32::from('a')) + 1;
    format!("{continent}{side}{number}-az{ordinal}")
}

/// A NAT gateway, which stands in the public subnet of its zone.
pub struct Gateway {
    pub id: String,
    laid: Laid,
    letter: char,
    subnet: Subnet,
}

/// Where the public addresses of gateways are from: 198.18.0.0/15 is nobody's.
const PUBLIC: u64 = 1 << 17;

impl Gateway {
    pub fn new(laid: &Laid, letter: char, place: &Place) -> Self {
        let name = format!("{}/{letter}", laid.network.name);
        let subnet = laid.network.public(place, letter);
        Self { id: stable_id("nat", place, &name), laid: *laid, letter, subnet }
    }

    fn tags(&self) -> Vec<(String, String)> {
        tags(&self.laid.network, &format!("nat-{}", self.letter))
    }

    fn filtered(&self, name: &str) -> String {
        match name {
            "nat-gateway-id" => self.id.clone(),
            "subnet-id" => self.subnet.id.clone(),
            "vpc-id" => self.subnet.vpc_id.clone(),
            _ => "available".to_owned(),
        }
    }

    fn spelt(&self, place: &Place) -> Value {
        let number = network::hash("address", place, &self.id) % PUBLIC;
        let of_it = |kind| stable_id(kind, place, &self.id);
        let address = shape! {
            "allocationId" => of_it("eipalloc"),
            "associationId" => of_it("eipassoc"),
            "networkInterfaceId" => of_it("eni"),
            "privateIp" => self.subnet.address(self.subnet.hosts() - 1),
            "publicIp" => format!("198.{}.{}.{}", 18 + (number >> 16), (number >> 8) % 256, number % 256),
            "isPrimary" => true,
            "status" => "succeeded",
        };
        shape! {
            "natGatewayId" => &self.id,
            "state" => "available",
            "subnetId" => &self.subnet.id,
            "vpcId" => &self.subnet.vpc_id,
            "createTime" => self.laid.since,
            "connectivityType" => "public",
            "natGatewayAddressSet" => Value::list([address]),
            "tagSet" => tag_set(&self.tags()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_their_ids() {
        for (region, letter, id) in
            [("us-east-1", 'a', "use1-az1"), ("eu-north-1", 'b', "eun1-az2"), ("ap-southeast-2", 'c', "apse2-az3")]
        {
            assert_eq!(zone_id(&Place::new("1", region), letter), id);
        }
    }
}
