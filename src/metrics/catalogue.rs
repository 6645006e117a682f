//! The series of each kind of resource, and of all that a stack names.

use std::collections::BTreeSet;

use super::measure::Measure;
use crate::{
    domain::{
        alarm::Alarm,
        estate::ScopeEstate,
        group::Group,
        id::{Arn, Kind, ResourceId, Scope},
        metric::{MetricName, MetricRead},
        service::Service,
        target::TargetGroup,
    },
    stack::model::{SessionMetric, Stack, StackCache, StackDatabase, StackGroup},
};

/// One figure of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    pub subject: ResourceId,
    pub measure: Measure,
    pub metric: MetricName,
    /// Read all the time, because triage or a list rests on it; others only while they are on screen.
    pub watched: bool,
}

impl Measured {
    fn new(subject: &ResourceId, measure: Measure, dimensions: &[(&str, &str)]) -> Self {
        let (namespace, name) = measure.metric();
        let metric = MetricName::new(namespace, name, dimensions);
        Self { subject: subject.clone(), measure, metric, watched: false }
    }

    fn watched(self) -> Self {
        Self { watched: true, ..self }
    }

    /// Whether an alarm watches its metric; one on a load balancer is about all of its target groups.
    pub fn is_watched_by(&self, alarm: &Alarm) -> bool {
        alarm.metric.as_ref().is_some_and(|metric| {
            let own = &self.metric;
            let is_of_all = metric.dimensions.is_empty() && !own.dimensions.is_empty();
            (&metric.namespace, &metric.name) == (&own.namespace, &own.name)
                && !is_of_all
                && metric.dimensions.iter().all(|it| own.dimensions.contains(it))
        })
    }

    /// What is read of it with this period.
    pub fn read(&self, period_seconds: u32) -> MetricRead {
        MetricRead { metric: self.metric.clone(), statistic: self.measure.statistic().into(), period_seconds }
    }
}

/// Everything that is measured of the stack's resources in one scope; more once it is known what the scope holds.
pub fn of_stack(stack: &Stack, scope: &Scope, known: Option<&ScopeEstate>) -> Vec<Measured> {
    let mut found = Vec::new();
    let mut balanced: BTreeSet<&Arn> = BTreeSet::new();
    for spec in stack.services.iter().filter(|it| it.scopes.contains(scope)) {
        let Some(service) = known.and_then(|it| it.stack_service(spec)) else { continue };
        found.extend(of_service(scope, service));
        let groups = known.and_then(|it| it.target_groups.value());
        for target in &service.load_balancers {
            let Some(group) = groups.and_then(|it| it.get(&target.target_group)) else { continue };
            if balanced.insert(&group.arn) {
                found.extend(of_target_group(scope, group, spec.promise_p95_ms.is_some()));
            }
        }
    }
    for spec in stack.target_groups.iter().filter(|it| it.scopes.contains(scope)) {
        let Some(group) = known.and_then(|it| it.stack_target_group(spec)) else { continue };
        if balanced.insert(&group.arn) {
            found.extend(of_target_group(scope, group, false));
        }
    }
    for spec in stack.groups.iter().filter(|it| it.scopes.contains(scope)) {
        found.extend(of_group(scope, spec, known.and_then(|it| it.stack_group(spec))));
    }
    for spec in stack.caches.iter().filter(|it| it.scopes.contains(scope)) {
        found.extend(of_cache(scope, spec));
    }
    for spec in stack.databases.iter().filter(|it| it.scopes.contains(scope)) {
        found.extend(of_database(scope, spec));
    }
    found
}

/// AWS/ECS by cluster and service; no data while no task runs.
pub fn of_service(scope: &Scope, service: &Service) -> Vec<Measured> {
    let subject = ResourceId::new(Kind::Service, scope, service.arn.wire());
    let cluster = service.cluster.tail();
    let dimensions = [("ClusterName", cluster.as_str()), ("ServiceName", service.name.as_str())];
    [Measure::ServiceCpu, Measure::ServiceMemory].map(|it| Measured::new(&subject, it, &dimensions)).to_vec()
}

