//! An operation on a group: calls one after the other, each decided by what has been read since the last.
//!
//! What it knows is the calls that were made and what reads show; so the journal, which has the calls, restores it.
//!
//! Invariants: one call at a time; a call that was taken, or that nobody answered, is never made again; while it is
//! paused nothing leaves; a gateway is ended by a drain only when two whole reads since new sessions were kept away,
//! one after the other, found it empty, or when its sessions were given up by their number.

pub mod drain;
mod excess;
mod goal;
mod orders;
mod protection;
pub mod refresh;
pub mod sight;
#[cfg(test)]
mod tests;
mod trace;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use self::{drain::GatewayState, sight::Sight};
use super::{Operation, Phase, StepRef, StepState, unsure::lost, verdict::Ending};
use crate::plan::course::Course;
use crate::{
    domain::{
        estate::Estate,
        text::SafeText,
        write::{Write, WriteOutcome, WriteRequest, group::GroupWrite},
    },
    plan::group::course::{DrainCourse, GroupCourse, GroupGoal, Work},
};

/// Refusals that mean "not now": the group is busy with itself.
const NOT_NOW: [&str; 4] = ["ScalingActivityInProgress", "ResourceContention", "ResourceInUse", "Throttling"];
/// How long is waited before the same is tried again after one of them.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);

/// How far an operation on a group has come.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupState {
    /// Every call so far, in their order; a step's number is its place here.
    pub calls: Vec<Call>,
    pub mode: Mode,
    /// In the order of the course; empty where nothing is drained.
    pub gateways: Vec<GatewayState>,
    /// Sessions that may be lost: given up by their number.
    pub given_up: u32,
    /// Sessions that were lost by what was ended.
    pub lost: u32,
    /// Sessions on gateways that an instance refresh may end, as last read.
    held: Option<BTreeMap<Arc<str>, u32>>,
    /// The deadline has passed and been told.
    pub is_late: bool,
    /// When the read was made that first found the gateway empty that is one too many after putting back.
    surplus_empty_at: Option<Timestamp>,
    /// Why it cannot go on: AWS refused what cannot be done without.
    failed: Option<String>,
    /// The refresh that is undone is stopped where it is, not rolled back.
    stops: bool,
    /// Why it is put back, once that has been said: there is no way forward from there.
    back: Option<SafeText>,
    due: Option<GroupWrite>,
    /// A call that AWS refused, when and in which words: reads will show whether it was needed.
    refused: Option<(GroupWrite, Timestamp, String)>,
    /// Nothing is called before: AWS said not now.
    not_before: Option<Timestamp>,
}

/// One call of the operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub write: GroupWrite,
    pub state: StepState,
}

/// What it does with what it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    Going,
    /// Nothing is called until somebody says so.
    Paused {
        why: SafeText,
    },
    /// What was begun is undone.
    PuttingBack {
        why: SafeText,
    },
}

impl GroupState {
    pub fn begin(course: &GroupCourse) -> Self {
        let gateways = course.drain().map_or_else(Vec::new, |it| it.gateways.iter().map(GatewayState::new).collect());
        Self {
            calls: Vec::new(),
            mode: Mode::Going,
            gateways,
            given_up: 0,
            lost: 0,
            held: course.allowed().map(|it| it.held.clone()),
            is_late: false,
            surplus_empty_at: None,
            failed: None,
            stops: false,
            back: None,
            due: None,
            refused: None,
            not_before: None,
        }
    }

    /// What has been asked for and was taken, in its order.
    pub fn taken_writes(&self) -> impl Iterator<Item = &GroupWrite> {
        self.calls.iter().filter(|it| matches!(it.state, StepState::Done { .. })).map(|it| &it.write)
    }

    /// Whether a call of this kind has been taken.
    pub fn was_taken(&self, is_it: impl Fn(&GroupWrite) -> bool) -> bool {
        self.taken_writes().any(is_it)
    }

    /// Calls that have been taken.
    pub fn taken(&self) -> usize {
        self.taken_writes().count()
    }

