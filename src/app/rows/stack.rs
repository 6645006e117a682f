//! One stack: its services, groups, target groups and firing alarms in one table, worst first.

use std::cmp::Reverse;

use super::{alarms, cells, deployment_words};
use crate::{
    app::{
        joins::{GroupSeat, Joins, ServiceSeat, Tally, TargetGroupSeat},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        alarm::{Alarm, AlarmState},
        id::{Kind, ResourceId, Scope},
        service::Service,
        signal::Signal,
    },
    metrics::{self, Measure, Measured, window::FINE},
    stack::model::Stack,
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 7] = [
    Column::left("HEALTH", 10, 12, 0),
    Column::name("NAME", 16, 44, 0),
    Column::left("KIND", 7, 7, 1),
    Column::left("COUNT", 12, 22, 0),
    Column::left("STATE", 16, 80, 1),
    Column::right("SINCE", 9, 9, 2),
    Column::left("REGION", 10, 14, 3),
];

/// A part of the stack on its way to a row.
struct Part {
    health: Health,
    id: ResourceId,
    count: Cell,
    state: Cell,
    since: Cell,
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut parts: Vec<Part> = Vec::new();
    parts.extend(joins.services().iter().filter(|it| joins.shows(it.stack)).map(|it| of_service(joins, it)));
    parts.extend(joins.groups().iter().filter(|it| joins.shows(it.stack)).map(|it| of_group(joins, it)));
    parts.extend(joins.target_groups().iter().filter(|it| joins.shows(it.stack)).map(|it| of_target_group(joins, it)));
    for (scope, known) in joins.scopes() {
        let firing = known.alarms.value().into_iter().flat_map(|it| it.values()).filter(|it| {
            it.state == AlarmState::Alarm && !it.is_scaling() && {
                let stack = joins.stack_of_alarm(scope, it.name.as_str());
                stack.is_some() && joins.shows(stack)
            }
        });
        parts.extend(firing.map(|it| of_alarm(joins, scope, it)));
    }
    if let Some(stack) = joins.app.place().stack().and_then(|name| joins.app.stack(name)) {
        parts.extend(data(joins, stack));
    }
    parts.sort_by(|a, b| (Reverse(a.health), &a.id).cmp(&(Reverse(b.health), &b.id)));
    let stack = joins.app.place().stack().and_then(|name| joins.app.stack(name));
    let in_regions = stack.is_none_or(|it| it.scopes.len() > 1);
    let rows = parts.into_iter().map(|it| row(it, in_regions)).collect();
    Table { columns: COLUMNS.to_vec(), rows, empty: "the stack file names nothing".into(), ..Table::default() }
}

/// The caches and databases of a stack: nothing but their series is read, so these are what they show.
fn data(joins: &Joins<'_>, stack: &Stack) -> Vec<Part> {
    let scopes = |scopes: &[Scope], kind, name: &str| -> Vec<ResourceId> {
        scopes.iter().map(|scope| ResourceId::new(kind, scope, name)).collect()
    };
    let caches = stack.caches.iter().flat_map(|it| scopes(&it.scopes, Kind::Cache, &it.name));
    let databases = stack.databases.iter().flat_map(|it| scopes(&it.scopes, Kind::Database, &it.name));
    caches.chain(databases).map(|id| of_data(joins, stack, id)).collect()
}

fn of_data(joins: &Joins<'_>, stack: &Stack, id: ResourceId) -> Part {
    let (now, known) = (joins.app.now, joins.app.estate.scope(&id.scope));
    let latest = |it: &Measured| {
        let (at, value) = known?.series(&it.read(FINE))?.settled(FINE, now)?;
        Some((at, words::figure(it.measure.unit(), it.measure.shown(value, FINE))))
    };
    let own = metrics::of_stack(stack, &id.scope, known).into_iter().filter(|it| it.subject == id);
    let mut figures = Vec::new();
    let (mut connections, mut newest) = (Cell::unknown(), None);
    for measured in own {
        let Some((at, figure)) = latest(&measured) else { continue };
        newest = newest.max(Some(at));
        let word = match measured.measure {
            Measure::CacheMemory => "memory",
            Measure::CacheCpu | Measure::DatabaseCpu => "CPU",
            Measure::DatabaseStorage => "free",
            Measure::ReplicaLag => "lag",
            _ => {
                connections = Cell::text(format!("{figure} connections"), Role::Text);
                continue;
            }
        };
        figures.push(format!("{word} {figure}"));
    }
    let told = joins.signal(&id.scope, id.kind, &id.key);
    let state = match told {
        Some(signal) => told_cell(signal, &id.key),
        None if figures.is_empty() => Cell::unknown(),
        None => Cell::text(figures.join(", "), Role::Text),
    };
    let quiet = if newest.is_some() { Health::Ok } else { Health::Unknown };
    let health = told.map_or(quiet, |it| it.severity.into());
    Part { health, id, count: connections, state, since: cells::age(now, told.and_then(|it| it.since)) }
}

