//! A world for tests of plans: the terminal stack as AWS would describe it, and whatever else a test changes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    NoPlan,
    action::{Action, ServiceRef},
    facts::Facts,
    guards::{Busy, Conditions},
    model::{Plan, Refusal, VALID},
    plan_for,
};
use crate::{
    cost::known::PriceBook,
    domain::{
        alarm::Alarm,
        definition::Definition,
        deployment::{Deployment, DeploymentStatus, Revision, RevisionImage},
        fault::{Fault, FaultKind},
        id::Arn,
        permission::{Decision, Permission},
        query::{Answer, Identity, Outcome, Query},
        registry::{Image, ImageId, ImageManifest, Mutability, Repository},
        scaling::ScalableTarget,
        service::Service,
        target::{Target, TargetGroup, TargetState},
        task::Task,
        text::SafeText,
    },
    stack::model::Stack,
    triage::testing::{self, ago, now, target, task},
};

pub const REPOSITORY: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api";

/// Whether a query is the one that fails.
type Hits = fn(&Query) -> bool;

/// What AWS would answer, for one service.
#[derive(Debug, Clone)]
pub struct Held {
    pub service: Service,
    pub definitions: Vec<Definition>,
    pub deployments: Vec<Deployment>,
    pub tasks: Vec<Task>,
    pub targets: Vec<Target>,
    pub target_group: TargetGroup,
    pub scalable: Option<ScalableTarget>,
    pub alarms: Vec<Alarm>,
    pub identity: Identity,
    /// Digest by tag.
    pub tags: BTreeMap<String, String>,
    pub mutable: bool,
    pub archived: bool,
    pub architectures: Vec<&'static str>,
    pub denied: Vec<&'static str>,
    pub faults: Vec<(Hits, FaultKind)>,
    pub stack: Stack,
    pub busy: Vec<Busy>,
    pub unread: Option<SafeText>,
    pub read_only: bool,
    pub now: Timestamp,
}

/// A digest that begins with these digits.
pub fn digest(start: &str) -> String {
    format!("sha256:{start:0<64}")
}

impl Held {
    /// Revision 42 runs image v42 with two healthy tasks; 41 ran v41 before it.
    pub fn well() -> Self {
        let at = |number: u32| testing::task_definition(number);
        let image = |tag: &str| format!("{REPOSITORY}:{tag}");
        let mut tasks = vec![task("aaaa", "10.0.3.11"), task("bbbb", "10.0.4.12")];
        for task in &mut tasks {
            task.containers[0].digest = Some(digest("42").into());
        }
        let stack = testing::stack();
        Self {
            service: testing::service(),
            definitions: vec![testing::definition(&at(41), &image("v41")), testing::definition(&at(42), &image("v42"))],
            deployments: vec![deployment(42, "42", 86_400), deployment(41, "41", 172_800)],
            tasks,
            targets: vec![target("10.0.3.11", TargetState::Healthy), target("10.0.4.12", TargetState::Healthy)],
            target_group: testing::target_group(),
            scalable: None,
            alarms: Vec::new(),
            identity: Identity {
                account: "111122223333".into(),
                arn: "arn:aws:sts::111122223333:assumed-role/on-call/ada".into(),
                expires_at: None,
            },
            tags: ["41", "42", "43"].map(|it| (format!("v{it}"), digest(it))).into(),
            mutable: false,
            archived: false,
            architectures: Vec::new(),
            denied: Vec::new(),
            faults: Vec::new(),
            stack,
            busy: Vec::new(),
            unread: None,
            read_only: false,
            now: now(),
        }
    }

    pub fn who(&self) -> ServiceRef {
        let scope = self.stack.scopes[0].scope.clone();
        ServiceRef::new(&scope, "terminal-cluster", "terminal-api")
    }

