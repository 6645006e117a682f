//! ECS tasks: those that run first, then those that stopped, with what they stopped of. Those that stopped of the same
//! are one row, which opens; those that ECS no longer tells of are remembered.

use std::{cmp::Reverse, collections::HashMap};

use super::cells;
use crate::{
    app::{
        joins::{Joins, cluster_of},
        stops::{self, Stopped},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        id::{Kind, ResourceId, Scope},
        task::Task,
    },
    stack::model::Stack,
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 12] = [
    Column::left("STATUS", 10, 16, 0),
    Column::left("TASK", 8, 8, 0),
    Column::name("SERVICE", 12, 36, 0),
    Column::left("EXIT", 5, 9, 1),
    Column::right("AGE", 9, 9, 1),
    Column::name("REVISION", 9, 32, 2),
    Column::name("IMAGE", 8, 24, 3),
    Column::left("ZONE", 10, 14, 4),
    Column::left("ADDRESS", 11, 15, 5),
    Column::left("LAUNCH", 8, 14, 6),
    Column::left("STACK", 10, 24, 6),
    Column::left("REASON", 20, 110, 1),
];

/// A task and where it was found.
struct Found<'a> {
    scope: &'a Scope,
    task: &'a Task,
    stack: Option<&'a Stack>,
    health: Health,
    cluster: &'a str,
    /// ECS tells of it no longer.
    remembered: bool,
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<Found<'_>> = Vec::new();
    for (scope, known) in joins.scopes() {
        for (cluster, observed) in &known.tasks {
            let told = observed.value().into_iter().flat_map(|it| it.values()).map(|it| (it, false));
            for (task, remembered) in told.chain(known.remembered(cluster).map(|it| (it, true))) {
                let name = task.service.as_ref().map_or("", |it| it.as_str());
                let stack = joins.stack_of_service(scope, cluster, name);
                let found_here = Found { scope, task, stack, health: health(task), cluster, remembered };
                if joins.shows(stack) && is_within(joins, scope, cluster, name) && is_meant(joins, &found_here) {
                    found.push(found_here);
                }
            }
        }
    }
    // Those that run: worst, then youngest first. Those that stopped: last first.
    found.sort_by_key(|it| {
        let at = if it.task.is_stopped() { it.task.stopped_at } else { it.task.started_at.or(it.task.created_at) };
        let worst = if it.task.is_stopped() { Health::Ok } else { it.health };
        (it.task.is_stopped(), Reverse(worst), Reverse(at), &it.task.arn)
    });
    let rows = lines(joins, &found);
    Table { columns: COLUMNS.to_vec(), rows, empty: "no tasks run, and none stopped lately".into(), ..Table::default() }
}

/// Whether the task is one of the stopped ones drilled into, where some are.
fn is_meant(joins: &Joins<'_>, found: &Found<'_>) -> bool {
    let parent = joins.app.place().parent(Kind::Stops);
    parent.is_none_or(|it| found.task.is_stopped() && stops::id(found.scope, found.cluster, found.task) == *it)
}

/// A row for each task; those that stopped of the same have one together, unless they are drilled into.
fn lines(joins: &Joins<'_>, found: &[Found<'_>]) -> Vec<Row> {
    let apart = joins.app.place().parent(Kind::Stops).is_some();
    let mut groups: HashMap<ResourceId, Vec<&Found<'_>>> = HashMap::new();
    let mut order: Vec<(ResourceId, &Found<'_>)> = Vec::new();
    for it in found {
        if apart || !it.task.is_stopped() {
            order.push((ResourceId::new(Kind::Task, it.scope, it.task.arn.wire()), it));
            continue;
        }
        let id = stops::id(it.scope, it.cluster, it.task);
        let group = groups.entry(id.clone()).or_default();
        if group.is_empty() {
            order.push((id, it));
        }
        group.push(it);
    }
    let line = |(id, first): (ResourceId, &Found<'_>)| match groups.get(&id) {
        Some(group) if group.len() > 1 => group_row(joins, id, group),
        _ => row(joins, first),
    };
    let mut rows: Vec<Row> = order.into_iter().map(line).collect();
    cells::tell_regions_apart(&mut rows, 2);
    rows
}

/// The row of tasks that stopped of the same; the last of them comes first.
fn group_row(joins: &Joins<'_>, id: ResourceId, group: &[&Found<'_>]) -> Row {
    let newest = group[0];
    let mut row = row(joins, newest);
    let same = |of: fn(&Task) -> String| group.iter().all(|it| of(it.task) == of(newest.task));
    let mark = newest.health.mark();
    let stopped: Vec<_> = group.iter().map(|it| Stopped { task: it.task, remembered: it.remembered }).collect();
    let remembered = stops::remembered_words(&stopped);
    row.id = id;
    row.cells[0].text = format!("{mark} {} stopped", group.len()).into();
    row.cells[1] = Cell::text(format!("×{}", group.len()), Role::Strong);
    if !same(|it| it.task_definition.short_name().to_string()) {
        row.cells[5] = Cell::text("several", Role::Muted);
        row.cells[6] = Cell::unknown();
    }
    row.cells[7] = Cell::unknown();
    row.cells[8] = Cell::unknown();
    row.cells[11] = reason(newest.task, &remembered);
    row
}

