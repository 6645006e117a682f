//! Open sessions on gateways, the longest first: those that a lost gateway would cost most.

use super::{cells, gateways::lifecycle_words};
use crate::{
    app::{
        App,
        joins::{GroupSeat, Joins},
        table::{Cell, Column, Row, Table},
    },
    domain::{
        id::{Kind, ResourceId},
        session::Session,
    },
    theme::Role,
};

const COLUMNS: [Column; 7] = [
    Column::left("USER", 10, 32, 0),
    Column::right("AGE", 8, 9, 0),
    Column::name("GATEWAY", 12, 19, 0),
    Column::left("ON IT", 10, 18, 1),
    Column::right("LAST SEEN", 9, 10, 1),
    Column::left("SESSION", 12, 40, 1),
    Column::left("STACK", 10, 24, 2),
];

/// Where the gateway of a session is in its life; one that no group has any more has taken its sessions with it.
fn gateway_state(app: &App, seat: &GroupSeat<'_>, session: &Session) -> Cell {
    if session.gateway.is_empty() {
        return Cell::unknown();
    }
    let known = app.estate.scope(seat.scope).filter(|it| it.groups.value().is_some());
    let Some(known) = known else { return Cell::unknown() };
    match known.instance(session.gateway.as_str()) {
        None => Cell::text("gone", Role::Critical),
        Some((_, gateway)) => {
            let role = match gateway.lifecycle.as_str() {
                "InService" => Role::Ok,
                "Standby" => Role::Idle,
                _ if gateway.is_leaving() => Role::Warning,
                _ => Role::Progress,
            };
            Cell::text(lifecycle_words(&gateway.lifecycle), role)
        }
    }
}

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
                cells::age(app.now, session.started_at),
                cells::text(&session.gateway, Role::Text),
                gateway_state(app, &seat, session),
                cells::age(app.now, session.last_seen_at),
                Cell::text(session.id.clone(), Role::Text),
                cells::stack(seat.stack),
            ];
            let key = table.map_or_else(String::new, |(name, _)| format!("{name}|{}", session.id));
            found.push((session, Row { id: ResourceId::new(Kind::Session, seat.scope, &key), cells }));
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
