//! What calls and reads show of each gateway that is drained, and of time that is up.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        super::Operation,
        GroupState, Mode,
        sight::{Reading, Sight},
    },
    GatewayState, Stage, back,
    calls::{closed_since, ends, is_returned, returns},
    left,
};
use crate::{
    plan::group::{
        action::AtDeadline,
        course::{DrainCourse, DrainWay},
    },
    triage::words::{count, span},
};

/// How long a call that keeps new sessions away may take until reads show it.
const SHOWS: SignedDuration = SignedDuration::from_mins(1);

/// Brings every gateway's stage up to what calls and reads show: what is to be told of it, and which gateways somebody
/// else has opened to sessions again.
pub(super) fn observe(state: &mut GroupState, drain: &DrainCourse, sight: &Sight<'_>) -> (Vec<String>, Vec<String>) {
    let (mut notes, mut opened, mut lost) = (Vec::new(), Vec::new(), 0);
    for (index, planned) in drain.gateways.iter().enumerate() {
        let id = &*planned.instance;
        let is_ended = state.was_taken(|it| ends(it, id));
        let closed_since = closed_since(state, drain, id);
        let is_returned = is_returned(state, drain, id);
        let calls = state.calls.len();
        let is_back = returns(drain, id).iter().all(|back| state.was_taken(|it| it == back));
        let gateway = &mut state.gateways[index];
        if gateway.stage == Stage::Gone {
            continue;
        }
        if is_ended && gateway.stage != Stage::Ending {
            gateway.stage = Stage::Ending;
            lost += if gateway.emptied_at.is_none() { gateway.sessions.unwrap_or_default() } else { 0 };
        }
        let Some(instance) = sight.instance(id) else {
            if !is_ended {
                let held = gateway.sessions.map_or("sessions".to_owned(), |it| count(it as usize, "session"));
                let why = sight.why_gone(id).map(|it| format!(" ({it})")).unwrap_or_default();
                notes.push(format!("{id} is gone, and not by this operation{why}: it held {held}"));
                gateway.went_with = gateway.sessions;
            }
            gateway.stage = Stage::Gone;
            continue;
        };
        let in_service = instance.is_in_service();
        let is_kept = sight.is_kept_from(&drain.way, id);
        if gateway.stage == Stage::Waiting && (closed_since.is_some() || is_kept) {
            gateway.stage = Stage::Stopping;
        }
        let would_show = match gateway.stage {
            Stage::Stopping => closed_since.is_some_and(|it| sight.at.duration_since(it) > SHOWS),
            stage => stage == Stage::Draining,
        };
        let is_closing = is_ended || is_returned || instance.lifecycle.as_str() == "EnteringStandby";
        if would_show && !is_kept && !is_closing {
            (gateway.stage, gateway.since) = (Stage::Waiting, calls);
            (gateway.closed_at, gateway.zero_read_at, gateway.emptied_at) = (None, None, None);
            notes.push(format!("{id} takes sessions again: somebody has opened it"));
            opened.push(id.to_owned());
        }
        if gateway.stage == Stage::Stopping && is_kept {
            gateway.stage = Stage::Draining;
            gateway.closed_at = Some(sight.at);
            notes.push(format!("{id} is {}", drain.way.words()));
        }
        if is_back && in_service && !is_ended {
            gateway.stage = Stage::Back;
        }
        if let Some(reading) = &sight.reading {
            notes.extend(gateway.count(id, reading, settle(&drain.way)));
        }
    }
    state.lost += lost;
    back::observe(state, drain, sight);
    (notes, opened)
}

impl GatewayState {
    /// Takes in how many sessions it holds.
    fn count(&mut self, id: &str, reading: &Reading<'_>, settle: SignedDuration) -> Option<String> {
        let held = reading.held(id);
        let before = self.sessions.replace(held);
        let closed_at = self.closed_at.filter(|it| self.stage == Stage::Draining && reading.at > *it)?;
        if held > 0 {
            (self.zero_read_at, self.emptied_at) = (None, None);
            let more = before.is_some_and(|it| held > it) && reading.at.duration_since(closed_at) > settle;
            return more.then(|| format!("{id} was given a new session although it drains: {held} now"));
        }
        match self.zero_read_at {
            None => self.zero_read_at = Some(reading.at),
            Some(first) if self.emptied_at.is_none() => {
                // Two reads, the second sent after the first had come: nothing was on its way between them.
                if reading.at > first && reading.at.duration_since(closed_at) >= settle {
                    self.emptied_at = Some(first);
                    let took = span(first.duration_since(closed_at));
                    return Some(format!("{id} is empty after {took}"));
                }
            }
            Some(_) => {}
        }
        None
    }
}

/// How long after new sessions were told to stay away one may still come.
fn settle(way: &DrainWay) -> SignedDuration {
    match way {
        DrainWay::Standby => SignedDuration::ZERO,
        DrainWay::TargetGroups(_) => SignedDuration::from_secs(30),
        DrainWay::Tag { .. } => SignedDuration::from_mins(2),
    }
}

pub(super) fn check_deadline(operation: &mut Operation, drain: &DrainCourse, now: Timestamp) {
    let late = now.duration_since(operation.began_at) >= drain.deadline;
    let Some(state) = operation.group.as_mut().filter(|it| late && !it.is_late && it.mode == Mode::Going) else {
        return;
    };
    state.is_late = true;
    let left: u32 = left(state);
    // What was said before a restart holds, whatever the plan said of the deadline.
    let given_up = state.given_up;
    let told = match drain.then {
        AtDeadline::Wait => {
            format!("the deadline has passed; {} left, still waited for", count(left as usize, "session"))
        }
        AtDeadline::PutBack => {
            state.back = Some("the deadline has passed".into());
            state.mode = Mode::PuttingBack { why: "the deadline has passed".into() };
            format!("the deadline has passed with {} left: putting back", count(left as usize, "session"))
        }
        AtDeadline::End { sessions } if left <= sessions.max(given_up) => {
            state.given_up = sessions.max(given_up);
            format!("the deadline has passed: {} given up, as it was typed", count(left as usize, "session"))
        }
        AtDeadline::End { sessions } => {
            let why = format!("the deadline has passed with {left} sessions left, and {sessions} were given up");
            state.mode = Mode::Paused { why: why.as_str().into() };
            format!("paused: {why}")
        }
    };
    operation.note(now, told);
}