/// Whether a task of this service lies within the service drilled into.
fn is_within(joins: &Joins<'_>, scope: &Scope, cluster: &str, service: &str) -> bool {
    joins.app.place().parent(Kind::Service).is_none_or(|parent| {
        let parent_cluster = cluster_of(&parent.key);
        parent.scope == *scope
            && parent.name().as_str() == service
            && (parent_cluster.is_empty() || parent_cluster == cluster)
    })
}

fn health(task: &Task) -> Health {
    match (task.status.as_str(), task.health.as_str()) {
        ("STOPPED", _) if task.containers.iter().any(|it| it.exit_code.is_some_and(|code| code != 0)) => {
            Health::Warning
        }
        ("STOPPED", _) if task.stop_code.as_ref().is_some_and(|it| it.as_str() == "TaskFailedToStart") => {
            Health::Warning
        }
        ("STOPPED", _) => Health::Idle,
        ("RUNNING", "UNHEALTHY") => Health::Critical,
        ("RUNNING", _) => Health::Ok,
        _ => Health::Progress,
    }
}

fn row(joins: &Joins<'_>, found: &Found<'_>) -> Row {
    let Found { scope, task, stack, health, remembered, .. } = found;
    let note = if *remembered { stops::remembered_words(&[Stopped { task, remembered: true }]) } else { String::new() };
    let age_from = if task.is_stopped() { task.stopped_at } else { task.started_at.or(task.created_at) };
    let image = task.containers.first().map(|it| words::image_tag(it.image.as_str()));
    Row {
        id: ResourceId::new(Kind::Task, scope, task.arn.wire()),
        cells: vec![
            status(task, *health),
            Cell::text(short(task), Role::Strong),
            cells::optional(task.service.as_ref(), Role::Text),
            exit(task),
            cells::age(joins.app.now, age_from),
            Cell::text(task.task_definition.short_name(), Role::Text),
            image.map_or_else(Cell::unknown, |it| Cell::text(it, Role::Text)),
            cells::text(&task.zone, Role::Muted),
            cells::optional(task.address.as_ref(), Role::Muted),
            cells::text(&task.launch, Role::Muted),
            cells::stack(*stack),
            reason(task, &note),
        ],
    }
}

/// The first eight digits of a task's id, as the AWS console shows it.
pub fn short(task: &Task) -> String {
    task.arn.tail().as_str().chars().take(8).collect()
}

fn status(task: &Task, health: Health) -> Cell {
    let word = match (task.status.as_str(), task.health.as_str()) {
        ("RUNNING", "UNHEALTHY") => "unhealthy".to_owned(),
        ("RUNNING", "HEALTHY") => "healthy".to_owned(),
        // No container has a health check: it runs, which is all that is known.
        (status, _) => status.to_lowercase(),
    };
    let mark = if health == Health::Idle { "·" } else { health.mark() };
    let mut cell = cells::state(health, &word);
    cell.text = format!("{mark} {word}").into();
    cell
}

fn exit(task: &Task) -> Cell {
    let Some(words) = exit_words(task) else { return Cell::unknown() };
    let role = if words == "0" { Role::Muted } else { Role::Critical };
    Cell::text(words, role)
}

/// The exit codes of a stopped task's containers, failures first; `None` where none has one.
pub fn exit_words(task: &Task) -> Option<String> {
    let mut codes: Vec<i32> = task.containers.iter().filter_map(|it| it.exit_code).collect();
    codes.sort_by_key(|code| *code == 0);
    codes.first().map(ToString::to_string)
}

/// Why it stopped, behind what is to be noted of it.
fn reason(task: &Task, note: &str) -> Cell {
    let why = stops::reason(task);
    match (why.is_empty(), note.is_empty()) {
        (true, true) => Cell::unknown(),
        (false, true) => Cell::text(why, Role::Text),
        (true, false) => Cell::text(note, Role::Muted),
        (false, false) => Cell::text(format!("{why} ({note})"), Role::Text),
    }
}
