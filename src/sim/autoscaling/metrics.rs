//! What groups and their instances publish every minute: AWS/AutoScaling and AWS/EC2.

use super::{
    super::{
        cloudwatch::{MetricKey, Sample},
        world::{Region, Tick},
    },
    Group, Lifecycle, Member,
};

/// The group metrics that are enabled, as `DescribeAutoScalingGroups` lists them.
pub const ENABLED: [&str; 8] = [
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
];

/// Percent of CPU that a gateway uses by itself, and for each session it holds; and how far that strays.
const IDLE_CPU: f64 = 4.0;
const CPU_PER_SESSION: f64 = 5.5;
const CPU_NOISE: f64 = 1.5;

/// Records the minute of `tick`.
pub fn publish(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { autoscaling, cloudwatch, sessions, .. } = region;
    for group in autoscaling.groups.values() {
        let dimension = [("AutoScalingGroupName", group.name.as_str())];
        for name in ENABLED {
            let key = MetricKey::new("AWS/AutoScaling", name, &dimension);
            cloudwatch.record(&key, Sample::one(figure(group, name)), tick);
        }
        for member in group.members.iter().filter(|member| member.is_up()) {
            let load = IDLE_CPU + CPU_PER_SESSION * sessions.held_by(&member.instance) as f64;
            let cpu = Sample::one((load + CPU_NOISE * tick.random.normal()).clamp(0.5, 100.0));
            let instance = [("InstanceId", member.instance.as_str())];
            cloudwatch.record(&MetricKey::new("AWS/EC2", "CPUUtilization", &instance), cpu, tick);
            cloudwatch.record(&MetricKey::new("AWS/EC2", "CPUUtilization", &dimension), cpu, tick);
        }
    }
}

fn figure(group: &Group, name: &str) -> f64 {
    let in_state = |wanted: fn(&Member) -> bool| group.members.iter().filter(|member| wanted(member)).count() as f64;
    match name {
        "GroupMinSize" => f64::from(group.min),
        "GroupMaxSize" => f64::from(group.max),
        "GroupDesiredCapacity" => f64::from(group.desired),
        "GroupInServiceInstances" => in_state(Member::in_service),
        "GroupPendingInstances" => in_state(Member::is_coming),
        "GroupStandbyInstances" => in_state(|member| member.lifecycle == Lifecycle::Standby),
        "GroupTerminatingInstances" => in_state(Member::is_going),
        _ => in_state(|_| true),
    }
}
