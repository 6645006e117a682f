//! What time does to the instances of a group: they come into service, wait for hooks, go to standby and are gone.

use super::{
    super::{
        ec2::{Instance, Phase},
        world::Tick,
    },
    Group, Lifecycle, Member, Services,
    activity::{Outcome, sentence},
    hook::{Hook, Transition, hold, verdict},
};

/// The tag by which an instance shows which group it belongs to.
pub const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// What a group's instances are moved by, besides their own state.
struct Rules<'a> {
    target_groups: &'a [String],
    hooks: &'a [Hook],
    /// Whether those that come into service are registered.
    registers: bool,
}

/// What becomes of an instance.
enum Next {
    Stays,
    Gone,
    /// Its launch was given up: it is to be terminated.
    GivenUp,
}

/// Moves every instance on whose time has come, and forgets those that have gone.
pub fn advance(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let Group { members, target_groups, hooks, suspended, .. } = group;
    let rules = Rules { target_groups, hooks, registers: !suspended.contains_key("AddToLoadBalancer") };
    let mut given_up = Vec::new();
    members.retain_mut(|member| match step(member, &rules, services, tick) {
        Next::Stays => true,
        Next::Gone => false,
        Next::GivenUp => {
            given_up.push(member.instance.clone());
            true
        }
    });
    for instance in given_up {
        let why = "an instance was taken out of service in response to a launch failure.";
        terminate(group, &instance, sentence(tick.now, why), services, tick);
    }
}

fn step(member: &mut Member, rules: &Rules<'_>, services: &mut Services<'_>, tick: &mut Tick<'_>) -> Next {
    let phase = services.ec2.instances.get(&member.instance).map(|instance| instance.phase);
    let runs = matches!(phase, Some(Phase::Running { .. }));
    let alive = runs || matches!(phase, Some(Phase::Pending { .. }));
    if member.is_coming() && !alive {
        let why = "Instance became unhealthy while waiting for instance to be in InService state.".to_owned();
        services.activities.set(&member.activity, Outcome::Failed(tick.now, why));
        return Next::Gone;
    }
    let ended = matches!(phase, Some(Phase::Terminated { .. }) | None);
    if ended && !member.in_service() {
        services.activities.set(&member.activity, Outcome::Successful(tick.now));
        return Next::Gone;
    }
    if member.due > tick.now {
        return Next::Stays;
    }
    let drains = services.drains(rules.target_groups, &member.instance);
    match member.lifecycle {
        Lifecycle::Pending if runs => {
            if hold(member, rules.hooks, Transition::Launching, tick) {
                member.lifecycle = Lifecycle::PendingWait;
                services.activities.set(&member.activity, Outcome::UnderWay("MidLifecycleAction", 40));
            } else {
                come_into_service(member, rules, services, tick);
            }
        }
        Lifecycle::PendingWait => match verdict(&mut member.waits, tick.now) {
            None => {}
            Some(Ok(())) => member.lifecycle = Lifecycle::PendingProceed,
            Some(Err(why)) => {
                services.activities.set(&member.activity, Outcome::Cancelled(tick.now, why));
                return Next::GivenUp;
            }
        },
        Lifecycle::PendingProceed | Lifecycle::Returning => come_into_service(member, rules, services, tick),
        Lifecycle::EnteringStandby if !drains => {
            member.lifecycle = Lifecycle::Standby;
            services.activities.set(&member.activity, Outcome::Successful(tick.now));
        }
        Lifecycle::Detaching if !drains => {
            services.ec2.untag(&member.instance, GROUP_TAG);
            services.activities.set(&member.activity, Outcome::Successful(tick.now));
            return Next::Gone;
        }
        Lifecycle::Leaving if !drains => leave(member, rules.hooks, services, tick),
        Lifecycle::TerminatingWait if verdict(&mut member.waits, tick.now).is_some() => {
            shut_down(member, Lifecycle::TerminatingProceed, services, tick);
        }
        _ => {}
    }
    Next::Stays
}

fn come_into_service(member: &mut Member, rules: &Rules<'_>, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    member.lifecycle = Lifecycle::InService { since: tick.now };
    services.activities.set(&member.activity, Outcome::Successful(tick.now));
    for arn in rules.target_groups.iter().filter(|_| rules.registers) {
        services.elb.enrol(arn, &member.instance, &tick.place.zone(member.zone), tick);
    }
}

/// Starts the termination of an instance and returns the id of its activity. It is shut down at once, or when it has
/// drained from the group's target groups and its hooks let it go.
pub fn terminate(
    group: &mut Group,
    instance: &str,
    cause: String,
    services: &mut Services<'_>,
    tick: &mut Tick<'_>,
) -> Option<String> {
    let Group { name, network, target_groups, hooks, members, .. } = group;
    let member = members.iter_mut().find(|member| member.instance == instance)?;
    let subnet = network.private(tick.place, member.zone);
    let what = format!("Terminating EC2 instance: {instance}");
    if services.activities.is_open(&member.activity) {
        let why = "The instance was terminated before this had come to its end.".to_owned();
        let outcome = if member.is_coming() { Outcome::Failed } else { Outcome::Cancelled };
        services.activities.set(&member.activity, outcome(tick.now, why));
    }
    member.due = tick.now;
    member.activity = services.activities.start(name, what, cause, subnet, tick);
    services.leave(target_groups, instance, tick);
    if services.drains(target_groups, instance) {
        member.lifecycle = Lifecycle::Leaving;
        services.activities.set(&member.activity, Outcome::UnderWay("WaitingForELBConnectionDraining", 30));
    } else {
        leave(member, hooks, services, tick);
    }
    Some(member.activity.clone())
}

/// Holds a drained instance for the group's termination hooks, or shuts it down.
fn leave(member: &mut Member, hooks: &[Hook], services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let alive = services.ec2.instances.get(&member.instance).is_some_and(Instance::alive);
    if alive && hold(member, hooks, Transition::Terminating, tick) {
        member.lifecycle = Lifecycle::TerminatingWait;
        services.activities.set(&member.activity, Outcome::UnderWay("MidLifecycleAction", 60));
    } else {
        shut_down(member, Lifecycle::Terminating, services, tick);
    }
}

fn shut_down(member: &mut Member, state: Lifecycle, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    member.lifecycle = state;
    member.waits.clear();
    services.activities.set(&member.activity, Outcome::UnderWay("InProgress", 50));
    services.ec2.terminate(&member.instance, tick);
}
