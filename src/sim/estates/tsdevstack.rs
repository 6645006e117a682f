//! tsdevstack: a gateway (Kong) in front of micro-services that may sleep at zero tasks.

use super::build::{AGE, container, fargate, group_arn, loaded, targets};
use crate::sim::{
    billing::{self, Holding, usage},
    cloudwatch::{self, seed::DatabaseSpec},
    ec2::{Blocks, Network},
    ecr::{self, Kind, seed::RepositorySpec},
    ecs::{
        self,
        seed::{ContainerSpec, ServiceSpec},
    },
    elasticache::{self, CacheSpec},
    elb::{
        self,
        seed::{BalancerSpec, Condition, ListenerSpec, Route},
    },
    rds::{self, InstanceSpec},
    world::{Region, Tick, traffic::Workload},
};

const CLUSTER: &str = "tsdevstack-dev";
const TAGS: &[(&str, &str)] = &[("Project", "tsdevstack"), ("Environment", "dev")];
const NETWORK: Network = Network {
    name: "tsdevstack",
    zones: &['a', 'b'],
    public: Blocks::small(1, 1),
    private: Blocks::small(10, 10),
    database: Some(Blocks::small(100, 100)),
    gateways: 2,
};

/// A gateway in each zone: what they cost by the hour alone is more than anything else here.
pub(super) const BILLED: Holding = Holding {
    project: Some("tsdevstack"),
    clusters: &[CLUSTER],
    groups: &[],
    balancers: &["tsdevstack-dev"],
    databases: &["tsdevstack-dev"],
    caches: &["tsdevstack-dev-redis"],
    gateways: NETWORK.gateways,
    through_gateways: 15,
    monthly: &[
        (usage::SECRETS, 10),
        (usage::LOGS, 5),
        (usage::EDGE_BYTES, 110),
        (usage::OBJECTS, 6),
        (usage::IMAGES, 7),
        // tsdevstack-nextjs: 2 GB all the time, and a CPU for two hours a day.
        (usage::APP_MEMORY, 1_460),
        (usage::APP_VCPU, 60),
        // Before each of three distributions: common rules, SQL injection, known bad inputs, SSRF, the rate limit.
        (usage::WEB_ACLS, 3),
        (usage::WEB_RULES, 15),
    ],
};

const SECRETS: &[(&str, &str)] =
    &[("DATABASE_URL", "tsdevstack/dev/shared"), ("REDIS_PASSWORD", "tsdevstack/dev/shared")];
const ENVIRONMENT: &[(&str, &str)] = &[("NODE_ENV", "development"), ("SERVICE_DOMAIN", "tsdevstack.local")];

const fn micro_service<'a>(name: &'a str, image: &'a str, logs: &'a str) -> ContainerSpec<'a> {
    ContainerSpec {
        environment: ENVIRONMENT,
        secrets: SECRETS,
        logs: Some((logs, "ecs")),
        ..container(name, image, Some(3000))
    }
}

const KONG: &[ContainerSpec] = &[ContainerSpec {
    environment: &[("KONG_DATABASE", "postgres"), ("KONG_PROXY_LISTEN", "0.0.0.0:8000")],
    secrets: &[("KONG_PG_PASSWORD", "tsdevstack/dev/kong")],
    logs: Some(("/ecs/tsdevstack/kong", "ecs")),
    ..container("kong", "tsdevstack/kong:3.6.1", Some(8000))
}];
const AUTH: &[ContainerSpec] =
    &[micro_service("auth-service", "tsdevstack/auth-service:1.9.0", "/ecs/tsdevstack/auth-service")];
const OFFERS: &[ContainerSpec] =
    &[micro_service("offers-service", "tsdevstack/offers-service:1.4.2", "/ecs/tsdevstack/offers-service")];
const NOTIFICATIONS: &[ContainerSpec] = &[micro_service(
    "notifications-service",
    "tsdevstack/notifications-service:0.8.5",
    "/ecs/tsdevstack/notifications-service",
)];

/// A service: its containers, the port and target group, and its requests per second.
struct Part {
    name: &'static str,
    containers: &'static [ContainerSpec<'static>],
    port: u16,
    group: &'static str,
    requests_per_second: f64,
}

const PARTS: [Part; 4] = [
    Part { name: "kong", containers: KONG, port: 8000, group: "tsdevstack-kong", requests_per_second: 6.0 },
    Part { name: "auth-service", containers: AUTH, port: 3000, group: "tsdevstack-auth", requests_per_second: 2.5 },
    Part {
        name: "offers-service",
        containers: OFFERS,
        port: 3000,
        group: "tsdevstack-offers",
        requests_per_second: 3.0,
    },
    Part {
        name: "notifications-service",
        containers: NOTIFICATIONS,
        port: 3000,
        group: "tsdevstack-notifications",
        requests_per_second: 0.4,
    },
];

