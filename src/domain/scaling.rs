//! Application Auto Scaling of ECS services (DescribeScalableTargets, DescribeScalingPolicies).

use super::{group::Activity, text::SafeText};

/// The range in which a service's desired count is steered.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalableTarget {
    /// `service/CLUSTER/SERVICE`.
    pub resource: SafeText,
    pub min: u32,
    pub max: u32,
    pub suspended_in: bool,
    pub suspended_out: bool,
    pub suspended_scheduled: bool,
    /// Policy name, metric and target value.
    pub policies: Vec<(SafeText, SafeText, f64)>,
}

/// A scaling activity of a service (DescribeScalingActivities of Application Auto Scaling).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceActivity {
    /// `service/CLUSTER/SERVICE`.
    pub resource: SafeText,
    pub activity: Activity,
}

impl ServiceActivity {
    /// Names of the cluster and of the service.
    pub fn service(&self) -> Option<(&str, &str)> {
        self.resource.as_str().strip_prefix("service/")?.split_once('/')
    }
}
