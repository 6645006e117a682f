//! Gateways that took their sessions with them, or hold more than they should.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    sessions, words,
};
use crate::domain::{
    group::{Activity, Instance},
    id::Kind,
    session::Session,
    signal::Severity,
};

pub const GATEWAY_LOST: Rule = Rule {
    name: "gateway-lost",
    meaning: "a gateway has gone, or is going, and its sessions with it",
    severity: "critical while the group lacks gateways or sessions are on one that goes, else a warning",
    fires: "within half an hour the group replaced a gateway that failed; or sessions are on a gateway that is being \
            terminated; or the session table names one that the group no longer has, in an item seen within the hour; or \
            within half an hour sessions were seen to end with a gateway that the group terminated, but for one that \
            somebody asked it to terminate",
    evidence: "each gateway with its sessions, the group's cause for ending it, gateways in service and desired",
    next: "tell the users that they must connect again; see what the instance died of; clear its items from the table",
    check: gateway_lost,
};

pub const GATEWAY_OVER_LIMIT: Rule = Rule {
    name: "gateway-over-limit",
    meaning: "a gateway holds more sessions than its type takes",
    severity: "a warning",
    fires: "the exact count of a gateway's sessions is above the limit that the stack file names for it",
    evidence: "each such gateway with sessions, limit and type",
    next: "keep new sessions away from it: what spreads them does not heed the limit; or correct the limit",
    check: gateway_over_limit,
};

/// How long a gateway's loss is told.
const TOLD: SignedDuration = SignedDuration::from_mins(30);

/// What Auto Scaling says of an instance that it took out because fewer are wanted.
const SHRINKING: &str = "shrinking the capacity";

/// What it says of one that somebody asked it to terminate: who did so gave its sessions up.
const ASKED: &str = "taken out of service in response to a user request";

/// An item of the session table that nobody has touched for longer is a left-over, not a session.
const LIVING: SignedDuration = SignedDuration::from_hours(1);

fn gateway_lost(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(|view| lost(context, view)).collect()
}

/// What is known of a gateway that is lost.
#[derive(Default)]
struct Loss<'a> {
    /// Still open.
    sessions: usize,
    /// Seen to end with it.
    ended: usize,
    activity: Option<&'a Activity>,
    /// It still runs, or its sessions still stand in the table.
    now: bool,
}

fn lost(context: &Context<'_>, view: &GroupView<'_>) -> Option<Finding> {
    let (group, place) = (view.group, view.place);
    let table = view.spec.sessions.as_ref()?.table.as_ref();
    let sessions = table.and_then(|(name, _)| place.known.sessions.get(name)).and_then(|it| it.value());
    let mut losses: BTreeMap<&str, Loss<'_>> = BTreeMap::new();
    for activity in recent_losses(view) {
        losses.entry(activity.instance().unwrap_or("an instance")).or_default().activity = Some(activity);
    }
    for session in sessions.into_iter().flatten().filter(|it| is_on_lost(context, view, it)) {
        let loss = losses.entry(session.gateway.as_str()).or_default();
        (loss.sessions, loss.now) = (loss.sessions + 1, true);
    }
    for (gateway, activity) in taken_along(view) {
        let loss = losses.entry(gateway).or_default();
        (loss.ended, loss.activity) = (loss.ended + 1, Some(activity));
    }
    if losses.is_empty() {
        return None;
    }
    let in_service = group.instances.iter().filter(|it| it.is_in_service()).count();
    let short = in_service < group.desired as usize;
    let severity = if short || losses.values().any(|it| it.now) { Severity::Critical } else { Severity::Warning };
    let since = losses.values().filter_map(|it| it.activity).map(|it| it.started_at).min();
    let mut evidence: Vec<String> = losses.iter().map(|(id, loss)| describe(id, loss)).collect();
    evidence.push(format!("{in_service} of {} gateways in service", group.desired));
    let held: usize = losses.values().map(|it| it.sessions + it.ended).sum();
    let names: Vec<&str> = losses.keys().copied().collect();
    Some(Finding {
        summary: match held {
            0 => format!("{} lost {}, and the sessions that it held", group.name, words::list(&names)),
            held => format!("{} lost {} with {}", group.name, words::list(&names), words::count(held, "session")),
        },
        evidence,
        advice: advice(&losses),
        ..place.finding(severity, Kind::Group, group.name.as_str(), since)
    })
}

fn advice(losses: &BTreeMap<&str, Loss<'_>>) -> String {
    let scaled_in = |loss: &Loss<'_>| loss.activity.is_some_and(|it| it.cause.as_str().contains(SHRINKING));
    if losses.values().any(scaled_in) {
        return "sessions cannot move: their users must connect again; protect gateways that hold sessions from being \
                scaled in"
            .to_owned();
    }
    "sessions cannot move: their users must connect again; see what the instance died of, and whether its replacement is \
     in service"
        .to_owned()
}