/// The balancer with its four listeners, four services awake, database and cache.
pub fn build(region: &mut Region, tick: &mut Tick<'_>) {
    region.ec2.lay(NETWORK, AGE, tick);
    let balancer = elb::seed::balancer(region, tick, &balancer());
    ecs::seed::cluster(region, tick, CLUSTER, false);
    let mut behind = Vec::new();
    for part in &PARTS {
        let repository = part.containers[0].image.rsplit_once(':').map_or("", |(name, _)| name);
        let kind = Kind::Index(&["amd64", "arm64"]);
        let repository = RepositorySpec { mutable: false, kind, ..RepositorySpec::plain(repository) };
        ecr::seed::repository(region, tick, &repository);
        let group = group_arn(region, part.group);
        let service = ServiceSpec {
            desired: 1,
            target_group: Some((group.clone(), part.name, part.port)),
            ..fargate(NETWORK, CLUSTER, part.name, part.containers)
        };
        let arn = ecs::seed::service(region, tick, &service);
        let workload = Workload {
            requests_per_second: part.requests_per_second,
            swing: 0.7,
            peak_hour: 13.0,
            cpu_per_request: 3.0,
            latency: 0.040,
            ..Workload::default()
        };
        loaded(region, &arn, false, workload);
        behind.push((group, arn));
    }
    let groups: Vec<_> = behind.iter().map(|(group, service)| (group.as_str(), service.as_str())).collect();
    cloudwatch::seed::balancer(region, &balancer, &groups);
    ecr::seed::image(region, tick, "tsdevstack/auth-service", "1.9.1", 2.2);
    ecr::seed::image(region, tick, "tsdevstack/offers-service", "1.5.0", 0.4);
    let users: Vec<_> = behind.iter().map(|(_, service)| service.clone()).collect();
    cloudwatch::seed::cache(region, "tsdevstack-dev-redis", &users, 4.0, 22.0);
    let database = DatabaseSpec {
        id: "tsdevstack-dev",
        cpu: 11.0,
        connections_per_task: 5.0,
        free_storage: 16.4e9,
        growth_per_day: 4.0e7,
        replica_lag: None,
    };
    cloudwatch::seed::database(region, &users, &database);
    let cache = CacheSpec {
        id: "tsdevstack-dev-redis",
        network: NETWORK,
        group: None,
        node_type: "cache.t3.micro",
        version: "7.1.0",
        zone: 'a',
        encrypted: true,
        domain: "p4wz1e.0001.use1.cache.amazonaws.com",
    };
    elasticache::seed(region, tick, cache, AGE);
    let instance = InstanceSpec {
        id: "tsdevstack-dev",
        network: NETWORK,
        class: "db.t3.micro",
        version: "16.4",
        database: "auth_db",
        storage: 20,
        largest_storage: None,
        storage_type: "gp3",
        backup_days: 7,
        multi_zone: false,
        performance_insights: false,
        source: None,
        replicas: &[],
    };
    rds::seed(region, tick, instance, AGE);
    billing::hold(region, BILLED);
}

fn balancer() -> BalancerSpec<'static> {
    let by_host = |host, group| (Condition::Host(host), Route::Forward(group));
    BalancerSpec {
        name: "tsdevstack-dev",
        network: NETWORK,
        zones: &['a', 'b'],
        target_groups: vec![
            targets("tsdevstack-kong", 8000, "/status"),
            targets("tsdevstack-auth", 3000, "/health"),
            targets("tsdevstack-offers", 3000, "/health"),
            targets("tsdevstack-notifications", 3000, "/health"),
        ],
        listeners: vec![
            ListenerSpec { port: 80, protocol: "HTTP", rules: Vec::new(), default: Route::RedirectToHttps },
            ListenerSpec {
                port: 443,
                protocol: "HTTPS",
                rules: vec![(Condition::Header("X-Origin-Verify", "simulated"), Route::Forward("tsdevstack-kong"))],
                default: Route::Fixed(403),
            },
            ListenerSpec {
                port: 8443,
                protocol: "HTTPS",
                rules: vec![
                    by_host("auth-service.tsdevstack.local", "tsdevstack-auth"),
                    by_host("offers-service.tsdevstack.local", "tsdevstack-offers"),
                    by_host("notifications-service.tsdevstack.local", "tsdevstack-notifications"),
                ],
                default: Route::Fixed(404),
            },
            ListenerSpec {
                port: 8080,
                protocol: "HTTP",
                rules: vec![(Condition::Path("/.well-known/openid-configuration"), Route::Forward("tsdevstack-auth"))],
                default: Route::Fixed(404),
            },
        ],
        tags: TAGS,
    }
}
