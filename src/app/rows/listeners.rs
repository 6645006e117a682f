//! Listeners and their rules: which host, path or header leads to which target group, and how that one is.
//!
//! In the order in which rules are tried, for the first that matches wins.

use std::collections::HashMap;

use super::cells;
use crate::{
    app::{
        joins::{Joins, TargetGroupSeat},
        table::{Cell, Column, Row, Table},
    },
    domain::{
        id::{Arn, Kind, ResourceId, Scope},
        listener::{Condition, Listener, Rule, RuleAction},
        text::SafeText,
    },
    stack::model::Stack,
    theme::Role,
};

const COLUMNS: [Column; 9] = [
    Column::left("HEALTH", 10, 12, 0),
    Column::left("LISTENER", 10, 14, 0),
    Column::left("WHEN", 20, 80, 0),
    Column::left("LEADS TO", 16, 60, 0),
    Column::right("TARGETS", 8, 8, 1),
    Column::right("PRIORITY", 8, 9, 2),
    Column::left("BALANCER", 12, 32, 3),
    Column::left("STACK", 10, 24, 3),
    Column::left("REGION", 10, 14, 4),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let seats: HashMap<_, _> =
        joins.target_groups().into_iter().filter_map(|seat| Some(((seat.scope, &seat.group?.arn), seat))).collect();
    let mut rows = Vec::new();
    for (scope, known) in joins.scopes() {
        for (balancer, observed) in &known.listeners {
            let mut listeners: Vec<_> = observed.value().into_iter().flatten().collect();
            listeners.sort_by_key(|it| it.port);
            let rules = listeners.into_iter().flat_map(|listener| listener.rules.iter().map(move |it| (listener, it)));
            for (listener, rule) in rules.filter(|(_, rule)| is_within(joins, scope, rule)) {
                let stack = joins.stack_of_rule(scope, balancer, rule);
                if joins.shows(stack) {
                    rows.push(row(joins, &seats, (scope, stack), listener, rule));
                }
            }
        }
    }
    cells::tell_regions_apart(&mut rows, 3);
    let empty = "no listeners: no load balancer leads to these target groups";
    Table { columns: COLUMNS.to_vec(), rows, empty: empty.into(), ..Table::default() }
}

/// Whether the rule leads to the target group drilled into.
fn is_within(joins: &Joins<'_>, scope: &Scope, rule: &Rule) -> bool {
    joins.app.place().parent(Kind::TargetGroup).is_none_or(|parent| {
        parent.scope == *scope && rule.groups().iter().any(|(group, _)| group.wire() == &*parent.key)
    })
}

fn row(
    joins: &Joins<'_>,
    seats: &HashMap<(&Scope, &Arn), TargetGroupSeat<'_>>,
    (scope, stack): (&Scope, Option<&Stack>),
    listener: &Listener,
    rule: &Rule,
) -> Row {
    let groups = rule.groups();
    let known = || groups.iter().filter_map(|(group, _)| seats.get(&(scope, group)));
    let health = known().map(|it| it.health(joins)).max();
    let tally = joins.tally(scope, groups.iter().map(|(group, _)| group)).filter(|_| !groups.is_empty());
    let role = if groups.is_empty() { Role::Muted } else { Role::Strong };
    let priority = rule.priority.map_or_else(
        || Cell::number("default", f64::MAX, Role::Muted),
        |it| Cell::number(it.to_string(), f64::from(it), Role::Text),
    );
    Row {
        id: ResourceId::new(Kind::Rule, scope, rule.arn.wire()),
        cells: vec![
            health.map_or_else(Cell::unknown, cells::health),
            Cell::text(format!("{} {}", listener.protocol, listener.port), Role::Text),
            Cell::text(condition_words(rule), if rule.priority.is_some() { Role::Text } else { Role::Muted }),
            Cell::text(action_words(rule), role),
            cells::tally(tally),
            priority,
            Cell::text(listener.balancer.short_name(), Role::Muted),
            cells::stack(stack),
            cells::region(scope),
        ],
    }
}

/// What a request must have for the rule to match.
pub fn condition_words(rule: &Rule) -> String {
    if rule.conditions.is_empty() {
        return "whatever matches no other rule".to_owned();
    }
    let words = |it: &Condition| {
        let values: Vec<&str> = it.values.iter().map(SafeText::as_str).collect();
        format!("{} {}", it.field, values.join(" or "))
    };
    rule.conditions.iter().map(words).collect::<Vec<_>>().join(" and ")
}

/// What it does with such a request.
pub fn action_words(rule: &Rule) -> String {
    let action = match &rule.action {
        RuleAction::Forward(groups) => {
            let whole: u32 = groups.iter().map(|(_, weight)| weight).sum();
            let share = |weight: u32| if whole == 0 { 0 } else { u64::from(weight) * 100 / u64::from(whole) };
            let named = groups.iter().map(|(group, weight)| match groups.len() {
                1 => group.short_name().to_string(),
                _ => format!("{} {} %", group.short_name(), share(*weight)),
            });
            named.collect::<Vec<_>>().join(", ")
        }
        RuleAction::Redirect(to) => format!("redirect to {to}"),
        RuleAction::Respond(status) => format!("answers {status} itself"),
        RuleAction::Other(kind) => kind.to_string(),
    };
    let checks = rule.checks.iter().map(ToString::to_string);
    checks.chain([action]).collect::<Vec<_>>().join(", then ")
}
