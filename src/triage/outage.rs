//! A zone in which nothing is well any more, whatever runs there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{
    id::Scope,
    signal::Severity,
    target::{Target, TargetState},
    task::Task,
    text::SafeText,
    timeline::{Source, Tone},
};

pub const ZONE_FAILING: Rule = Rule {
    name: "zone-failing",
    meaning: "one zone has failed: services lose what they run in it, and nothing else",
    severity: "a warning; as bad as what it speaks for, such as errors",
    fires: "in one account and region, at least two services behind load balancers have unhealthy targets or lost tasks \
            within 15 minutes in one zone, no target of any service is healthy there, and none has such trouble in another \
            zone. One signal for each stack",
    evidence: "each service with what is unhealthy, what was lost, and what is healthy in other zones; first those of the \
               stack",
    next: "see that the other zones hold what is replaced there; leave deployments until the zone is back",
    check: zone_failing,
};

/// How far back a lost task counts.
const RECENT: SignedDuration = SignedDuration::from_mins(15);

/// Fewer services may have a trouble of their own there.
const SEVERAL: usize = 2;

/// A service behind load balancers, by zones.
struct Spread<'v, 'a> {
    view: &'v ServiceView<'a>,
    zones: BTreeMap<&'a str, Standing>,
}

/// How a service stands in a zone.
#[derive(Default)]
struct Standing {
    healthy: usize,
    unhealthy: usize,
    /// Tasks that nobody wanted to stop.
    lost: usize,
    first_lost: Option<Timestamp>,
}

impl Standing {
    fn is_hit(&self) -> bool {
        self.unhealthy + self.lost > 0
    }
}

/// Zones have their names within an account and region; the scopes of several stacks may share them.
type Where<'a> = (Option<&'a SafeText>, &'a str);

fn zone_failing(context: &Context<'_>) -> Vec<Finding> {
    let mut regions: BTreeMap<Where<'_>, Vec<Spread<'_, '_>>> = BTreeMap::new();
    for view in &context.services {
        let account = view.place.known.identity.value().map(|it| &it.account);
        let spread = Spread { view, zones: zones(view) };
        regions.entry((account, &view.place.scope.region)).or_default().push(spread);
    }
    regions.into_values().flat_map(|all| in_region(context, &all)).collect()
}

fn zones<'a>(view: &ServiceView<'a>) -> BTreeMap<&'a str, Standing> {
    let mut zones: BTreeMap<&str, Standing> = BTreeMap::new();
    let groups = view.service.load_balancers.iter();
    let known = groups.filter_map(|it| view.place.known.targets.get(&it.target_group)?.value());
    let targets: Vec<&Target> = known.flatten().collect();
    if targets.is_empty() {
        return zones;
    }
    for target in targets {
        let standing = zones.entry(target.zone.as_str()).or_default();
        match target.state {
            TargetState::Healthy => standing.healthy += 1,
            TargetState::Unhealthy => standing.unhealthy += 1,
            _ => {}
        }
    }
    // Between its target's failure and its end a task is neither: it is on its way out, and says why.
    let is_ending = |it: &&&Task| !it.is_stopped() && it.desired_status.as_str() == "STOPPED";
    let ending = view.tasks.iter().filter(is_ending).filter(|it| it.stopped_reason.is_some());
    for task in ending.filter(|it| Stop::of(it) != Stop::Wanted) {
        zones.entry(task.zone.as_str()).or_default().lost += 1;
    }
    let ended = view.tasks.iter().filter(|it| it.is_stopped() && Stop::of(it) != Stop::Wanted);
    for (zone, at) in ended.filter_map(|it| Some((it.zone.as_str(), it.stopped_at?))) {
        if view.age(at) <= RECENT {
            let standing = zones.entry(zone).or_default();
            standing.lost += 1;
            standing.first_lost = Some(standing.first_lost.map_or(at, |first| first.min(at)));
        }
    }
    zones
}

