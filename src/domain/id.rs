//! Who is who: scopes, kinds and the ids that cursors, marks and plans hold.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::SafeText;

/// One AWS profile in one region; every resource belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Name of the profile; empty for the default credentials chain.
    pub profile: Arc<str>,
    pub region: Arc<str>,
}

impl Scope {
    pub fn new(profile: &str, region: &str) -> Self {
        Self { profile: profile.into(), region: region.into() }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = if self.profile.is_empty() { "default" } else { &self.profile };
        write!(f, "{}/{}", SafeText::new(profile), SafeText::new(&self.region))
    }
}

/// An ARN as AWS wrote it: exact for calls, sanitised for show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Arc<str>);

impl Arn {
    pub fn new(raw: &str) -> Self {
        Self(raw.into())
    }

    /// The exact text, for calls and comparisons only.
    pub fn wire(&self) -> &str {
        &self.0
    }

    /// What follows the last `/` or `:`: the name, id or revision.
    pub fn tail(&self) -> SafeText {
        SafeText::new(self.0.rsplit(['/', ':']).next().unwrap_or_default())
    }

    /// The name to show of what has more after it: `family:revision` of a task definition, the name of a
    /// target group without its id.
    pub fn short_name(&self) -> SafeText {
        let resource = self.0.splitn(6, ':').nth(5).unwrap_or(&self.0);
        let mut parts = resource.split('/');
        match (parts.next(), parts.next()) {
            (Some("task-definition" | "targetgroup"), Some(name)) => SafeText::new(name),
            // `loadbalancer/app/NAME/ID`.
            (Some("loadbalancer"), Some(_)) => SafeText::new(parts.next().unwrap_or_default()),
            _ => self.tail(),
        }
    }

    /// The twelve digits of the account, or nothing where this is no ARN.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SafeText::new(&self.0).fmt(f)
    }
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SafeText::new(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Arc::<str>::deserialize(deserializer).map(Self)
    }
}

/// Names an operation, in the journal and between restarts, as `20261121-104512-3fa9c1d2`: when it began, and the
/// beginning of its plan's digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperationId(SafeText);

impl OperationId {
    pub fn new(began_at: Timestamp, plan_digest: &str) -> Self {
        let short: String = plan_digest.chars().filter(char::is_ascii_hexdigit).take(8).collect();
        Self(format!("{}-{short}", began_at.strftime("%Y%m%d-%H%M%S")).into())
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for OperationId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// What sort of thing a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Stack,
    Service,
    Task,
    Deployment,
    Group,
    Instance,
    TargetGroup,
    Target,
    Session,
    Alarm,
    /// An ElastiCache node.
    Cache,
    /// An RDS database instance.
    Database,
    /// A chart of one or more series of a resource.
    Chart,
    /// A profile in a region itself: what faults of identity are about.
    Scope,
    /// Stopped tasks of a service that stopped of the same.
    Stops,
    /// A rule of a load balancer's listener.
    Rule,
    /// One of a service's events, or several that say the same.
    Event,
    /// An entry of the timeline.
    Entry,
    /// What money is spent on: an item of a stack's bill, or what no stack has.
    Spend,
    /// What was done from a console, as the journal tells of it.
    Operation,
    /// The journal itself: whether it is as it was written.
    Journal,
    /// A line of a log.
    Line,
}

impl Kind {
    /// The word for it on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Service => "service",
            Self::Task => "task",
            Self::Deployment => "deployment",
            Self::Group => "group",
            Self::Instance => "gateway",
            Self::TargetGroup => "target group",
            Self::Target => "target",
            Self::Session => "session",
            Self::Alarm => "alarm",
            Self::Cache => "cache",
            Self::Database => "database",
            Self::Chart => "chart",
            Self::Scope => "scope",
            Self::Stops => "stopped tasks",
            Self::Rule => "rule",
            Self::Event => "event",
            Self::Entry => "entry",
            Self::Spend => "spend",
            Self::Operation => "operation",
            Self::Journal => "journal",
            Self::Line => "log line",
        }
    }
}

/// A resource's stable identity: its scope, kind and ARN (or the name or id that serves as one).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId {
    pub kind: Kind,
    pub scope: Scope,
    /// ARN; for groups, instances, stacks, caches and databases the name or id; for targets
    /// `TARGET-GROUP-ARN|ID:PORT`; for sessions `TABLE|SESSION-ID`; for charts `KEY-OF-THE-RESOURCE|WORD`; for events
    /// `SERVICE-ARN|EVENT-ID`; for stopped tasks `CLUSTER|SERVICE|EXIT-CODE|HASH-OF-REASON`; for entries of the timeline
    /// `NANOSECOND|WHAT`; for spend `STACK|ITEM`, and `|KEY=VALUE` for a tag of no stack; for operations their id; for
    /// lines of a log `GROUP|EVENT-ID`.
    pub key: Arc<str>,
}

impl ResourceId {
    pub fn new(kind: Kind, scope: &Scope, key: &str) -> Self {
        Self { kind, scope: scope.clone(), key: key.into() }
    }

    /// The id of the stack called `name`; stacks lie across scopes.
    pub fn stack(name: &str) -> Self {
        Self::new(Kind::Stack, &Scope::new("", ""), name)
    }

    /// An operation as a resource; operations lie across scopes.
    pub fn operation(id: &OperationId) -> Self {
        Self::new(Kind::Operation, &Scope::new("", ""), id.as_str())
    }

    /// The id of a target: its group's ARN, its address or instance, and its port.
    pub fn target(scope: &Scope, group: &Arn, id: &str, port: u16) -> Self {
        Self::new(Kind::Target, scope, &format!("{}|{id}:{port}", group.wire()))
    }

    /// The short name to show: the last part of an ARN, or the key itself.
    pub fn name(&self) -> SafeText {
        match self.kind {
            Kind::Target | Kind::Session | Kind::Spend => {
                SafeText::new(self.key.split_once('|').map_or(&*self.key, |(_, name)| name))
            }
            Kind::Chart => {
                let (subject, word) = self.key.rsplit_once('|').unwrap_or_default();
                let arn = Arn::new(subject);
                let name = if subject.contains(":targetgroup/") { arn.short_name() } else { arn.tail() };
                SafeText::from(format!("{word} of {name}"))
            }
            Kind::TargetGroup => Arn::new(&self.key).short_name(),
            Kind::Alarm => SafeText::new(self.key.splitn(7, ':').nth(6).unwrap_or(&self.key)),
            Kind::Stops => {
                let mut parts = self.key.split('|').skip(1);
                let (service, exit) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                SafeText::new(&format!("{service} exit {exit}"))
            }
            Kind::Line => SafeText::new(self.key.split('|').next().unwrap_or_default()),
            Kind::Event => Arn::new(self.key.split('|').next().unwrap_or_default()).tail(),
            Kind::Service | Kind::Task | Kind::Deployment | Kind::Rule => Arn::new(&self.key).tail(),
            Kind::Entry => {
                let nanosecond = self.key.split('|').next().and_then(|it| it.parse().ok());
                let at = nanosecond.and_then(|it| Timestamp::from_nanosecond(it).ok());
                at.map_or_else(SafeText::default, |it| it.strftime("of %Y-%m-%d %H:%M:%S UTC").to_string().into())
            }
            _ => SafeText::new(&self.key),
        }
    }
}
