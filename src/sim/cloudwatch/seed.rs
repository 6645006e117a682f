//! Metering resources, and giving the metrics and alarms of a new world a past.

use jiff::SignedDuration;

use super::{
    MetricKey,
    collect::{
        self, BackingMeter, BalancerMeter, GatewaysMeter, Gauge, Meter, RequestSeries, ServiceMeter, TargetsMeter,
    },
};
use crate::sim::world::{Place, Region, Tick};

/// Publishes AWS/ECS metrics of a service, and its task counts where the cluster has Container Insights.
pub fn service(region: &mut Region, service_arn: &str, container_insights: bool) {
    let Some((_, path)) = service_arn.split_once(":service/") else { return };
    let Some((cluster, name)) = path.split_once('/') else { return };
    let store = &mut region.cloudwatch.store;
    let dimensions = [("ClusterName", cluster), ("ServiceName", name)];
    let mut id = |namespace, name| store.id(&MetricKey::new(namespace, name, &dimensions));
    let counts = ["RunningTaskCount", "DesiredTaskCount", "PendingTaskCount"];
    let insights = container_insights.then(|| counts.map(|name| id("ECS/ContainerInsights", name)));
    let meter = ServiceMeter {
        service_arn: service_arn.to_owned(),
        cpu: id("AWS/ECS", "CPUUtilization"),
        memory: id("AWS/ECS", "MemoryUtilization"),
        insights,
    };
    region.cloudwatch.meters.push(Meter::Service(meter));
}

/// Publishes AWS/ApplicationELB metrics of a balancer and its target groups, each with the service behind it.
pub fn balancer(region: &mut Region, balancer_arn: &str, groups: &[(&str, &str)]) {
    let Some(balancer) = dimension(balancer_arn) else { return };
    let store = &mut region.cloudwatch.store;
    let dimensions = [("LoadBalancer", balancer)];
    let mut own = |name: &str| store.id(&MetricKey::new("AWS/ApplicationELB", name, &dimensions));
    let own_5xx = own("HTTPCode_ELB_5XX_Count");
    let own = [502, 503, 504].map(|status| own(&format!("HTTPCode_ELB_{status}_Count")));
    let series = RequestSeries::new(store, &dimensions);
    let services = groups.iter().map(|(_, service)| (*service).to_owned()).collect();
    region.cloudwatch.meters.push(Meter::Balancer(BalancerMeter { services, series, own_5xx, own }));
    for (group_arn, service_arn) in groups {
        let Some(group) = dimension(group_arn) else { continue };
        let dimensions = [("LoadBalancer", balancer), ("TargetGroup", group)];
        let mut id = |name| store.id(&MetricKey::new("AWS/ApplicationELB", name, &dimensions));
        let (per_target, healthy) = (id("RequestCountPerTarget"), id("HealthyHostCount"));
        let unhealthy = id("UnHealthyHostCount");
        region.cloudwatch.meters.push(Meter::Targets(TargetsMeter {
            group_arn: (*group_arn).to_owned(),
            service_arn: (*service_arn).to_owned(),
            series: RequestSeries::new(store, &dimensions),
            per_target,
            healthy,
            unhealthy,
        }));
    }
}

/// The value by which a balancer or target group is named in dimensions: the end of its ARN.
pub fn dimension(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    Some(resource.strip_prefix("loadbalancer/").unwrap_or(resource))
}

/// A cache node (AWS/ElastiCache) used by the given services, with its percentages under their mean traffic.
pub fn cache(region: &mut Region, id: &str, users: &[String], cpu: f64, memory: f64) {
    let gauges = [
        ("CPUUtilization", Gauge::FollowsTraffic { idle: 1.5, mean: cpu }),
        ("EngineCPUUtilization", Gauge::FollowsTraffic { idle: 0.5, mean: 0.8 * cpu }),
        ("DatabaseMemoryUsagePercentage", Gauge::FollowsTraffic { idle: 0.8 * memory, mean: memory }),
        ("CurrConnections", Gauge::PerTask { each: 5.0, own: 4.0 }),
        ("Evictions", Gauge::Evicts { idle: 0.8 * memory, mean: memory }),
    ];
    backing(region, users, "AWS/ElastiCache", ("CacheClusterId", id), &gauges);
}

/// A database instance used by the given services.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseSpec {
    pub id: &'static str,
    /// Percent under mean traffic.
    pub cpu: f64,
    pub connections_per_task: f64,
    /// Bytes free at the start of the month, and bytes written a day.
    pub free_storage: f64,
    pub growth_per_day: f64,
    /// Seconds behind its source under mean traffic; `None` where it is no replica.
    pub replica_lag: Option<f64>,
}

/// AWS/RDS metrics of a database.
pub fn database(region: &mut Region, users: &[String], spec: &DatabaseSpec) {
    let mut gauges = vec![
        ("CPUUtilization", Gauge::FollowsTraffic { idle: 3.0, mean: spec.cpu }),
        ("DatabaseConnections", Gauge::PerTask { each: spec.connections_per_task, own: 3.0 }),
        ("FreeStorageSpace", Gauge::FallsDaily { full: spec.free_storage, per_day: spec.growth_per_day }),
    ];
    let lag = spec.replica_lag.map(|mean| ("ReplicaLag", Gauge::FollowsTraffic { idle: 0.01, mean }));
    gauges.extend(lag);
    backing(region, users, "AWS/RDS", ("DBInstanceIdentifier", spec.id), &gauges);
}

/// AWS/NATGateway metrics of the gateways that are billed here.
pub fn gateways(region: &mut Region, place: &Place) {
    let mut meters = Vec::new();
    for (holding, stack) in region.billing.with_gateways() {
        let store = &mut region.cloudwatch.store;
        let of_gateway = |id: String| {
            let names = ["BytesInFromSource", "BytesOutToDestination", "BytesInFromDestination", "BytesOutToSource"];
            names.map(|name| store.id(&MetricKey::new("AWS/NATGateway", name, &[("NatGatewayId", &id)])))
        };
        let series = region.ec2.gateways_of(stack, place).into_iter().map(of_gateway).collect();
        meters.push(Meter::Gateways(GatewaysMeter { holding: *holding, region: place.region.clone(), series }));
    }
    region.cloudwatch.meters.extend(meters);
}

fn backing(region: &mut Region, users: &[String], namespace: &str, dimension: (&str, &str), gauges: &[(&str, Gauge)]) {
    let store = &mut region.cloudwatch.store;
    let series = |(name, gauge): &(&str, Gauge)| (store.id(&MetricKey::new(namespace, name, &[dimension])), *gauge);
    let gauges = gauges.iter().map(series).collect();
    region.cloudwatch.meters.push(Meter::Backing(BackingMeter { users: users.to_vec(), gauges }));
}

/// Gives a region that has just been built a past: `minutes` of metrics, and alarms that were created weeks ago
/// and have been in their state for days.
pub fn history(region: &mut Region, tick: &mut Tick<'_>, minutes: i64) {
    collect::past(region, tick, minutes);
    let state = &mut region.cloudwatch;
    state.alarms.settle(&state.store, tick.now, || {
        let days = |days: f64| SignedDuration::from_secs((days * 86_400.0) as i64);
        (days(tick.random.between(20.0, 90.0)), days(tick.random.between(1.0, 6.0)))
    });
}
