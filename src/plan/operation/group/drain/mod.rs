//! Emptying gateways: protect, keep new sessions away, wait until none is left, end; or put all back.
//!
//! ```text
//! Waiting ─▶ Stopping ─▶ Draining ─▶ Ending ─▶ Gone
//!                 └──────────┴─▶ (putting back) Back
//! ```

mod back;
mod calls;
mod decide;
mod observe;

use jiff::{SignedDuration, Timestamp};

pub(super) use self::calls::is_being_put_back;
use super::{
    super::{
        Operation,
        verdict::{Ending, Verdict},
    },
    GroupState, Mode, Next,
    sight::Sight,
    trace,
};
use crate::{
    domain::text::SafeText,
    plan::group::course::{DrainCourse, GroupCourse, PlannedGateway},
    triage::words::{count, list, span},
};

/// How far one gateway has come.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayState {
    pub stage: Stage,
    /// As last read.
    pub sessions: Option<u32>,
    /// Since when no new sessions reach it.
    pub closed_at: Option<Timestamp>,
    pub emptied_at: Option<Timestamp>,
    /// Sessions that it held when it went, and not by this operation.
    pub went_with: Option<u32>,
    /// When the read was made that first found it empty.
    zero_read_at: Option<Timestamp>,
    /// Calls of the operation before this one no longer keep sessions away: somebody has opened it again.
    since: usize,
}

/// The stages of a gateway's emptying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// New sessions are being kept away.
    Stopping,
    /// Its sessions end.
    Draining,
    Ending,
    Gone,
    /// It takes sessions again.
    Back,
}

impl Stage {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waits its turn",
            Self::Stopping => "new sessions are being kept away",
            Self::Draining => "draining",
            Self::Ending => "being ended",
            Self::Gone => "gone",
            Self::Back => "back in service",
        }
    }
}

impl GatewayState {
    pub fn new(planned: &PlannedGateway) -> Self {
        Self {
            stage: Stage::Waiting,
            sessions: Some(planned.sessions),
            closed_at: None,
            emptied_at: None,
            went_with: None,
            zero_read_at: None,
            since: 0,
        }
    }

    /// How long it took to empty it, once it is.
    pub fn took(&self) -> Option<SignedDuration> {
        Some(self.emptied_at?.duration_since(self.closed_at?))
    }
}

/// Takes in what has been read, and says what follows.
pub(super) fn look(
    operation: &mut Operation,
    course: &GroupCourse,
    drain: &DrainCourse,
    sight: &Sight<'_>,
    now: Timestamp,
) -> Next {
    if !operation.group.as_ref().is_some_and(|it| it.is_shown_at(sight.at)) {
        return Next::Wait;
    }
    let refused = operation.group.as_mut().and_then(|it| it.refused.take_if(|(_, at, _)| sight.at > *at));
    if let Some((write, _, why)) = refused {
        if !trace::has_happened(&write, sight) {
            return Next::Pause(why);
        }
        operation.note(now, format!("{} had happened already", write.operation()));
    }
    let (notes, opened) = match &mut operation.group {
        Some(state) => observe::observe(state, drain, sight),
        None => return Next::Wait,
    };
    for note in notes {
        operation.note(now, note);
    }
    if !opened.is_empty() && operation.group.as_ref().is_some_and(|it| it.mode == Mode::Going) {
        return Next::Pause(format!("somebody has opened {} to sessions again: go on to close it anew", list(&opened)));
    }
    observe::check_deadline(operation, drain, now);
    let Some(state) = operation.group.as_ref().filter(|it| it.refused.is_none()) else { return Next::Wait };
    let next = match &state.mode {
        Mode::Paused { .. } => return Next::Wait,
        Mode::Going => decide::going(state, course, drain, sight),
        Mode::PuttingBack { .. } => back::putting_back(state, course, drain, sight),
    };
    match next {
        Some(next) => next,
        None => Next::End(Box::new(ended(operation, drain, sight, now))),
    }
}

