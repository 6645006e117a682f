//! What an action comes to for one service, before the guards have looked at it.

use std::collections::BTreeMap;

use super::{
    arithmetic::{Replacement, replace, restart_one},
    cost,
    course::{Before, Goal, Part, Step, WatchedTargets},
    model::{Basis, Change, Finding, PartPlan, Radius},
    pulled::{Found, Pulled},
    seen::Seen,
};
use crate::{
    cost::known::PriceBook,
    domain::{alarm::AlarmState, definition::Definition, text::SafeText},
    triage::words::count,
};

/// One service's part of a plan in the making.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub seen: Seen<'a>,
    pub steps: Vec<Step>,
    /// What brings back what ran before, where a broken gate is rolled back.
    pub way_back: Vec<Step>,
    pub goal: Goal,
    pub changes: Vec<Change>,
    /// The images that would run, where a deployment starts.
    pub images: Vec<Pulled<'a>>,
    /// The existing revision that would be deployed or copied.
    pub source: &'a Definition,
    /// Tasks that are wanted afterwards.
    pub desired: u32,
    /// Every task is replaced.
    pub replaces: bool,
    /// What was found while it was put together.
    pub notes: Vec<Finding>,
}

impl<'a> Draft<'a> {
    pub fn new(seen: Seen<'a>, goal: Goal) -> Self {
        let (source, desired) = (seen.definition, seen.service.desired);
        Self {
            seen,
            steps: Vec::new(),
            way_back: Vec::new(),
            goal,
            changes: Vec::new(),
            images: Vec::new(),
            source,
            desired,
            replaces: false,
            notes: Vec::new(),
        }
    }

    pub fn name(&self) -> &str {
        self.seen.service.name.as_str()
    }

    /// Whether its stack lies in several regions, so that its name alone does not say which service it is.
    pub fn is_of_several_regions(&self) -> bool {
        let region = &self.seen.who.scope.region;
        self.seen.stack.is_some_and(|it| it.scopes.iter().any(|it| it.scope.region != *region))
    }

    /// Its name, and its region where its stack lies in several.
    fn whose(&self) -> String {
        if self.is_of_several_regions() { self.seen.who.to_string() } else { self.name().to_owned() }
    }

    /// How its tasks are replaced, where they are.
    pub fn replacement(&self) -> Option<Replacement> {
        let service = self.seen.service;
        if matches!(self.goal, Goal::TaskStopped { .. }) {
            return Some(restart_one(service.running, self.seen.pace()));
        }
        (self.replaces && service.desired > 0).then(|| replace(service.desired, &service.rolling, self.seen.pace()))
    }

    /// Its part of the course.
    pub fn part(&self) -> Part {
        let (seen, service) = (&self.seen, self.seen.service);
        let targets = seen.targets.iter().map(|it| WatchedTargets {
            group: it.arn.clone(),
            balancer: it.group.and_then(|it| it.load_balancers.first()).cloned(),
            drain_seconds: it.drain_seconds,
        });
        let alarms = seen.alarms.clone().known().into_iter().flatten();
        let (ringing, quiet): (Vec<_>, Vec<_>) = alarms.partition(|it| it.state == AlarmState::Alarm);
        Part {
            service: seen.who.clone(),
            arn: service.arn.clone(),
            cluster: service.cluster.clone(),
            steps: self.steps.clone(),
            way_back: self.way_back.clone(),
            goal: self.goal.clone(),
            before: Before {
                task_definition: service.task_definition.clone(),
                digests: if self.way_back.is_empty() { BTreeMap::new() } else { seen.digests() },
                desired: service.desired,
                primary: service.primary().map(|it| it.id.clone()),
                newest: seen.deployments.known().and_then(|it| it.first()).map(|it| it.arn.clone()),
                providers: service.control.providers.clone(),
            },
            targets: targets.collect(),
            alarms: quiet.into_iter().map(|it| it.name.clone()).collect(),
            ringing: ringing.into_iter().map(|it| it.name.clone()).collect(),
            promise_p95_ms: seen.spec.and_then(|it| it.promise_p95_ms),
        }
    }

