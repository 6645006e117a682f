//! Every stack on one screen, worst first: what is wrong before anything else.

use std::{cmp::Reverse, collections::BTreeSet};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use unicode_width::UnicodeWidthStr;

use super::{cells, trend};
use crate::{
    app::{
        joins::{GroupSeat, Joins, ServiceSeat, Tally, TargetGroupSeat},
        layout::WIDE,
        table::{Cell, Column, Row, SortKey, Table},
        words,
    },
    cost::known::StackMonth,
    domain::{
        alarm::AlarmState,
        cost::{asking, month::Month},
        id::ResourceId,
    },
    metrics::{Measure, catalogue::of_target_group, window::FINE},
    stack::model::{Environment, Stack},
    theme::Role,
    triage::{health, sessions::Count},
};

const COLUMNS: [Column; 13] = [
    Column::left("HEALTH", 10, 12, 0),
    Column::left("STACK", 12, 28, 0),
    Column::left("ENV", 4, 12, 1),
    Column::right("TASKS", 6, 8, 0),
    Column::right(TARGETS, 8, 8, 1),
    Column::right("GATEWAYS", 9, 9, 5),
    Column::left("SESSIONS", 9, 18, 1),
    Column::left(ALARMS, 7, 12, 1),
    Column::right(SIGNALS, 8, 8, 5),
    Column::left("REGIONS", 10, 24, 4),
    Column::right(RUN_RATE, 9, 18, 6),
    Column::left("LAST HOUR", TREND, TREND, 5),
    Column::left(WORST, 28, 90, 3),
];

const TARGETS: &str = "TARGETS";
const ALARMS: &str = "ALARMS";
const SIGNALS: &str = "SIGNALS";
const WORST: &str = "WORST";
/// A month at the run-rate, with the age of what it is reckoned from.
const RUN_RATE: &str = "RUN-RATE/MONTH";
/// The rank of run-rates once one of late is known.
const KNOWN_RATES: u8 = 1;
/// Where there is little room, targets and alarms give way to them: of what is wrong with those there are signals. So does the
/// number of signals, since the pane below says it; and of the worst its beginning must do.
const BESIDE_RATES: u8 = 2;
const SIGNALS_BESIDE: u8 = 6;
const WORST_BESIDE: u16 = 16;

/// Cells of a stack's trend, whatever it shows.
const TREND: u16 = 22;

/// A stack with everything of its own, gathered in one pass over the estate.
struct Gathered<'a> {
    stack: &'a Stack,
    services: Vec<ServiceSeat<'a>>,
    groups: Vec<GroupSeat<'a>>,
    target_groups: Vec<TargetGroupSeat<'a>>,
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let mut stacks: Vec<_> =
        gather(joins).into_iter().map(|it| (health::of_stack(it.stack, &app.estate, &app.signals), it)).collect();
    stacks.sort_by_key(|(health, it)| (Reverse(*health), it.stack.name.clone()));
    let rows: Vec<Row> = stacks.iter().map(|(health, gathered)| row(joins, *health, gathered)).collect();
    let at = COLUMNS.iter().position(|it| it.title == RUN_RATE);
    let rates = at.into_iter().flat_map(|at| rows.iter().map(move |row| &row.cells[at]));
    let known: Vec<_> = rates.filter(|it| !matches!(it.sort, SortKey::Nothing)).collect();
    // What is old is muted, and nothing gives way to it.
    let is_known = known.iter().any(|it| it.role != Role::Muted);
    let widest = known.iter().map(|it| it.text.as_str().width()).max().and_then(|it| u16::try_from(it).ok());
    let columns = match widest.filter(|_| is_known) {
        Some(widest) => COLUMNS.map(|it| beside_rates(it, widest)).to_vec(),
        None => COLUMNS.to_vec(),
    };
    Table {
        columns,
        rows,
        empty: "no stacks: the profile and region hold no cluster, group or alarm that could be one".into(),
        ..Table::default()
    }
}

