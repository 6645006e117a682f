//! Whatever names a part of a network names one that is there, and all of them agree.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{ESTATES, Place, World, generated, world},
    Api, ask, list, start,
};
use crate::sim::{
    autoscaling, ec2, ecs, elasticache, elb, rds,
    wire::value::{Value, shape},
};

/// What a region's networks hold, as EC2 tells it.
struct Ground<'w> {
    world: &'w mut World,
    place: Place,
    /// VPC, zone and the first two octets and the third's span of each subnet.
    subnets: BTreeMap<String, (String, String, String)>,
    /// The VPC of each security group.
    groups: BTreeMap<String, String>,
}

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{name} is {other:?} in {value:?}"),
    }
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let text = |it: &Value| if let Value::Text(text) = it { text.clone() } else { panic!("{it:?}") };
    list(value, name).iter().map(text).collect()
}

/// Elements of a list that XML names.
fn named(value: &Value, name: &str) -> Vec<Value> {
    let Some(Value::Map(items)) = value.get(name) else { panic!("{name} in {value:?}") };
    items.iter().map(|(_, item)| item.clone()).collect()
}

impl<'w> Ground<'w> {
    fn of(world: &'w mut World, place: Place) -> Self {
        let mut ground = Self { world, place, subnets: BTreeMap::new(), groups: BTreeMap::new() };
        for subnet in ground.every(ec2::answer, "DescribeSubnets", "subnetSet") {
            let told = ["vpcId", "availabilityZone", "cidrBlock"].map(|name| text(&subnet, name));
            ground.subnets.insert(text(&subnet, "subnetId"), told.into());
        }
        for group in ground.every(ec2::answer, "DescribeSecurityGroups", "securityGroupInfo") {
            ground.groups.insert(text(&group, "groupId"), text(&group, "vpcId"));
        }
        ground
    }

    fn ask(&mut self, api: Api, operation: &str, input: &Value) -> Value {
        ask(self.world, &self.place, api, operation, input)
    }

    fn every(&mut self, api: Api, operation: &str, name: &str) -> Vec<Value> {
        list(&self.ask(api, operation, &Value::empty()), name).to_vec()
    }

    /// The one VPC of these subnets and security groups.
    fn vpc(&self, subnets: &[String], groups: &[String]) -> String {
        let vpcs: BTreeSet<&String> =
            subnets.iter().map(|id| &self.subnets[id].0).chain(groups.iter().map(|id| &self.groups[id])).collect();
        assert_eq!(vpcs.len(), 1, "{subnets:?} {groups:?}");
        vpcs.into_iter().next().unwrap().clone()
    }

    fn balancers(&mut self) {
        for balancer in self.every(elb::answer, "DescribeLoadBalancers", "LoadBalancers") {
            let zones = list(&balancer, "AvailabilityZones");
            let subnets: Vec<String> = zones.iter().map(|zone| text(zone, "SubnetId")).collect();
            for (zone, subnet) in zones.iter().zip(&subnets) {
                assert_eq!(self.subnets[subnet].1, text(zone, "ZoneName"));
            }
            assert_eq!(self.vpc(&subnets, &texts(&balancer, "SecurityGroups")), text(&balancer, "VpcId"));
        }
    }

    /// The addresses of tasks and of instances, with their VPC.
    fn machines(&mut self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for cluster in texts(&self.ask(ecs::answer, "ListClusters", &Value::empty()), "clusterArns") {
            let here = shape! { "cluster" => &cluster };
            let tasks = texts(&self.ask(ecs::answer, "ListTasks", &here), "taskArns");
            let asked = shape! { "cluster" => cluster, "tasks" => Value::list(tasks) };
            for task in list(&self.ask(ecs::answer, "DescribeTasks", &asked), "tasks") {
                let attachment = &list(task, "attachments")[0];
                let detail = |wanted: &str| {
                    let details = list(attachment, "details");
                    text(details.iter().find(|it| text(it, "name") == wanted).unwrap(), "value")
                };
                let (vpc, zone, block) = &self.subnets[&detail("subnetId")];
                assert_eq!(*zone, text(task, "availabilityZone"));
                found.push((vpc.clone(), inside(block, detail("privateIPv4Address"))));
            }
        }
        for reservation in self.every(ec2::answer, "DescribeInstances", "reservationSet") {
            let instance = &list(&reservation, "instancesSet")[0];
            let groups: Vec<String> = list(instance, "groupSet").iter().map(|it| text(it, "groupId")).collect();
            let subnet = text(instance, "subnetId");
            let vpc = self.vpc(std::slice::from_ref(&subnet), &groups);
            assert_eq!(vpc, text(instance, "vpcId"));
            found.push((vpc, inside(&self.subnets[&subnet].2, text(instance, "privateIpAddress"))));
        }
        found
    }

