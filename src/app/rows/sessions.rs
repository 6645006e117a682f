//! Open sessions on gateways, the longest first: those that a lost gateway would cost most.

use super::cells;
use crate::{
    app::{
        joins::Joins,
        table::{Cell, Column, Row, Table},
    },
    domain::{
        id::{Kind, ResourceId},
        session::Session,
    },
    theme::Role,
};

const COLUMNS: [Column; 6] = [
    Column::left("USER", 12, 32, 0),
    Column::left("SESSION", 12, 40, 1),
    Column::left("GATEWAY", 12, 19, 0),
    Column::right("AGE", 9, 9, 0),
    Column::right("LAST SEEN", 10, 10, 1),
    Column::left("STACK", 10, 24, 2),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let mut found: Vec<(&Session, Row)> = Vec::new();
    let mut tables = std::collections::BTreeSet::new();
    for seat in joins.groups().into_iter().filter(|it| joins.shows(it.stack)) {
        let table = seat.spec.and_then(|it| it.sessions.as_ref()).and_then(|it| it.table.as_ref());
        let within = app.place().within.as_ref();
        let other_group =
            within.is_some_and(|it| it.kind == Kind::Group && (it.scope != *seat.scope || &*it.key != seat.name));
        // Groups may share one table.
        if other_group || !table.is_some_and(|(name, _)| tables.insert((seat.scope, name))) {
            continue;
        }
        let on_gateway = |session: &&Session| match app.place().parent(Kind::Instance) {
            Some(gateway) => gateway.scope == *seat.scope && session.gateway.as_str() == &*gateway.key,
            None => true,
        };
        for session in seat.sessions(app).unwrap_or_default().iter().filter(on_gateway) {
            let cells = vec![
                cells::text(&session.user, Role::Strong),
                Cell::text(session.id.clone(), Role::Text),
                cells::text(&session.gateway, Role::Text),
                cells::age(app.now, session.started_at),
                cells::age(app.now, session.last_seen_at),
                cells::stack(seat.stack),
            ];
            found.push((session, Row { id: ResourceId::new(Kind::Session, seat.scope, session.id.as_str()), cells }));
        }
    }
    found.sort_by_key(|(session, _)| (session.started_at.is_none(), session.started_at, &session.id));
    let rows = found.into_iter().map(|(_, row)| row).collect();
    Table {
        columns: COLUMNS.to_vec(),
        rows,
        empty: "no open sessions, or no stack file names the table that lists them".into(),
        ..Table::default()
    }
}
