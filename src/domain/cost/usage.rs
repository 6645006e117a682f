//! What AWS meters that the console can reckon with: hours of things it sees running, and what passes through them.

use super::place;

/// A metered thing, whatever its region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metered {
    /// An hour of a vCPU of a Fargate task.
    FargateCpu { spot: bool, arm: bool },
    /// An hour of a GB of a Fargate task's memory.
    FargateMemory { spot: bool, arm: bool },
    /// An hour of an instance of a type.
    Instance { kind: String, spot: bool },
    /// An hour of an application load balancer.
    LoadBalancer,
    /// An hour of a load balancer capacity unit.
    LoadBalancerUnit,
    /// An hour of a NAT gateway.
    Nat,
    /// A GB that a NAT gateway passed on.
    NatData,
    /// An hour of a cache node of a type.
    CacheNode(String),
    /// An hour of a database instance of a class.
    Database { kind: String, multi_az: bool },
}

impl Metered {
    /// What a usage type meters, and in which region; `None` for all else.
    pub fn of(usage_type: &str) -> Option<(&'static str, Self)> {
        let (region, usage) = place::split(usage_type);
        Some((region, Self::of_usage(usage)?))
    }

    fn of_usage(usage: &str) -> Option<Self> {
        if let Some((before, rest)) = usage.split_once("Fargate-") {
            let spot = match before {
                "" => false,
                "SpotUsage-" => true,
                _ => return None,
            };
            let arm = rest.starts_with("ARM-");
            return match rest.strip_prefix("ARM-").unwrap_or(rest) {
                "vCPU-Hours:perCPU" => Some(Self::FargateCpu { spot, arm }),
                "GB-Hours" => Some(Self::FargateMemory { spot, arm }),
                _ => None,
            };
        }
        let (what, kind) = usage.split_once(':').map_or((usage, String::new()), |(what, kind)| (what, kind.to_owned()));
        match what {
            "BoxUsage" => Some(Self::Instance { kind, spot: false }),
            "SpotUsage" => Some(Self::Instance { kind, spot: true }),
            "LoadBalancerUsage" => Some(Self::LoadBalancer),
            "LCUUsage" => Some(Self::LoadBalancerUnit),
            "NatGateway-Hours" => Some(Self::Nat),
            "NatGateway-Bytes" => Some(Self::NatData),
            "NodeUsage" => Some(Self::CacheNode(kind)),
            "InstanceUsage" => Some(Self::Database { kind, multi_az: false }),
            "Multi-AZUsage" => Some(Self::Database { kind, multi_az: true }),
            _ => None,
        }
    }

    /// One of it, in words: what its price is for.
    pub fn unit(&self) -> String {
        let of = |spot: bool, arm: bool| match (spot, arm) {
            (false, false) => "",
            (true, false) => "Spot ",
            (false, true) => "ARM ",
            (true, true) => "Spot ARM ",
        };
        match self {
            Self::FargateCpu { spot, arm } => format!("Fargate {}vCPU-hour", of(*spot, *arm)),
            Self::FargateMemory { spot, arm } => format!("Fargate {}GB-hour", of(*spot, *arm)),
            Self::Instance { kind, spot } => format!("{kind} {}instance-hour", of(*spot, false)),
            Self::LoadBalancer => "ALB-hour".to_owned(),
            Self::LoadBalancerUnit => "LCU-hour".to_owned(),
            Self::Nat => "NAT gateway-hour".to_owned(),
            Self::NatData => "GB through NAT".to_owned(),
            Self::CacheNode(kind) => format!("{kind} node-hour"),
            Self::Database { kind, multi_az: false } => format!("{kind} hour"),
            Self::Database { kind, multi_az: true } => format!("{kind} Multi-AZ hour"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Metered;

    #[test]
    fn usage_types_are_told_apart() {
        let of = |usage_type| Metered::of(usage_type).map(|(region, it)| format!("{region}: {}", it.unit()));
        let told = [
            ("USE1-Fargate-vCPU-Hours:perCPU", Some("us-east-1: Fargate vCPU-hour")),
            ("EUW2-SpotUsage-Fargate-GB-Hours", Some("eu-west-2: Fargate Spot GB-hour")),
            ("EUW2-Fargate-ARM-vCPU-Hours:perCPU", Some("eu-west-2: Fargate ARM vCPU-hour")),
            ("EUW2-Fargate-EphemeralStorage-GB-Hours", None),
            ("BoxUsage:t3.medium", Some("us-east-1: t3.medium instance-hour")),
            ("EUN1-LoadBalancerUsage", Some("eu-north-1: ALB-hour")),
            ("LCUUsage", Some("us-east-1: LCU-hour")),
            ("NatGateway-Bytes", Some("us-east-1: GB through NAT")),
            ("EUW2-Multi-AZUsage:db.r6g.large", Some("eu-west-2: db.r6g.large Multi-AZ hour")),
            ("EUW2-NodeUsage:cache.r6g.large", Some("eu-west-2: cache.r6g.large node-hour")),
            ("TimedStorage-ByteHrs", None),
        ];
        for (usage_type, unit) in told {
            assert_eq!(of(usage_type).as_deref(), unit, "{usage_type}");
        }
    }
}
