//! A group and its instances.
//!
//! Invariant: `min ≤ desired ≤ max`, and no more than `desired` instances are pending or in service, except while
//! surplus ones wait to be terminated, one more while zones are balanced, and the surplus of an instance refresh. Instances in standby, on their way out or
//! being terminated do not count.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    super::ec2::Network,
    Policy,
    activity::sentence,
    hook::{Hook, Wait},
    refresh::Rolling,
};

/// Which launch template new instances come from.
#[derive(Debug, Clone)]
pub struct TemplateChoice {
    pub id: String,
    pub name: String,
    /// A number, `$Latest` or `$Default`.
    pub version: String,
}

/// An Auto Scaling group.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub arn: String,
    pub network: Network,
    pub template: TemplateChoice,
    pub min: u32,
    pub desired: u32,
    pub max: u32,
    /// Seconds after a scaling activity in which `HonorCooldown` refuses another.
    pub cooldown: u32,
    /// Seconds after an instance came into service in which failing checks do not count.
    pub grace: u32,
    /// Seconds until a new instance counts for target tracking; the cooldown where not set.
    pub warmup: Option<u32>,
    /// Letters of the zones that instances are spread over.
    pub zones: Vec<char>,
    pub created: Timestamp,
    pub members: Vec<Member>,
    /// Suspended processes, with the reason given.
    pub suspended: BTreeMap<String, String>,
    pub tags: Vec<(String, String)>,
    pub policies: Vec<Policy>,
    pub hooks: Vec<Hook>,
    /// What the instance refresh under way asks of it.
    pub rolling: Option<Rolling>,
    /// ARNs of the target groups in which it registers its instances.
    pub target_groups: Vec<String>,
    /// Whether new instances are protected from scale-in.
    pub protect_new: bool,
    /// The sentence that says why the desired capacity was changed; it opens the causes of what follows.
    pub reason: Option<String>,
    /// The instance by which it has one too many while it balances its zones.
    pub balancing: Option<String>,
    /// Its instances run on Spot capacity.
    pub spot: bool,
    /// Whether it replaces what EC2 recommends to replace (`CapacityRebalance`).
    pub rebalances: bool,
    /// The Spot instance for which EC2 has made a rebalance recommendation, and the one launched in its place.
    pub recommended: Option<(String, Option<String>)>,
    /// Unhealthy instances taken out that have yet to be replaced.
    pub replacing: u32,
    /// When the desired capacity was last changed.
    pub scaled: Option<Timestamp>,
}

/// Where an instance is in the group's lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    Pending,
    /// It has booted, and a launch hook holds it up.
    PendingWait,
    PendingProceed,
    InService {
        since: Timestamp,
    },
    EnteringStandby,
    Standby,
    /// On its way back from standby.
    Returning,
    Detaching,
    /// It is to go, and drains from the group's target groups.
    Leaving,
    /// It is to go, and a termination hook holds it up.
    TerminatingWait,
    /// It is being shut down after its hooks, as is the next without any.
    TerminatingProceed,
    Terminating,
}

impl Lifecycle {
    /// The wire's `LifecycleState`.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Pending | Self::Returning => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::PendingProceed => "Pending:Proceed",
            Self::InService { .. } => "InService",
            Self::EnteringStandby => "EnteringStandby",
            Self::Standby => "Standby",
            Self::Detaching => "Detaching",
            Self::Leaving | Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
        }
    }
}

/// An instance as its group sees it.
#[derive(Debug, Clone)]
pub struct Member {
    pub instance: String,
    pub instance_type: String,
    pub image_id: String,
    pub zone: char,
    /// The version of the launch template it came from.
    pub version: u32,
    pub launched: Timestamp,
    pub lifecycle: Lifecycle,
    pub healthy: bool,
    pub protected: bool,
    /// The activity that moves it, or moved it last.
    pub activity: String,
    /// Before when it does not leave its present state; what the state waits for may take longer.
    pub due: Timestamp,
    /// The hooks that hold it up.
    pub waits: Vec<Wait>,
}

