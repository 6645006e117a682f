//! A rule of a listener: what it matches, and how what it leads to is.

use super::sheet::Sheet;
use crate::{
    app::{
        joins::{Joins, Tally},
        rows::{action_words, condition_words, role_of},
    },
    domain::id::ResourceId,
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let known = joins.app.estate.scope(&subject.scope)?;
    let (listener, rule) = known.rule(&subject.key)?;
    sheet.section("rule");
    sheet.field("listener", format!("{} {}", listener.protocol, listener.port));
    sheet.field("load balancer", listener.balancer.short_name());
    let stack = joins.stack_of_rule(&subject.scope, &listener.balancer, rule);
    sheet.maybe("stack", stack.map(|it| it.name.clone()));
    sheet.field("scope", subject.scope.to_string());
    sheet.field("priority", rule.priority.map_or_else(|| "default: tried last".to_owned(), |it| it.to_string()));
    sheet.field("when", condition_words(rule));
    sheet.field("leads to", action_words(rule));
    sheet.field("arn", rule.arn.to_string());
    for (arn, weight) in rule.groups() {
        sheet.section(&format!("target group {}", arn.short_name()));
        sheet.field("weight", weight.to_string());
        let seat = joins.target_groups().into_iter().find(|it| it.group.is_some_and(|group| group.arn == *arn));
        let Some(seat) = seat else {
            sheet.line(Role::Muted, "its targets are not read");
            continue;
        };
        sheet.health(seat.health(joins));
        let tally = seat.targets.map(Tally::of);
        sheet.maybe("healthy", tally.map(|it| format!("{} of {}", it.healthy, it.total)));
        if let Some(signal) = joins.app.signals.iter().find(|it| it.subject == seat.id()) {
            sheet.told("signal", role_of(signal.severity.into()), signal.summary.clone());
        }
    }
    let earlier: Vec<_> = listener.rules.iter().take_while(|it| it.arn != rule.arn).collect();
    if !earlier.is_empty() {
        sheet.section("tried before it");
    }
    for rule in earlier {
        sheet.line(Role::Text, format!("  {} → {}", condition_words(rule), action_words(rule)));
    }
    Some(())
}