/// Sessions that were seen to end with a gateway of the group within the time that it is told: each gateway once for every
/// session, with the activity that terminated it.
fn taken_along<'a>(view: &GroupView<'a>) -> Vec<(&'a str, &'a Activity)> {
    let (known, now) = (view.place.known, view.place.now);
    let table = view.spec.sessions.as_ref().and_then(|it| it.table.as_ref());
    let seen = table.and_then(|(name, _)| known.session_ends.get(name));
    let activities = known.activities.get(&*view.spec.name).and_then(|it| it.value());
    let ended = seen.into_iter().flat_map(|it| &it.lost);
    ended
        .filter_map(|end| {
            // Items of the table may outlive their gateway by an hour: what counts is when that went.
            let is_its_end = |it: &&Activity| {
                let is_unasked = !it.cause.as_str().contains(ASKED) && now.duration_since(it.started_at) <= TOLD;
                it.instance() == Some(end.gateway.as_str()) && it.is_end() && is_unasked
            };
            Some((end.gateway.as_str(), activities?.iter().find(is_its_end)?))
        })
        .collect()
}

fn recent_losses<'a>(view: &GroupView<'a>) -> impl Iterator<Item = &'a Activity> {
    let now = view.place.now;
    let activities = view.place.known.activities.get(&*view.spec.name).and_then(|it| it.value());
    let recent = move |at: Timestamp| now.duration_since(at) <= TOLD;
    activities.into_iter().flatten().filter(move |it| it.is_loss() && recent(it.started_at))
}

/// Whether the session is on a gateway that is being terminated, or that no group of its table has any more.
fn is_on_lost(context: &Context<'_>, view: &GroupView<'_>, session: &Session) -> bool {
    let now = view.place.now;
    if session.gateway.is_empty() || session.last_seen_at.is_none_or(|at| now.duration_since(at) > LIVING) {
        return false;
    }
    let is_it = |it: &&Instance| it.id == session.gateway;
    if let Some(instance) = view.group.instances.iter().find(is_it) {
        return matches!(instance.lifecycle.as_str(), "Terminating" | "Terminating:Proceed" | "Terminated");
    }
    let table = |it: &GroupView<'_>| it.spec.sessions.as_ref().and_then(|it| it.table.as_ref().map(|it| it.0.clone()));
    let same = |it: &&GroupView<'_>| it.place.scope == view.place.scope && table(it) == table(view);
    let sharing: Vec<_> = context.groups.iter().filter(same).collect();
    // Of several groups that share a table, the first tells of what none of them has.
    let first = sharing.first().is_some_and(|it| it.group.name == view.group.name);
    first && !sharing.iter().any(|it| it.group.instances.iter().any(|it| is_it(&it)))
}

fn describe(id: &str, loss: &Loss<'_>) -> String {
    let sessions = match (loss.sessions, loss.ended) {
        (0, 0) => String::new(),
        (0, ended) => format!(": {} ended with it", words::count(ended, "session")),
        (open, 0) => format!(": {}", words::count(open, "session")),
        (open, ended) => format!(": {}, {ended} more ended with it", words::count(open, "session")),
    };
    let why = loss.activity.map(|it| format!("; {}: {}", words::clock(it.started_at), it.cause)).unwrap_or_default();
    format!("{id}{sessions}{why}")
}

fn gateway_over_limit(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(over_limit).collect()
}

fn over_limit(view: &GroupView<'_>) -> Option<Finding> {
    let load = sessions::load(view.place.known, view.group, view.spec.sessions.as_ref()?, view.place.now);
    let over = load.gateways.iter().filter_map(|it| {
        let (held, limit) = (it.sessions.filter(|it| !it.approximate)?.value, it.limit?);
        (held > limit).then_some((it.instance, held, limit))
    });
    let over: Vec<_> = over.collect();
    let names: BTreeSet<&str> = over.iter().map(|(it, ..)| it.id.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let told = |(it, held, limit): &(&Instance, u32, u32)| {
        format!("{} ({}): {held} sessions, its limit is {limit}", it.id, it.instance_type)
    };
    let summary = match &over[..] {
        [] => return None,
        [(it, held, limit)] => format!("{} of {} holds {held} sessions, {limit} are its limit", it.id, view.group.name),
        _ => format!("{} of {} hold more sessions than they take", words::list(&names), view.group.name),
    };
    Some(Finding {
        summary,
        evidence: over.iter().map(told).collect(),
        advice:
            "keep new sessions away from it: what spreads them does not heed the limit; or correct the limit in the \
                 stack file"
                .to_owned(),
        ..view.place.finding(Severity::Warning, Kind::Group, view.group.name.as_str(), None)
    })
}
