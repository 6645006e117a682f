//! Gateways on Spot capacity that AWS takes back, or recommends to replace.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    sessions, words,
};
use crate::domain::{
    group::{Activity, Instance, SpotNotice},
    id::Kind,
    signal::Severity,
};

pub const GATEWAY_NOTICE: Rule = Rule {
    name: "gateway-notice",
    meaning: "AWS takes an instance on Spot capacity back within two minutes",
    severity: "critical where it holds sessions, else a warning",
    fires: "the Spot request of an instance that runs is marked for termination or stop; until the instance has gone",
    evidence: "each such instance with its zone, its sessions and when it goes; what the stack file says of notices",
    next: "keep new sessions away from it and tell its users: drain it, or let the stack file do so (on_notice = true); \
           sessions that are left when it goes are lost",
    check: noticed,
};

pub const REBALANCE_RECOMMENDED: Rule = Rule {
    name: "rebalance-recommended",
    meaning: "EC2 recommends to replace a Spot instance, and the group is doing it, whatever it holds",
    severity: "a warning",
    fires: "a group with CapacityRebalance has launched an instance for a rebalance recommendation within half an hour, and \
            has not ended one for it since. Where CapacityRebalance is off no Describe call tells of a recommendation",
    evidence: "the activity, each gateway on Spot capacity with its sessions",
    next: "drain the gateways with the fewest sessions now, or switch CapacityRebalance off: protection from scale-in does \
           not stop it",
    check: recommended,
};

/// How long a recommendation is told.
const TOLD: SignedDuration = SignedDuration::from_mins(30);

fn noticed(context: &Context<'_>) -> Vec<Finding> {
    let noticed = |view| GroupView::noticed(view).map(move |(it, notice)| find(view, it, notice));
    context.groups.iter().flat_map(noticed).collect()
}

impl GroupView<'_> {
    fn noticed(&self) -> impl Iterator<Item = (&Instance, SpotNotice)> {
        self.group.noticed()
    }

    /// Sessions on an instance, where some source tells.
    fn held(&self, instance: &Instance) -> Option<u32> {
        let load = sessions::load(self.place.known, self.group, self.spec.sessions.as_ref()?, self.place.now);
        let gateway = load.gateways.iter().find(|it| it.instance.id == instance.id)?;
        gateway.sessions.map(|it| it.value)
    }
}

/// How long it is until an instance goes, in words; to the second, since there are two minutes of them.
pub fn left(notice: SpotNotice, now: Timestamp) -> String {
    let seconds = notice.ends_at().duration_since(now).as_secs().max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn find(view: &GroupView<'_>, instance: &Instance, notice: SpotNotice) -> Finding {
    let (id, held) = (&instance.id, view.held(instance));
    let severity = if held == Some(0) { Severity::Warning } else { Severity::Critical };
    let sessions = match held {
        Some(0) => ", which holds no session".to_owned(),
        Some(held) => format!(" and {} on it", words::count(held as usize, "session")),
        None => String::new(),
    };
    let goes = format!(
        "{id} in {}: notice at {}, gone at {}",
        instance.zone,
        words::clock(notice.at),
        words::clock(notice.ends_at())
    );
    let (by_itself, advice) = if view.spec.drain.on_notice {
        ("on_notice = true: it is drained at once by a console that may write", "tell its users to end what they do")
    } else {
        (
            "on_notice = false: nothing is done about it by itself",
            "drain it, so that nobody new comes to it, and tell its users to end what they do",
        )
    };
    Finding {
        summary: format!("AWS takes {id} of {} back in {}{sessions}", view.group.name, left(notice, view.place.now)),
        evidence: vec![goes, format!("the stack file says {by_itself}")],
        advice: format!("{advice}: sessions cannot move, and those that are left when it goes are lost"),
        ..view.place.finding(severity, Kind::Instance, id.as_str(), Some(notice.at))
    }
}

fn recommended(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(replaced).collect()
}

fn replaced(view: &GroupView<'_>) -> Option<Finding> {
    let (group, now) = (view.group, view.place.now);
    let activities = view.place.known.activities.get(&*view.spec.name)?.value()?;
    let told = |it: &&Activity| it.is_recommended() && now.duration_since(it.started_at) <= TOLD;
    let newest = activities.iter().filter(told).max_by_key(|it| it.started_at).filter(|it| it.is_launch())?;
    let spot: Vec<&Instance> =
        group.in_service().filter(|it| it.spot && newest.instance() != Some(it.id.as_str())).collect();
    let mut evidence = vec![format!("{}: {}", words::clock(newest.started_at), newest.cause)];
    evidence.extend(spot.iter().map(|it| {
        let held = view.held(it).map_or(String::new(), |held| format!(": {}", words::count(held as usize, "session")));
        format!("{} in {}, Spot{held}", it.id, it.zone)
    }));
    Some(Finding {
        summary: format!("{} replaces a gateway on EC2's recommendation, and its sessions end with it", group.name),
        evidence,
        advice:
            "which one goes is not told: drain the one with the fewest sessions now, or switch CapacityRebalance off; \
                 protection from scale-in does not stop it"
                .to_owned(),
        ..view.place.finding(Severity::Warning, Kind::Group, group.name.as_str(), Some(newest.started_at))
    })
}
