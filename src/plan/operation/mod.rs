//! A confirmed plan being applied and watched, to its verdict.
//!
//! ```text
//! begin ─▶ Applying ─▶ Rolling ─▶ Baking ─▶ (next wave: Rereading ─▶ Applying …) ─▶ Ended(verdict)
//!              │           └──────────┴─▶ Undoing (where the plan says so) ─▶ Ended
//!              └─ a write that nobody answered is looked for, never sent again
//! ```
//!
//! Pure: writes are asked for with [`Operation::next_write`], answers and what has been read come in, and time with
//! them. Everything it knows follows from the course and those messages, so that a journal of them restores it.
//!
//! Invariants: a step is handed out once; nothing is handed out after a refusal in the same wave, after the end, or
//! after a restart; a wave is begun only when what it rests on has been read since the one before was through, and is as
//! it was planned; an operation succeeds only when what runs has been read since and is what was asked for.

pub mod deployed;
pub mod gates;
pub mod group;
pub mod judge;
pub mod unsure;
pub mod verdict;
pub mod watch;
pub mod waves;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::{group::GroupState, judge::Stage, verdict::Ending};
use super::{
    action::ServiceRef,
    course::{Course, Goal, Part},
    model::{Drift, PlanDigest},
};
use crate::domain::{
    estate::Estate,
    fault::Fault,
    id::{Arn, OperationId},
    text::SafeText,
    write::{ServiceChange, Settlement, Write, WriteAnswer, WriteOutcome, WriteRequest, Written},
};

/// One write of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepRef {
    pub part: usize,
    /// Index among the part's steps; one past them is the write that undoes the part.
    pub step: usize,
}

/// A plan being applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub id: OperationId,
    pub course: Arc<Course>,
    pub digest: PlanDigest,
    /// ARN of who confirmed it.
    pub by: SafeText,
    pub reason: Option<SafeText>,
    pub began_at: Timestamp,
    pub phase: Phase,
    /// Index of the wave under way.
    pub wave: usize,
    /// In the order of the course's parts.
    pub parts: Vec<PartState>,
    /// The most that has been seen of what is asked for, from 0 to 1.
    reached: f64,
    /// Where it is about a group.
    pub group: Option<GroupState>,
    /// Nothing more is begun: somebody said stop, or the console was started anew.
    pub halted: bool,
    /// The next wave waits: it is being decided whether to go back.
    pub held: bool,
    pub notes: Vec<Note>,
    /// Unanswered writes that have been looked for since this was last taken: the journal is told of them.
    settled: Vec<(StepRef, Settlement)>,
    /// What had changed before a later wave, which was therefore not begun.
    pub drift: Vec<Drift>,
}

/// Where an operation is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Writes of the wave are being sent.
    Applying,
    /// All are sent; what they began is on its way.
    Rolling,
    /// Everything is as asked, and has to stay well for a while.
    Baking {
        since: Timestamp,
        broken: Vec<String>,
    },
    /// A gate broke, and what was done is being undone.
    Undoing {
        why: String,
    },
    /// What the next wave rests on is read anew.
    Rereading {
        since: Timestamp,
    },
    Ended(Ending),
}

impl Phase {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Applying => "applying",
            Self::Rolling => "rolling",
            Self::Baking { .. } => "baking",
            Self::Undoing { .. } => "rolling back",
            Self::Rereading { .. } => "reading anew",
            Self::Ended(ending) => ending.verdict.word(),
        }
    }
}

/// One service's part, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct PartState {
    pub steps: Vec<StepState>,
    /// The revision that its first step registered.
    pub registered: Option<Arn>,
    /// Id of the deployment that its write began, `ecs-svc/…`.
    pub primary: Option<SafeText>,
    /// The same as the deployments API names it, where the answer told.
    pub deployment: Option<Arn>,
    pub stage: Stage,
    /// The write that undoes it, where it is undone.
    pub undo: Option<(WriteRequest, StepState)>,
    /// When each draining target was first seen to drain.
    pub draining: BTreeMap<SafeText, Timestamp>,
}

