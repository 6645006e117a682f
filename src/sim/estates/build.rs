//! What the estates are built from: services behind balancers, alarms on what they publish.

use crate::sim::{
    cloudwatch::{self, AlarmSpec, MetricKey},
    dynamodb::{Attribute, Table},
    ec2::Network,
    ecs::seed::{ContainerSpec, ServiceSpec},
    elb::seed::TargetGroupSpec,
    world::{Region, Tick, traffic::Workload},
};

/// Seconds since the estates were created: half a year.
pub const AGE: f64 = 183.0 * 86_400.0;

/// A Fargate service with ECS's defaults, two tasks, and the circuit breaker.
pub fn fargate<'a>(
    network: Network,
    cluster: &'a str,
    name: &'a str,
    containers: &'a [ContainerSpec<'a>],
) -> ServiceSpec<'a> {
    ServiceSpec {
        cluster,
        network,
        name,
        family: name,
        revision: 12,
        cpu: 512,
        memory: 1024,
        containers,
        desired: 2,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        capacity_provider: None,
        target_group: None,
        grace_seconds: 60,
        execute_command: false,
        zones: &['a', 'b'],
        boot_seconds: 12.0,
    }
}

/// A container without secrets and checks.
pub const fn container<'a>(name: &'a str, image: &'a str, port: Option<u16>) -> ContainerSpec<'a> {
    ContainerSpec { name, image, port, environment: &[], secrets: &[], health_command: None, logs: None }
}

/// A target group of addresses with the console's usual health check.
pub fn targets<'a>(name: &'a str, port: u16, path: &'a str) -> TargetGroupSpec<'a> {
    TargetGroupSpec {
        name,
        port,
        target_type: "ip",
        path,
        interval: 30,
        timeout: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        deregistration_delay: 60,
        stickiness: None,
    }
}

/// The ARN of a target group of the region.
pub fn group_arn(region: &Region, name: &str) -> String {
    region.elb.group_arn(name).unwrap_or_default()
}

/// A service's load, and its metrics.
pub fn loaded(region: &mut Region, service_arn: &str, container_insights: bool, workload: Workload) {
    region.traffic.workloads.insert(service_arn.to_owned(), workload);
    cloudwatch::seed::service(region, service_arn, container_insights);
}

/// `ClusterName` and `ServiceName` of a service.
pub fn ecs_metric(name: &str, cluster: &str, service: &str) -> MetricKey {
    MetricKey::new("AWS/ECS", name, &[("ClusterName", cluster), ("ServiceName", service)])
}

/// A balancer's metric.
pub fn balancer_metric(name: &str, balancer_arn: &str) -> MetricKey {
    let balancer = cloudwatch::seed::dimension(balancer_arn).unwrap_or_default();
    MetricKey::new("AWS/ApplicationELB", name, &[("LoadBalancer", balancer)])
}

/// An alarm in few words.
pub struct Alarm<'a> {
    pub name: &'a str,
    pub metric: MetricKey,
    pub statistic: &'static str,
    pub comparison: &'static str,
    pub threshold: f64,
    /// Datapoints that must breach, and the period of each in seconds.
    pub periods: (u32, u32),
    pub treat_missing: &'static str,
}

impl Alarm<'_> {
    /// Puts the alarm, which tells the on-call topic.
    pub fn put(self, region: &mut Region, tick: &mut Tick<'_>) {
        let (datapoints, period) = self.periods;
        let spec = AlarmSpec {
            name: self.name.to_owned(),
            description: String::new(),
            metric: self.metric,
            statistic: self.statistic.to_owned(),
            period,
            evaluation_periods: datapoints,
            datapoints_to_alarm: datapoints,
            threshold: self.threshold,
            comparison: self.comparison,
            treat_missing: self.treat_missing,
            actions: vec![tick.place.arn("sns", "on-call")],
        };
        region.cloudwatch.put_alarm(spec, tick);
    }
}

/// A table on demand, with the attribute that each of its indexes hashes.
pub fn table(region: &mut Region, name: &str, indexes: &[(&str, &str)], items: &[&[(&str, &str)]]) {
    let text = |(key, value): &(&str, &str)| ((*key).to_owned(), Attribute::S((*value).to_owned()));
    let keyed = |item: &&[(&str, &str)]| {
        let id = item.iter().find(|(key, _)| *key == "id").map(|(_, value)| (*value).to_owned());
        (id.unwrap_or_default(), item.iter().map(text).collect())
    };
    let table = Table {
        hash_key: "id".to_owned(),
        indexes: indexes.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).collect(),
        items: items.iter().map(keyed).collect(),
    };
    region.dynamodb.tables.insert(name.to_owned(), table);
}
