//! The gateways that stay take the open sessions, and leave room for those that arrive.

use super::{Found, GroupCase};
use crate::triage::words::count;

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let (draft, seen) = (case.draft, &case.draft.seen);
    if !draft.takes_away() || draft.replaces() || !seen.holds_sessions() {
        return Vec::new();
    }
    let stays = draft.stays();
    let (Some(open), Some(room)) = (seen.open(), seen.capacity(&stays)) else {
        return vec![
            Found::warns("whether the gateways that stay take the sessions cannot be told")
                .with("the stack file names no table of sessions, or no limit for their type"),
        ];
    };
    let needed = open.iter().filter(|it| seen.group.instances.iter().any(|own| own.id == it.gateway)).count();
    let headroom = seen.spec.map_or(0.0, |it| it.drain.headroom);
    let told = format!("{} open, room for {room} on {}", count(needed, "session"), count(stays.len(), "gateway"));
    let (needed, room) = (needed as f64, f64::from(room));
    if needed > room {
        let found = Found::blocks_over("too few", format!("the gateways that stay are too few: {told}"));
        return vec![found.with("sessions that are opened anew would be turned away")];
    }
    if needed * (1.0 + headroom) > room {
        let left = format!("{:.0} % more than are open is the headroom", headroom * 100.0);
        return vec![Found::warns(format!("little room is left: {told}")).with(left)];
    }
    vec![Found::passes(format!("room is left: {told}"))]
}
