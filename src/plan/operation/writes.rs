//! Writes: which is due, that it leaves, what came back.
//!
//! Invariants: a step is handed out once, and one at a time; nothing is handed out after a refusal in the same wave.

use jiff::Timestamp;

use super::{Operation, PartState, Phase, StepRef, StepState, judge::Stage, left, unsure};
use crate::domain::write::{WriteAnswer, WriteOutcome, WriteRequest};

impl Operation {
    /// The one write to be sent now. It must be noted with [`Operation::sent`] before it leaves.
    pub fn next_write(&self) -> Option<(StepRef, WriteRequest)> {
        match self.phase {
            Phase::Applying if self.group.is_some() => self.group_due(),
            Phase::Applying if !self.halted => self.next_of_wave(),
            Phase::Undoing { .. } => self.next_back(),
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

    fn next_back(&self) -> Option<(StepRef, WriteRequest)> {
        let under_way = |it: &StepState| matches!(it, StepState::Sent { .. } | StepState::Unsure { .. });
        if self.parts.iter().flat_map(|it| &it.back).any(under_way) {
            return None;
        }
        let mut parts = self.parts.iter().enumerate().filter(|(_, state)| !state.stage.is_lost());
        let due = |(part, state): (usize, &PartState)| {
            let waiting = state.back.iter().position(|it| *it == StepState::Waiting)?;
            let step = StepRef { part, step: state.steps.len() + waiting };
            Some((step, self.request(step)?))
        };
        parts.find_map(due)
    }

    pub(super) fn step_mut(&mut self, step: StepRef) -> Option<&mut StepState> {
        let part = self.parts.get_mut(step.part)?;
        let there = part.steps.len();
        if step.step < there { part.steps.get_mut(step.step) } else { part.back.get_mut(step.step - there) }
    }

    /// The request of a step, as it is sent.
    pub fn request(&self, step: StepRef) -> Option<WriteRequest> {
        if self.group.is_some() {
            return self.group_request(step);
        }
        let (state, planned) = (self.parts.get(step.part)?, self.course.parts.get(step.part)?);
        let registered = if step.step < planned.steps.len() { &state.registered } else { &state.back_registered };
        Some(planned.step(step.step)?.filled(registered.as_ref()))
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
        let is_back = self.course.parts.get(step.part).is_some_and(|it| step.step >= it.steps.len());
        let new = match outcome {
            WriteOutcome::Done(written) => {
                self.take_answer(step.part, &written.answer, is_back);
                StepState::Done { written, at }
            }
            WriteOutcome::Refused(fault) => {
                let why = unsure::refused(&fault);
                self.note(at, why.clone());
                self.lose(step.part, &why);
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

    /// A part has failed; what was done of it before is told with why.
    pub(super) fn lose(&mut self, part: usize, why: &str) {
        let left = left::of_part(&self.course.parts[part], &self.parts[part]);
        let why = left.map_or_else(|| why.to_owned(), |left| format!("{why}; {left}"));
        self.parts[part].stage = Stage::Failed { why };
    }

    fn take_answer(&mut self, part: usize, answer: &WriteAnswer, is_back: bool) {
        let state = &mut self.parts[part];
        match answer {
            WriteAnswer::TaskDefinition { arn } if is_back => state.back_registered = Some(arn.clone()),
            WriteAnswer::TaskDefinition { arn } => state.registered = Some(arn.clone()),
            WriteAnswer::Service { primary, deployment, .. } if !is_back => {
                state.primary.clone_from(primary);
                state.deployment.clone_from(deployment);
            }
            _ => {}
        }
    }
}
