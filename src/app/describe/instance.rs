//! A gateway: what EC2 and its group say of it, and whose sessions it holds.

use super::sheet::{Sheet, yes_no};
use crate::{
    app::{
        joins::Joins,
        rows::{count_words, hook_left, lifecycle_words},
        words,
    },
    cost::{known::PriceBook, running},
    domain::{
        estate::ScopeEstate,
        group::{Group, Instance},
        id::ResourceId,
    },
    theme::Role,
    triage::{
        emptying::{Leaving, coarse},
        notices::left,
        tracking,
    },
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let known = app.estate.scope(&subject.scope)?;
    let (group, instance) = known.instance(&subject.key)?;
    let seat = joins.groups().into_iter().find(|it| *it.scope == subject.scope && it.name == group.name.as_str())?;
    let load = seat.load(app);
    let gateway = load.as_ref().and_then(|it| it.gateways.iter().find(|it| it.instance.id == instance.id));
    sheet.signals(super::about(app, subject));
    sheet.section("gateway");
    sheet.maybe("stack", seat.stack.map(|it| it.name.clone()));
    sheet.field("group", group.name.clone());
    sheet.field("scope", subject.scope.to_string());
    sheet.field("lifecycle", lifecycle_words(&instance.lifecycle));
    if let Some((hook, left)) = hook_left(app, &seat, group, instance) {
        sheet.told("waits for hook", Role::Warning, format!("{hook}, {} left", words::exact(left)));
    }
    let healthy = instance.health.as_str() == "Healthy";
    sheet.told("group health", if healthy { Role::Ok } else { Role::Critical }, instance.health.clone());
    sheet.maybe("EC2 state", instance.state.clone());
    sheet.maybe("EC2 checks", instance.checks.clone());
    if let Some(reason) = &instance.state_reason {
        sheet.field("EC2 says", reason.clone());
    }
    let goes = tracking::next_to_go(group).iter().any(|it| it.id == instance.id);
    let first = if goes { "; a scale-in would choose it, or one like it" } else { "" };
    sheet.field("protected", format!("{} (from scale-in){first}", yes_no(instance.protected)));
    sheet.field("zone", instance.zone.clone());
    let spot = if instance.spot { ", Spot" } else { "" };
    sheet.field("type", format!("{}{spot}", instance.instance_type));
    if let Some(notice) = instance.notice.filter(|_| instance.runs()) {
        let left = left(notice, app.now);
        let at = words::clock(notice.ends_at());
        sheet.told("Spot notice", Role::Critical, format!("AWS takes it back in {left}, at {at}"));
    }
    template(known, group, instance, sheet);
    sheet.maybe("image", instance.image.clone());
    sheet.maybe("address", instance.private_ip.clone());
    sheet.moment("launched", instance.launched_at);
    sheet.section("sessions");
    let count = gateway.and_then(|it| it.sessions);
    let limit = gateway.and_then(|it| it.limit).map(|it| format!(" of {it}")).unwrap_or_default();
    sheet.maybe("open", count.map(|it| format!("{}{limit}", count_words(it))));
    if let Some(also) = gateway.and_then(|it| it.also) {
        sheet.told("by the metric", Role::Warning, format!("{}: the two sources disagree", count_words(also)));
    }
    sheet.moment("oldest since", gateway.and_then(|it| it.oldest));
    let exact = count.filter(|it| !it.approximate && it.value > 0).map(|it| it.value);
    if let Some((held, leaving)) = exact.zip(load.as_ref().and_then(|it| it.leaving)) {
        emptying(held, leaving, sheet);
    }
    let prices = PriceBook::of(&app.stacks, &app.estate, app.now);
    if let Some(rate) = running::of_instance(prices.of_stack(seat.stack), &subject.scope.region, instance) {
        sheet.field("cost now", rate.words());
        let a_session = count.filter(|it| it.value > 0).map(|it| {
            let about = if it.approximate { "≈" } else { "" };
            let at_most = if rate.at_most { "at most " } else { "" };
            format!("{at_most}{about}{} a session-hour, {}", rate.shared(it.value).hourly.price(), rate.priced())
        });
        sheet.maybe("a session", a_session);
    }
    let Some(sessions) = seat.sessions(app) else {
        sheet.line(Role::Muted, "no table lists them one by one");
        return Some(());
    };
    let mut own: Vec<_> = sessions.iter().filter(|it| it.gateway == instance.id).collect();
    own.sort_by_key(|it| (it.started_at.is_none(), it.started_at));
    for session in own {
        let seen = session.last_seen_at.map(|at| format!(", seen {}", words::ago(app.now, at))).unwrap_or_default();
        sheet.event(session.started_at, Role::Text, format!("{} ({}){seen}", session.user, session.id));
    }
    Some(())
}

/// The version that it was started from, and the group's where that is another.
fn template(known: &ScopeEstate, group: &Group, instance: &Instance, sheet: &mut Sheet) {
    let versions = known.template_of(group);
    let own = instance.template_version.as_str();
    let described = versions.and_then(|it| it.named(own)).map(|it| &it.description).filter(|it| !it.is_empty());
    let described = described.map(|it| format!(" ({it})")).unwrap_or_default();
    let wanted = group.wanted_version(versions).filter(|it| own.parse() != Ok(*it));
    let role = if wanted.is_some() { Role::Warning } else { Role::Text };
    let old = wanted.map(|it| format!(", old: the group starts version {it} now")).unwrap_or_default();
    sheet.told("template version", role, format!("{own}{described}{old}"));
}

/// When it would be empty if it took no new sessions, and how sure that is.
fn emptying(held: u32, leaving: Leaving, sheet: &mut Sheet) {
    let per_hour = words::number((leaving.per_hour(held) * 10.0).round() / 10.0);
    sheet.field("end in an hour", format!("≈{per_hour} of them"));
    let Some(empty) = leaving.empty_in(held) else { return };
    let text = format!(
        "half of the times within {}, nine of ten within {}, without new ones; {}: from {} and {} seen",
        coarse(empty.likely),
        coarse(empty.late),
        leaving.sureness().word(),
        words::count(leaving.seen - leaving.ends, "open session"),
        words::count(leaving.ends, "end"),
    );
    sheet.field("empty", text);
}
