//! ECS tasks: those that run first, then those that stopped, with what they stopped of.

use std::cmp::Reverse;

use super::cells;
use crate::{
    app::{
        joins::{Joins, cluster_of},
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
    Column::left("SERVICE", 12, 36, 0),
    Column::left("EXIT", 5, 9, 1),
    Column::right("AGE", 9, 9, 1),
    Column::left("REVISION", 9, 32, 2),
    Column::left("IMAGE", 8, 24, 3),
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
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<Found<'_>> = Vec::new();
    for (scope, known) in joins.scopes() {
        for (cluster, observed) in &known.tasks {
            for task in observed.value().into_iter().flat_map(|it| it.values()) {
                let name = task.service.as_ref().map_or("", |it| it.as_str());
                let stack = joins.stack_of_service(scope, cluster, name);
                if joins.shows(stack) && is_within(joins, scope, cluster, name) {
                    found.push(Found { scope, task, stack, health: health(task) });
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
    let rows = found.iter().map(|it| row(joins, it)).collect();
    Table { columns: COLUMNS.to_vec(), rows, empty: "no tasks run, and none stopped lately".into(), ..Table::default() }
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
    let Found { scope, task, stack, health } = found;
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
            reason(task),
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

fn reason(task: &Task) -> Cell {
    let container = task.containers.iter().find_map(|it| it.reason.as_ref());
    match (task.stopped_reason.as_ref().filter(|it| !it.is_empty()), container) {
        (Some(stopped), Some(container)) => Cell::text(format!("{stopped} ({container})"), Role::Text),
        (Some(only), None) | (None, Some(only)) => Cell::text(only.clone(), Role::Text),
        (None, None) => Cell::unknown(),
    }
}
