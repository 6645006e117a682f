//! An alarm: what it watches, when it fires, why it stands as it does.

use super::sheet::Sheet;
use crate::{
    app::{
        joins::Joins,
        rows::{metric_words, threshold_words},
    },
    domain::{
        alarm::{Alarm, AlarmState, Wants},
        id::{Arn, ResourceId},
    },
    theme::Role,
    triage::why_dead,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let known = joins.app.estate.scope(&subject.scope)?;
    let alarm = known.alarms.value()?.get(&Arn::new(&subject.key))?;
    sheet.signals(super::about(joins.app, subject));
    sheet.section("alarm");
    let role = match alarm.state {
        AlarmState::Alarm => Role::Critical,
        AlarmState::InsufficientData => Role::Notice,
        AlarmState::Ok => Role::Ok,
    };
    sheet.told("state", role, alarm.state.word());
    sheet.moment("since", alarm.updated_at);
    sheet.field("reason", alarm.reason.clone());
    if let Some(why) = why_dead(alarm, known, joins.app.now) {
        sheet.told("dead", Role::Notice, why);
    }
    sheet.field("description", alarm.description.clone());
    let stack = joins.stack_of_alarm(&subject.scope, alarm.name.as_str());
    sheet.maybe("stack", stack.map(|it| it.name.clone()));
    sheet.field("scope", subject.scope.to_string());
    if alarm.is_scaling() {
        sheet.told("scaling", Role::Progress, scaling_words(alarm));
    }
    watches(alarm, sheet);
    sheet.section("actions");
    let role = if alarm.actions_enabled { Role::Text } else { Role::Warning };
    sheet.told("enabled", role, if alarm.actions_enabled { "yes" } else { "no: it tells nobody" });
    for action in &alarm.actions {
        sheet.line(Role::Text, format!("  {action}"));
    }
    Some(())
}

/// What it means that an alarm of a scaling policy fires.
fn scaling_words(alarm: &Alarm) -> &'static str {
    match alarm.wants() {
        Wants::More => "it steers a scaling policy: while it fires the policy adds capacity, up to the maximum",
        Wants::Less => "it steers a scaling policy: while it fires the policy takes capacity away, down to the minimum",
        Wants::Unknown => "it steers a scaling policy: firing is business as usual",
    }
}

fn watches(alarm: &Alarm, sheet: &mut Sheet) {
    sheet.section("watches");
    sheet.field("fires at", threshold_words(alarm));
    sheet.field("metric", metric_words(alarm));
    let Some(metric) = &alarm.metric else {
        sheet.line(Role::Muted, "no single metric: it is composite or on an expression");
        return;
    };
    sheet.field("namespace", metric.namespace.clone());
    for (name, value) in &metric.dimensions {
        sheet.field(name.as_str(), value.clone());
    }
}
