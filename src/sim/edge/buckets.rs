//! How often AWS may be called: a token bucket for each group of operations, account and region.
//!
//! Figures are those that AWS publishes (`aws-reference.md` §5.1, §5.4, §7.1). Of a service that publishes none, nothing
//! is refused, but for EC2 Auto Scaling, which is known to throttle: it has the figures of EC2's reads.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Asked, Trouble};
use crate::sim::{wire::fault::Fault, world::Place};

/// Tokens that a bucket holds when full, and that come back each second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    burst: f64,
    refill: f64,
}

const fn rate(burst: f64, refill: f64) -> Rate {
    Rate { burst, refill }
}

/// Operations that share a bucket: exact names, or beginnings that end in `*`. The first group that covers an operation
/// is its own.
struct Group {
    service: &'static str,
    name: &'static str,
    operations: &'static [&'static str],
    rate: Rate,
}

const fn group(service: &'static str, name: &'static str, operations: &'static [&'static str], rate: Rate) -> Group {
    Group { service, name, operations, rate }
}

const GROUPS: &[Group] = &[
    group("ecs", "service deployments", &["DescribeServiceDeployments", "ListServiceDeployments"], rate(50.0, 20.0)),
    group("ecs", "service revisions", &["DescribeServiceRevisions"], rate(50.0, 20.0)),
    group("ecs", "services by namespace", &["ListServicesByNamespace"], rate(10.0, 1.0)),
    group("ecs", "service reads", &["DescribeServices", "ListServices"], rate(100.0, 20.0)),
    group(
        "ecs",
        "cluster resource reads",
        &["ListTasks", "DescribeTasks", "ListContainerInstances", "DescribeContainerInstances", "ListAttributes"],
        rate(100.0, 20.0),
    ),
    group("ecs", "cluster reads", &["DescribeClusters", "ListClusters"], rate(50.0, 20.0)),
    group(
        "ecs",
        "task definition reads",
        &["DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies"],
        rate(50.0, 20.0),
    ),
    group("ecs", "capacity provider reads", &["DescribeCapacityProviders"], rate(50.0, 20.0)),
    group("ecs", "tag reads", &["ListTagsForResource"], rate(50.0, 20.0)),
    group("ecs", "task protection", &["GetTaskProtection", "UpdateTaskProtection"], rate(200.0, 80.0)),
    group(
        "ecs",
        "service writes",
        &["CreateService", "UpdateService", "DeleteService", "StopServiceDeployment"],
        rate(50.0, 5.0),
    ),
    group("ecs", "cluster resource writes", &["RunTask", "StartTask", "StopTask", "ExecuteCommand"], rate(100.0, 40.0)),
    group(
        "ecs",
        "task definition writes",
        &["RegisterTaskDefinition", "DeregisterTaskDefinition", "DeleteTaskDefinitions"],
        rate(20.0, 1.0),
    ),
    group("ecs", "tag writes", &["TagResource", "UntagResource"], rate(20.0, 10.0)),
    group("ec2", "terminations", &["TerminateInstances"], rate(100.0, 5.0)),
    group("ec2", "launches", &["RunInstances"], rate(5.0, 2.0)),
    group("ec2", "reads", &["Describe*", "Get*"], rate(100.0, 20.0)),
    group("ec2", "writes", &["*"], rate(50.0, 5.0)),
    group("elasticloadbalancing", "reads", &["Describe*"], rate(40.0, 10.0)),
    group("elasticloadbalancing", "registrations", &["RegisterTargets", "DeregisterTargets"], rate(20.0, 4.0)),
    group("elasticloadbalancing", "writes", &["*"], rate(20.0, 3.0)),
    group("autoscaling", "reads", &["Describe*"], rate(100.0, 20.0)),
    group("cloudwatch", "GetMetricData", &["GetMetricData"], rate(50.0, 50.0)),
    group("cloudwatch", "GetMetricStatistics", &["GetMetricStatistics"], rate(400.0, 400.0)),
    group("cloudwatch", "ListMetrics", &["ListMetrics"], rate(25.0, 25.0)),
    group("cloudwatch", "DescribeAlarms", &["DescribeAlarms"], rate(9.0, 9.0)),
    group("cloudwatch", "DescribeAlarmHistory", &["DescribeAlarmHistory"], rate(3.0, 3.0)),
    group("cloudwatch", "PutMetricAlarm", &["PutMetricAlarm"], rate(3.0, 3.0)),
    group("logs", "FilterLogEvents", &["FilterLogEvents"], rate(5.0, 5.0)),
    group("logs", "GetLogEvents", &["GetLogEvents"], rate(10.0, 10.0)),
    group("logs", "DescribeLogGroups", &["DescribeLogGroups"], rate(5.0, 5.0)),
    group("logs", "DescribeLogStreams", &["DescribeLogStreams"], rate(25.0, 25.0)),
    group("sts", "calls", &["*"], rate(600.0, 600.0)),
];

