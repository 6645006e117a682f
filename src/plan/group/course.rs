//! What a confirmed plan does to a group and what must be true at its end.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    action::{AtDeadline, GroupRef},
    forecast::Forecast,
};
use crate::{
    domain::{
        estate::ScopeEstate,
        group::{Group, Instance},
        id::Arn,
        observation::Observation,
        target::TargetState,
        text::SafeText,
        write::group::GroupWrite,
    },
    stack::drain::DrainBy,
    triage::words::list,
};

/// The part of a course that is about a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupCourse {
    pub group: GroupRef,
    pub arn: Arn,
    pub work: Work,
    pub before: GroupBefore,
}

/// How the group stood when the plan was made: what putting back leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupBefore {
    pub min: u32,
    pub desired: u32,
    pub max: u32,
    /// Id and version of the launch template.
    #[serde(default)]
    pub template: Option<(Arc<str>, Arc<str>)>,
    /// The ids of its instances.
    #[serde(default)]
    pub instances: Vec<Arc<str>>,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// These calls one after the other, and then the goal is looked for.
    Calls { writes: Vec<GroupWrite>, goal: GroupGoal },
    /// Calls as what is read allows.
    Drain(Box<DrainCourse>),
}

/// What must be true once the calls have been taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "snake_case")]
pub enum GroupGoal {
    /// So many are wanted and in service.
    Scaled {
        desired: u32,
    },
    Bounds {
        min: u32,
        max: u32,
    },
    Protected {
        instances: Vec<Arc<str>>,
        protected: bool,
    },
    Standby {
        instance: Arc<str>,
    },
    InService {
        instance: Arc<str>,
    },
    /// The instance is ended, and so many are in service.
    Gone {
        instance: Arc<str>,
        desired: u32,
    },
    Processes {
        processes: Vec<Arc<str>>,
        suspended: bool,
    },
    Target {
        policy: Arc<str>,
        target: Decimal,
    },
    /// The instance waits no longer.
    Hook {
        instance: Arc<str>,
    },
    /// The instance refresh that it started has brought the group to this launch template and version.
    Refreshed {
        template: (Arc<str>, Arc<str>),
        /// Sessions that it may end; `None` where they cannot be counted.
        #[serde(default)]
        allowed: Option<Allowed>,
    },
    /// The refresh under way when the plan was made has gone back, or stands where it was stopped.
    RefreshUndone {
        refresh: SafeText,
        rolled_back: bool,
        #[serde(default)]
        allowed: Option<Allowed>,
    },
}

/// Sessions that AWS may end while it replaces instances: given up by their number when that was confirmed.
///
/// AWS asks nobody before it ends a gateway, and goes on while no console watches. So the number is what the gateways
/// that go may hold by then, not what they happen to hold when it is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// At most so many.
    pub sessions: u32,
    /// The table of sessions, and its attribute that names the gateway.
    pub table: (Arc<str>, Arc<str>),
    /// What each gateway that may be ended held when it was planned.
    pub held: BTreeMap<Arc<str>, u32>,
    /// Sessions that a gateway takes, by instance type, as far as that is known.
    #[serde(default)]
    pub limits: BTreeMap<SafeText, u32>,
}

impl Allowed {
    /// Sessions that a gateway may hold by the time it is ended: as many as it takes, for they come until then. To one on
    /// standby none come.
    pub fn most(&self, instance: &Instance, held: u32) -> u32 {
        let is_closed = matches!(instance.lifecycle.as_str(), "Standby" | "EnteringStandby");
        let limit = self.limits.get(&instance.instance_type).filter(|_| !is_closed);
        limit.map_or(held, |it| held.max(*it))
    }
}

/// Gateways that are emptied and then ended, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrainCourse {
    /// The group's name.
    pub group: Arc<str>,
    /// What is changed of the group before anything else; undone where all is put back.
    pub first: Vec<GroupWrite>,
    /// In the order in which they are begun.
    pub gateways: Vec<PlannedGateway>,
    /// How many are drained at a time.
    pub width: usize,
    pub way: DrainWay,
    /// Another takes the place of each.
    pub replace: bool,
    /// What is launched meanwhile is protected from scale-in from its first moment on; it is not else.
    #[serde(default)]
    pub protects_new: bool,
    /// The table of sessions, and its attribute that names the gateway.
    pub table: (Arc<str>, Arc<str>),
    /// Sessions that a gateway takes, by instance type, as far as that is known.
    pub limits: BTreeMap<SafeText, u32>,
    /// More sessions were open than the gateways that stay take, and it was confirmed all the same.
    #[serde(default)]
    pub crowds: bool,
    pub deadline: SignedDuration,
    pub then: AtDeadline,
    /// Instances that are wanted once all are gone.
    pub desired: u32,
}

/// A gateway that is to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedGateway {
    pub instance: Arc<str>,
    pub zone: SafeText,
    /// Sessions when the plan was made.
    pub sessions: u32,
    /// When it will be empty, counted from when new sessions stop; `None` where nothing tells.
    #[serde(default)]
    pub forecast: Option<Forecast>,
}

/// How new sessions are kept away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainWay {
    /// The group's standby: nothing in standby is given sessions.
    Standby,
    /// Taken out of these target groups.
    TargetGroups(Vec<Arn>),
    /// An instance tag that the gateway watches: this value while it drains, `false` else.
    Tag { key: Arc<str>, value: Arc<str> },
}

