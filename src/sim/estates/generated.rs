//! A world of any extent, for measuring: calm services by the hundred, as a large account holds them.

use std::str::FromStr;

use jiff::Timestamp;

use super::{
    SHARED_ACCOUNT,
    build::{AGE, Alarm, container, ecs_metric, fargate, group_arn, loaded, targets},
};
use crate::sim::{
    autoscaling::{self, seed::GroupSpec},
    cloudwatch,
    ec2::{Blocks, Network},
    ecs::{self, seed::ServiceSpec},
    elb::{
        self,
        seed::{BalancerSpec, Condition, ListenerSpec, Route},
    },
    world::{Place, Region, Tick, World, traffic::Workload},
};

/// Where it all stands.
pub const REGION: &str = "us-east-1";
/// What AWS lets an account of this extent call, as a multiple of what it lets anybody: measured is the console here, not
/// its patience.
const QUOTAS_RAISED: f64 = 100.0;
/// Minutes of metrics that exist when the world begins: a day of a thousand services would take long to make up.
const HISTORY_MINUTES: i64 = 60;
const SERVICES_A_CLUSTER: usize = 100;
/// A listener takes 100 rules; half of them leaves room, as people do.
const GROUPS_A_BALANCER: usize = 50;
/// Instances of each Auto Scaling group.
const INSTANCES: u32 = 2;
/// Percent of CPU at which a service's alarm goes off: far above what its load needs.
const CPU_ALARM: f64 = 90.0;

/// What the subnets have addresses for, with some to spare.
const MOST_TASKS: usize = 40_000;
/// Three subnets of 16,379 addresses.
const NETWORK: Network = Network {
    name: "shop",
    zones: &['a', 'b', 'c'],
    public: Blocks::small(192, 1),
    private: Blocks { first: 0, step: 64, bits: 18 },
    database: None,
    gateways: 3,
};

const DOMAINS: [&str; 20] = [
    "orders", "billing", "search", "catalog", "accounts", "payments", "shipping", "pricing", "reviews", "media",
    "login", "profile", "stock", "returns", "mail", "reports", "audit", "ledger", "quotes", "tickets",
];
const ROLES: [&str; 5] = ["api", "web", "worker", "events", "admin"];

/// How much there is of everything, as `services=1000,tasks=10000,target-groups=200,groups=50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub services: usize,
    /// Of all services together.
    pub tasks: usize,
    /// As many services stand behind a load balancer.
    pub target_groups: usize,
    /// Auto Scaling groups.
    pub groups: usize,
}

/// Why a text says no extent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtentError {
    #[error("expected services=N,tasks=N,target-groups=N,groups=N, found {0:?}")]
    Malformed(String),
    #[error("there cannot be more target groups ({groups}) than services ({services})")]
    TooManyGroups { groups: usize, services: usize },
    #[error("{what} can be {most} at most")]
    TooLarge { what: &'static str, most: usize },
}

impl FromStr for Extent {
    type Err = ExtentError;

    /// What is left out is none; tasks left out are two a service.
    fn from_str(text: &str) -> Result<Self, ExtentError> {
        let mut extent = Self { services: 0, tasks: 0, target_groups: 0, groups: 0 };
        let mut tasks = None;
        for part in text.split(',') {
            let malformed = || ExtentError::Malformed(part.to_owned());
            let (name, number) = part.split_once('=').ok_or_else(malformed)?;
            let number: usize = number.trim().parse().map_err(|_| malformed())?;
            match name.trim() {
                "services" => extent.services = number,
                "tasks" => tasks = Some(number),
                "target-groups" => extent.target_groups = number,
                "groups" => extent.groups = number,
                _ => return Err(malformed()),
            }
        }
        extent.tasks = tasks.unwrap_or(2 * extent.services);
        extent.checked()
    }
}