/// EC2's dear reads: of these, without a filter or a page size, fewer are let through.
const DEAR_READS: [&str; 6] = [
    "DescribeInstances",
    "DescribeInstanceStatus",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeVolumes",
];
const DEAR: Group = group("ec2", "reads without filter", &[], rate(50.0, 10.0));
/// The bucket that all calls of a load balancer's account share on top of their own.
const BALANCERS: Group = group("elasticloadbalancing", "all", &[], rate(40.0, 10.0));

/// IAM prefixes of the services that have buckets.
pub const THROTTLED_SERVICES: [&str; 7] =
    ["autoscaling", "cloudwatch", "ec2", "ecs", "elasticloadbalancing", "logs", "sts"];

/// What is left in the buckets that have been used; the others are full.
#[derive(Debug)]
pub struct Buckets {
    /// By how much AWS has raised all of them.
    pub raised: f64,
    left: BTreeMap<(Place, &'static str, &'static str), Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Default for Buckets {
    fn default() -> Self {
        Self { raised: 1.0, left: BTreeMap::new() }
    }
}

impl Buckets {
    /// Takes a token from every bucket of the call, or none where one of them is empty.
    pub fn take(&mut self, asked: &Asked<'_>, troubles: &[Trouble], now: Timestamp) -> Result<(), Fault> {
        let left = strain(asked, troubles);
        let groups = groups_of(asked);
        let mut enough = true;
        for group in groups.into_iter().flatten() {
            enough &= self.refilled(asked.place, group, left, now).tokens >= 1.0;
        }
        if !enough {
            return Err(Fault::Throttled);
        }
        for group in groups.into_iter().flatten() {
            self.refilled(asked.place, group, left, now).tokens -= 1.0;
        }
        Ok(())
    }

    /// Takes what is in the buckets of a service but for this share.
    pub fn drain(&mut self, place: &Place, service: &str, left: f64) {
        let groups = GROUPS.iter().chain([&DEAR, &BALANCERS]).filter(|group| group.service == service);
        for group in groups {
            let most = group.rate.burst * self.raised * left;
            let key = (place.clone(), group.service, group.name);
            let level = self.left.entry(key).or_insert(Level { tokens: most, at: Timestamp::MIN });
            level.tokens = level.tokens.min(most);
        }
    }

    /// The bucket with what has come back since it was last used; others leave the share `left` of that.
    fn refilled(&mut self, place: &Place, group: &Group, left: f64, now: Timestamp) -> &mut Level {
        let (burst, refill) = (group.rate.burst * self.raised, group.rate.refill * self.raised);
        let key = (place.clone(), group.service, group.name);
        let level = self.left.entry(key).or_insert(Level { tokens: burst, at: now });
        // A drained bucket that had never been used begins to fill at its first use.
        let seconds = if level.at == Timestamp::MIN { 0.0 } else { now.duration_since(level.at).as_secs_f64() };
        let most = (burst * left).max(1.0);
        level.tokens = (level.tokens + refill * left * seconds).min(most);
        level.at = now;
        level
    }
}

/// The share of a service's buckets that others leave.
fn strain(asked: &Asked<'_>, troubles: &[Trouble]) -> f64 {
    let strains = troubles.iter().filter_map(|it| match it {
        Trouble::Strained { place, service, left } if place == asked.place && service == asked.service => Some(*left),
        _ => None,
    });
    strains.product()
}

/// The buckets that a call takes from.
fn groups_of(asked: &Asked<'_>) -> [Option<&'static Group>; 2] {
    let covers = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => asked.operation.starts_with(beginning),
        None => pattern == asked.operation,
    };
    let is_dear = asked.service == "ec2"
        && DEAR_READS.contains(&asked.operation)
        && !["Filter", "MaxResults", "InstanceId", "GroupId"].iter().any(|name| asked.input.has(name));
    let own = GROUPS.iter().find(|it| it.service == asked.service && it.operations.iter().any(|it| covers(it)));
    let own = if is_dear { Some(&DEAR) } else { own };
    [own, (asked.service == BALANCERS.service).then_some(&BALANCERS)]
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::sim::wire::{input::Input, value::Value};