    fn services(&mut self) {
        for cluster in texts(&self.ask(ecs::answer, "ListClusters", &Value::empty()), "clusterArns") {
            let services = self.ask(ecs::answer, "ListServices", &shape! { "cluster" => &cluster });
            let asked = shape! { "cluster" => &cluster, "services" => Value::list(texts(&services, "serviceArns")) };
            for service in list(&self.ask(ecs::answer, "DescribeServices", &asked), "services") {
                let network = service.get("networkConfiguration").unwrap().get("awsvpcConfiguration").unwrap();
                let vpc = self.vpc(&texts(network, "subnets"), &texts(network, "securityGroups"));
                for binding in list(service, "loadBalancers") {
                    let asked = shape! { "TargetGroupArns" => Value::list([text(binding, "targetGroupArn")]) };
                    let groups = self.ask(elb::answer, "DescribeTargetGroups", &asked);
                    assert_eq!(text(&list(&groups, "TargetGroups")[0], "VpcId"), vpc);
                }
            }
        }
    }

    fn instance_groups(&mut self) {
        for group in self.every(autoscaling::answer, "DescribeAutoScalingGroups", "AutoScalingGroups") {
            let identifier = text(&group, "VPCZoneIdentifier");
            let zones: Vec<String> = identifier.split(',').map(|id| self.subnets[id].1.clone()).collect();
            assert_eq!(zones, texts(&group, "AvailabilityZones"));
        }
    }

    fn data(&mut self) {
        for cluster in named(&self.ask(elasticache::answer, "DescribeCacheClusters", &Value::empty()), "CacheClusters")
        {
            let group = text(&list(&cluster, "SecurityGroups")[0], "SecurityGroupId");
            assert!(self.groups.contains_key(&group), "{cluster:?}");
        }
        for database in named(&self.ask(rds::answer, "DescribeDBInstances", &Value::empty()), "DBInstances") {
            let group = text(&named(&database, "VpcSecurityGroups")[0], "VpcSecurityGroupId");
            let subnets = database.get("DBSubnetGroup").unwrap();
            let ids: Vec<String> = named(subnets, "Subnets").iter().map(|it| text(it, "SubnetIdentifier")).collect();
            assert_eq!(self.vpc(&ids, &[group]), text(subnets, "VpcId"));
        }
    }

    fn check(&mut self) {
        self.balancers();
        self.services();
        self.instance_groups();
        self.data();
        let machines = self.machines();
        let different: BTreeSet<_> = machines.iter().collect();
        assert_eq!(different.len(), machines.len(), "an address is one machine's: {machines:?}");
        for gateway in self.every(ec2::answer, "DescribeNatGateways", "natGatewaySet") {
            assert_eq!(self.subnets[&text(&gateway, "subnetId")].0, text(&gateway, "vpcId"));
        }
    }
}

/// The address, which is in the block.
fn inside(block: &str, address: String) -> String {
    let octet = |text: &str| text.split(['.', '/']).nth(2).unwrap().parse::<u32>().unwrap();
    let bits: u32 = block.rsplit('/').next().unwrap().parse().unwrap();
    let span = octet(block)..octet(block) + (1 << (24 - bits));
    assert!(address.starts_with("10.0.") && span.contains(&octet(&address)), "{address} in {block}");
    address
}

#[test]
fn everything_in_the_estates_agrees_about_its_network() {
    let mut world = world(7, start());
    for (account, region, builds) in ESTATES {
        let mut ground = Ground::of(&mut world, Place::new(account, region));
        let vpcs: BTreeSet<String> = ground.subnets.values().map(|(vpc, ..)| vpc.clone()).collect();
        assert_eq!(vpcs.len(), builds.len(), "one for each stack in {region}");
        ground.check();
    }
}

#[test]
fn so_does_everything_in_a_generated_world() {
    let extent = "services=9,tasks=90,target-groups=4,groups=2".parse().unwrap();
    let mut world = generated::world(7, start(), extent);
    Ground::of(&mut world, Place::new("111122223333", generated::REGION)).check();
}
