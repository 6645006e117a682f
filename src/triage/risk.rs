//! Gateways with sessions on them that their group is about to end.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    sessions,
    tracking::{self, Next},
    words,
};
use crate::domain::{
    alarm::{AlarmState, Wants},
    group::{Activity, Instance, Policy},
    id::Kind,
    signal::Severity,
};

pub const GATEWAY_AT_RISK: Rule = Rule {
    name: "gateway-at-risk",
    meaning: "a group is about to end a gateway on which there are sessions",
    severity: "critical when it happens within 5 minutes, else a warning",
    fires: "a target tracking policy is about to take instances away, or the group to balance its zones, and an instance \
            that it would choose is not protected and holds sessions; zones that lost instances within the hour are not balanced",
    evidence: "each such gateway with its sessions, and what would end it",
    next: "protect the gateways that hold sessions, or suspend Terminate (AZRebalance) until they are empty",
    check: at_risk,
};

/// What happens within this hurts users.
const SOON: SignedDuration = SignedDuration::from_mins(5);
/// For how long a loss speaks against a zone.
const LATELY: SignedDuration = SignedDuration::from_hours(1);
/// How long the balancing of zones takes at the least: a new instance comes into service first.
const BALANCING: SignedDuration = SignedDuration::from_mins(3);

fn at_risk(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find).collect()
}

/// Why an instance will be ended, and within which time.
struct Cause {
    text: String,
    within: SignedDuration,
    since: Option<Timestamp>,
    /// The process that would have to be suspended.
    process: &'static str,
}

fn find(view: &GroupView<'_>) -> Option<Finding> {
    let group = view.group;
    let source = view.spec.sessions.as_ref()?;
    let causes: Vec<Cause> = by_policy(view).into_iter().chain(by_zones(view)).collect();
    let within = causes.iter().map(|it| it.within).min()?;
    let chosen = tracking::next_to_go(group);
    let load = sessions::load(view.place.known, group, source, view.place.now);
    let held = |it: &Instance| load.gateways.iter().find(|gateway| gateway.instance.id == it.id)?.sessions;
    let busy: Vec<(&Instance, u32)> =
        chosen.iter().filter_map(|it| Some((*it, held(it)?.value))).filter(|(_, held)| *held > 0).collect();
    let least = busy.iter().map(|(_, held)| *held).min()?;
    let severity = if within <= SOON { Severity::Critical } else { Severity::Warning };
    let mut evidence: Vec<String> = busy
        .iter()
        .map(|(it, held)| {
            format!("{} in {}: {}, not protected", it.id, it.zone, words::count(*held as usize, "session"))
        })
        .collect();
    evidence.extend(causes.iter().map(|it| it.text.clone()));
    let process = causes.iter().min_by_key(|it| it.within).map_or("Terminate", |it| it.process);
    let names: Vec<&str> = busy.iter().map(|(it, _)| it.id.as_str()).collect();
    let sessions = words::count(least as usize, "session");
    // A low alarm may have fired for days while there was nothing to take away: not before the group last changed.
    let changed = view.place.known.activities.get(&*view.spec.name).and_then(|it| it.value());
    let changed = changed.into_iter().flatten().map(|it| it.started_at).max();
    let since = causes.iter().find_map(|it| it.since).map(|since| changed.map_or(since, |at| since.max(at)));
    let which = match &names[..] {
        [only] if chosen.len() == 1 => format!("{only}, with {sessions} on it"),
        [only] => format!("one of {} gateways, of which {only} holds sessions", chosen.len()),
        _ if busy.len() == chosen.len() => format!("one of {}, with at least {sessions} on it", words::list(&names)),
        _ => format!("one of {} gateways, of which {} hold sessions", chosen.len(), words::list(&names)),
    };
    Some(Finding {
        summary: format!("{} is about to end {which}", group.name),
        evidence,
        advice: format!(
            "protect the gateways that hold sessions from scale-in, or suspend {process} until they are empty"
        ),
        ..view.place.finding(severity, Kind::Group, group.name.as_str(), since)
    })
}

fn by_policy(view: &GroupView<'_>) -> Vec<Cause> {
    let (group, place) = (view.group, view.place);
    let removes = |(policy, outlook): (&Policy, tracking::Outlook)| {
        let Next::Remove(change) = outlook.next else { return None };
        let metric = policy.target.as_ref().map_or("its metric", |it| it.metric.as_str());
        let text = format!("policy {}: {metric} at {}: {}", policy.name, outlook.sight(), outlook.words());
        Some(Cause { text, within: change.within, since: low_since(view, policy), process: "Terminate" })
    };
    tracking::outlooks(place.known, group, place.now).into_iter().filter_map(removes).collect()
}

/// Since when the policy's low alarm fires.
fn low_since(view: &GroupView<'_>, policy: &Policy) -> Option<Timestamp> {
    let mut alarms = view.place.known.alarms.value()?.values();
    let fires = alarms
        .find(|it| it.state == AlarmState::Alarm && it.wants() == Wants::Less && policy.alarms.contains(&it.name));
    fires?.updated_at
}

/// A zone that has lost instances lately may be out: nothing can be launched in it, and so nothing ended for it.
fn by_zones(view: &GroupView<'_>) -> Option<Cause> {
    let (from, to) = tracking::rebalances(view.group)?;
    let activities = view.place.known.activities.get(&*view.spec.name).and_then(|it| it.value());
    let lost = |it: &Activity| it.is_loss() && view.place.now.duration_since(it.started_at) <= LATELY;
    if activities.into_iter().flatten().any(lost) {
        return None;
    }
    let zones: Vec<String> = view.group.by_zone().iter().map(|(zone, number)| format!("{number} in {zone}")).collect();
    Some(Cause {
        text: format!("{}: AZRebalance launches one in {to} and ends one in {from}", zones.join(", ")),
        within: BALANCING,
        since: None,
        process: "AZRebalance",
    })
}
