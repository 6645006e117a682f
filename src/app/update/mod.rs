//! What each message does to the console: a router, and one file for each slice.

pub mod act;
mod charts;
mod cursor;
mod fetched;
pub mod filter;
mod keys;
mod mute;
mod navigate;
mod palette;
mod text;

pub use self::navigate::signal_in_question;

use std::mem;

use crossterm::event::KeyEvent;
use jiff::SignedDuration;

use super::{
    App, Notice,
    act::{ActPane, notices, operations, planning},
    costs::board::Board,
    effect::Effect,
    freshness,
    msg::Msg,
    overlay::Overlay,
    records, rows, schedule,
    table::Shown,
};
use crate::{
    command::ViewName,
    domain::{id::OperationId, text::SafeText},
    triage,
};

/// How long a passing word stands.
const NOTICE: SignedDuration = SignedDuration::from_secs(5);

/// Takes in one message; returns what is to be done about it.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => tick(app, now),
        Msg::Key(key) => pressed(app, key),
        Msg::Paste(text) => {
            paste(app, &text);
            Vec::new()
        }
        Msg::Resized(columns, rows) => {
            app.size = (columns, rows);
            app.moved = true;
            app.schedule.look_again();
            Vec::new()
        }
        Msg::Fetched { request, generation, outcome, at } => fetched::fetched(app, &request, generation, *outcome, at),
        Msg::ScenarioBegun { name, outcome } => {
            match outcome {
                Ok(()) => notify(app, format!("scenario {name} begins")),
                Err(refused) => notify(app, format!("scenario {name} does not begin: {refused}")),
            }
            app.unsettled = true;
            Vec::new()
        }
        Msg::Inquired { inquiry, request, outcome, at } => {
            app.unsettled = true;
            planning::inquired(app, inquiry, request, *outcome, at)
        }
        Msg::JournalRead { inquiry, standing } => {
            app.unsettled = true;
            planning::journal_read(app, inquiry, standing)
        }
        Msg::TakenOver { taken, unread } => {
            operations::take_over(app, taken, unread);
            Vec::new()
        }
        Msg::RecordsRead(read) => {
            records::take(app, read);
            Vec::new()
        }
        Msg::NotBegun { operation, action, why } => {
            operations::not_begun(app, &operation, action, &why);
            Vec::new()
        }
        Msg::Written { operation, step, outcome, at } => operations::written(app, &operation, step, *outcome, at),
        Msg::Recorded { operation, outcome } => {
            unless_kept(app, outcome, &format!("the verdict of {operation} is not in the journal"))
        }
        Msg::Unrecorded(why) => {
            notify(app, why);
            Vec::new()
        }
        Msg::MutesKept(outcome) => unless_kept(app, outcome, "what is muted is not kept for the next time"),
        Msg::Plan(action) => planning::begin(app, action, None),
        Msg::Confirm { typed, confirmed } => act::confirm_unseen(app, typed.as_deref(), confirmed),
        Msg::Order { operation, order } => operations::order(app, &operation, order),
        Msg::Abandon(operation) => operations::abandon(app, &operation),
        Msg::Drawn => {
            act::drawn(app);
            Vec::new()
        }
        Msg::Attempted(attempt) => {
            app.meter.note(&attempt);
            app.estate.calls.note(&attempt);
            Vec::new()
        }
    }
}

fn pressed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let place = app.place().clone();
    let (screen, said) = (screen(app), app.notice.clone());
    let followed = cursor::pin(app);
    settle_place(app);
    let effects = keys::press(app, key);
    if *app.place() == place {
        cursor::follow(app, followed);
    }
    if app.notice != said {
        app.notice.iter_mut().for_each(|it| it.answers_key = true);
    } else if *app.place() != place || self::screen(app) != screen {
        // What a key was answered with does not belong under the next screen.
        app.notice.take_if(|it| it.answers_key);
    }
    app.moved = true;
    app.schedule.look_again();
    effects
}

/// What lies over the view, as far as a passing word is about it.
fn screen(app: &App) -> Option<(mem::Discriminant<Overlay>, Option<OperationId>)> {
    let overlay = app.overlay.as_ref()?;
    let operation = match overlay {
        Overlay::Act(ActPane::Cockpit { operation, .. }) => Some(operation.clone()),
        _ => None,
    };
    Some((mem::discriminant(overlay), operation))
}

/// Says so, and why, where something could not be kept.
fn unless_kept(app: &mut App, outcome: Result<(), SafeText>, what: &str) -> Vec<Effect> {
    if let Err(why) = outcome {
        notify(app, format!("{what}: {why}"));
    }
    Vec::new()
}

/// Derives what is shown (signals, freshness, rows, where the cursor stands) from what has changed since the last time.
/// Called before a frame that shows what has come.
pub fn settle(app: &mut App) {
    let unsettled = mem::take(&mut app.unsettled);
    if unsettled {
        mute::sort(app, triage::signals(&app.estate, &app.stacks, app.now));
    }
    derive(app, unsettled);
}

/// Derives what follows from where the operator has gone, and leaves for [`settle`] what follows from what has come since:
/// a key waits for none of that. Called before every key, too: it acts on the rows that were drawn, or on those of the
/// place that the key before it went to.
pub fn settle_place(app: &mut App) {
    derive(app, false);
}

fn derive(app: &mut App, unsettled: bool) {
    let moved = mem::take(&mut app.moved);
    if !unsettled && !moved {
        return;
    }
    app.charts = match app.place().view {
        ViewName::Metrics => super::charts::of_place(app),
        _ => Vec::new(),
    };
    app.board = (app.place().view == ViewName::Cost).then(|| Board::of(app));
    app.freshness = freshness::of(app);
    let shown = Shown::of(app);
    // Why a table is empty follows from how fresh the place is.
    if unsettled || shown.is_none() || shown != app.shown || app.table.rows.is_empty() {
        app.table = rows::rows(app).arranged(app.table_state());
        app.shown = shown;
    }
    cursor::hold(app);
}

fn tick(app: &mut App, now: jiff::Timestamp) -> Vec<Effect> {
    // Ages are shown in seconds.
    app.unsettled |= now.as_second() != app.now.as_second();
    app.now = app.now.max(now);
    app.meter.tick(now);
    app.estate.calls.tick(now);
    if app.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        app.notice = None;
    }
    let mut effects = operations::go_on(app);
    effects.extend(notices::due(app));
    effects.extend(schedule::due_by_now(app));
    effects.extend(records::due(app));
    effects
}

/// Pasted text goes where text is typed, without its control characters, and nowhere else.
fn paste(app: &mut App, text: &str) {
    let text: String = text.chars().filter(|it| !it.is_control()).collect();
    match &mut app.overlay {
        Some(Overlay::Palette(_)) => palette::paste(app, &text),
        Some(Overlay::Filter { .. }) => keys::paste_filter(app, &text),
        Some(Overlay::Act(_)) => act::paste(app, &text),
        _ => {}
    }
    app.moved = true;
}

/// Tells the operator something in passing.
pub fn notify(app: &mut App, text: impl Into<SafeText>) {
    let lasting = app.settings.world.for_a_reader(NOTICE);
    let until = app.now.saturating_add(lasting).unwrap_or(app.now);
    app.notice = Some(Notice { text: text.into(), until, answers_key: false });
}

#[cfg(test)]
mod any_messages;
#[cfg(test)]
mod tests;
