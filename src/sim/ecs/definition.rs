//! Task definitions: families of immutable revisions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::{
    wire::{error::ApiError, input::Input, value::Value},
    world::Tick,
};
use super::fargate;

/// One revision of a family.
#[derive(Debug, Clone)]
pub struct TaskDefinition {
    pub arn: String,
    pub family: String,
    pub revision: u32,
    /// False once it is deregistered (`INACTIVE`).
    pub active: bool,
    pub registered_at: Timestamp,
    pub deregistered_at: Option<Timestamp>,
    /// CPU units and MiB, as text on the wire; empty where not given.
    pub cpu: String,
    pub memory: String,
    pub containers: Vec<ContainerDefinition>,
    /// The members as they were registered, for `DescribeTaskDefinition`.
    pub document: Vec<(String, Value)>,
    pub tags: Vec<(String, String)>,
}

/// What the simulator needs to know of a container to run it.
#[derive(Debug, Clone)]
pub struct ContainerDefinition {
    pub name: String,
    pub image: String,
    pub port: Option<u16>,
    pub essential: bool,
    /// Whether a deployment fixes the digest of its tag for all of its tasks (`versionConsistency`).
    pub consistent: bool,
    /// Seconds from SIGTERM to SIGKILL.
    pub stop_timeout: f64,
    pub health_check: Option<HealthCheck>,
    /// Group and stream prefix of the `awslogs` driver.
    pub logs: Option<(String, String)>,
}

/// A container health check; seconds.
#[derive(Debug, Clone, Copy)]
pub struct HealthCheck {
    pub interval: f64,
    pub retries: u32,
    pub start_period: f64,
}

/// Every task definition of a region, by family; revisions in order.
#[derive(Debug, Default)]
pub struct Definitions {
    families: BTreeMap<String, Vec<TaskDefinition>>,
}

impl Definitions {
    /// When the first revision that names this role for its tasks, or to start them, was registered.
    pub fn role_since(&self, role: &str) -> Option<Timestamp> {
        let names_it = |definition: &&TaskDefinition| {
            definition.document.iter().any(|(key, value)| {
                let arn = matches!(key.as_str(), "taskRoleArn" | "executionRoleArn").then_some(value);
                matches!(arn, Some(Value::Text(arn)) if arn.rsplit_once(":role/").is_some_and(|(_, name)| name == role))
            })
        };
        self.families.values().flatten().filter(names_it).map(|it| it.registered_at).min()
    }
}

/// The members that are registered and described as they are.
const ECHOED: [&str; 17] = [
    "containerDefinitions",
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "runtimePlatform",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "enableFaultInjection",
];

impl Definitions {
    /// The definition that `reference` means: a family (its latest ACTIVE revision), `family:revision` or an ARN.
    pub fn find(&self, reference: &str) -> Option<&TaskDefinition> {
        let name = reference.split_once(":task-definition/").map_or(reference, |(_, name)| name);
        match name.split_once(':') {
            None => self.families.get(name)?.iter().rev().find(|definition| definition.active),
            Some((family, revision)) => {
                let revision: u32 = revision.parse().ok()?;
                let found = self.families.get(family)?.iter().find(|definition| definition.revision == revision)?;
                (!reference.starts_with("arn:") || found.arn == reference).then_some(found)
            }
        }
    }

    pub fn find_mut(&mut self, reference: &str) -> Option<&mut TaskDefinition> {
        let (family, revision) = self.find(reference).map(|it| (it.family.clone(), it.revision))?;
        self.families.get_mut(&family)?.iter_mut().find(|definition| definition.revision == revision)
    }

    /// Every revision, by family and number.
    pub fn all(&self) -> impl Iterator<Item = &TaskDefinition> {
        self.families.values().flatten()
    }

    /// Registers the next revision of a family (`RegisterTaskDefinition`); `ClientException` where it is not valid.
    pub fn register(&mut self, input: Input<'_>, tick: &Tick<'_>) -> Result<&TaskDefinition, ApiError> {
        let family = input.text("family")?.filter(|family| valid_name(family)).ok_or_else(|| {
            refused("Family contains invalid characters or is missing. It should match [A-Za-z0-9_-]{1,255}.")
        })?;
        let containers = input.items("containerDefinitions")?;
        if containers.is_empty() {
            return Err(refused("Container list cannot be empty."));
        }
        let containers = containers.into_iter().map(container).collect::<Result<Vec<_>, _>>()?;
        if !containers.iter().any(|container| container.essential) {
            return Err(refused("At least one container must be marked as essential."));
        }
        let (cpu, memory) = fargate::size(input)?;
        let revision = self.families.get(family).and_then(|it| it.last()).map_or(1, |last| last.revision + 1);
        let definition = TaskDefinition {
            arn: tick.place.arn("ecs", format_args!("task-definition/{family}:{revision}")),
            family: family.to_owned(),
            revision,
            active: true,
            registered_at: tick.now,
            deregistered_at: None,
            document: document(input, &cpu, &memory),
            cpu,
            memory,
            containers,
            tags: tags(input)?,
        };
        let revisions = self.families.entry(family.to_owned()).or_default();
        revisions.push(definition);
        revisions.last().ok_or_else(|| refused("Unable to register task definition."))
    }
}