/// A column where run-rates are known, the longest of them so wide.
fn beside_rates(column: Column, widest: u16) -> Column {
    match column.title {
        RUN_RATE => {
            let min = column.min.max(widest);
            Column { rank: KNOWN_RATES, min, max: column.max.max(min), ..column }
        }
        TARGETS | ALARMS => Column { rank: BESIDE_RATES, ..column },
        SIGNALS => Column { rank: SIGNALS_BESIDE, ..column },
        WORST => Column { min: WORST_BESIDE, comfort: WORST_BESIDE, ..column },
        _ => column,
    }
}

fn gather<'a>(joins: &Joins<'a>) -> Vec<Gathered<'a>> {
    let mut gathered: Vec<Gathered<'a>> = joins
        .app
        .stacks
        .iter()
        .map(|stack| Gathered { stack, services: Vec::new(), groups: Vec::new(), target_groups: Vec::new() })
        .collect();
    let index_of = |stack: Option<&Stack>| {
        let name = &stack?.name;
        joins.app.stacks.iter().position(|it| it.name == *name)
    };
    for seat in joins.services() {
        if let Some(at) = index_of(seat.stack) {
            gathered[at].services.push(seat);
        }
    }
    for seat in joins.groups() {
        if let Some(at) = index_of(seat.stack) {
            gathered[at].groups.push(seat);
        }
    }
    for seat in joins.target_groups() {
        if let Some(at) = index_of(seat.stack) {
            gathered[at].target_groups.push(seat);
        }
    }
    gathered
}

fn row(joins: &Joins<'_>, health: health::Health, gathered: &Gathered<'_>) -> Row {
    let stack = gathered.stack;
    let signals = joins.signals_of(stack).count();
    let regions: BTreeSet<&str> = stack.scopes.iter().map(|it| &*it.scope.region).collect();
    let regions: Vec<&str> = regions.into_iter().collect();
    let worst = joins.signals_of(stack).next();
    Row {
        id: ResourceId::stack(stack.name.as_str()),
        cells: vec![
            cells::health(health),
            Cell::text(stack.name.clone(), Role::Strong),
            environment(stack),
            tasks(&gathered.services),
            cells::tally(targets(&gathered.target_groups)),
            gateways(&gathered.groups),
            sessions(joins, &gathered.groups),
            alarms(joins, stack),
            Cell::number(signals.to_string(), -(signals as f64), if signals > 0 { Role::Text } else { Role::Muted }),
            Cell::text(regions.join(" "), Role::Muted),
            run_rate(joins, stack),
            last_hour(joins, gathered).unwrap_or_else(Cell::unknown),
            worst.map_or_else(Cell::unknown, |it| {
                Cell::text(it.summary.clone(), cells::role_of(health::Health::from(it.severity)))
            }),
        ],
    }
}

/// The last hour of the sessions that each of a stack's gateways holds; of requests, where it has no gateways. Not where
/// there is no room for it: what nobody sees is not drawn.
fn last_hour(joins: &Joins<'_>, gathered: &Gathered<'_>) -> Option<Cell> {
    let app = joins.app;
    if app.size.0 < WIDE {
        return None;
    }
    let group = gathered.groups.iter().find_map(|it| super::gateways::sessions_each(app, it));
    if let Some(series) = group {
        return trend::cell(series, Measure::Sessions, app.now, 0.0, " each");
    }
    let groups = gathered.target_groups.iter().filter_map(|it| Some((it.scope, it.group?)));
    let series = groups.filter_map(|(scope, group)| {
        let requests = of_target_group(scope, group, false).into_iter().find(|it| it.measure == Measure::Requests)?;
        app.estate.scope(scope)?.series(&requests.read(FINE))
    });
    trend::cell(&trend::sum(series), Measure::Requests, app.now, 0.0, "")
}

