//! terminal: a browser front end to a mainframe, whose gateways hold sessions that cannot move.

use super::build::{AGE, Alarm, balancer_metric, container, fargate, group_arn, loaded, table, targets};
use crate::sim::{
    autoscaling::seed::{GroupSpec, PolicySpec, group},
    billing::{self, Holding, usage},
    cloudwatch::{self, MetricKey},
    ec2::{Blocks, Network},
    ecr::{self, seed::RepositorySpec},
    ecs::{
        self,
        seed::{ContainerSpec, ServiceSpec},
    },
    elasticache::{self, CacheSpec},
    elb::{
        self,
        seed::{BalancerSpec, ListenerSpec, Route, TargetGroupSpec},
    },
    world::{Region, Tick, sessions::Fleet, traffic::Workload},
};

const TAGS: &[(&str, &str)] = &[("Project", "terminal")];
const METRIC: (&str, &str) = ("Terminal/Gateway", "ActiveSessions");
const GROUP: &str = "terminal-gateway-asg";
/// The instance tag that keeps new sessions off a gateway.
const DRAIN_TAG: &str = "quarterdeck:drain";

const NETWORK: Network = Network {
    name: "terminal",
    zones: &['a', 'b'],
    public: Blocks::small(1, 1),
    private: Blocks::small(3, 1),
    database: None,
    gateways: 1,
};

/// Tables and logs follow the requests of the API, some fifty million a month; what the front end costs follows its
/// visitors.
pub(super) const BILLED: Holding = Holding {
    project: Some("terminal"),
    clusters: &["terminal-cluster"],
    groups: &[GROUP],
    balancers: &["terminal-alb"],
    databases: &[],
    caches: &["terminal-cache"],
    gateways: NETWORK.gateways,
    through_gateways: 3,
    monthly: &[
        (usage::TABLE_READS, 41_000_000),
        (usage::TABLE_WRITES, 9_600_000),
        (usage::LOGS, 14),
        (usage::ALARMS, 4),
        (usage::METRICS, 1),
        (usage::OBJECTS, 22),
        (usage::EDGE_BYTES, 46),
        (usage::IMAGES, 9),
    ],
};

const CONTAINERS: &[ContainerSpec] = &[ContainerSpec {
    environment: &[
        ("NODE_ENV", "production"),
        ("PORT", "3001"),
        ("VALKEY_HOST", "terminal-cache.7xq2ab.0001.use1.cache.amazonaws.com"),
        ("VALKEY_PORT", "6379"),
        ("DYNAMODB_REGION", "us-east-1"),
        ("JWT_SECRET", "simulated-do-not-show"),
    ],
    logs: Some(("/ecs/terminal-api", "api")),
    ..container("api", "terminal/api:v2.14.3", Some(3001))
}];

/// API, gateways, tables and alarms.
pub fn build(region: &mut Region, tick: &mut Tick<'_>) {
    region.ec2.lay(NETWORK, AGE, tick);
    let balancer = elb::seed::balancer(region, tick, &balancer());
    let api_group = group_arn(region, "terminal-api-tg");
    repositories(region, tick);
    ecs::seed::cluster(region, tick, "terminal-cluster", false);
    let service = ServiceSpec {
        revision: 42,
        target_group: Some((api_group.clone(), "api", 3001)),
        ..fargate(NETWORK, "terminal-cluster", "terminal-api", CONTAINERS)
    };
    let api = ecs::seed::service(region, tick, &service);
    ecr::seed::image(region, tick, "terminal/api", "v2.14.4", 0.6);
    let workload = Workload {
        requests_per_second: 24.0,
        swing: 0.5,
        peak_hour: 16.0,
        cpu_per_request: 2.0,
        idle_memory: 41.0,
        latency: 0.085,
        ..Workload::default()
    };
    loaded(region, &api, false, workload);
    cloudwatch::seed::balancer(region, &balancer, &[(&api_group, &api)]);
    cloudwatch::seed::cache(region, "terminal-cache", &[api], 9.0, 46.0);
    let cache = CacheSpec {
        id: "terminal-cache",
        network: NETWORK,
        group: None,
        node_type: "cache.t3.micro",
        version: "7.0.7",
        zone: 'a',
        encrypted: false,
        domain: "7xq2ab.0001.use1.cache.amazonaws.com",
    };
    elasticache::seed(region, tick, cache, AGE);
    tables(region);
    gateways(region, tick);
    alarms(region, tick, &balancer);
    billing::hold(region, BILLED);
}