/// How far one write has come.
#[derive(Debug, Clone, PartialEq)]
pub enum StepState {
    Waiting,
    Sent {
        at: Timestamp,
    },
    Done {
        written: Written,
        at: Timestamp,
    },
    Refused {
        fault: Fault,
    },
    /// It may have happened; reads will show.
    Unsure {
        fault: Fault,
        at: Timestamp,
    },
    /// It was not answered, and reads show that it did not happen, or cannot show it.
    Unheard {
        fault: Fault,
    },
}

/// Something that happened, for whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub at: Timestamp,
    pub text: SafeText,
}

impl Operation {
    /// Begins what a plan says.
    pub fn begin(
        course: Arc<Course>,
        digest: PlanDigest,
        by: SafeText,
        reason: Option<SafeText>,
        now: Timestamp,
    ) -> Self {
        let state = |part: &Part| PartState {
            steps: vec![StepState::Waiting; part.steps.len()],
            registered: None,
            primary: None,
            deployment: None,
            stage: Stage::Waiting,
            undo: None,
            draining: BTreeMap::new(),
        };
        let parts = course.parts.iter().map(state).collect();
        let id = OperationId::new(now, &digest.0);
        let group = course.group.as_ref().map(GroupState::begin);
        let mut begun = Self {
            id,
            course,
            digest,
            by,
            reason,
            began_at: now,
            phase: Phase::Applying,
            wave: 0,
            parts,
            group,
            halted: false,
            held: false,
            reached: 0.0,
            notes: Vec::new(),
            settled: Vec::new(),
            drift: Vec::new(),
        };
        begun.group_go_on_with_calls();
        begun
    }

