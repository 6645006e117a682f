//! `DescribeInternetGateways` and `DescribeRouteTables`.
//!
//! A network has one internet gateway. Its public subnets share a route table that leads there; those for private use have
//! one for each zone, which leads to a NAT gateway, the zone's own or the first; databases are left to the main table, which
//! leads nowhere.

use jiff::Timestamp;

use super::{
    State,
    describe_instances::tag_set,
    describe_networks::{Gateway, Laid, tags},
    listing::{Listing, list},
    network::{CIDR, Tier, stable_id},
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

const GATEWAYS: Listing = Listing {
    name: "ec2.DescribeInternetGateways",
    ids: "InternetGatewayId",
    filters: &["internet-gateway-id", "attachment.vpc-id", "attachment.state", "owner-id"],
    most: 1000,
    unknown: |id| {
        let message = format!("The internetGateway ID '{id}' does not exist");
        ApiError::bad_request("InvalidInternetGatewayID.NotFound", message)
    },
};
const TABLES: Listing = Listing {
    name: "ec2.DescribeRouteTables",
    ids: "RouteTableId",
    filters: &["route-table-id", "vpc-id", "association.main", "owner-id"],
    most: 100,
    unknown: |id| {
        ApiError::bad_request("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"))
    },
};

pub fn internet_gateways(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let place = &call.place;
    let found = state.networks.iter().map(|laid| (laid.network.internet_gateway_id(place), laid.network));
    let filtered = |(id, network): &(String, super::Network), name: &str| match name {
        "internet-gateway-id" => id.clone(),
        "attachment.vpc-id" => network.vpc_id(place),
        "attachment.state" => "available".to_owned(),
        _ => place.account.clone(),
    };
    let of = |(_, network): &(String, super::Network)| tags(network, "igw");
    let (gateways, next) = list(&GATEWAYS, call, found.collect(), |(id, _)| id, of, filtered)?;
    let spelt = gateways.iter().map(|(id, network)| {
        shape! {
            "internetGatewayId" => id,
            "ownerId" => &place.account,
            "attachmentSet" => Value::list([shape! { "state" => "available", "vpcId" => network.vpc_id(place) }]),
            "tagSet" => tag_set(&tags(network, "igw")),
        }
    });
    Ok(shape! { "internetGatewaySet" => Value::list(spelt), "nextToken" => next })
}

pub fn route_tables(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let place = &call.place;
    let found = state.networks.iter().flat_map(|laid| tables(laid, place)).collect();
    let filtered = |table: &Table, name: &str| match name {
        "route-table-id" => table.id.clone(),
        "vpc-id" => table.vpc.clone(),
        "association.main" => table.is_main().to_string(),
        _ => place.account.clone(),
    };
    let (tables, next) = list(&TABLES, call, found, |table| &table.id, |table| table.tags.clone(), filtered)?;
    let spelt = tables.iter().map(|table| table.spelt(place));
    Ok(shape! { "routeTableSet" => Value::list(spelt), "nextToken" => next })
}

/// Where everything goes that does not stay within the network.
enum WayOut {
    Nowhere,
    Internet(String),
    Nat(String),
}

struct Table {
    id: String,
    vpc: String,
    tags: Vec<(String, String)>,
    /// The subnets that it is associated with; of the main table none.
    subnets: Vec<String>,
    out: WayOut,
}

fn tables(laid: &Laid, place: &Place) -> Vec<Table> {
    let network = &laid.network;
    let table = |part: &str, subnets: Vec<String>, out: WayOut| Table {
        id: stable_id("rtb", place, &format!("{}/{part}", network.name)),
        vpc: network.vpc_id(place),
        // Nobody tags the table that comes with a VPC.
        tags: if part == "main" { Vec::new() } else { tags(network, part) },
        subnets,
        out,
    };
    let subnets = network.subnets(place);
    let public = subnets.iter().filter(|(tier, ..)| *tier == Tier::Public).map(|(.., subnet)| subnet.id.clone());
    let mut all = vec![
        table("main", Vec::new(), WayOut::Nowhere),
        table("public", public.collect(), WayOut::Internet(network.internet_gateway_id(place))),
    ];
    let with_nat = &network.zones[..network.zones.len().min(network.gateways as usize)];
    for (_, letter, subnet) in subnets.iter().filter(|(tier, ..)| *tier == Tier::Private) {
        let nat = if with_nat.contains(letter) { Some(letter) } else { with_nat.first() };
        let out = nat.map_or(WayOut::Nowhere, |letter| WayOut::Nat(Gateway::new(laid, *letter, place).id));
        all.push(table(&format!("private-{letter}"), vec![subnet.id.clone()], out));
    }
    all
}

impl Table {
    fn is_main(&self) -> bool {
        self.subnets.is_empty()
    }

    fn spelt(&self, place: &Place) -> Value {
        let association = |of: &str, subnet: Option<&String>| {
            shape! {
                "main" => subnet.is_none(),
                "routeTableAssociationId" => stable_id("rtbassoc", place, of),
                "routeTableId" => &self.id,
                "subnetId" => subnet,
                "associationState" => shape! { "state" => "associated" },
            }
        };
        let associations = if self.is_main() {
            Value::list([association(&self.id, None)])
        } else {
            Value::list(self.subnets.iter().map(|subnet| association(subnet, Some(subnet))))
        };
        let route = |to: &str, gateway: Option<&str>, nat: Option<&str>, origin: &str| {
            shape! {
                "destinationCidrBlock" => to,
                "gatewayId" => gateway,
                "natGatewayId" => nat,
                "origin" => origin,
                "state" => "active",
            }
        };
        let out = match &self.out {
            WayOut::Nowhere => None,
            WayOut::Internet(gateway) => Some(route("0.0.0.0/0", Some(gateway), None, "CreateRoute")),
            WayOut::Nat(gateway) => Some(route("0.0.0.0/0", None, Some(gateway), "CreateRoute")),
        };
        let local = route(CIDR, Some("local"), None, "CreateRouteTable");
        shape! {
            "routeTableId" => &self.id,
            "vpcId" => &self.vpc,
            "ownerId" => &place.account,
            "routeSet" => Value::list(out.into_iter().chain([local])),
            "associationSet" => associations,
            "propagatingVgwSet" => Value::List(Vec::new()),
            "tagSet" => tag_set(&self.tags),
        }
    }
}