/// Sessions on the gateways that are still to go.
pub fn left(state: &GroupState) -> u32 {
    let open = state.gateways.iter().filter(|it| !matches!(it.stage, Stage::Gone | Stage::Ending | Stage::Back));
    open.filter_map(|it| it.sessions).sum()
}

fn ended(operation: &Operation, drain: &DrainCourse, sight: &Sight<'_>, now: Timestamp) -> Ending {
    let state = operation.group.as_ref();
    let kept = state.map_or_else(Vec::new, |it| decide::kept(it, sight));
    let kept =
        (!kept.is_empty()).then(|| format!("{} protected still, since AZRebalance would end one of them", list(&kept)));
    if let Some(Mode::PuttingBack { why }) = state.map(|it| &it.mode) {
        let more = state.map_or(0, |it| back::surplus(it, drain));
        let why = match more {
            0 => why.to_string(),
            _ => format!("{why}; {} more than before: what came in its place holds sessions", count(more, "gateway")),
        };
        let why = kept.into_iter().fold(why, |why, kept| format!("{why}; {kept}"));
        return Ending::of_group(operation, Verdict::RolledBack, Some(&why), now);
    }
    let went: Vec<String> = state.map_or_else(Vec::new, |it| lost_with(it, drain));
    if !went.is_empty() {
        let why = format!("{}: not by this operation", list(&went));
        return Ending::of_group(operation, Verdict::Superseded, Some(&why), now);
    }
    if sight.group.desired != drain.desired {
        let why =
            format!("{} are wanted now, not {}: a policy or somebody changed it", sight.group.desired, drain.desired);
        return Ending::of_group(operation, Verdict::Superseded, Some(&why), now);
    }
    Ending::of_group(operation, Verdict::Succeeded, kept.as_deref(), now)
}

/// Each gateway that went by itself with sessions on it, as `i-0a1 went with 3 sessions`.
fn lost_with(state: &GroupState, drain: &DrainCourse) -> Vec<String> {
    let went = drain.gateways.iter().zip(&state.gateways).filter_map(|(it, state)| Some((it, state.went_with?)));
    went.filter(|(_, held)| *held > 0)
        .map(|(it, held)| format!("{} went with {}", it.instance, count(held as usize, "session")))
        .collect()
}

/// What became of each gateway, with what was forecast.
pub fn evidence(state: &GroupState, drain: &DrainCourse) -> Vec<SafeText> {
    let mut lines: Vec<SafeText> = Vec::new();
    for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
        let forecast = planned.forecast.map_or(String::new(), |it| format!(", {} was forecast", it.words()));
        let told = match gateway.took() {
            Some(took) => {
                format!("{}: {}, empty after {}{forecast}", planned.instance, gateway.stage.word(), span(took))
            }
            None => format!("{}: {}", planned.instance, gateway.stage.word()),
        };
        lines.push(told.into());
    }
    if state.lost > 0 {
        lines.push(format!("{} lost, as it was typed", count(state.lost as usize, "session")).into());
    }
    lines
}

/// From 0 to 1: calls taken, or sessions gone from the gateways that go.
pub fn progress(state: &GroupState, course: &GroupCourse) -> f64 {
    let Some(drain) = course.drain() else {
        // The last tenth is for what is verified at the end.
        return state.through(course.certain()) as f64 / course.certain().len().max(1) as f64 * 0.9;
    };
    let of_gateway = |(planned, gateway): (&PlannedGateway, &GatewayState)| match gateway.stage {
        Stage::Gone => 1.0,
        Stage::Ending => 0.95,
        Stage::Waiting | Stage::Back => 0.0,
        Stage::Stopping | Stage::Draining => {
            let left = f64::from(gateway.sessions.unwrap_or(planned.sessions));
            (1.0 - left / f64::from(planned.sessions.max(1))).clamp(0.0, 1.0) * 0.9
        }
    };
    let sum: f64 = drain.gateways.iter().zip(&state.gateways).map(of_gateway).sum();
    sum / drain.gateways.len().max(1) as f64
}
