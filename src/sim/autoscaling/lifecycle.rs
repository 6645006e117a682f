//! What time does to the instances of a group: they come into service, go to standby, fall ill and are gone.

use super::{
    super::{
        ec2::{self, Phase, private_subnet},
        world::Tick,
    },
    Group, Lifecycle, Member, Services,
    activity::{Outcome, cause, sentence},
};

/// Seconds that a status check fails before the instance counts as unhealthy.
const IMPAIRED_FOR: i64 = 120;

/// Moves every instance on whose time has come, and forgets those that have gone.
pub fn advance(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let Group { members, target_groups, suspended, .. } = group;
    let registers = !suspended.contains_key("AddToLoadBalancer");
    members.retain_mut(|member| {
        let phase = services.ec2.instances.get(&member.instance).map(|instance| instance.phase);
        let drained = || member.due <= tick.now && !services.drains(target_groups, &member.instance);
        match (member.lifecycle, phase) {
            (Lifecycle::Pending, Some(Phase::Running { .. })) if member.due <= tick.now => {
                member.lifecycle = Lifecycle::InService { since: tick.now };
                services.activities.set(&member.activity, Outcome::Successful(tick.now));
                for arn in target_groups.iter().filter(|_| registers) {
                    services.elb.enrol(arn, &member.instance, &tick.place.zone(member.zone), tick);
                }
                true
            }
            (Lifecycle::Pending, Some(Phase::ShuttingDown { .. } | Phase::Terminated { .. }) | None) => {
                let why = "Instance became unhealthy while waiting for instance to be in InService state.".to_owned();
                services.activities.set(&member.activity, Outcome::Failed(tick.now, why));
                false
            }
            (Lifecycle::EnteringStandby, _) if drained() => {
                member.lifecycle = Lifecycle::Standby;
                services.activities.set(&member.activity, Outcome::Successful(tick.now));
                true
            }
            (Lifecycle::Detaching, _) if drained() => {
                services.ec2.untag(&member.instance, GROUP_TAG);
                services.activities.set(&member.activity, Outcome::Successful(tick.now));
                false
            }
            (Lifecycle::Terminating, Some(Phase::Pending { .. } | Phase::Running { .. })) if drained() => {
                services.activities.set(&member.activity, Outcome::UnderWay("InProgress", 50));
                services.ec2.terminate(&member.instance, tick);
                true
            }
            (
                Lifecycle::Standby | Lifecycle::EnteringStandby | Lifecycle::Terminating,
                Some(Phase::Terminated { .. }) | None,
            ) => {
                services.activities.set(&member.activity, Outcome::Successful(tick.now));
                false
            }
            _ => true,
        }
    });
}

/// The tag by which an instance shows which group it belongs to.
pub const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// Marks what has failed as unhealthy and takes it out of service; the next look at the capacity replaces it.
pub fn check_health(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    if group.suspends("HealthCheck") {
        return;
    }
    let grace = i64::from(group.grace);
    let mut failed = Vec::new();
    for member in &mut group.members {
        if let Some(why) = failure(member, services.ec2, grace, tick) {
            member.healthy = false;
            failed.push((member.instance.clone(), why));
        }
    }
    if group.suspends("ReplaceUnhealthy") || group.suspends("Terminate") {
        return;
    }
    for (instance, why) in failed {
        let out = format!("an instance was taken out of service in response to {why}");
        terminate(group, &instance, cause([Some(sentence(tick.now, &out))]), services, tick);
        group.replacing += 1;
    }
}

/// Why an instance in service is unhealthy.
fn failure(member: &Member, ec2: &ec2::State, grace: i64, tick: &Tick<'_>) -> Option<&'static str> {
    let Lifecycle::InService { since } = member.lifecycle else { return None };
    let instance = ec2.instances.get(&member.instance).filter(|instance| instance.alive());
    let Some(instance) = instance else {
        return Some("an EC2 health check indicating it has been terminated or stopped.");
    };
    let impaired = instance.impaired.is_some_and(|at| tick.now.duration_since(at).as_secs() >= IMPAIRED_FOR);
    let past_grace = tick.now.duration_since(since).as_secs() >= grace;
    (impaired && past_grace).then_some("a system health-check failure.")
}

/// Starts the termination of an instance and returns the id of its activity. It is shut down at once, or when it has
/// drained from the group's target groups.
pub fn terminate(
    group: &mut Group,
    instance: &str,
    cause: String,
    services: &mut Services<'_>,
    tick: &mut Tick<'_>,
) -> Option<String> {
    let Group { name, target_groups, members, .. } = group;
    let member = members.iter_mut().find(|member| member.instance == instance)?;
    let subnet = private_subnet(tick.place, member.zone);
    let what = format!("Terminating EC2 instance: {instance}");
    if member.lifecycle == Lifecycle::Pending {
        let why = "The launch was ended by a termination.".to_owned();
        services.activities.set(&member.activity, Outcome::Failed(tick.now, why));
    }
    member.lifecycle = Lifecycle::Terminating;
    member.due = tick.now;
    member.activity = services.activities.start(name, what, cause, subnet, tick);
    services.leave(target_groups, instance, tick);
    if services.drains(target_groups, instance) {
        services.activities.set(&member.activity, Outcome::UnderWay("WaitingForELBConnectionDraining", 30));
    } else {
        services.ec2.terminate(instance, tick);
    }
    Some(member.activity.clone())
}
