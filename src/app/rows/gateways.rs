//! Gateways: the instances of each Auto Scaling group, the worst first, and below them the group itself.

mod notes;

use std::cmp::Reverse;

use self::notes::Note;
use super::{cells, trend};
use crate::{
    app::{
        App,
        joins::{GroupSeat, Joins},
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        group::{Group, Instance},
        id::{Kind, ResourceId},
        metric::Series,
        template::Template,
        text::SafeText,
    },
    metrics::{Measure, Measured, catalogue::of_group, window::FINE},
    theme::Role,
    triage::{
        health::Health,
        saturation,
        sessions::{Count, GatewayLoad, GroupLoad},
    },
};

pub use self::notes::hook_left;

const COLUMNS: [Column; 18] = [
    Column::left("STATE", 12, 24, 0),
    Column::name("GATEWAY", 12, 32, 0),
    Column::left("SESSIONS", 14, 24, 0),
    Column::right("AGE", 7, 9, 0),
    Column::left("EMPTY IN", 9, 12, 1),
    Column::left("NOTES", 14, 60, 1),
    Column::left("PROTECTED", 9, 10, 2),
    Column::left("VERSION", 7, 12, 2),
    Column::right("OLDEST", 8, 9, 3),
    Column::right("ENDS/H", 6, 7, 3),
    Column::left("LAST HOUR", TREND, TREND, 4),
    Column::left("ZONE", 10, 14, 3),
    Column::left("TYPE", 9, 14, 4),
    Column::left("CHECKS", 10, 22, 4),
    Column::name("IMAGE", 12, 24, 5),
    Column::left("ADDRESS", 11, 15, 5),
    Column::name("GROUP", 12, 32, 6),
    Column::left("STACK", 10, 24, 6),
];

/// Cells of a trend, whatever it shows.
const TREND: u16 = 20;

/// The sessions of each gateway of a group, where they are published without a dimension: a mean of all.
pub fn sessions_each<'a>(app: &'a App, seat: &GroupSeat<'_>) -> Option<&'a Series> {
    series_of(app, seat, Kind::Group, seat.name)
}

/// The sessions published of a group or of one of its gateways.
fn series_of<'a>(app: &'a App, seat: &GroupSeat<'_>, kind: Kind, key: &str) -> Option<&'a Series> {
    let found = of_group(seat.scope, seat.spec?, seat.group);
    let is_it = |it: &Measured| it.measure == Measure::Sessions && (it.subject.kind, &*it.subject.key) == (kind, key);
    app.estate.scope(seat.scope)?.series(&found.into_iter().find(is_it)?.read(FINE))
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let mut blocks: Vec<(Health, &str, Vec<Row>)> = Vec::new();
    for seat in joins.groups().into_iter().filter(|it| joins.shows(it.stack) && is_within(joins, it)) {
        let Some(group) = seat.group else { continue };
        let block = Block::of(joins, seat, group);
        let mut found: Vec<(Health, Row)> = group.instances.iter().enumerate().map(|it| block.gateway(it)).collect();
        found.sort_by(|a, b| (Reverse(a.0), &a.1.id).cmp(&(Reverse(b.0), &b.1.id)));
        let worst = found.iter().map(|it| it.0).max().unwrap_or(Health::Ok).max(seat.health(joins));
        let mut rows: Vec<Row> = found.into_iter().map(|(_, row)| row).collect();
        rows.push(block.group());
        blocks.push((worst, seat.name, rows));
    }
    blocks.sort_by(|a, b| (Reverse(a.0), a.1).cmp(&(Reverse(b.0), b.1)));
    let rows = blocks.into_iter().flat_map(|(_, _, rows)| rows).collect();
    Table { columns: COLUMNS.to_vec(), rows, empty: "no Auto Scaling groups".into(), ..Table::default() }
}

fn is_within(joins: &Joins<'_>, seat: &GroupSeat<'_>) -> bool {
    joins.app.place().parent(Kind::Group).is_none_or(|it| it.scope == *seat.scope && &*it.key == seat.name)
}

