//! Application Auto Scaling of ECS services (DescribeScalableTargets, DescribeScalingPolicies).

use super::text::SafeText;

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