impl Member {
    /// Whether it counts towards the desired capacity: pending or in service.
    pub fn counts(&self) -> bool {
        self.is_coming() || self.in_service()
    }

    /// Pending, whatever for.
    pub fn is_coming(&self) -> bool {
        use Lifecycle::{Pending, PendingProceed, PendingWait, Returning};
        matches!(self.lifecycle, Pending | PendingWait | PendingProceed | Returning)
    }

    /// To be terminated, or being so.
    pub fn is_going(&self) -> bool {
        use Lifecycle::{Leaving, Terminating, TerminatingProceed, TerminatingWait};
        matches!(self.lifecycle, Leaving | TerminatingWait | TerminatingProceed | Terminating)
    }

    /// Whether its software runs: it has come into service once, and is not being shut down.
    pub fn is_up(&self) -> bool {
        use Lifecycle::{Pending, PendingProceed, PendingWait, Terminating, TerminatingProceed};
        !matches!(self.lifecycle, Pending | PendingWait | PendingProceed | TerminatingProceed | Terminating)
    }

    pub fn in_service(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::InService { .. })
    }
}

impl Group {
    /// Instances that count towards the desired capacity.
    pub fn actual(&self) -> u32 {
        u32::try_from(self.members.iter().filter(|member| member.counts()).count()).unwrap_or(u32::MAX)
    }

    /// Instances beyond the desired capacity that a refresh has launched before others go.
    pub fn surplus(&self) -> u32 {
        self.rolling.as_ref().map_or(0, |rolling| rolling.surplus)
    }

    /// What new instances come from.
    pub fn launches_from(&self) -> &TemplateChoice {
        self.rolling.as_ref().and_then(|rolling| rolling.template.as_ref()).unwrap_or(&self.template)
    }

    pub fn suspends(&self, process: &str) -> bool {
        self.suspended.contains_key(process)
    }

    /// Whether an instance is on its way that comes before another goes: to balance zones, or as EC2 recommends.
    pub fn is_balancing(&self) -> bool {
        let new = self.recommended.as_ref().and_then(|(_, new)| new.as_ref());
        self.balancing.iter().chain(new).any(|it| self.member(it).is_some_and(Member::is_coming))
    }

    /// The instance for which EC2 recommends a replacement that is in service by now.
    pub fn replaced_by_recommendation(&self) -> Option<String> {
        let (old, new) = self.recommended.as_ref()?;
        self.member(new.as_ref()?).filter(|it| it.in_service())?;
        self.member(old).filter(|it| it.counts()).map(|it| it.instance.clone())
    }

    /// The instance with this id.
    pub fn member(&self, instance: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.instance == instance)
    }

    pub fn member_mut(&mut self, instance: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.instance == instance)
    }

    /// Instances in service.
    pub fn in_service(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.in_service())
    }

    /// Whether an instance is on its way, or too new to count for target tracking.
    pub fn warming(&self, now: Timestamp) -> bool {
        let counting = self.members.iter().filter(|member| member.counts()).count();
        self.warmed_up(now) < counting
    }

    /// Instances in service for long enough to count for target tracking.
    pub fn warmed_up(&self, now: Timestamp) -> usize {
        let warmup = i64::from(self.warmup.unwrap_or(self.cooldown));
        let warm = |member: &&Member| match member.lifecycle {
            Lifecycle::InService { since } => now.duration_since(since).as_secs() >= warmup,
            _ => false,
        };
        self.members.iter().filter(warm).count()
    }

    /// Seconds since the desired capacity was last changed are fewer than the cooldown.
    pub fn cooling(&self, now: Timestamp) -> bool {
        self.scaled.is_some_and(|at| now.duration_since(at).as_secs() < i64::from(self.cooldown))
    }

    /// Changes the desired capacity; `why` goes on with "changing the desired capacity from … to …".
    pub fn set_desired(&mut self, desired: u32, why: &str, now: Timestamp) {
        if desired != self.desired {
            let change = format!("{why} changing the desired capacity from {} to {desired}.", self.desired);
            self.reason = Some(sentence(now, &change));
            self.scaled = Some(now);
            self.desired = desired;
        }
    }
}
