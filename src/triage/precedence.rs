//! One cause, one signal: which rule speaks where several see the same trouble.
//!
//! Invariant: the table has no circle, and what stays silent leaves its severity to what speaks in its place.

use std::{
    cell::LazyCell,
    collections::{BTreeSet, HashMap},
};

use super::{
    alarm::ALARM_FIRING,
    context::{Context, Finding, GroupView},
};
use crate::{
    domain::{
        id::{Arn, Kind, ResourceId, Scope},
        text::SafeText,
    },
    metrics::{Measure, Measured, of_stack},
};

/// How the subject of the rule that speaks lies to the subject of those that stay silent. They are of one stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// The same resource.
    Same,
    /// The target group is one that the service registers its tasks in, or the other way round.
    Behind,
    /// The instance is of the group.
    Member,
    /// The scope is the one that the other is in.
    Scope,
    /// In the same scope, whichever resource of the stack.
    Region,
    /// The alarm watches what the rule goes by: of the same resource, or of the target group before the service.
    Watched,
}

/// While the first rule speaks, those of the last column stay silent about what lies so near.
#[derive(Debug)]
pub struct Precedence(pub &'static str, pub Near, pub &'static [&'static str]);

/// What follows where no new task can start at all.
const NO_TASK_STARTS: &[&str] = &[
    "rollout-faltering",
    "crash-loop",
    "health-checks-failing",
    "scheduler-impaired",
    "placement-failed",
    "rollout-stuck",
    "running-below-desired",
];

/// What is nearer to the cause, or says more of what to do, speaks for what follows from it.
pub const PRECEDENCE: &[Precedence] = &[
    Precedence("reads-failing", Near::Same, &["stale-data"]),
    Precedence("wrong-account", Near::Scope, &["missing"]),
    Precedence(
        "rollout-failed",
        Near::Same,
        &[
            "rollout-faltering",
            "image-unpullable",
            "secret-unreadable",
            "out-of-memory",
            "crash-loop",
            "health-checks-failing",
            "placement-failed",
            "scheduler-impaired",
            "running-below-desired",
        ],
    ),
    Precedence("rollout-rolled-back", Near::Same, &["rollout-faltering", "scheduler-impaired", "placement-failed"]),
    Precedence("service-at-zero", Near::Same, &["desired-outside-range"]),
    Precedence("service-at-zero", Near::Behind, &["no-healthy-target", "errors-high"]),
    Precedence("image-unpullable", Near::Same, NO_TASK_STARTS),
    Precedence("secret-unreadable", Near::Same, NO_TASK_STARTS),
    Precedence(
        "out-of-memory",
        Near::Same,
        &[
            "rollout-faltering",
            "crash-loop",
            "health-checks-failing",
            "scheduler-impaired",
            "rollout-stuck",
            "running-below-desired",
        ],
    ),
    Precedence("rollout-stuck", Near::Same, &["rollout-faltering"]),
    Precedence("spot-interruption", Near::Same, &["placement-failed", "running-below-desired"]),
    Precedence("placement-failed", Near::Same, &["scheduler-impaired", "rollout-stuck", "running-below-desired"]),
    Precedence(
        "crash-loop",
        Near::Same,
        &["rollout-faltering", "scheduler-impaired", "rollout-stuck", "running-below-desired"],
    ),
    Precedence(
        "health-checks-failing",
        Near::Same,
        &["rollout-faltering", "scheduler-impaired", "rollout-stuck", "running-below-desired"],
    ),
    Precedence("failing-open", Near::Same, &["errors-high"]),
    Precedence("no-healthy-target", Near::Same, &["errors-high"]),
    Precedence(
        "failing-open",
        Near::Behind,
        &["health-checks-failing", "running-below-desired", "error-budget-burning", "latency-promise-broken"],
    ),
    Precedence("crash-loop", Near::Behind, &["errors-high"]),
    Precedence("out-of-memory", Near::Behind, &["errors-high"]),
    Precedence("image-unpullable", Near::Behind, &["errors-high"]),
    Precedence("secret-unreadable", Near::Behind, &["errors-high"]),
    Precedence(
        "zone-failing",
        Near::Region,
        &[
            "failing-open",
            "errors-high",
            "targets-unhealthy",
            "health-checks-failing",
            "running-below-desired",
            "one-zone-left",
        ],
    ),
    Precedence("error-budget-burning", Near::Same, &["latency-promise-broken"]),
    Precedence("targets-unhealthy", Near::Behind, &["health-checks-failing"]),
    Precedence("running-below-desired", Near::Same, &["one-zone-left"]),
    Precedence("desired-below-minimum", Near::Same, &["desired-outside-range"]),
    Precedence("launch-failing", Near::Same, &["one-zone-left"]),
    Precedence("sessions-near-limit", Near::Same, &["gateway-over-limit"]),
    Precedence("gateway-lost", Near::Member, &["instance-impaired"]),
    Precedence("error-budget-burning", Near::Watched, &["alarm-firing"]),
    Precedence("latency-promise-broken", Near::Watched, &["alarm-firing"]),
    Precedence("errors-high", Near::Watched, &["alarm-firing"]),
    Precedence("failing-open", Near::Watched, &["alarm-firing"]),
    Precedence("no-healthy-target", Near::Watched, &["alarm-firing"]),
    Precedence("targets-unhealthy", Near::Watched, &["alarm-firing"]),
    Precedence("out-of-memory", Near::Watched, &["alarm-firing"]),
    Precedence("scaling-at-max", Near::Watched, &["alarm-firing"]),
    Precedence("cache-memory-high", Near::Watched, &["alarm-firing"]),
    Precedence("sessions-near-limit", Near::Watched, &["alarm-firing"]),
    Precedence("gateway-over-limit", Near::Watched, &["alarm-firing"]),
];

/// What the rules that speak for alarms go by.
fn goes_by(rule: &str) -> &'static [Measure] {
    match rule {
        "error-budget-burning" | "latency-promise-broken" => {
            &[Measure::LatencyP50, Measure::LatencyP95, Measure::LatencyP99]
        }
        "errors-high" => &[Measure::Target5xx, Measure::Balancer5xx],
        "failing-open" | "no-healthy-target" | "targets-unhealthy" => &[Measure::HealthyHosts, Measure::UnhealthyHosts],
        "out-of-memory" => &[Measure::ServiceMemory],
        "scaling-at-max" => &[Measure::ServiceCpu, Measure::ServiceMemory, Measure::Requests],
        "cache-memory-high" => &[Measure::CacheMemory],
        "sessions-near-limit" | "gateway-over-limit" => &[Measure::Sessions],
        _ => &[],
    }
}

/// What of `found`, each with its rule's name, is told: whatever follows from another is left out, and lends it its
/// severity.
pub fn apply(context: &Context<'_>, mut found: Vec<(&'static str, Finding)>) -> Vec<(&'static str, Finding)> {
    let follows = follows(context, &found);
    tell_of_alarms(&mut found, &follows);
    // Chains are short: each round carries severities one step nearer to their cause.
    let mut carried = true;
    while std::mem::take(&mut carried) {
        for (cause, effect) in &follows {
            let effect = found[*effect].1.severity;
            let cause = &mut found[*cause].1.severity;
            carried |= effect < *cause;
            *cause = effect.min(*cause);
        }
    }
    let silent: BTreeSet<usize> = follows.into_iter().map(|(_, effect)| effect).collect();
    found.into_iter().enumerate().filter(|(at, _)| !silent.contains(at)).map(|(_, it)| it).collect()
}

