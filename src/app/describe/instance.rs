//! A gateway: what EC2 and its group say of it, and whose sessions it holds.

use super::sheet::{Sheet, yes_no};
use crate::{
    app::{joins::Joins, rows::count_words, words},
    cost::{known::PriceBook, running},
    domain::id::ResourceId,
    theme::Role,
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
    sheet.field("lifecycle", instance.lifecycle.clone());
    let healthy = instance.health.as_str() == "Healthy";
    sheet.told("group health", if healthy { Role::Ok } else { Role::Critical }, instance.health.clone());
    sheet.maybe("EC2 state", instance.state.clone());
    sheet.maybe("EC2 checks", instance.checks.clone());
    sheet.field("protected", format!("{} (from scale-in)", yes_no(instance.protected)));
    sheet.field("zone", instance.zone.clone());
    sheet.field("type", instance.instance_type.clone());
    sheet.field("template version", instance.template_version.clone());
    sheet.maybe("image", instance.image.clone());
    sheet.maybe("address", instance.private_ip.clone());
    sheet.moment("launched", instance.launched_at);
    sheet.section("sessions");
    let count = gateway.and_then(|it| it.sessions);
    let limit = gateway.and_then(|it| it.limit).map(|it| format!(" of {it}")).unwrap_or_default();
    sheet.maybe("open", count.map(|it| format!("{}{limit}", count_words(it))));
    sheet.moment("oldest since", gateway.and_then(|it| it.oldest));
    let prices = PriceBook::of(&app.stacks, &app.estate, app.now);
    if let Some(rate) = running::of_instance(prices.of_stack(seat.stack), &subject.scope.region, instance) {
        sheet.field("cost now", rate.words());
        let a_session = count.filter(|it| it.value > 0).map(|it| {
            let about = if it.approximate { "≈" } else { "" };
            format!("{about}{} a session-hour", rate.shared(it.value).hourly.price())
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
