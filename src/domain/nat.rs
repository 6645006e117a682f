//! NAT gateways (ec2:DescribeNatGateways), which cost by the hour whether anything passes them or not.

use super::{
    cost::CostFilter,
    metric::{MetricName, MetricRead},
    text::SafeText,
};

/// A NAT gateway that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGateway {
    /// As `nat-0123456789abcdef0`.
    pub id: SafeText,
    /// The subnet that it stands in, which lies in one zone.
    pub subnet: SafeText,
    pub vpc: SafeText,
    pub tags: Vec<(SafeText, SafeText)>,
}

impl NatGateway {
    /// Its `Name`, else its id.
    pub fn name(&self) -> &SafeText {
        self.tags.iter().find(|(key, _)| key.as_str() == "Name").map_or(&self.id, |(_, name)| name)
    }

    /// Whether it is in that part of the bill.
    pub fn is_in(&self, filter: &CostFilter) -> bool {
        match filter {
            CostFilter::Tag { key, value } => {
                self.tags.iter().any(|(it, of)| it.as_str() == &**key && of.as_str() == &**value)
            }
            // All that the account has.
            CostFilter::Account(_) => true,
        }
    }

    /// The bytes that it sends out, period by period (AWS/NATGateway): it publishes zero where there are none.
    pub fn sent(&self, period_seconds: u32) -> MetricRead {
        let metric = MetricName::new("AWS/NATGateway", "BytesOutToDestination", &[("NatGatewayId", self.id.as_str())]);
        MetricRead { metric, statistic: "Sum".into(), period_seconds }
    }
}
