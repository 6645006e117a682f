//! What rules look at: the resources that stacks name, as far as they are known.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap},
};

use jiff::{SignedDuration, Timestamp};

use super::texts::Said;
use crate::{
    domain::{
        behind::{Feeders, all_feeders},
        estate::{Estate, ScopeEstate},
        group::Group,
        id::{Kind, ResourceId, Scope},
        service::{Service, ServiceEvent},
        signal::{Severity, Signal},
        target::{Target, TargetGroup},
        task::Task,
        text::SafeText,
    },
    stack::model::{Stack, StackGroup, StackService},
};

/// Everything a rule may know. The joins are made once, for all rules.
pub struct Context<'a> {
    pub estate: &'a Estate,
    pub stacks: &'a [Stack],
    pub now: Timestamp,
    /// Every known service of every stack.
    pub services: Vec<ServiceView<'a>>,
    /// Every known group of every stack.
    pub groups: Vec<GroupView<'a>>,
    /// Every target group of every stack whose targets are known.
    pub target_groups: Vec<TargetGroupView<'a>>,
}

/// What a rule has found: a signal without the rule's name.
pub struct Finding {
    pub severity: Severity,
    pub stack: SafeText,
    pub subject: ResourceId,
    pub since: Option<Timestamp>,
    pub summary: String,
    pub evidence: Vec<String>,
    pub advice: String,
}

impl Finding {
    /// The finding as the signal of the rule called `rule`.
    pub fn signal(self, rule: &'static str) -> Signal {
        Signal {
            severity: self.severity,
            rule,
            stack: self.stack,
            subject: self.subject,
            since: self.since,
            summary: self.summary.into(),
            evidence: self.evidence.into_iter().map(SafeText::from).collect(),
            advice: self.advice.into(),
        }
    }
}

/// A stack in one of its scopes.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub stack: &'a Stack,
    pub scope: &'a Scope,
    pub known: &'a ScopeEstate,
    pub now: Timestamp,
}

/// A scope, what is known of it, and the stacks that run in it.
pub struct SharedScope<'a> {
    pub scope: &'a Scope,
    pub known: &'a ScopeEstate,
    pub stacks: Vec<&'a Stack>,
}

/// A service of a stack, once it is known.
pub struct ServiceView<'a> {
    pub place: Place<'a>,
    pub spec: &'a StackService,
    pub service: &'a Service,
    /// Its tasks, running and stopped, as far as they are known.
    pub tasks: Vec<&'a Task>,
    /// What many rules go by is worked out once.
    steady: OnceCell<Option<Timestamp>>,
    recent: OnceCell<Vec<(&'a ServiceEvent, Said)>>,
    pub failed: OnceCell<Vec<&'a Task>>,
}

/// A group of a stack, once it is known.
pub struct GroupView<'a> {
    pub place: Place<'a>,
    pub spec: &'a StackGroup,
    pub group: &'a Group,
}

/// A target group of a stack, once its targets are known.
pub struct TargetGroupView<'a> {
    pub place: Place<'a>,
    pub group: &'a TargetGroup,
    pub targets: &'a [Target],
    /// The service that registers its tasks here, the first where there are several.
    pub service: Option<&'a Service>,
}

impl<'a> Context<'a> {
    pub fn new(estate: &'a Estate, stacks: &'a [Stack], now: Timestamp) -> Self {
        let mut context =
            Self { estate, stacks, now, services: Vec::new(), groups: Vec::new(), target_groups: Vec::new() };
        let tasks = tasks_by_service(estate);
        let feeders: HashMap<&Scope, Feeders<'_>> =
            estate.scopes.iter().map(|(scope, known)| (scope, all_feeders(known))).collect();
        for stack in stacks {
            for spec in &stack.services {
                let services = context.places(stack, &spec.scopes).filter_map(|place| {
                    let service = place.known.stack_service(spec)?;
                    let of_cluster = tasks.get(&(place.scope, &*spec.cluster));
                    let tasks = of_cluster.and_then(|it| it.get(service.name.as_str()).cloned()).unwrap_or_default();
                    Some(ServiceView::new(place, spec, service, tasks))
                });
                context.services.extend(services);
            }
            for spec in &stack.groups {
                let groups = context.places(stack, &spec.scopes);
                let groups =
                    groups.filter_map(|place| Some(GroupView { place, spec, group: place.known.stack_group(spec)? }));
                context.groups.extend(groups);
            }
            for spec in &stack.target_groups {
                let groups = context.places(stack, &spec.scopes).filter_map(|place| {
                    let group = place.known.stack_target_group(spec)?;
                    let targets = place.known.targets.get(&group.arn)?.value()?;
                    let service = feeders.get(place.scope)?.get(&group.arn).and_then(|it| it.first()).copied();
                    Some(TargetGroupView { place, group, targets, service })
                });
                context.target_groups.extend(groups);
            }
        }
        context
    }

