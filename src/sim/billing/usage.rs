//! Kinds of usage: what a line of the bill is about.

use rust_decimal::Decimal;

use super::prices::{prefix, price};

/// How the use of something changes from day to day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rhythm {
    /// As much every hour, or as the world ran.
    Even,
    /// By the requests at services: a little more or less each day. The world itself knows it since it began.
    Traffic,
    /// By people who look at pages that this world does not serve: fewer at weekends.
    Visitors,
}

/// One kind of usage of one stack in one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// The value of the cost allocation tag `Project`; `None` for what has no such tag.
    pub project: Option<&'static str>,
    /// As Cost Explorer displays it, as `EC2 - Other`.
    pub service: &'static str,
    /// As AWS names it, as `EUN1-NatGateway-Bytes`.
    pub usage_type: String,
    pub operation: &'static str,
    /// Its region, or `global`.
    pub region: String,
    /// The unit that quantities are in, as `Hrs`.
    pub unit: &'static str,
    /// USD for one unit.
    pub price: Decimal,
    pub rhythm: Rhythm,
    /// Whether it reaches the bill half a day later than the rest.
    pub late: bool,
}

/// The words of a kind of usage, wherever it is used.
#[derive(Debug, Clone, Copy)]
pub struct Tariff {
    service: &'static str,
    /// Without the region's code.
    usage_type: &'static str,
    operation: &'static str,
    unit: &'static str,
    /// In the list of prices.
    price: &'static str,
    /// Where the usage type stands: with the code of the region, with it outside us-east-1 only, or as it is.
    place: Named,
    rhythm: Rhythm,
}

/// How a usage type names the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Always,
    Elsewhere,
    /// Billed for the whole world.
    Global,
}

use Named::{Always, Elsewhere, Global};
use Rhythm::{Even, Traffic, Visitors};

