//! A service and what lies around it, as the reads of one plan show them.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{
    action::ServiceRef,
    arithmetic::Pace,
    facts::{Asked, Inquiry},
    measure,
    model::Refusal,
};
use crate::{
    domain::{
        alarm::Alarm,
        definition::{DefinedContainer, Definition},
        deployment::Deployment,
        fault::FaultKind,
        id::{Arn, Kind, ResourceId, Scope},
        query::{Answer, Identity, Query},
        scaling::ScalableTarget,
        service::Service,
        target::{Target, TargetGroup},
        task::Task,
        text::SafeText,
    },
    stack::model::{Stack, StackService},
    triage::reading::renewal,
};

/// Why planning went no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Something must be read first; the inquiry knows what.
    Awaited,
    /// It is as asked already; of several services the others may not be.
    Idle(Refusal),
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a plan knows of one service.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub who: &'a ServiceRef,
    pub service: &'a Service,
    /// The revision that runs.
    pub definition: &'a Definition,
    /// Newest first.
    pub deployments: Asked<'a, &'a [Deployment]>,
    /// Known but absent: auto scaling does not steer it.
    pub scalable: Asked<'a, Option<&'a ScalableTarget>>,
    pub targets: Vec<SeenTargets<'a>>,
    /// Its own, running and stopped.
    pub tasks: Vec<&'a Task>,
    /// Those of its stack.
    pub alarms: Asked<'a, Vec<&'a Alarm>>,
    pub identity: &'a Identity,
    pub stack: Option<&'a Stack>,
    pub spec: Option<&'a StackService>,
    pub requests_per_second: Option<f64>,
}

/// A target group that a service registers its tasks in.
#[derive(Debug, Clone, Copy)]
pub struct SeenTargets<'a> {
    pub arn: &'a Arn,
    pub group: Option<&'a TargetGroup>,
    /// Its deregistration delay; `None` where it cannot be read.
    pub drain_seconds: Option<u32>,
    pub targets: Option<&'a [Target]>,
}

/// Reads everything around `who` that any plan for it shows.
pub fn look<'a>(who: &'a ServiceRef, stacks: &'a [Stack], inquiry: &Inquiry<'a>) -> Result<Seen<'a>, Stop> {
    // All first reads are asked for before any is waited for.
    let identity = inquiry.ask_in(&who.scope, Query::Identity, |answer| match answer {
        Answer::Identity(identity) => Some(identity),
        _ => None,
    });
    let service = service(who, inquiry);
    let scalable = scalable(who, inquiry);
    let groups = target_groups(who, inquiry);
    let (stack, spec) = declared(who, stacks).unzip();
    let alarms = alarms(who, stack, inquiry);

    let service = required(&who.scope, service, "the service", || {
        let reason = format!("there is no service {} in cluster {} in {}", who.name, who.cluster, who.scope.region);
        Refusal::new(reason)
    })?;
    let deployments = inquiry
        .ask_in(
            &who.scope,
            Query::Deployments { cluster: who.cluster.clone(), service: service.arn.clone() },
            |answer| match answer {
                Answer::Deployments(deployments) => Some(deployments.as_slice()),
                _ => None,
            },
        )
        .map(Option::unwrap_or_default);
    let tasks = inquiry.ask_in(&who.scope, Query::Tasks { cluster: who.cluster.clone() }, |answer| match answer {
        Answer::Tasks(tasks) => Some(tasks),
        _ => None,
    });
    let definition = definition(who, service.task_definition.wire(), inquiry);
    let (targets, awaited) = targets(who, service, &groups, inquiry);
    let identity = required(&who.scope, identity, "who you are", || Refusal::new("AWS does not say who you are"))?;
    let definition = required(&who.scope, definition, "its task definition", || {
        Refusal::new(format!("{} runs a task definition that does not exist", who.name))
    })?;
    let balancers = targets.iter().filter_map(|it| Some((it.arn, it.group?.load_balancers.first()?)));
    let requests_per_second = measure::requests_per_second(&who.scope, balancers, inquiry);
    if matches!(deployments, Asked::Awaited) || awaited || !inquiry.is_complete() {
        return Err(Stop::Awaited);
    }
    let own = |task: &&Task| task.service.as_ref() == Some(&service.name);
    Ok(Seen {
        who,
        service,
        definition,
        deployments,
        scalable,
        targets,
        tasks: tasks.known().flatten().into_iter().flatten().filter(own).collect(),
        alarms,
        identity,
        stack,
        spec,
        requests_per_second,
    })
}