/// What a month costs at the run-rate, with the age of the bill that it is reckoned from; only as far as one is known: an
/// overview asks nothing that is paid for.
fn run_rate(joins: &Joins<'_>, stack: &Stack) -> Cell {
    let month = StackMonth::of(stack, Month::current(joins.app.now), &joins.app.estate);
    let Some(summary) = month.and_then(|it| it.summary()) else { return Cell::unknown() };
    let Some(rate) = summary.total.run_rate else { return Cell::unknown() };
    let is_over = summary.total.gap().is_some_and(|gap| gap > Decimal::ZERO);
    let age = joins.app.now.duration_since(summary.fetched_at);
    let role = match is_over {
        _ if age > asking::CURRENT => Role::Muted,
        true => Role::Notice,
        false => Role::Text,
    };
    let text = format!("{} ({})", summary.money(rate).brief(), words::span(age));
    Cell::number(text, rate.to_f64().unwrap_or_default(), role)
}

fn environment(stack: &Stack) -> Cell {
    match &stack.environment {
        Environment::Production => Cell::text("PROD", Role::Production),
        Environment::Other(name) => Cell::text(short_environment(name.as_str()), Role::Muted),
    }
}

/// `development` as everybody writes it; other names as they are.
fn short_environment(name: &str) -> &str {
    if name == "development" { "dev" } else { name }
}

/// Tasks running of those wanted; a `?` where some service is not known.
fn tasks(services: &[ServiceSeat<'_>]) -> Cell {
    let known: Vec<_> = services.iter().filter_map(|it| it.service).collect();
    if known.is_empty() {
        return Cell::unknown();
    }
    let running = known.iter().map(|it| it.running).sum();
    let desired = known.iter().map(|it| it.desired).sum();
    let mut cell = cells::running(running, desired, 0, Role::Ok);
    if known.len() < services.len() {
        cell.text = format!("{} ?", cell.text).into();
        cell.role = Role::Muted;
    }
    cell
}

fn targets(groups: &[TargetGroupSeat<'_>]) -> Option<Tally> {
    if groups.is_empty() {
        return None;
    }
    groups.iter().try_fold(Tally::default(), |sum, it| {
        let tally = Tally::of(it.targets?);
        Some(Tally { healthy: sum.healthy + tally.healthy, total: sum.total + tally.total })
    })
}

fn gateways(groups: &[GroupSeat<'_>]) -> Cell {
    let Some(known) = groups.iter().map(|it| it.group).collect::<Option<Vec<_>>>().filter(|it| !it.is_empty()) else {
        return Cell::unknown();
    };
    let in_service = known.iter().flat_map(|it| &it.instances).filter(|it| it.is_in_service()).count();
    cells::running(in_service as u32, known.iter().map(|it| it.desired).sum(), 0, Role::Ok)
}

fn sessions(joins: &Joins<'_>, groups: &[GroupSeat<'_>]) -> Cell {
    let loads: Vec<_> = groups.iter().filter_map(|it| it.load(joins.app)).collect();
    let count = loads.iter().try_fold(Count { value: 0, approximate: false }, |sum, it| {
        let count = it.sessions?;
        Some(Count { value: sum.value + count.value, approximate: sum.approximate || count.approximate })
    });
    let limit = loads.iter().map(|it| it.limit).sum();
    cells::sessions(count.filter(|_| !loads.is_empty()), limit)
}

/// Alarms in ALARM, or how many are not; unknown while one of the stack's scopes has not been read.
fn alarms(joins: &Joins<'_>, stack: &Stack) -> Cell {
    let mut all = 0_usize;
    let mut firing = 0_usize;
    for scope in &stack.scopes {
        let Some(alarms) = joins.app.estate.scope(&scope.scope).and_then(|it| it.alarms.value()) else {
            return Cell::unknown();
        };
        for alarm in alarms.values().filter(|it| stack.alarms.holds(it.name.as_str()) && !it.is_scaling()) {
            all += 1;
            firing += usize::from(alarm.state == AlarmState::Alarm);
        }
    }
    if all == 0 {
        return Cell::number("none", 0.0, Role::Muted);
    }
    if firing == 0 {
        return Cell::number(format!("{all} quiet"), 0.0, Role::Ok);
    }
    Cell::number(format!("{firing} firing"), -(firing as f64), Role::Critical)
}
