//! From a key to what it does, by what has the keys now.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler};

use super::{act, charts, cursor, mute, navigate, notify, palette, text};
use crate::{
    app::{App, act::operations, effect::Effect, layout::Layout, overlay::Overlay, schedule, sources},
    command::{Command, Context, ViewName},
    domain::{
        id::{Kind, ResourceId},
        text::SafeText,
    },
    keymap::Press,
};

/// Takes in one key.
pub fn press(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    match &app.overlay {
        Some(Overlay::Palette(_)) => palette::press(app, key),
        Some(Overlay::Filter { .. }) => {
            type_filter(app, key);
            Vec::new()
        }
        Some(Overlay::Act(_)) => act::press(app, key),
        Some(Overlay::Help { .. } | Overlay::Text(_)) => look_up(app, key, &Context::OF_TEXT),
        None => look_up(app, key, &Context::OF_TABLE),
    }
}

fn look_up(app: &mut App, key: KeyEvent, contexts: &[Context]) -> Vec<Effect> {
    let keymap = app.settings.keymap.clone();
    match keymap.press(&mut app.pending, contexts, key) {
        Press::Command(command) => run(app, command),
        Press::Pending | Press::Nothing => Vec::new(),
    }
}

/// Does what a command says, here and now.
pub fn run(app: &mut App, command: Command) -> Vec<Effect> {
    if charts::moved(app, command) {
        return Vec::new();
    }
    match command {
        Command::Quit => {
            app.quitting = true;
            return vec![Effect::Quit];
        }
        Command::Refresh => {
            app.schedule.want(&sources::of_place(app));
            app.records.want();
            let insists = app.place().view == ViewName::Cost;
            return insists.then_some(Effect::Insist).into_iter().chain(schedule::due(app)).collect();
        }
        Command::RawJson => return text::open_raw(app),
        Command::Copy => return copy(app),
        Command::Mute => return mute::mute(app),
        Command::Unmute => mute::open(app),
        Command::Help => text::toggle_help(app),
        Command::Palette => palette::open(app),
        Command::Filter => open_filter(app),
        Command::Back => back(app),
        Command::Open => navigate::open(app),
        Command::Describe => text::open_describe(app),
        Command::Up => scroll_or_step(app, -1),
        Command::Down => scroll_or_step(app, 1),
        Command::PageUp => scroll_or_step(app, -(page(app))),
        Command::PageDown => scroll_or_step(app, page(app)),
        Command::Top => scroll_or_step(app, isize::MIN / 2),
        Command::Bottom => scroll_or_step(app, isize::MAX / 2),
        Command::Left => shift(app, -1),
        Command::Right => shift(app, 1),
        Command::Mark => cursor::toggle_mark(app),
        Command::MarkAll => cursor::mark_all(app),
        Command::ClearMarks => clear_marks(app),
        Command::HistoryBack => {
            app.overlay = None;
            app.history.back();
        }
        Command::HistoryForward => {
            app.overlay = None;
            app.history.forward();
        }
        Command::SortBy(column) => sort_by(app, usize::from(column) - 1),
        Command::NextTheme => next_theme(app),
        Command::NextSignal => navigate::next_signal(app),
        Command::WhatChanged => navigate::what_changed(app),
        Command::Advise => text::open_advice(app),
        Command::Charts => charts::open(app),
        Command::NextWindow => charts::next_window(app),
        Command::Act => act::open(app),
        Command::Operations => operations::open(app, None),
        Command::Do(verb) => return act::choose(app, verb),
        Command::View(view) => navigate::view(app, view),
    }
    Vec::new()
}

fn page(app: &App) -> isize {
    Layout::of(app).page().saturating_sub(1).max(1).cast_signed()
}

fn scroll_or_step(app: &mut App, by: isize) {
    if !text::scroll(app, by) {
        cursor::step(app, by);
    }
}