    pub fn answer(&self, query: &Query) -> Outcome {
        if let Some((_, kind)) = self.faults.iter().find(|(hits, _)| hits(query)) {
            return Outcome::Failed(fault(*kind));
        }
        let answer = match query {
            Query::Identity => Answer::Identity(self.identity.clone()),
            Query::Services { .. } => Answer::Services(vec![self.service.clone()]),
            Query::TaskDefinition { definition } => {
                let named =
                    |it: &&Definition| it.arn == *definition || it.arn.short_name().as_str() == definition.wire();
                match self.definitions.iter().find(named) {
                    Some(found) => Answer::TaskDefinition(Box::new(found.clone())),
                    None => return Outcome::Failed(fault(FaultKind::Missing)),
                }
            }
            Query::Deployments { .. } => Answer::Deployments(self.deployments.clone()),
            Query::Tasks { .. } => Answer::Tasks(self.tasks.clone()),
            Query::TargetGroups => Answer::TargetGroups(vec![self.target_group.clone()]),
            Query::TargetGroupAttributes { .. } => Answer::TargetGroupAttributes(self.target_group.attributes.clone()),
            Query::Targets { .. } => Answer::Targets(self.targets.clone()),
            Query::ScalableTargets => Answer::ScalableTargets(self.scalable.iter().cloned().collect()),
            Query::Alarms => Answer::Alarms(self.alarms.clone()),
            Query::Repository { .. } => Answer::Repository(Box::new(self.repository())),
            Query::Image { id, .. } => match self.image(id) {
                Some(found) => Answer::Image(Box::new(found)),
                None => return Outcome::Failed(fault(FaultKind::Missing)),
            },
            Query::Revisions { .. } => {
                Answer::Revisions(self.definitions.iter().rev().map(|it| it.arn.clone()).collect())
            }
            Query::Images { .. } => {
                let ids = self.tags.keys().map(|it| ImageId::Tag(it.as_str().into()));
                Answer::Images(ids.filter_map(|it| Some(self.image(&it)?.image)).collect())
            }
            Query::Permissions { actions, resources, .. } => Answer::Permissions(vec![Permission {
                action: actions[0].as_ref().into(),
                resource: resources[0].as_ref().into(),
                decision: if self.denied.contains(&&*actions[0]) {
                    Decision::ExplicitlyDenied
                } else {
                    Decision::Allowed
                },
                missing_context: Vec::new(),
            }]),
            _ => Answer::Metrics(Vec::new()),
        };
        Outcome::Complete(answer)
    }

    fn repository(&self) -> Repository {
        let mutability = if self.mutable {
            Mutability::Mutable { but: Vec::new() }
        } else {
            Mutability::Immutable { but: Vec::new() }
        };
        Repository { arn: Arn::new("repository"), name: "terminal/api".into(), uri: REPOSITORY.into(), mutability }
    }

    fn image(&self, id: &ImageId) -> Option<ImageManifest> {
        let is_it = |(tag, digest): &(&String, &String)| match id {
            ImageId::Tag(named) => **tag == **named,
            ImageId::Digest(named) => **digest == **named,
        };
        let (tag, found) = self.tags.iter().find(is_it)?;
        Some(ImageManifest {
            image: Image {
                digest: found.as_str().into(),
                tags: vec![tag.as_str().into()],
                pushed_at: Some(ago(3600)),
                pulled_at: None,
                bytes: 1,
                archived: self.archived,
                scan: None,
            },
            architectures: self.architectures.iter().map(|it| (*it).into()).collect(),
        })
    }

    /// Reads what planning asks for until it asks for no more.
    pub fn plan(&self, action: &Action) -> Result<Plan, Refusal> {
        let mut facts = Facts::default();
        let conditions = Conditions {
            now: self.now,
            valid: VALID,
            read_only: self.read_only,
            busy: &self.busy,
            unread: self.unread.as_ref(),
            prices: &PriceBook::default(),
            watched: None,
        };
        for _ in 0..8 {
            match plan_for(action, std::slice::from_ref(&self.stack), &facts, &conditions) {
                Ok(plan) => return Ok(plan),
                Err(NoPlan::Refused(refusal)) => return Err(refusal),
                Err(NoPlan::Needs(requests)) => {
                    assert!(!requests.is_empty(), "nothing is asked for, and there is no plan");
                    for request in requests {
                        let outcome = self.answer(&request.query);
                        facts.take(request, outcome, self.now);
                    }
                }
            }
        }
        panic!("planning asks for ever more")
    }
}

pub fn deployment(number: u32, start: &str, seconds: i64) -> Deployment {
    Deployment {
        arn: Arn::new(&format!("arn:aws:ecs:us-east-1:111122223333:service-deployment/c/s/d{number}-{start}")),
        service: testing::service().arn,
        status: DeploymentStatus::Successful,
        status_reason: "".into(),
        created_at: Some(ago(seconds)),
        started_at: Some(ago(seconds)),
        finished_at: Some(ago(seconds - 120)),
        target: Revision {
            arn: Arn::new("revision"),
            task_definition: Some(testing::task_definition(number)),
            images: vec![RevisionImage {
                container: "api".into(),
                image: format!("{REPOSITORY}:v{number}").into(),
                digest: Some(digest(start).into()),
            }],
            launch: "FARGATE".into(),
            providers: Vec::new(),
            requested: 2,
            running: 2,
            pending: 0,
        },
        sources: Vec::new(),
        breaker: None,
        rollback_reason: None,
    }
}

/// What steers the service, between these counts.
pub fn steered(min: u32, max: u32) -> ScalableTarget {
    ScalableTarget {
        resource: "service/terminal-cluster/terminal-api".into(),
        min,
        max,
        suspended_in: false,
        suspended_out: false,
        suspended_scheduled: false,
        policies: Vec::new(),
    }
}

pub fn fault(kind: FaultKind) -> Fault {
    Fault {
        kind,
        operation: "aws:Something".into(),
        code: "SomeException".into(),
        message: "told so".into(),
        request_id: Some("req-1".into()),
        at: now(),
    }
}
