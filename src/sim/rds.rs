//! Amazon RDS: the database instances that stacks use. Their metrics are CloudWatch's.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

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

const INSTANCES: Rule = Rule {
    listing: "rds.DescribeDBInstances",
    size_name: "maxRecords",
    default: 100,
    min: 20,
    max: 100,
    bad_size: "InvalidParameterValue",
    bad_token: "InvalidParameterValue",
};
const PORT: u16 = 5432;
/// How far behind now a database can be restored to.
const RESTORABLE: SignedDuration = SignedDuration::from_mins(4);

/// What RDS holds in one region: instances by identifier.
#[derive(Debug, Default)]
pub struct State {
    instances: BTreeMap<String, Instance>,
}

#[derive(Debug)]
struct Instance {
    spec: InstanceSpec,
    zone: String,
    second_zone: Option<String>,
    created: Timestamp,
    security_group: String,
}

/// A PostgreSQL instance.
#[derive(Debug, Clone, Copy)]
pub struct InstanceSpec {
    pub id: &'static str,
    pub network: Network,
    pub class: &'static str,
    pub version: &'static str,
    pub database: &'static str,
    /// GiB: what it has now, and how far storage autoscaling may go.
    pub storage: u32,
    pub largest_storage: Option<u32>,
    pub storage_type: &'static str,
    pub backup_days: u32,
    pub multi_zone: bool,
    pub performance_insights: bool,
    /// The instance that it is a read replica of, and its own replicas.
    pub source: Option<&'static str>,
    pub replicas: &'static [&'static str],
}

/// Adds an instance that was created `seconds` ago.
pub fn seed(region: &mut Region, tick: &Tick<'_>, spec: InstanceSpec, seconds: f64) {
    let instance = Instance {
        spec,
        zone: tick.place.zone('a'),
        second_zone: spec.multi_zone.then(|| tick.place.zone('b')),
        created: tick.after(-seconds),
        security_group: region.ec2.protect(
            tick.place,
            spec.network,
            &format!("{}-db-sg", spec.source.unwrap_or(spec.id)),
            [(Some(PORT), Source::Network)],
        ),
    };
    region.rds.instances.insert(spec.id.to_owned(), instance);
}

impl State {
    /// The instance called `id`, as it is billed.
    pub fn instance(&self, id: &str) -> Option<&InstanceSpec> {
        self.instances.get(id).map(|instance| &instance.spec)
    }
}

/// The operations of RDS; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    match call.operation {
        "DescribeDBInstances" => Some(describe(&world.region(&call.place).rds, call, now)),
        _ => None,
    }
}

fn describe(state: &State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let id = input.text("DBInstanceIdentifier")?;
    let id = id.map(|id| id.rsplit_once(":db:").map_or(id, |(_, id)| id));
    let wanted = |instance: &&Instance| id.is_none_or(|id| instance.spec.id.eq_ignore_ascii_case(id));
    let found: Vec<&Instance> = state.instances.values().filter(wanted).collect();
    if let Some(id) = id.filter(|_| found.is_empty()) {
        return Err(ApiError::bad_request("DBInstanceNotFound", format!("DBInstance {id} not found.")).with_status(404));
    }
    let page = page(found, input.text("Marker")?, input.int("MaxRecords")?, &INSTANCES, |it| it.spec.id.to_owned())?;
    let instances = page.items.into_iter().map(|instance| instance.spelt(call, now));
    Ok(shape! { "Marker" => page.next, "DBInstances" => Value::named("DBInstance", instances) })
}

impl Instance {
    fn spelt(&self, call: &Call<'_>, now: Timestamp) -> Value {
        let Self { spec, zone, second_zone, created, security_group } = self;
        let address = format!("{}.c9akciq32.{}.rds.amazonaws.com", spec.id, call.place.region);
        let place = &call.place;
        let subnets = spec.network.zones.iter().map(|letter| {
            let subnet = spec.network.database(place, *letter);
            shape! {
                "SubnetIdentifier" => subnet.id,
                "SubnetAvailabilityZone" => shape! { "Name" => subnet.zone },
                "SubnetStatus" => "Active",
            }
        });
        let subnets = shape! {
            "DBSubnetGroupName" => spec.network.name,
            "DBSubnetGroupDescription" => "private subnets",
            "VpcId" => spec.network.vpc_id(place),
            "SubnetGroupStatus" => "Complete",
            "Subnets" => Value::named("Subnet", subnets),
        };
        let member = shape! { "VpcSecurityGroupId" => security_group, "Status" => "active" };
        let replicas = spec.replicas.iter().map(|id| Value::from(*id));
        shape! {
            "DBInstanceIdentifier" => spec.id,
            "DBInstanceClass" => spec.class,
            "Engine" => "postgres",
            "DBInstanceStatus" => "available",
            "MasterUsername" => "postgres",
            "DBName" => spec.database,
            "Endpoint" => shape! { "Address" => address, "Port" => PORT, "HostedZoneId" => "Z1TTGA775OQIYO" },
            "AllocatedStorage" => spec.storage,
            "InstanceCreateTime" => *created,
            "PreferredBackupWindow" => "02:00-02:30",
            "BackupRetentionPeriod" => spec.backup_days,
            "AvailabilityZone" => zone,
            "VpcSecurityGroups" => Value::named("VpcSecurityGroupMembership", [member]),
            "DBSubnetGroup" => subnets,
            "PreferredMaintenanceWindow" => "sun:03:30-sun:04:00",
            "PendingModifiedValues" => Value::empty(),
            "LatestRestorableTime" => (spec.backup_days > 0).then(|| now.saturating_sub(RESTORABLE).unwrap_or(now)),
            "MultiAZ" => spec.multi_zone,
            "EngineVersion" => spec.version,
            "AutoMinorVersionUpgrade" => true,
            "ReadReplicaSourceDBInstanceIdentifier" => spec.source,
            "ReadReplicaDBInstanceIdentifiers" => Value::named("ReadReplicaDBInstanceIdentifier", replicas),
            "LicenseModel" => "postgresql-license",
            "SecondaryAvailabilityZone" => second_zone.as_ref(),
            "PubliclyAccessible" => false,
            "StorageType" => spec.storage_type,
            "StorageEncrypted" => true,
            "MaxAllocatedStorage" => spec.largest_storage,
            "DBInstanceArn" => call.place.arn("rds", format_args!("db:{}", spec.id)),
            "PerformanceInsightsEnabled" => spec.performance_insights,
            "DeletionProtection" => spec.multi_zone,
        }
    }
}
