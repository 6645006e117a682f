//! The console's loop: select, handle, perform, draw.

use std::{io, time::Duration};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{self, Instant, MissedTickBehavior},
};

use super::{clock::Clock, frames::Frames, perform::Performer, screen::Screen};
use crate::{
    app::{App, msg::Msg, update::update},
    theme::Theme,
    ui,
};

/// How often time is told.
const TICK: Duration = Duration::from_millis(250);
/// Messages taken in before the next look at the keys.
const BATCH: usize = 256;

/// Runs the console until the operator leaves or the terminal goes away.
pub async fn run(
    mut app: App,
    themes: &[Theme],
    clock: Clock,
    performer: &Performer,
    mut answers: mpsc::UnboundedReceiver<Msg>,
) -> io::Result<()> {
    let mut screen = Screen::enter()?;
    let size = screen.terminal.size()?;
    app.size = (size.width, size.height);
    app.settings.heeds_notices = true;
    let mut keys = EventStream::new();
    let mut ticker = time::interval(TICK);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut frames = Frames::new(Instant::now());
    app.unsettled = true;
    loop {
        let (is_due, at) = (app.unsettled || app.moved, frames.next(&app));
        let msg = tokio::select! {
            biased;
            event = keys.next() => match event {
                Some(Ok(event)) => from_terminal(event),
                // The terminal is gone.
                Some(Err(_)) | None => break,
            },
            _ = terminate.recv() => break,
            _ = hang_up.recv() => break,
            _ = interrupt.recv() => break,
            () = time::sleep_until(at), if is_due => {
                frames.settle(&mut app);
                draw(&mut screen, &app, themes)?;
                // What confirms is pressed after what it confirms has been seen.
                handle(&mut app, Msg::Drawn, performer);
                None
            }
            answer = answers.recv() => answer,
            _ = ticker.tick() => Some(Msg::Tick(clock.now())),
        };
        let Some(msg) = msg else { continue };
        handle(&mut app, msg, performer);
        for _ in 0..BATCH {
            let Ok(answer) = answers.try_recv() else { break };
            handle(&mut app, answer, performer);
        }
        if app.quitting {
            break;
        }
    }
    Ok(())
}

fn handle(app: &mut App, msg: Msg, performer: &Performer) {
    for effect in update(app, msg) {
        performer.perform(effect);
    }
}

fn draw(screen: &mut Screen, app: &App, themes: &[Theme]) -> io::Result<()> {
    if let Some(theme) = themes.get(app.theme) {
        screen.terminal.draw(|frame| ui::view(app, theme, frame))?;
    }
    Ok(())
}

/// What an event of the terminal means; focus and mouse mean nothing.
fn from_terminal(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resized(columns, rows)),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}
