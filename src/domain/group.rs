//! EC2 Auto Scaling groups, their instances, policies and activities.

use jiff::Timestamp;

use super::{id::Arn, text::SafeText};

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
}

impl Instance {
    pub fn is_in_service(&self) -> bool {
        self.lifecycle.as_str() == "InService"
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
    /// What a target tracking policy keeps where: metric and target value.
    pub target: Option<(SafeText, f64)>,
    /// Names of its alarms.
    pub alarms: Vec<SafeText>,
    pub enabled: bool,
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