    /// Where `stack` runs, as far as anything is known there; only in `scopes`.
    pub fn places(&self, stack: &'a Stack, scopes: &'a [Scope]) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let Self { estate, now, .. } = *self;
        scopes.iter().filter_map(move |scope| Some(Place { stack, scope, known: estate.scope(scope)?, now }))
    }

    /// Every stack in each of its scopes of which anything is known.
    pub fn stack_places(&self) -> Vec<Place<'a>> {
        let Self { estate, stacks, now, .. } = *self;
        let scopes = stacks.iter().flat_map(|stack| stack.scopes.iter().map(move |it| (stack, &it.scope)));
        scopes.filter_map(|(stack, scope)| Some(Place { stack, scope, known: estate.scope(scope)?, now })).collect()
    }

    /// Every known scope of the stacks, once, in order.
    pub fn scopes(&self) -> Vec<SharedScope<'a>> {
        let stacks = self.stacks;
        let runs_in = |scope: &Scope, stack: &&Stack| stack.scopes.iter().any(|it| it.scope == *scope);
        self.estate
            .scopes
            .iter()
            .map(|(scope, known)| {
                let stacks = stacks.iter().filter(|stack| runs_in(scope, stack)).collect();
                SharedScope { scope, known, stacks }
            })
            .filter(|it| !it.stacks.is_empty())
            .collect()
    }
}

/// The tasks of each cluster, by the name of their service.
type TasksByService<'a> = HashMap<&'a str, Vec<&'a Task>>;

fn tasks_by_service(estate: &Estate) -> HashMap<(&Scope, &str), TasksByService<'_>> {
    let mut by_cluster = HashMap::new();
    for (scope, known) in &estate.scopes {
        for (cluster, observed) in &known.tasks {
            let mut by_service = TasksByService::new();
            for task in observed.value().into_iter().flat_map(BTreeMap::values) {
                if let Some(service) = &task.service {
                    by_service.entry(service.as_str()).or_default().push(task);
                }
            }
            by_cluster.insert((scope, &**cluster), by_service);
        }
    }
    by_cluster
}

impl Place<'_> {
    /// A finding about a resource of this stack, its texts still to be filled in.
    pub fn finding(&self, severity: Severity, kind: Kind, key: &str, since: Option<Timestamp>) -> Finding {
        Finding {
            severity,
            stack: self.stack.name.clone(),
            subject: ResourceId::new(kind, self.scope, key),
            since,
            summary: String::new(),
            evidence: Vec::new(),
            advice: String::new(),
        }
    }
}

impl<'a> ServiceView<'a> {
    pub fn new(place: Place<'a>, spec: &'a StackService, service: &'a Service, tasks: Vec<&'a Task>) -> Self {
        let (steady, recent, failed) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { place, spec, service, tasks, steady, recent, failed }
    }

    /// Its name, with its region where it runs in several.
    pub fn name(&self) -> String {
        match self.spec.scopes.len() {
            0 | 1 => self.service.name.to_string(),
            _ => format!("{} {}", self.service.name, self.place.scope.region),
        }
    }

    /// When the scheduler was last content: nothing before it can explain what is wrong now.
    pub fn last_steady(&self) -> Option<Timestamp> {
        *self.steady.get_or_init(|| {
            let newer = |steady: Option<Timestamp>, it: &ServiceEvent| {
                // What an event says takes longest to tell: older ones than the newest found so far are not asked.
                let counts = steady.is_none_or(|steady| it.at > steady);
                (counts && matches!(it.said(), Said::Steady | Said::Completed)).then_some(it.at).or(steady)
            };
            self.service.events.iter().fold(None, newer)
        })
    }

    /// The service's events since it was last steady.
    pub fn since_steady(&self) -> impl Iterator<Item = &'a ServiceEvent> {
        self.said_since_steady().iter().map(|(event, _)| *event)
    }

    /// The same, each with what it says.
    pub fn said_since_steady(&self) -> &[(&'a ServiceEvent, Said)] {
        self.recent.get_or_init(|| {
            let steady = self.last_steady();
            let since = self.service.events.iter().filter(|it| steady.is_none_or(|steady| it.at > steady));
            since.map(|it| (it, it.said())).collect()
        })
    }

    pub fn finding(&self, severity: Severity, since: Option<Timestamp>) -> Finding {
        self.place.finding(severity, Kind::Service, self.service.arn.wire(), since)
    }

    /// How long ago `at` was.
    pub fn age(&self, at: Timestamp) -> SignedDuration {
        self.place.now.duration_since(at)
    }
}
