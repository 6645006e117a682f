//! The adapters over the simulator, through the real SDK clients, in process.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
    aws::{Clients, clients::Patience, fetch},
    domain::{
        deployment::DeploymentStatus,
        id::{Arn, Kind, ResourceId},
        metric::{MetricName, MetricRead},
        query::{Answer, Query, Request},
        service::{RolloutState, Service},
        target::TargetState,
    },
    runtime::sim_connector::http_client,
    sim::{
        Sim, cloudwatch,
        ec2::PLAIN,
        ecs, elb,
        pace::Pace,
        scaling,
        world::{Place, Tick, World},
    },
};

use super::canned::{NOW, clients, complete, failed, scope};

const CONTAINER: ecs::seed::ContainerSpec = ecs::seed::ContainerSpec {
    name: "api",
    image: "shop/api:v7",
    port: Some(3001),
    environment: &[("PORT", "3001"), ("JWT_SECRET", "hunter2")],
    secrets: &[],
    health_command: None,
    logs: Some(("/ecs/api", "api")),
};

fn service(name: &'static str, desired: u32, group: Option<String>) -> ecs::seed::ServiceSpec<'static> {
    ecs::seed::ServiceSpec {
        cluster: "shop",
        network: PLAIN,
        name,
        family: name,
        revision: 7,
        cpu: 512,
        memory: 1024,
        containers: &[CONTAINER],
        desired,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        capacity_provider: None,
        target_group: group.map(|it| (it, "api", 3001)),
        grace_seconds: 60,
        execute_command: true,
        zones: &['a', 'b'],
        boot_seconds: 8.0,
    }
}

fn balancer() -> elb::seed::BalancerSpec<'static> {
    let group = elb::seed::TargetGroupSpec {
        name: "api-tg",
        port: 3001,
        target_type: "ip",
        path: "/health",
        interval: 30,
        timeout: 5,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        deregistration_delay: 30,
        stickiness: Some(86_400),
    };
    elb::seed::BalancerSpec {
        name: "shop",
        network: PLAIN,
        zones: &['a', 'b'],
        target_groups: vec![group],
        listeners: vec![elb::seed::ListenerSpec {
            port: 80,
            protocol: "HTTP",
            rules: Vec::new(),
            default: elb::seed::Route::Forward("api-tg"),
        }],
        tags: &[],
    }
}

/// A shop: `api` behind a balancer, scaled on its CPU, and `more` services of no task beside it.
struct Shop {
    sim: Arc<Sim>,
    clients: Clients,
    api: String,
}

impl Shop {
    async fn open(more: usize) -> Self {
        let place = Place::new("111122223333", "us-east-1");
        let mut world = World::new(1, NOW);
        let World { now, random, regions, .. } = &mut world;
        let region = regions.entry(place.clone()).or_default();
        let tick = &mut Tick { now: *now, place: &place, random };
        elb::seed::balancer(region, tick, &balancer());
        ecs::seed::cluster(region, tick, "shop", true);
        let group = region.elb.group_arn("api-tg");
        let api = ecs::seed::service(region, tick, &service("api", 2, group));
        for name in (0..more).map(|it| format!("worker-{it:03}").leak()) {
            ecs::seed::service(region, tick, &service(name, 0, None));
        }
        let range = scaling::seed::TargetSpec {
            service_arn: api.clone(),
            min: 2,
            max: 10,
            policies: vec![("cpu", scaling::Metric::Cpu, 70.0)],
        };
        scaling::seed::target(region, tick, &range);
        cloudwatch::seed::service(region, &api, true);
        let sim = Arc::new(Sim::new(world, Pace::Stepped));
        let clients = clients(http_client(sim.clone(), Duration::ZERO), Patience::default(), |_| {}).await;
        Self { sim, clients, api }
    }

    async fn answer(&self, query: Query) -> Answer {
        complete(fetch(&self.clients, &Request { scope: scope(), query }, self.sim.now()).await)
    }

