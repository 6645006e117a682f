//! Groups that run out of room for sessions.

use jiff::Timestamp;

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    sessions::{self, Count, GatewayLoad, GroupLoad},
};
use crate::domain::{
    alarm::{Alarm, AlarmState},
    group::{Group, Policy, Tracked},
    id::Kind,
    session::Session,
    signal::Severity,
};

pub const SESSIONS_NEAR_LIMIT: Rule = Rule {
    name: "sessions-near-limit",
    meaning: "a group holds 80 % of the sessions it takes (a notice up to 90 % while a policy lets it grow), or all of \
              them",
    severity: "critical when full; a warning from 80 %; a notice up to 90 % while a policy adds gateways",
    fires: "sessions on all gateways in service reach 80 % of what they take together. One full gateway is no signal: \
            new sessions go to the others",
    evidence: "sessions and limit of each gateway, the group's minimum, desired and maximum",
    next: "raise the desired capacity; at the maximum, the maximum too, or use larger instances",
    check: sessions,
};

pub const GROUP_AT_MAX: Rule = Rule {
    name: "group-at-max",
    meaning: "a group cannot grow although its policy's metric is above the target",
    severity: "critical when it takes no more sessions, else a warning",
    fires: "desired capacity is at the maximum, and the policy's metric is above its target or its high alarm fires",
    evidence: "the policy with metric and target, the group's bounds, its sessions",
    next: "raise the group's maximum, or use larger instances",
    check: group_at_max,
};

/// Share of its limit from which on a group is nearly full.
const NEAR: f64 = 0.8;

/// Below this, a group near its limit is only worth knowing where a policy adds gateways: target tracking keeps it just
/// below its target and takes minutes to answer, so that hours in which 80 % are in use are ordinary ones.
const NEAR_WHILE_IT_GROWS: f64 = 0.9;

fn sessions(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(full).collect()
}

fn full(view: &GroupView<'_>) -> Option<Finding> {
    let load = sessions::load(view.place.known, view.group, view.spec.sessions.as_ref()?, view.place.now);
    let used = load.use_of_limit()?;
    let early = grows(view.group) && used < NEAR_WHILE_IT_GROWS;
    let severity = severity(used)?;
    Some(group_full(view, &load, if early { Severity::Notice } else { severity }))
}

/// How bad it is that this share of a limit is used where nothing adds more; `None` where there is room.
pub fn severity(use_of_limit: f64) -> Option<Severity> {
    match use_of_limit {
        full if full >= 1.0 => Some(Severity::Critical),
        near if near >= NEAR => Some(Severity::Warning),
        _ => None,
    }
}

/// Whether a target tracking policy adds instances when it should.
fn grows(group: &Group) -> bool {
    let stopped = |process: &str| matches!(process, "Launch" | "AlarmNotification");
    let free = !group.suspended.iter().any(|(process, _)| stopped(process.as_str()));
    free && group.desired < group.max && group.policies.iter().any(|it| it.enabled && it.target.is_some())
}

fn group_full(view: &GroupView<'_>, load: &GroupLoad<'_>, severity: Severity) -> Finding {
    let group = view.group;
    let mut evidence: Vec<String> = load.gateways.iter().take(20).map(describe).collect();
    evidence.push(bounds(view));
    let advice = if group.desired >= group.max {
        "the group is at its maximum: raise the maximum and the desired capacity, or use larger instances"
    } else if grows(group) {
        "look at its gateways; the policy adds some within minutes, raising the desired capacity starts one now"
    } else {
        "look at its gateways; no policy adds any: raise the desired capacity"
    };
    Finding {
        summary: format!("{} holds {}{}", group.name, out_of(load.serving(), load.limit), tail(severity)),
        evidence,
        advice: advice.to_owned(),
        ..view.place.finding(severity, Kind::Group, group.name.as_str(), since(view, load))
    }
}

