//! EC2 Auto Scaling groups, their instances, policies and activities.

use jiff::{SignedDuration, Timestamp};

use super::{
    id::Arn,
    metric::{MetricName, MetricRead},
    text::SafeText,
};

/// A group as DescribeAutoScalingGroups gives it, with its policies (DescribePolicies).
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub name: SafeText,
    pub arn: Arn,
    pub min: u32,
    pub desired: u32,
    pub max: u32,
    /// Availability zones that it may use.
    pub zones: Vec<SafeText>,
    pub instances: Vec<Instance>,
    pub launch_template: Option<LaunchTemplate>,
    /// `EC2`, `ELB` …
    pub health_check: SafeText,
    pub grace_seconds: u32,
    /// `DefaultCooldown`.
    pub cooldown_seconds: u32,
    /// `DefaultInstanceWarmup`: how long a new instance does not count for policies; the cooldown where absent.
    pub warmup_seconds: Option<u32>,
    /// Whether new instances are protected from scale-in.
    pub protects_new: bool,
    /// Whether it replaces Spot instances as soon as EC2 recommends it (`CapacityRebalance`).
    pub rebalances_capacity: bool,
    /// Process name and why it is suspended.
    pub suspended: Vec<(SafeText, SafeText)>,
    pub target_groups: Vec<Arn>,
    pub policies: Vec<Policy>,
    /// Its lifecycle hooks; read only while an instance waits for one.
    pub hooks: Vec<Hook>,
    pub created_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    pub id: SafeText,
    pub name: SafeText,
    /// A number, `$Latest` or `$Default`.
    pub version: SafeText,
}

/// An instance of a group, with what EC2 says of it (DescribeInstances, DescribeInstanceStatus).
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub id: SafeText,
    pub zone: SafeText,
    pub instance_type: SafeText,
    /// `Pending`, `InService`, `Terminating:Wait` …
    pub lifecycle: SafeText,
    /// `Healthy` or `Unhealthy`, by the group's health check.
    pub health: SafeText,
    pub protected: bool,
    /// Version of the launch template it was started from.
    pub template_version: SafeText,
    /// EC2's part; absent where EC2 did not answer.
    pub launched_at: Option<Timestamp>,
    pub private_ip: Option<SafeText>,
    pub image: Option<SafeText>,
    /// `running`, `shutting-down` …
    pub state: Option<SafeText>,
    /// `ok`, `initializing`, `impaired` …, the worse of the system and the instance check.
    pub checks: Option<SafeText>,
    /// EC2's word on why it is in its state, as `Server.SpotInstanceTermination: …`.
    pub state_reason: Option<SafeText>,
    /// It runs on Spot capacity, which AWS may take back.
    pub spot: bool,
    /// AWS has said when it takes it back.
    pub notice: Option<SpotNotice>,
    pub tags: Vec<(SafeText, SafeText)>,
}

/// AWS's notice that it takes a Spot instance back: the status `marked-for-termination` or `marked-for-stop` of the
/// request that it fulfils (DescribeSpotInstanceRequests).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpotNotice {
    /// When it was given.
    pub at: Timestamp,
}

/// How long after its notice AWS takes a Spot instance back.
const NOTICE: SignedDuration = SignedDuration::from_mins(2);

impl SpotNotice {
    /// When the instance goes.
    pub fn ends_at(&self) -> Timestamp {
        self.at.saturating_add(NOTICE).unwrap_or(Timestamp::MAX)
    }
}

impl Group {
    /// Its instances that AWS is about to take back, each with its notice.
    pub fn noticed(&self) -> impl Iterator<Item = (&Instance, SpotNotice)> {
        self.instances.iter().filter(|it| !it.is_leaving() && it.runs()).filter_map(|it| Some((it, it.notice?)))
    }

