//! What follows while gateways are drained: protect, close, end, begin the next, and settle the group at the end.

use super::{
    super::{
        GroupState, Next,
        protection::{give_back, protected_by_us, set},
        sight::{Sight, is_leaving},
    },
    GatewayState, Stage,
    calls::{protects_new, stops_left, was_begun},
    left,
};
use crate::{
    domain::{group::Instance, write::group::GroupWrite},
    plan::group::course::{DrainCourse, DrainWay, GroupCourse, PlannedGateway},
    triage::tracking::rebalances,
};

/// The next call; `None` when nothing is left to do.
pub(super) fn going(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    let mut first = drain.first.iter().map(|it| it.filled(state.made_version()));
    if let Some(write) = first.find(|write| !state.was_taken(|it| it == write)) {
        return Some(Next::Call(write));
    }
    if state.gateways.iter().all(|it| it.stage == Stage::Gone) {
        return settle_group(state, course, drain, sight);
    }
    if let Some(write) = protect_new(state, drain, sight) {
        return Some(Next::Call(write));
    }
    if let Some(write) = protect(state, course, sight) {
        return Some(Next::Call(write));
    }
    if let Some(write) = stop_more(state, drain) {
        return Some(Next::Call(write));
    }
    if let Some(write) = end_empty(state, course, drain, sight) {
        return Some(Next::Call(write));
    }
    begin_next(state, course, drain, sight).or(Some(Next::Wait))
}

/// Has the group protect what it launches: until somebody looks, nothing else would.
fn protect_new(state: &GroupState, drain: &DrainCourse, sight: &Sight<'_>) -> Option<GroupWrite> {
    let write = protects_new(drain, true);
    let is_due = drain.protects_new && !sight.group.protects_new && !state.was_taken(|it| *it == write);
    is_due.then_some(write)
}

/// Protects everything in service that is not: nothing else may choose what goes while this goes on.
fn protect(state: &GroupState, course: &GroupCourse, sight: &Sight<'_>) -> Option<GroupWrite> {
    let ours = protected_by_us(state);
    let bare = sight.in_service().filter(|it| !it.protected && !ours.contains(&it.id.as_str()));
    set(&course.group.name, bare, true)
}

/// What is left of keeping new sessions from a gateway that was begun, as from the second of its target groups.
fn stop_more(state: &GroupState, drain: &DrainCourse) -> Option<GroupWrite> {
    let waiting = drain.gateways.iter().zip(&state.gateways).filter(|(_, it)| it.stage == Stage::Waiting);
    waiting.into_iter().find_map(|(planned, _)| {
        let id = &planned.instance;
        let left = stops_left(state, drain, id);
        left.into_iter().next().filter(|_| was_begun(state, drain, id))
    })
}

