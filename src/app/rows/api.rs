//! The console's own use of AWS: who it is in each scope, and what its calls cost in number and time.

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
    triage::health::Health,
};

const COLUMNS: [Column; 9] = [
    Column::left("OPERATION", 28, 52, 0),
    Column::right("LAST MIN", 9, 9, 1),
    Column::right("CALLS", 6, 8, 0),
    Column::right("THROTTLES", 10, 10, 1),
    Column::right("RETRIES", 8, 8, 3),
    Column::right("FAILURES", 9, 9, 1),
    Column::right("MEAN", 8, 8, 2),
    Column::right("SLOWEST", 8, 8, 2),
    Column::left("NOTE", 20, 90, 2),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let mut rows: Vec<Row> = joins.scopes().map(|(scope, known)| scope_row(joins, scope, known)).collect();
    let mut operations: Vec<_> = app.meter.by_operation().iter().collect();
    operations.sort_by_key(|(name, usage)| (std::cmp::Reverse((usage.throttles, usage.failures, usage.calls)), *name));
    rows.extend(operations.into_iter().map(|(name, usage)| {
        let last_minute = app.meter.last_minute(name.as_str());
        let id = ResourceId::new(Kind::Scope, &Scope::new("", ""), name.as_str());
        let mut cells = vec![Cell::text(name.clone(), Role::Strong), count(last_minute as u64, Role::Text)];
        cells.extend(usage_cells(usage));
        Row { id, cells }
    }));
    Table { columns: COLUMNS.to_vec(), rows, empty: "no calls have been made yet".into(), ..Table::default() }
}

/// Who the credentials of a scope belong to, and how many of its reads fail.
fn scope_row(joins: &Joins<'_>, scope: &Scope, known: &ScopeEstate) -> Row {
    let failing = known.faults().len() as u64;
    let told = joins.told(scope, Kind::Scope, &scope.to_string());
    let note = match (known.identity.value(), known.identity.fault()) {
        (_, Some(fault)) => Cell::text(format!("{}: {}", fault.kind.word(), fault.message), Role::Faulted),
        (Some(identity), None) => Cell::text(format!("account {} as {}", identity.account, identity.arn), Role::Muted),
        (None, None) => Cell::text("identity not read yet", Role::Muted),
    };
    let health = told.unwrap_or(if known.identity.value().is_some() { Health::Ok } else { Health::Unknown });
    let mut name = cells::state(health, &scope.to_string());
    name.sort = crate::app::table::SortKey::Text(String::new());
    let mut cells = vec![name];
    cells.extend(std::iter::repeat_with(Cell::unknown).take(4));
    cells.push(count(failing, Role::Faulted));
    cells.extend([Cell::unknown(), Cell::unknown(), note]);
    Row { id: ResourceId::new(Kind::Scope, scope, &scope.to_string()), cells }
}

fn usage_cells(usage: &Usage) -> [Cell; 7] {
    let mean = usage.milliseconds as f64 / usage.calls.max(1) as f64;
    let note = if usage.metrics > 0 {
        Cell::text(format!("{} metrics read, each billed", usage.metrics), Role::Muted)
    } else {
        Cell::unknown()
    };
    [
        count(usage.calls, Role::Text),
        count(usage.throttles, Role::Warning),
        count(usage.retries, Role::Notice),
        count(usage.failures, Role::Warning),
        Cell::number(words::milliseconds(mean), mean, Role::Text),
        Cell::number(words::milliseconds(f64::from(usage.slowest)), f64::from(usage.slowest), Role::Text),
        note,
    ]
}

/// A count; none at all is muted.
fn count(count: u64, role: Role) -> Cell {
    Cell::number(count.to_string(), count as f64, if count == 0 { Role::Muted } else { role })
}
