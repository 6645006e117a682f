//! A target group: how it checks, and what it finds.

use super::sheet::{Sheet, joined};
use crate::{
    app::{joins::Joins, joins::Tally, rows::condition_words, words},
    domain::{
        behind::Behind,
        id::ResourceId,
        observation::Observation,
        target::{TargetGroup, TargetState},
    },
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let seat = joins.target_groups().into_iter().find(|it| it.id() == *subject)?;
    let group = seat.group?;
    sheet.signals(super::about(joins.app, subject));
    sheet.section("target group");
    sheet.health(seat.health(joins));
    sheet.maybe("stack", seat.stack.map(|it| it.name.clone()));
    sheet.field("scope", seat.scope.to_string());
    sheet.field("forwards", format!("{} to port {}, by {}", group.protocol, group.port, group.target_type));
    let balancers: Vec<_> = group.load_balancers.iter().map(ToString::to_string).collect();
    let names = balancers.iter().map(|it| it.split("loadbalancer/").nth(1).unwrap_or(it));
    sheet.field("load balancers", joined(names));
    facts(group, sheet);
    routes(joins, group, subject, sheet);
    sheet.section("targets");
    let Some(targets) = seat.targets else {
        sheet.line(Role::Muted, "not read yet");
        return Some(());
    };
    let tally = Tally::of(targets);
    sheet.field("healthy", format!("{} of {}", tally.healthy, tally.total));
    let tasks = Behind::of(joins.app.estate.scope(seat.scope)?);
    for target in targets {
        let role = if target.state == TargetState::Unhealthy { Role::Critical } else { Role::Text };
        let behind =
            tasks.task(&group.arn, target.id.as_str()).map(|it| format!(" task {}", it.arn.tail())).unwrap_or_default();
        let text = format!("{}:{} {}{behind} {}", target.id, target.port, target.state.word(), target.description);
        sheet.line(role, text);
    }
    Some(())
}

/// The rules that lead here; nothing where listeners have not been read.
fn routes(joins: &Joins<'_>, group: &TargetGroup, subject: &ResourceId, sheet: &mut Sheet) {
    let known = joins.app.estate.scope(&subject.scope).into_iter().flat_map(|it| it.listeners.values());
    let listeners = known.filter_map(Observation::value).flatten();
    let rules = listeners.flat_map(|listener| listener.rules.iter().map(move |it| (listener, it)));
    let mut rules = rules.filter(|(_, rule)| rule.groups().iter().any(|(arn, _)| *arn == group.arn)).peekable();
    if rules.peek().is_some() {
        sheet.section("what leads here");
    }
    for (listener, rule) in rules {
        sheet.field(&format!("{} {}", listener.protocol, listener.port), condition_words(rule));
    }
}

fn facts(group: &TargetGroup, sheet: &mut Sheet) {
    let every =
        format!("{} every {} s, {} s to answer", group.health_path, group.interval_seconds, group.timeout_seconds);
    sheet.field("health check", every);
    let thresholds = format!(
        "healthy after {}, unhealthy after {} in a row",
        words::count(group.healthy_threshold as usize, "answer"),
        words::count(group.unhealthy_threshold as usize, "failure"),
    );
    sheet.field("thresholds", thresholds);
    let notice = group.interval_seconds * group.unhealthy_threshold + group.timeout_seconds;
    sheet.field("a hang is seen", format!("after about {notice} s"));
    sheet.maybe("deregistration", group.attributes.deregistration_delay.map(|it| format!("takes up to {it} s")));
    sheet.maybe("stickiness", group.attributes.stickiness.map(|it| if it { "on" } else { "off" }));
}