/// What must be known: a fault is a refusal, and so is its absence.
pub fn required<T>(
    scope: &Scope,
    asked: Asked<'_, Option<T>>,
    what: &str,
    absent: impl FnOnce() -> Refusal,
) -> Result<T, Stop> {
    match asked {
        Asked::Awaited => Err(Stop::Awaited),
        Asked::Failed(fault) if fault.kind == FaultKind::Missing => Err(absent().into()),
        Asked::Failed(fault) => {
            let reason = format!("cannot read {what}: {} ({}: {})", fault.kind.word(), fault.operation, fault.message);
            let renewal = renewal(&scope.profile, fault.kind).map_or_else(String::new, |it| format!("; {it}"));
            Err(Refusal::new(reason).hint(format!("nothing was changed{renewal}")).into())
        }
        Asked::Known(Some(value)) => Ok(value),
        Asked::Known(None) => Err(absent().into()),
    }
}

fn service<'a>(who: &ServiceRef, inquiry: &Inquiry<'a>) -> Asked<'a, Option<&'a Service>> {
    let query = Query::Services { cluster: who.cluster.clone(), names: vec![who.name.clone()] };
    inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::Services(services) => {
            services.iter().find(|it| it.name.as_str() == &*who.name && it.status.as_str() != "INACTIVE")
        }
        _ => None,
    })
}

/// The revision that `reference` names.
pub fn definition<'a>(who: &ServiceRef, reference: &str, inquiry: &Inquiry<'a>) -> Asked<'a, Option<&'a Definition>> {
    inquiry.ask_in(&who.scope, Query::TaskDefinition { definition: Arn::new(reference) }, |answer| match answer {
        Answer::TaskDefinition(definition) => Some(&**definition),
        _ => None,
    })
}

fn scalable<'a>(who: &ServiceRef, inquiry: &Inquiry<'a>) -> Asked<'a, Option<&'a ScalableTarget>> {
    let resource = who.scaling_resource();
    inquiry.ask_in(&who.scope, Query::ScalableTargets, |answer| match answer {
        Answer::ScalableTargets(targets) => targets.iter().find(|it| it.resource.as_str() == resource),
        _ => None,
    })
}

fn target_groups<'a>(who: &ServiceRef, inquiry: &Inquiry<'a>) -> BTreeMap<&'a Arn, &'a TargetGroup> {
    let groups = inquiry.ask_in(&who.scope, Query::TargetGroups, |answer| match answer {
        Answer::TargetGroups(groups) => Some(groups),
        _ => None,
    });
    groups.known().flatten().into_iter().flatten().map(|it| (&it.arn, it)).collect()
}

/// The target groups of a service, and whether some have not been read yet.
fn targets<'a>(
    who: &ServiceRef,
    service: &'a Service,
    groups: &BTreeMap<&'a Arn, &'a TargetGroup>,
    inquiry: &Inquiry<'a>,
) -> (Vec<SeenTargets<'a>>, bool) {
    let mut awaited = false;
    let seen = service.load_balancers.iter().map(|it| {
        let arn = &it.target_group;
        let targets = inquiry.ask_in(&who.scope, Query::Targets { group: arn.clone() }, |answer| match answer {
            Answer::Targets(targets) => Some(targets.as_slice()),
            _ => None,
        });
        let query = Query::TargetGroupAttributes { group: arn.clone() };
        let attributes = inquiry.ask_in(&who.scope, query, |answer| match answer {
            Answer::TargetGroupAttributes(attributes) => Some(attributes),
            _ => None,
        });
        awaited |= matches!(targets, Asked::Awaited) || matches!(attributes, Asked::Awaited);
        SeenTargets {
            arn,
            group: groups.get(arn).copied(),
            drain_seconds: attributes.known().flatten().and_then(|it| it.deregistration_delay),
            targets: targets.known().flatten(),
        }
    });
    let seen = seen.collect();
    (seen, awaited)
}

/// The alarms of the stack in the service's scope; none where no stack file names it.
fn alarms<'a>(who: &ServiceRef, stack: Option<&Stack>, inquiry: &Inquiry<'a>) -> Asked<'a, Vec<&'a Alarm>> {
    let all = inquiry.ask_in(&who.scope, Query::Alarms, |answer| match answer {
        Answer::Alarms(alarms) => Some(alarms),
        _ => None,
    });
    all.map(|all| {
        let own = |it: &&Alarm| stack.is_some_and(|stack| stack.alarms.holds(it.name.as_str())) && !it.is_scaling();
        all.into_iter().flatten().filter(own).collect()
    })
}

