//! Instance refreshes: a group's instances replaced by new ones (DescribeInstanceRefreshes).

use jiff::Timestamp;

use super::{
    group::{Instance, LaunchTemplate},
    text::SafeText,
};

/// One instance refresh of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    pub id: SafeText,
    /// `Pending`, `InProgress`, `Baking`, `Successful`, `Failed`, `Cancelling`, `Cancelled`, `RollbackInProgress`,
    /// `RollbackSuccessful`, `RollbackFailed`.
    pub status: SafeText,
    /// AWS's sentence on what it waits for, or why it ended.
    pub reason: SafeText,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Share of the instances that are replaced, healthy and warmed up; counts down while it rolls back.
    pub percent: Option<u32>,
    /// Instances still to be replaced.
    pub left: Option<u32>,
    /// The launch template that it brings in; `None` where it replaces instances by their like.
    pub template: Option<LaunchTemplate>,
    pub preferences: RefreshPreferences,
    /// Why it rolls, or rolled, back, and when that began.
    pub rollback: Option<(SafeText, Option<Timestamp>)>,
}

/// How a refresh goes about it; what is `None` is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefreshPreferences {
    /// Shares of the desired capacity, in percent.
    pub min_healthy: Option<u32>,
    pub max_healthy: Option<u32>,
    pub warmup_seconds: Option<u32>,
    /// Instances that are as wanted already stay.
    pub skips_matching: bool,
    pub rolls_back: bool,
    /// `Refresh`, `Ignore` or `Wait`.
    pub protected: Option<SafeText>,
    /// `Terminate`, `Ignore` or `Wait`.
    pub standby: Option<SafeText>,
    /// Shares, in percent, at which it pauses, and for how many seconds.
    pub checkpoints: Vec<u32>,
    pub checkpoint_seconds: Option<u32>,
    pub bake_seconds: Option<u32>,
    /// Names of the alarms that stop it.
    pub alarms: Vec<SafeText>,
}

/// How a refresh stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshState {
    /// It replaces instances, or waits to.
    UnderWay,
    /// It undoes what it did.
    RollingBack,
    Successful,
    /// It ended without having replaced all, for whatever reason.
    Failed,
    RolledBack,
    Cancelled,
    Unknown,
}

impl Refresh {
    pub fn state(&self) -> RefreshState {
        match self.status.as_str() {
            "Pending" | "InProgress" | "Baking" | "Cancelling" => RefreshState::UnderWay,
            "RollbackInProgress" => RefreshState::RollingBack,
            "Successful" => RefreshState::Successful,
            "Failed" | "RollbackFailed" => RefreshState::Failed,
            "RollbackSuccessful" => RefreshState::RolledBack,
            "Cancelled" => RefreshState::Cancelled,
            _ => RefreshState::Unknown,
        }
    }

    /// Whether it still does something. A group has one such at most.
    pub fn is_active(&self) -> bool {
        matches!(self.state(), RefreshState::UnderWay | RefreshState::RollingBack)
    }

    /// Whether it ends the instance, as it is now: one that was there before, or while it goes back one that it launched.
    pub fn would_end(&self, instance: &Instance) -> bool {
        match self.state() {
            RefreshState::UnderWay => {
                let stays = self.is_new(instance) || self.preferences.skips_matching && self.is_of_template(instance);
                !stays && self.touches(instance)
            }
            RefreshState::RollingBack => self.would_undo(instance),
            _ => false,
        }
    }

    /// Whether going back would end the instance, as it is now.
    pub fn would_undo(&self, instance: &Instance) -> bool {
        self.is_new(instance) && self.touches(instance)
    }

    /// Whether it was launched since the refresh began; by its version where that cannot be told.
    fn is_new(&self, instance: &Instance) -> bool {
        let times = instance.launched_at.zip(self.started_at);
        times.map_or_else(|| self.is_of_template(instance), |(launched, started)| launched >= started)
    }

    fn is_of_template(&self, instance: &Instance) -> bool {
        self.template.as_ref().is_some_and(|it| it.version == instance.template_version)
    }

    /// Whether its preferences let it replace the instance, as it is now.
    fn touches(&self, instance: &Instance) -> bool {
        let is = |word: &Option<SafeText>, wanted: &str| word.as_ref().is_some_and(|it| it.as_str() == wanted);
        match instance.lifecycle.as_str() {
            "Standby" | "EnteringStandby" => is(&self.preferences.standby, "Terminate"),
            _ => instance.counts() && (!instance.protected || is(&self.preferences.protected, "Refresh")),
        }
    }

    /// Its status in words.
    pub fn word(&self) -> &str {
        match self.status.as_str() {
            "Pending" => "about to begin",
            "InProgress" => "in progress",
            "Baking" => "baking",
            "Successful" => "successful",
            "Failed" => "failed",
            "Cancelling" => "being cancelled",
            "Cancelled" => "cancelled",
            "RollbackInProgress" => "rolling back",
            "RollbackSuccessful" => "rolled back",
            "RollbackFailed" => "failed to roll back",
            other => other,
        }
    }
}