impl Extent {
    fn checked(self) -> Result<Self, ExtentError> {
        let Self { services, tasks, target_groups, groups } = self;
        for (what, number, most) in
            [("services", services, 5_000), ("tasks", tasks, MOST_TASKS), ("groups", groups, 500)]
        {
            if number > most {
                return Err(ExtentError::TooLarge { what, most });
            }
        }
        if target_groups > services {
            return Err(ExtentError::TooManyGroups { groups: target_groups, services });
        }
        Ok(self)
    }

    /// The tasks of the service at this place in the row; they add up to all of them.
    fn tasks_of(self, service: usize) -> u32 {
        let upto = |count: usize| count * self.tasks / self.services;
        (upto(service + 1) - upto(service)) as u32
    }

    /// Whether the service at this place in the row is behind a balancer; they are spread evenly.
    fn is_balanced(self, service: usize) -> bool {
        let upto = |count: usize| count * self.target_groups / self.services;
        upto(service + 1) > upto(service)
    }
}

/// The world of this extent, calm, at `now`.
pub fn world(seed: u64, now: Timestamp, extent: Extent) -> World {
    let mut world = World::new(seed, now);
    world.edge.raise_quotas(QUOTAS_RAISED);
    let place = Place::new(SHARED_ACCOUNT, REGION);
    let region = world.regions.entry(place.clone()).or_default();
    let tick = &mut Tick { now, place: &place, random: &mut world.random };
    region.ec2.lay(NETWORK, AGE, tick);
    let names: Vec<String> = (0..extent.services).map(name).collect();
    let balanced: Vec<&str> = (0..extent.services).filter(|it| extent.is_balanced(*it)).map(|it| &*names[it]).collect();
    let balancers: Vec<String> = (0..)
        .zip(balanced.chunks(GROUPS_A_BALANCER))
        .map(|(number, groups)| balancer(region, tick, number, groups))
        .collect();
    let mut behind: Vec<Vec<(String, String)>> = vec![Vec::new(); balancers.len()];
    let mut groups = 0;
    for (number, name) in names.iter().enumerate() {
        let group = extent.is_balanced(number).then(|| group_arn(region, name));
        let arn = service(region, tick, number, name, extent.tasks_of(number), group.as_deref());
        if let Some(group) = group {
            behind[groups / GROUPS_A_BALANCER].push((group, arn));
            groups += 1;
        }
    }
    for (balancer, behind) in balancers.iter().zip(&behind) {
        let behind: Vec<(&str, &str)> = behind.iter().map(|(group, service)| (&**group, &**service)).collect();
        cloudwatch::seed::balancer(region, balancer, &behind);
    }
    for number in 0..extent.groups {
        group(region, tick, number);
    }
    autoscaling::seed::history(region, tick, HISTORY_MINUTES);
    cloudwatch::seed::history(region, tick, HISTORY_MINUTES);
    world
}

/// `orders-api-000`, `billing-api-001`, …: names that can be searched for.
fn name(number: usize) -> String {
    let (domain, role) = (DOMAINS[number % DOMAINS.len()], ROLES[number / DOMAINS.len() % ROLES.len()]);
    format!("{domain}-{role}-{number:03}")
}

fn balancer(region: &mut Region, tick: &mut Tick<'_>, number: usize, groups: &[&str]) -> String {
    let paths: Vec<String> = groups.iter().map(|name| format!("/{name}/*")).collect();
    let rules = groups.iter().zip(&paths).map(|(name, path)| (Condition::Path(path), Route::Forward(name))).collect();
    let spec = BalancerSpec {
        name: &format!("shared-{number:02}"),
        network: NETWORK,
        zones: &['a', 'b', 'c'],
        target_groups: groups.iter().map(|name| targets(name, 8080, "/health")).collect(),
        listeners: vec![ListenerSpec { port: 443, protocol: "HTTPS", rules, default: Route::Fixed(404) }],
        tags: &[],
    };
    elb::seed::balancer(region, tick, &spec)
}

