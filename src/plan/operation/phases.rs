//! Phases: from applying to rolling, baking, the next wave or the way back, and the verdict.
//!
//! Invariants: a wave is begun only when what it rests on has been read since the one before was through, and is as it was
//! planned; whatever takes longer than it may is given up.

use jiff::{SignedDuration, Timestamp};

use super::{Operation, Phase, StepState, gates, judge, judge::Stage, unsure, verdict::Ending, watch, waves};
use crate::{
    domain::{
        estate::Estate,
        write::{ServiceChange, Write, WriteRequest},
    },
    plan::{action::ServiceRef, course::Goal},
};

impl Operation {
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
        // Half a drain is worse than none: it ends by being done, put back or superseded, however long that takes.
        if !self.drains() && !self.has_ended() && now.duration_since(self.began_at) > self.patience() {
            self.phase = Phase::Ended(Ending::timed_out(self, now));
        }
    }

    /// How long it is watched at most: every wave has its time.
    fn patience(&self) -> SignedDuration {
        let waves = i32::try_from(self.course.waves.len().max(1)).unwrap_or(i32::MAX);
        (self.course.watch.timeout + self.course.watch.bake) * waves
    }

    /// From writing to watching, once nothing of the wave is left to be sent.
    pub(super) fn advance(&mut self, now: Timestamp) {
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
    pub(super) fn plan_undo(&mut self) -> bool {
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
}
