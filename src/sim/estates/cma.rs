//! cma: case management in an account of its own, with an API that scales by itself and workers on Spot.

use serde_json::json;

use super::build::{AGE, Alarm, balancer_metric, container, fargate, group_arn, loaded, targets};
use crate::sim::{
    billing::{self, Budget, Holding, Spent, usage},
    cloudwatch::{self, MetricKey, seed::DatabaseSpec},
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
    scaling::{self, Metric, seed::TargetSpec},
    world::{Region, Tick, traffic::Workload},
};

const CLUSTER: &str = "cma-production";
const FRONTEND: &str = "cma-frontend-production";
const API: &str = "cma-api-production";
const WORKERS: &str = "cma-workers-production";
const DATABASE: &str = "cma-production";
const REPLICA: &str = "cma-production-replica";
const REPOSITORIES: [&str; 2] = ["cma-frontend", "cma-api"];
const LOGS: &str = "/ecs/cma-production";

const NETWORK: Network = Network {
    name: "cma",
    zones: &['a', 'b'],
    public: Blocks::small(1, 1),
    private: Blocks::small(10, 10),
    database: Some(Blocks::small(100, 1)),
    gateways: 2,
};

pub(super) const BILLED: Holding = Holding {
    project: Some("cma"),
    clusters: &[CLUSTER],
    groups: &[],
    balancers: &["cma-production"],
    databases: &[DATABASE, REPLICA],
    caches: &["cma-production"],
    gateways: NETWORK.gateways,
    through_gateways: 4,
    monthly: &[
        (usage::LOGS, 26),
        (usage::METRICS, 24),
        (usage::ALARMS, 3),
        (usage::OBJECTS, 610),
        (usage::ZONES, 10),
        (usage::EDGE_BYTES, 94),
        (usage::SECRETS, 4),
        (usage::IMAGES, 12),
    ],
};
/// What an ordinary month costs is three quarters of it at most.
const MONTHLY_LIMIT: u32 = 1_500;

const SECRETS: &[(&str, &str)] = &[
    ("DATABASE_URL", "arn:aws:secretsmanager:eu-west-2:444455556666:secret:cma/production/database-Ab12Cd"),
    ("REDIS_AUTH_TOKEN", "arn:aws:secretsmanager:eu-west-2:444455556666:secret:cma/production/redis-Ef34Gh"),
];
const ENVIRONMENT: &[(&str, &str)] = &[("NODE_ENV", "production"), ("DOCUMENTS_BUCKET", "cma-documents-production")];

const FRONTEND_CONTAINERS: &[ContainerSpec] = &[ContainerSpec {
    environment: &[("NODE_ENV", "production"), ("API_URL", "https://cma.example.com/api")],
    logs: Some((LOGS, "frontend")),
    ..container("frontend", "cma-frontend:latest", Some(3000))
}];
const API_CONTAINERS: &[ContainerSpec] = &[ContainerSpec {
    environment: ENVIRONMENT,
    secrets: SECRETS,
    logs: Some((LOGS, "api")),
    ..container("api", "cma-api:latest", Some(5000))
}];
const WORKER_CONTAINERS: &[ContainerSpec] = &[ContainerSpec {
    environment: ENVIRONMENT,
    secrets: SECRETS,
    logs: Some((LOGS, "workers")),
    ..container("workers", "cma-api:latest", None)
}];