/// Ends a gateway that is empty by the newest read, or whose sessions were given up.
fn end_empty(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<GroupWrite> {
    let reading = sight.reading?;
    let draining = drain.gateways.iter().zip(&state.gateways).filter(|(_, it)| it.stage == Stage::Draining);
    let mut may_go = draining.into_iter().filter(|(planned, gateway)| {
        let held = reading.held(&planned.instance);
        let is_empty = gateway.emptied_at.is_some() && held == 0;
        let is_closed = gateway.closed_at.is_some_and(|it| reading.at > it);
        is_empty || (is_closed && held > 0 && left(state) + state.lost <= state.given_up)
    });
    let (planned, _) = may_go.next()?;
    // What stands by does not count towards the desired capacity: ending it may not take that down, too.
    let stands_by = sight.instance(&planned.instance).is_some_and(|it| it.lifecycle.as_str() == "Standby");
    let decrement = !stands_by && drain.way != DrainWay::Standby && counts_down(drain, sight);
    let (group, instance) = (course.group.name.clone(), planned.instance.clone());
    Some(GroupWrite::TerminateInstance { group, instance, decrement })
}

/// Keeps new sessions from the next gateway, where the width and the rest of the group allow it.
fn begin_next(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    let begun = |it: &&GatewayState| matches!(it.stage, Stage::Stopping | Stage::Draining | Stage::Ending);
    if state.gateways.iter().filter(begun).count() >= drain.width.max(1) {
        return None;
    }
    let at = state.gateways.iter().position(|it| it.stage == Stage::Waiting)?;
    let planned = &drain.gateways[at];
    if drain.replace && (sight.in_service().count() as u32) < course.before.desired {
        // The one before has to be replaced first.
        return None;
    }
    if let Err(why) = may_begin(state, drain, planned, sight) {
        return Some(Next::Pause(why));
    }
    let stop = match (&drain.way, planned.instance.clone()) {
        (DrainWay::Standby, instance) => GroupWrite::EnterStandby {
            group: course.group.name.clone(),
            instances: vec![instance],
            decrement: counts_down(drain, sight),
        },
        (_, instance) => stops_left(state, drain, &instance).into_iter().next()?,
    };
    Some(Next::Call(stop))
}

/// Whether the desired capacity goes down with a gateway: not where another takes its place, nor where a policy wants
/// fewer already than there are.
fn counts_down(drain: &DrainCourse, sight: &Sight<'_>) -> bool {
    !drain.replace && sight.counting() <= sight.group.desired
}

/// Looks once more, right before a gateway is begun.
fn may_begin(
    state: &GroupState,
    drain: &DrainCourse,
    planned: &PlannedGateway,
    sight: &Sight<'_>,
) -> Result<(), String> {
    let (id, group) = (&planned.instance, sight.group);
    let instance = sight.instance(id).ok_or_else(|| format!("{id} is gone"))?;
    if !instance.is_in_service() && instance.lifecycle.as_str() != "Standby" {
        return Err(format!("{id} is {}", instance.lifecycle));
    }
    if drain.way == DrainWay::Standby && counts_down(drain, sight) && group.desired <= group.min {
        return Err(format!("{} are wanted and {} is the least: one fewer is refused", group.desired, group.min));
    }
    let Some(reading) = sight.reading else { return Err("the sessions cannot be read".to_owned()) };
    let goes = |it: &str| {
        drain.gateways.iter().zip(&state.gateways).any(|(planned, gateway)| {
            &*planned.instance == it && (gateway.stage != Stage::Waiting || planned.instance == *id)
        })
    };
    let kept: Vec<_> = sight.in_service().filter(|it| !goes(it.id.as_str())).collect();
    let needed: u32 =
        sight.group.instances.iter().filter(|it| !is_leaving(it)).map(|it| reading.held(it.id.as_str())).sum();
    let room: Option<u32> = kept.iter().map(|it| drain.limits.get(&it.instance_type).copied()).sum();
    match room {
        // Sessions come back to the gateways that stay when they are opened anew.
        Some(room) if room < needed && !drain.replace && !drain.crowds => {
            Err(format!("{needed} sessions are open now, and the gateways that stay take {room}"))
        }
        _ => Ok(()),
    }
}

/// Whether the group would end the instance as soon as it is no longer protected: emptying a gateway may leave zones so
/// uneven that they are balanced.
fn is_at_risk(instance: &Instance, sight: &Sight<'_>) -> bool {
    rebalances(sight.group).is_some_and(|(from, _)| instance.zone.as_str() == from.as_str())
}

/// Instances that this operation has protected and leaves so, since the group would end one of them.
pub(super) fn kept<'a>(state: &GroupState, sight: &Sight<'a>) -> Vec<&'a str> {
    let ours = protected_by_us(state);
    let held = sight.in_service().filter(|it| it.protected && is_at_risk(it, sight));
    held.map(|it| it.id.as_str()).filter(|it| ours.contains(it)).collect()
}

/// Everything is gone or back: the group's own settings, and protection, are as before.
pub(super) fn settle_group(
    state: &GroupState,
    course: &GroupCourse,
    drain: &DrainCourse,
    sight: &Sight<'_>,
) -> Option<Next> {
    if sight.group.instances.iter().any(|it| it.lifecycle.as_str() == "EnteringStandby") {
        return Some(Next::Wait);
    }
    if drain.replace && sight.in_service().count() < sight.group.desired as usize {
        return Some(Next::Wait);
    }
    let ours = protected_by_us(state);
    // What was launched meanwhile is protected because the group was told to.
    let (on, off) = (protects_new(drain, true), protects_new(drain, false));
    // Asked for is enough: of a call whose answer was lost nothing is left to be seen once the other has been made.
    let was_told = state.calls.iter().any(|it| it.write == on);
    let is_new = |id: &str| was_told && !course.before.instances.iter().any(|it| **it == *id);
    let held = sight.group.instances.iter().filter(|it| it.protected && !is_leaving(it));
    let held = held.filter(|it| ours.contains(&it.id.as_str()) || is_new(it.id.as_str()));
    // What the group launches until the last call is protected as all others are: bare, it alone could be chosen.
    let back = give_back(sight, held.filter(|it| !is_at_risk(it, sight)));
    let is_off = !was_told || !sight.group.protects_new || state.was_taken(|it| *it == off);
    back.or_else(|| (!is_off).then_some(off)).map(Next::Call)
}