/// The registered members, with the defaults that AWS fills in.
fn document(input: Input<'_>, cpu: &str, memory: &str) -> Vec<(String, Value)> {
    let mut members = Vec::new();
    for name in ECHOED {
        let value = match name {
            "containerDefinitions" => containers_with_defaults(input),
            "cpu" if !cpu.is_empty() => Value::from(cpu),
            "memory" if !memory.is_empty() => Value::from(memory),
            "volumes" | "placementConstraints" => input.0.get(name).cloned().unwrap_or_else(|| Value::List(Vec::new())),
            _ => input.0.get(name).cloned().unwrap_or(Value::Absent),
        };
        members.push((name.to_owned(), value));
    }
    members
}

fn containers_with_defaults(input: Input<'_>) -> Value {
    let Some(Value::List(containers)) = input.0.get("containerDefinitions") else { return Value::List(Vec::new()) };
    let defaults = [
        ("cpu", Value::Int(0)),
        ("portMappings", Value::List(Vec::new())),
        ("essential", Value::Bool(true)),
        ("environment", Value::List(Vec::new())),
        ("mountPoints", Value::List(Vec::new())),
        ("volumesFrom", Value::List(Vec::new())),
        ("systemControls", Value::List(Vec::new())),
    ];
    let complete = |container: &Value| {
        let Value::Map(mut members) = container.clone() else { return container.clone() };
        for (name, value) in &defaults {
            if container.get(name).is_none() {
                members.push(((*name).to_owned(), value.clone()));
            }
        }
        Value::Map(members)
    };
    Value::List(containers.iter().map(complete).collect())
}

fn container(input: Input<'_>) -> Result<ContainerDefinition, ApiError> {
    let name = input.text("name")?.filter(|name| valid_name(name));
    let name = name.ok_or_else(|| refused("Container.name contains invalid characters or is missing."))?;
    let image = input.text("image")?.filter(|image| !image.is_empty());
    let image = image.ok_or_else(|| refused("Container.image should not be null or empty."))?;
    let port = input.items("portMappings")?.first().map(|mapping| mapping.int("containerPort")).transpose()?.flatten();
    let stop_timeout = input.double("stopTimeout")?.unwrap_or(30.0);
    if !(0.0..=120.0).contains(&stop_timeout) {
        return Err(refused("Container.stopTimeout must be at most 120 seconds on Fargate."));
    }
    Ok(ContainerDefinition {
        name: name.to_owned(),
        image: image.to_owned(),
        port: port.and_then(|port| u16::try_from(port).ok()),
        essential: input.bool("essential")?.unwrap_or(true),
        consistent: input.text("versionConsistency")? != Some("disabled"),
        stop_timeout,
        health_check: input.object("healthCheck").map(health_check).transpose()?,
        logs: input.object("logConfiguration").map(logs).transpose()?.flatten(),
    })
}

/// Where the `awslogs` driver writes. On Fargate it needs a prefix.
fn logs(input: Input<'_>) -> Result<Option<(String, String)>, ApiError> {
    let options = input.object("options").filter(|_| input.text("logDriver") == Ok(Some("awslogs")));
    let Some(options) = options else { return Ok(None) };
    let option = |name| options.text(name).map(|text| text.map(str::to_owned));
    Ok(option("awslogs-group")?.zip(option("awslogs-stream-prefix")?))
}

fn health_check(input: Input<'_>) -> Result<HealthCheck, ApiError> {
    if input.items("command")?.is_empty() {
        return Err(refused("Container.healthCheck.command should not be null or empty."));
    }
    Ok(HealthCheck {
        interval: input.double("interval")?.unwrap_or(30.0),
        retries: input.int("retries")?.and_then(|retries| u32::try_from(retries).ok()).unwrap_or(3),
        start_period: input.double("startPeriod")?.unwrap_or(0.0),
    })
}

/// The `tags` of a request.
fn tags(input: Input<'_>) -> Result<Vec<(String, String)>, ApiError> {
    let tag = |tag: Input<'_>| {
        Ok((tag.text("key")?.unwrap_or_default().to_owned(), tag.text("value")?.unwrap_or_default().to_owned()))
    };
    input.items("tags")?.into_iter().map(tag).collect()
}

fn valid_name(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_')
}

fn refused(message: &str) -> ApiError {
    ApiError::bad_request("ClientException", message)
}
