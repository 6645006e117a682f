//! What time does to the instances of a group: they come into service, fall ill and are gone.

use super::{
    super::{
        ec2::{self, Phase, private_subnet},
        world::Tick,
    },
    Group, Lifecycle, Member,
    activity::{Log, Outcome, cause, sentence},
};

/// Seconds that a status check fails before the instance counts as unhealthy.
const IMPAIRED_FOR: i64 = 120;

/// Brings instances that have booted into service, and forgets those that have terminated.
pub fn advance(group: &mut Group, ec2: &ec2::State, activities: &mut Log, tick: &Tick<'_>) {
    group.members.retain_mut(|member| {
        let phase = ec2.instances.get(&member.instance).map(|instance| instance.phase);
        match (member.lifecycle, phase) {
            (Lifecycle::Pending, Some(Phase::Running { .. })) => {
                member.lifecycle = Lifecycle::InService { since: tick.now };
                activities.end(&member.activity, Outcome::Successful(tick.now));
                true
            }
            (Lifecycle::Pending, Some(Phase::ShuttingDown { .. } | Phase::Terminated { .. }) | None) => {
                let why = "Instance became unhealthy while waiting for instance to be in InService state.".to_owned();
                activities.end(&member.activity, Outcome::Failed(tick.now, why));
                false
            }
            (Lifecycle::Terminating, Some(Phase::Terminated { .. }) | None) => {
                activities.end(&member.activity, Outcome::Successful(tick.now));
                false
            }
            _ => true,
        }
    });
}

/// Marks what has failed as unhealthy and takes it out of service; the next look at the capacity replaces it.
pub fn check_health(group: &mut Group, ec2: &mut ec2::State, activities: &mut Log, tick: &mut Tick<'_>) {
    if group.suspends("HealthCheck") {
        return;
    }
    let grace = i64::from(group.grace);
    let mut failed = Vec::new();
    for member in &mut group.members {
        if let Some(why) = failure(member, ec2, grace, tick) {
            member.healthy = false;
            failed.push((member.instance.clone(), why));
        }
    }
    if group.suspends("ReplaceUnhealthy") || group.suspends("Terminate") {
        return;
    }
    for (instance, why) in failed {
        let out = format!("an instance was taken out of service in response to {why}");
        terminate(group, &instance, cause([Some(sentence(tick.now, &out))]), ec2, activities, tick);
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

/// Starts the termination of an instance, with its activity.
pub fn terminate(
    group: &mut Group,
    instance: &str,
    cause: String,
    ec2: &mut ec2::State,
    activities: &mut Log,
    tick: &mut Tick<'_>,
) {
    let Some(member) = group.members.iter_mut().find(|member| member.instance == instance) else { return };
    let subnet = private_subnet(tick.place, member.zone);
    let what = format!("Terminating EC2 instance: {instance}");
    if member.lifecycle == Lifecycle::Pending {
        let why = "The launch was ended by a termination.".to_owned();
        activities.end(&member.activity, Outcome::Failed(tick.now, why));
    }
    member.lifecycle = Lifecycle::Terminating;
    member.activity = activities.start(&group.name, what, cause, subnet, tick);
    ec2.terminate(instance, tick);
}
