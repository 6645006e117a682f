//! The console's own use of AWS: who it is in each scope, and what its calls cost in number and time.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::cells;
use crate::{
    app::{
        joins::Joins,
        meter::Usage,
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        estate::ScopeEstate,
        id::{Kind, ResourceId, Scope},
    },
    theme::Role,
    triage::{ALL_CALLS, health::Health},
};

const COLUMNS: [Column; 10] = [
    Column::left("OPERATION", 28, 52, 0),
    Column::right("LAST MIN", 9, 9, 1),
    Column::right("CALLS", 6, 8, 0),
    Column::right("THROTTLES", 10, 10, 1),
    Column::right("RETRIES", 8, 8, 3),
    Column::right("FAILURES", 9, 9, 1),
    Column::right("P50", 7, 8, 2),
    Column::right("P99", 7, 8, 2),
    Column::right("BYTES", 8, 9, 3),
    Column::left("NOTE", 20, 90, 2),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let mut rows: Vec<Row> = joins.scopes().map(|(scope, known)| scope_row(joins, scope, known)).collect();
    let worst = |usage: &Usage| Reverse((usage.throttles, usage.failures, usage.calls));
    let mut services: Vec<(&str, Usage)> = app.meter.by_service().into_iter().collect();
    services.sort_by_key(|(name, usage)| (worst(usage), *name));
    if services.len() > 1 {
        rows.push(usage_row(joins, "", ALL_CALLS, &app.meter.all()));
    }
    for (service, usage) in services {
        let prefix = format!("{service}:");
        let all = app.meter.by_operation().iter();
        let mut operations: Vec<_> = all.filter(|(name, _)| name.as_str().starts_with(&prefix)).collect();
        operations.sort_by_key(|(name, usage)| (worst(usage), *name));
        if operations.len() > 1 {
            let title = format!("{service} · {}", words::count(operations.len(), "operation"));
            rows.push(usage_row(joins, &prefix, &title, &usage));
        }
        rows.extend(operations.into_iter().map(|(name, usage)| usage_row(joins, name.as_str(), name.as_str(), usage)));
    }
    Table { columns: COLUMNS.to_vec(), rows, empty: "no calls have been made yet".into(), ..Table::default() }
}

/// The use of an operation, of all of a service's (`ecs:`), or of all of them (nothing).
fn usage_row(joins: &Joins<'_>, prefix: &str, title: &str, usage: &Usage) -> Row {
    let meter = &joins.app.meter;
    let note = match usage.price() {
        Some(price) if usage.metrics > 0 => {
            let [so_far, hourly] = [price, meter.metric_price_per_hour(joins.app.now)].map(|it| it.amount.round_dp(3));
            let text = format!("{so_far:.3} USD so far, {hourly:.3} USD an hour: {} metrics requested", usage.metrics);
            Cell::text(text, Role::Text)
        }
        Some(price) => {
            let pages = words::count(usage.pages as usize, "page");
            Cell::text(format!("{price} so far: {pages} of Cost Explorer, each billed"), Role::Text)
        }
        None => Cell::unknown(),
    };
    let latency = |percent| {
        let milliseconds = usage.percentile(percent).map(f64::from);
        milliseconds.map_or_else(Cell::unknown, |it| Cell::number(words::milliseconds(it), it, Role::Text))
    };
    let role = if prefix.is_empty() || prefix.ends_with(':') { Role::Heading } else { Role::Strong };
    let cells = vec![
        Cell::text(title, role),
        count(meter.last_minute(prefix) as u64, Role::Text),
        count(usage.calls, Role::Text),
        count(usage.throttles, Role::Warning),
        count(usage.retries, Role::Notice),
        count(usage.failures, Role::Warning),
        latency(50),
        latency(99),
        Cell::number(words::bytes(usage.bytes as f64), usage.bytes as f64, Role::Muted),
        note,
    ];
    let key = if prefix.is_empty() { ALL_CALLS } else { prefix };
    Row { id: ResourceId::new(Kind::Scope, &Scope::new("", ""), key), cells }
}

/// Who the credentials of a scope belong to, and how many of its reads fail.
fn scope_row(joins: &Joins<'_>, scope: &Scope, known: &ScopeEstate) -> Row {
    let failing = known.faults().len() as u64;
    let told = joins.told(scope, Kind::Scope, &scope.to_string());
    let note = match (known.identity.value(), known.identity.fault()) {
        (_, Some(fault)) => Cell::text(format!("{}: {}", fault.kind.word(), fault.message), Role::Faulted),
        (Some(identity), None) => {
            let (role, ends) = ending(joins.app.now, identity.expires_at);
            Cell::text(format!("{ends}account {} as {}", identity.account, identity.arn), role)
        }
        (None, None) => Cell::text("identity not read yet", Role::Muted),
    };
    let health = told.unwrap_or(if known.identity.value().is_some() { Health::Ok } else { Health::Unknown });
    let mut name = cells::state(health, &scope.to_string());
    name.sort = crate::app::table::SortKey::Text(String::new());
    let mut cells = vec![name];
    cells.extend(std::iter::repeat_with(Cell::unknown).take(4));
    cells.push(count(failing, Role::Faulted));
    cells.extend([Cell::unknown(), Cell::unknown(), Cell::unknown(), note]);
    Row { id: ResourceId::new(Kind::Scope, scope, &scope.to_string()), cells }
}

/// Before this long a login is worth renewing.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// When credentials end, in words before what they are; nothing for those that do not.
fn ending(now: Timestamp, expires_at: Option<Timestamp>) -> (Role, String) {
    let Some(at) = expires_at else { return (Role::Muted, String::new()) };
    let left = at.duration_since(now);
    match left {
        left if left <= SignedDuration::ZERO => (Role::Faulted, "credentials have ended: ".to_owned()),
        left if left < SOON => (Role::Warning, format!("credentials end in {}: ", words::exact(left))),
        left => (Role::Muted, format!("credentials end in {}: ", words::span(left))),
    }
}

/// A count; none at all is muted.
fn count(count: u64, role: Role) -> Cell {
    Cell::number(count.to_string(), count as f64, if count == 0 { Role::Muted } else { role })
}
