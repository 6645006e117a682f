//! A small world: one service of one stack, and what is asked of it and waits for an answer.

use std::sync::OnceLock;

use super::steps::{Chance, Change, How};
use crate::{
    app::{
        App,
        act::Standing,
        effect::Effect,
        fixtures,
        msg::Msg,
        place::Place,
        settings::{Reads, Settings, WorldKind},
        sources,
    },
    command::ViewName,
    domain::{
        deployment::DeploymentStatus,
        fault::FaultKind,
        id::{Arn, Kind, OperationId, ResourceId},
        query::{Outcome, Query, Request},
        service::RolloutState,
        target::TargetState,
        write::{Write, WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        guards::Busy,
        testing::{Held, deployment, fault},
    },
    stack::model::Environment,
    triage::testing::{self, now, rollout, target, task},
};

/// What AWS and the journal hold.
pub struct World {
    pub held: Held,
    standing: Standing,
    made: u32,
}

impl World {
    /// The world of a sequence and a console on it: in production or not, read-only now and then, on services or tasks.
    pub fn begin(chance: &mut Chance) -> (Self, App) {
        let mut held = Held::well();
        held.stack.care.deploy.roll_back = chance.below(2) == 0;
        if chance.below(2) == 0 {
            held.stack.environment = Environment::Other("staging".into());
        }
        let reads_all = chance.below(8) == 0;
        let settings = Settings {
            read_only: chance.below(16) == 0,
            reads: if reads_all { Reads::Estate } else { Reads::Operations },
            no_cost: true,
            // Plans expire within the sequences.
            world: WorldKind::Aws,
            ..plain_settings()
        };
        let mut app = App::new(settings, vec![held.stack.clone()], now());
        let world = Self { held, standing: Standing::default(), made: 0 };
        app.settings.reads = Reads::Estate;
        for _ in 0..2 {
            for request in sources::all(&app) {
                app.estate.receive(&request, world.outcome(&request), now());
            }
        }
        app.settings.reads = if reads_all { Reads::Estate } else { Reads::Operations };
        let view = if chance.below(4) == 0 { ViewName::Tasks } else { ViewName::Services };
        app.history.go(Place::everywhere(view));
        (world, app)
    }

    fn outcome(&self, request: &Request) -> Outcome {
        match &request.query {
            Query::Identity
            | Query::Services { .. }
            | Query::TaskDefinition { .. }
            | Query::Deployments { .. }
            | Query::Tasks { .. }
            | Query::TargetGroups
            | Query::TargetGroupAttributes { .. }
            | Query::Targets { .. }
            | Query::ScalableTargets
            | Query::Alarms
            | Query::Repository { .. }
            | Query::Image { .. }
            | Query::Permissions { .. }
            | Query::Metrics { .. } => self.held.answer(&request.query),
            _ => Outcome::Failed(fault(FaultKind::Denied)),
        }
    }

    /// The message that answers what was asked for; what is written happens now, or does not.
    pub fn answer(&mut self, app: &App, asked: Effect, how: How) -> Option<Msg> {
        let failed = match how {
            How::Denied => Some(FaultKind::Denied),
            How::TimedOut => Some(FaultKind::TimedOut),
            How::Whole | How::Late => None,
        };
        let of = |world: &Self, request: &Request| {
            Box::new(failed.map_or_else(|| world.outcome(request), |kind| Outcome::Failed(fault(kind))))
        };
        let late = u64::from(how == How::Late);
        let at = app.now;
        Some(match asked {
            Effect::Fetch { request, generation } => {
                let outcome = of(self, &request);
                Msg::Fetched { request, generation: generation.wrapping_sub(late), outcome, at }
            }
            Effect::Inquire { inquiry, request } => {
                let outcome = of(self, &request);
                Msg::Inquired { inquiry: inquiry.wrapping_sub(late), request, outcome, at }
            }
            Effect::ReadJournal { inquiry } => {
                let standing = match how {
                    How::Denied => Err("failed to read the journal".into()),
                    _ => Ok(self.standing.clone()),
                };
                Msg::JournalRead { inquiry: inquiry.wrapping_sub(late), standing }
            }
            Effect::ReadRecords { .. } => Msg::RecordsRead(match how {
                How::Denied => Err("failed to read the journal".into()),
                _ => Ok(Some(fixtures::kept::look())),
            }),
            Effect::Write { operation, step, request } => {
                let outcome = match how {
                    How::Denied => WriteOutcome::Refused(fault(FaultKind::Denied)),
                    // Every other one has happened all the same.
                    How::TimedOut => {
                        if step.step % 2 == 0 {
                            self.apply(&request.write);
                        }
                        WriteOutcome::Unknown(fault(FaultKind::TimedOut))
                    }
                    How::Whole | How::Late => WriteOutcome::Done(self.apply(&request.write)),
                };
                Msg::Written { operation, step, outcome: Box::new(outcome), at }
            }
            Effect::End { operation, .. } => Msg::Recorded { operation, outcome: Ok(()) },
            _ => return None,
        })
    }

    /// AWS does what is written.
    fn apply(&mut self, write: &Write) -> Written {
        let answer = match write {
            Write::RegisterTaskDefinition { .. } => WriteAnswer::TaskDefinition { arn: testing::task_definition(43) },
            Write::UpdateService { change, .. } => {
                if let Some(desired) = change.desired {
                    self.scale(desired);
                }
                let definition = change.task_definition.clone();
                if definition.is_some() || change.force {
                    self.deploy(definition);
                }
                let service = &self.held.service;
                WriteAnswer::Service {
                    task_definition: service.task_definition.clone(),
                    desired: service.desired,
                    primary: service.deployments.first().map(|it| it.id.clone()),
                    deployment: None,
                }
            }
            Write::StopServiceDeployment { deployment } => WriteAnswer::Deployment { arn: deployment.clone() },
            Write::StopTask { task, .. } => WriteAnswer::Task { arn: task.clone() },
            Write::RegisterScalableTarget { .. } | Write::Group(_) => WriteAnswer::ScalableTarget,
        };
        Written { request_id: Some("req-7".into()), answer }
    }

    fn deploy(&mut self, definition: Option<Arn>) {
        self.made += 1;
        let service = &mut self.held.service;
        let definition = definition.unwrap_or_else(|| service.task_definition.clone());
        let number = definition.tail().as_str().parse().unwrap_or(43);
        for it in &mut service.deployments {
            it.status = "ACTIVE".into();
        }
        service
            .deployments
            .insert(0, rollout(&format!("ecs-svc/{}", 9000 + self.made), number, RolloutState::InProgress, 0));
        service.task_definition = definition;
        let mut begun = deployment(number, &number.to_string(), 0);
        begun.arn = Arn::new(&format!("deployment-{}", self.made));
        begun.status = DeploymentStatus::InProgress;
        self.held.deployments.insert(0, begun);
    }

    fn scale(&mut self, desired: u32) {
        let service = &mut self.held.service;
        (service.desired, service.running, service.pending) = (desired, desired, 0);
        self.held.targets = (1..=desired).map(|it| target(&format!("10.0.3.{it}"), TargetState::Healthy)).collect();
    }

    pub fn change(&mut self, change: Change) {
        let held = &mut self.held;
        match change {
            Change::Completes => {
                if let Some(newest) = held.deployments.first_mut() {
                    newest.status = DeploymentStatus::Successful;
                }
                held.service.deployments.truncate(1);
                if let Some(only) = held.service.deployments.first_mut() {
                    only.state = Some(RolloutState::Completed);
                }
                for task in &mut held.tasks {
                    task.task_definition = held.service.task_definition.clone();
                }
            }
            Change::RollsBack => {
                if let Some(newest) = held.deployments.first_mut() {
                    newest.status = DeploymentStatus::RollbackSuccessful;
                }
                held.service = testing::service();
            }
            Change::Scaled(desired) => self.scale(desired),
            Change::TaskGoes => held.tasks.truncate(1),
            Change::TaskComes => {
                self.made += 1;
                let mut new = task(&format!("cccc{}", self.made), "10.0.5.1");
                new.containers[0].digest = held.tasks.first().and_then(|it| it.containers[0].digest.clone());
                held.tasks.insert(0, new);
            }
            Change::Unhealthy => held.targets.iter_mut().take(1).for_each(|it| it.state = TargetState::Unhealthy),
            Change::Healthy => held.targets.iter_mut().for_each(|it| it.state = TargetState::Healthy),
            Change::Busy => {
                let subject = ResourceId::new(Kind::Service, &held.who().scope, held.service.arn.wire());
                let busy = Busy { subject, title: "scale".into(), since: now(), by: "eve".into() };
                self.standing = Standing {
                    operations: vec![(OperationId::from("20260301-020000-eeee"), vec![busy])],
                    lines: 7,
                    unread: None,
                };
            }
            Change::Idle => self.standing = Standing::default(),
        }
    }
}

/// Settings of any test, the shipped keymap parsed once.
fn plain_settings() -> Settings {
    static PLAIN: OnceLock<Settings> = OnceLock::new();
    PLAIN.get_or_init(fixtures::settings).clone()
}
