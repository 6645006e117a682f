//! Load-balancer targets, joined to the task or instance behind each, with the reason in AWS's words.

use super::{cells, tasks};
use crate::{
    app::{
        joins::{Joins, TargetGroupSeat, target_id},
        table::{Cell, Column, Row, Table},
    },
    domain::{
        behind::Behind,
        id::{Kind, ResourceId, Scope},
        target::{Target, TargetGroup, TargetState},
        task::Task,
    },
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 9] = [
    Column::left("STATE", 11, 14, 0),
    Column::name("TARGET", 10, 24, 0),
    Column::name("TARGET GROUP", 14, 36, 0),
    Column::left("REASON", 24, 90, 1),
    Column::name("SERVICE", 12, 36, 3),
    Column::left("ADDRESS", 11, 19, 2),
    Column::right("PORT", 5, 5, 3),
    Column::left("ZONE", 10, 14, 3),
    Column::left("STACK", 10, 24, 4),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<(TargetState, Row)> = Vec::new();
    let mut by_scope: Option<(&Scope, Behind<'_>)> = None;
    let mut seats = joins.target_groups();
    seats.retain(|it| joins.shows(it.stack) && is_within(joins, it));
    seats.sort_by_key(|it| it.scope);
    for seat in &seats {
        let (Some(group), Some(targets)) = (seat.group, seat.targets) else { continue };
        let Some(known) = joins.app.estate.scope(seat.scope) else { continue };
        let behind = match &by_scope {
            Some((scope, behind)) if *scope == seat.scope => behind,
            _ => &by_scope.insert((seat.scope, Behind::of(known))).1,
        };
        for target in targets {
            let task = behind.task(&group.arn, target.id.as_str());
            found.push((target.state, row(seat, group, target, task)));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    let mut rows: Vec<Row> = found.into_iter().map(|(_, row)| row).collect();
    cells::tell_regions_apart(&mut rows, 2);
    Table { columns: COLUMNS.to_vec(), rows, empty: "no targets are registered".into(), ..Table::default() }
}

/// Whether the group is, serves or is fed by what was drilled into.
fn is_within(joins: &Joins<'_>, seat: &TargetGroupSeat<'_>) -> bool {
    let Some(parent) = joins.app.place().within.as_ref().filter(|it| it.kind != Kind::Stack) else { return true };
    if parent.scope != *seat.scope {
        return false;
    }
    let known = joins.app.estate.scope(seat.scope);
    let arn = seat.group.map(|it| &it.arn);
    match parent.kind {
        Kind::TargetGroup => seat.id() == *parent,
        Kind::Service => {
            let service = known.and_then(|it| it.service(&parent.key));
            service.is_some_and(|it| it.load_balancers.iter().any(|it| Some(&it.target_group) == arn))
        }
        Kind::Group => {
            let groups = known.and_then(|it| it.groups.value()).into_iter().flat_map(|it| it.values());
            groups
                .filter(|it| it.name.as_str() == &*parent.key)
                .any(|it| arn.is_some_and(|arn| it.target_groups.contains(arn)))
        }
        _ => true,
    }
}

fn row(seat: &TargetGroupSeat<'_>, group: &TargetGroup, target: &Target, task: Option<&Task>) -> Row {
    let id: ResourceId = target_id(seat.scope, &group.arn, target);
    let behind = match task {
        Some(task) => Cell::text(format!("task {}", tasks::short(task)), Role::Strong),
        None if target.id.as_str().starts_with("i-") => Cell::text(target.id.clone(), Role::Strong),
        None => Cell::text(target.id.clone(), Role::Text),
    };
    Row {
        id,
        cells: vec![
            cells::state(health(target.state), target.state.word()),
            behind,
            Cell::text(seat.name, Role::Text),
            reason(target),
            cells::optional(task.and_then(|it| it.service.as_ref()), Role::Text),
            Cell::text(target.id.clone(), Role::Muted),
            Cell::number(target.port.to_string(), f64::from(target.port), Role::Muted),
            cells::text(&target.zone, Role::Muted),
            cells::stack(seat.stack),
        ],
    }
}

/// How a target's state is to be taken.
pub fn health(state: TargetState) -> Health {
    match state {
        TargetState::Healthy => Health::Ok,
        TargetState::Initial | TargetState::Draining => Health::Progress,
        TargetState::Unused => Health::Idle,
        TargetState::Unhealthy => Health::Critical,
        TargetState::Unavailable => Health::Warning,
        TargetState::Unknown => Health::Unknown,
    }
}

fn reason(target: &Target) -> Cell {
    let role = if target.state == TargetState::Unhealthy { Role::Critical } else { Role::Text };
    let words = reason_words(target);
    if words.is_empty() { Cell::unknown() } else { Cell::text(words, role) }
}

/// Why the target is in its state, short enough for a column: by AWS's reason code where it is one of the common
/// ones (aws-reference §4.1), else in AWS's own sentence.
fn reason_words(target: &Target) -> String {
    let description = target.description.as_str();
    let short = match target.reason.as_str() {
        "Target.ResponseCodeMismatch" => {
            let codes = description.split_once("codes: ").map(|(_, codes)| codes);
            return codes.map_or_else(|| description.to_owned(), |codes| format!("health check answers {codes}"));
        }
        "Target.Timeout" => "health check times out",
        "Target.FailedHealthChecks" => "health check cannot connect, or is garbled",
        "Elb.RegistrationInProgress" => "registering",
        "Elb.InitialHealthChecking" => "first health checks",
        "Target.DeregistrationInProgress" => "deregistering",
        code if description.is_empty() => code,
        _ => description,
    };
    short.to_owned()
}