    /// How many of the planned calls have been taken, in their order: others may have been made between them.
    pub(in super::super) fn through(&self, writes: &[GroupWrite]) -> usize {
        let (mut taken, made) = (self.taken_writes(), self.made_version());
        writes.iter().map(|it| it.filled(made)).take_while(|write| taken.any(|it| it == write)).count()
    }

    /// When the newest call was answered: nothing read before shows what it did.
    fn written_at(&self) -> Option<Timestamp> {
        let at = |it: &Call| match it.state {
            StepState::Done { at, .. } => Some(at),
            _ => None,
        };
        self.calls.iter().filter_map(at).max()
    }

    /// Whether what was read at this time shows what has been done so far.
    fn is_shown_at(&self, read: Timestamp) -> bool {
        self.written_at().is_none_or(|it| read > it)
    }

    fn is_waiting(&self) -> bool {
        self.calls.iter().any(|it| matches!(it.state, StepState::Sent { .. } | StepState::Unsure { .. }))
    }

    /// How it goes on from where it stands: once a gateway was to be put back, all are.
    fn onward(&self, drain: Option<&DrainCourse>) -> Mode {
        let had_begun = drain.is_some_and(|it| drain::is_being_put_back(self, it));
        let back = self.back.clone().or_else(|| had_begun.then(|| "it had begun to be put back".into()));
        let back = back.or_else(|| self.stops.then(|| "it was to be stopped".into()));
        back.map_or(Mode::Going, |why| Mode::PuttingBack { why })
    }

    /// In a word, for whoever watches.
    pub fn word(&self) -> &'static str {
        match self.mode {
            Mode::Paused { .. } => "paused",
            Mode::PuttingBack { .. } => "putting back",
            Mode::Going if !self.gateways.is_empty() => "draining",
            Mode::Going if self.is_waiting() || self.due.is_some() => "applying",
            Mode::Going => "waiting",
        }
    }
}

/// What follows, as the deciding functions tell it.
enum Next {
    Call(GroupWrite),
    /// More must be read, or must happen, first.
    Wait,
    Pause(String),
    /// The instance refresh is stopped where it is.
    Stop(String),
    End(Box<Ending>),
}

/// The operations of [`Operation`] where it is about a group.
impl Operation {
    fn group_parts(&mut self) -> Option<(Arc<Course>, &mut GroupState)> {
        let course = self.course.clone();
        self.group.as_mut().map(|state| (course, state))
    }

    pub(super) fn group_due(&self) -> Option<(StepRef, WriteRequest)> {
        let (course, state) = (self.course.group.as_ref()?, self.group.as_ref()?);
        let write = state.due.as_ref()?.filled(state.made_version());
        let request = WriteRequest { scope: course.group.scope.clone(), write: Write::Group(write) };
        Some((StepRef { part: 0, step: state.calls.len() }, request))
    }

    pub(super) fn group_request(&self, step: StepRef) -> Option<WriteRequest> {
        let call = self.group.as_ref()?.calls.get(step.step)?;
        let scope = self.course.group.as_ref()?.group.scope.clone();
        Some(WriteRequest { scope, write: Write::Group(call.write.clone()) })
    }

    /// The call that was due leaves now.
    pub(super) fn group_sent(&mut self, at: Timestamp) {
        let Some(state) = &mut self.group else { return };
        if let Some(write) = state.due.take() {
            let write = write.filled(state.made_version());
            state.calls.push(Call { write, state: StepState::Sent { at } });
        }
    }

    /// A call that the journal tells of.
    pub(super) fn group_replay(&mut self, step: StepRef, request: &WriteRequest, at: Timestamp) {
        let Some(state) = &mut self.group else { return };
        if let (Write::Group(write), true) = (&request.write, step.step == state.calls.len()) {
            state.calls.push(Call { write: write.clone(), state: StepState::Sent { at } });
            state.due = None;
        }
    }

