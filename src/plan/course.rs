//! What a confirmed plan does and what must be true at its end: all that an operation, and its recovery from the
//! journal, needs to know.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{action::ServiceRef, group::course::GroupCourse};
use crate::domain::{
    id::{Arn, Kind, ResourceId},
    text::SafeText,
    verb::Verb,
    write::{ProviderShare, ScalingRange, Suspension, Write, WriteRequest},
};

/// The writes of a plan in their order, with what each is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    pub verb: Verb,
    /// One line, as `deploy terminal/api:v43 to terminal-api`.
    pub title: SafeText,
    pub stack: Option<SafeText>,
    pub parts: Vec<Part>,
    /// Which parts are done together; a wave begins when the one before has baked.
    pub waves: Vec<Vec<usize>>,
    /// Where it is about a group and not about services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupCourse>,
    pub watch: Watch,
}

/// How closely an operation is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// How long a wave must stay healthy once it is through.
    pub bake: SignedDuration,
    /// Given up after this long.
    pub timeout: SignedDuration,
    /// Most of the requests that may be answered with a 5xx, as a ratio of 1.
    pub error_ratio: Option<f64>,
    /// Rolls back by itself when a gate breaks.
    pub roll_back: bool,
}

/// What is done to one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub service: ServiceRef,
    pub arn: Arn,
    pub cluster: Arn,
    pub steps: Vec<Step>,
    /// The writes that bring back what ran before, where a broken gate is rolled back; empty where there is no way back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way_back: Vec<Step>,
    pub goal: Goal,
    pub before: Before,
    /// Target groups that it serves.
    pub targets: Vec<WatchedTargets>,
    /// Alarms that must stay quiet: of the stack, and not ringing when the plan was made.
    pub alarms: Vec<SafeText>,
    /// Alarms of the stack that rang already when the plan was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ringing: Vec<SafeText>,
    /// p95 that is promised, in milliseconds.
    pub promise_p95_ms: Option<f64>,
}

/// A target group and the load balancer in front of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedTargets {
    pub group: Arn,
    pub balancer: Option<Arn>,
    /// Seconds that a target goes on serving after it has been taken out.
    pub drain_seconds: Option<u32>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub request: WriteRequest,
    /// It deploys the revision that the step before registers: its ARN is filled in when it is known.
    #[serde(default)]
    pub deploys_registered: bool,
}

/// What ran before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub task_definition: Arn,
    /// What its containers ran, as far as it is known: a tag may come to mean another image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<SafeText, SafeText>,
    pub desired: u32,
    /// Id of the PRIMARY deployment, `ecs-svc/…`.
    pub primary: Option<SafeText>,
    /// The newest service deployment, where the deployments API told of one: whatever is newer came later.
    pub newest: Option<Arn>,
    pub providers: Vec<ProviderShare>,
}

/// What must be true at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "snake_case")]
pub enum Goal {
    /// A new deployment has succeeded and is what runs.
    Deployed {
        /// The revision; `None` where the plan registers it.
        definition: Option<Arn>,
        /// Digests that must run, by container, as far as they are known.
        digests: BTreeMap<SafeText, SafeText>,
        /// The capacity providers it must have, where they change.
        providers: Option<Vec<ProviderShare>>,
    },
    /// The deployment under way has been undone.
    Undone {
        deployment: Arn,
        /// What ran before it, as far as it is known.
        to: Option<Arn>,
        /// The capacity provider strategy that it ran on, where that is another.
        #[serde(default)]
        providers: Option<Vec<ProviderShare>>,
    },
    /// So many tasks are wanted and run.
    Scaled { desired: u32, range: Option<ScalingRange>, suspended: Option<Suspension> },
    /// The task has stopped, and as many as are wanted run again.
    TaskStopped { task: Arn },
    /// Auto scaling is suspended as asked.
    Suspended { suspended: Suspension },
}

impl Goal {
    /// The revision that is deployed, where it exists already.
    pub fn definition(&self) -> Option<&Arn> {
        match self {
            Self::Deployed { definition, .. } => definition.as_ref(),
            _ => None,
        }
    }
}

impl Part {
    /// The planned write of a step: those of the way back come after those that lead there.
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.steps.get(index).or_else(|| self.way_back.get(index.checked_sub(self.steps.len())?))
    }

    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Service, &self.service.scope, self.arn.wire())
    }
}

impl Step {
    pub fn new(service: &ServiceRef, write: Write) -> Self {
        Self { request: WriteRequest { scope: service.scope.clone(), write }, deploys_registered: false }
    }

    /// The request with the registered revision in its place.
    pub fn filled(&self, registered: Option<&Arn>) -> WriteRequest {
        let mut request = self.request.clone();
        if let (true, Some(arn), Write::UpdateService { change, .. }) =
            (self.deploys_registered, registered, &mut request.write)
        {
            change.task_definition = Some(arn.clone());
        }
        request
    }
}

impl Course {
    /// What a part's service is called here: with its region where the course has it in several.
    pub fn whose(&self, part: &Part) -> String {
        let service = &part.service;
        let is_elsewhere = |it: &Part| it.service.name == service.name && it.service.scope != service.scope;
        if self.parts.iter().any(is_elsewhere) { service.to_string() } else { SafeText::new(&service.name).to_string() }
    }

    /// Its parts in the order in which they are done, each with the index of its wave.
    pub fn in_order(&self) -> impl Iterator<Item = (usize, &Part)> {
        let of_wave =
            |(wave, parts): (usize, &'_ Vec<usize>)| parts.iter().map(move |it| (wave, *it)).collect::<Vec<_>>();
        self.waves.iter().enumerate().flat_map(of_wave).map(|(wave, part)| (wave, &self.parts[part]))
    }

    /// Every service and group it is about.
    pub fn subjects(&self) -> impl Iterator<Item = ResourceId> + '_ {
        self.parts.iter().map(Part::id).chain(self.group.iter().map(|it| it.group.id()))
    }
}