    /// Its instances in service.
    pub fn in_service(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|it| it.is_in_service())
    }

    /// Whether this process is suspended: it does not do by itself what the process is there for.
    pub fn suspends(&self, process: &str) -> bool {
        self.suspended.iter().any(|(name, _)| name.as_str() == process)
    }

    /// How long a new instance does not count for policies.
    pub fn warmup(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.warmup_seconds.unwrap_or(self.cooldown_seconds)))
    }

    /// Each zone that it may use or has instances in, and how many of them are in service or on their way there.
    pub fn by_zone(&self) -> Vec<(&SafeText, usize)> {
        let mut zones: Vec<&SafeText> = self.zones.iter().chain(self.instances.iter().map(|it| &it.zone)).collect();
        zones.sort();
        zones.dedup();
        let counted = |zone: &SafeText| self.instances.iter().filter(|it| it.zone == *zone && it.counts()).count();
        zones.into_iter().filter(|it| !it.is_empty()).map(|zone| (zone, counted(zone))).collect()
    }
}

impl Instance {
    /// Whether it carries this tag with this value.
    pub fn is_tagged(&self, key: &str, value: &str) -> bool {
        self.tags.iter().any(|(name, text)| name.as_str() == key && text.as_str() == value)
    }

    pub fn is_in_service(&self) -> bool {
        self.lifecycle.as_str() == "InService"
    }

    /// Whether it counts towards the desired capacity: in service, or on its way there.
    pub fn counts(&self) -> bool {
        self.is_in_service() || self.lifecycle.as_str().starts_with("Pending")
    }

    /// Whether it has not been shut down, as far as EC2 has said.
    pub fn runs(&self) -> bool {
        self.state.as_ref().is_none_or(|it| matches!(it.as_str(), "pending" | "running"))
    }

    /// Whether it is on its way out for good.
    pub fn is_leaving(&self) -> bool {
        ["Terminat", "Detach"].iter().any(|it| self.lifecycle.as_str().starts_with(it))
    }

    /// The value of one of its tags.
    pub fn tag(&self, key: &str) -> Option<&SafeText> {
        self.tags.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value)
    }

    /// The transition whose lifecycle hook it waits for, as DescribeLifecycleHooks names it.
    pub fn waits_for(&self) -> Option<&'static str> {
        match self.lifecycle.as_str() {
            "Pending:Wait" | "Warmed:Pending:Wait" => Some("autoscaling:EC2_INSTANCE_LAUNCHING"),
            "Terminating:Wait" | "Warmed:Terminating:Wait" => Some("autoscaling:EC2_INSTANCE_TERMINATING"),
            _ => None,
        }
    }
}

/// A scaling policy of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub name: SafeText,
    pub arn: Arn,
    /// `TargetTrackingScaling` …
    pub kind: SafeText,
    /// What a target tracking policy keeps where.
    pub target: Option<Tracked>,
    /// Names of its alarms.
    pub alarms: Vec<SafeText>,
    pub enabled: bool,
}

/// What a target tracking policy keeps, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Name of the metric, as `ActiveSessions` or `ASGAverageCPUUtilization`.
    pub metric: SafeText,
    /// The value that it is kept at.
    pub value: f64,
    /// The metric and its statistic; `None` for metrics that are predefined or computed.
    pub custom: Option<(MetricName, SafeText)>,
    /// Whether it takes instances away, too (`DisableScaleIn` is not set).
    pub scales_in: bool,
}

impl Tracked {
    /// What is read to see what it sees, minute by minute.
    pub fn read(&self) -> Option<MetricRead> {
        let (metric, statistic) = self.custom.clone()?;
        Some(MetricRead { metric, statistic, period_seconds: 60 })
    }
}

/// A lifecycle hook of a group (DescribeLifecycleHooks).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub name: SafeText,
    /// `autoscaling:EC2_INSTANCE_LAUNCHING` or `…_TERMINATING`.
    pub transition: SafeText,
    /// Seconds without a heartbeat after which the default result happens.
    pub timeout_seconds: u32,
    /// `CONTINUE` or `ABANDON`.
    pub default_result: SafeText,
}

/// One scaling activity (DescribeScalingActivities), of a group or of a scalable target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    pub id: SafeText,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `Successful`, `InProgress`, `Failed` …
    pub status: SafeText,
    pub description: SafeText,
    pub cause: SafeText,
    pub status_message: SafeText,
}
