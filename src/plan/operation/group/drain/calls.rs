//! The calls that close a gateway to new sessions and open it again, and which of them have been made.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::{super::StepState, GroupState};
use crate::{
    domain::{
        id::Arn,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::group::course::{DrainCourse, DrainWay},
};

/// What has the group protect what it launches, or no longer.
pub(super) fn protects_new(drain: &DrainCourse, protected: bool) -> GroupWrite {
    let change = GroupUpdate { protect_new: Some(protected), ..GroupUpdate::default() };
    GroupWrite::UpdateGroup { group: drain.group.clone(), change }
}

/// The calls that are still to be made to keep new sessions from a gateway.
pub(super) fn stops_left(state: &GroupState, drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    stops(drain, id).into_iter().filter(|stop| stopped_at(state, drain, id, stop).is_none()).collect()
}

/// When the last of the calls that keep new sessions from it was taken; `None` while one of them is to be made.
pub(super) fn closed_since(state: &GroupState, drain: &DrainCourse, id: &str) -> Option<Timestamp> {
    let taken = stops(drain, id).iter().map(|stop| stopped_at(state, drain, id, stop)).collect::<Option<Vec<_>>>();
    taken?.into_iter().max()
}

/// When the call was taken, if it has been since somebody opened the gateway.
fn stopped_at(state: &GroupState, drain: &DrainCourse, id: &str, stop: &GroupWrite) -> Option<Timestamp> {
    let since = drain.gateways.iter().zip(&state.gateways).find(|(it, _)| *it.instance == *id);
    state.calls.iter().skip(since.map_or(0, |(_, it)| it.since)).find_map(|it| match it.state {
        StepState::Done { at, .. } if is_same(stop, &it.write) => Some(at),
        _ => None,
    })
}

/// Whether one of them has been taken.
pub(super) fn was_begun(state: &GroupState, drain: &DrainCourse, id: &str) -> bool {
    stops(drain, id).iter().any(|stop| stopped_at(state, drain, id, stop).is_some())
}

/// Whether a gateway was to be given sessions again, whatever came of it: then the rest is put back, too.
pub(in super::super) fn is_being_put_back(state: &GroupState, drain: &DrainCourse) -> bool {
    drain.gateways.iter().any(|it| is_returned(state, drain, &it.instance))
}

/// Whether a gateway was to be given sessions again by this operation, whatever came of it.
pub(super) fn is_returned(state: &GroupState, drain: &DrainCourse, id: &str) -> bool {
    returns(drain, id).iter().any(|back| state.calls.iter().any(|it| it.write == *back))
}

/// The same but for whether the desired capacity goes down with it.
fn is_same(one: &GroupWrite, other: &GroupWrite) -> bool {
    match (one, other) {
        (GroupWrite::EnterStandby { instances: one, .. }, GroupWrite::EnterStandby { instances: other, .. }) => {
            one == other
        }
        (one, other) => one == other,
    }
}

/// The calls that keep new sessions from a gateway.
fn stops(drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    let (instance, group): (Arc<str>, Arc<str>) = (id.into(), drain.group.clone());
    match &drain.way {
        DrainWay::Standby => {
            vec![GroupWrite::EnterStandby { group, instances: vec![instance], decrement: !drain.replace }]
        }
        DrainWay::TargetGroups(groups) => {
            let out = |target_group: &Arn| GroupWrite::DeregisterTarget {
                target_group: target_group.clone(),
                instance: instance.clone(),
            };
            groups.iter().map(out).collect()
        }
        DrainWay::Tag { key, value } => {
            vec![GroupWrite::TagInstance { instance, key: key.clone(), value: value.clone() }]
        }
    }
}

/// The calls that let it take sessions again.
pub(super) fn returns(drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    let (instance, group): (Arc<str>, Arc<str>) = (id.into(), drain.group.clone());
    match &drain.way {
        DrainWay::Standby => vec![GroupWrite::ExitStandby { group, instances: vec![instance] }],
        DrainWay::TargetGroups(groups) => {
            let back = |target_group: &Arn| GroupWrite::RegisterTarget {
                target_group: target_group.clone(),
                instance: instance.clone(),
            };
            groups.iter().map(back).collect()
        }
        DrainWay::Tag { key, .. } => {
            vec![GroupWrite::TagInstance { instance, key: key.clone(), value: "false".into() }]
        }
    }
}

pub(super) fn ends(write: &GroupWrite, id: &str) -> bool {
    matches!(write, GroupWrite::TerminateInstance { instance, .. } if &**instance == id)
}
