//! What the operator wants of an Auto Scaling group.

use std::{fmt, sync::Arc};

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{
    id::{Kind, ResourceId, Scope},
    text::SafeText,
    verb::Verb,
    write::{group::TemplateEdit, refresh::RefreshChoice},
};

/// A group, named so that it can be asked for before it is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupRef {
    pub scope: Scope,
    pub name: Arc<str>,
}

impl GroupRef {
    pub fn new(scope: &Scope, name: &str) -> Self {
        Self { scope: scope.clone(), name: name.into() }
    }

    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Group, &self.scope, &self.name)
    }
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", SafeText::new(&self.name), SafeText::new(&self.scope.region))
    }
}

/// Something to be done to a group or to its instances.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum GroupChange {
    /// So many instances. Fewer, of those that hold sessions: drained first.
    Scale { to: u32, bounds: BoundsChoice, drain: DrainChoice },
    /// Drains one instance and ends it; with `replace`, another takes its place.
    Drain { instance: Arc<str>, replace: bool, drain: DrainChoice },
    /// Brings the group to a version of its launch template, one that is there or a new one.
    Roll { to: RollTo, by: RollBy },
    /// Replaces what an instance refresh has launched by what the group was before.
    RollBackRefresh,
    /// Stops an instance refresh where it is; what is replaced stays so.
    CancelRefresh,
    /// Ends one instance at once, whatever it holds; with `replace`, another takes its place.
    Terminate { instance: Arc<str>, replace: bool },
    /// Protects instances from scale-in, or no longer. Of the whole group: all of them, and those to come.
    Protect { instances: Instances, protected: bool },
    /// Takes one instance out of service, keeping it; the desired capacity goes down with it.
    Standby { instance: Arc<str> },
    /// Brings an instance back from standby.
    InService { instance: Arc<str> },
    /// Suspends processes of the group (`AZRebalance`, `AlarmNotification` …), or lets them go on.
    Processes { processes: Vec<Arc<str>>, suspended: bool },
    /// The least and the most instances.
    Bounds { min: Option<u32>, max: Option<u32> },
    /// The value that a target tracking policy keeps; the group's only one where none is named.
    Retarget { policy: Option<Arc<str>>, target: Decimal },
    /// Ends an instance's wait for its lifecycle hook.
    CompleteHook { instance: Arc<str>, result: HookResult },
}

/// The version that a group is brought to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollTo {
    Version(u64),
    /// What the group starts its instances from now, with this changed.
    New(TemplateEdit),
}

/// How its instances are replaced.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollBy {
    /// By the console, session by session.
    Drain(DrainChoice),
    /// By AWS, in an instance refresh.
    Refresh(RefreshChoice),
}

/// Which instances.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instances {
    /// Every one, and those that are launched later.
    All,
    These(Vec<Arc<str>>),
}

/// What becomes of the group's bounds when it is scaled beyond them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundsChoice {
    /// They stay: what lies outside is refused.
    #[default]
    Keep,
    /// The one in the way is moved.
    Move,
}

/// How instances are drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DrainChoice {
    /// Instances that are drained at a time.
    pub width: u32,
    /// How long sessions are waited for, from the beginning on; `None`: as the stack says.
    pub deadline: Option<SignedDuration>,
    /// `None`: as the stack says.
    pub then: Option<AtDeadline>,
}

impl Default for DrainChoice {
    fn default() -> Self {
        Self { width: 1, deadline: None, then: None }
    }
}

/// What is done when the deadline has passed and sessions are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtDeadline {
    Wait,
    /// Stops, and puts back what is not ended yet.
    PutBack,
    /// Ends the rest, if no more than so many sessions are lost by it; else it stops, and asks.
    End {
        sessions: u32,
    },
}

/// How an instance's wait for its hook ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HookResult {
    Continue,
    Abandon,
}

impl HookResult {
    /// As AWS names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }
}

impl GroupChange {
    pub fn verb(&self) -> Verb {
        match self {
            Self::Scale { .. } => Verb::Scale,
            Self::Drain { .. } => Verb::Drain,
            Self::Roll { .. } => Verb::Roll,
            Self::RollBackRefresh => Verb::RollBackRefresh,
            Self::CancelRefresh => Verb::CancelRefresh,
            Self::Terminate { .. } => Verb::Terminate,
            Self::Protect { protected: true, .. } => Verb::Protect,
            Self::Protect { protected: false, .. } => Verb::Unprotect,
            Self::Standby { .. } => Verb::Standby,
            Self::InService { .. } => Verb::InService,
            Self::Processes { suspended: true, .. } => Verb::SuspendProcesses,
            Self::Processes { suspended: false, .. } => Verb::ResumeProcesses,
            Self::Bounds { .. } => Verb::Bounds,
            Self::Retarget { .. } => Verb::Retarget,
            Self::CompleteHook { .. } => Verb::CompleteHook,
        }
    }
}
