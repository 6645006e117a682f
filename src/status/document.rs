//! The document of `quarterdeck status --json`, schema `quarterdeck.status/1`; every field is documented in
//! `docs/status-json.md`.
//!
//! Fields are added within a schema number, never renamed, removed or given another meaning.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::cost::StackCostStatus;

use crate::{
    domain::{
        fault::Fault,
        id::{Arn, Kind, Scope},
        signal::Severity,
        text::SafeText,
    },
    triage::health::Health,
};

/// The name and version of the document's form.
pub const SCHEMA: &str = "quarterdeck.status/1";

/// One look at everything watched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub schema: &'static str,
    pub observed_at: Timestamp,
    pub complete: bool,
    pub scopes: Vec<ScopeStatus>,
    pub stacks: Vec<StackStatus>,
    pub signals: Vec<SignalStatus>,
    pub api: ApiStatus,
}

impl Status {
    /// Whether not a single read was answered.
    pub fn is_blind(&self) -> bool {
        self.scopes.iter().all(|it| it.answered_at.is_none())
    }
}

/// The profile and region that something belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub profile: Option<SafeText>,
    pub region: SafeText,
}

impl Place {
    pub fn of(scope: &Scope) -> Self {
        let profile = (!scope.profile.is_empty()).then(|| SafeText::new(&scope.profile));
        Self { profile, region: SafeText::new(&scope.region) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScopeStatus {
    #[serde(flatten)]
    pub place: Place,
    pub account: Option<SafeText>,
    pub identity: Option<SafeText>,
    pub answered_at: Option<Timestamp>,
    pub unanswered: Vec<String>,
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackStatus {
    pub name: SafeText,
    pub title: SafeText,
    pub environment: SafeText,
    pub health: Health,
    pub services: Vec<ServiceStatus>,
    pub groups: Vec<GroupStatus>,
    pub target_groups: Vec<TargetGroupStatus>,
    pub sessions: Option<SessionsStatus>,
    pub alarms: Vec<AlarmStatus>,
    /// What is known of this month; never asked for by a look.
    pub cost: Option<StackCostStatus>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceStatus {
    pub arn: Option<Arn>,
    pub name: SafeText,
    pub cluster: SafeText,
    #[serde(flatten)]
    pub place: Place,
    pub observed_at: Option<Timestamp>,
    pub health: Health,
    pub desired: Option<u32>,
    pub running: Option<u32>,
    pub pending: Option<u32>,
    pub task_definition: Option<Arn>,
    pub deployment: Option<RolloutStatus>,
}

/// The newest deployment of a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RolloutStatus {
    pub id: SafeText,
    pub state: &'static str,
    pub reason: SafeText,
    pub created_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupStatus {
    pub arn: Option<Arn>,
    pub name: SafeText,
    #[serde(flatten)]
    pub place: Place,
    pub observed_at: Option<Timestamp>,
    pub health: Health,
    pub min: Option<u32>,
    pub desired: Option<u32>,
    pub max: Option<u32>,
    pub in_service: Option<u32>,
    pub instances: Vec<InstanceStatus>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstanceStatus {
    pub id: SafeText,
    pub zone: SafeText,
    pub instance_type: SafeText,
    pub lifecycle: SafeText,
    pub health: SafeText,
    pub protected: bool,
    pub launched_at: Option<Timestamp>,
    pub sessions: Option<SessionsStatus>,
}

/// Sessions held, and how many there is room for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionsStatus {
    pub held: Option<u32>,
    pub approximate: bool,
    pub limit: Option<u32>,
    pub oldest_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetGroupStatus {
    pub arn: Option<Arn>,
    pub name: SafeText,
    #[serde(flatten)]
    pub place: Place,
    pub observed_at: Option<Timestamp>,
    pub health: Health,
    pub healthy: Option<u32>,
    pub unhealthy: Option<u32>,
    pub initial: Option<u32>,
    pub draining: Option<u32>,
    pub other: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlarmStatus {
    pub arn: Arn,
    pub name: SafeText,
    #[serde(flatten)]
    pub place: Place,
    pub state: &'static str,
    pub reason: SafeText,
    pub updated_at: Option<Timestamp>,
    pub dead: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalStatus {
    pub severity: Severity,
    pub stack: SafeText,
    pub rule: &'static str,
    pub subject: SubjectStatus,
    pub since: Option<Timestamp>,
    pub summary: SafeText,
    pub evidence: Vec<SafeText>,
    pub advice: SafeText,
    /// The user has muted it: it counts for nothing.
    pub muted: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubjectStatus {
    pub kind: Kind,
    pub id: SafeText,
    pub name: SafeText,
    #[serde(flatten)]
    pub place: Place,
}

/// The console's own use of AWS for this look.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApiStatus {
    pub calls: u64,
    pub throttles: u64,
    pub metrics: u64,
    pub by_operation: BTreeMap<SafeText, OperationStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OperationStatus {
    pub calls: u64,
    pub throttles: u64,
    pub retries: u64,
    pub failures: u64,
    pub milliseconds: u64,
}
