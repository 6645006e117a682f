//! Whose is what: the estate joined with the stack files, indexed once for each table or text that is made of it.
//!
//! Invariant: building and reading the index costs no more than the estate's size (times a logarithm), so that a
//! thousand services are joined in milliseconds.

use std::collections::HashMap;

use super::{App, charts};
use crate::{
    domain::{
        estate::ScopeEstate,
        group::Group,
        id::{Arn, Kind, ResourceId, Scope},
        listener::Rule,
        observation::Observation,
        service::Service,
        session::Session,
        signal::Signal,
        target::{Target, TargetGroup, TargetState},
        text::SafeText,
        timeline::Entry,
    },
    stack::model::{Stack, StackGroup, StackService, StackTargetGroup},
    triage::{
        concerns,
        health::{Health, by_counts_of_group, by_counts_of_service, by_states_of_targets},
        sessions::{GroupLoad, load},
    },
};

/// The estate, indexed.
pub struct Joins<'a> {
    pub app: &'a App,
    services: HashMap<(&'a Scope, &'a str, &'a str), (&'a Stack, &'a StackService)>,
    groups: HashMap<(&'a Scope, &'a str), (&'a Stack, &'a StackGroup)>,
    target_groups: HashMap<(&'a Scope, &'a str), (&'a Stack, &'a StackTargetGroup)>,
    /// The worst signal about each subject.
    worst: HashMap<(&'a Scope, Kind, &'a str), &'a Signal>,
}

/// A service: as AWS describes it, as a stack file names it, or both.
#[derive(Clone, Copy)]
pub struct ServiceSeat<'a> {
    pub scope: &'a Scope,
    pub cluster: &'a str,
    pub name: &'a str,
    pub stack: Option<&'a Stack>,
    pub spec: Option<&'a StackService>,
    pub service: Option<&'a Service>,
}

/// An Auto Scaling group, likewise.
#[derive(Clone, Copy)]
pub struct GroupSeat<'a> {
    pub scope: &'a Scope,
    pub name: &'a str,
    pub stack: Option<&'a Stack>,
    pub spec: Option<&'a StackGroup>,
    pub group: Option<&'a Group>,
}

/// A target group, likewise, with its targets once they are known.
#[derive(Clone, Copy)]
pub struct TargetGroupSeat<'a> {
    pub scope: &'a Scope,
    pub name: &'a str,
    pub stack: Option<&'a Stack>,
    pub group: Option<&'a TargetGroup>,
    pub targets: Option<&'a [Target]>,
}

/// How many of some targets are healthy. Draining and unused targets are on their way out and do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub healthy: usize,
    pub total: usize,
}

impl<'a> Joins<'a> {
    pub fn of(app: &'a App) -> Self {
        let mut joins = Self {
            app,
            services: HashMap::new(),
            groups: HashMap::new(),
            target_groups: HashMap::new(),
            worst: HashMap::new(),
        };
        for stack in &app.stacks {
            for spec in &stack.services {
                for scope in &spec.scopes {
                    joins.services.entry((scope, &*spec.cluster, &*spec.name)).or_insert((stack, spec));
                }
            }
            for spec in &stack.groups {
                for scope in &spec.scopes {
                    joins.groups.entry((scope, &*spec.name)).or_insert((stack, spec));
                }
            }
            for spec in &stack.target_groups {
                for scope in &spec.scopes {
                    joins.target_groups.entry((scope, &*spec.name)).or_insert((stack, spec));
                }
            }
        }
        for signal in &app.signals {
            let subject = &signal.subject;
            joins.worst.entry((&subject.scope, subject.kind, &*subject.key)).or_insert(signal);
        }
        joins
    }

    /// Whether the place on screen shows what belongs to `stack`.
    pub fn shows(&self, stack: Option<&Stack>) -> bool {
        self.app.place().stack().is_none_or(|name| stack.is_some_and(|it| it.name.as_str() == name))
    }

