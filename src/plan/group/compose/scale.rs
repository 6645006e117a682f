//! Another number of instances: up plainly, down session by session where sessions are held.

use super::{
    super::{
        action::{BoundsChoice, DrainChoice},
        choose::choose,
        course::GroupGoal,
        draft::GroupDraft,
        seen::GroupSeen,
    },
    Composed, calls, change, drain,
};
use crate::{
    domain::write::group::{GroupUpdate, GroupWrite},
    plan::model::Refusal,
};

pub fn scale(seen: GroupSeen<'_>, to: u32, bounds: BoundsChoice, choice: DrainChoice) -> Composed<'_> {
    let group = seen.group;
    if to == group.desired {
        return Err(Refusal::new(format!("{} is at {to} already", group.name)));
    }
    let moved = moved(&seen, to, bounds);
    let title = format!("scale {} from {} to {to}", group.name, group.desired);
    let mut draft = if to < group.desired && seen.holds_sessions() {
        let number = (group.desired - to) as usize;
        let held = seen.held().ok_or_else(|| drain::unreadable(&seen))?;
        let in_service: Vec<_> = seen.in_service().collect();
        let goes = choose(&in_service, &held, group.launch_template.as_ref(), number);
        if goes.len() < number {
            let reason = format!("only {} of {} are in service: nothing to choose from", goes.len(), group.desired);
            return Err(Refusal::new(reason).hint("wait until the group is settled"));
        }
        let title = format!("{title}, session by session");
        {
            let name = seen.who.name.clone();
            let first = moved.clone().map(|change| GroupWrite::UpdateGroup { group: name, change });
            drain::drained(seen, title, goes, to, (choice, first.into_iter().collect()))?
        }
    } else {
        let name = seen.who.name.clone();
        let write = match &moved {
            Some(update) => {
                GroupWrite::UpdateGroup { group: name, change: GroupUpdate { desired: Some(to), ..update.clone() } }
            }
            None => GroupWrite::SetDesiredCapacity { group: name, desired: to },
        };
        let mut draft = GroupDraft::new(seen, title, calls(vec![write], GroupGoal::Scaled { desired: to }));
        draft.desired = to;
        draft
    };
    let group = draft.seen.group;
    draft.changes.push(change("desired capacity", group.desired.to_string(), to.to_string()));
    if let Some(moved) = moved {
        draft.bounds = (moved.min.unwrap_or(group.min), moved.max.unwrap_or(group.max));
        let words = |(min, max): (u32, u32)| format!("{min}–{max}");
        draft.changes.push(change("bounds", words((group.min, group.max)), words(draft.bounds)));
    }
    Ok(draft)
}

/// The bound that is in the way, moved; `None` where none is, or it is to stay.
fn moved(seen: &GroupSeen<'_>, to: u32, bounds: BoundsChoice) -> Option<GroupUpdate> {
    let group = seen.group;
    if bounds == BoundsChoice::Keep {
        return None;
    }
    let min = (to < group.min).then_some(to);
    let max = (to > group.max).then_some(to);
    (min.is_some() || max.is_some()).then(|| GroupUpdate { min, max, ..GroupUpdate::default() })
}
