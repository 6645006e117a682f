//! Instances of Auto Scaling groups: where each is in its life, and how many sessions it holds.

use std::cmp::Reverse;

use super::cells;
use crate::{
    app::{
        joins::{GroupSeat, Joins},
        table::{Cell, Column, Row, Table},
    },
    domain::{
        group::{Group, Instance},
        id::{Kind, ResourceId},
        text::SafeText,
    },
    theme::Role,
    triage::{
        health::Health,
        saturation,
        sessions::{GatewayLoad, GroupLoad},
    },
};

const COLUMNS: [Column; 12] = [
    Column::left("HEALTH", 10, 12, 0),
    Column::left("GATEWAY", 12, 19, 0),
    Column::left("LIFECYCLE", 10, 20, 0),
    Column::left("SESSIONS", 14, 18, 0),
    Column::left("PROTECTED", 10, 10, 2),
    Column::right("AGE", 9, 9, 1),
    Column::left("ZONE", 10, 14, 2),
    Column::left("TYPE", 9, 14, 3),
    Column::left("TEMPLATE", 9, 16, 3),
    Column::left("ADDRESS", 11, 15, 4),
    Column::left("GROUP", 12, 32, 5),
    Column::left("STACK", 10, 24, 6),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut found: Vec<(Health, Row)> = Vec::new();
    for seat in joins.groups().into_iter().filter(|it| joins.shows(it.stack) && is_within(joins, it)) {
        let Some(group) = seat.group else { continue };
        let load = seat.load(joins.app);
        for (at, instance) in group.instances.iter().enumerate() {
            let load = gateway(load.as_ref(), at);
            let health = health(joins, &seat, instance, load);
            found.push((health, row(joins, &seat, group, instance, health, load)));
        }
    }
    found.sort_by(|a, b| (Reverse(a.0), &a.1.id).cmp(&(Reverse(b.0), &b.1.id)));
    let rows = found.into_iter().map(|(_, row)| row).collect();
    Table { columns: COLUMNS.to_vec(), rows, empty: "no instances in Auto Scaling groups".into(), ..Table::default() }
}

fn is_within(joins: &Joins<'_>, seat: &GroupSeat<'_>) -> bool {
    joins.app.place().parent(Kind::Group).is_none_or(|it| it.scope == *seat.scope && &*it.key == seat.name)
}

fn gateway<'l, 'a>(load: Option<&'l GroupLoad<'a>>, at: usize) -> Option<&'l GatewayLoad<'a>> {
    load?.gateways.get(at)
}

/// The worst of what signals, the group and EC2 say of an instance, and of how full it is.
fn health(joins: &Joins<'_>, seat: &GroupSeat<'_>, instance: &Instance, load: Option<&GatewayLoad<'_>>) -> Health {
    let told = joins.told(seat.scope, Kind::Instance, instance.id.as_str());
    let checks = instance.checks.as_ref().map(SafeText::as_str);
    let own = match (instance.lifecycle.as_str(), instance.health.as_str(), checks) {
        (_, "Unhealthy", _) | (_, _, Some("impaired")) => Health::Critical,
        ("InService", _, Some("initializing")) => Health::Progress,
        ("InService", ..) => Health::Ok,
        ("Standby", ..) => Health::Idle,
        _ => Health::Progress,
    };
    let full = load.and_then(GatewayLoad::use_of_limit).and_then(saturation::severity).map(Health::from);
    [Some(own), told, full].into_iter().flatten().max().unwrap_or(own)
}

fn row(
    joins: &Joins<'_>,
    seat: &GroupSeat<'_>,
    group: &Group,
    instance: &Instance,
    health: Health,
    load: Option<&GatewayLoad<'_>>,
) -> Row {
    Row {
        id: ResourceId::new(Kind::Instance, seat.scope, instance.id.as_str()),
        cells: vec![
            cells::health(health),
            Cell::text(instance.id.clone(), Role::Strong),
            lifecycle(instance),
            load.map_or_else(Cell::unknown, |it| cells::sessions(it.sessions, it.limit)),
            if instance.protected { Cell::text("protected", Role::Notice) } else { Cell::text("no", Role::Muted) },
            cells::age(joins.app.now, instance.launched_at),
            cells::text(&instance.zone, Role::Muted),
            cells::text(&instance.instance_type, Role::Text),
            template(group, instance),
            cells::optional(instance.private_ip.as_ref(), Role::Muted),
            Cell::text(seat.name, Role::Muted),
            cells::stack(seat.stack),
        ],
    }
}

fn lifecycle(instance: &Instance) -> Cell {
    let role = match instance.lifecycle.as_str() {
        "InService" => Role::Ok,
        "Standby" => Role::Idle,
        _ => Role::Progress,
    };
    cells::text(&instance.lifecycle, role)
}

/// The version that it was started from; one that is not the group's own number stands out.
fn template(group: &Group, instance: &Instance) -> Cell {
    let wanted = group.launch_template.as_ref().map_or("", |it| it.version.as_str());
    let is_number = wanted.chars().all(|it| it.is_ascii_digit()) && !wanted.is_empty();
    if is_number && wanted != instance.template_version.as_str() && !instance.template_version.is_empty() {
        return Cell::text(format!("{} (not {wanted})", instance.template_version), Role::Warning);
    }
    cells::text(&instance.template_version, Role::Text)
}