/// A group's lifecycle state in words: `in service`, `pending: hook`, `terminating`.
pub fn lifecycle_words(lifecycle: &SafeText) -> String {
    let (warm, state) = match lifecycle.as_str().strip_prefix("Warmed:") {
        Some(state) => ("warm pool: ", state),
        None => ("", lifecycle.as_str()),
    };
    let word = match state {
        "InService" => "in service",
        "Pending" | "Pending:Proceed" => "pending",
        "Pending:Wait" => "pending: hook",
        "Standby" => "standby",
        "EnteringStandby" => "to standby",
        "Terminating" | "Terminating:Proceed" => "terminating",
        "Terminating:Wait" => "terminating: hook",
        "Terminated" => "terminated",
        "Detaching" => "detaching",
        "Detached" => "detached",
        "" => "–",
        other => other,
    };
    format!("{warm}{word}")
}

/// A group with all that its rows are made of.
struct Block<'j, 'a> {
    joins: &'j Joins<'a>,
    seat: GroupSeat<'a>,
    group: &'a Group,
    load: Option<GroupLoad<'a>>,
    template: Option<&'a Template>,
    wanted: Option<u64>,
}

impl<'j, 'a> Block<'j, 'a> {
    fn of(joins: &'j Joins<'a>, seat: GroupSeat<'a>, group: &'a Group) -> Self {
        let template = joins.app.estate.scope(seat.scope).and_then(|it| it.template_of(group));
        let wanted = group.wanted_version(template);
        Self { joins, load: seat.load(joins.app), seat, group, template, wanted }
    }

    fn gateway(&self, (at, instance): (usize, &Instance)) -> (Health, Row) {
        let load = self.load.as_ref().and_then(|it| it.gateways.get(at));
        let health = self.health(instance, load);
        let leaving = self.load.as_ref().and_then(|it| it.leaving);
        let held = load.and_then(|it| it.sessions);
        let exact = held.filter(|it| !it.approximate).map(|it| it.value);
        let empty = match exact {
            Some(0) => Cell::number("empty", 0.0, Role::Idle),
            Some(held) => leaving
                .and_then(|it| it.empty_in(held))
                .map_or_else(Cell::unknown, |it| Cell::number(it.words(), it.likely.as_secs_f64(), Role::Text)),
            None => Cell::unknown(),
        };
        let ends = exact.zip(leaving).map_or_else(Cell::unknown, |(held, it)| per_hour(it.per_hour(held)));
        let cells = vec![
            cells::state(health, &lifecycle_words(&instance.lifecycle)),
            Cell::text(instance.id.clone(), Role::Strong),
            load.map_or_else(Cell::unknown, |it| sessions(it.sessions, it.limit, it.also)),
            cells::age(self.joins.app.now, instance.launched_at),
            empty,
            notes::cell(&self.notes(instance)),
            if instance.protected { Cell::text("protected", Role::Notice) } else { Cell::text("no", Role::Muted) },
            self.version(instance),
            cells::age(self.joins.app.now, load.and_then(|it| it.oldest)),
            ends,
            self.last_hour(Kind::Instance, instance.id.as_str(), ""),
            cells::text(&instance.zone, Role::Muted),
            cells::text(&instance.instance_type, Role::Text),
            checks(instance),
            self.image(instance),
            cells::optional(instance.private_ip.as_ref(), Role::Muted),
            Cell::text(self.seat.name, Role::Muted),
            cells::stack(self.seat.stack),
        ];
        (health, Row { id: ResourceId::new(Kind::Instance, self.seat.scope, instance.id.as_str()), cells })
    }

