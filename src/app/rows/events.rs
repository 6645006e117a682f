//! What the scheduler says of services, newest first; what it says again and again is said once.

use jiff::Timestamp;

use super::cells;
use crate::{
    app::{
        joins::Joins,
        rows::role_of_tone,
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        id::{Kind, ResourceId},
        service::{Repeated, repeated},
        timeline::tone_of_event,
    },
    theme::Role,
};

const COLUMNS: [Column; 6] = [
    Column::left("TIME", 8, 15, 0),
    Column::name("SERVICE", 12, 28, 0),
    Column::left("EVENT", 48, 180, 0),
    Column::right("AGE", 9, 9, 2),
    Column::left("STACK", 10, 24, 3),
    Column::left("REGION", 10, 14, 4),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let now = joins.app.now;
    let within = joins.app.place().parent(Kind::Service);
    let mut found: Vec<(Timestamp, Row)> = Vec::new();
    for seat in joins.services().into_iter().filter(|it| joins.shows(it.stack)) {
        let Some(service) = seat.service else { continue };
        if within.is_some_and(|it| it.scope != *seat.scope || &*it.key != service.arn.wire()) {
            continue;
        }
        for said in repeated(&service.events) {
            // The oldest of those that say the same: the row stays itself while it is said again.
            let key = format!("{}|{}", service.arn.wire(), said.oldest.id);
            let cells = vec![
                Cell::number(words::time_of(now, said.newest.at), -(said.newest.at.as_second() as f64), Role::Muted),
                Cell::text(seat.title(), Role::Strong),
                Cell::text(repeated_words(&said, now), role_of_tone(tone_of_event(said.newest))),
                cells::age(now, Some(said.newest.at)),
                cells::stack(seat.stack),
                cells::region(seat.scope),
            ];
            found.push((said.newest.at, Row { id: ResourceId::new(Kind::Event, seat.scope, &key), cells }));
        }
    }
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    let rows = found.into_iter().map(|(_, row)| row).collect();
    Table {
        columns: COLUMNS.to_vec(),
        rows,
        empty: "no events: AWS keeps the newest 100 of a service".into(),
        ..Table::default()
    }
}

/// An event, or several that say the same: `steady for 5 d, said 20 times`.
pub fn repeated_words(said: &Repeated<'_>, now: Timestamp) -> String {
    let Repeated { newest, oldest, times, is_last } = said;
    let until = if *is_last { now } else { newest.at };
    let lasted = words::span(until.duration_since(oldest.at));
    match (times, newest.is_steady()) {
        (1, _) => newest.short().to_owned(),
        (_, true) if *is_last => format!("steady for {lasted}, said {times} times"),
        (_, true) => format!("was steady for {lasted}, said {times} times"),
        (_, false) => format!("{} (said {times} times in {lasted})", newest.short()),
    }
}
