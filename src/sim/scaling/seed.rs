//! Building scalable targets that have been there for a while.

use jiff::SignedDuration;

use super::{
    Metric, Policy, ResourceId, Suspended, Target,
    activity::{Activity, Course},
    register::service_role,
};
use crate::sim::{
    cloudwatch::{AlarmSpec, MetricKey},
    world::{Region, Tick},
};

/// Minutes above the target before scaling out, and minutes below nine tenths of it before scaling in.
const HIGH_MINUTES: u32 = 3;
const LOW_MINUTES: u32 = 15;
const LOW_SHARE: f64 = 0.9;

/// The range of a service's desired count and the policies that move it.
#[derive(Debug, Clone)]
pub struct TargetSpec {
    pub service_arn: String,
    pub min: u32,
    pub max: u32,
    /// Name, metric and target value of each policy.
    pub policies: Vec<(&'static str, Metric, f64)>,
}

/// Creates the scalable target, its policies with their alarms, and a scale-out and scale-in of the days before.
pub fn target(region: &mut Region, tick: &mut Tick<'_>, spec: &TargetSpec) {
    let Some(resource) = ResourceId::of(&spec.service_arn) else { return };
    let created = tick.now.saturating_sub(SignedDuration::from_hours(24 * 45)).unwrap_or(tick.now);
    let arn = tick.place.arn("application-autoscaling", format_args!("scalable-target/{}", tick.random.hex(34)));
    let (min, max, role) = (spec.min, spec.max, service_role(tick));
    let target = Target { arn, min, max, role, suspended: Suspended::default(), created };
    region.scaling.targets.insert(resource.clone(), target);
    for (name, metric, value) in &spec.policies {
        policy(region, tick, &resource, (name, metric, *value));
    }
    for policy in region.scaling.policies.iter_mut().filter(|policy| policy.resource == resource) {
        policy.created = created;
    }
    past(region, tick, &resource, spec.min);
}

fn policy(region: &mut Region, tick: &mut Tick<'_>, resource: &ResourceId, policy: (&str, &Metric, f64)) {
    let (name, metric, value) = policy;
    let id = tick.random.uuid();
    let arn =
        tick.place.arn("autoscaling", format_args!("scalingPolicy:{id}:resource/ecs/{}:policyName/{name}", resource.0));
    let mut alarm = |kind: &str, periods: u32, threshold: f64, comparison: &'static str| {
        let name = format!("TargetTracking-{}-Alarm{kind}-{}", resource.0, tick.random.uuid());
        let spec = AlarmSpec {
            name: name.clone(),
            description: format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}."),
            metric: metric_key(resource, metric),
            statistic: if matches!(metric, Metric::RequestsPerTarget(_)) { "Sum" } else { "Average" }.to_owned(),
            period: 60,
            evaluation_periods: periods,
            datapoints_to_alarm: periods,
            threshold,
            comparison,
            treat_missing: "missing",
            actions: vec![arn.clone()],
        };
        region.cloudwatch.put_alarm(spec, tick);
        let alarm_arn = tick.place.arn("cloudwatch", format_args!("alarm:{name}"));
        (name, alarm_arn)
    };
    let high_alarm = alarm("High", HIGH_MINUTES, value, "GreaterThanThreshold");
    let low_alarm = alarm("Low", LOW_MINUTES, value * LOW_SHARE, "LessThanThreshold");
    region.scaling.policies.push(Policy {
        arn,
        name: name.to_owned(),
        resource: resource.clone(),
        metric: metric.clone(),
        value,
        scale_out_cooldown: 300,
        scale_in_cooldown: 300,
        disable_scale_in: false,
        high_alarm,
        low_alarm,
        created: tick.now,
        last_scaled_out: None,
        last_scaled_in: None,
        scale_in_proposal: None,
    });
}

/// The CloudWatch metric behind a predefined one.
fn metric_key(resource: &ResourceId, metric: &Metric) -> MetricKey {
    let mut path = resource.0.split('/').skip(1);
    let (cluster, service) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let ecs = |name| MetricKey::new("AWS/ECS", name, &[("ClusterName", cluster), ("ServiceName", service)]);
    match metric {
        Metric::Cpu => ecs("CPUUtilization"),
        Metric::Memory => ecs("MemoryUtilization"),
        Metric::RequestsPerTarget(label) => {
            let (balancer, group) = label.split_at(label.find("targetgroup/").unwrap_or(label.len()));
            let dimensions = [("LoadBalancer", balancer.trim_end_matches('/')), ("TargetGroup", group)];
            MetricKey::new("AWS/ApplicationELB", "RequestCountPerTarget", &dimensions)
        }
    }
}

/// One more task for a few hours, some days ago.
fn past(region: &mut Region, tick: &mut Tick<'_>, resource: &ResourceId, min: u32) {
    let Some(policy) = region.scaling.policies.iter().find(|policy| policy.resource == *resource) else { return };
    let cause = |alarm: &str| format!("monitor alarm {alarm} in state ALARM triggered policy {}", policy.name);
    let causes = [cause(&policy.high_alarm.0), cause(&policy.low_alarm.0)];
    let hours_ago = 24.0 * tick.random.between(1.5, 4.0);
    for (count, hours, cause) in [(min + 1, hours_ago, &causes[0]), (min, hours_ago - 3.0, &causes[1])] {
        let started = tick.now.saturating_sub(SignedDuration::from_secs((hours * 3600.0) as i64)).unwrap_or(tick.now);
        let ended = started.saturating_add(SignedDuration::from_secs(tick.random.between(50.0, 110.0) as i64));
        region.scaling.note(Activity {
            id: tick.random.uuid(),
            resource: resource.clone(),
            description: format!("Setting desired count to {count}."),
            cause: cause.clone(),
            started,
            course: Course::Successful { count, ended: ended.unwrap_or(started) },
        });
    }
}
