//! What a scope holds beside what is watched: networks, tables, repositories, roles. Checklists ask for it, and nobody else.

use std::sync::Arc;

use jiff::Timestamp;

use super::text::SafeText;

/// One read of what a scope holds. Each says the AWS calls it costs. What does not exist is an answer without holdings,
/// never a fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inventory {
    /// ec2:DescribeVpcs.
    Vpcs,
    /// ec2:DescribeSubnets, and DescribeRouteTables, which tell whether a subnet is public.
    Subnets,
    /// ec2:DescribeInternetGateways.
    InternetGateways,
    /// ec2:DescribeSecurityGroups (≤ 200 names a call).
    SecurityGroups { names: Vec<Arc<str>> },
    /// ec2:DescribeLaunchTemplates (≤ 200 names a call).
    LaunchTemplates { names: Vec<Arc<str>> },
    /// elasticloadbalancing:DescribeLoadBalancers, of one name: a name that none has would fail the call for all.
    LoadBalancer { name: Arc<str> },
    /// dynamodb:DescribeTable.
    Table { name: Arc<str> },
    /// ecr:DescribeImages (1000 a page).
    Repository { name: Arc<str> },
    /// iam:GetRole.
    Role { name: Arc<str> },
}

/// Something that a scope holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    Vpc {
        id: SafeText,
        /// Its `Name` tag.
        name: Option<SafeText>,
        /// Its blocks of IPv4 addresses, as `10.0.0.0/16`.
        blocks: Vec<SafeText>,
    },
    Subnet {
        id: SafeText,
        vpc: SafeText,
        block: SafeText,
        /// Whether its route table leads to an internet gateway; `None` where the tables could not be read.
        public: Option<bool>,
    },
    InternetGateway {
        id: SafeText,
        /// The VPCs that it is attached to.
        vpcs: Vec<SafeText>,
    },
    SecurityGroup {
        id: SafeText,
        name: SafeText,
        vpc: SafeText,
    },
    /// What is known by its name alone: a launch template, load balancer, table or role.
    Named {
        name: SafeText,
        /// The service's word for how it is, where it has one: `ACTIVE`, `provisioning`.
        state: Option<SafeText>,
    },
    Repository {
        name: SafeText,
        /// Those that can be pulled: what lies in the archive does not count.
        images: usize,
        newest: Option<Timestamp>,
    },
}

impl Holding {
    /// What tells it from others of its kind.
    fn key(&self) -> &SafeText {
        match self {
            Self::Vpc { id, .. }
            | Self::Subnet { id, .. }
            | Self::InternetGateway { id, .. }
            | Self::SecurityGroup { id, .. } => id,
            Self::Named { name, .. } | Self::Repository { name, .. } => name,
        }
    }
}

/// What was found, laid over what was known where it is only a part.
pub fn laid_over(found: Vec<Holding>, known: Option<Vec<Holding>>) -> Vec<Holding> {
    let older = known.unwrap_or_default().into_iter().filter(|old| !found.iter().any(|it| it.key() == old.key()));
    let older: Vec<Holding> = older.collect();
    found.into_iter().chain(older).collect()
}
