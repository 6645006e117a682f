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
        if step.step < planned.steps.len() {
            return;
        }
        if !matches!(self.phase, Phase::Undoing { .. }) {
            self.were_there(&course.waves[..=self.wave], at);
            self.phase = Phase::Undoing { why: "a gate broke before the restart".to_owned() };
        }
        // Which parts go back the journal alone knows: ECS itself may have undone others.
        if self.parts[step.part].back.is_empty() {
            self.parts[step.part].go_back(planned);
        }
    }

    fn were_there(&mut self, waves: &[Vec<usize>], at: Timestamp) {
        for part in waves.iter().flatten() {
            let state = &mut self.parts[*part];
            if state.is_written() {
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
            for step in state.steps.iter_mut().chain(&mut state.back) {
                if let StepState::Sent { at } = *step {
                    *step = StepState::Unsure { fault: unsure::lost(now), at };
                }
            }
            for step in state.back.iter_mut().filter(|it| **it == StepState::Waiting) {
                *step = StepState::Unheard { fault: unsure::lost(now) };
            }
        }
        self.note(now, "watched again after a restart");
        self.advance(now);
    }
}
