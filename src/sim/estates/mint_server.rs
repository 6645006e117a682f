//! mint-server: one API in two regions, each with a latency promise.

use super::build::{AGE, Alarm, balancer_metric, container, ecs_metric, fargate, group_arn, loaded, targets};
use crate::sim::{
    billing::{self, Holding, usage},
    cloudwatch::{self, MetricKey},
    ec2::{Blocks, Network},
    ecs::{
        self,
        seed::{ContainerSpec, ServiceSpec},
    },
    elasticache::{self, CacheSpec},
    elb::{
        self,
        seed::{BalancerSpec, ListenerSpec, Route},
    },
    scaling::{self, Metric, seed::TargetSpec},
    world::{Region, Tick, traffic::Workload},
};

const NAME: &str = "mint-server";
const CACHE: &str = "mint-server-redis";
const TAGS: &[(&str, &str)] = &[("Project", "mint-server")];

const NETWORK: Network = Network {
    name: "mint-server",
    zones: &['a', 'c'],
    public: Blocks::small(1, 1),
    private: Blocks::small(30, 10),
    database: None,
    gateways: 1,
};

/// In each region: two nodes of the cache, one gateway, and the requests for its own half of the traffic.
pub(super) const BILLED: Holding = Holding {
    project: Some(NAME),
    clusters: &[NAME],
    groups: &[],
    balancers: &[NAME],
    databases: &[],
    caches: &[CACHE, "mint-server-redis-002"],
    gateways: NETWORK.gateways,
    through_gateways: 1,
    monthly: &[(usage::LOGS, 21), (usage::ALARMS, 7), (usage::SECRETS, 1), (usage::ZONES, 1)],
};

const fn containers(environment: &'static [(&'static str, &'static str)]) -> [ContainerSpec<'static>; 1] {
    [ContainerSpec {
        environment,
        secrets: &[("REDIS_TOKEN", "mint-server/redis-token")],
        logs: Some(("/ecs/mint-server", "mint")),
        ..container("mint-server", "docker.io/username/mint-server:1.8.2", Some(8080))
    }]
}

const EAST_DOMAIN: &str = "k3p9zd.use1.cache.amazonaws.com";
const WEST_DOMAIN: &str = "w8d1qs.usw1.cache.amazonaws.com";
const EAST: &[ContainerSpec] =
    &containers(&[("REDIS_HOST", "master.mint-server-redis.k3p9zd.use1.cache.amazonaws.com"), ("PORT", "8080")]);
const WEST: &[ContainerSpec] =
    &containers(&[("REDIS_HOST", "master.mint-server-redis.w8d1qs.usw1.cache.amazonaws.com"), ("PORT", "8080")]);

/// us-east-1: p95 within 40 ms.
pub fn build_east(region: &mut Region, tick: &mut Tick<'_>) {
    let workload = Workload { requests_per_second: 110.0, latency: 0.0130, peak_hour: 18.0, ..workload() };
    build(region, tick, EAST, workload, 0.040);
}

/// us-west-1: p95 within 50 ms.
pub fn build_west(region: &mut Region, tick: &mut Tick<'_>) {
    let workload = Workload { requests_per_second: 70.0, latency: 0.0165, peak_hour: 21.0, ..workload() };
    build(region, tick, WEST, workload, 0.050);
}

fn workload() -> Workload {
    Workload {
        swing: 0.35,
        cpu_per_request: 0.55,
        idle_cpu: 5.0,
        idle_memory: 38.0,
        spread: 0.45,
        ..Workload::default()
    }
}

fn build(
    region: &mut Region,
    tick: &mut Tick<'_>,
    containers: &'static [ContainerSpec],
    workload: Workload,
    promise: f64,
) {
    region.ec2.lay(NETWORK, AGE, tick);
    let forward = |port, protocol| ListenerSpec { port, protocol, rules: Vec::new(), default: Route::Forward(NAME) };
    let balancer = BalancerSpec {
        name: NAME,
        network: NETWORK,
        zones: &['a', 'c'],
        target_groups: vec![targets(NAME, 8080, "/health")],
        listeners: vec![forward(80, "HTTP"), forward(443, "HTTPS")],
        tags: TAGS,
    };
    let balancer = elb::seed::balancer(region, tick, &balancer);
    let group = group_arn(region, NAME);
    ecs::seed::cluster(region, tick, NAME, false);
    let service = ServiceSpec {
        revision: 31,
        cpu: 1024,
        memory: 2048,
        zones: &['a', 'c'],
        target_group: Some((group.clone(), "mint-server", 8080)),
        ..fargate(NETWORK, NAME, NAME, containers)
    };
    let service = ecs::seed::service(region, tick, &service);
    loaded(region, &service, false, workload);
    cloudwatch::seed::balancer(region, &balancer, &[(&group, &service)]);
    cloudwatch::seed::cache(region, CACHE, std::slice::from_ref(&service), 14.0, 51.0);
    for (id, primary, zone) in [(CACHE, true, 'a'), ("mint-server-redis-002", false, 'c')] {
        let cache = CacheSpec {
            id,
            network: NETWORK,
            group: Some((CACHE, primary)),
            node_type: "cache.t3.small",
            version: "7.1.0",
            zone,
            encrypted: true,
            domain: if tick.place.region == "us-east-1" { EAST_DOMAIN } else { WEST_DOMAIN },
        };
        elasticache::seed(region, tick, cache, AGE);
    }
    let label = [balancer.as_str(), group.as_str()].map(|arn| cloudwatch::seed::dimension(arn).unwrap_or_default());
    let target = TargetSpec {
        service_arn: service,
        min: 2,
        max: 10,
        policies: vec![
            ("mint-server-cpu", Metric::Cpu, 70.0),
            ("mint-server-memory", Metric::Memory, 80.0),
            ("mint-server-requests", Metric::RequestsPerTarget(label.join("/")), 7_000.0),
        ],
    };
    scaling::seed::target(region, tick, &target);
    alarms(region, tick, &balancer, promise);
    billing::hold(region, BILLED);
}

fn alarms(region: &mut Region, tick: &mut Tick<'_>, balancer_arn: &str, promise: f64) {
    let cache = |name| MetricKey::new("AWS/ElastiCache", name, &[("CacheClusterId", CACHE)]);
    let balancer = |name| balancer_metric(name, balancer_arn);
    let alarms = [
        ("mint-server-cpu-high", ecs_metric("CPUUtilization", NAME, NAME), "Average", 85.0, (3, 60), "missing"),
        ("mint-server-memory-high", ecs_metric("MemoryUtilization", NAME, NAME), "Average", 85.0, (3, 60), "missing"),
        ("mint-server-cache-cpu-high", cache("CPUUtilization"), "Average", 75.0, (3, 300), "missing"),
        ("mint-server-cache-memory-high", cache("DatabaseMemoryUsagePercentage"), "Average", 80.0, (3, 300), "missing"),
        ("mint-server-latency-high", balancer("TargetResponseTime"), "p95", promise, (5, 60), "notBreaching"),
        ("mint-server-requests-high", balancer("RequestCount"), "Sum", 60_000.0, (3, 60), "notBreaching"),
        ("mint-server-5xx-high", balancer("HTTPCode_Target_5XX_Count"), "Sum", 60.0, (3, 60), "notBreaching"),
    ];
    for (name, metric, statistic, threshold, periods, treat_missing) in alarms {
        let comparison = "GreaterThanThreshold";
        Alarm { name, metric, statistic, comparison, threshold, periods, treat_missing }.put(region, tick);
    }
}
