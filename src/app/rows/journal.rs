//! What was done from consoles of this machine, newest first, below whether the journal of it is as it was written.

use super::cells;
use crate::{
    app::{
        App,
        act::text::role_of_word,
        joins::Joins,
        table::{Cell, Column, Row, SortKey, Table},
        words,
    },
    domain::id::{Kind, ResourceId, Scope},
    journal::{history::Told, look::Look},
    plan::operation::watch::progress,
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 8] = [
    Column::left("VERDICT", 14, 18, 0),
    Column::left("OPERATION", 28, 80, 0),
    Column::right("AGE", 8, 9, 0),
    Column::left("WHO", 11, 28, 1),
    Column::left("STACK", 10, 24, 2),
    Column::left("REASON", 10, 60, 2),
    Column::left("TIME", 8, 15, 3),
    Column::left("RESOURCE", 10, 40, 3),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let mut rows: Vec<Row> = Vec::new();
    if let Some(look) = &app.records.look {
        rows.push(chain(app, look));
        rows.extend(look.operations.iter().rev().map(|it| row(joins, it)));
    }
    let empty = match &app.records.fault {
        Some(fault) => fault.clone(),
        None => "the journal is being read".into(),
    };
    Table { columns: COLUMNS.to_vec(), rows, empty, ..Table::default() }
}

/// The journal itself.
pub fn id() -> ResourceId {
    ResourceId::new(Kind::Journal, &Scope::new("", ""), "journal")
}

/// Whether the chain of lines is whole; above everything, however the rest is sorted by a word.
fn chain(app: &App, look: &Look) -> Row {
    let (health, word) = match (&app.records.fault, look.report.unread()) {
        (Some(_), _) => (Health::Critical, "not readable".to_owned()),
        (None, Some(broken)) if look.report.broken.is_some() => {
            (Health::Critical, format!("broken at {}", broken.number))
        }
        (None, Some(newer)) => (Health::Warning, format!("newer at {}", newer.number)),
        (None, None) => (Health::Ok, "verified".to_owned()),
    };
    let text = match (&app.records.fault, look.report.unread()) {
        (Some(fault), _) => fault.to_string(),
        (None, Some(broken)) => format!("line {}: {}", broken.number, broken.why),
        (None, None) => format!("{}, each as it was written", words::count(look.report.lines, "line")),
    };
    let mut state = cells::state(health, &word);
    state.sort = SortKey::Text(String::new());
    let told = Cell::text(text, if health == Health::Ok { Role::Muted } else { super::role_of(health) });
    let mut cells = vec![state, told];
    cells.extend(std::iter::repeat_with(Cell::unknown).take(COLUMNS.len() - 2));
    Row { id: id(), cells }
}

fn row(joins: &Joins<'_>, told: &Told) -> Row {
    let (app, begun) = (joins.app, &told.begun);
    let age = app.now.duration_since(told.at);
    let stack = begun.stack.as_ref();
    let cells = vec![
        verdict(app, told),
        Cell::text(begun.title.clone(), Role::Strong),
        cells::age(app.now, Some(told.at)),
        Cell::text(begun.by.to_string(), Role::Text),
        match stack.and_then(|it| app.stack(it.as_str())) {
            Some(known) => cells::stack(Some(known)),
            None => cells::optional(stack, Role::Text),
        },
        cells::optional(begun.reason.as_ref(), Role::Muted),
        // Newest first, as the view has it.
        Cell::number(words::time_of(app.now, told.at), age.as_secs_f64(), Role::Muted),
        resource(&begun.subjects),
    ];
    Row { id: ResourceId::operation(&begun.operation), cells }
}

fn resource(subjects: &[ResourceId]) -> Cell {
    match subjects {
        [] => Cell::unknown(),
        [only] => Cell::text(only.name(), Role::Text),
        [first, more @ ..] => Cell::text(format!("{} and {} more", first.name(), more.len()), Role::Text),
    }
}

/// How it ended, or how far it has come.
fn verdict(app: &App, told: &Told) -> Cell {
    let (health, word) = state(app, told);
    cells::state(health, &word)
}

/// The same with the health that marks it.
pub fn state(app: &App, told: &Told) -> (Health, String) {
    if let Some((_, ended)) = &told.ended {
        let health = match role_of_word(ended.verdict.as_str()) {
            Role::Ok => Health::Ok,
            Role::Critical => Health::Critical,
            _ => Health::Warning,
        };
        return (health, ended.verdict.to_string());
    }
    match app.act.operation(&told.begun.operation) {
        Some(own) => (Health::Progress, format!("{} {:.0} %", own.word(), progress(own) * 100.0)),
        // Somebody else watches it, or nobody any more: its verdict is not in yet.
        None => (Health::Progress, "no verdict yet".to_owned()),
    }
}
