//! What has happened across stacks and regions, newest first, on one clock.

use jiff::Timestamp;

use super::cells;
use crate::{
    app::{
        joins::{Joins, service_of_deployment},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        id::{Kind, ResourceId},
        text::SafeText,
        timeline::{Entry, Tone},
    },
    stack::model::Stack,
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 7] = [
    Column::left("TIME", 8, 15, 0),
    Column::left("KIND", 10, 12, 0),
    Column::left("RESOURCE", 14, 28, 0),
    Column::left("WHAT", 40, 160, 0),
    Column::right("AGE", 9, 9, 3),
    Column::left("STACK", 10, 24, 2),
    Column::left("REGION", 10, 14, 4),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let shown = |(id, entry)| {
        let stack = joins.stack_of_entry(entry);
        joins.shows(stack).then(|| row(app.now, id, entry, stack))
    };
    let timeline = &app.estate.timeline;
    let (mut rows, empty): (Vec<Row>, _) = match app.place().before {
        Some(until) => {
            (timeline.before(until).filter_map(shown).collect(), "nothing is known to have changed in these 15 minutes")
        }
        None => (timeline.newest_first().filter_map(shown).collect(), "nothing has been seen to happen yet"),
    };
    cells::tell_regions_apart(&mut rows, 2);
    Table { columns: COLUMNS.to_vec(), rows, empty: empty.into(), ..Table::default() }
}

fn row(now: Timestamp, id: ResourceId, entry: &Entry, stack: Option<&Stack>) -> Row {
    let age = now.duration_since(entry.at);
    Row {
        id,
        cells: vec![
            // Newest first, as the view has it.
            Cell::number(words::time_of(now, entry.at), age.as_secs_f64(), Role::Muted),
            kind(entry),
            Cell::text(name(entry), Role::Strong),
            Cell::text(entry.text.clone(), role_of_tone(entry.tone)),
            cells::age(now, Some(entry.at)),
            cells::stack(stack),
            cells::region(&entry.subject.scope),
        ],
    }
}

/// Its source, behind the mark of how it is to be taken.
fn kind(entry: &Entry) -> Cell {
    Cell::text(format!("{} {}", mark_of_tone(entry.tone), entry.source.word()), role_of_tone(entry.tone))
}

/// What its subject is known by: a deployment by its service, for its own id says nothing.
pub fn name(entry: &Entry) -> SafeText {
    let of_deployment = service_of_deployment(&entry.subject.key).filter(|_| entry.subject.kind == Kind::Deployment);
    of_deployment.map_or_else(|| entry.subject.name(), |(_, service)| service.into())
}

/// The role in which an entry is told.
pub fn role_of_tone(tone: Tone) -> Role {
    match tone {
        Tone::Routine => Role::Text,
        Tone::Change => Role::Progress,
        Tone::Good => Role::Ok,
        Tone::Bad => Role::Warning,
    }
}

/// The mark before an entry.
pub fn mark_of_tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Routine => "·",
        Tone::Change => Health::Progress.mark(),
        Tone::Good => Health::Ok.mark(),
        Tone::Bad => Health::Warning.mark(),
    }
}
