//! CloudWatch alarms: what fires, what has no data, what each watches.

use std::cmp::Reverse;

use super::cells;
use crate::{
    app::{
        joins::Joins,
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        alarm::{Alarm, AlarmState, Wants},
        id::{Kind, ResourceId, Scope},
    },
    stack::model::Stack,
    theme::Role,
    triage::{health::Health, why_dead},
};

const COLUMNS: [Column; 8] = [
    Column::left("STATE", 9, 12, 0),
    Column::name("ALARM", 16, 48, 0),
    Column::left("THRESHOLD", 16, 28, 1),
    Column::left("METRIC", 14, 40, 3),
    Column::right("SINCE", 9, 9, 1),
    Column::left("STACK", 10, 24, 3),
    Column::left("REGION", 10, 14, 2),
    Column::left("REASON", 24, 110, 4),
];

/// An alarm, where it was found, and why it tells nobody anything, if it does not.
struct Found<'a> {
    scope: &'a Scope,
    alarm: &'a Alarm,
    stack: Option<&'a Stack>,
    health: Health,
    dead: Option<String>,
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<Found<'_>> = Vec::new();
    for (scope, known) in joins.scopes() {
        for alarm in known.alarms.value().into_iter().flat_map(|it| it.values()) {
            let stack = joins.stack_of_alarm(scope, alarm.name.as_str());
            if joins.shows(stack) {
                let dead = why_dead(alarm, known, joins.app.now);
                found.push(Found { scope, alarm, stack, health: health(alarm), dead });
            }
        }
    }
    // Those that would wake somebody before those that only steer, a stack's before those of nobody.
    found.sort_by(|a, b| {
        let rank = |it: &Found<'_>| (it.alarm.is_scaling(), Reverse(it.health), it.stack.is_none());
        (rank(a), &a.alarm.name, &a.alarm.arn).cmp(&(rank(b), &b.alarm.name, &b.alarm.arn))
    });
    let mut rows: Vec<Row> = found.into_iter().map(|it| row(joins, it)).collect();
    cells::tell_regions_apart(&mut rows, 1);
    Table {
        columns: COLUMNS.to_vec(),
        rows,
        empty: "no alarms: nothing here would wake anybody".into(),
        ..Table::default()
    }
}

/// How an alarm's state is to be taken. Alarms of scaling policies only steer.
fn health(alarm: &Alarm) -> Health {
    match alarm.state {
        // Low is how a policy's metric stands most of the time: at its minimum nothing follows from it.
        AlarmState::Alarm if alarm.is_scaling() && alarm.wants() == Wants::Less => Health::Idle,
        AlarmState::Alarm if alarm.is_scaling() => Health::Progress,
        AlarmState::Alarm => Health::Critical,
        AlarmState::InsufficientData if alarm.is_scaling() => Health::Idle,
        AlarmState::InsufficientData => Health::Notice,
        AlarmState::Ok => Health::Ok,
    }
}

/// Its state in a word; `dead` is an alarm that can never fire.
fn state_word(alarm: &Alarm, is_dead: bool) -> &'static str {
    match alarm.state {
        AlarmState::Alarm if alarm.is_scaling() => match alarm.wants() {
            Wants::More => "wants more",
            Wants::Less => "wants less",
            Wants::Unknown => "scaling",
        },
        AlarmState::InsufficientData if is_dead => "dead",
        state => state.word(),
    }
}

fn row(joins: &Joins<'_>, found: Found<'_>) -> Row {
    let Found { scope, alarm, stack, health, dead } = found;
    let state = cells::state(health, state_word(alarm, dead.is_some()));
    let reason = dead.map_or_else(|| cells::text(&alarm.reason, Role::Text), |it| Cell::text(it, Role::Notice));
    Row {
        id: ResourceId::new(Kind::Alarm, scope, alarm.arn.wire()),
        cells: vec![
            state,
            Cell::text(alarm.name.clone(), Role::Strong),
            known_text(threshold_words(alarm)),
            known_text(metric_words(alarm)),
            cells::age(joins.app.now, alarm.updated_at),
            cells::stack(stack),
            cells::region(scope),
            reason,
        ],
    }
}

fn known_text(words: String) -> Cell {
    if words.is_empty() { Cell::unknown() } else { Cell::text(words, Role::Text) }
}

/// When it fires: `≥ 1 for 2 × 1 min`; empty for composite alarms.
pub fn threshold_words(alarm: &Alarm) -> String {
    alarm.threshold.map_or_else(String::new, |threshold| {
        let period = words::period(alarm.period_seconds);
        format!("{} {} for {} × {period}", alarm.comparison, words::number(threshold), alarm.evaluation_periods)
    })
}

/// What it watches: `TargetResponseTime p95`; empty for composite alarms and expressions.
pub fn metric_words(alarm: &Alarm) -> String {
    alarm.metric.as_ref().map_or_else(String::new, |metric| format!("{} {}", metric.name, alarm.statistic))
}
