//! What a stack file says.

use std::sync::Arc;

use super::{capacity::Capacity, care::Care, checklist::ChecklistItem, cost::StackCost, drain::Drain};
use crate::domain::{id::Scope, text::SafeText};

/// One deployed system.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Unique among the stacks of an estate.
    pub name: SafeText,
    pub title: SafeText,
    pub environment: Environment,
    /// No write is offered for it.
    pub read_only: bool,
    pub scopes: Vec<StackScope>,
    pub services: Vec<StackService>,
    pub groups: Vec<StackGroup>,
    pub target_groups: Vec<StackTargetGroup>,
    pub caches: Vec<StackCache>,
    pub databases: Vec<StackDatabase>,
    pub alarms: AlarmSelection,
    pub care: Care,
    /// How much of everything so many sessions need, where the file says.
    pub capacity: Option<Capacity>,
    /// `None`: nobody has said which part of the bill is its own.
    pub cost: Option<StackCost>,
    /// What must exist before anybody relies on it, in the order of the file.
    pub checklist: Vec<ChecklistItem>,
    /// Made up, without a stack file, for what its scope holds beside its clusters: whatever its scope's listings
    /// cannot tell is missing here.
    pub found: bool,
}

impl Stack {
    /// Uses `profile` where the stack file leaves the profile open.
    pub fn use_profile(&mut self, profile: &str) {
        let scopes = self.scopes.iter_mut().map(|it| &mut it.scope);
        let of_services = self.services.iter_mut().flat_map(|it| &mut it.scopes);
        let of_groups = self.groups.iter_mut().flat_map(|it| &mut it.scopes);
        let of_target_groups = self.target_groups.iter_mut().flat_map(|it| &mut it.scopes);
        let of_caches = self.caches.iter_mut().flat_map(|it| &mut it.scopes);
        let of_databases = self.databases.iter_mut().flat_map(|it| &mut it.scopes);
        let of_items = self.checklist.iter_mut().flat_map(|it| &mut it.scopes);
        let others = of_caches.chain(of_databases).chain(of_items);
        for scope in scopes.chain(of_services).chain(of_groups).chain(of_target_groups).chain(others) {
            if scope.profile.is_empty() {
                scope.profile = profile.into();
            }
        }
    }

    /// The services that are deployed as one; all of them where the file says so of none.
    pub fn released_together(&self) -> Vec<&StackService> {
        let together: Vec<_> = self.services.iter().filter(|it| it.together.is_some()).collect();
        if together.is_empty() { self.services.iter().collect() } else { together }
    }

    /// The services that may sleep at zero tasks.
    pub fn sleepers(&self) -> impl Iterator<Item = &StackService> {
        self.services.iter().filter(|it| it.may_sleep)
    }
}

/// How careful to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    Production,
    /// Anything else, by its own name (`development` where the file says nothing).
    Other(SafeText),
}

/// Where (a part of) the stack runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackScope {
    pub scope: Scope,
    /// The account that the credentials must belong to; checked against GetCallerIdentity.
    pub account: Option<SafeText>,
}

/// An ECS service of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct StackService {
    /// The scopes it runs in: all of the stack's, or the one named by region.
    pub scopes: Vec<Scope>,
    pub cluster: Arc<str>,
    pub name: Arc<str>,
    /// p95 of the target's answers that is promised, in milliseconds, by scope.
    pub promise_p95_ms: Option<f64>,
    /// Never fewer tasks than this.
    pub min_tasks: Option<u32>,
    /// Holds state in memory: at most one task, and a deployment loses it.
    pub stateful: bool,
    /// May sleep at zero tasks without that being a fault.
    pub may_sleep: bool,
    /// Names of services of the stack that must be awake before it is woken.
    pub needs: Vec<Arc<str>>,
    /// Groups of services that are deployed together carry the same word.
    pub together: Option<SafeText>,
}

/// An Auto Scaling group of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct StackGroup {
    pub scopes: Vec<Scope>,
    pub name: Arc<str>,
    /// Where its instances hold sessions.
    pub sessions: Option<SessionSource>,
    pub drain: Drain,
    /// Name of the log group in which each instance writes streams whose names begin with its id.
    pub logs: Option<Arc<str>>,
}

/// Where the sessions of a group's gateways are read, and how many one takes.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSource {
    /// DynamoDB table with one item per open session, and the attribute that names the gateway.
    pub table: Option<(Arc<str>, Arc<str>)>,
    /// Metric of sessions; without a dimension its Average is per gateway.
    pub metric: Option<SessionMetric>,
    /// Sessions that a gateway takes, by instance type.
    pub limits: Vec<(SafeText, u32)>,
    /// What a gateway takes whatever its type (`MAX_SESSIONS`).
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionMetric {
    pub namespace: SafeText,
    pub name: SafeText,
    /// As `InstanceId`, where gateways publish one.
    pub dimension: Option<SafeText>,
}

impl SessionSource {
    /// Sessions that an instance of this type takes; `None` where the file does not say.
    pub fn limit_of(&self, instance_type: &str) -> Option<u32> {
        self.limit.or_else(|| self.limits.iter().find(|(it, _)| it.as_str() == instance_type).map(|(_, limit)| *limit))
    }
}

/// A target group of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackTargetGroup {
    pub scopes: Vec<Scope>,
    pub name: Arc<str>,
    /// Name of the stack's service behind it.
    pub service: Option<Arc<str>>,
}

/// An ElastiCache node of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackCache {
    pub scopes: Vec<Scope>,
    /// Its `CacheClusterId`.
    pub name: Arc<str>,
}

/// An RDS database instance of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDatabase {
    pub scopes: Vec<Scope>,
    /// Its `DBInstanceIdentifier`.
    pub name: Arc<str>,
    /// The database of the stack that it is a read replica of.
    pub replica_of: Option<Arc<str>>,
}

/// Which alarms of its scopes are the stack's: those whose names start with one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmSelection {
    pub prefixes: Vec<SafeText>,
    pub names: Vec<SafeText>,
}

impl AlarmSelection {
    /// Whether the alarm called `name` is the stack's.
    pub fn holds(&self, name: &str) -> bool {
        self.names.iter().any(|it| it.as_str() == name) || self.prefixes.iter().any(|it| name.starts_with(it.as_str()))
    }
}
