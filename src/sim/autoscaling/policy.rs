//! Target tracking: the policy, its two alarms, and what it does when one is in ALARM (`aws-reference.md` §2.5).

use super::{
    super::{
        cloudwatch::{AlarmSpec, MetricKey},
        world::{Region, Tick},
    },
    Group,
};

/// Share of the target below which the low alarm goes off.
const LOW: f64 = 0.9;
/// Share of the capacity that one scale-in removes at most (but always one instance).
const SCALE_IN_SHARE: f64 = 0.1;

/// A target tracking policy on the Average of a custom metric.
#[derive(Debug, Clone)]
pub struct Policy {
    pub name: String,
    pub arn: String,
    pub namespace: String,
    pub metric: String,
    pub target: f64,
    pub disable_scale_in: bool,
    pub enabled: bool,
    /// Names and ARNs of the alarms, the high one first.
    pub alarms: [(String, String); 2],
}

impl Policy {
    /// A policy of the group that has its name and alarms, and nothing to track yet.
    pub fn new(tick: &mut Tick<'_>, group: &str, name: &str) -> Self {
        let resource = format!("scalingPolicy:{}:autoScalingGroupName/{group}:policyName/{name}", tick.random.uuid());
        let alarms = ["High", "Low"].map(|side| {
            let name = format!("TargetTracking-{group}-Alarm{side}-{}", tick.random.uuid());
            let arn = tick.place.arn("cloudwatch", format_args!("alarm:{name}"));
            (name, arn)
        });
        Self {
            name: name.to_owned(),
            arn: tick.place.arn("autoscaling", resource),
            namespace: String::new(),
            metric: String::new(),
            target: 0.0,
            disable_scale_in: false,
            enabled: true,
            alarms,
        }
    }

    /// The alarms as the policy puts them: 3 minutes above the target, 15 minutes below 90 % of it.
    pub fn alarm_specs(&self) -> [AlarmSpec; 2] {
        let [(high, _), (low, _)] = &self.alarms;
        [
            self.alarm(high, 3, self.target, "GreaterThanThreshold"),
            self.alarm(low, 15, self.target * LOW, "LessThanThreshold"),
        ]
    }

    fn alarm(&self, name: &str, minutes: u32, threshold: f64, comparison: &'static str) -> AlarmSpec {
        AlarmSpec {
            name: name.to_owned(),
            description: format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {}.", self.arn),
            metric: MetricKey::new(&self.namespace, &self.metric, &[]),
            statistic: "Average".to_owned(),
            period: 60,
            evaluation_periods: minutes,
            datapoints_to_alarm: minutes,
            threshold,
            comparison,
            treat_missing: "missing",
            actions: vec![self.arn.clone()],
        }
    }

    /// The capacity at which `metric` per instance would be back at the target.
    fn wanted(&self, instances: usize, metric: f64) -> u32 {
        (instances as f64 * metric / self.target).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
    }
}

/// Called every minute while an alarm whose actions name `policy_arn` is in ALARM: target tracking acts.
/// `metric` is the newest value of the alarm's metric.
///
/// Scale-out is proportional and at once; scale-in waits until nothing is warming up or cooling down, and takes
/// at most a tenth.
pub fn on_alarm(region: &mut Region, tick: &mut Tick<'_>, policy_arn: &str, alarm: &str, metric: f64) {
    let groups = region.autoscaling.groups.values_mut();
    let found = groups.filter_map(|group| {
        let policy = group.policies.iter().find(|policy| policy.arn == policy_arn && policy.enabled)?.clone();
        Some((group, policy))
    });
    for (group, policy) in found {
        let desired = if alarm == policy.alarms[0].0 {
            scale_out(group, &policy, metric, tick)
        } else {
            scale_in(group, &policy, metric, tick)
        };
        if let Some(desired) = desired.filter(|_| !group.suspends("AlarmNotification")) {
            let why = format!("a monitor alarm {alarm} in state ALARM triggered policy {}", policy.name);
            group.set_desired(desired, &why, tick.now);
        }
    }
}

/// Instances that warm up have not taken their share yet: the metric says nothing of them.
fn scale_out(group: &Group, policy: &Policy, metric: f64, tick: &Tick<'_>) -> Option<u32> {
    let wanted = policy.wanted(group.warmed_up(tick.now), metric).min(group.max);
    (wanted > group.desired).then_some(wanted)
}

fn scale_in(group: &Group, policy: &Policy, metric: f64, tick: &Tick<'_>) -> Option<u32> {
    if policy.disable_scale_in || group.warming(tick.now) || group.cooling(tick.now) {
        return None;
    }
    let most = ((f64::from(group.desired) * SCALE_IN_SHARE) as u32).max(1);
    let wanted = policy.wanted(group.in_service().count(), metric);
    let wanted = wanted.max(group.desired.saturating_sub(most)).max(group.min);
    (wanted < group.desired).then_some(wanted)
}
