//! The cursor, marks and scroll of a table.
//!
//! Invariant: the cursor stays on its resource while rows move; where its row vanishes, it goes to the row that
//! took its place. Only before the first key at a place does it keep to the top; where a table grows at its end it keeps
//! to that end until it is moved away from it.

use crate::{
    app::{App, layout::Layout, logs, table::TableState},
    command::ViewName,
    domain::id::ResourceId,
};

/// Puts the cursor back on its row after the rows have changed, and the scroll where the cursor is seen.
pub fn hold(app: &mut App) {
    let page = Layout::of(app).page().max(1);
    // Charts do not scroll line by line.
    let by_pages = app.place().view == ViewName::Metrics;
    let grows = logs::grows(app);
    let rows = app.table.rows.len();
    let place = app.place().clone();
    let table = &app.table;
    let state = app.tables.entry(place).or_default();
    let index = match &state.cursor {
        Some(id) if state.held => table.index_of(id).unwrap_or(state.last_index),
        _ if grows => rows.saturating_sub(1),
        _ => 0,
    };
    if grows && state.held {
        // The oldest rows give way: what is read stays where it is on screen.
        let moved = index.cast_signed().saturating_sub(state.last_index.cast_signed());
        state.scroll = state.scroll.saturating_add_signed(moved);
    }
    set(state, table, index);
    let index = state.last_index;
    state.scroll = if by_pages {
        index / page * page
    } else {
        state.scroll.min(rows.saturating_sub(page)).clamp((index + 1).saturating_sub(page), index)
    };
}

/// Holds the cursor on the row that it was drawn on, for the key that is about to act on it. Returns the row at the end
/// of a growing table, where that was followed.
pub fn pin(app: &mut App) -> Option<ResourceId> {
    let grows = logs::grows(app);
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    let followed = state.cursor.clone().filter(|_| grows && !state.held);
    state.held |= state.cursor.is_some();
    followed
}

/// After a key: the end of a growing table is followed while the cursor is on it, or has not gone up from where it was
/// `followed` before the key.
pub fn follow(app: &mut App, followed: Option<ResourceId>) {
    if !logs::grows(app) {
        return;
    }
    let last = app.table.rows.len().saturating_sub(1);
    let from = followed.and_then(|it| app.table.index_of(&it)).unwrap_or(last);
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    state.held = state.last_index < from;
}

/// Moves the cursor by rows; stops at both ends.
pub fn step(app: &mut App, by: isize) {
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    let index = state.last_index.saturating_add_signed(by);
    set(state, &app.table, index);
}

/// Moves the cursor to the row of `id`, if it is shown; it stays asked for until the row appears.
pub fn put_on(app: &mut App, id: ResourceId) {
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    state.cursor = Some(id);
    state.held = true;
}

/// The id under the cursor.
pub fn current(app: &App) -> Option<ResourceId> {
    let cursor = app.table_state()?.cursor.clone()?;
    app.table.index_of(&cursor).map(|_| cursor)
}

/// Marks or unmarks the row under the cursor and goes one down, as a list is walked.
pub fn toggle_mark(app: &mut App) {
    let Some(id) = current(app) else { return };
    let place = app.place().clone();
    let marks = &mut app.tables.entry(place).or_default().marks;
    if !marks.remove(&id) {
        marks.insert(id);
    }
    step(app, 1);
}

/// Marks every row shown.
pub fn mark_all(app: &mut App) {
    let place = app.place().clone();
    let shown = app.table.rows.iter().map(|row| row.id.clone());
    app.tables.entry(place).or_default().marks.extend(shown);
}

/// The marked rows, or the one under the cursor.
pub fn chosen(app: &App) -> Vec<ResourceId> {
    let marks = app.table_state().map(|state| &state.marks);
    match marks {
        Some(marks) if !marks.is_empty() => marks.iter().cloned().collect(),
        _ => current(app).into_iter().collect(),
    }
}

fn set(state: &mut TableState, table: &crate::app::table::Table, index: usize) {
    let index = index.min(table.rows.len().saturating_sub(1));
    if let Some(row) = table.rows.get(index) {
        state.cursor = Some(row.id.clone());
    }
    state.last_index = index;
}
