//! Which instances an operation has protected from scale-in, and the calls that protect and give back.

use std::sync::Arc;

use super::{super::StepState, GroupState, sight::Sight};
use crate::domain::{group::Instance, write::group::GroupWrite};

/// Instances that SetInstanceProtection takes at once.
const AT_ONCE: usize = 50;

/// Instances that this operation has protected.
pub fn protected_by_us(state: &GroupState) -> Vec<&str> {
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

/// Whether an operation that drains has begun to give back what it protected: all else is done by then.
pub fn is_given_back(state: &GroupState) -> bool {
    state.calls.iter().any(|it| match &it.write {
        GroupWrite::SetInstanceProtection { protected, .. } => !protected,
        GroupWrite::UpdateGroup { change, .. } => change.protect_new == Some(false),
        _ => false,
    })
}

/// Protects so many of these instances as one call takes, or no longer; `None` where there are none.
pub fn set<'a>(group: &Arc<str>, instances: impl Iterator<Item = &'a Instance>, protected: bool) -> Option<GroupWrite> {
    let instances: Vec<Arc<str>> = instances.take(AT_ONCE).map(|it| it.id.as_str().into()).collect();
    let group = group.clone();
    (!instances.is_empty()).then_some(GroupWrite::SetInstanceProtection { group, instances, protected })
}

/// Gives back the protection of these. What is too many by then would be chosen by the group itself as soon as nothing is
/// protected, whatever it holds: as many as there are are asked for before.
pub fn give_back<'a>(sight: &Sight<'a>, instances: impl Iterator<Item = &'a Instance>) -> Option<GroupWrite> {
    let group: Arc<str> = sight.group.name.as_str().into();
    let back = set(&group, instances, false)?;
    let is_too_many = sight.counting() > sight.group.desired;
    let desired = sight.counting().min(sight.group.max);
    Some(if is_too_many { GroupWrite::SetDesiredCapacity { group, desired } } else { back })
}
