//! Cells that several views have.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    app::{
        joins::Tally,
        table::{Cell, Row},
        words,
    },
    domain::{id::Scope, text::SafeText},
    stack::model::{Environment, Stack},
    theme::Role,
    triage::{health::Health, sessions::Count},
};

/// The role in which a health is shown.
pub fn role_of(health: Health) -> Role {
    match health {
        Health::Ok => Role::Ok,
        Health::Idle => Role::Idle,
        Health::Progress => Role::Progress,
        Health::Notice => Role::Notice,
        Health::Unknown => Role::Muted,
        Health::Warning => Role::Warning,
        Health::Critical => Role::Critical,
    }
}

/// A health's mark and word; sorts worst first.
pub fn health(health: Health) -> Cell {
    state(health, health.word())
}

/// A state in a word of its own, behind the mark of its health; sorts worst first.
pub fn state(health: Health, word: &str) -> Cell {
    Cell::number(format!("{} {word}", health.mark()), -f64::from(health as u8), role_of(health))
}

/// A stack's name; production's says so.
pub fn stack(stack: Option<&Stack>) -> Cell {
    match stack {
        None => Cell::unknown(),
        Some(stack) if stack.environment == Environment::Production => {
            Cell::text(format!("{} PROD", stack.name), Role::Production)
        }
        Some(stack) => Cell::text(stack.name.clone(), Role::Text),
    }
}

/// Adds its region to each name in `column` that rows of several regions share: where the column of regions has no room,
/// nobody takes one for the other.
pub fn tell_regions_apart(rows: &mut [Row], column: usize) {
    let unknown = Cell::unknown().text;
    let mut regions: HashMap<SafeText, Option<Arc<str>>> = HashMap::new();
    for row in &*rows {
        let region = &row.id.scope.region;
        let known = regions.entry(row.cells[column].text.clone()).or_insert_with(|| Some(region.clone()));
        known.take_if(|it| it != region);
    }
    for row in rows {
        let cell = &row.cells[column];
        if cell.text != unknown && regions.get(&cell.text).is_some_and(Option::is_none) {
            row.cells[column] = Cell::text(format!("{} {}", cell.text, row.id.scope.region), cell.role);
        }
    }
}

pub fn region(scope: &Scope) -> Cell {
    Cell::text(&*scope.region, Role::Muted)
}

/// A text, or that nothing is known where it is empty.
pub fn text(text: &SafeText, role: Role) -> Cell {
    if text.is_empty() { Cell::unknown() } else { Cell::text(text.clone(), role) }
}

pub fn optional(value: Option<&SafeText>, role: Role) -> Cell {
    value.map_or_else(Cell::unknown, |it| text(it, role))
}

/// How long ago something was; the youngest sorts first.
pub fn age(now: Timestamp, at: Option<Timestamp>) -> Cell {
    at.map_or_else(Cell::unknown, |at| {
        let age = now.duration_since(at);
        Cell::number(words::span(age), age.as_secs_f64(), Role::Text)
    })
}

/// Healthy targets of all; fewer than all stands out.
pub fn tally(tally: Option<Tally>) -> Cell {
    tally.map_or_else(Cell::unknown, |it| {
        let role = match it {
            Tally { total: 0, .. } => Role::Muted,
            Tally { healthy: 0, .. } => Role::Critical,
            it if it.is_short() => Role::Warning,
            _ => Role::Ok,
        };
        Cell::number(format!("{}/{}", it.healthy, it.total), share(it.healthy as f64, it.total as f64), role)
    })
}

/// What runs of what is wanted, and what is on its way: `1/2 +1`. While more runs than is wanted, as in a rollout, those
/// beyond it stand apart: `2+2`.
pub fn running(running: u32, desired: u32, pending: u32, whole: Role) -> Cell {
    if running > desired {
        let beyond = running + pending - desired;
        return Cell::number(
            format!("{desired}+{beyond}"),
            share(f64::from(running), f64::from(desired)),
            Role::Progress,
        );
    }
    let on_its_way = if pending > 0 { format!(" +{pending}") } else { String::new() };
    let role = match (running, desired) {
        (_, 0) => Role::Idle,
        (0, _) => Role::Critical,
        (running, desired) if running < desired => Role::Warning,
        _ => whole,
    };
    Cell::number(format!("{running}/{desired}{on_its_way}"), share(f64::from(running), f64::from(desired)), role)
}

/// Sessions of a limit, as a meter where both are known; `≈` marks an estimate.
pub fn sessions(count: Option<Count>, limit: Option<u32>) -> Cell {
    let Some(count) = count else { return Cell::unknown() };
    let number = count_words(count);
    let Some(limit) = limit.filter(|limit| *limit > 0) else {
        return Cell::number(number, f64::from(count.value), Role::Text);
    };
    let share = f64::from(count.value) / f64::from(limit);
    let role = match share {
        1.0.. => Role::Critical,
        0.8.. => Role::Warning,
        _ => Role::Text,
    };
    Cell::number(format!("{number}/{limit}"), share, role).with_meter(share)
}

/// A number of sessions; `≈` marks an estimate.
pub fn count_words(count: Count) -> String {
    let estimate = if count.approximate { "≈" } else { "" };
    format!("{estimate}{}", count.value)
}

/// Parts of a whole for sorting; nothing of nothing sorts as whole.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 1.0 }
}