    fn place() -> Place {
        Place::new("111122223333", "us-east-1")
    }

    /// How many of so many calls at one moment are let through.
    fn admitted(
        buckets: &mut Buckets,
        (service, operation): (&'static str, &str),
        calls: usize,
        troubles: &[Trouble],
        second: i64,
    ) -> usize {
        let (place, input) = (place(), Value::empty());
        let asked = Asked { service, operation, input: Input(&input), place: &place, access_key: "k" };
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        (0..calls).filter(|_| buckets.take(&asked, troubles, now).is_ok()).count()
    }

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_refill() {
        for (call, burst, refill) in [
            (("ecs", "DescribeServices"), 100, 20),
            (("ecs", "UpdateService"), 50, 5),
            (("ec2", "DescribeInstances"), 50, 10),
            (("ec2", "DescribeLaunchTemplates"), 100, 20),
            (("elasticloadbalancing", "DescribeTargetHealth"), 40, 10),
            (("elasticloadbalancing", "ModifyRule"), 20, 3),
            (("cloudwatch", "DescribeAlarms"), 9, 9),
        ] {
            let mut buckets = Buckets::default();
            assert_eq!(admitted(&mut buckets, call, 1000, &[], 0), burst, "{call:?}");
            assert_eq!(admitted(&mut buckets, call, 1000, &[], 1), refill, "{call:?}");
            assert_eq!(admitted(&mut buckets, call, 1000, &[], 1000), burst, "{call:?}");
        }
    }

    #[test]
    fn raised_buckets_let_more_through() {
        let mut buckets = Buckets { raised: 3.0, ..Buckets::default() };
        assert_eq!(admitted(&mut buckets, ("ecs", "DescribeServices"), 1000, &[], 0), 300);
        assert_eq!(admitted(&mut buckets, ("ecs", "DescribeServices"), 1000, &[], 1), 60);
    }

    #[test]
    fn groups_do_not_share_but_all_calls_of_load_balancing_do() {
        let mut buckets = Buckets::default();
        assert_eq!(admitted(&mut buckets, ("ecs", "DescribeServices"), 1000, &[], 0), 100);
        assert_eq!(admitted(&mut buckets, ("ecs", "ListTasks"), 1000, &[], 0), 100);
        assert_eq!(admitted(&mut buckets, ("elasticloadbalancing", "ModifyRule"), 15, &[], 0), 15);
        assert_eq!(admitted(&mut buckets, ("elasticloadbalancing", "DescribeRules"), 1000, &[], 0), 25);
        assert_eq!(admitted(&mut buckets, ("dynamodb", "Scan"), 10_000, &[], 0), 10_000, "it publishes no figure");
    }

    #[test]
    fn others_leave_a_share_and_all_of_it_again_afterwards() {
        let call = ("elasticloadbalancing", "DescribeTargetHealth");
        let strained = [Trouble::Strained { place: place(), service: call.0.to_owned(), left: 0.1 }];
        let mut buckets = Buckets::default();
        buckets.drain(&place(), call.0, 0.0);
        assert_eq!(admitted(&mut buckets, call, 1000, &strained, 0), 0);
        assert_eq!(admitted(&mut buckets, call, 1000, &strained, 1), 1);
        assert_eq!(admitted(&mut buckets, call, 1000, &strained, 60), 4);
        assert_eq!(admitted(&mut buckets, call, 1000, &[], 61), 10);
    }

    #[test]
    fn every_group_belongs_to_a_service_that_can_be_strained() {
        for group in GROUPS.iter().chain([&DEAR, &BALANCERS]) {
            assert!(THROTTLED_SERVICES.contains(&group.service), "{}", group.service);
        }
    }
}
