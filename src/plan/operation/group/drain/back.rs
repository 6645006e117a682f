//! Undoing what a drain has begun: gateways take sessions again, and the group is as it was.
//!
//! Where another gateway has come in the place of one that is back, there is one more than before. It goes again where
//! nobody has come to it yet; what holds sessions stays, and the verdict says so.

use std::sync::Arc;

use super::{
    super::{GroupState, Next, sight::Sight},
    Stage,
    calls::{returns, was_begun},
    decide::settle_group,
};
use crate::{
    domain::write::group::{GroupUpdate, GroupWrite},
    plan::group::course::{DrainCourse, GroupCourse},
};

pub(super) fn putting_back(
    state: &GroupState,
    course: &GroupCourse,
    drain: &DrainCourse,
    sight: &Sight<'_>,
) -> Option<Next> {
    for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
        let id = &*planned.instance;
        if !was_begun(state, drain, id) || matches!(gateway.stage, Stage::Gone | Stage::Ending | Stage::Back) {
            continue;
        }
        if sight.instance(id).is_some_and(|it| it.lifecycle.as_str() == "EnteringStandby") {
            return Some(Next::Wait);
        }
        let back = returns(drain, id).into_iter().find(|back| !state.was_taken(|it| it == back));
        return Some(back.map_or(Next::Wait, Next::Call));
    }
    if state.gateways.iter().any(|it| it.stage == Stage::Ending) {
        return Some(Next::Wait);
    }
    if let Some(write) = undo_first(state, course, drain) {
        return Some(Next::Call(write));
    }
    if let Some(next) = end_surplus(state, course, drain, sight) {
        return Some(next);
    }
    settle_group(state, course, drain, sight)
}

/// What undoes what was changed of the group before anything else.
fn undo_first(state: &GroupState, course: &GroupCourse, drain: &DrainCourse) -> Option<GroupWrite> {
    let before = &course.before;
    let first = drain.first.iter().map(|it| it.filled(state.made_version()));
    let changed = first.filter(|write| state.was_taken(|it| it == write));
    let mut undone = changed.filter_map(|it| match &it {
        GroupWrite::UpdateGroup { group, change } => {
            let change = GroupUpdate {
                min: change.min.map(|_| before.min),
                max: change.max.map(|_| before.max),
                template: change.template.as_ref().and(before.template.clone()),
                ..GroupUpdate::default()
            };
            Some(GroupWrite::UpdateGroup { group: group.clone(), change })
        }
        _ => None,
    });
    undone.find(|write| !state.was_taken(|it| it == write))
}

/// How many gateways there are more than before: each that was replaced and is back counts for one, until the one that
/// came in its place has gone.
pub(super) fn surplus(state: &GroupState, drain: &DrainCourse) -> usize {
    if !drain.replace {
        return 0;
    }
    let is_planned = |id: &str| drain.gateways.iter().any(|it| *it.instance == *id);
    let taken = state.taken_writes();
    let (mut back, mut gone) = (0_usize, 0_usize);
    for write in taken {
        match write {
            GroupWrite::ExitStandby { instances, .. } => {
                back += instances.iter().filter(|it| is_planned(it)).count();
            }
            GroupWrite::TerminateInstance { instance, .. } if !is_planned(instance) => gone += 1,
            _ => {}
        }
    }
    back.saturating_sub(gone)
}

/// The gateway that was closed because it is one too many, where one is.
fn closed<'a>(state: &'a GroupState, drain: &DrainCourse) -> Option<&'a Arc<str>> {
    let is_planned = |id: &str| drain.gateways.iter().any(|it| *it.instance == *id);
    let mut closed = None;
    for write in state.taken_writes() {
        match write {
            GroupWrite::EnterStandby { instances, .. } => {
                closed = instances.first().filter(|it| !is_planned(it)).or(closed);
            }
            GroupWrite::TerminateInstance { instance, .. } if Some(instance) == closed => closed = None,
            GroupWrite::ExitStandby { instances, .. } if instances.first() == closed => closed = None,
            _ => {}
        }
    }
    closed
}

/// Notes since when the gateway that is one too many has been empty, on standby.
pub(super) fn observe(state: &mut GroupState, drain: &DrainCourse, sight: &Sight<'_>) {
    let stands_by = |id: &str| sight.instance(id).is_some_and(|it| it.lifecycle.as_str() == "Standby");
    let empty = closed(state, drain).filter(|it| stands_by(it)).zip(sight.reading.as_ref());
    let at = empty.filter(|(id, reading)| reading.held(id) == 0).map(|(_, reading)| reading.at);
    state.surplus_empty_at = match (state.surplus_empty_at, at) {
        (Some(first), Some(_)) => Some(first),
        (_, at) => at,
    };
}

/// Ends what came in the place of a gateway that is back, if it holds no session.
fn end_surplus(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    if surplus(state, drain) == 0 {
        return None;
    }
    let Some(reading) = &sight.reading else { return Some(Next::Wait) };
    let group = course.group.name.clone();
    if let Some(id) = closed(state, drain) {
        let instance = sight.instance(id)?;
        if instance.lifecycle.as_str() != "Standby" {
            return Some(Next::Wait);
        }
        if reading.held(id) > 0 {
            // Somebody came before it was closed: it stays.
            return Some(Next::Call(GroupWrite::ExitStandby { group, instances: vec![id.clone()] }));
        }
        let is_sure = state.surplus_empty_at.is_some_and(|first| reading.at > first);
        let end = GroupWrite::TerminateInstance { group, instance: id.clone(), decrement: false };
        return Some(if is_sure { Next::Call(end) } else { Next::Wait });
    }
    let (counting, in_service) = (sight.counting() as usize, sight.in_service().count());
    if counting > in_service {
        return Some(Next::Wait);
    }
    let was_tried = |id: &str| {
        let tries =
            |write: &GroupWrite| matches!(write, GroupWrite::ExitStandby { instances, .. } if *instances[0] == *id);
        state.was_taken(tries)
    };
    let is_new = |id: &str| !course.before.instances.iter().any(|it| **it == *id);
    let mut new = sight.in_service().filter(|it| is_new(it.id.as_str()) && !was_tried(it.id.as_str()));
    let empty = new.find(|it| reading.held(it.id.as_str()) == 0)?;
    if sight.group.desired <= sight.group.min {
        return None;
    }
    let instances = vec![empty.id.as_str().into()];
    Some(Next::Call(GroupWrite::EnterStandby { group, instances, decrement: true }))
}
