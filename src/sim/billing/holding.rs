//! What each stack holds that is billed, and how much of it is used at a moment.

use super::{
    super::world::{Region, traffic::Workload},
    usage::{self, Tariff, Usage},
};

/// Millionths: the resolution of quantities.
pub const MILLIONTHS: u64 = 1_000_000;
/// Hours of a month, by which fees of a month are spread.
const HOURS_A_MONTH: u64 = 730;
/// Millionths of a load balancer's capacity unit that each request takes: four kilobytes of a gigabyte an hour.
const LCU_A_REQUEST: u64 = 4;
const BYTES_A_KILOBYTE: f64 = 1_000.0;
/// GiB of the root volume of an instance.
const ROOT_VOLUME: u64 = 20;

/// What one stack holds in one region, by name. What is there by the API is metered as it is; the rest is a fee.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holding {
    /// The value of the cost allocation tag `Project`; `None` for what nobody has tagged.
    pub project: Option<&'static str>,
    /// ECS clusters on Fargate.
    pub clusters: &'static [&'static str],
    /// Auto Scaling groups.
    pub groups: &'static [&'static str],
    pub balancers: &'static [&'static str],
    pub databases: &'static [&'static str],
    /// Cache clusters of one node.
    pub caches: &'static [&'static str],
    /// NAT gateways, each with a public address.
    pub gateways: u32,
    /// Kilobytes that pass the gateways for each request at the clusters' services.
    pub through_gateways: u32,
    /// What the simulator has no API of: units a month.
    pub monthly: &'static [(Tariff, u32)],
}

/// A quantity that is used up: millionths of its unit for each hour that it goes on as now.
pub type Metered = (Usage, u64);

/// What the holding uses at this moment. `requests` tells a workload's requests of a minute.
pub fn meter(holding: &Holding, region: &Region, place: &str, requests: impl Fn(&Workload) -> f64) -> Vec<Metered> {
    let mut metered = Metering { holding, place, found: Vec::new() };
    metered.tasks(region);
    metered.instances(region);
    metered.network(region, requests);
    metered.data(region);
    for (tariff, units) in holding.monthly {
        metered.add(tariff, "", u64::from(*units) * MILLIONTHS / HOURS_A_MONTH);
    }
    metered.found
}

/// The requests of a minute at the services of its clusters: all, and those through load balancers.
fn asked(holding: &Holding, region: &Region, requests: impl Fn(&Workload) -> f64) -> (f64, f64) {
    let (mut all, mut balanced) = (0.0, 0.0);
    for cluster in holding.clusters {
        for (service, is_balanced) in region.ecs.services_of(cluster) {
            let asked = region.traffic.workloads.get(service).map_or(0.0, &requests);
            all += asked;
            balanced += if is_balanced { asked } else { 0.0 };
        }
    }
    (all, balanced)
}

/// Bytes that passed its NAT gateways in the last minute, both ways.
pub fn passed(holding: &Holding, region: &Region) -> f64 {
    let (all, _) = asked(holding, region, |workload| workload.minute.requests);
    all * f64::from(holding.through_gateways) * BYTES_A_KILOBYTE
}

struct Metering<'a> {
    holding: &'a Holding,
    place: &'a str,
    found: Vec<Metered>,
}

impl Metering<'_> {
    fn add(&mut self, tariff: &Tariff, size: &str, millionths_an_hour: u64) {
        if millionths_an_hour == 0 {
            return;
        }
        let usage = tariff.usage(self.holding.project, self.place, size);
        match self.found.iter_mut().find(|(known, _)| *known == usage) {
            Some((_, sum)) => *sum += millionths_an_hour,
            None => self.found.push((usage, millionths_an_hour)),
        }
    }

    /// Fargate: vCPU and memory of every task from the pull of its images to its end.
    fn tasks(&mut self, region: &Region) {
        for cluster in self.holding.clusters {
            for task in region.ecs.billed_tasks(cluster) {
                let (vcpu, memory) = if task.spot {
                    (usage::SPOT_VCPU, usage::SPOT_GB)
                } else {
                    (usage::FARGATE_VCPU, usage::FARGATE_GB)
                };
                self.add(&vcpu, "", u64::from(task.cpu_units) * MILLIONTHS / 1024);
                self.add(&memory, "", u64::from(task.mebibytes) * MILLIONTHS / 1024);
            }
        }
    }

    fn instances(&mut self, region: &Region) {
        for group in self.holding.groups {
            let members = region.autoscaling.groups.get(*group).into_iter().flat_map(|group| &group.members);
            for instance in members.filter_map(|member| region.ec2.instances.get(&member.instance)) {
                if instance.running() {
                    let tariff = if instance.spot.is_some() { usage::SPOT_INSTANCE } else { usage::INSTANCE };
                    self.add(&tariff, &instance.launch.instance_type, MILLIONTHS);
                    self.add(&usage::VOLUME, "", ROOT_VOLUME * MILLIONTHS / HOURS_A_MONTH);
                }
            }
        }
    }

    /// Balancers and gateways, with what passes them and their public addresses.
    fn network(&mut self, region: &Region, requests: impl Fn(&Workload) -> f64) {
        let zones: usize = self.holding.balancers.iter().map(|name| region.elb.zones_of(name)).sum();
        let balancers = self.holding.balancers.iter().filter(|name| region.elb.zones_of(name) > 0).count() as u64;
        self.add(&usage::BALANCER, "", balancers * MILLIONTHS);
        let (all, balanced) = asked(self.holding, region, requests);
        let an_hour = |a_minute: f64| (a_minute * 60.0) as u64;
        self.add(&usage::LCU, "", an_hour(balanced) * LCU_A_REQUEST);
        let gateways = u64::from(self.holding.gateways);
        self.add(&usage::NAT_HOURS, "", gateways * MILLIONTHS);
        // A kilobyte is a millionth of a gigabyte.
        self.add(&usage::NAT_BYTES, "", an_hour(all) * u64::from(self.holding.through_gateways));
        self.add(&usage::ADDRESS, "", (zones as u64 + gateways) * MILLIONTHS);
    }

    fn data(&mut self, region: &Region) {
        for name in self.holding.databases {
            let Some(database) = region.rds.instance(name) else { continue };
            let (instance, storage) = if database.multi_zone {
                (usage::TWO_ZONE_DATABASE, usage::TWO_ZONE_STORAGE)
            } else {
                (usage::DATABASE, usage::DATABASE_STORAGE)
            };
            self.add(&instance, database.class, MILLIONTHS);
            self.add(&storage, "", u64::from(database.storage) * MILLIONTHS / HOURS_A_MONTH);
        }
        for name in self.holding.caches {
            if let Some(node_type) = region.elasticache.node_type(name) {
                self.add(&usage::NODE, node_type, MILLIONTHS);
            }
        }
    }
}
