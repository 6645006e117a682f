//! Networks over raw requests.

use jiff::Timestamp;

use super::{super::PLAIN, all, ask, code};
use crate::sim::{
    Sim,
    pace::Pace,
    world::{Place, World},
};

/// A simulator in which the plain network lies, with one security group besides its own.
fn sim() -> Sim {
    let mut world = World::new(1, Timestamp::from_second(1_767_355_200).unwrap());
    let place = place();
    let (region, tick) = world.enter(&place);
    region.ec2.lay(PLAIN, 3600.0, &tick);
    let web = [(Some(443), super::super::Source::Anywhere)];
    region.ec2.protect(&place, PLAIN, "web-sg", web);
    Sim::new(world, Pace::Stepped)
}

fn place() -> Place {
    Place::new("111122223333", "us-east-1")
}

#[test]
fn a_network_has_its_subnets_and_its_way_out() {
    let sim = sim();
    let (status, vpcs) = ask(&sim, "DescribeVpcs");
    assert_eq!((status, all(&vpcs, "vpcId")), (200, vec![&*PLAIN.vpc_id(&place())]));
    let (_, subnets) = ask(&sim, "DescribeSubnets");
    let blocks = ["10.0.1.0/24", "10.0.2.0/24", "10.0.10.0/24", "10.0.20.0/24"];
    assert_eq!(all(&subnets, "cidrBlock"), blocks);
    assert_eq!(all(&subnets, "availabilityZoneId"), ["use1-az1", "use1-az2", "use1-az1", "use1-az2"]);
    assert_eq!(all(&subnets, "availableIpAddressCount"), ["251"; 4]);
    let (_, gateways) = ask(&sim, "DescribeNatGateways");
    assert_eq!(all(&gateways, "subnetId"), [PLAIN.public(&place(), 'a').id]);
    assert_eq!(all(&gateways, "createTime"), ["2026-01-02T11:00:00.000Z"]);
    let (_, groups) = ask(&sim, "DescribeSecurityGroups");
    assert!(
        groups.contains("<groupName>web-sg</groupName>") && groups.contains("<cidrIp>0.0.0.0/0</cidrIp>"),
        "{groups}"
    );
}

#[test]
fn networks_are_filtered_and_asked_for_by_id() {
    let sim = sim();
    let count = |parameters: &str, element: &str| all(&ask(&sim, parameters).1, element).len();
    let vpc = PLAIN.vpc_id(&place());
    for (filter, subnets) in [
        (format!("vpc-id&Filter.1.Value.1={vpc}"), 4),
        ("vpc-id&Filter.1.Value.1=vpc-0".to_owned(), 0),
        ("tag:Name&Filter.1.Value.1=plain-private-*".to_owned(), 2),
        ("availability-zone&Filter.1.Value.1=us-east-1b".to_owned(), 2),
        ("cidr-block&Filter.1.Value.1=10.0.10.0/24".to_owned(), 1),
        ("state&Filter.1.Value.1=pending".to_owned(), 0),
    ] {
        assert_eq!(count(&format!("DescribeSubnets&Filter.1.Name={filter}"), "subnetId"), subnets, "{filter}");
    }
    assert_eq!(count(&format!("DescribeVpcs&VpcId.1={vpc}"), "vpcId"), 1);
    let web = PLAIN.group_id(&place(), "web-sg");
    let own = "Filter.1.Name=group-name&Filter.1.Value.1=default";
    assert_eq!(count(&format!("DescribeSecurityGroups&GroupId.1={web}"), "groupName"), 1);
    assert_eq!(count(&format!("DescribeSecurityGroups&GroupId.1={web}&{own}"), "groupName"), 0);
    assert_eq!(count("DescribeNatGateways&Filter.1.Name=state&Filter.1.Value.1=available", "natGatewayId"), 1);
}

#[test]
fn what_ec2_refuses_about_networks_is_refused() {
    let sim = sim();
    for (parameters, expected) in [
        ("DescribeVpcs&VpcId.1=vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("DescribeSubnets&SubnetId.1=subnet-0123456789abcdef0", "InvalidSubnetID.NotFound"),
        ("DescribeNatGateways&NatGatewayId.1=nat-0123456789abcdef0", "NatGatewayNotFound"),
        ("DescribeNatGateways&NatGatewayId.1=gateway", "NatGatewayMalformed"),
        ("DescribeSecurityGroups&GroupId.1=sg-0123456789abcdef0", "InvalidGroup.NotFound"),
        ("DescribeSecurityGroups&GroupId.1=web-sg", "InvalidGroupId.Malformed"),
        ("DescribeSecurityGroups&GroupName.1=web-sg", "InvalidGroup.NotFound"),
        ("DescribeSubnets&Filter.1.Name=colour&Filter.1.Value.1=red", "InvalidParameterValue"),
        ("DescribeVpcs&MaxResults=4", "InvalidParameterValue"),
        ("DescribeNatGateways&MaxResults=1001", "InvalidParameterValue"),
        ("DescribeSubnets&NextToken=x", "InvalidNextToken"),
    ] {
        assert_eq!(code(&sim, parameters), expected, "{parameters}");
    }
}

#[test]
fn public_subnets_lead_to_the_internet_and_private_ones_to_a_nat_gateway() {
    let sim = sim();
    let (_, gateways) = ask(&sim, "DescribeInternetGateways");
    let gateway = PLAIN.internet_gateway_id(&place());
    assert_eq!(all(&gateways, "internetGatewayId"), [&*gateway]);
    assert_eq!(all(&gateways, "vpcId"), [&*PLAIN.vpc_id(&place())]);
    let (_, tables) = ask(&sim, "DescribeRouteTables");
    let tables: Vec<&str> = tables.split("</propagatingVgwSet>").collect();
    let nat = all(&ask(&sim, "DescribeNatGateways").1, "natGatewayId")[0].to_owned();
    let of = |subnet: &str| *tables.iter().find(|it| it.contains(subnet)).expect("a table of its own");
    for letter in ['a', 'b'] {
        assert!(of(&PLAIN.public(&place(), letter).id).contains(&gateway));
        // One zone has a gateway; the other goes through it.
        assert!(of(&PLAIN.private(&place(), letter).id).contains(&nat));
    }
    let main = "DescribeRouteTables&Filter.1.Name=association.main&Filter.1.Value.1=true";
    let (_, main) = ask(&sim, main);
    assert_eq!(all(&main, "gatewayId"), ["local"], "whoever has no table of their own stays inside");
    for (parameters, expected) in [
        ("DescribeRouteTables&RouteTableId.1=rtb-0", "InvalidRouteTableID.NotFound"),
        ("DescribeInternetGateways&InternetGatewayId.1=igw-0", "InvalidInternetGatewayID.NotFound"),
        ("DescribeRouteTables&MaxResults=101", "InvalidParameterValue"),
    ] {
        assert_eq!(code(&sim, parameters), expected, "{parameters}");
    }
}
