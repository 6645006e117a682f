//! Amazon ElastiCache: the nodes and replication groups that stacks use. Their metrics are CloudWatch's.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    ec2::{Network, Source},
    wire::{
        call::{Call, Reply},
        error::ApiError,
        page::{Rule, page},
        value::{Value, shape},
    },
    world::{Region, Tick, World},
};

const CLUSTERS: Rule = Rule {
    listing: "elasticache.DescribeCacheClusters",
    size_name: "maxRecords",
    default: 100,
    min: 20,
    max: 100,
    bad_size: "InvalidParameterValue",
    bad_token: "InvalidParameterValue",
};
const GROUPS: Rule = Rule { listing: "elasticache.DescribeReplicationGroups", ..CLUSTERS };
const PORT: u16 = 6379;

/// What ElastiCache holds in one region: clusters of one node each, by id.
#[derive(Debug, Default)]
pub struct State {
    clusters: BTreeMap<String, Cluster>,
}

#[derive(Debug)]
struct Cluster {
    spec: CacheSpec,
    zone: String,
    created: Timestamp,
    address: String,
    security_group: String,
}

/// A Redis cluster of one node, alone or as a member of a replication group.
#[derive(Debug, Clone, Copy)]
pub struct CacheSpec {
    pub id: &'static str,
    pub network: Network,
    /// The replication group, and whether this is its primary.
    pub group: Option<(&'static str, bool)>,
    pub node_type: &'static str,
    pub version: &'static str,
    pub zone: char,
    /// Encrypted in transit, with a token.
    pub encrypted: bool,
    /// The domain of its endpoint after its own name, as `7xq2ab.0001.use1.cache.amazonaws.com`.
    pub domain: &'static str,
}

/// Adds a cluster that was created `seconds` ago.
pub fn seed(region: &mut Region, tick: &Tick<'_>, spec: CacheSpec, seconds: f64) {
    let cluster = Cluster {
        spec,
        zone: tick.place.zone(spec.zone),
        created: tick.after(-seconds),
        address: format!("{}.{}", spec.id, spec.domain),
        security_group: region.ec2.protect(
            tick.place,
            spec.network,
            &format!("{}-sg", spec.group_name()),
            [(Some(PORT), Source::Network)],
        ),
    };
    region.elasticache.clusters.insert(spec.id.to_owned(), cluster);
}

impl CacheSpec {
    /// What its subnet group and its security group are called after.
    fn group_name(&self) -> &'static str {
        self.group.map_or(self.id, |(group, _)| group)
    }
}

impl State {
    /// The node type of the cluster called `id`.
    pub fn node_type(&self, id: &str) -> Option<&'static str> {
        self.clusters.get(id).map(|cluster| cluster.spec.node_type)
    }
}

/// The operations of ElastiCache; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let state = &world.region(&call.place).elasticache;
    match call.operation {
        "DescribeCacheClusters" => Some(describe_clusters(state, call)),
        "DescribeReplicationGroups" => Some(describe_groups(state, call)),
        _ => None,
    }
}

fn describe_clusters(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let id = input.text("CacheClusterId")?;
    let alone = input.bool("ShowCacheClustersNotInReplicationGroups")?.unwrap_or(false);
    let nodes = input.bool("ShowCacheNodeInfo")?.unwrap_or(false);
    let wanted =
        |cluster: &&Cluster| id.is_none_or(|id| cluster.spec.id == id) && (!alone || cluster.spec.group.is_none());
    let found: Vec<&Cluster> = state.clusters.values().filter(wanted).collect();
    if let Some(id) = id.filter(|_| found.is_empty()) {
        return Err(
            ApiError::bad_request("CacheClusterNotFound", format!("CacheCluster not found: {id}")).with_status(404)
        );
    }
    let page = page(found, input.text("Marker")?, input.int("MaxRecords")?, &CLUSTERS, |it| it.spec.id.to_owned())?;
    let clusters = page.items.into_iter().map(|cluster| cluster.spelt(nodes, call));
    Ok(shape! { "Marker" => page.next, "CacheClusters" => Value::named("CacheCluster", clusters) })
}