    pub(super) fn group_answered(&mut self, step: StepRef, outcome: WriteOutcome, at: Timestamp) {
        let Some(state) = &mut self.group else { return };
        let Some(call) = state.calls.get_mut(step.step) else { return };
        if !matches!(call.state, StepState::Sent { .. } | StepState::Unsure { .. }) {
            return;
        }
        let (new, note) = match outcome {
            WriteOutcome::Done(written) => (StepState::Done { written, at }, None),
            WriteOutcome::Refused(fault) => {
                let note = format!("AWS refused {}: {} ({})", fault.operation, fault.message, fault.code);
                (StepState::Refused { fault }, Some(note))
            }
            WriteOutcome::Unknown(fault) => {
                let note = format!("no answer to {}: looking whether it happened", fault.operation);
                (StepState::Unsure { fault, at }, Some(note))
            }
        };
        let refused = match &new {
            StepState::Refused { fault } => Some((fault.code.clone(), note.clone().unwrap_or_default())),
            _ => None,
        };
        call.state = new;
        if let Some(note) = note {
            self.note(at, note);
        }
        if let Some((code, why)) = refused {
            self.group_refused(&code, why, at);
        }
        self.group_go_on_with_calls();
    }

    /// What a refusal means: later again, a pause, or the end.
    fn group_refused(&mut self, code: &SafeText, why: String, at: Timestamp) {
        let Some((course, state)) = self.group_parts() else { return };
        if NOT_NOW.contains(&code.as_str()) {
            state.not_before = at.checked_add(AGAIN_AFTER).ok();
            return;
        }
        let last = state.calls.last().map(|it| &it.write);
        let undoes = last.is_some_and(GroupWrite::undoes_refresh);
        let is_beside =
            matches!(last, Some(GroupWrite::SetInstanceProtection { .. } | GroupWrite::SetDesiredCapacity { .. }));
        let refreshes = course.group.as_ref().is_some_and(GroupCourse::refreshes);
        match course.group.as_ref().map(|it| &it.work) {
            // It may have ended just now; and what AWS cannot roll back is cancelled.
            Some(Work::Calls { goal: GroupGoal::Refreshed { .. }, .. }) if undoes => {}
            // What was to be protected may be gone by now: the next look tells.
            Some(Work::Calls { .. }) if is_beside && refreshes => {}
            // Somebody else may have done the same just before.
            Some(Work::Drain(_)) => state.refused = state.calls.last().map(|it| (it.write.clone(), at, why)),
            // It ends when it is looked at: whoever watches is told then.
            _ => state.failed = Some(why),
        }
    }

    /// Plain calls follow one another without anything read between them.
    pub(super) fn group_go_on_with_calls(&mut self) {
        if self.has_ended() {
            return;
        }
        let Some((course, state)) = self.group_parts() else { return };
        let Some(Work::Calls { writes, .. }) = course.group.as_ref().map(|it| &it.work) else { return };
        if state.mode == Mode::Going && state.failed.is_none() && !state.is_waiting() && state.not_before.is_none() {
            // What AWS begins to end is looked at once more before.
            let next = writes.get(state.through(writes));
            state.due = next.filter(|it| !it.is_of_refresh()).cloned();
        }
    }

    pub(super) fn group_look(&mut self, estate: &Estate, now: Timestamp) {
        let Some(course) = self.course.clone().group.clone() else { return };
        let failed = |operation: &Self| operation.group.as_ref().and_then(|it| it.failed.clone());
        if let Some(why) = failed(self).filter(|_| !self.keeps_protected()) {
            self.phase = Phase::Ended(Ending::failed(self, &why, now));
            return;
        }
        let Some(sight) = Sight::of(&course, estate) else { return };
        trace::resolve(self, &sight, now);
        let Some(state) = &mut self.group else { return };
        if state.not_before.is_some_and(|it| it <= now) {
            state.not_before = None;
        }
        refresh::observe(state, &sight);
        if state.is_waiting() || state.not_before.is_some() || self.has_ended() {
            return;
        }
        // A call that left no trace may just have become one that was refused: it is not made again.
        if let (Some(why), Some(state)) = (failed(self), &self.group) {
            match excess::settle(state, &sight) {
                _ if !state.is_shown_at(sight.at) => {}
                Some(back) => self.group_call(back),
                None => self.phase = Phase::Ended(Ending::failed(self, &why, now)),
            }
            return;
        }
        let next = match &course.work {
            Work::Calls { writes, goal } => {
                self.group_go_on_with_calls();
                let next = writes.get(self.group.as_ref().map_or(0, |it| it.through(writes)));
                match (goal, next) {
                    (_, Some(next)) if next.is_of_refresh() => refresh::begin(self, &course, next, &sight, now),
                    (GroupGoal::Refreshed { .. }, None) => {
                        let id = self.group.as_ref().and_then(GroupState::refresh);
                        refresh::look(self, &course, id, &sight, now)
                    }
                    (GroupGoal::RefreshUndone { refresh, .. }, None) => {
                        refresh::look(self, &course, Some(refresh), &sight, now)
                    }
                    _ => goal::judge(self, writes.len(), goal, &sight, now),
                }
            }
            Work::Drain(drain) => drain::look(self, &course, drain, &sight, now),
        };
        match next {
            Next::Call(write) => self.group_call(write),
            Next::Wait => {}
            Next::Pause(why) => self.pause_because(&why, now),
            Next::Stop(why) => self.stop_because(&why, now),
            Next::End(ending) => self.phase = Phase::Ended(*ending),
        }
    }

