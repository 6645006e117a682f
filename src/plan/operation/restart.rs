//! After a restart: what the journal tells of an operation, gone through again by another process.
//!
//! Invariant: nothing is begun after it, neither a wave nor a way back.

use jiff::Timestamp;

use super::{Operation, Phase, StepRef, StepState, judge::Stage, unsure};
use crate::domain::write::WriteRequest;

impl Operation {
    /// A call that the journal tells of is about to be gone through again with [`Operation::sent`]: what must have been so for
    /// it to leave was so.
    pub fn replay(&mut self, step: StepRef, request: &WriteRequest, at: Timestamp) {
        if self.group.is_some() {
            return self.group_replay(step, request, at);
        }
        let course = self.course.clone();
        let Some(planned) = course.parts.get(step.part) else { return };
        // A wave is begun once those before it are through.
        let wave = course.waves.iter().position(|it| it.contains(&step.part)).unwrap_or(self.wave);
        if wave > self.wave {
            self.were_there(&course.waves[self.wave..wave], at);
            self.wave = wave;
            self.phase = Phase::Applying;
        }
        // One goes back from all that was there.
        if step.step == planned.steps.len() && !matches!(self.phase, Phase::Undoing { .. }) {
            self.were_there(&course.waves[..=self.wave], at);
            self.plan_undo();
            self.phase = Phase::Undoing { why: "a gate broke before the restart".to_owned() };
        }
    }

    fn were_there(&mut self, waves: &[Vec<usize>], at: Timestamp) {
        for part in waves.iter().flatten() {
            let state = &mut self.parts[*part];
            if state.steps.iter().all(|it| matches!(it, StepState::Done { .. })) {
                state.stage = Stage::There { at };
            }
        }
    }

    /// Goes on watching: what was sent and not answered may have happened, and nothing more is begun.
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
            if let Some((_, undo @ StepState::Waiting)) = &mut state.undo {
                *undo = StepState::Unheard { fault: unsure::lost(now) };
                state.stage = Stage::Failed { why: "rolling it back was not begun before the restart".to_owned() };
            }
        }
        self.note(now, "watched again after a restart");
        self.advance(now);
    }
}
