//! How far a part has come, by what has been read since its writes.

use jiff::Timestamp;

use super::{Operation, PartState, Phase, StepState, deployed};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        estate::{Estate, ScopeEstate},
        observation::Observation,
        scaling::ScalableTarget,
        service::Service,
        target::TargetState,
        write::{ScalingRange, Suspension},
    },
    plan::course::{Goal, Part},
};

/// How far a part has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Its wave has not begun.
    Waiting,
    Writing,
    Rolling,
    /// ECS itself undoes the deployment.
    GoingBack,
    /// What it should be, read since `at`.
    There {
        at: Timestamp,
    },
    RolledBack {
        why: String,
    },
    Failed {
        why: String,
    },
    Superseded {
        why: String,
    },
}

impl Stage {
    /// Nothing more is expected to happen.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::There { .. }) || self.is_lost()
    }

    /// It did not end as asked.
    pub fn is_lost(&self) -> bool {
        self.why().is_some()
    }

    pub fn why(&self) -> Option<&str> {
        match self {
            Self::RolledBack { why } | Self::Failed { why } | Self::Superseded { why } => Some(why),
            _ => None,
        }
    }

    /// In words, for the verdict's evidence.
    pub fn words(&self) -> String {
        match self {
            Self::Waiting => "not begun".to_owned(),
            Self::Writing => "being written".to_owned(),
            Self::Rolling => "on its way".to_owned(),
            Self::GoingBack => "ECS is rolling back".to_owned(),
            Self::There { .. } => "as asked".to_owned(),
            Self::RolledBack { why } => format!("rolled back: {why}"),
            Self::Failed { why } => format!("failed: {why}"),
            Self::Superseded { why } => format!("superseded: {why}"),
        }
    }
}

/// What has been read of one part since its last write.
pub struct Read<'a> {
    pub part: &'a Part,
    pub state: &'a PartState,
    pub known: &'a ScopeEstate,
    /// When its last write was answered: nothing read before counts.
    pub since: Timestamp,
    pub now: Timestamp,
}

/// Looks at every part that has been written.
pub fn parts(operation: &mut Operation, estate: &Estate, now: Timestamp) {
    let course = operation.course.clone();
    let undoing = matches!(operation.phase, Phase::Undoing { .. });
    for (index, part) in course.parts.iter().enumerate() {
        let Some(known) = estate.scope(&part.service.scope) else { continue };
        note_draining(&mut operation.parts[index], part, known, now);
        let state = &operation.parts[index];
        if !matches!(state.stage, Stage::Rolling | Stage::GoingBack | Stage::There { .. }) {
            continue;
        }
        let Some(since) = written_at(state) else { continue };
        let read = Read { part, state, known, since, now };
        let stage = if undoing && !state.back.is_empty() { read.undone() } else { read.stage() };
        // What was there and is no more is only lost where somebody changed it; the gates see to the rest.
        let keeps = matches!((&state.stage, &stage), (Stage::There { .. }, Stage::Rolling | Stage::There { .. }));
        if !keeps {
            operation.parts[index].stage = stage;
        }
    }
}

/// When the last write of a part was answered; `None` while one is not.
pub fn written_at(state: &PartState) -> Option<Timestamp> {
    let steps = state.steps.iter().chain(&state.back);
    steps
        .map(|it| if let StepState::Done { at, .. } = it { Some(*at) } else { None })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
}

fn note_draining(state: &mut PartState, part: &Part, known: &ScopeEstate, now: Timestamp) {
    let mut drain = std::collections::BTreeMap::new();
    for watched in &part.targets {
        let targets = known.targets.get(&watched.group).and_then(Observation::value);
        for target in targets.into_iter().flatten().filter(|it| it.state == TargetState::Draining) {
            let since = state.draining.get(&target.id).copied().unwrap_or(now);
            drain.insert(target.id.clone(), since);
        }
    }
    state.draining = drain;
}

/// The value of an observation, if it was fetched after `since`.
pub fn fresh<T>(observation: Option<&Observation<T>>, since: Timestamp) -> Option<&T> {
    let observation = observation?;
    (observation.fetched_at()? > since).then(|| observation.value()).flatten()
}

