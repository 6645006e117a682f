//! Service deployments, newest first: what went out, how it ended, what the circuit breaker counted.

use std::cmp::Reverse;

use super::cells;
use crate::{
    app::{
        arithmetic,
        joins::{Joins, cluster_of},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        deployment::{Deployment, DeploymentStatus, Revision},
        id::{Kind, ResourceId, Scope},
    },
    stack::model::Stack,
    theme::Role,
    triage::health::Health,
};

const COLUMNS: [Column; 10] = [
    Column::left("STATUS", 14, 20, 0),
    Column::name("SERVICE", 14, 36, 0),
    Column::name("REVISION", 9, 32, 0),
    Column::name("IMAGE", 10, 38, 2),
    Column::right("STARTED", 9, 9, 0),
    Column::right("TOOK", 9, 9, 2),
    Column::right("FAILURES", 9, 9, 2),
    Column::left("STACK", 10, 24, 4),
    Column::left("REGION", 10, 14, 6),
    Column::left("PROGRESS", 16, 110, 1),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<(&Scope, &Deployment, Option<&Stack>)> = Vec::new();
    for (scope, known) in joins.scopes() {
        for (service, observed) in &known.deployments {
            let name = service.tail();
            let stack = joins.stack_of_service(scope, cluster_of(service.wire()), name.as_str());
            let within = joins.app.place().parent(Kind::Service);
            let is_within = within.is_none_or(|it| it.scope == *scope && *it.key == *service.wire());
            if joins.shows(stack) && is_within {
                found.extend(observed.value().into_iter().flatten().map(|it| (scope, it, stack)));
            }
        }
    }
    found.sort_by_key(|(_, it, _)| (Reverse(it.created_at), &it.arn));
    let mut rows: Vec<Row> = found.into_iter().map(|(scope, it, stack)| row(joins, scope, it, stack)).collect();
    cells::tell_regions_apart(&mut rows, 1);
    Table {
        columns: COLUMNS.to_vec(),
        rows,
        empty: "no service deployments: AWS keeps those of the last 90 days".into(),
        ..Table::default()
    }
}

fn row(joins: &Joins<'_>, scope: &Scope, deployment: &Deployment, stack: Option<&Stack>) -> Row {
    let now = joins.app.now;
    let started = deployment.started_at.or(deployment.created_at);
    let took = started.map(|from| deployment.finished_at.unwrap_or(now).duration_since(from));
    Row {
        id: ResourceId::new(Kind::Deployment, scope, deployment.arn.wire()),
        cells: vec![
            cells::state(health(&deployment.status), deployment.status.word()),
            Cell::text(deployment.service.tail(), Role::Strong),
            match &deployment.target.task_definition {
                Some(it) => Cell::text(it.short_name(), Role::Text),
                None => Cell::unknown(),
            },
            image(&deployment.target),
            cells::age(now, started),
            took.map_or_else(Cell::unknown, |it| Cell::number(words::exact(it), it.as_secs_f64(), Role::Text)),
            deployment.breaker.map_or_else(Cell::unknown, |(failures, threshold)| {
                let role = if failures > 0 { Role::Warning } else { Role::Muted };
                Cell::number(format!("{failures}/{threshold}"), -f64::from(failures), role)
            }),
            cells::stack(stack),
            cells::region(scope),
            progress(joins, scope, deployment),
        ],
    }
}

/// How a deployment's state is to be taken.
pub fn health(status: &DeploymentStatus) -> Health {
    match status {
        DeploymentStatus::Successful => Health::Ok,
        DeploymentStatus::Pending | DeploymentStatus::InProgress | DeploymentStatus::StopRequested => Health::Progress,
        DeploymentStatus::Stopped => Health::Notice,
        DeploymentStatus::RollbackRequested
        | DeploymentStatus::RollbackInProgress
        | DeploymentStatus::RollbackSuccessful => Health::Warning,
        DeploymentStatus::RollbackFailed => Health::Critical,
        DeploymentStatus::Other(_) => Health::Unknown,
    }
}

/// Tag and digest of what it deployed.
fn image(revision: &Revision) -> Cell {
    let Some(image) = revision.images.first() else { return Cell::unknown() };
    let tag = words::image_tag(image.image.as_str());
    match &image.digest {
        Some(digest) => Cell::text(format!("{tag} {}", words::short_digest(digest.as_str())), Role::Text),
        None => Cell::text(tag, Role::Text),
    }
}

/// The arithmetic of one under way, why another ended as it did.
fn progress(joins: &Joins<'_>, scope: &Scope, deployment: &Deployment) -> Cell {
    let known = joins.app.estate.scope(scope).filter(|_| deployment.status.is_ongoing());
    let service = known.and_then(|known| Some((known, known.service(deployment.service.wire())?)));
    if let Some((known, service)) = service {
        return Cell::text(arithmetic::words(known, service, joins.app.now), Role::Progress);
    }
    let rollback = deployment.rollback_reason.as_ref().filter(|it| !it.is_empty());
    cells::text(rollback.unwrap_or(&deployment.status_reason), Role::Text)
}
