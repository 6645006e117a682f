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
mod left;
mod phases;
mod restart;
pub mod unsure;
pub mod verdict;
pub mod watch;
pub mod waves;
mod writes;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{group::GroupState, judge::Stage, verdict::Ending};
use super::{
    course::{Course, Part},
    model::{Drift, PlanDigest},
};
use crate::domain::{
    fault::Fault,
    id::{Arn, OperationId},
    text::SafeText,
    write::{Settlement, Written},
};

/// One write of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepRef {
    pub part: usize,
    /// Index among the part's steps; those of its way back come after them.
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
    /// The way back, where it is gone; empty where it is not.
    pub back: Vec<StepState>,
    /// The revision that was registered to go back to.
    pub back_registered: Option<Arn>,
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
            back: Vec::new(),
            back_registered: None,
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

    /// Whether all that it has to send is sent. A later wave is sent once the one before has baked; what a drain sends
    /// follows from what is read, to its end; and a refresh that may end sessions is stopped where it would end more than
    /// were given up.
    pub fn is_sent(&self) -> bool {
        if let (Some(course), Some(state)) = (&self.course.group, &self.group) {
            let may_end = course.allowed().is_some_and(|it| !it.held.is_empty());
            let is_watched = self.drains() || may_end || self.keeps_protected();
            return !is_watched && state.through(course.certain()) == course.certain().len();
        }
        let is_last = self.wave + 1 >= self.course.waves.len();
        is_last && self.phase != Phase::Applying && self.current().iter().all(|it| self.parts[*it].is_written())
    }

    /// Indices of the parts of the wave under way.
    pub fn current(&self) -> &[usize] {
        self.course.waves.get(self.wave).map_or(&[], Vec::as_slice)
    }

    /// Whether anything of it is still to be begun.
    pub fn may_begin_more(&self) -> bool {
        !self.has_ended() && !self.halted && (self.phase == Phase::Applying || !self.not_reached().is_empty())
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

    fn note(&mut self, at: Timestamp, text: impl Into<SafeText>) {
        self.notes.push(Note { at, text: text.into() });
    }
}