/// The service, its load and, behind a balancer, its alarm; returns its ARN.
fn service(
    region: &mut Region,
    tick: &mut Tick<'_>,
    number: usize,
    name: &str,
    tasks: u32,
    group: Option<&str>,
) -> String {
    let cluster = format!("shop-{:02}", number / SERVICES_A_CLUSTER);
    let image = format!("shop/{name}:1.{}.0", number % 40);
    let containers = [container("app", &image, Some(8080))];
    let spec = ServiceSpec {
        desired: tasks,
        target_group: group.map(|arn| (arn.to_owned(), "app", 8080)),
        zones: &['a', 'b', 'c'],
        ..fargate(NETWORK, &cluster, name, &containers)
    };
    let arn = ecs::seed::service(region, tick, &spec);
    let requests_per_second = if group.is_some() { f64::from(tasks) * tick.random.between(5.0, 20.0) } else { 0.0 };
    loaded(region, &arn, false, Workload { requests_per_second, cpu_per_request: 1.5, ..Workload::default() });
    if group.is_some() {
        Alarm {
            name: &format!("{name}-cpu"),
            metric: ecs_metric("CPUUtilization", &cluster, name),
            statistic: "Average",
            comparison: "GreaterThanThreshold",
            threshold: CPU_ALARM,
            periods: (3, 60),
            treat_missing: "missing",
        }
        .put(region, tick);
    }
    arn
}

fn group(region: &mut Region, tick: &mut Tick<'_>, number: usize) {
    let name = format!("{}-hosts-{number:02}", DOMAINS[number % DOMAINS.len()]);
    let spec = GroupSpec {
        name: &name,
        network: NETWORK,
        launch_template: &format!("{name}-template"),
        instance_type: "t3.medium",
        min: 1,
        desired: INSTANCES,
        max: 2 * INSTANCES,
        grace_seconds: 300,
        zones: &['a', 'b'],
        tags: &[],
        policy: None,
    };
    autoscaling::seed::group(region, tick, &spec);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Extent, ExtentError, world};
    use crate::sim::{Sim, pace::Pace};

    const START: &str = "2026-03-04T10:00:00Z";

    fn extent(text: &str) -> Result<Extent, ExtentError> {
        text.parse()
    }

    #[test]
    fn an_extent_is_read_and_checked() {
        let whole = extent("services=1000,tasks=10000,target-groups=200,groups=50");
        assert_eq!(whole, Ok(Extent { services: 1000, tasks: 10_000, target_groups: 200, groups: 50 }));
        assert_eq!(extent("services=3"), Ok(Extent { services: 3, tasks: 6, target_groups: 0, groups: 0 }));
        assert_eq!(extent("servces=3"), Err(ExtentError::Malformed("servces=3".to_owned())));
        assert_eq!(extent("services=many"), Err(ExtentError::Malformed("services=many".to_owned())));
        let groups = ExtentError::TooManyGroups { groups: 4, services: 3 };
        assert_eq!(extent("services=3,target-groups=4"), Err(groups));
        assert_eq!(extent("groups=501"), Err(ExtentError::TooLarge { what: "groups", most: 500 }));
    }

    #[test]
    fn the_world_holds_what_was_asked_for_and_stays_calm() {
        let extent = extent("services=30,tasks=101,target-groups=7,groups=3").unwrap();
        let sim = Sim::new(world(7, START.parse().unwrap(), extent), Pace::Stepped);
        sim.advance(Duration::from_mins(30));
        sim.with_world(|world| {
            let region = world.regions.values().next().unwrap();
            let running: usize = region.traffic.workloads.keys().map(|it| region.ecs.running_tasks(it)).sum();
            assert_eq!((region.traffic.workloads.len(), running), (30, 101));
            let balanced = region.traffic.workloads.values().filter(|it| it.requests_per_second > 0.0).count();
            assert_eq!((balanced, region.autoscaling.groups.len()), (7, 3));
            assert_eq!(region.cloudwatch.alarming().count(), 0);
        });
    }
}
