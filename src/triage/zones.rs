//! Services and groups that stand in one zone although they may use several.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, GroupView, Place, ServiceView},
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{
    id::{Kind, ResourceId},
    signal::Severity,
    task::Task,
};

pub const ONE_ZONE_LEFT: Rule = Rule {
    name: "one-zone-left",
    meaning: "all that runs of a service or group is in one zone, although it may use several",
    severity: "a warning where a task or an instance was lost in another zone within the hour, else a notice",
    fires: "at least two tasks or instances run, all in one zone, the newest for 3 minutes, with no deployment under way. \
            One signal for each zone and stack",
    evidence: "each service and group with what runs in the zone, and what was lost in the others, with the time",
    next: "see whether the other zones have trouble; once they are well, replace tasks or instances so that they spread",
    check: one_zone_left,
};

/// How long the newest must have run: the scheduler may be about to fill the other zones.
const SETTLED: SignedDuration = SignedDuration::from_mins(3);

/// How far back what was lost in other zones counts.
const RECENT: SignedDuration = SignedDuration::from_hours(1);

/// Something that stands in one zone.
struct Lopsided<'a> {
    place: Place<'a>,
    subject: ResourceId,
    zone: &'a str,
    /// As `terminal-api: 2 tasks`.
    what: String,
    /// What was lost elsewhere, and when.
    lost: Option<(&'a str, Timestamp)>,
}

fn one_zone_left(context: &Context<'_>) -> Vec<Finding> {
    let services = context.services.iter().filter_map(service);
    let groups = context.groups.iter().filter_map(group);
    let mut by_zone: BTreeMap<_, Vec<Lopsided<'_>>> = BTreeMap::new();
    for lopsided in services.chain(groups) {
        let Place { stack, scope, .. } = lopsided.place;
        by_zone.entry((stack.name.as_str(), scope, lopsided.zone)).or_default().push(lopsided);
    }
    by_zone.into_values().filter_map(|all| find(&all)).collect()
}

fn service<'a>(view: &ServiceView<'a>) -> Option<Lopsided<'a>> {
    if view.service.is_deploying() || view.service.subnets.len() < 2 {
        return None;
    }
    let running = || view.tasks.iter().filter(|it| it.is_running());
    let zone = only(running().map(|it| it.zone.as_str()))?;
    let newest = running().filter_map(|it| it.started_at).max()?;
    let lost = |it: &&&Task| it.is_stopped() && it.zone.as_str() != zone && Stop::of(it) != Stop::Wanted;
    let ended = view.tasks.iter().filter(lost);
    let lost = ended.filter_map(|it| Some((it.zone.as_str(), it.stopped_at?)));
    let subject = ResourceId::new(Kind::Service, view.place.scope, view.service.arn.wire());
    let what = format!("{}: {}", view.name(), words::count(running().count(), "task"));
    settled(view.place, newest).then(|| Lopsided {
        place: view.place,
        subject,
        zone,
        what,
        lost: latest(view.place, lost),
    })
}

fn group<'a>(view: &GroupView<'a>) -> Option<Lopsided<'a>> {
    let (group, place) = (view.group, view.place);
    if group.zones.len() < 2 {
        return None;
    }
    let running = || group.instances.iter().filter(|it| it.is_in_service());
    let zone = only(running().map(|it| it.zone.as_str()))?;
    let newest = running().filter_map(|it| it.launched_at).max()?;
    let activities = place.known.activities.get(&*view.spec.name).and_then(|it| it.value());
    // An activity does not name its instance's zone in words: that the group has lost some is all it tells.
    let ended = activities.into_iter().flatten().filter(|it| it.is_loss());
    let lost = ended.map(|it| ("another zone", it.started_at));
    let subject = ResourceId::new(Kind::Group, place.scope, group.name.as_str());
    let what = format!("{}: {}", group.name, words::count(running().count(), "instance"));
    settled(place, newest).then(|| Lopsided { place, subject, zone, what, lost: latest(place, lost) })
}

/// The zone of all of them, if it is one and they are several.
fn only<'a>(mut zones: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = zones.next().filter(|it| !it.is_empty())?;
    let mut others = 0;
    for zone in zones {
        if zone != first {
            return None;
        }
        others += 1;
    }
    (others > 0).then_some(first)
}

fn settled(place: Place<'_>, newest: Timestamp) -> bool {
    place.now.duration_since(newest) >= SETTLED
}

fn latest<'a>(place: Place<'_>, lost: impl Iterator<Item = (&'a str, Timestamp)>) -> Option<(&'a str, Timestamp)> {
    lost.filter(|(_, at)| place.now.duration_since(*at) <= RECENT).max_by_key(|(_, at)| *at)
}

fn find(all: &[Lopsided<'_>]) -> Option<Finding> {
    let first = all.first()?;
    let since = all.iter().filter_map(|it| it.lost).map(|(_, at)| at).max();
    let severity = if since.is_some() { Severity::Warning } else { Severity::Notice };
    let names: Vec<&str> = all.iter().map(|it| it.what.split(':').next().unwrap_or_default()).collect();
    let told = |it: &Lopsided<'_>| {
        let lost = it.lost.map(|(zone, at)| format!("; the last in {zone} was lost at {}", words::clock(at)));
        format!("{} in {}{}", it.what, it.zone, lost.unwrap_or_default())
    };
    let subject = match all {
        [only] => only.subject.clone(),
        _ => ResourceId::stack(first.place.stack.name.as_str()),
    };
    Some(Finding {
        summary: format!("only zone {} is left of {}", first.zone, words::list(&names)),
        evidence: all.iter().map(told).collect(),
        advice:
            "if that zone fails, nothing is left: see whether the others have trouble, and spread out again once they \
                 are well"
                .to_owned(),
        subject,
        ..first.place.finding(severity, Kind::Stack, "", since)
    })
}
