//! reactive-notebook: one stateful task that must never be two.

use super::build::{AGE, container, fargate, group_arn, loaded, targets};
use crate::sim::{
    billing::{self, Holding, usage},
    cloudwatch,
    ec2::{Blocks, Network},
    ecr::{self, seed::RepositorySpec},
    ecs::{
        self,
        seed::{ContainerSpec, ServiceSpec},
    },
    elb::{
        self,
        seed::{BalancerSpec, ListenerSpec, Route, TargetGroupSpec},
    },
    world::{Region, Tick, traffic::Workload},
};

const CLUSTER: &str = "reactive-notebook-cluster";
const LOGS: &str = "/ecs/reactive-notebook-backend";
const GROUP: &str = "reactive-notebook-tg";

const NETWORK: Network = Network {
    name: "reactive-notebook",
    zones: &['a', 'b'],
    public: Blocks::small(0, 1),
    private: Blocks::small(10, 1),
    database: None,
    gateways: 2,
};

/// Two gateways for one task: they cost more than all the rest.
pub(super) const BILLED: Holding = Holding {
    project: Some("reactive-notebook"),
    clusters: &[CLUSTER],
    groups: &[],
    balancers: &["reactive-notebook-alb"],
    databases: &[],
    caches: &[],
    gateways: NETWORK.gateways,
    through_gateways: 95,
    monthly: &[
        (usage::LOGS, 3),
        (usage::METRICS, 9),
        (usage::OBJECTS, 12),
        (usage::EDGE_BYTES, 48),
        (usage::IMAGES, 6),
    ],
};

const CONTAINERS: &[ContainerSpec] = &[ContainerSpec {
    environment: &[("ALLOWED_ORIGINS", "https://d2x7k1m4notebk.cloudfront.net"), ("LOG_LEVEL", "info")],
    health_command: Some("curl -f http://localhost:8000/health || exit 1"),
    logs: Some((LOGS, "fastapi")),
    ..container("fastapi-backend", "reactive-notebook-backend:latest", Some(8000))
}];

/// The balancer and the one task: a deploy stops it before the next one starts.
pub fn build(region: &mut Region, tick: &mut Tick<'_>) {
    region.ec2.lay(NETWORK, AGE, tick);
    let balancer = BalancerSpec {
        name: "reactive-notebook-alb",
        network: NETWORK,
        zones: &['a', 'b'],
        target_groups: vec![TargetGroupSpec {
            unhealthy_threshold: 3,
            deregistration_delay: 30,
            stickiness: Some(86_400),
            ..targets(GROUP, 8000, "/health")
        }],
        listeners: vec![ListenerSpec { port: 80, protocol: "HTTP", rules: Vec::new(), default: Route::Forward(GROUP) }],
        tags: &[("Project", "reactive-notebook")],
    };
    let balancer = elb::seed::balancer(region, tick, &balancer);
    let group = group_arn(region, GROUP);
    ecs::seed::cluster(region, tick, CLUSTER, true);
    region.logs.keep(LOGS, Some(7), tick.after(-AGE));
    let repository =
        RepositorySpec { scan_on_push: true, keep: Some(10), ..RepositorySpec::plain("reactive-notebook-backend") };
    ecr::seed::repository(region, tick, &repository);
    let service = ServiceSpec {
        family: "reactive-notebook-backend",
        revision: 18,
        desired: 1,
        minimum_healthy_percent: 0,
        maximum_percent: 100,
        execute_command: true,
        target_group: Some((group.clone(), "fastapi-backend", 8000)),
        boot_seconds: 18.0,
        ..fargate(NETWORK, CLUSTER, "reactive-notebook-service", CONTAINERS)
    };
    let service = ecs::seed::service(region, tick, &service);
    ecr::seed::image(region, tick, "reactive-notebook-backend", "preview", 1.1);
    let workload = Workload {
        requests_per_second: 0.6,
        swing: 0.8,
        peak_hour: 12.0,
        cpu_per_request: 12.0,
        idle_memory: 52.0,
        latency: 0.030,
        spread: 0.8,
        ..Workload::default()
    };
    loaded(region, &service, true, workload);
    cloudwatch::seed::balancer(region, &balancer, &[(&group, &service)]);
    billing::hold(region, BILLED);
}