    fn group_call(&mut self, write: GroupWrite) {
        if let Some(state) = &mut self.group {
            state.due = Some(write);
        }
    }

    /// Whether it is about an instance refresh, and has protected gateways that the group could choose when it ends.
    pub(super) fn keeps_protected(&self) -> bool {
        let refreshes = self.course.group.as_ref().is_some_and(GroupCourse::refreshes);
        refreshes && self.group.as_ref().is_some_and(|it| !protection::protected_by_us(it).is_empty())
    }

    /// After a restart: what was sent and not answered may have happened, and nothing leaves until somebody says so.
    pub(super) fn group_resume(&mut self, now: Timestamp) {
        let keeps_protected = self.keeps_protected();
        let Some((course, state)) = self.group_parts() else { return };
        for call in &mut state.calls {
            if let StepState::Sent { at } = call.state {
                call.state = StepState::Unsure { fault: lost(now), at };
            }
        }
        state.due = None;
        let drain = course.group.as_ref().and_then(GroupCourse::drain);
        if drain.is_some() && protection::is_given_back(state) && !matches!(state.mode, Mode::Paused { .. }) {
            // Half given back is worse than either: what is left is done within seconds.
            state.mode = state.onward(drain);
            self.note(now, "found again after a restart: the rest of the protection is given back");
            return;
        }
        let is_drain = drain.is_some();
        let writes = course.group.as_ref().map_or(&[][..], GroupCourse::certain);
        let undone = !is_drain && state.through(writes) == writes.len();
        if undone && keeps_protected {
            // Once the refresh has ended, protection is given back: nobody else knows of it.
            state.mode = state.onward(None);
            self.note(now, "found again after a restart: it goes on, to give protection back at its end");
            return;
        }
        state.mode = match &state.mode {
            Mode::Paused { why } => Mode::Paused { why: why.clone() },
            Mode::Going | Mode::PuttingBack { .. } => Mode::Paused { why: "the console was started anew".into() },
        };
        if is_drain {
            self.note(now, "found again after a restart: protection stands as it was; go on, or put back");
        }
    }

    /// Whether it stands still until somebody says go on, or put back.
    pub fn awaits_word(&self) -> bool {
        let (Some(state), Some(course)) = (&self.group, &self.course.group) else { return false };
        let is_through = matches!(&course.work, Work::Calls { writes, .. } if state.through(writes) == writes.len());
        matches!(state.mode, Mode::Paused { .. }) && !is_through && !self.has_ended()
    }

    /// The gateways that it drains; none where it drains none.
    pub fn group_gateways(&self) -> &[GatewayState] {
        self.group.as_ref().map_or(&[], |it| it.gateways.as_slice())
    }

    /// Whether it empties gateways of their sessions.
    pub fn drains(&self) -> bool {
        self.course.group.as_ref().is_some_and(|it| it.drain().is_some())
    }

    /// Whether it is about an instance refresh that it starts.
    pub fn refreshes(&self) -> bool {
        let work = self.course.group.as_ref().map(|it| &it.work);
        matches!(work, Some(Work::Calls { goal: GroupGoal::Refreshed { .. }, .. }))
    }
}
