//! An Auto Scaling group: its bounds, policies, gateways and latest activities.

use super::sheet::{Sheet, joined};
use crate::{
    app::{
        joins::{GroupSeat, Joins},
        rows::count_words,
        words,
    },
    cost::{known::PriceBook, running},
    domain::{
        group::Group,
        id::{Arn, ResourceId},
        text::SafeText,
    },
    theme::Role,
};

/// Activities told.
const TOLD: usize = 10;

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let seat = joins.groups().into_iter().find(|it| *it.scope == subject.scope && it.name == &*subject.key)?;
    let group = seat.group?;
    sheet.signals(super::about(joins.app, subject));
    facts(joins, &seat, group, sheet);
    policies(group, sheet);
    gateways(joins, &seat, group, sheet);
    sheet.section("activities");
    let activities = joins.app.estate.scope(&subject.scope)?.activities.get(seat.name).and_then(|it| it.value());
    if activities.is_none_or(Vec::is_empty) {
        sheet.line(Role::Muted, if activities.is_some() { "none" } else { "not read yet" });
    }
    for activity in activities.into_iter().flatten().take(TOLD) {
        let role = if activity.status.as_str() == "Failed" { Role::Warning } else { Role::Text };
        let message = if activity.status_message.is_empty() { &activity.cause } else { &activity.status_message };
        let text = format!("{}: {} ({message})", activity.status, activity.description);
        sheet.event(Some(activity.started_at), role, text);
    }
    Some(())
}

fn facts(joins: &Joins<'_>, seat: &GroupSeat<'_>, group: &Group, sheet: &mut Sheet) {
    sheet.section("group");
    sheet.health(seat.health(joins));
    sheet.maybe("stack", seat.stack.map(|it| it.name.clone()));
    sheet.field("scope", seat.scope.to_string());
    let in_service = group.instances.iter().filter(|it| it.is_in_service()).count();
    sheet.field("gateways", format!("{in_service} in service of {} desired", group.desired));
    let at_max = group.desired >= group.max;
    let role = if at_max { Role::Warning } else { Role::Text };
    let note = if at_max { ", which it has reached" } else { "" };
    sheet.told("range", role, format!("{} to {}{note}", group.min, group.max));
    let template = group.launch_template.as_ref().map(|it| format!("{} version {}", it.name, it.version));
    sheet.maybe("launch template", template);
    let prices = PriceBook::of(&joins.app.stacks, &joins.app.estate, joins.app.now);
    let rate = running::of_group(prices.of_stack(seat.stack), &seat.scope.region, group);
    sheet.maybe("cost now", rate.map(|it| it.words()));
    sheet.field("health check", format!("{}, {} s grace", group.health_check, group.grace_seconds));
    for (process, reason) in &group.suspended {
        sheet.told("suspended", Role::Warning, format!("{process}: {reason}"));
    }
    let groups: Vec<_> = group.target_groups.iter().map(Arn::short_name).collect();
    sheet.field("target groups", joined(groups.iter().map(SafeText::as_str)));
    sheet.moment("created", group.created_at);
}

fn policies(group: &Group, sheet: &mut Sheet) {
    sheet.section("policies");
    if group.policies.is_empty() {
        sheet.line(Role::Muted, "none: nothing scales it by itself");
    }
    for policy in &group.policies {
        let target = policy.target.as_ref();
        let aim =
            target.map_or(policy.kind.to_string(), |it| format!("keeps {} at {}", it.metric, words::number(it.value)));
        let state = if policy.enabled { "" } else { " (disabled)" };
        let role = if policy.enabled { Role::Text } else { Role::Warning };
        sheet.told(policy.name.as_str(), role, format!("{aim}{state}"));
    }
}

fn gateways(joins: &Joins<'_>, seat: &GroupSeat<'_>, group: &Group, sheet: &mut Sheet) {
    sheet.section("gateways");
    let load = seat.load(joins.app);
    for (at, instance) in group.instances.iter().enumerate() {
        let gateway = load.as_ref().and_then(|it| it.gateways.get(at));
        let sessions = gateway.and_then(|it| it.sessions).map_or("– sessions".to_owned(), |count| {
            let limit = gateway.and_then(|it| it.limit).map(|it| format!(" of {it}")).unwrap_or_default();
            format!("{}{limit} sessions", count_words(count))
        });
        let protected = if instance.protected { ", protected" } else { "" };
        let text = format!("{}, {}, {sessions}{protected}", instance.lifecycle, instance.zone);
        sheet.field(instance.id.as_str(), text);
    }
    if let Some(load) = load {
        let total = load.sessions.map_or("–".to_owned(), count_words);
        let average = load.average().map(|it| format!(", {} a gateway in service", words::number(it)));
        sheet.field("sessions", format!("{total}{}", average.unwrap_or_default()));
        if load.unplaced > 0 {
            let text =
                format!("{} that name no gateway of this group", words::count(load.unplaced as usize, "session"));
            sheet.told("unplaced", Role::Notice, text);
        }
    }
}