impl GroupCourse {
    pub fn drain(&self) -> Option<&DrainCourse> {
        match &self.work {
            Work::Drain(drain) => Some(drain),
            Work::Calls { .. } => None,
        }
    }

    /// What a confirmation confirms of it: not how many sessions there happened to be, nor how long they were thought
    /// to last.
    pub fn confirmed(&self) -> Value {
        let mut work = self.work.clone();
        if let Work::Drain(drain) = &mut work {
            drain.gateways.sort_by(|one, other| one.instance.cmp(&other.instance));
            for gateway in &mut drain.gateways {
                (gateway.sessions, gateway.forecast) = (0, None);
            }
        }
        if let Work::Calls { goal, .. } = &mut work
            && let GroupGoal::Refreshed { allowed, .. } | GroupGoal::RefreshUndone { allowed, .. } = goal
        {
            // Their number is typed; where they are is not.
            if let Some(allowed) = allowed {
                allowed.held.clear();
                allowed.limits.clear();
            }
        }
        // Plain data with text keys: it cannot fail.
        serde_json::to_value(&work).unwrap_or_default()
    }

    /// Sessions that an instance refresh may end.
    pub fn allowed(&self) -> Option<&Allowed> {
        match &self.work {
            Work::Calls {
                goal: GroupGoal::Refreshed { allowed, .. } | GroupGoal::RefreshUndone { allowed, .. },
                ..
            } => allowed.as_ref(),
            _ => None,
        }
    }

    /// The table of sessions that is watched, and its attribute that names the gateway.
    pub fn table(&self) -> Option<&(Arc<str>, Arc<str>)> {
        self.drain().map(|it| &it.table).or_else(|| self.allowed().map(|it| &it.table))
    }

    /// Whether an instance refresh is watched.
    pub fn refreshes(&self) -> bool {
        let goal = match &self.work {
            Work::Calls { goal, .. } => goal,
            Work::Drain(_) => return false,
        };
        matches!(goal, GroupGoal::Refreshed { .. } | GroupGoal::RefreshUndone { .. })
    }

    /// The calls that are made whatever is read.
    pub fn certain(&self) -> &[GroupWrite] {
        match &self.work {
            Work::Calls { writes, .. } => writes,
            Work::Drain(drain) => &drain.first,
        }
    }
}

impl DrainWay {
    /// How a stack wants new sessions to be kept from the gateways of a group.
    pub fn of(by: Option<&DrainBy>, group: &Group) -> Self {
        match by {
            None | Some(DrainBy::Standby) => Self::Standby,
            Some(DrainBy::TargetGroup) => Self::TargetGroups(group.target_groups.clone()),
            Some(DrainBy::Tag { key, value }) => Self::Tag { key: key.as_str().into(), value: value.as_str().into() },
        }
    }

    /// Whether new sessions no longer reach an instance, as far as what was read shows it.
    pub fn is_closed(&self, instance: &Instance, known: &ScopeEstate) -> bool {
        match self {
            Self::Standby => instance.lifecycle.as_str() == "Standby",
            Self::TargetGroups(groups) => groups.iter().all(|group| {
                let targets = known.targets.get(group).and_then(Observation::value);
                targets.is_some_and(|targets| {
                    let serves = |state| matches!(state, TargetState::Healthy | TargetState::Initial);
                    !targets.iter().any(|it| it.id == instance.id && serves(it.state))
                })
            }),
            Self::Tag { key, value } => instance.is_tagged(key, value),
        }
    }

    /// What is done to a gateway, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Standby => "moved to standby",
            Self::TargetGroups(_) => "taken out of its target groups",
            Self::Tag { .. } => "tagged to take no more sessions",
        }
    }
}

impl DrainCourse {
    /// Every call that it may make, in the order of their first use.
    pub fn operations(&self) -> Vec<&'static str> {
        let first = self.first.iter().map(GroupWrite::operation);
        first.chain(self.conditional().into_iter().map(|(operation, _)| operation)).collect()
    }

    /// The calls that it makes as what is read allows, each with when.
    pub fn conditional(&self) -> Vec<(&'static str, String)> {
        let width = if self.width == 1 { "one at a time".to_owned() } else { format!("{} at a time", self.width) };
        let ids: Vec<&str> = self.gateways.iter().map(|it| &*it.instance).collect();
        let whom = list(&ids);
        let stop = match self.way {
            DrainWay::Standby => "autoscaling:EnterStandby",
            DrainWay::TargetGroups(_) => "elasticloadbalancing:DeregisterTargets",
            DrainWay::Tag { .. } => "ec2:CreateTags",
        };
        let then = if self.replace {
            "when its last session has gone; another takes its place"
        } else {
            "when its last session has gone"
        };
        let new = ("autoscaling:UpdateAutoScalingGroup", "protects what is launched; off again at the end".to_owned());
        let own = vec![
            (
                "autoscaling:SetInstanceProtection",
                "on what is in service and not protected; off again at the end".to_owned(),
            ),
            (stop, format!("{whom}, {width}: no new sessions")),
            ("autoscaling:TerminateInstanceInAutoScalingGroup", format!("each {then}")),
        ];
        self.protects_new.then_some(new).into_iter().chain(own).collect()
    }
}
