//! Phases: from applying to rolling, baking, the next wave or the way back, and the verdict.
//!
//! Invariants: a wave is begun only when what it rests on has been read since the one before was through, and is as it was
//! planned; whatever takes longer than it may is given up.

use jiff::{SignedDuration, Timestamp};

use super::{
    Operation, PartState, Phase, StepState, gates, judge, judge::Stage, left, unsure, verdict::Ending, watch, waves,
};
use crate::{
    domain::estate::Estate,
    plan::{action::ServiceRef, course::Part},
};

/// Why a part is lost of which nothing was sent.
const UNTOUCHED: &str = "nothing was changed";

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
        let measured = watch::measured(self, estate);
        self.reached = if watch::falters(self, estate) { measured } else { self.reached.max(measured) };
        // Half a drain is worse than none: it ends by being done, put back or superseded, however long that takes.
        // A call that is out is answered within the patience of whoever sends it, and the answer belongs to the verdict.
        let is_out = self.parts.iter().flat_map(|it| it.steps.iter().chain(&it.back)).any(StepState::is_out);
        let lasts = now.duration_since(self.began_at);
        if !self.drains() && !self.has_ended() && !is_out && lasts > self.patience() {
            self.phase = Phase::Ended(Ending::timed_out(self, now));
        }
    }

    /// How long it is watched at most: every wave has its time, and so has the way back.
    fn patience(&self) -> SignedDuration {
        let back = usize::from(matches!(self.phase, Phase::Undoing { .. }));
        let waves = i32::try_from(self.course.waves.len().max(1) + back).unwrap_or(i32::MAX);
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
                let left = left::of_part(&self.course.parts[part], state);
                state.stage = Stage::Failed { why: left.unwrap_or_else(|| UNTOUCHED.to_owned()) };
            } else if !all_done && !state.stage.is_settled() {
                waits = true;
            }
        }
        if !waits {
            self.phase = Phase::Rolling;
            if self.current().iter().all(|it| self.parts[*it].is_written()) {
                let what = match self.course.waves.len() {
                    0 | 1 => "everything is sent".to_owned(),
                    waves => format!("everything of wave {} of {waves} is sent", self.wave + 1),
                };
                self.note(now, what);
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
                    let why = self.why_lost();
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
                self.close_ways_back();
                if self.parts.iter().all(|it| it.stage == Stage::Waiting || it.stage.is_settled()) {
                    self.phase = Phase::Ended(Ending::undone(self, now));
                }
            }
        }
    }

    /// Why the wave is lost: what went wrong, rather than what was not begun because of it.
    fn why_lost(&self) -> String {
        let lost = self.current().iter().filter_map(|it| Some((*it, self.parts[*it].stage.why()?)));
        let Some((part, why)) = lost.min_by_key(|(_, why)| *why == UNTOUCHED) else { return String::new() };
        match self.course.parts.len() {
            1 => why.to_owned(),
            _ => format!("{}: {why}", self.course.whose(&self.course.parts[part])),
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
        if self.course.watch.roll_back && !self.halted && self.go_back() {
            self.note(now, format!("rolling back: {why}"));
            self.phase = Phase::Undoing { why };
        } else {
            self.phase = Phase::Ended(Ending::broken(self, &why, now));
        }
    }

    /// Lets every part that runs what was deployed go back. `false` where there is none.
    fn go_back(&mut self) -> bool {
        let mut any = false;
        for (part, state) in self.course.parts.iter().zip(&mut self.parts) {
            // One that failed once it was written may run it, too.
            if state.is_written() && matches!(state.stage, Stage::There { .. } | Stage::Failed { .. }) {
                any |= state.go_back(part);
            }
        }
        any
    }

    /// A way back that cannot be gone to its end any more is lost.
    fn close_ways_back(&mut self) {
        for state in self.parts.iter_mut().filter(|it| !it.stage.is_lost()) {
            let open =
                |it: &StepState| matches!(it, StepState::Waiting | StepState::Sent { .. } | StepState::Unsure { .. });
            let is_cut = state.back.iter().any(|it| matches!(it, StepState::Unheard { .. }));
            if is_cut && !state.back.iter().any(open) {
                let why = match &state.back_registered {
                    Some(arn) => format!("{} was registered to go back to, and not deployed", arn.short_name()),
                    None => "rolling it back was not begun before the restart".to_owned(),
                };
                state.stage = Stage::Failed { why };
            }
        }
    }
}

impl StepState {
    /// It has left and was not answered yet.
    fn is_out(&self) -> bool {
        matches!(self, Self::Sent { .. })
    }
}

impl PartState {
    /// Whether every write that leads there was taken: what was not runs what it ran before.
    pub(super) fn is_written(&self) -> bool {
        self.steps.iter().all(|it| matches!(it, StepState::Done { .. }))
    }

    /// How far it has come, in words; of one that goes back, how far back.
    pub fn words(&self) -> String {
        match &self.stage {
            Stage::There { .. } if !self.back.is_empty() => "what ran before runs again".to_owned(),
            Stage::Rolling if !self.back.is_empty() => "on its way back".to_owned(),
            stage => stage.words(),
        }
    }

    /// `false` where there is no way back.
    pub(super) fn go_back(&mut self, part: &Part) -> bool {
        self.back = vec![StepState::Waiting; part.way_back.len()];
        if !self.back.is_empty() {
            self.stage = Stage::Rolling;
        }
        !self.back.is_empty()
    }
}
