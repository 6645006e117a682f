//! Instance refreshes: a group's instances replaced by others, a few at a time (`aws-reference.md` §2.3).
//!
//! ```text
//! Pending ─▶ InProgress ─▶ (Baking) ─▶ Successful          Cancelling ─▶ Cancelled
//!                │    └──▶ Failed, or
//!                └──────▶ RollbackInProgress ─▶ RollbackSuccessful | RollbackFailed
//! ```
//!
//! Invariant: a group has one active refresh at most, and `Group::rolling` is set exactly while it has one.

mod course;
mod describe;
mod operations;
mod preferences;

use jiff::{SignedDuration, Timestamp};

use self::preferences::Preferences;
pub use self::{
    course::advance,
    describe::describe,
    operations::{cancel, roll_back, start},
};
use super::{Group, Lifecycle, Member, TemplateChoice};

/// How long a refresh can be seen after its end, in seconds: six weeks.
const KEPT: i64 = 42 * 86_400;

/// A replacement of a group's instances by others.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub id: String,
    pub group: String,
    pub status: Status,
    /// Why it stands as it does, in AWS's words where those are known.
    pub reason: Option<String>,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    /// Percentage, and instances left, as they were at its end.
    pub ended_at: Option<(u32, u32)>,
    pub preferences: Preferences,
    /// What it moves the group to; without, new instances come from what the group says.
    pub desired: Option<TemplateChoice>,
    pub rollback: Option<Rollback>,
    /// Instances that have yet to be replaced, oldest first, and how many there were to begin with.
    old: Vec<String>,
    total: u32,
    /// When it began to replace, or to roll back: what was launched since is new.
    since: Timestamp,
    /// Checkpoints that have been passed, and until when it waits at one.
    passed: usize,
    pause: Option<Timestamp>,
    /// When baking is over.
    baked: Option<Timestamp>,
    /// How many were not finished when that last changed, and when it did.
    moved: (u32, Timestamp),
}

/// The wire's `Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    InProgress,
    Successful,
    Failed,
    Cancelling,
    Cancelled,
    RollbackInProgress,
    RollbackFailed,
    RollbackSuccessful,
    Baking,
}

/// How far a refresh had come when it was rolled back.
#[derive(Debug, Clone)]
pub struct Rollback {
    pub reason: String,
    pub at: Timestamp,
    pub percentage: u32,
    /// Instances that were still to be updated.
    pub left: u32,
}

/// What a refresh under way asks of its group.
#[derive(Debug, Clone, Default)]
pub struct Rolling {
    /// What new instances come from, where that is not what the group says.
    pub template: Option<TemplateChoice>,
    /// Instances beyond the desired capacity that are launched before others go.
    pub surplus: u32,
    /// Launches that are owed to it.
    pub owed: u32,
}

impl Refresh {
    /// Whether it has not ended.
    pub fn is_active(&self) -> bool {
        use Status::{Baking, Cancelling, InProgress, Pending, RollbackInProgress};
        matches!(self.status, Pending | InProgress | Cancelling | RollbackInProgress | Baking)
    }

    /// Whether it can still be seen.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.ended.is_none_or(|ended| now.duration_since(ended).as_secs() < KEPT)
    }

    /// Percent of the instances that are updated; going back to 0 while it is rolled back.
    pub fn percentage(&self, group: &Group, now: Timestamp) -> u32 {
        let unfinished = self.unfinished(group, now);
        match &self.rollback {
            Some(rollback) if self.total > 0 => rollback.percentage * unfinished / self.total,
            Some(_) => 0,
            None if self.total == 0 => 100,
            None => 100 * (self.total - unfinished) / self.total,
        }
    }

    /// Instances that have yet to be updated; those that were when a rollback began.
    pub fn left(&self, group: &Group, now: Timestamp) -> u32 {
        self.rollback.as_ref().map_or_else(|| self.unfinished(group, now), |rollback| rollback.left)
    }

    /// Instances not yet replaced by one that is in service, healthy and warm.
    fn unfinished(&self, group: &Group, now: Timestamp) -> u32 {
        if matches!(self.status, Status::Successful | Status::RollbackSuccessful | Status::Baking) {
            return 0;
        }
        let missing = (group.desired + group.surplus()).saturating_sub(group.actual());
        let open = count(self.old.iter()) + count(self.warming(group, now)) + missing;
        open.min(self.total)
    }

    /// New instances that are not in service, or not for long enough.
    fn warming<'g>(&'g self, group: &'g Group, now: Timestamp) -> impl Iterator<Item = &'g Member> {
        let new = group.members.iter().filter(|member| member.counts() && self.is_new(member));
        new.filter(move |member| !self.is_warm(member, now))
    }

    fn is_new(&self, member: &Member) -> bool {
        member.launched > self.since
    }

    fn is_warm(&self, member: &Member, now: Timestamp) -> bool {
        let Lifecycle::InService { since } = member.lifecycle else { return false };
        let warmup = SignedDuration::from_secs(self.preferences.warmup.into());
        member.healthy && now.duration_since(since) >= warmup
    }
}

impl Status {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelling => "Cancelling",
            Self::Cancelled => "Cancelled",
            Self::RollbackInProgress => "RollbackInProgress",
            Self::RollbackFailed => "RollbackFailed",
            Self::RollbackSuccessful => "RollbackSuccessful",
            Self::Baking => "Baking",
        }
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