/// AWS/ApplicationELB by target group and load balancer; nothing for a group that no load balancer uses.
/// `promised`: something is promised about its latency.
pub fn of_target_group(scope: &Scope, group: &TargetGroup, promised: bool) -> Vec<Measured> {
    let Some(balancer) = group.load_balancers.first().and_then(dimension) else { return Vec::new() };
    let Some(target_group) = dimension(&group.arn) else { return Vec::new() };
    let subject = ResourceId::new(Kind::TargetGroup, scope, group.arn.wire());
    let both = [("LoadBalancer", balancer), ("TargetGroup", target_group)];
    let of = |measure| Measured::new(&subject, measure, &both);
    let p95 = of(Measure::LatencyP95);
    vec![
        of(Measure::Requests).watched(),
        of(Measure::LatencyP50),
        if promised { p95.watched() } else { p95 },
        of(Measure::LatencyP99),
        of(Measure::Target5xx).watched(),
        Measured::new(&subject, Measure::Balancer5xx, &both[..1]).watched(),
        of(Measure::HealthyHosts),
        of(Measure::UnhealthyHosts),
    ]
}

/// Sessions as the stack file says they are published, one series for each gateway where they have a dimension; and
/// AWS/EC2 by group.
pub fn of_group(scope: &Scope, spec: &StackGroup, known: Option<&Group>) -> Vec<Measured> {
    let subject = ResourceId::new(Kind::Group, scope, &spec.name);
    let mut found = Vec::new();
    if let Some(metric) = spec.sessions.as_ref().and_then(|it| it.metric.as_ref()) {
        found.extend(sessions(scope, &subject, metric, known));
    }
    let dimensions = [("AutoScalingGroupName", &*spec.name)];
    found.push(Measured::new(&subject, Measure::GatewayCpu, &dimensions));
    found
}

fn sessions(scope: &Scope, group: &ResourceId, metric: &SessionMetric, known: Option<&Group>) -> Vec<Measured> {
    let of = |subject: &ResourceId, dimensions: &[(&str, &str)]| Measured {
        metric: MetricName::new(metric.namespace.as_str(), metric.name.as_str(), dimensions),
        ..Measured::new(subject, Measure::Sessions, &[]).watched()
    };
    let Some(dimension) = &metric.dimension else { return vec![of(group, &[])] };
    let instances = known.into_iter().flat_map(|it| &it.instances);
    let of_instance = |id: &str| {
        let subject = ResourceId::new(Kind::Instance, scope, id);
        of(&subject, &[(dimension.as_str(), id)])
    };
    instances.map(|it| of_instance(it.id.as_str())).collect()
}

/// AWS/ElastiCache by node.
pub fn of_cache(scope: &Scope, spec: &StackCache) -> Vec<Measured> {
    let subject = ResourceId::new(Kind::Cache, scope, &spec.name);
    let of = |measure| Measured::new(&subject, measure, &[("CacheClusterId", &spec.name)]);
    vec![of(Measure::CacheMemory).watched(), of(Measure::CacheConnections), of(Measure::CacheCpu)]
}

/// AWS/RDS by instance; the lag only of replicas.
pub fn of_database(scope: &Scope, spec: &StackDatabase) -> Vec<Measured> {
    let subject = ResourceId::new(Kind::Database, scope, &spec.name);
    let of = |measure| Measured::new(&subject, measure, &[("DBInstanceIdentifier", &spec.name)]);
    let mut found =
        vec![of(Measure::DatabaseCpu), of(Measure::DatabaseConnections), of(Measure::DatabaseStorage).watched()];
    if spec.replica_of.is_some() {
        found.push(of(Measure::ReplicaLag).watched());
    }
    found
}

/// How a load balancer or target group is named in dimensions: the end of its ARN, `app/NAME/ID` or
/// `targetgroup/NAME/ID`.
fn dimension(arn: &Arn) -> Option<&str> {
    let resource = arn.wire().splitn(6, ':').nth(5)?;
    Some(resource.strip_prefix("loadbalancer/").unwrap_or(resource))
}