/// Whatever speaks for an alarm names it in its evidence: that it fires is a second witness, and where people were told.
fn tell_of_alarms(found: &mut [(&'static str, Finding)], follows: &[(usize, usize)]) {
    let mut alarms: Vec<BTreeSet<usize>> = found
        .iter()
        .enumerate()
        .map(|(at, (rule, _))| (*rule == ALARM_FIRING.name).then_some(at).into_iter().collect())
        .collect();
    let mut carried = true;
    while std::mem::take(&mut carried) {
        for (cause, effect) in follows {
            let told = alarms[*effect].clone();
            let before = alarms[*cause].len();
            alarms[*cause].extend(told);
            carried |= alarms[*cause].len() > before;
        }
    }
    for (at, told) in alarms.into_iter().enumerate() {
        let summaries: Vec<String> =
            told.into_iter().filter(|it| *it != at).map(|it| found[it].1.summary.clone()).collect();
        found[at].1.evidence.extend(summaries);
    }
}

/// Which findings speak for which others, by their places in `found`.
fn follows(context: &Context<'_>, found: &[(&'static str, Finding)]) -> Vec<(usize, usize)> {
    let mut by_subject: HashMap<&ResourceId, Vec<usize>> = HashMap::new();
    for (at, (_, finding)) in found.iter().enumerate() {
        by_subject.entry(&finding.subject).or_default().push(at);
    }
    let behind = LazyCell::new(|| Behind::new(context));
    let watched = LazyCell::new(|| Watched::new(context, found));
    let mut follows = Vec::new();
    for (cause, (rule, speaks)) in found.iter().enumerate() {
        for Precedence(_, near, silent) in PRECEDENCE.iter().filter(|it| it.0 == *rule) {
            let subject = &speaks.subject;
            let neighbours: Vec<usize> = match near {
                Near::Same => by_subject[subject].clone(),
                Near::Behind => among(&by_subject, &behind.of(subject)),
                Near::Member => among(&by_subject, &members(context, subject)),
                Near::Watched => watched.by_alarms(goes_by(rule), subject, &behind),
                Near::Scope => (0..found.len()).filter(|at| found[*at].1.subject.scope == subject.scope).collect(),
                Near::Region => (0..found.len()).filter(|at| is_in(&found[*at].1.subject, &subject.scope)).collect(),
            };
            let of_rule = neighbours.into_iter().filter(|at| silent.contains(&found[*at].0));
            let of_stack = of_rule.filter(|at| *near == Near::Scope || found[*at].1.stack == speaks.stack);
            follows.extend(of_stack.map(|effect| (cause, effect)));
        }
    }
    follows
}