/// Since when at least it is so: sessions that are open now were so all the time since they began, whoever has left
/// meanwhile. `None` where the source counts sessions without naming them.
fn since(view: &GroupView<'_>, load: &GroupLoad<'_>) -> Option<Timestamp> {
    let (table, _) = view.spec.sessions.as_ref()?.table.as_ref()?;
    let sessions = view.place.known.sessions.get(table)?.value()?;
    let in_service = || load.gateways.iter().map(|it| it.instance).filter(|it| it.is_in_service());
    let is_here = |it: &&Session| in_service().any(|instance| instance.id == it.gateway);
    let mut begun: Vec<Timestamp> = sessions.iter().filter(is_here).filter_map(|it| it.started_at).collect();
    begun.sort();
    let share = if load.use_of_limit()? >= 1.0 { 1.0 } else { NEAR };
    let enough = (f64::from(load.limit?) * share).ceil() as usize;
    begun.get(enough.checked_sub(1)?).copied()
}

fn tail(severity: Severity) -> &'static str {
    if severity == Severity::Critical { ": it takes no more" } else { "" }
}

/// As `≈ 16 of 20 sessions`.
fn out_of(sessions: Option<Count>, limit: Option<u32>) -> String {
    let held = match sessions {
        Some(Count { value, approximate: true }) => format!("≈ {value}"),
        Some(Count { value, .. }) => value.to_string(),
        None => "an unknown number".to_owned(),
    };
    match limit {
        Some(limit) => format!("{held} of {limit} sessions"),
        None => format!("{held} sessions"),
    }
}

fn describe(gateway: &GatewayLoad<'_>) -> String {
    format!("{} {}: {}", gateway.instance.id, gateway.instance.lifecycle, out_of(gateway.sessions, gateway.limit))
}

fn bounds(view: &GroupView<'_>) -> String {
    let group = view.group;
    format!("{}: minimum {}, desired {}, maximum {}", group.name, group.min, group.desired, group.max)
}

fn group_at_max(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(at_max).collect()
}

fn at_max(view: &GroupView<'_>) -> Option<Finding> {
    let group = view.group;
    if group.desired < group.max {
        return None;
    }
    let source = view.spec.sessions.as_ref();
    let load = source.map(|source| sessions::load(view.place.known, group, source, view.place.now));
    let wants = |policy| wants_more(view, policy, load.as_ref()).map(|why| (policy, why));
    let (policy, why) = group.policies.iter().filter(|it| it.enabled).find_map(wants)?;
    let full = load.as_ref().and_then(GroupLoad::use_of_limit).is_some_and(|it| it >= 1.0);
    let severity = if full { Severity::Critical } else { Severity::Warning };
    let mut evidence = vec![format!("policy {}: {why}", policy.name), bounds(view)];
    evidence.extend(load.map(|it| format!("it holds {}", out_of(it.sessions, it.limit))));
    Some(Finding {
        summary: format!("{} is at its maximum of {} and would grow: {why}", group.name, group.max),
        evidence,
        advice: "raise the group's maximum, or use larger instances".to_owned(),
        ..view.place.finding(
            severity,
            Kind::Group,
            group.name.as_str(),
            alarm(view, policy).and_then(|it| it.updated_at),
        )
    })
}

/// Why the policy would add instances, if it would: its high alarm, or the sessions per gateway.
fn wants_more(view: &GroupView<'_>, policy: &Policy, load: Option<&GroupLoad<'_>>) -> Option<String> {
    let Tracked { metric, value: target, .. } = policy.target.as_ref()?;
    let source = view.spec.sessions.as_ref().and_then(|it| it.metric.as_ref());
    let average = load.filter(|_| source.is_some_and(|it| it.name == *metric)).and_then(GroupLoad::average);
    match average {
        Some(average) => (average > *target).then(|| format!("{metric} is {average:.1}, its target {target}")),
        None => alarm(view, policy).map(|alarm| format!("{metric} is above its target {target}: {}", alarm.reason)),
    }
}

/// The policy's alarm for growing, while it is in ALARM.
fn alarm<'a>(view: &GroupView<'a>, policy: &Policy) -> Option<&'a Alarm> {
    let high = |name: &str| name.contains("-AlarmHigh-") && policy.alarms.iter().any(|it| it.as_str() == name);
    let mut alarms = view.place.known.alarms.value()?.values();
    alarms.find(|it| it.state == AlarmState::Alarm && high(it.name.as_str()))
}