/// A part's row; its name tells the region where the stack has several.
fn row(part: Part, in_regions: bool) -> Row {
    let name = part.id.name();
    let region = &part.id.scope.region;
    let title = if in_regions { format!("{name} {region}").into() } else { name };
    Row {
        cells: vec![
            cells::health(part.health),
            Cell::text(title, Role::Strong),
            Cell::text(short_kind(part.id.kind), Role::Muted),
            part.count,
            part.state,
            part.since,
            cells::region(&part.id.scope),
        ],
        id: part.id,
    }
}

/// The word for a kind, as short as the column.
fn short_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::TargetGroup => "targets",
        Kind::Database => "db",
        kind => kind.word(),
    }
}

/// What a signal says, without the name that the row has already.
fn told_cell(signal: &Signal, name: &str) -> Cell {
    let summary = signal.summary.as_str();
    let rest = summary.strip_prefix(name).map_or(summary, |it| it.trim_start_matches([':', ' ']));
    Cell::text(rest, cells::role_of(signal.severity.into()))
}

fn of_service(joins: &Joins<'_>, seat: &ServiceSeat<'_>) -> Part {
    let id = seat.id(joins.app);
    let told = joins.signal(seat.scope, Kind::Service, &id.key);
    let count = seat.service.map_or_else(Cell::unknown, |it| {
        let mut cell = cells::running(it.running, it.desired, it.pending, Role::Ok);
        let beyond = match (it.running > it.desired, it.is_deploying()) {
            (true, true) => ", rolling",
            (true, false) => ", stopping",
            _ => "",
        };
        cell.text = format!("{} tasks{beyond}", cell.text).into();
        cell
    });
    let primary = seat.service.and_then(Service::primary);
    let state = match (told, seat.service.map(deployment_words)) {
        (Some(signal), _) => told_cell(signal, seat.name),
        (None, Some((words, role))) if !words.is_empty() => Cell::text(format!("deployment {words}"), role),
        _ => Cell::unknown(),
    };
    let since = told.and_then(|it| it.since).or(primary.and_then(|it| it.created_at));
    Part { health: seat.health(joins), id, count, state, since: cells::age(joins.app.now, since) }
}

fn of_group(joins: &Joins<'_>, seat: &GroupSeat<'_>) -> Part {
    let told = joins.signal(seat.scope, Kind::Group, seat.name);
    let count = seat.group.map_or_else(Cell::unknown, |it| {
        let in_service = it.instances.iter().filter(|it| it.is_in_service()).count() as u32;
        let mut cell = cells::running(in_service, it.desired, 0, Role::Ok);
        cell.text = format!("{} gateways", cell.text).into();
        cell
    });
    let load = seat.load(joins.app);
    let state = match (told, load.and_then(|it| it.sessions.map(|count| (count, it.limit)))) {
        (Some(signal), _) => told_cell(signal, seat.name),
        (None, Some((count, limit))) => {
            let limit = limit.map(|it| format!(" of {it}")).unwrap_or_default();
            Cell::text(format!("{}{limit} sessions", cells::count_words(count)), Role::Text)
        }
        (None, None) => Cell::unknown(),
    };
    let since = cells::age(joins.app.now, told.and_then(|it| it.since));
    Part { health: seat.health(joins), id: seat.id(), count, state, since }
}

fn of_target_group(joins: &Joins<'_>, seat: &TargetGroupSeat<'_>) -> Part {
    let id = seat.id();
    let told = joins.signal(seat.scope, Kind::TargetGroup, &id.key);
    let mut count = cells::tally(seat.targets.map(Tally::of));
    if seat.targets.is_some() {
        count.text = format!("{} healthy", count.text).into();
    }
    let state = match (told, seat.targets) {
        (Some(signal), _) => told_cell(signal, seat.name),
        (None, Some([])) => Cell::text("no targets registered", Role::Idle),
        (None, Some(targets)) => {
            let reason = targets.iter().filter(|it| !it.description.is_empty()).min_by_key(|it| it.state);
            reason.map_or_else(Cell::unknown, |it| Cell::text(it.description.clone(), Role::Muted))
        }
        (None, None) => Cell::unknown(),
    };
    let since = cells::age(joins.app.now, told.and_then(|it| it.since));
    Part { health: seat.health(joins), id, count, state, since }
}

fn of_alarm(joins: &Joins<'_>, scope: &Scope, alarm: &Alarm) -> Part {
    Part {
        health: Health::Critical,
        id: ResourceId::new(Kind::Alarm, scope, alarm.arn.wire()),
        count: Cell::text(alarms::threshold_words(alarm), Role::Critical),
        state: Cell::text(format!("ALARM: {}", alarm.reason), Role::Critical),
        since: cells::age(joins.app.now, alarm.updated_at),
    }
}