/// Three services, the database with its replica, and the cache.
pub fn build(region: &mut Region, tick: &mut Tick<'_>) {
    region.ec2.lay(NETWORK, AGE, tick);
    let balancer = elb::seed::balancer(region, tick, &balancer());
    ecs::seed::cluster(region, tick, CLUSTER, true);
    region.logs.keep(LOGS, Some(30), tick.after(-AGE));
    for name in REPOSITORIES {
        let kind = Kind::Index(&["amd64"]);
        ecr::seed::repository(region, tick, &RepositorySpec { kind, by_commit: true, ..RepositorySpec::plain(name) });
    }
    let (frontend_group, api_group) = (group_arn(region, FRONTEND), group_arn(region, API));
    let frontend = ServiceSpec {
        revision: 57,
        target_group: Some((frontend_group.clone(), "frontend", 3000)),
        ..fargate(NETWORK, CLUSTER, FRONTEND, FRONTEND_CONTAINERS)
    };
    let frontend = ecs::seed::service(region, tick, &frontend);
    let api = ServiceSpec {
        revision: 64,
        cpu: 1024,
        memory: 2048,
        target_group: Some((api_group.clone(), "api", 5000)),
        boot_seconds: 16.0,
        ..fargate(NETWORK, CLUSTER, API, API_CONTAINERS)
    };
    let api = ecs::seed::service(region, tick, &api);
    let workers = ServiceSpec {
        revision: 49,
        minimum_healthy_percent: 70,
        maximum_percent: 200,
        capacity_provider: Some(("FARGATE_SPOT", 100)),
        grace_seconds: 0,
        ..fargate(NETWORK, CLUSTER, WORKERS, WORKER_CONTAINERS)
    };
    let workers = ecs::seed::service(region, tick, &workers);
    built_but_not_deployed(region, tick);
    workloads(region, [&frontend, &api, &workers]);
    cloudwatch::seed::balancer(region, &balancer, &[(&frontend_group, &frontend), (&api_group, &api)]);
    data(region, &[api.clone(), workers]);
    instances(region, tick);
    dashboard(region, tick, &balancer);
    let target = TargetSpec { service_arn: api, min: 2, max: 10, policies: vec![("cma-api-cpu", Metric::Cpu, 70.0)] };
    scaling::seed::target(region, tick, &target);
    alarms(region, tick, &balancer);
    billing::hold(region, BILLED);
    region.billing.budgets.push(Budget {
        name: "cma-monthly",
        limit: MONTHLY_LIMIT,
        thresholds: &[(Spent::Actual, 80), (Spent::Forecasted, 100)],
        created: tick.after(-AGE),
    });
}

/// Both images of a commit, and one of them for the other architecture, which these services do not run on.
fn built_but_not_deployed(region: &mut Region, tick: &Tick<'_>) {
    for name in REPOSITORIES {
        ecr::seed::image(region, tick, name, "4f2c", 0.03);
    }
    let other = Kind::Index(&["arm64"]);
    ecr::seed::image_of_kind(region, tick, REPOSITORIES[1], "4f2c-arm64", (other, 0.02));
}

fn balancer() -> BalancerSpec<'static> {
    BalancerSpec {
        name: "cma-production",
        network: NETWORK,
        zones: &['a', 'b'],
        target_groups: vec![targets(FRONTEND, 3000, "/"), targets(API, 5000, "/health")],
        listeners: vec![
            ListenerSpec { port: 80, protocol: "HTTP", rules: Vec::new(), default: Route::RedirectToHttps },
            ListenerSpec {
                port: 443,
                protocol: "HTTPS",
                rules: vec![(Condition::Path("/api/*"), Route::Forward(API))],
                default: Route::Forward(FRONTEND),
            },
        ],
        tags: &[("Project", "cma"), ("Environment", "production")],
    }
}

/// Office hours; the workers' requests are the jobs that they take.
fn workloads(region: &mut Region, [frontend, api, workers]: [&str; 3]) {
    let office = Workload { swing: 0.6, peak_hour: 11.0, ..Workload::default() };
    let pages = Workload { requests_per_second: 14.0, cpu_per_request: 2.2, latency: 0.060, ..office.clone() };
    let calls = Workload {
        requests_per_second: 32.0,
        cpu_per_request: 1.3,
        idle_memory: 44.0,
        latency: 0.070,
        spread: 0.6,
        ..office.clone()
    };
    let jobs = Workload { requests_per_second: 1.5, cpu_per_request: 25.0, idle_memory: 48.0, latency: 2.0, ..office };
    for (service, workload) in [(frontend, pages), (api, calls), (workers, jobs)] {
        loaded(region, service, true, workload);
    }
}

fn data(region: &mut Region, users: &[String]) {
    let primary = DatabaseSpec {
        id: DATABASE,
        cpu: 27.0,
        connections_per_task: 12.0,
        free_storage: 412.0e9,
        growth_per_day: 1.1e9,
        replica_lag: None,
    };
    let replica =
        DatabaseSpec { id: REPLICA, cpu: 18.0, connections_per_task: 4.0, replica_lag: Some(0.35), ..primary };
    cloudwatch::seed::database(region, users, &primary);
    cloudwatch::seed::database(region, users, &replica);
    cloudwatch::seed::cache(region, "cma-production", users, 7.0, 34.0);
}

