//! The calls that close a gateway to new sessions and open it again, and which of them have been made.

use std::sync::Arc;

use super::super::{super::StepState, GroupState};
use crate::{
    domain::{
        id::Arn,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::group::course::{DrainCourse, DrainWay},
};

/// Instances that this operation has protected.
pub(super) fn protected_by_us(state: &GroupState) -> Vec<&str> {
    let mut ours: Vec<&str> = Vec::new();
    for call in state.calls.iter().filter(|it| matches!(it.state, StepState::Done { .. })) {
        if let GroupWrite::SetInstanceProtection { instances, protected, .. } = &call.write {
            for id in instances {
                ours.retain(|it| *it != &**id);
                if *protected {
                    ours.push(id);
                }
            }
        }
    }
    ours
}

/// What has the group protect what it launches, or no longer.
pub(super) fn protects_new(drain: &DrainCourse, protected: bool) -> GroupWrite {
    let change = GroupUpdate { protect_new: Some(protected), ..GroupUpdate::default() };
    GroupWrite::UpdateGroup { group: drain.group.clone(), change }
}

/// The calls that are still to be made to keep new sessions from a gateway.
pub(super) fn stops_left(state: &GroupState, drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    stops(drain, id).into_iter().filter(|stop| !state.was_taken(|it| is_same(stop, it))).collect()
}

/// Whether one of them has been taken.
pub(super) fn was_begun(state: &GroupState, drain: &DrainCourse, id: &str) -> bool {
    stops(drain, id).iter().any(|stop| state.was_taken(|it| is_same(stop, it)))
}

/// Whether a gateway was to be given sessions again, whatever came of it: then the rest is put back, too.
pub(in super::super) fn is_being_put_back(state: &GroupState, drain: &DrainCourse) -> bool {
    let was_returned = |id: &str| returns(drain, id).iter().any(|back| state.calls.iter().any(|it| it.write == *back));
    drain.gateways.iter().any(|it| was_returned(&it.instance))
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