fn shift(app: &mut App, by: isize) {
    if !text::shift(app, by) {
        let columns = app.table.columns.len();
        let place = app.place().clone();
        let state = app.tables.entry(place).or_default();
        state.shift = state.shift.saturating_add_signed(by).min(columns.saturating_sub(1));
    }
}

/// Leaves the topmost thing: what is open, then the filter, then the place.
fn back(app: &mut App) {
    if app.overlay.take().is_some() {
        return;
    }
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    if !state.filter.is_empty() {
        state.filter.clear();
    } else if !app.history.back() {
        notify(app, "this is where you started");
    }
}

fn clear_marks(app: &mut App) {
    let place = app.place().clone();
    app.tables.entry(place).or_default().marks.clear();
}

fn sort_by(app: &mut App, column: usize) {
    if column >= app.table.columns.len() {
        notify(app, format!("there are only {} columns here", app.table.columns.len()));
        return;
    }
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    // Once: by this column; twice: reversed; three times: the view's own order again.
    state.sort = match state.sort {
        Some((current, false)) if current == column => Some((column, true)),
        Some((current, true)) if current == column => None,
        _ => Some((column, false)),
    };
}

fn next_theme(app: &mut App) {
    let count = app.settings.themes.len().max(1);
    app.theme = (app.theme + 1) % count;
    if let Some(name) = app.settings.themes.get(app.theme) {
        let words = format!("theme {name}");
        notify(app, words);
    }
}

/// The text on screen, or the ids of the marked rows or the one under the cursor.
fn copy(app: &mut App) -> Vec<Effect> {
    let (lines, what) = if let Some(lines) = text::shown(app) {
        let what = format!("{} lines", lines.len());
        (lines, what)
    } else {
        let ids: Vec<SafeText> = cursor::chosen(app).iter().map(|it| copied(app, it)).collect();
        let what = if let [only] = ids.as_slice() { only.to_string() } else { format!("{} ids", ids.len()) };
        (ids, what)
    };
    if lines.is_empty() {
        return Vec::new();
    }
    notify(app, format!("copied {what}, if your terminal allows OSC 52"));
    vec![Effect::Copy(lines)]
}

/// What copying a resource gives: its ARN, or its name or id where it has none; of a log line what it says.
fn copied(app: &App, id: &ResourceId) -> SafeText {
    match id.kind {
        Kind::Target => id.name(),
        Kind::Line => {
            let row = app.table.index_of(id).and_then(|at| app.table.rows.get(at));
            row.and_then(|it| it.cells.last()).map(|it| it.text.clone()).unwrap_or_default()
        }
        _ => SafeText::new(&id.key),
    }
}

fn open_filter(app: &mut App) {
    let before = app.table_state().map(|state| state.filter.clone()).unwrap_or_default();
    app.overlay = Some(Overlay::Filter { input: Input::new(before.clone()), before });
}

fn type_filter(app: &mut App, key: KeyEvent) {
    let Some(Overlay::Filter { input, before }) = &mut app.overlay else { return };
    let (filter, done) = match key.code {
        KeyCode::Esc => (before.clone(), true),
        KeyCode::Enter => (input.value().to_owned(), true),
        KeyCode::Up => return cursor::step(app, -1),
        KeyCode::Down => return cursor::step(app, 1),
        _ => {
            input.handle_event(&Event::Key(key));
            (input.value().to_owned(), false)
        }
    };
    set_filter(app, filter);
    if done {
        app.overlay = None;
    }
}

/// Pasted text goes into the filter line.
pub fn paste_filter(app: &mut App, text: &str) {
    let Some(Overlay::Filter { input, .. }) = &mut app.overlay else { return };
    for letter in text.chars() {
        input.handle(InputRequest::InsertChar(letter));
    }
    let filter = input.value().to_owned();
    set_filter(app, filter);
}

fn set_filter(app: &mut App, filter: String) {
    let place = app.place().clone();
    app.tables.entry(place).or_default().filter = filter;
}
