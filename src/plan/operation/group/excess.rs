//! What an instance refresh leaves beyond the desired capacity when it is stopped or rolled back: the group ends that
//! by its own termination policy, whatever it holds.
//!
//! So busy gateways are protected before anything is undone, and when the refresh has ended as many are asked for as
//! there are before that protection is given back.

use super::{
    super::StepState,
    GroupState,
    protection::{give_back, protected_by_us, set},
    sight::Sight,
};
use crate::{
    domain::{group::Instance, refresh::Refresh, write::group::GroupWrite},
    plan::group::course::GroupCourse,
};

/// Protects gateways with sessions that the group could choose, and that going back is not about.
pub fn protect(
    state: &GroupState,
    course: &GroupCourse,
    refresh: &Refresh,
    sight: &Sight<'_>,
    stops: bool,
) -> Option<GroupWrite> {
    if !state.is_shown_at(sight.at) || sight.counting() <= sight.group.desired {
        return None;
    }
    let reading = sight.reading?;
    let ours = protected_by_us(state);
    let is_bare = |it: &&Instance| {
        let stays = stops || !refresh.would_undo(it);
        stays && !it.protected && !ours.contains(&it.id.as_str()) && reading.held(it.id.as_str()) > 0
    };
    set(&course.group.name, sight.in_service().filter(is_bare), true).filter(|it| !was_refused(state, it))
}

/// Whether AWS has refused just this before.
fn was_refused(state: &GroupState, write: &GroupWrite) -> bool {
    state.calls.iter().any(|it| it.write == *write && matches!(it.state, StepState::Refused { .. }))
}

/// Gives back the protection; `None` when nothing is left to do.
pub fn settle(state: &GroupState, sight: &Sight<'_>) -> Option<GroupWrite> {
    let ours = protected_by_us(state);
    let held = sight.in_service().filter(|it| it.protected && ours.contains(&it.id.as_str()));
    give_back(sight, held).filter(|it| !was_refused(state, it))
}