    /// Its part of the plan's explanation.
    pub fn explained(&self, prices: &PriceBook) -> PartPlan {
        let replacement = self.replacement();
        let service = self.seen.service;
        let tasks = match &self.goal {
            Goal::TaskStopped { .. } => 1,
            Goal::Suspended { .. } => 0,
            _ if self.replaces => service.desired,
            _ => self.desired.abs_diff(service.desired),
        };
        let stateful = self.seen.spec.is_some_and(|it| it.stateful);
        let mut lost = Vec::new();
        let loses = self.replaces || matches!(self.goal, Goal::TaskStopped { .. }) || self.desired < service.desired;
        if stateful && loses && service.running > 0 {
            let since = self.seen.live_tasks().filter_map(|it| it.started_at).min();
            let since = since.map_or(String::new(), |it| format!(" since {}", it.strftime("%Y-%m-%d %H:%M UTC")));
            lost.push(format!("everything held in memory{since}").into());
        }
        let cost = cost::change(self, replacement.as_ref(), prices.of_stack(self.seen.stack));
        PartPlan {
            subject: self.seen.id(),
            name: self.whose().into(),
            changes: self.changes.clone(),
            radius: Radius {
                tasks,
                targets: self.seen.healthy_targets(),
                requests_per_second: self.seen.requests_per_second,
                replacement,
                lost,
                cost,
                gateways: Vec::new(),
            },
        }
    }

    /// What the plan rests on here.
    pub fn basis(&self) -> Vec<Basis> {
        let (seen, service) = (&self.seen, self.seen.service);
        let about = |what: &str| SafeText::new(&format!("{} {what}", seen.who));
        let mut basis = vec![
            Basis { what: about("task definition"), value: service.task_definition.short_name() },
            Basis { what: about("status"), value: service.status.clone() },
            Basis { what: about("caller"), value: seen.identity.arn.clone() },
            Basis { what: about("account"), value: seen.identity.account.clone() },
        ];
        if let Some(primary) = service.primary() {
            let state = if service.is_deploying() { "in progress" } else { "ended" };
            basis.push(Basis { what: about("deployment"), value: format!("{} {state}", primary.id).into() });
        }
        if self.replaces {
            let rolling = format!("{}–{} %", service.rolling.minimum_percent, service.rolling.maximum_percent);
            basis.push(Basis { what: about("percentages"), value: rolling.into() });
            let active = if self.source.active { "ACTIVE" } else { "INACTIVE" };
            let value = format!("{} {active}", self.source.arn.short_name());
            basis.push(Basis { what: about("revision to deploy"), value: value.into() });
        } else {
            basis.push(Basis { what: about("desired count"), value: service.desired.to_string().into() });
        }
        if let Goal::TaskStopped { task } = &self.goal {
            let status = seen.tasks.iter().find(|it| it.arn == *task).map(|it| it.status.clone());
            basis.push(Basis { what: about(&format!("task {}", task.tail())), value: status.unwrap_or_default() });
            basis.push(Basis { what: about("running tasks"), value: service.running.to_string().into() });
        }
        if !service.control.providers.is_empty() {
            basis.push(Basis { what: about("capacity providers"), value: service.launch.clone() });
        }
        if let Some(target) = seen.scalable.known().flatten() {
            let flags = [
                (target.suspended_in, "scale-in"),
                (target.suspended_out, "scale-out"),
                (target.suspended_scheduled, "scheduled"),
            ];
            let off: Vec<_> = flags.iter().filter(|(off, _)| *off).map(|(_, word)| *word).collect();
            let off = if off.is_empty() { String::new() } else { format!(", suspended: {}", off.join(", ")) };
            let value = format!("{}–{}{off}", target.min, target.max);
            basis.push(Basis { what: about("auto scaling"), value: value.into() });
        }
        for image in &self.images {
            let value = match image.found {
                Found::Elsewhere => "not in ECR here".into(),
                Found::Unreadable(fault) => SafeText::new(fault.kind.word()),
                Found::Missing => "missing".into(),
                Found::Here(manifest) => manifest.image.digest.clone(),
            };
            basis.push(Basis { what: about(&image.reference.to_string()), value });
        }
        basis
    }

    /// How many tasks, in words.
    pub fn tasks_word(&self) -> String {
        count(self.seen.service.desired as usize, "task")
    }
}
