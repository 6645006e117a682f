//! Building ECS resources that have been there for a while: what the estates start with.

mod history;

use super::super::world::{Region, Tick};
use super::{
    Cluster, State, Surroundings,
    back_off::BackOff,
    deployment::{Breaker, Configuration},
    events::Events,
    launch::{Launch, Share},
    service::{Binding, Service, Unreported},
};

/// One container of a task definition.
#[derive(Debug, Clone)]
pub struct ContainerSpec<'a> {
    pub name: &'a str,
    /// `repository:tag`; where it has no registry, the account's ECR registry of the region.
    pub image: &'a str,
    pub port: Option<u16>,
    pub environment: &'a [(&'a str, &'a str)],
    /// Names and `valueFrom` ARNs or parameter names.
    pub secrets: &'a [(&'a str, &'a str)],
    /// The container health check's command, with interval 30 s, timeout 5 s, 3 retries, start period 60 s.
    pub health_command: Option<&'a str>,
    /// The awslogs group and stream prefix.
    pub logs: Option<(&'a str, &'a str)>,
}

/// A service that has been running in a steady state since long before the world began.
#[derive(Debug, Clone)]
pub struct ServiceSpec<'a> {
    pub cluster: &'a str,
    pub name: &'a str,
    pub family: &'a str,
    /// The revision that runs; earlier ones exist and were deployed in the days before.
    pub revision: u32,
    pub cpu: u32,
    pub memory: u32,
    pub containers: &'a [ContainerSpec<'a>],
    pub desired: u32,
    pub minimum_healthy_percent: u32,
    pub maximum_percent: u32,
    /// The circuit breaker with rollback.
    pub circuit_breaker: bool,
    /// Capacity provider and weight; `None` means launch type FARGATE.
    pub capacity_provider: Option<(&'a str, u32)>,
    /// ARN of the target group, and the container's name and port in it.
    pub target_group: Option<(String, &'a str, u16)>,
    pub grace_seconds: u32,
    pub execute_command: bool,
    /// Letters of the zones that tasks are spread over.
    pub zones: &'a [char],
    /// Seconds from RUNNING until health checks succeed.
    pub boot_seconds: f64,
}

/// Creates the cluster `name`, with Container Insights on or off.
pub fn cluster(region: &mut Region, tick: &mut Tick<'_>, name: &str, container_insights: bool) {
    let arn = tick.place.arn("ecs", format_args!("cluster/{name}"));
    region.ecs.clusters.insert(name.to_owned(), Cluster { arn, container_insights });
}

/// Creates the service with its task definitions, running tasks, healthy targets and history; returns its ARN.
pub fn service(region: &mut Region, tick: &mut Tick<'_>, spec: &ServiceSpec) -> String {
    if !region.ecs.clusters.contains_key(spec.cluster) {
        cluster(region, tick, spec.cluster, false);
    }
    let Region { ecs, ecr, elb, .. } = region;
    let revisions = history::definitions(ecs, ecr, tick, spec);
    let mut service = bare(ecs, tick, spec);
    history::deployments(ecs, ecr, &mut service, tick, &revisions);
    let State { definitions, images, network, shortage, .. } = ecs;
    let around = &mut Surroundings { definitions, images, ecr, network, elb, shortage, tick };
    history::tasks(&mut service, around);
    history::events(&mut service, around.tick);
    if let Some(binding) = &service.binding {
        elb.settle(&binding.group);
    }
    service.watch_targets(elb, tick.now);
    for task in &mut service.tasks {
        task.noted.healthy = true;
    }
    ecs.now = tick.now;
    ecs.due = tick.now;
    let arn = service.arn.clone();
    ecs.services.insert(arn.clone(), service);
    arn
}

/// The service as it was created long ago, without deployments and tasks.
fn bare(state: &mut State, tick: &mut Tick<'_>, spec: &ServiceSpec) -> Service {
    let zones: Vec<String> = spec.zones.iter().map(|letter| tick.place.zone(*letter)).collect();
    let subnets = zones.iter().map(|zone| state.network.subnet(zone, tick).1).collect();
    let share = |(provider, weight): (&str, u32)| Share { provider: provider.to_owned(), weight, base: 0 };
    let binding = |(group, container, port): &(String, &str, u16)| Binding {
        group: group.clone(),
        container: (*container).to_owned(),
        port: *port,
    };
    Service {
        arn: tick.place.arn("ecs", format_args!("service/{}/{}", spec.cluster, spec.name)),
        name: spec.name.to_owned(),
        cluster: spec.cluster.to_owned(),
        created_at: tick.after(-history::AGE),
        desired: spec.desired,
        configuration: Configuration {
            minimum_healthy_percent: spec.minimum_healthy_percent,
            maximum_percent: spec.maximum_percent,
            breaker: spec.circuit_breaker.then_some(Breaker { rollback: true }),
        },
        launch: spec.capacity_provider.map_or(Launch::Fargate, |it| Launch::Providers(vec![share(it)])),
        binding: spec.target_group.as_ref().map(binding),
        subnets,
        security_group: format!("sg-{}", tick.random.hex(17)),
        grace_seconds: spec.grace_seconds,
        execute_command: spec.execute_command,
        zones,
        boot_seconds: spec.boot_seconds,
        deployments: Vec::new(),
        revisions: Vec::new(),
        records: Vec::new(),
        tasks: Vec::new(),
        events: Events::default(),
        good: None,
        back_off: BackOff::default(),
        balancing: None,
        unreported: Unreported::default(),
        settled: false,
        due: tick.now,
    }
}