const fn tariff(
    service: &'static str,
    (usage_type, place): (&'static str, Named),
    operation: &'static str,
    (unit, price): (&'static str, &'static str),
    rhythm: Rhythm,
) -> Tariff {
    Tariff { service, usage_type, operation, unit, price, place, rhythm }
}

const ECS: &str = "Amazon Elastic Container Service";
const COMPUTE: &str = "Amazon Elastic Compute Cloud - Compute";
const EC2_OTHER: &str = "EC2 - Other";
const BALANCING: &str = "Amazon Elastic Load Balancing";
const VPC: &str = "Amazon Virtual Private Cloud";
const RDS: &str = "Amazon Relational Database Service";
const CACHE: &str = "Amazon ElastiCache";
const DYNAMO: &str = "Amazon DynamoDB";
const CLOUDWATCH: &str = "AmazonCloudWatch";
const S3: &str = "Amazon Simple Storage Service";
const CLOUDFRONT: &str = "Amazon CloudFront";

pub const FARGATE_VCPU: Tariff =
    tariff(ECS, ("Fargate-vCPU-Hours:perCPU", Always), "FargateTask", ("vCPU-Hours", "fargate-vcpu"), Even);
pub const FARGATE_GB: Tariff =
    tariff(ECS, ("Fargate-GB-Hours", Always), "FargateTask", ("GB-Hours", "fargate-gb"), Even);
pub const SPOT_VCPU: Tariff =
    tariff(ECS, ("SpotUsage-Fargate-vCPU-Hours:perCPU", Always), "FargateTask", ("vCPU-Hours", "spot-vcpu"), Even);
pub const SPOT_GB: Tariff =
    tariff(ECS, ("SpotUsage-Fargate-GB-Hours", Always), "FargateTask", ("GB-Hours", "spot-gb"), Even);
/// Of an instance type, which is added to both.
pub const INSTANCE: Tariff = tariff(COMPUTE, ("BoxUsage:", Elsewhere), "RunInstances", ("Hrs", ""), Even);
pub const SPOT_INSTANCE: Tariff = tariff(COMPUTE, ("SpotUsage:", Elsewhere), "RunInstances:SV", ("Hrs", ""), Even);
pub const VOLUME: Tariff =
    tariff(EC2_OTHER, ("EBS:VolumeUsage.gp3", Elsewhere), "CreateVolume-Gp3", ("GB-Mo", "volume"), Even);
pub const NAT_HOURS: Tariff =
    tariff(EC2_OTHER, ("NatGateway-Hours", Elsewhere), "NatGateway", ("Hrs", "nat-hour"), Even);
pub const NAT_BYTES: Tariff =
    tariff(EC2_OTHER, ("NatGateway-Bytes", Elsewhere), "NatGateway", ("GB", "nat-gb"), Traffic);
pub const BALANCER: Tariff =
    tariff(BALANCING, ("LoadBalancerUsage", Elsewhere), "LoadBalancing:Application", ("Hrs", "balancer"), Even);
pub const LCU: Tariff =
    tariff(BALANCING, ("LCUUsage", Elsewhere), "LoadBalancing:Application", ("LCU-Hrs", "lcu"), Traffic);
pub const ADDRESS: Tariff = tariff(VPC, ("PublicIPv4:InUseAddress", Always), "", ("Hrs", "address"), Even);
pub const IDLE_ADDRESS: Tariff = tariff(VPC, ("PublicIPv4:IdleAddress", Always), "", ("Hrs", "address"), Even);
/// Of a class, which is added to both; so are the nodes of caches.
pub const DATABASE: Tariff = tariff(RDS, ("InstanceUsage:", Elsewhere), "CreateDBInstance:0014", ("Hrs", ""), Even);
pub const TWO_ZONE_DATABASE: Tariff =
    tariff(RDS, ("Multi-AZUsage:", Elsewhere), "CreateDBInstance:0014", ("Hrs", ""), Even);
pub const DATABASE_STORAGE: Tariff =
    tariff(RDS, ("RDS:GP3-Storage", Elsewhere), "CreateDBInstance:0014", ("GB-Mo", "database-storage"), Even);
pub const TWO_ZONE_STORAGE: Tariff =
    tariff(RDS, ("RDS:Multi-AZ-GP3-Storage", Elsewhere), "CreateDBInstance:0014", ("GB-Mo", "database-storage"), Even);
pub const NODE: Tariff = tariff(CACHE, ("NodeUsage:", Elsewhere), "CreateCacheCluster:0002", ("Hrs", ""), Even);
pub const TABLE_READS: Tariff = tariff(
    DYNAMO,
    ("ReadRequestUnits", Elsewhere),
    "PayPerRequestThroughput",
    ("ReadRequestUnits", "table-read"),
    Traffic,
);
pub const TABLE_WRITES: Tariff = tariff(
    DYNAMO,
    ("WriteRequestUnits", Elsewhere),
    "PayPerRequestThroughput",
    ("WriteRequestUnits", "table-write"),
    Traffic,
);
pub const LOGS: Tariff = tariff(CLOUDWATCH, ("DataProcessing-Bytes", Always), "PutLogEvents", ("GB", "logs"), Traffic);
pub const METRICS: Tariff =
    tariff(CLOUDWATCH, ("CW:MetricMonitorUsage", Elsewhere), "MetricStorage", ("Metrics", "metric"), Even);
pub const ALARMS: Tariff =
    tariff(CLOUDWATCH, ("CW:AlarmMonitorUsage", Elsewhere), "Unknown", ("Alarms", "alarm"), Even);
pub const OBJECTS: Tariff =
    tariff(S3, ("TimedStorage-ByteHrs", Elsewhere), "StandardStorage", ("GB-Mo", "object-storage"), Even);
pub const IMAGES: Tariff =
    tariff("Amazon EC2 Container Registry (ECR)", ("TimedStorage-ByteHrs", Elsewhere), "", ("GB-Mo", "registry"), Even);
pub const SECRETS: Tariff =
    tariff("AWS Secrets Manager", ("AWSSecretsManager-Secrets", Always), "", ("Secrets", "secret"), Even);
pub const ZONES: Tariff = tariff("Amazon Route 53", ("HostedZone", Global), "HostedZone", ("HostedZone", "zone"), Even);
pub const EDGE_BYTES: Tariff =
    tariff(CLOUDFRONT, ("US-DataTransfer-Out-Bytes", Global), "GET", ("GB", "edge-gb"), Visitors);
/// Memory is paid for all the time, CPU while a request is served.
pub const APP_MEMORY: Tariff =
    tariff("AWS App Runner", ("AppRunner-Provisioned-GB-hours", Always), "", ("GB-Hours", "app-gb"), Even);
pub const APP_VCPU: Tariff =
    tariff("AWS App Runner", ("AppRunner-vCPU-hours", Always), "", ("vCPU-Hours", "app-vcpu"), Visitors);
pub const WEB_ACLS: Tariff = tariff("AWS WAF", ("WebACLV2", Always), "", ("ACL-Mo", "web-acl"), Even);
pub const WEB_RULES: Tariff = tariff("AWS WAF", ("RuleV2", Always), "", ("Rule-Mo", "web-rule"), Even);
pub const COST_REQUESTS: Tariff =
    tariff("AWS Cost Explorer", ("APIRequest", Always), "GetCostAndUsage", ("Requests", "cost-request"), Even);

/// What Spot instances cost of what they would on demand.
const SPOT_SHARE: Decimal = Decimal::from_parts(35, 0, 0, false, 2);

impl Tariff {
    /// The usage of it by `project` in `region`; `size` is what instances, classes and nodes are told apart by.
    pub fn usage(&self, project: Option<&'static str>, region: &str, size: &str) -> Usage {
        let code = match self.place {
            Always => prefix(region, true),
            Elsewhere => prefix(region, false),
            Global => "",
        };
        let priced = if self.price.is_empty() { size } else { self.price };
        // A standby in another zone costs as much again; Spot capacity, by and large, a third.
        let times = match self.usage_type {
            "SpotUsage:" => SPOT_SHARE,
            it if it.contains("Multi-AZ") => Decimal::TWO,
            _ => Decimal::ONE,
        };
        Usage {
            project,
            service: self.service,
            usage_type: format!("{code}{}{size}", self.usage_type),
            operation: self.operation,
            region: if self.place == Global { "global" } else { region }.to_owned(),
            unit: self.unit,
            price: price(region, priced) * times,
            rhythm: self.rhythm,
            late: matches!(self.service, CLOUDFRONT | S3),
        }
    }
}