/// The stack that names a service, and what it says of it.
pub fn declared<'a>(who: &ServiceRef, stacks: &'a [Stack]) -> Option<(&'a Stack, &'a StackService)> {
    let names =
        |spec: &&StackService| spec.cluster == who.cluster && spec.name == who.name && spec.scopes.contains(&who.scope);
    stacks.iter().find_map(|stack| Some((stack, stack.services.iter().find(names)?)))
}

/// The container that a deployment is about: the one behind the load balancer, the one that is called as the service is, or
/// the first; `None` where there is none.
pub fn main_container<'a>(service: &Service, definition: &'a Definition) -> Option<&'a DefinedContainer> {
    let served = service.load_balancers.iter().map(|it| &it.container);
    let named = served.chain([&service.name]).find_map(|name| definition.container(name.as_str()));
    named.or_else(|| definition.containers.first())
}

impl ServiceRef {
    /// As Application Auto Scaling names it.
    pub fn scaling_resource(&self) -> String {
        format!("service/{}/{}", self.cluster, self.name)
    }
}

/// What a task takes to serve where none has been seen to start.
const USUAL_START: SignedDuration = SignedDuration::from_secs(45);
/// A task counts as healthy after so long where nothing checks it.
const UNCHECKED: SignedDuration = SignedDuration::from_secs(40);
/// What containers have to end in, beside the drain.
const STOP: SignedDuration = SignedDuration::from_secs(30);
/// `deregistration_delay.timeout_seconds` where it has not been read.
const USUAL_DRAIN: u32 = 300;

impl<'a> Seen<'a> {
    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Service, &self.who.scope, self.service.arn.wire())
    }

    /// Tasks that are not stopped.
    pub fn live_tasks(&self) -> impl Iterator<Item = &'a Task> + '_ {
        self.tasks.iter().copied().filter(|it| !it.is_stopped())
    }

    /// The digest of each container that runs now, by the newest task that tells it.
    pub fn digests(&self) -> BTreeMap<SafeText, SafeText> {
        let mut tasks: Vec<_> = self
            .tasks
            .iter()
            .filter(|it| it.task_definition == self.service.task_definition && it.is_running())
            .collect();
        tasks.sort_by_key(|it| it.started_at);
        let containers = tasks.iter().flat_map(|it| &it.containers);
        let mut digests: BTreeMap<SafeText, SafeText> =
            containers.filter_map(|it| Some((it.name.clone(), it.digest.clone()?))).collect();
        let runs = |it: &&Deployment| it.target.task_definition.as_ref() == Some(&self.service.task_definition);
        // A service at rest has no tasks; what was deployed last is known all the same.
        if let Some(newest) = self.deployments.known().unwrap_or_default().iter().find(runs) {
            for image in &newest.target.images {
                if let Some(digest) = &image.digest {
                    digests.entry(image.container.clone()).or_insert_with(|| digest.clone());
                }
            }
        }
        digests
    }

    /// How fast its tasks come and go, as its own have done.
    pub fn pace(&self) -> Pace {
        let mut starts: Vec<SignedDuration> = self
            .tasks
            .iter()
            .filter_map(|it| Some(it.started_at?.duration_since(it.created_at?)))
            .filter(|it| *it > SignedDuration::ZERO)
            .collect();
        starts.sort();
        let start = starts.get(starts.len() / 2).copied().unwrap_or(USUAL_START);
        let groups = || self.targets.iter().filter_map(|it| it.group);
        let check = groups().map(|it| SignedDuration::from_secs(i64::from(it.interval_seconds) / 2)).max();
        let drain = self.targets.iter().map(|it| it.drain_seconds).max();
        let drain = drain.map_or(0, |it| it.unwrap_or(USUAL_DRAIN));
        Pace { start: start + check.unwrap_or(UNCHECKED), drain: SignedDuration::from_secs(i64::from(drain)) + STOP }
    }

    /// The deployment under way, as the deployments API knows it.
    pub fn ongoing(&self) -> Option<&'a Deployment> {
        self.deployments.known()?.iter().find(|it| it.status.is_ongoing())
    }

    /// Healthy targets, of those that are meant to serve; `None` where it has none or they have not been read.
    pub fn healthy_targets(&self) -> Option<(usize, usize)> {
        use crate::domain::target::TargetState;
        let mut sum = (0, 0);
        for seen in &self.targets {
            let meant = seen.targets?.iter().filter(|it| it.state.is_meant_to_serve());
            for target in meant {
                sum = (sum.0 + usize::from(target.state == TargetState::Healthy), sum.1 + 1);
            }
        }
        (!self.targets.is_empty()).then_some(sum)
    }
}
