//! The rows of each view, from the estate: one file a view.
//!
//! Invariant: what is not known is `–`, never 0 and never in the colour of health.

mod alarms;
mod api;
mod cells;
mod cost;
mod deployments;
mod events;
mod gateways;
mod journal;
mod listeners;
mod logs;
mod metrics;
mod overview;
mod services;
mod sessions;
mod stack;
mod targets;
mod tasks;
mod timeline;
mod trend;

pub use self::{
    alarms::{metric_words, threshold_words},
    cells::{count_words, role_of},
    events::repeated_words,
    gateways::{hook_left, lifecycle_words},
    journal::state as state_of_operation,
    listeners::{action_words, condition_words},
    logs::role_of_line,
    services::deployment_words,
    tasks::exit_words,
    timeline::{mark_of_tone, name as name_of_entry, role_of_tone},
};
use super::{App, joins::Joins, table::Table, words};
use crate::{
    command::{Command, Context, ViewName},
    domain::{fault::FaultKind, observation::Freshness, text::SafeText},
};

/// The rows of the place on screen, in the view's own order (worst first), unfiltered.
pub fn rows(app: &App) -> Table {
    let joins = Joins::of(app);
    let mut table = match app.place().view {
        ViewName::Overview => overview::rows(&joins),
        ViewName::Stack => stack::rows(&joins),
        ViewName::Services => services::rows(&joins),
        ViewName::Tasks => tasks::rows(&joins),
        ViewName::Deployments => deployments::rows(&joins),
        ViewName::Gateways => gateways::rows(&joins),
        ViewName::Targets => targets::rows(&joins),
        ViewName::Sessions => sessions::rows(&joins),
        ViewName::Alarms => alarms::rows(&joins),
        ViewName::Events => events::rows(&joins),
        ViewName::Listeners => listeners::rows(&joins),
        ViewName::Timeline => timeline::rows(&joins),
        ViewName::Metrics => metrics::rows(&joins),
        ViewName::Logs => logs::rows(&joins),
        ViewName::Cost => cost::rows(&joins),
        ViewName::Journal => journal::rows(&joins),
        ViewName::Api => api::rows(&joins),
    };
    if table.rows.is_empty() {
        table.empty = why_empty(app, table.empty);
    }
    table
}

/// Why a table has no rows: nothing has come yet, nothing could be read, or there is `nothing`.
fn why_empty(app: &App, nothing: SafeText) -> SafeText {
    let freshness = &app.freshness;
    let back = chord(app, Command::Back);
    match (freshness.state, &freshness.fault) {
        (_, Some(fault)) if fault.kind == FaultKind::Missing && app.place().view == ViewName::Logs => {
            format!("{}; {back} goes back", super::logs::missing_words(app)).into()
        }
        (_, Some(fault)) => {
            let word = fault.kind.word();
            format!("not known: {} failed ({word}); the reason is above", fault.operation).into()
        }
        (Freshness::Awaited, None) if freshness.reads > 0 => {
            format!("waiting for {} from AWS", words::count(freshness.reads, "answer")).into()
        }
        _ if app.place().within.is_some() => format!("{nothing}; {back} goes back").into(),
        _ => nothing,
    }
}

/// The shortest key for a command, or how to run it from the palette.
pub fn chord(app: &App, command: Command) -> String {
    let chords = app.settings.keymap.chords(command, &Context::OF_TABLE);
    chords.into_iter().next().unwrap_or_else(|| format!(":{}", command.id()))
}

#[cfg(test)]
mod tests;
