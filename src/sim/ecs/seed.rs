//! Building ECS resources that have been there for a while: what the estates start with.

mod history;

use super::super::{
    ec2::{Network, Source},
    world::{Region, Tick},
};
use super::{
    Cluster, State, Surroundings,
    back_off::BackOff,
    deployment::{Breaker, Configuration},
    events::Events,
    launch::{Launch, Share},
    service::{Binding, Service, Unreported},
};

/// Digits of an id that follows from a network. They are drawn all the same, so that a seed goes on telling the story
/// that it tells.
const ID: usize = 17;

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
    pub network: Network,
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
    let revisions = history::definitions(&mut region.ecs, &mut region.ecr, tick, spec);
    let mut service = bare(region, tick, spec);
    let Region { ecs, ecr, elb, ec2, .. } = region;
    history::deployments(ecs, ecr, &mut service, tick, &revisions);
    let State { definitions, images, shortage, .. } = ecs;
    let addresses = &mut ec2.addresses;
    let around = &mut Surroundings { definitions, images, ecr, addresses, elb, shortage, tick };
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
fn bare(region: &mut Region, tick: &mut Tick<'_>, spec: &ServiceSpec) -> Service {
    let zones: Vec<String> = spec.zones.iter().map(|letter| tick.place.zone(*letter)).collect();
    let is_new = |zone: &&String| !region.ecs.services.values().any(|other| other.zones.contains(zone));
    tick.random.pass(ID * zones.iter().filter(is_new).count());
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
        subnets: spec.zones.iter().map(|letter| spec.network.private(tick.place, *letter)).collect(),
        security_group: security_group(region, tick, spec),
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

/// Its balancer alone reaches a service's tasks.
fn security_group(region: &mut Region, tick: &mut Tick<'_>, spec: &ServiceSpec) -> String {
    tick.random.pass(ID);
    let admits = spec.target_group.as_ref().and_then(|(group, _, port)| {
        Some((Some(*port), Source::Group(region.elb.security_group_before(group)?.to_owned())))
    });
    region.ec2.protect(tick.place, spec.network, &format!("{}-sg", spec.name), admits)
}