    /// What is known of each scope.
    pub fn scopes(&self) -> impl Iterator<Item = (&'a Scope, &'a ScopeEstate)> + use<'a> {
        self.app.estate.scopes.iter()
    }

    /// Every service that AWS describes or a stack file names.
    pub fn services(&self) -> Vec<ServiceSeat<'a>> {
        let mut declared = self.services.clone();
        let mut seats = Vec::new();
        for (scope, known) in self.scopes() {
            for (cluster, observed) in &known.services {
                let services = observed.value().into_iter().flat_map(|it| it.values());
                for service in services.filter(|it| it.status.as_str() != "INACTIVE") {
                    let name = service.name.as_str();
                    let owner = declared.remove(&(scope, &**cluster, name));
                    let (stack, spec) = (owner.map(|it| it.0), owner.map(|it| it.1));
                    seats.push(ServiceSeat { scope, cluster, name, stack, spec, service: Some(service) });
                }
            }
        }
        let absent = declared.into_iter().map(|((scope, cluster, name), (stack, spec))| ServiceSeat {
            scope,
            cluster,
            name,
            stack: Some(stack),
            spec: Some(spec),
            service: None,
        });
        seats.extend(absent);
        seats
    }

    /// Every group that AWS describes or a stack file names.
    pub fn groups(&self) -> Vec<GroupSeat<'a>> {
        let mut declared = self.groups.clone();
        let mut seats = Vec::new();
        for (scope, known) in self.scopes() {
            for group in known.groups.value().into_iter().flat_map(|it| it.values()) {
                let name = group.name.as_str();
                let owner = declared.remove(&(scope, name));
                let (stack, spec) = (owner.map(|it| it.0), owner.map(|it| it.1));
                seats.push(GroupSeat { scope, name, stack, spec, group: Some(group) });
            }
        }
        let absent = declared.into_iter().map(|((scope, name), (stack, spec))| GroupSeat {
            scope,
            name,
            stack: Some(stack),
            spec: Some(spec),
            group: None,
        });
        seats.extend(absent);
        seats
    }

    /// Every target group that a stack file names or whose targets are read.
    pub fn target_groups(&self) -> Vec<TargetGroupSeat<'a>> {
        let mut declared = self.target_groups.clone();
        let mut seats = Vec::new();
        for (scope, known) in self.scopes() {
            for group in known.target_groups.value().into_iter().flat_map(|it| it.values()) {
                let name = group.name.as_str();
                let stack = declared.remove(&(scope, name)).map(|it| it.0);
                let observed = known.targets.get(&group.arn);
                if stack.is_none() && observed.is_none() {
                    continue;
                }
                let targets = observed.and_then(Observation::value).map(Vec::as_slice);
                seats.push(TargetGroupSeat { scope, name, stack, group: Some(group), targets });
            }
        }
        let absent = declared.into_iter().map(|((scope, name), (stack, _))| TargetGroupSeat {
            scope,
            name,
            stack: Some(stack),
            group: None,
            targets: None,
        });
        seats.extend(absent);
        seats
    }

    /// The stack that names this service.
    pub fn stack_of_service(&self, scope: &Scope, cluster: &str, name: &str) -> Option<&'a Stack> {
        self.services.get(&(scope, cluster, name)).map(|it| it.0)
    }

    /// The stack that names this resource, or the one around it.
    pub fn stack_of(&self, id: &ResourceId) -> Option<&'a Stack> {
        let known = self.app.estate.scope(&id.scope);
        let of_group = |name: &str| self.groups.get(&(&id.scope, name)).map(|it| it.0);
        match id.kind {
            Kind::Stack => self.app.stack(&id.key),
            Kind::Service => self.stack_of_service(&id.scope, cluster_of(&id.key), id.name().as_str()),
            Kind::Group => of_group(&id.key),
            Kind::Instance => of_group(known?.instance(&id.key)?.0.name.as_str()),
            Kind::TargetGroup => self.target_groups.get(&(&id.scope, id.name().as_str())).map(|it| it.0),
            Kind::Alarm => self.stack_of_alarm(&id.scope, id.name().as_str()),
            Kind::Cache | Kind::Database => self.stack_of_data(id),
            Kind::Task => {
                let task = known?.task(&id.key)?;
                self.stack_of_service(&id.scope, cluster_of(&id.key), task.service.as_ref()?.as_str())
            }
            Kind::Deployment => {
                let (cluster, service) = service_of_deployment(&id.key)?;
                self.stack_of_service(&id.scope, cluster, service)
            }
            Kind::Target => {
                let group = Arn::new(id.key.split('|').next()?).short_name();
                self.target_groups.get(&(&id.scope, group.as_str())).map(|it| it.0)
            }
            Kind::Entry => self.stack_of_entry(self.app.estate.timeline.find(id)?),
            Kind::Stops => {
                let (cluster, rest) = id.key.split_once('|')?;
                self.stack_of_service(&id.scope, cluster, rest.split('|').next()?)
            }
            Kind::Event => {
                let service = id.key.split('|').next()?;
                self.stack_of_service(&id.scope, cluster_of(service), id.name().as_str())
            }
            Kind::Rule => {
                let (listener, rule) = known?.rule(&id.key)?;
                self.stack_of_rule(&id.scope, &listener.balancer, rule)
            }
            Kind::Spend => self.app.stack(id.key.split('|').next()?),
            Kind::Operation => self.app.stack(self.app.records.operation(id)?.begun.stack.as_ref()?.as_str()),
            Kind::Session | Kind::Scope | Kind::Journal | Kind::Line => None,
            Kind::Chart => charts::find(self.app, id).and_then(|it| self.app.stacks.get(it.stack)),
        }
    }

    /// The stack that an entry of the timeline is about.
    pub fn stack_of_entry(&self, entry: &Entry) -> Option<&'a Stack> {
        self.stack_of(&entry.subject)
    }

    /// The stack that a rule leads to; for one that leads to no target group, a stack that its load balancer serves.
    pub fn stack_of_rule(&self, scope: &Scope, balancer: &Arn, rule: &Rule) -> Option<&'a Stack> {
        let of_group = |(arn, _): &(Arn, u32)| {
            let name = arn.short_name();
            self.target_groups.get(&(scope, name.as_str())).map(|it| it.0)
        };
        rule.groups().iter().find_map(of_group).or_else(|| self.stack_of_balancer(scope, balancer))
    }

    fn stack_of_balancer(&self, scope: &Scope, balancer: &Arn) -> Option<&'a Stack> {
        let groups = self.app.estate.scope(scope)?.target_groups.value()?.values();
        let mut own = groups.filter(|it| it.load_balancers.contains(balancer));
        own.find_map(|it| self.target_groups.get(&(scope, it.name.as_str())).map(|it| it.0))
    }

    /// The stack that names this cache or database.
    fn stack_of_data(&self, id: &ResourceId) -> Option<&'a Stack> {
        let names = |stack: &&Stack| match id.kind {
            Kind::Cache => stack.caches.iter().any(|it| *it.name == *id.key && it.scopes.contains(&id.scope)),
            _ => stack.databases.iter().any(|it| *it.name == *id.key && it.scopes.contains(&id.scope)),
        };
        self.app.stacks.iter().find(names)
    }

    /// The stack that names this alarm, in a scope of its own.
    pub fn stack_of_alarm(&self, scope: &Scope, name: &str) -> Option<&'a Stack> {
        let runs_in = |stack: &&Stack| stack.scopes.iter().any(|it| it.scope == *scope);
        self.app.stacks.iter().filter(runs_in).find(|stack| stack.alarms.holds(name))
    }

    /// The worst signal about a resource.
    pub fn signal(&self, scope: &Scope, kind: Kind, key: &str) -> Option<&'a Signal> {
        self.worst.get(&(scope, kind, key)).copied()
    }

    /// Signals about a stack or the scopes it runs in, worst first.
    pub fn signals_of<'s>(&'s self, stack: &'s Stack) -> impl Iterator<Item = &'a Signal> + use<'a, 's> {
        self.app.signals.iter().filter(|it| concerns(it, stack))
    }

    /// The health that signals give a resource.
    pub fn told(&self, scope: &Scope, kind: Kind, key: &str) -> Option<Health> {
        self.signal(scope, kind, key).map(|it| Health::from(it.severity))
    }

    /// How many targets of these target groups are healthy; `None` where one has not been read.
    pub fn tally<'g>(&self, scope: &Scope, groups: impl Iterator<Item = &'g Arn>) -> Option<Tally> {
        let known = self.app.estate.scope(scope)?;
        let mut sum = Tally::default();
        for group in groups {
            let tally = Tally::of(known.targets.get(group)?.value()?);
            sum = Tally { healthy: sum.healthy + tally.healthy, total: sum.total + tally.total };
        }
        Some(sum)
    }

    /// The image tag that the running tasks of each service's current revision were started from.
    pub fn images(&self) -> HashMap<(&'a Scope, &'a str, &'a Arn), &'a SafeText> {
        let mut images = HashMap::new();
        for (scope, known) in self.scopes() {
            for (cluster, observed) in &known.tasks {
                for task in observed.value().into_iter().flat_map(|it| it.values()).filter(|it| !it.is_stopped()) {
                    if let Some(container) = task.containers.first() {
                        images.insert((scope, &**cluster, &task.task_definition), &container.image);
                    }
                }
            }
        }
        images
    }
}