fn in_region(context: &Context<'_>, all: &[Spread<'_, '_>]) -> Vec<Finding> {
    let Some(zone) = failed(all) else { return Vec::new() };
    let hit: Vec<&Spread<'_, '_>> = all.iter().filter(|it| it.zones.get(zone).is_some_and(Standing::is_hit)).collect();
    let since = since(context, zone, &hit);
    let mut findings = Vec::new();
    let mut told: Vec<(&SafeText, &Scope)> = Vec::new();
    for spread in &hit {
        let place = spread.view.place;
        let own = (&place.stack.name, place.scope);
        if told.contains(&own) {
            continue;
        }
        told.push(own);
        let is_own = |it: &Spread<'_, '_>| (&it.view.place.stack.name, it.view.place.scope) == own;
        let (mine, others): (Vec<&Spread<'_, '_>>, Vec<_>) = hit.iter().copied().partition(|it| is_own(it));
        let names: Vec<&str> = mine.iter().map(|it| it.view.service.name.as_str()).collect();
        findings.push(Finding {
            summary: format!("zone {zone} has failed: nothing of {} is healthy there", words::list(&names)),
            evidence: mine.iter().chain(&others).map(|it| tell(it, zone)).collect(),
            advice: "see that the other zones hold what is replaced there, and deploy nothing until it is back; \
                     https://health.aws.amazon.com tells what AWS knows of it"
                .to_owned(),
            ..spread.view.finding(Severity::Warning, since)
        });
    }
    findings
}

/// The zone that all trouble is in, if it is one, several have it, nothing is healthy there, and elsewhere something is.
fn failed<'a>(all: &[Spread<'_, 'a>]) -> Option<&'a str> {
    let mut hit = all.iter().flat_map(|it| it.zones.iter()).filter(|(_, it)| it.is_hit()).map(|(zone, _)| *zone);
    let zone = hit.next().filter(|it| !it.is_empty())?;
    let mut count = 1;
    for other in hit {
        if other != zone {
            return None;
        }
        count += 1;
    }
    let healthy = |is_there: bool| {
        let standings = all.iter().flat_map(|it| it.zones.iter());
        standings.filter(|(other, _)| (**other == zone) == is_there).map(|(_, it)| it.healthy).sum::<usize>()
    };
    (count >= SEVERAL && healthy(true) == 0 && healthy(false) > 0).then_some(zone)
}

/// When the first of it was seen: a task's end, or a target that was seen to become unhealthy.
fn since(context: &Context<'_>, zone: &str, hit: &[&Spread<'_, '_>]) -> Option<Timestamp> {
    let lost = hit.iter().filter_map(|it| it.zones.get(zone)?.first_lost);
    let is_of = |scope: &Scope| hit.iter().any(|it| it.view.place.scope == scope);
    let entries = context.estate.timeline.newest_first().map(|(_, entry)| entry);
    let recent = entries.take_while(|it| context.now.duration_since(it.at) <= RECENT);
    let sick = recent.filter(|it| it.source == Source::Target && it.tone == Tone::Bad && is_of(&it.subject.scope));
    lost.chain(sick.map(|it| it.at)).min()
}

/// As `terminal-api: 1 target unhealthy, 1 task lost, the first at 03:12:45 UTC; 2 healthy in other zones`.
fn tell(spread: &Spread<'_, '_>, zone: &str) -> String {
    let elsewhere: usize = spread.zones.iter().filter(|(it, _)| **it != zone).map(|(_, it)| it.healthy).sum();
    let mut parts = Vec::new();
    if let Some(standing) = spread.zones.get(zone) {
        if standing.unhealthy > 0 {
            parts.push(format!("{} unhealthy", words::count(standing.unhealthy, "target")));
        }
        if standing.lost > 0 {
            let first = standing.first_lost.map(|at| format!(", the first at {}", words::clock(at)));
            parts.push(format!("{} lost{}", words::count(standing.lost, "task"), first.unwrap_or_default()));
        }
    }
    format!("{}: {}; {elsewhere} healthy in other zones", spread.view.name(), parts.join(", "))
}