/// Whether it lies in the scope, or is the stack as a whole.
fn is_in(subject: &ResourceId, scope: &Scope) -> bool {
    subject.scope == *scope || subject.kind == Kind::Stack
}

fn among(by_subject: &HashMap<&ResourceId, Vec<usize>>, subjects: &[ResourceId]) -> Vec<usize> {
    subjects.iter().filter_map(|it| by_subject.get(it)).flatten().copied().collect()
}

/// Services and the target groups that they register their tasks in, each by the other.
struct Behind(HashMap<ResourceId, Vec<ResourceId>>);

impl Behind {
    fn new(context: &Context<'_>) -> Self {
        let mut behind: HashMap<_, Vec<_>> = HashMap::new();
        for view in &context.services {
            let service = ResourceId::new(Kind::Service, view.place.scope, view.service.arn.wire());
            for group in &view.service.load_balancers {
                let group = ResourceId::new(Kind::TargetGroup, view.place.scope, group.target_group.wire());
                behind.entry(service.clone()).or_default().push(group.clone());
                behind.entry(group).or_default().push(service.clone());
            }
        }
        Self(behind)
    }

    fn of(&self, subject: &ResourceId) -> Vec<ResourceId> {
        self.0.get(subject).cloned().unwrap_or_default()
    }
}

/// What the alarms that fire watch: the place of each in what was found, with resource and measure.
struct Watched(Vec<(usize, ResourceId, Measure)>);

impl Watched {
    fn new(context: &Context<'_>, found: &[(&'static str, Finding)]) -> Self {
        let mut series: HashMap<(&SafeText, &Scope), Vec<Measured>> = HashMap::new();
        let mut watched = Vec::new();
        for (at, (_, finding)) in found.iter().enumerate().filter(|(_, (rule, _))| *rule == ALARM_FIRING.name) {
            let scope = &finding.subject.scope;
            let Some(known) = context.estate.scope(scope) else { continue };
            let alarm = known.alarms.value().and_then(|it| it.get(&Arn::new(&finding.subject.key)));
            let stack = context.stacks.iter().find(|it| it.name == finding.stack);
            let (Some(alarm), Some(stack)) = (alarm, stack) else { continue };
            let own = series.entry((&finding.stack, scope)).or_insert_with(|| of_stack(stack, scope, Some(known)));
            let about = own.iter().filter(|it| it.is_watched_by(alarm));
            watched.extend(about.map(|it| (at, it.subject.clone(), it.measure)));
        }
        Self(watched)
    }

    /// The alarms on one of these measures of the subject, or of the target group before it.
    fn by_alarms(&self, measures: &[Measure], subject: &ResourceId, behind: &Behind) -> Vec<usize> {
        let near = behind.of(subject);
        let is_about =
            |it: &&(usize, ResourceId, Measure)| measures.contains(&it.2) && (it.1 == *subject || near.contains(&it.1));
        let found: BTreeSet<usize> = self.0.iter().filter(is_about).map(|it| it.0).collect();
        found.into_iter().collect()
    }
}

/// The instances of a group.
fn members(context: &Context<'_>, group: &ResourceId) -> Vec<ResourceId> {
    let is_it = |view: &&GroupView<'_>| {
        (group.kind, &group.scope) == (Kind::Group, view.place.scope) && view.group.name.as_str() == &*group.key
    };
    let groups = context.groups.iter().filter(is_it);
    let instance = |id: &str| ResourceId::new(Kind::Instance, &group.scope, id);
    groups.flat_map(|view| view.group.instances.iter().map(|it| instance(it.id.as_str()))).collect()
}