impl<'a> ServiceSeat<'a> {
    /// Its ARN, or for one that AWS does not describe the ARN it would have, as triage names it.
    pub fn id(&self, app: &App) -> ResourceId {
        let key = match self.service {
            Some(service) => service.arn.wire().to_owned(),
            None => match self.account(app) {
                Some(account) => {
                    format!("arn:aws:ecs:{}:{account}:service/{}/{}", self.scope.region, self.cluster, self.name)
                }
                None => format!("{}/{}", self.cluster, self.name),
            },
        };
        ResourceId::new(Kind::Service, self.scope, &key)
    }

    fn account(&self, app: &'a App) -> Option<&'a str> {
        let identity = app.estate.scope(self.scope).and_then(|it| it.identity.value()).map(|it| &it.account);
        let declared =
            || self.stack?.scopes.iter().find(|it| it.scope == *self.scope).and_then(|it| it.account.as_ref());
        identity.or_else(declared).map(SafeText::as_str)
    }

    /// Its name; with its region where the stack has services of this name in several.
    pub fn title(&self) -> String {
        // Most stacks stand in one region: nothing there has a namesake.
        if self.stack.is_some_and(|it| it.scopes.len() <= 1) {
            return self.name.to_owned();
        }
        let alike = self.stack.into_iter().flat_map(|it| &it.services).filter(|it| &*it.name == self.name);
        if alike.map(|it| it.scopes.len()).sum::<usize>() > 1 {
            return format!("{} {}", self.name, self.scope.region);
        }
        self.name.to_owned()
    }

    /// Its worst signal, or else what its counts say.
    pub fn health(&self, joins: &Joins<'_>) -> Health {
        let told = joins.told(self.scope, Kind::Service, &self.id(joins.app).key);
        told.unwrap_or_else(|| by_counts_of_service(self.service))
    }

    /// Its healthy targets; `None` where it has none or they have not been read.
    pub fn tally(&self, joins: &Joins<'_>) -> Option<Tally> {
        let service = self.service.filter(|it| !it.load_balancers.is_empty())?;
        joins.tally(self.scope, service.load_balancers.iter().map(|it| &it.target_group))
    }
}

impl<'a> GroupSeat<'a> {
    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Group, self.scope, self.name)
    }

    /// Its worst signal or that of an instance, or else what its counts say.
    pub fn health(&self, joins: &Joins<'_>) -> Health {
        let instances = self.group.into_iter().flat_map(|it| &it.instances);
        let told = instances.filter_map(|it| joins.told(self.scope, Kind::Instance, it.id.as_str()));
        let told = told.chain(joins.told(self.scope, Kind::Group, self.name)).max();
        told.unwrap_or_else(|| by_counts_of_group(self.group))
    }

    /// What its gateways carry; `None` where it holds no sessions or is not known.
    pub fn load(&self, app: &App) -> Option<GroupLoad<'a>> {
        let source = self.spec?.sessions.as_ref()?;
        Some(load(app.estate.scope(self.scope)?, self.group?, source, app.now))
    }

    /// The sessions of its table, where it has one that has been read.
    pub fn sessions(&self, app: &'a App) -> Option<&'a [Session]> {
        let (table, _) = self.spec?.sessions.as_ref()?.table.as_ref()?;
        app.estate.scope(self.scope)?.sessions.get(table)?.value().map(Vec::as_slice)
    }
}