/// The instances behind those metrics.
fn instances(region: &mut Region, tick: &Tick<'_>) {
    let primary = InstanceSpec {
        id: DATABASE,
        network: NETWORK,
        class: "db.r6g.large",
        version: "15.4",
        database: "cma",
        storage: 500,
        largest_storage: Some(1000),
        storage_type: "gp3",
        backup_days: 30,
        multi_zone: true,
        performance_insights: true,
        source: None,
        replicas: &[REPLICA],
    };
    let replica = InstanceSpec {
        id: REPLICA,
        network: NETWORK,
        class: "db.t4g.medium",
        backup_days: 0,
        multi_zone: false,
        source: Some(DATABASE),
        replicas: &[],
        ..primary
    };
    rds::seed(region, tick, primary, AGE);
    rds::seed(region, tick, replica, AGE);
    let cache = CacheSpec {
        id: "cma-production",
        network: NETWORK,
        group: None,
        node_type: "cache.r6g.large",
        version: "7.1.0",
        zone: 'a',
        encrypted: true,
        domain: "m2v8cx.0001.euw2.cache.amazonaws.com",
    };
    elasticache::seed(region, tick, cache, AGE);
}

/// The dashboard that the team looks at.
fn dashboard(region: &mut Region, tick: &Tick<'_>, balancer_arn: &str) {
    let balancer = cloudwatch::seed::dimension(balancer_arn).unwrap_or_default();
    let place = &tick.place.region;
    let service =
        |metric: &str, service: &str| json!(["AWS/ECS", metric, "ClusterName", CLUSTER, "ServiceName", service]);
    let of_balancer = |metric: &str| json!(["AWS/ApplicationELB", metric, "LoadBalancer", balancer]);
    let database = |metric: &str, id: &str| json!(["AWS/RDS", metric, "DBInstanceIdentifier", id]);
    let widgets = [
        ("CPU of services", "Average", json!([service("CPUUtilization", FRONTEND), service("CPUUtilization", API)])),
        ("Requests", "Sum", json!([of_balancer("RequestCount"), of_balancer("HTTPCode_Target_5XX_Count")])),
        ("Time to answer", "p95", json!([of_balancer("TargetResponseTime")])),
        ("Database CPU", "Average", json!([database("CPUUtilization", DATABASE), database("CPUUtilization", REPLICA)])),
        ("Database connections", "Average", json!([database("DatabaseConnections", DATABASE)])),
        ("Free storage", "Minimum", json!([database("FreeStorageSpace", DATABASE)])),
        ("Replica lag", "Maximum", json!([database("ReplicaLag", REPLICA)])),
    ];
    let widgets: Vec<_> = (0..)
        .zip(widgets)
        .map(|(number, (title, statistic, metrics))| {
            json!({
                "type": "metric", "x": 12 * (number % 2), "y": 6 * (number / 2), "width": 12, "height": 6,
                "properties": {
                    "title": title, "metrics": metrics, "stat": statistic, "period": 60, "region": place,
                    "view": "timeSeries", "stacked": false,
                },
            })
        })
        .collect();
    let body = json!({ "widgets": widgets }).to_string();
    region.cloudwatch.put_dashboard("cma-production", body, tick.after(-AGE / 3.0));
}

fn alarms(region: &mut Region, tick: &mut Tick<'_>, balancer_arn: &str) {
    let database = |name| MetricKey::new("AWS/RDS", name, &[("DBInstanceIdentifier", DATABASE)]);
    let errors = balancer_metric("HTTPCode_Target_5XX_Count", balancer_arn);
    let alarms = [
        ("cma-production-api-5xx", errors, "Sum", "GreaterThanThreshold", 25.0, (2, 60), "notBreaching"),
        (
            "cma-production-db-cpu",
            database("CPUUtilization"),
            "Average",
            "GreaterThanThreshold",
            80.0,
            (3, 300),
            "missing",
        ),
        (
            "cma-production-db-storage",
            database("FreeStorageSpace"),
            "Minimum",
            "LessThanThreshold",
            20.0e9,
            (1, 300),
            "missing",
        ),
    ];
    for (name, metric, statistic, comparison, threshold, periods, treat_missing) in alarms {
        Alarm { name, metric, statistic, comparison, threshold, periods, treat_missing }.put(region, tick);
    }
}