impl<'a> Read<'a> {
    /// The service, read since the write.
    pub fn service(&self) -> Option<Result<&'a Service, ()>> {
        let services = fresh(self.known.services.get(&self.part.service.cluster), self.since)?;
        Some(services.get(&self.part.arn).filter(|it| it.status.as_str() == "ACTIVE").ok_or(()))
    }

    fn stage(&self) -> Stage {
        let Some(service) = self.service() else { return Stage::Rolling };
        let Ok(service) = service else { return Stage::Failed { why: "the service is gone".to_owned() } };
        match &self.part.goal {
            Goal::Deployed { definition, digests, providers } => {
                let wanted = definition.as_ref().or(self.state.registered.as_ref());
                let Some(wanted) = wanted else { return Stage::Rolling };
                deployed::judge(self, service, &deployed::Wanted { definition: wanted, digests, providers })
            }
            Goal::Undone { deployment, to, providers } => {
                let deployments = fresh(self.known.deployments.get(&self.part.arn), self.since);
                let Some(ours) = deployments.into_iter().flatten().find(|it| it.arn == *deployment) else {
                    return Stage::Rolling;
                };
                let why = ours.status_reason.to_string();
                match ours.status {
                    DeploymentStatus::RollbackSuccessful | DeploymentStatus::Stopped => {
                        let runs = service.primary().map(|it| &it.task_definition);
                        match (to, runs) {
                            (Some(to), Some(runs)) if to != runs => Stage::Superseded {
                                why: format!("{} runs now, not {}", runs.short_name(), to.short_name()),
                            },
                            _ if providers.as_ref().is_some_and(|it| *it != service.control.providers) => {
                                let why = format!("it runs on {} still", service.launch);
                                Stage::Failed { why }
                            }
                            _ if self.is_well(service) => Stage::There { at: self.now },
                            _ => Stage::Rolling,
                        }
                    }
                    DeploymentStatus::RollbackFailed => Stage::Failed { why: format!("the rollback failed: {why}") },
                    DeploymentStatus::Successful => {
                        let why = "the deployment had completed before it could be stopped".to_owned();
                        Stage::Failed { why }
                    }
                    _ => Stage::Rolling,
                }
            }
            Goal::Scaled { desired, range, suspended } => self.scaled(service, *desired, *range, *suspended),
            Goal::TaskStopped { task } => {
                let tasks = fresh(self.known.tasks.get(&self.part.service.cluster), self.since);
                let stopped = tasks.is_some_and(|it| it.get(task).is_none_or(crate::domain::task::Task::is_stopped));
                if stopped && self.is_well(service) { Stage::There { at: self.now } } else { Stage::Rolling }
            }
            Goal::Suspended { suspended } => match self.scaling() {
                Some(target) if flags(target) == *suspended => Stage::There { at: self.now },
                Some(_) => Stage::Superseded { why: "auto scaling's flags are others now".to_owned() },
                None => Stage::Rolling,
            },
        }
    }

    /// Whether the service has gone back to what ran before.
    fn undone(&self) -> Stage {
        let Some(Ok(service)) = self.service() else { return Stage::Rolling };
        let Some(primary) = service.primary() else { return Stage::Rolling };
        let wanted = self.state.back_registered.as_ref().unwrap_or(&self.part.before.task_definition);
        if primary.task_definition != *wanted {
            let why = format!("{} runs now, not {}", primary.task_definition.short_name(), wanted.short_name());
            return Stage::Superseded { why };
        }
        // Where deployments cannot be read, the service alone has to tell.
        let newest = fresh(self.known.deployments.get(&self.part.arn), self.since).and_then(|it| it.first());
        let newest = newest.filter(|it| it.target.task_definition.as_ref() == Some(wanted));
        let ran = newest.map(|it| it.target.digests()).unwrap_or_default();
        let other =
            ran.iter().find(|(name, digest)| self.part.before.digests.get(*name).is_some_and(|it| it != *digest));
        if let Some((container, digest)) = other {
            return Stage::Failed { why: format!("{container} runs {digest} now, which is not what ran before") };
        }
        if service.is_deploying() || !self.is_well(service) { Stage::Rolling } else { Stage::There { at: self.now } }
    }

    fn scaled(
        &self,
        service: &Service,
        desired: u32,
        range: Option<ScalingRange>,
        suspended: Option<Suspension>,
    ) -> Stage {
        if service.desired != desired {
            let why =
                format!("the desired count is {} now, not {desired}: auto scaling or somebody set it", service.desired);
            return Stage::Superseded { why };
        }
        if let Some(target) = self.scaling() {
            let moved = range.is_some_and(|it| (it.min, it.max) != (target.min, target.max));
            if moved || suspended.is_some_and(|it| it != flags(target)) {
                return Stage::Superseded { why: "auto scaling's range or flags are others now".to_owned() };
            }
        } else if range.is_some() || suspended.is_some() {
            return Stage::Rolling;
        }
        if self.is_well(service) { Stage::There { at: self.now } } else { Stage::Rolling }
    }

    fn scaling(&self) -> Option<&'a ScalableTarget> {
        let resource = self.part.service.scaling_resource();
        fresh(Some(&self.known.scalable_targets), self.since)?.iter().find(|it| it.resource.as_str() == resource)
    }

    /// As many tasks as are wanted run, none is on its way, and each has a healthy target.
    pub fn is_well(&self, service: &Service) -> bool {
        let counts = service.running == service.desired && service.pending == 0;
        counts && self.part.targets.iter().all(|it| self.targets_are_healthy(it, service.desired))
    }

    fn targets_are_healthy(&self, watched: &crate::plan::course::WatchedTargets, desired: u32) -> bool {
        let observed = self.known.targets.get(&watched.group);
        if observed.is_some_and(|it| it.value().is_none() && it.fault().is_some()) {
            // Targets that may not be read cannot be waited for; the counts have to do.
            return true;
        }
        let Some(targets) = fresh(observed, self.since) else { return false };
        let healthy = targets.iter().filter(|it| it.state == TargetState::Healthy).count();
        let others = targets.iter().filter(|it| it.state.is_meant_to_serve() && it.state != TargetState::Healthy);
        // A target group without a listener never checks anything.
        healthy >= desired as usize && others.count() == 0
            || targets.iter().all(|it| it.state == TargetState::Unused) && desired > 0 && !targets.is_empty()
            // What drains still serves, and is on its way out.
            || desired == 0 && !targets.iter().any(|it| it.state.is_meant_to_serve())
    }
}

fn flags(target: &ScalableTarget) -> Suspension {
    Suspension { scale_in: target.suspended_in, scale_out: target.suspended_out, scheduled: target.suspended_scheduled }
}
