//! How long a message and a key take to the screen, and what the terminal is sent.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    time::{Duration, Instant},
};

use quarterdeck::{
    app::{msg::Msg, update::settle},
    keymap::Chord,
    runtime::{screen::OneWrite, start::Started},
    theme::{self, Depth, Theme},
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
    terminal: Terminal<OneWrite<Sent>>,
    theme: Theme,
    sent: Sent,
}

impl Screen {
    fn new() -> Self {
        let sent = Sent::default();
        let area = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS)) };
        let terminal = Terminal::with_options(OneWrite::over(sent.clone()), area).expect("a terminal");
        Self { terminal, theme: theme::load("dark", &[], Depth::Truecolor).expect("a theme"), sent }
    }

    fn draw(&mut self, started: &mut Started) {
        settle(&mut started.app);
        self.terminal.draw(|frame| ui::view(&started.app, &self.theme, frame)).expect("a frame");
    }

    fn bytes(&self) -> u64 {
        *self.sent.0.borrow()
    }
}

/// Takes in what comes for so long, and draws after each message; returns what each message took.
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
        screen.draw(started);
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
    vec![Figure {
        what: "update + view for a message, large world, p99".to_owned(),
        target: Amount::Milliseconds(4.0),
        how: format!("{} messages", times.len()),
        measured: Amount::of(p99(times)),
    }]
}

/// Keys to frames, and the bytes of an idle minute.
pub fn keys_and_bytes() -> Vec<Figure> {
    let mut figures = vec![
        keys("key → frame, large world, while it refreshes, p99", Duration::from_millis(20)),
        keys("key → frame, large world, while every call hangs, p99", Duration::from_hours(1)),
    ];
    figures.push(idle_bytes());
    figures
}

fn keys(what: &str, latency: Duration) -> Figure {
    const KEYS: [&str; 10] = ["2", "j", "j", "pgdn", "k", "G", "g", "1", "?", "esc"];
    let times = block_on(async {
        let mut started = generated(LARGE, latency).await;
        tell(&mut started, Msg::Resized(COLUMNS, ROWS));
        let mut screen = Screen::new();
        live(&mut started, &mut screen, Duration::from_secs(5)).await;
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
