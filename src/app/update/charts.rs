//! What moving means among charts, and in one that is open.

use super::{cursor, notify};
use crate::{
    app::{
        App,
        charts::{self, reading},
        layout::Layout,
        place::Place,
    },
    command::{Command, ViewName},
    domain::id::Kind,
};

/// Periods that a page is for the cursor that reads a chart.
const PAGE: i32 = 10;

/// Does what a command means among charts; `false` where it means what it means everywhere.
pub fn moved(app: &mut App, command: Command) -> bool {
    if app.overlay.is_some() || app.place().view != ViewName::Metrics {
        return false;
    }
    if app.place().parent(Kind::Chart).is_some() { read(app, command) } else { walk(app, command) }
}

fn read(app: &mut App, command: Command) -> bool {
    match command {
        Command::Left => reading::step(app, -1),
        Command::Right => reading::step(app, 1),
        Command::PageUp => reading::step(app, -PAGE),
        Command::PageDown => reading::step(app, PAGE),
        Command::Top => reading::step(app, i32::MIN / 1000),
        Command::Bottom => app.reading = None,
        // There is but one chart.
        Command::Up | Command::Down => {}
        _ => return false,
    }
    true
}

fn walk(app: &mut App, command: Command) -> bool {
    let columns = Layout::of(app).grid.columns.cast_signed();
    let by = match command {
        Command::Left => -1,
        Command::Right => 1,
        Command::Up => -columns,
        Command::Down => columns,
        _ => return false,
    };
    let at = app.table_state().map_or(0, |it| it.last_index).cast_signed();
    // At the upper and lower edge one stays in one's column.
    if (0..app.table.rows.len().cast_signed()).contains(&(at + by)) {
        cursor::step(app, by);
    }
    true
}

/// Goes to the charts of the row under the cursor.
pub fn open(app: &mut App) {
    let Some(id) = cursor::current(app) else { return };
    match charts::measured_by(app, &id) {
        Some(subject) => {
            app.reading = None;
            app.history.go(Place::within(ViewName::Metrics, subject));
        }
        None => notify(app, format!("nothing is measured of this {}", id.kind.word())),
    }
}

/// The next window.
pub fn next_window(app: &mut App) {
    app.window = app.window.next();
    let words = format!("the last {}", app.window.word());
    notify(app, words);
}
