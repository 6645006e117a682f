//! How long a message and a key take to the screen, and what the terminal is sent.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    time::{Duration, Instant},
};

use quarterdeck::{
    app::{msg::Msg, table::Cell},
    keymap::Chord,
    runtime::{frames::Frames, screen::OneWrite, start::Started},
    theme::{self, Depth, Role, Theme},
    ui,
};
use ratatui::{Terminal, TerminalOptions, Viewport, layout::Rect};
use tokio::time::timeout;

use super::{
    figure::{Amount, Figure, p99},
    world::{LARGE, block_on, estates, generated, tell},
};

const COLUMNS: u16 = 200;
const ROWS: u16 = 60;
/// The column of services that is changed: their tasks.
const CHANGED: usize = 2;

/// A terminal that counts what it is sent.
#[derive(Clone, Default)]
struct Sent(Rc<RefCell<u64>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0.borrow_mut() += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The console's screen over a counted terminal.
struct Screen {
    frames: Frames,
    terminal: Terminal<OneWrite<Sent>>,
    theme: Theme,
    sent: Sent,
}

impl Screen {
    fn new() -> Self {
        let sent = Sent::default();
        let area = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS)) };
        let terminal = Terminal::with_options(OneWrite::over(sent.clone()), area).expect("a terminal");
        let theme = theme::load("dark", &[], Depth::Truecolor).expect("a theme");
        Self { frames: Frames::new(tokio::time::Instant::now()), terminal, theme, sent }
    }

    /// Draws, if a frame is due, as the console's loop does.
    fn draw_due(&mut self, started: &mut Started) {
        let app = &started.app;
        if (app.unsettled || app.moved) && self.frames.next(app) <= tokio::time::Instant::now() {
            self.draw(started);
        }
    }

    fn draw(&mut self, started: &mut Started) {
        self.frames.settle(&mut started.app);
        self.terminal.draw(|frame| ui::view(&started.app, &self.theme, frame)).expect("a frame");
    }

    fn bytes(&self) -> u64 {
        *self.sent.0.borrow()
    }
}

/// Takes in what comes for so long, and draws the frames that are due; returns what each message took with its frame.
async fn live(started: &mut Started, screen: &mut Screen, span: Duration) -> Vec<Duration> {
    let end = Instant::now() + span;
    let mut times = Vec::new();
    while Instant::now() < end {
        let msg = match timeout(Duration::from_millis(100), started.answers.recv()).await {
            Ok(Some(msg)) => msg,
            Ok(None) | Err(_) => Msg::Tick(started.clock.now()),
        };
        let since = Instant::now();
        tell(started, msg);
        screen.draw_due(started);
        times.push(since.elapsed());
    }
    times
}

/// Taking in one message and drawing, in the large world while it is first read and refreshed.
pub fn per_message() -> Vec<Figure> {
    let times = block_on(async {
        let mut started = generated(LARGE, Duration::from_millis(20)).await;
        tell(&mut started, Msg::Resized(COLUMNS, ROWS));
        let mut screen = Screen::new();
        live(&mut started, &mut screen, Duration::from_secs(20)).await
    });
    let slowest = times.iter().max().copied().unwrap_or_default();
    vec![Figure {
        what: "update + view for a message, large world, p99".to_owned(),
        target: Amount::Milliseconds(4.0),
        how: format!("{} messages; the slowest {} ms", times.len(), slowest.as_millis()),
        measured: Amount::of(p99(times)),
    }]
}

/// Keys to frames, and the bytes of an idle minute and of a small change.
pub fn keys_and_bytes() -> Vec<Figure> {
    vec![
        keys("key → frame, large world, while it refreshes, p99", false),
        keys("key → frame, large world, while every call hangs, p99", true),
        idle_bytes(),
        bytes_of_five_cells(),
    ]
}

/// Keys in a world that is known; where it `hangs`, whatever is asked from then on is never answered.
fn keys(what: &str, hangs: bool) -> Figure {
    const KEYS: [&str; 10] = ["2", "j", "j", "pgdn", "k", "G", "g", "1", "?", "esc"];
    let times = block_on(async {
        let mut started = generated(LARGE, Duration::from_millis(20)).await;
        tell(&mut started, Msg::Resized(COLUMNS, ROWS));
        let mut screen = Screen::new();
        live(&mut started, &mut screen, Duration::from_secs(8)).await;
        if hangs {
            started.answers.close();
        }
        let mut times = Vec::new();
        for key in KEYS.iter().cycle().take(100) {
            live(&mut started, &mut screen, Duration::from_millis(20)).await;
            let chord = Chord::parse(key).expect("a chord");
            let since = Instant::now();
            tell(&mut started, Msg::Key(chord.into()));
            screen.draw(&mut started);
            times.push(since.elapsed());
        }
        times
    });
    let how = format!("{} keys at {COLUMNS}×{ROWS}", times.len());
    Figure { what: what.to_owned(), target: Amount::Milliseconds(8.0), measured: Amount::of(p99(times)), how }
}

/// What the terminal is sent when one cell changes in each of five rows.
fn bytes_of_five_cells() -> Figure {
    let bytes = block_on(async {
        let mut started = estates().await;
        tell(&mut started, Msg::Resized(COLUMNS, ROWS));
        let mut screen = Screen::new();
        live(&mut started, &mut screen, Duration::from_secs(10)).await;
        let key = Chord::parse("2").expect("a chord");
        tell(&mut started, Msg::Key(key.into()));
        screen.draw(&mut started);
        let before = screen.bytes();
        for row in started.app.table.rows.iter_mut().take(5) {
            row.cells[CHANGED] = Cell::text("7/9", Role::Warning);
        }
        screen.draw(&mut started);
        screen.bytes() - before
    });
    Figure {
        what: "terminal bytes of a refresh that changes five cells".to_owned(),
        target: Amount::Bytes(400),
        measured: Amount::Bytes(bytes),
        how: format!("{COLUMNS}×{ROWS}, services"),
    }
}

/// What an idle minute of the five estates sends to the terminal.
fn idle_bytes() -> Figure {
    let bytes = block_on(async {
        let mut started = estates().await;
        tell(&mut started, Msg::Resized(COLUMNS, ROWS));
        let mut screen = Screen::new();
        live(&mut started, &mut screen, Duration::from_secs(10)).await;
        let before = screen.bytes();
        live(&mut started, &mut screen, Duration::from_mins(1)).await;
        screen.bytes() - before
    });
    Figure {
        what: "terminal bytes of an idle minute, five estates".to_owned(),
        target: Amount::Bytes(1024),
        measured: Amount::Bytes(bytes),
        how: format!("{COLUMNS}×{ROWS}, overview"),
    }
}
