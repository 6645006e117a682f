//! The health of instances in service, by EC2's status checks.

use super::{
    super::{ec2, world::Tick},
    Group, Lifecycle, Member, Services,
    activity::{cause, sentence},
    lifecycle::terminate,
};

/// Seconds that a status check fails before the instance counts as unhealthy.
const IMPAIRED_FOR: i64 = 120;

/// Marks what has failed as unhealthy and takes it out of service; the next look at the capacity replaces it.
pub fn check(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
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