/// The gateways and the tables, of which one holds their sessions.
pub fn gateways_alone(region: &mut Region, tick: &mut Tick<'_>) {
    region.ec2.lay(NETWORK, AGE, tick);
    tables(region);
    gateways(region, tick);
}

/// Tags that never move; the newest image of each has not been brought out yet.
fn repositories(region: &mut Region, tick: &Tick<'_>) {
    for name in ["terminal/api", "terminal/gateway"] {
        let spec = RepositorySpec { mutable: false, scan_on_push: true, ..RepositorySpec::plain(name) };
        ecr::seed::repository(region, tick, &spec);
    }
    for (tag, days) in [("1.3.0", 180.1), ("1.3.2", 75.1), ("1.4.0", 12.1), ("1.5.0", 1.7)] {
        ecr::seed::image(region, tick, "terminal/gateway", tag, days);
    }
}

fn balancer() -> BalancerSpec<'static> {
    BalancerSpec {
        name: "terminal-alb",
        network: NETWORK,
        zones: &['a', 'b'],
        target_groups: vec![TargetGroupSpec {
            stickiness: Some(86_400),
            ..targets("terminal-api-tg", 3001, "/health")
        }],
        listeners: vec![ListenerSpec {
            port: 443,
            protocol: "HTTPS",
            rules: Vec::new(),
            default: Route::Forward("terminal-api-tg"),
        }],
        tags: TAGS,
    }
}

/// Sessions arrive and last such that two gateways hold about a dozen.
fn gateways(region: &mut Region, tick: &mut Tick<'_>) {
    region.sessions.fleets.push(Fleet {
        group: GROUP.to_owned(),
        table: "Sessions".to_owned(),
        metric: (METRIC.0.to_owned(), METRIC.1.to_owned()),
        drain_tag: DRAIN_TAG.to_owned(),
        log_group: "/ec2/terminal-gateway".to_owned(),
        limit: 10,
        arrivals_per_hour: 6.1,
        swing: 0.05,
        peak_hour: 16.0,
        median_minutes: 90.0,
        spread: 0.75,
        surge: 1.0,
        endless: false,
        refused: 0,
        lost: 0,
    });
    let spec = GroupSpec {
        name: GROUP,
        network: NETWORK,
        launch_template: "terminal-gateway-template",
        instance_type: "t3.medium",
        min: 1,
        desired: 2,
        max: 10,
        grace_seconds: 300,
        zones: &['a', 'b'],
        tags: TAGS,
        policy: Some(PolicySpec { name: "scale-on-sessions", namespace: METRIC.0, metric: METRIC.1, target: 8.0 }),
    };
    group(region, tick, &spec);
}

fn tables(region: &mut Region) {
    let users: &[&[(&str, &str)]] = &[
        &[("id", "u-1001"), ("email", "alice@example.com"), ("role", "operator")],
        &[("id", "u-1002"), ("email", "bob@example.com"), ("role", "operator")],
        &[("id", "u-1003"), ("email", "carol@example.com"), ("role", "auditor")],
    ];
    let policies: &[&[(&str, &str)]] = &[
        &[("id", "p-idle"), ("kind", "idle-timeout"), ("value", "8h")],
        &[("id", "p-paste"), ("kind", "clipboard"), ("value", "deny")],
    ];
    table(region, "Users", &[("email-index", "email")], users);
    table(region, "Sessions", &[("userId-index", "userId")], &[]);
    table(region, "Executions", &[("user-date-index", "userId")], &[]);
    table(region, "Policies", &[], policies);
}

/// The second one watches a metric that its namespace never publishes: it can never leave `INSUFFICIENT_DATA`.
fn alarms(region: &mut Region, tick: &mut Tick<'_>, balancer_arn: &str) {
    Alarm {
        name: "terminal-api-latency",
        metric: balancer_metric("TargetResponseTime", balancer_arn),
        statistic: "Average",
        comparison: "GreaterThanThreshold",
        threshold: 1.0,
        periods: (3, 60),
        treat_missing: "missing",
    }
    .put(region, tick);
    Alarm {
        name: "terminal-gateway-unhealthy",
        metric: MetricKey::new("AWS/AutoScaling", "UnHealthyHostCount", &[("AutoScalingGroupName", GROUP)]),
        statistic: "Average",
        comparison: "GreaterThanOrEqualToThreshold",
        threshold: 1.0,
        periods: (2, 60),
        treat_missing: "missing",
    }
    .put(region, tick);
}
