//! Load balancers' target groups and their targets.

use super::{id::Arn, text::SafeText};

/// A target group as DescribeTargetGroups gives it, with the attributes that have been read.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGroup {
    pub arn: Arn,
    pub name: SafeText,
    pub protocol: SafeText,
    pub port: u16,
    /// `ip`, `instance`, `lambda` …
    pub target_type: SafeText,
    pub load_balancers: Vec<Arn>,
    pub health_path: SafeText,
    pub interval_seconds: u32,
    pub timeout_seconds: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
    pub attributes: TargetGroupAttributes,
}

/// What DescribeTargetGroupAttributes tells of a target group; nothing where it has not been asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetGroupAttributes {
    /// Seconds that a target which is taken out goes on serving at most.
    pub deregistration_delay: Option<u32>,
    pub stickiness: Option<bool>,
}

/// A target as DescribeTargetHealth gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// IP address or instance id.
    pub id: SafeText,
    pub port: u16,
    pub zone: SafeText,
    pub state: TargetState,
    /// `Target.ResponseCodeMismatch` …
    pub reason: SafeText,
    pub description: SafeText,
}

/// `TargetHealth.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetState {
    Unhealthy,
    Unavailable,
    Initial,
    Draining,
    Unused,
    Healthy,
    Unknown,
}

impl TargetState {
    /// Whether a target in this state is meant to serve: one that drains or is unused is on its way out.
    pub fn is_meant_to_serve(self) -> bool {
        !matches!(self, Self::Draining | Self::Unused)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
            Self::Unused => "unused",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
        }
    }
}
