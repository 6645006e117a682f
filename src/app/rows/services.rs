//! ECS services: how many tasks run, what they run, how the last deployment went.

use std::cmp::Reverse;

use super::{cells, trend};
use crate::{
    app::{
        joins::{Joins, ServiceSeat},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        id::{Arn, Kind, Scope},
        service::{RolloutState, Service},
        text::SafeText,
    },
    metrics::{Measure, catalogue::of_service, window::FINE},
    theme::Role,
};

const COLUMNS: [Column; 11] = [
    Column::left("HEALTH", 10, 12, 0),
    Column::name("SERVICE", 14, 40, 0),
    Column::left("TASKS", 6, 8, 0),
    Column::left("DEPLOYMENT", 14, 30, 1),
    Column::name("IMAGE", 8, 24, 2),
    Column::right("TARGETS", 8, 8, 1),
    Column::right("AGE", 9, 9, 2),
    Column::left("STACK", 10, 24, 3),
    Column::left("REGION", 10, 14, 4),
    Column::name("REVISION", 12, 36, 5),
    Column::left("CPU", 14, 16, 3),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let images = joins.images();
    let mut seats: Vec<_> = joins
        .services()
        .into_iter()
        .filter(|it| joins.shows(it.stack) && is_within(joins, it))
        .map(|it| (it.health(joins), it))
        .collect();
    seats.sort_by_key(|(health, it)| (Reverse(*health), it.name, it.scope, it.cluster));
    let rows = seats.into_iter().map(|(health, seat)| {
        let image = seat.service.and_then(|it| images.get(&(seat.scope, seat.cluster, &it.task_definition)));
        Row { id: seat.id(joins.app), cells: cells_of(joins, &seat, cells::health(health), image.copied()) }
    });
    Table { columns: COLUMNS.to_vec(), rows: rows.collect(), empty: "no ECS services here".into(), ..Table::default() }
}

/// Whether the service lies within the resource drilled into, where that is no stack.
fn is_within(joins: &Joins<'_>, seat: &ServiceSeat<'_>) -> bool {
    let Some(parent) = joins.app.place().parent(Kind::TargetGroup) else { return true };
    let serves = |service: &Service| service.load_balancers.iter().any(|it| it.target_group.wire() == &*parent.key);
    *seat.scope == parent.scope && seat.service.is_some_and(serves)
}

fn cells_of(joins: &Joins<'_>, seat: &ServiceSeat<'_>, health: Cell, image: Option<&SafeText>) -> Vec<Cell> {
    let known = seat.service;
    let primary = known.and_then(Service::primary);
    vec![
        health,
        Cell::text(seat.title(), Role::Strong),
        known.map_or_else(Cell::unknown, |it| cells::running(it.running, it.desired, it.pending, Role::Ok)),
        known.map_or_else(|| absent(joins, seat.scope, seat.cluster), deployment),
        image.map_or_else(Cell::unknown, |it| Cell::text(words::image_tag(it.as_str()), Role::Text)),
        cells::tally(seat.tally(joins)),
        cells::age(joins.app.now, primary.and_then(|it| it.created_at)),
        cells::stack(seat.stack),
        cells::region(seat.scope),
        known.map_or_else(Cell::unknown, |it| revision(&it.task_definition)),
        known.and_then(|it| cpu(joins, seat.scope, it)).unwrap_or_else(Cell::unknown),
    ]
}

/// The last hour of its CPU, and where it stands.
fn cpu(joins: &Joins<'_>, scope: &Scope, service: &Service) -> Option<Cell> {
    let measured = of_service(scope, service).into_iter().find(|it| it.measure == Measure::ServiceCpu)?;
    let series = joins.app.estate.scope(scope)?.series(&measured.read(FINE))?;
    trend::cell(series, measured.measure, joins.app.now, 100.0, "")
}

fn revision(task_definition: &Arn) -> Cell {
    Cell::text(task_definition.short_name(), Role::Muted)
}

/// Why nothing is known of a service that a stack file names.
fn absent(joins: &Joins<'_>, scope: &Scope, cluster: &str) -> Cell {
    let observed = joins.app.estate.scope(scope).and_then(|it| it.services.get(cluster));
    match observed {
        Some(it) if it.fault().is_some() => Cell::text("not readable", Role::Faulted),
        Some(it) if it.value().is_some() => Cell::text("does not exist", Role::Critical),
        _ => Cell::text("not read yet", Role::Muted),
    }
}

fn deployment(service: &Service) -> Cell {
    let (text, role) = deployment_words(service);
    if text.is_empty() { Cell::unknown() } else { Cell::text(text, role) }
}

/// How the newest deployment stands, in words; empty where AWS does not say.
pub fn deployment_words(service: &Service) -> (String, Role) {
    let Some(primary) = service.primary() else { return (String::new(), Role::Muted) };
    let undoing = primary.reason.as_str().contains("rolling back");
    match primary.state {
        None => (String::new(), Role::Muted),
        Some(RolloutState::InProgress) => {
            let verb = if undoing { "rolling back" } else { "rolling out" };
            let up = format!("{}/{}", primary.running, primary.desired);
            match (primary.failed, undoing) {
                (0, false) => (format!("{verb} {up}"), Role::Progress),
                (0, true) => (format!("{verb} {up}"), Role::Warning),
                (failed, _) => (format!("{failed} failed, {up} up"), Role::Warning),
            }
        }
        Some(RolloutState::Failed) => ("failed".to_owned(), Role::Critical),
        Some(RolloutState::Completed) if undoing => ("rolled back".to_owned(), Role::Warning),
        Some(RolloutState::Completed) => ("completed".to_owned(), Role::Ok),
    }
}