    /// The group as a whole: what its gateways carry together, and what happens to it next.
    fn group(&self) -> Row {
        let (group, now) = (self.group, self.joins.app.now);
        let in_service = group.in_service().count();
        let load = self.load.as_ref();
        let exact = load.and_then(|it| it.sessions).filter(|it| !it.approximate).map(|it| it.value);
        let ends = exact.zip(load.and_then(|it| it.leaving));
        let blank = || Cell { text: SafeText::default(), ..Cell::unknown() };
        let protected = group.instances.iter().filter(|it| it.protected).count();
        let zones: Vec<String> =
            group.by_zone().iter().map(|(zone, number)| format!("{} {number}", short_zone(zone))).collect();
        let cells = vec![
            cells::state(self.seat.health(self.joins), &format!("{in_service} of {}", group.desired)),
            Cell::text(group.name.clone(), Role::Heading),
            load.map_or_else(Cell::unknown, |it| sessions(it.sessions, it.limit, it.also)),
            blank(),
            blank(),
            notes::cell(&notes::of_group(self.joins.app, &self.seat, group)),
            Cell::number(format!("{protected} of {}", group.instances.len()), protected as f64, Role::Muted),
            self.wanted.map_or_else(Cell::unknown, |it| Cell::number(it.to_string(), it as f64, Role::Muted)),
            cells::age(now, load.and_then(|it| it.gateways.iter().filter_map(|it| it.oldest).min())),
            ends.map_or_else(Cell::unknown, |(held, it)| per_hour(it.per_hour(held))),
            self.last_hour(Kind::Group, self.seat.name, " each"),
            Cell::text(zones.join(", "), Role::Muted),
            blank(),
            blank(),
            blank(),
            blank(),
            Cell::text(self.seat.name, Role::Muted),
            cells::stack(self.seat.stack),
        ];
        Row { id: self.seat.id(), cells }
    }

    /// The worst of what signals, the group and EC2 say of an instance, and of how full it is.
    fn health(&self, instance: &Instance, load: Option<&GatewayLoad<'_>>) -> Health {
        let told = self.joins.told(self.seat.scope, Kind::Instance, instance.id.as_str());
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

    /// The sessions of the last hour, where they are published of it.
    fn last_hour(&self, kind: Kind, key: &str, unit: &str) -> Cell {
        let app = self.joins.app;
        let series = series_of(app, &self.seat, kind, key);
        series.and_then(|it| trend::cell(it, Measure::Sessions, app.now, 0.0, unit)).unwrap_or_else(Cell::unknown)
    }

    fn notes(&self, instance: &Instance) -> Vec<Note> {
        notes::of_instance(self.joins.app, &self.seat, self.group, instance, self.wanted)
    }

    /// The version that it was started from; an old one says so.
    fn version(&self, instance: &Instance) -> Cell {
        let number = instance.template_version.as_str().parse::<u64>().ok();
        match (number, self.wanted) {
            (Some(own), Some(wanted)) if own != wanted => Cell::number(format!("{own} old"), own as f64, Role::Warning),
            _ => cells::text(&instance.template_version, Role::Text),
        }
    }

    /// What the template's version says of itself, which names what runs better than an image id does.
    fn image(&self, instance: &Instance) -> Cell {
        let version = self.template.and_then(|it| it.named(instance.template_version.as_str()));
        let described = version.map(|it| &it.description).filter(|it| !it.is_empty());
        cells::optional(described.or(instance.image.as_ref()), Role::Text)
    }
}

/// `us-east-1a` as `1a`.
fn short_zone(zone: &SafeText) -> &str {
    zone.as_str().rsplit('-').next().unwrap_or_default()
}

fn per_hour(ends: f64) -> Cell {
    Cell::number(format!("≈{}", words::number((ends * 10.0).round() / 10.0)), ends, Role::Text)
}

/// Sessions of a limit, and what the other source says where it says otherwise: `12/20, metric ≈16`.
fn sessions(count: Option<Count>, limit: Option<u32>, also: Option<Count>) -> Cell {
    let cell = cells::sessions(count, limit);
    match also {
        None => cell,
        Some(also) => {
            let text = format!("{}, metric {}", cell.text, cells::count_words(also));
            Cell { text: text.into(), role: Role::Warning, ..cell }
        }
    }
}

/// What the group's health check and EC2's status checks say.
fn checks(instance: &Instance) -> Cell {
    let ec2 = instance.checks.as_ref().map_or("–", SafeText::as_str);
    let group = instance.health.as_str().to_lowercase();
    let role = match (instance.health.as_str(), ec2) {
        ("Healthy", "ok") => Role::Muted,
        ("Unhealthy", _) | (_, "impaired") => Role::Critical,
        _ => Role::Text,
    };
    Cell::text(format!("{group}, EC2 {ec2}"), role)
}
