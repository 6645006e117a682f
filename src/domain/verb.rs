//! What can be done to services and groups: the words of menus, the palette and the command line.

use serde::{Deserialize, Serialize};

/// What an action does, without its particulars: a menu's line, a verb of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    Deploy,
    Redeploy,
    Rollback,
    Scale,
    StopTask,
    SuspendScaling,
    ResumeScaling,
    Move,
    Wake,
    Sleep,
    Drain,
    Roll,
    RollBackRefresh,
    CancelRefresh,
    Terminate,
    Protect,
    Unprotect,
    Standby,
    InService,
    SuspendProcesses,
    ResumeProcesses,
    Bounds,
    Retarget,
    CompleteHook,
}

impl Verb {
    pub const ALL: [Self; 24] = [
        Self::Deploy,
        Self::Redeploy,
        Self::Rollback,
        Self::Scale,
        Self::StopTask,
        Self::SuspendScaling,
        Self::ResumeScaling,
        Self::Move,
        Self::Wake,
        Self::Sleep,
        Self::Drain,
        Self::Roll,
        Self::RollBackRefresh,
        Self::CancelRefresh,
        Self::Terminate,
        Self::Protect,
        Self::Unprotect,
        Self::Standby,
        Self::InService,
        Self::SuspendProcesses,
        Self::ResumeProcesses,
        Self::Bounds,
        Self::Retarget,
        Self::CompleteHook,
    ];

    /// As on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Redeploy => "redeploy",
            Self::Rollback => "rollback",
            Self::Scale => "scale",
            Self::StopTask => "stop-task",
            Self::SuspendScaling => "suspend-scaling",
            Self::ResumeScaling => "resume-scaling",
            Self::Move => "move",
            Self::Wake => "wake",
            Self::Sleep => "sleep",
            Self::Drain => "drain",
            Self::Roll => "roll",
            Self::RollBackRefresh => "roll-back-refresh",
            Self::CancelRefresh => "cancel-refresh",
            Self::Terminate => "terminate",
            Self::Protect => "protect",
            Self::Unprotect => "unprotect",
            Self::Standby => "standby",
            Self::InService => "in-service",
            Self::SuspendProcesses => "suspend-processes",
            Self::ResumeProcesses => "resume-processes",
            Self::Bounds => "bounds",
            Self::Retarget => "retarget",
            Self::CompleteHook => "complete-hook",
        }
    }

    /// Whether several services can be its subject at once.
    pub fn takes_several(self) -> bool {
        matches!(self, Self::Deploy | Self::Redeploy | Self::Rollback | Self::Wake | Self::Sleep)
    }
}
