//! A stack: where it runs, as whom, and what it is made of.

use super::{checklist, sheet::Sheet};
use crate::{
    app::{
        joins::{Joins, Tally},
        rows::role_of,
        words,
    },
    cost::{gap, known::StackMonth},
    domain::{alarm::AlarmState, cost::month::Month, id::ResourceId},
    stack::model::{Environment, Stack},
    theme::Role,
    triage::health,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let stack = app.stack(&subject.key)?;
    sheet.signals(joins.signals_of(stack));
    sheet.section("stack");
    sheet.health(health::of_stack(stack, &app.estate, &app.signals));
    sheet.field("title", stack.title.clone());
    match &stack.environment {
        Environment::Production => sheet.told("environment", Role::Production, "PROD (production)"),
        Environment::Other(name) => sheet.field("environment", name.clone()),
    }
    if stack.read_only {
        sheet.told("read-only", Role::Notice, "no write is offered for it");
    }
    checklist::summary(app, stack, sheet);
    scopes(joins, stack, sheet);
    parts(joins, stack, sheet);
    alarms(joins, stack, sheet);
    checklist::items(app, stack, sheet);
    cost(joins, stack, sheet);
    Some(())
}

/// What is known of its cost; the cost view asks.
fn cost(joins: &Joins<'_>, stack: &Stack, sheet: &mut Sheet) {
    let app = joins.app;
    let month = StackMonth::of(stack, Month::current(app.now), &app.estate);
    let Some((it, summary)) = month.and_then(|it| Some((it, it.summary()?))) else { return };
    sheet.section("cost");
    let money = |amount| summary.money(amount).to_string();
    sheet.field("month to date", format!("{} actual", money(summary.total.to_date)));
    sheet.maybe("month end", it.month_end(&summary).map(|end| format!("{} forecast", money(end.mean))));
    sheet.maybe("run-rate", summary.total.run_rate.map(|it| format!("{} a month", money(it))));
    // Of the bill and the forecast, the older.
    let forecast_at = it.month_end(&summary).and(it.forecast_at());
    sheet.moment("as of", Some(forecast_at.map_or(summary.fetched_at, |at| at.min(summary.fetched_at))));
    if let Some(told) = it.bill().and_then(|bill| gap::largest(bill, &summary)) {
        sheet.line(Role::Text, told);
    }
}

fn scopes(joins: &Joins<'_>, stack: &Stack, sheet: &mut Sheet) {
    for it in &stack.scopes {
        let wanted = it.account.as_ref().map(|it| format!("account {it}")).unwrap_or_default();
        let identity = joins.app.estate.scope(&it.scope).and_then(|it| it.identity.value());
        let (role, text) = match (identity, &it.account) {
            (Some(is), Some(account)) if is.account != *account => {
                (Role::Critical, format!("{wanted}, but the credentials are of {}", is.account))
            }
            (Some(is), _) => (Role::Text, format!("account {} as {}", is.account, is.arn)),
            (None, _) => (Role::Muted, format!("{wanted}, identity not read yet")),
        };
        sheet.told(&it.scope.to_string(), role, text);
    }
}

fn parts(joins: &Joins<'_>, stack: &Stack, sheet: &mut Sheet) {
    let own = |it: Option<&Stack>| it.is_some_and(|it| it.name == stack.name);
    sheet.section("parts");
    let mut services: Vec<_> = joins.services().into_iter().filter(|it| own(it.stack)).collect();
    services.sort_by_key(|it| (it.name, it.scope));
    for seat in services {
        let counts = seat.service.map_or("not known".to_owned(), |it| words::of_wanted(it.running, it.desired, "task"));
        let health = seat.health(joins);
        let text = format!("{} service {} in {}: {counts}", health.mark(), seat.name, seat.scope.region);
        sheet.line(role_of(health), text);
    }
    for seat in joins.groups().into_iter().filter(|it| own(it.stack)) {
        let counts = seat.group.map_or("not known".to_owned(), |it| {
            format!("{} of {} gateways, {} to {}", it.instances.len(), it.desired, it.min, it.max)
        });
        let health = seat.health(joins);
        sheet.line(role_of(health), format!("{} group {}: {counts}", health.mark(), seat.name));
    }
    let mut groups: Vec<_> = joins.target_groups().into_iter().filter(|it| own(it.stack)).collect();
    groups.sort_by_key(|it| (it.name, it.scope));
    for seat in groups {
        let counts = seat
            .targets
            .map(Tally::of)
            .map_or("not known".to_owned(), |it| format!("{} of {} targets healthy", it.healthy, it.total));
        let health = seat.health(joins);
        let text = format!("{} target group {} in {}: {counts}", health.mark(), seat.name, seat.scope.region);
        sheet.line(role_of(health), text);
    }
}

fn alarms(joins: &Joins<'_>, stack: &Stack, sheet: &mut Sheet) {
    sheet.section("alarms");
    for scope in &stack.scopes {
        let Some(alarms) = joins.app.estate.scope(&scope.scope).and_then(|it| it.alarms.value()) else {
            sheet.told(&scope.scope.to_string(), Role::Muted, "not read yet");
            continue;
        };
        for alarm in alarms.values().filter(|it| stack.alarms.holds(it.name.as_str()) && !it.is_scaling()) {
            let role = match alarm.state {
                AlarmState::Alarm => Role::Critical,
                AlarmState::InsufficientData => Role::Notice,
                AlarmState::Ok => Role::Ok,
            };
            sheet.line(role, format!("{} {}", alarm.state.word(), alarm.name));
        }
    }
}