    async fn services(&self) -> Vec<Service> {
        match self.answer(Query::Services { cluster: "shop".into(), names: Vec::new() }).await {
            Answer::Services(services) => services,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_caller_is_the_account_of_the_key() {
    let shop = Shop::open(0).await;
    let answer = shop.answer(Query::Identity).await;
    let Answer::Identity(identity) = answer else { panic!("{answer:?}") };
    assert_eq!(identity.account.as_str(), "111122223333");
}

#[tokio::test]
async fn a_service_its_tasks_and_its_targets_are_read_whole() {
    let shop = Shop::open(0).await;
    let services = shop.services().await;
    let [service] = services.as_slice() else { panic!("{services:?}") };
    assert_eq!(
        (service.name.as_str(), service.desired, service.running, service.launch.as_str()),
        ("api", 2, 2, "FARGATE")
    );
    assert!(service.rolling.circuit_breaker && service.rolling.rollback && service.execute_command);
    assert_eq!(service.primary().and_then(|it| it.state), Some(RolloutState::Completed));
    assert!(!service.events.is_empty() && service.created_at.is_some());

    let answer = shop.answer(Query::Tasks { cluster: "shop".into() }).await;
    let Answer::Tasks(tasks) = answer else { panic!("{answer:?}") };
    assert_eq!(tasks.iter().filter(|it| it.is_running()).count(), 2);
    let task = &tasks[0];
    assert_eq!((task.cpu, task.memory, task.service.as_ref().map(AsRef::as_ref)), (512, 1024, Some("api")));
    assert!(task.address.is_some() && task.containers[0].digest.is_some());

    let answer = shop.answer(Query::TargetGroups).await;
    let Answer::TargetGroups(groups) = answer else { panic!("{answer:?}") };
    assert_eq!(groups[0].name.as_str(), "api-tg");
    let answer = shop.answer(Query::TargetGroupAttributes { group: groups[0].arn.clone() }).await;
    let Answer::TargetGroupAttributes(attributes) = answer else { panic!("{answer:?}") };
    assert_eq!((attributes.deregistration_delay, attributes.stickiness), (Some(30), Some(true)));
    let answer = shop.answer(Query::Targets { group: groups[0].arn.clone() }).await;
    let Answer::Targets(targets) = answer else { panic!("{answer:?}") };
    assert_eq!(targets.iter().map(|it| it.state).collect::<Vec<_>>(), [TargetState::Healthy; 2]);
    let mut addresses: Vec<_> = tasks.iter().filter_map(|it| it.address.clone()).collect();
    let mut registered: Vec<_> = targets.iter().map(|it| it.id.clone()).collect();
    addresses.sort();
    registered.sort();
    assert_eq!(addresses, registered);
}

#[tokio::test]
async fn a_task_definition_tells_where_its_tasks_log_to() {
    let shop = Shop::open(0).await;
    let definition = shop.services().await[0].task_definition.clone();
    let answer = shop.answer(Query::TaskDefinition { definition }).await;
    assert!(!format!("{answer:?}").contains("hunter2"));
    let Answer::TaskDefinition(definition) = answer else { panic!("{answer:?}") };
    assert_eq!((definition.family.as_str(), definition.revision, definition.active), ("api", 7, true));
    let logs = definition.logs("api").expect("awslogs");
    let task = Arn::new("arn:aws:ecs:us-east-1:111122223333:task/shop/0123");
    assert_eq!(logs.stream("api", &task).as_deref(), Some("api/api/0123"));
    let gone = Query::TaskDefinition { definition: Arn::new("api:99") };
    let fault = failed(fetch(&shop.clients, &Request { scope: scope(), query: gone }, shop.sim.now()).await);
    assert_eq!(fault.operation.as_str(), "ecs:DescribeTaskDefinition");
}

#[tokio::test]
async fn deployments_come_newest_first_with_what_they_run() {
    let shop = Shop::open(0).await;
    let answer = shop.answer(Query::Deployments { cluster: "shop".into(), service: Arn::new(&shop.api) }).await;
    let Answer::Deployments(deployments) = answer else { panic!("{answer:?}") };
    assert!(deployments.len() > 1 && deployments.is_sorted_by(|a, b| a.created_at >= b.created_at));
    let newest = &deployments[0];
    assert_eq!(newest.status, DeploymentStatus::Successful);
    assert_eq!(newest.target.task_definition.as_ref().map(|it| it.tail().to_string()).as_deref(), Some("7"));
    assert!(newest.target.images[0].digest.is_some());
}

#[tokio::test]
async fn every_service_of_a_large_cluster_is_found() {
    for more in [0, 9, 10, 100] {
        let shop = Shop::open(more).await;
        assert_eq!(shop.services().await.len(), more + 1);
    }
}

#[tokio::test]
async fn scaling_alarms_and_metrics_are_read() {
    let shop = Shop::open(0).await;
    shop.sim.advance(Duration::from_mins(10));
    let answer = shop.answer(Query::ScalableTargets).await;
    let Answer::ScalableTargets(targets) = answer else { panic!("{answer:?}") };
    assert_eq!((targets[0].resource.as_str(), targets[0].min, targets[0].max), ("service/shop/api", 2, 10));
    assert_eq!(targets[0].policies, [("cpu".into(), "ECSServiceAverageCPUUtilization".into(), 70.0)]);

    let answer = shop.answer(Query::Alarms).await;
    let Answer::Alarms(alarms) = answer else { panic!("{answer:?}") };
    assert_eq!(alarms.len(), 2);
    assert!(alarms.iter().all(|it| it.is_scaling() && it.metric.is_some() && it.threshold.is_some()));

    let dimensions = vec![("ClusterName".into(), "shop".into()), ("ServiceName".into(), "api".into())];
    let metric = MetricName { namespace: "ECS/ContainerInsights".into(), name: "RunningTaskCount".into(), dimensions };
    let read = MetricRead { metric, statistic: "Average".into(), period_seconds: 60 };
    let answer = shop.answer(Query::Metrics { reads: vec![read], minutes: 10 }).await;
    let Answer::Metrics(series) = answer else { panic!("{answer:?}") };
    let points = &series[0].1.points;
    assert!(points.len() >= 8 && points.is_sorted_by_key(|(at, _)| *at), "{points:?}");
    assert!(points.iter().all(|(_, tasks)| (*tasks - 2.0).abs() < f64::EPSILON), "{points:?}");
}

#[tokio::test]
async fn a_service_is_described_as_it_is_and_a_missing_one_not_at_all() {
    let shop = Shop::open(0).await;
    let answer = shop.answer(Query::Raw { resource: ResourceId::new(Kind::Service, &scope(), &shop.api) }).await;
    let Answer::Raw(lines) = answer else { panic!("{answer:?}") };
    assert!(lines.iter().any(|it| it.as_str().contains("\"serviceName\": \"api\"")));
    let gone = ResourceId::new(Kind::Service, &scope(), &shop.api.replace("/api", "/gone"));
    let request = Request { scope: scope(), query: Query::Raw { resource: gone } };
    let fault = failed(fetch(&shop.clients, &request, shop.sim.now()).await);
    assert_eq!(fault.operation.as_str(), "ecs:DescribeServices");
}

#[tokio::test]
async fn reads_can_be_sent_to_another_thread() {
    let shop = Arc::new(Shop::open(0).await);
    let answers = tokio::spawn(async move { shop.services().await.len() });
    assert_eq!(answers.await.unwrap(), 1);
}