    /// Where it is, in a word.
    pub fn word(&self) -> &'static str {
        match (&self.phase, &self.group) {
            (Phase::Applying, Some(group)) => group.word(),
            (Phase::Rolling, None) if self.parts.iter().any(|it| it.stage == Stage::GoingBack) => "rolling back",
            (phase, _) => phase.word(),
        }
    }

    pub fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ended(ending) => Some(ending),
            _ => None,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ending().is_some()
    }

    /// Whether all that it has to send is sent. What a drain sends follows from what is read, to its end.
    pub fn is_sent(&self) -> bool {
        match (&self.course.group, &self.group) {
            (Some(course), Some(state)) => course.drain().is_none() && state.taken() == course.certain().len(),
            _ => self.phase != Phase::Applying,
        }
    }

    /// Indices of the parts of the wave under way.
    pub fn current(&self) -> &[usize] {
        self.course.waves.get(self.wave).map_or(&[], Vec::as_slice)
    }

    /// The one write to be sent now. It must be noted with [`Operation::sent`] before it leaves.
    pub fn next_write(&self) -> Option<(StepRef, WriteRequest)> {
        match self.phase {
            Phase::Applying if self.group.is_some() => self.group_due(),
            Phase::Applying if !self.halted => self.next_of_wave(),
            Phase::Undoing { .. } => self.next_undo(),
            _ => None,
        }
    }

    fn next_of_wave(&self) -> Option<(StepRef, WriteRequest)> {
        for part in self.current() {
            let (state, planned) = (&self.parts[*part], &self.course.parts[*part]);
            if state.stage.is_lost() {
                return None;
            }
            for (index, step) in state.steps.iter().enumerate() {
                match step {
                    StepState::Done { .. } => {}
                    StepState::Waiting => {
                        let planned = &planned.steps[index];
                        if planned.deploys_registered && state.registered.is_none() {
                            return None;
                        }
                        let request = planned.filled(state.registered.as_ref());
                        return Some((StepRef { part: *part, step: index }, request));
                    }
                    // One at a time: what is under way must be known before more is sent.
                    _ => return None,
                }
            }
        }
        None
    }

    fn next_undo(&self) -> Option<(StepRef, WriteRequest)> {
        let under_way =
            |it: &PartState| matches!(it.undo, Some((_, StepState::Sent { .. } | StepState::Unsure { .. })));
        if self.parts.iter().any(under_way) {
            return None;
        }
        self.parts.iter().enumerate().find_map(|(part, state)| match &state.undo {
            Some((request, StepState::Waiting)) => Some((StepRef { part, step: state.steps.len() }, request.clone())),
            _ => None,
        })
    }

    fn step_mut(&mut self, step: StepRef) -> Option<&mut StepState> {
        let part = self.parts.get_mut(step.part)?;
        if step.step == part.steps.len() { part.undo.as_mut().map(|(_, it)| it) } else { part.steps.get_mut(step.step) }
    }

    /// The request of a step, as it is sent.
    pub fn request(&self, step: StepRef) -> Option<WriteRequest> {
        if self.group.is_some() {
            return self.group_request(step);
        }
        let (state, planned) = (self.parts.get(step.part)?, self.course.parts.get(step.part)?);
        match planned.steps.get(step.step) {
            Some(planned) => Some(planned.filled(state.registered.as_ref())),
            None => state.undo.as_ref().map(|(request, _)| request.clone()),
        }
    }

    /// A write leaves now. `false`: it must not, because it is not the one that is due.
    pub fn sent(&mut self, step: StepRef, at: Timestamp) -> bool {
        if self.next_write().is_none_or(|(due, _)| due != step) {
            return false;
        }
        if self.group.is_some() {
            self.group_sent(at);
            return true;
        }
        if let Some(state) = self.step_mut(step) {
            *state = StepState::Sent { at };
        }
        let part = &mut self.parts[step.part];
        if part.stage == Stage::Waiting {
            part.stage = Stage::Writing;
        }
        true
    }

    /// A write has been answered, or will not be.
    pub fn answered(&mut self, step: StepRef, outcome: WriteOutcome, at: Timestamp) {
        if self.group.is_some() {
            self.group_answered(step, outcome, at);
            return;
        }
        let is_sent = matches!(self.step_mut(step), Some(StepState::Sent { .. } | StepState::Unsure { .. }));
        if !is_sent || self.has_ended() {
            return;
        }
        let undoes = self.course.parts.get(step.part).is_some_and(|it| step.step == it.steps.len());
        let new = match outcome {
            WriteOutcome::Done(written) => {
                self.take_answer(step.part, &written.answer, undoes);
                StepState::Done { written, at }
            }
            WriteOutcome::Refused(fault) => {
                let why = unsure::refused(&fault);
                self.note(at, why.clone());
                self.parts[step.part].stage = Stage::Failed { why };
                StepState::Refused { fault }
            }
            WriteOutcome::Unknown(fault) => {
                let why = format!("no answer to {}: looking whether it happened", fault.operation);
                self.note(at, why);
                StepState::Unsure { fault, at }
            }
        };
        if let Some(state) = self.step_mut(step) {
            *state = new;
        }
        self.advance(at);
    }

    fn take_answer(&mut self, part: usize, answer: &WriteAnswer, undoes: bool) {
        let state = &mut self.parts[part];
        match answer {
            WriteAnswer::TaskDefinition { arn } => state.registered = Some(arn.clone()),
            WriteAnswer::Service { primary, deployment, .. } if !undoes => {
                state.primary.clone_from(primary);
                state.deployment.clone_from(deployment);
            }
            _ => {}
        }
    }

    /// After a restart: what was sent and not answered may have happened, and nothing more is begun.
    pub fn resume(&mut self, now: Timestamp) {
        if self.group.is_some() {
            self.group_resume(now);
            return;
        }
        self.halted = true;
        for state in &mut self.parts {
            let undo = state.undo.as_mut().map(|(_, it)| it);
            for step in state.steps.iter_mut().chain(undo) {
                if let StepState::Sent { at } = *step {
                    *step = StepState::Unsure { fault: unsure::lost(now), at };
                }
            }
        }
        self.note(now, "watched again after a restart");
        self.advance(now);
    }

    /// No further wave is begun; what is under way is watched to its end.
    pub fn halt(&mut self, now: Timestamp) {
        if self.group.is_some() {
            self.pause(now);
            return;
        }
        if !self.halted && !self.has_ended() {
            self.halted = true;
            self.note(now, "stopped: nothing more is begun");
            self.advance(now);
        }
    }

    /// Nobody watches any more.
    pub fn abandon(&mut self, now: Timestamp) {
        if !self.has_ended() {
            self.phase = Phase::Ended(Ending::abandoned(self, now));
        }
    }

    /// Looks at what has been read since, and goes on.
    pub fn look(&mut self, estate: &Estate, now: Timestamp) {
        if self.has_ended() {
            return;
        }
        if self.group.is_some() {
            self.group_look(estate, now);
        } else {
            unsure::resolve(self, estate, now);
            self.advance(now);
            judge::parts(self, estate, now);
            self.follow(estate, now);
        }
        self.reached = self.reached.max(watch::measured(self, estate));
        if !self.has_ended() && now.duration_since(self.began_at) > self.patience() {
            self.phase = Phase::Ended(Ending::timed_out(self, now));
        }
    }

    /// How long it is watched at most: every wave has its time.
    fn patience(&self) -> SignedDuration {
        let waves = i32::try_from(self.course.waves.len().max(1)).unwrap_or(i32::MAX);
        (self.course.watch.timeout + self.course.watch.bake) * waves
    }

    /// From writing to watching, once nothing of the wave is left to be sent.
    fn advance(&mut self, now: Timestamp) {
        if self.phase != Phase::Applying {
            return;
        }
        let current = self.current().to_vec();
        let lost = current.iter().any(|it| self.parts[*it].stage.is_lost());
        let mut waits = false;
        for part in current {
            let state = &mut self.parts[part];
            let open = |it: &StepState| matches!(it, StepState::Sent { .. } | StepState::Unsure { .. });
            let all_done = state.steps.iter().all(|it| matches!(it, StepState::Done { .. }));
            waits |= state.steps.iter().any(open);
            if all_done && matches!(state.stage, Stage::Waiting | Stage::Writing) {
                state.stage = Stage::Rolling;
            } else if (lost || self.halted) && !state.steps.iter().any(open) && !state.stage.is_settled() && !all_done {
                state.stage = Stage::Failed { why: unsure::not_sent(state) };
            } else if !all_done && !state.stage.is_settled() {
                waits = true;
            }
        }
        if !waits {
            self.phase = Phase::Rolling;
            let done = |it: &StepState| matches!(it, StepState::Done { .. });
            if self.current().iter().all(|it| self.parts[*it].steps.iter().all(done)) {
                self.note(now, "everything is sent");
            }
        }
    }

    /// From rolling to baking, to the next wave, to the verdict.
    fn follow(&mut self, estate: &Estate, now: Timestamp) {
        let current = self.current().to_vec();
        let stages = || current.iter().map(|it| &self.parts[*it].stage);
        match &self.phase {
            Phase::Applying | Phase::Ended(_) => {}
            Phase::Rolling | Phase::Baking { .. } if stages().any(Stage::is_lost) => {
                if stages().all(Stage::is_settled) {
                    let why = stages().find_map(Stage::why).unwrap_or_default().to_owned();
                    self.break_off(why, now);
                }
            }
            Phase::Rolling => {
                if stages().all(Stage::is_settled) {
                    self.note(now, "what runs is what was asked for");
                    self.phase = Phase::Baking { since: now, broken: Vec::new() };
                    self.bake(estate, now);
                }
            }
            Phase::Baking { .. } => self.bake(estate, now),
            Phase::Rereading { since } => self.begin_wave(estate, *since, now),
            Phase::Undoing { .. } => {
                if self.parts.iter().all(|it| it.undo.is_none() || it.stage.is_settled()) {
                    self.phase = Phase::Ended(Ending::undone(self, now));
                }
            }
        }
    }

    fn bake(&mut self, estate: &Estate, now: Timestamp) {
        let Phase::Baking { since, .. } = self.phase else { return };
        let broken = gates::broken(self, estate, since);
        let baked = now.duration_since(since) >= self.course.watch.bake;
        let measured = gates::is_measured(self, estate, since, now);
        if !broken.is_empty() && (self.course.watch.roll_back || (baked && measured)) {
            self.break_off(broken.join("; "), now);
            return;
        }
        if baked && measured && broken.is_empty() {
            self.end_wave(now);
            return;
        }
        self.phase = Phase::Baking { since, broken };
    }

    fn end_wave(&mut self, now: Timestamp) {
        if self.wave + 1 < self.course.waves.len() && !self.halted {
            self.phase = Phase::Rereading { since: now };
            return;
        }
        self.phase = Phase::Ended(Ending::of(self, now));
    }

    /// Begins the next wave, unless what it rests on has changed since it was planned.
    fn begin_wave(&mut self, estate: &Estate, since: Timestamp, now: Timestamp) {
        if self.halted {
            self.phase = Phase::Ended(Ending::of(self, now));
            return;
        }
        if self.held {
            return;
        }
        let (number, waves) = (self.wave + 1, self.course.waves.len());
        match waves::drift(self, number, estate, since) {
            None => {}
            Some(drift) if drift.is_empty() => {
                self.wave = number;
                self.phase = Phase::Applying;
                self.note(now, format!("wave {} of {waves} begins", number + 1));
            }
            Some(drift) => {
                let why = format!("wave {} of {waves} is not begun: {}", number + 1, waves::words(&drift));
                self.note(now, why.clone());
                self.drift = drift;
                self.phase = Phase::Ended(Ending::drifted(self, &why, now));
            }
        }
    }

    /// Services of waves that have not been begun.
    pub fn not_reached(&self) -> Vec<ServiceRef> {
        let later = self.course.waves.iter().skip(self.wave + 1).flatten();
        later.map(|it| self.course.parts[*it].service.clone()).collect()
    }

    /// Something went wrong: undo what was done, where the plan says so, or say it.
    fn break_off(&mut self, why: String, now: Timestamp) {
        if self.course.watch.roll_back && !self.halted && self.plan_undo() {
            self.note(now, format!("rolling back: {why}"));
            self.phase = Phase::Undoing { why };
        } else {
            self.phase = Phase::Ended(Ending::broken(self, &why, now));
        }
    }

    /// Prepares the writes that undo every part that has got there. `false` where there is none.
    fn plan_undo(&mut self) -> bool {
        let mut any = false;
        for (part, state) in self.course.parts.iter().zip(&mut self.parts) {
            let ours = match &part.goal {
                Goal::Deployed { definition, .. } => definition.as_ref().or(state.registered.as_ref()),
                _ => None,
            };
            // Redeploying the same revision is not undone by deploying it again.
            let differs = ours.is_some_and(|it| *it != part.before.task_definition);
            if !differs || !matches!(state.stage, Stage::There { .. }) {
                continue;
            }
            let change = ServiceChange {
                task_definition: Some(part.before.task_definition.clone()),
                ..ServiceChange::default()
            };
            let write = Write::UpdateService { cluster: part.cluster.clone(), service: part.arn.clone(), change };
            let request = WriteRequest { scope: part.service.scope.clone(), write };
            state.undo = Some((request, StepState::Waiting));
            state.stage = Stage::Rolling;
            any = true;
        }
        any
    }

    fn note(&mut self, at: Timestamp, text: impl Into<SafeText>) {
        self.notes.push(Note { at, text: text.into() });
    }
}