impl Cluster {
    fn spelt(&self, nodes: bool, call: &Call<'_>) -> Value {
        let Self { spec, zone, created, .. } = self;
        let node = shape! {
            "CacheNodeId" => "0001",
            "CacheNodeStatus" => "available",
            "CacheNodeCreateTime" => *created,
            "Endpoint" => self.endpoint(),
            "ParameterGroupStatus" => "in-sync",
            "CustomerAvailabilityZone" => zone,
        };
        shape! {
            "CacheClusterId" => spec.id,
            "CacheNodeType" => spec.node_type,
            "Engine" => "redis",
            "EngineVersion" => spec.version,
            "CacheClusterStatus" => "available",
            "NumCacheNodes" => 1,
            "PreferredAvailabilityZone" => zone,
            "CacheClusterCreateTime" => *created,
            "PreferredMaintenanceWindow" => "sun:03:00-sun:04:00",
            "PendingModifiedValues" => Value::empty(),
            "CacheSubnetGroupName" => spec.group_name(),
            "CacheNodes" => nodes.then(|| Value::named("CacheNode", [node])),
            "AutoMinorVersionUpgrade" => true,
            "ReplicationGroupId" => spec.group.map(|(group, _)| group),
            "SecurityGroups" => Value::list([
                shape! { "SecurityGroupId" => &self.security_group, "Status" => "active" },
            ]),
            "SnapshotRetentionLimit" => 0,
            "AuthTokenEnabled" => spec.encrypted,
            "TransitEncryptionEnabled" => spec.encrypted,
            "AtRestEncryptionEnabled" => spec.encrypted,
            "ARN" => call.place.arn("elasticache", format_args!("cluster:{}", spec.id)),
        }
    }

    fn endpoint(&self) -> Value {
        shape! { "Address" => &self.address, "Port" => PORT }
    }
}

fn describe_groups(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let id = input.text("ReplicationGroupId")?;
    let mut groups: BTreeMap<&str, Vec<&Cluster>> = BTreeMap::new();
    for cluster in state.clusters.values() {
        if let Some((group, _)) = cluster.spec.group.filter(|(group, _)| id.is_none_or(|id| id == *group)) {
            groups.entry(group).or_default().push(cluster);
        }
    }
    if let Some(id) = id.filter(|_| groups.is_empty()) {
        let message = format!("ReplicationGroup {id} not found.");
        return Err(ApiError::bad_request("ReplicationGroupNotFoundFault", message).with_status(404));
    }
    let found = groups.into_iter().collect();
    let page = page(found, input.text("Marker")?, input.int("MaxRecords")?, &GROUPS, |(id, _)| (*id).to_owned())?;
    let groups = page.items.into_iter().map(|(id, members)| group(id, &members, call));
    Ok(shape! { "Marker" => page.next, "ReplicationGroups" => Value::named("ReplicationGroup", groups) })
}

fn group(id: &str, members: &[&Cluster], call: &Call<'_>) -> Value {
    let primary = |cluster: &&&Cluster| cluster.spec.group.is_some_and(|(_, primary)| primary);
    let endpoint = |cluster: Option<&&Cluster>| cluster.map(|cluster| cluster.endpoint());
    let first = members.first();
    let several = members.len() > 1;
    let enabled = if several { "enabled" } else { "disabled" };
    let role = |cluster: &&Cluster| if primary(&cluster) { "primary" } else { "replica" };
    let member = |cluster: &&Cluster| {
        shape! {
            "CacheClusterId" => cluster.spec.id,
            "CacheNodeId" => "0001",
            "ReadEndpoint" => cluster.endpoint(),
            "PreferredAvailabilityZone" => &cluster.zone,
            "CurrentRole" => role(cluster),
        }
    };
    let nodes = shape! {
        "NodeGroupId" => "0001",
        "Status" => "available",
        "PrimaryEndpoint" => endpoint(members.iter().find(primary)),
        "ReaderEndpoint" => endpoint(members.iter().rev().find(|it| !primary(it)).or(first)),
        "NodeGroupMembers" => Value::named("NodeGroupMember", members.iter().map(member)),
    };
    let encrypted = first.is_some_and(|cluster| cluster.spec.encrypted);
    shape! {
        "ReplicationGroupId" => id,
        "Description" => id,
        "Status" => "available",
        "PendingModifiedValues" => Value::empty(),
        "MemberClusters" => Value::named("ClusterId", members.iter().map(|cluster| Value::from(cluster.spec.id))),
        "NodeGroups" => Value::named("NodeGroup", [nodes]),
        "AutomaticFailover" => enabled,
        "MultiAZ" => enabled,
        "SnapshotRetentionLimit" => 0,
        "ClusterEnabled" => false,
        "CacheNodeType" => first.map(|cluster| cluster.spec.node_type),
        "AuthTokenEnabled" => encrypted,
        "TransitEncryptionEnabled" => encrypted,
        "AtRestEncryptionEnabled" => encrypted,
        "ARN" => call.place.arn("elasticache", format_args!("replicationgroup:{id}")),
        "ReplicationGroupCreateTime" => first.map(|cluster| cluster.created),
        "Engine" => "redis",
    }
}