impl TargetGroupSeat<'_> {
    /// Its ARN, or its name while that is all that is known.
    pub fn id(&self) -> ResourceId {
        let key = self.group.map_or(self.name, |it| it.arn.wire());
        ResourceId::new(Kind::TargetGroup, self.scope, key)
    }

    /// Its worst signal, or else what its targets say.
    pub fn health(&self, joins: &Joins<'_>) -> Health {
        let told = joins.told(self.scope, Kind::TargetGroup, &self.id().key);
        told.unwrap_or_else(|| by_states_of_targets(self.targets))
    }
}

impl Tally {
    pub fn of(targets: &[Target]) -> Self {
        let counted = || targets.iter().filter(|it| it.state.is_meant_to_serve());
        Self { healthy: counted().filter(|it| it.state == TargetState::Healthy).count(), total: counted().count() }
    }

    /// Whether some target that should be healthy is not.
    pub fn is_short(&self) -> bool {
        self.healthy < self.total
    }
}

/// The cluster that a service's or task's ARN names; empty for ARNs of the old short form.
pub fn cluster_of(arn: &str) -> &str {
    let mut parts = arn.rsplit('/');
    let (_, cluster, kind) = (parts.next(), parts.next(), parts.next());
    if kind.is_some() { cluster.unwrap_or_default() } else { "" }
}

/// Cluster and service that the ARN of a service deployment names.
pub fn service_of_deployment(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.rsplit('/');
    let (_, service, cluster) = (parts.next()?, parts.next()?, parts.next()?);
    Some((cluster, service))
}

/// The id of a target: its group's ARN, its address or instance, and its port.
pub fn target_id(scope: &Scope, group: &Arn, target: &Target) -> ResourceId {
    ResourceId::target(scope, group, target.id.as_str(), target.port)
}
