//! A program in a pseudo-terminal: what it writes is read as a terminal reads it.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    process::{Child, ExitStatus},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty, open},
};
use rustix::{
    process::{Pid, Signal, kill_process},
    termios::{LocalModes, tcgetattr},
};

/// Far longer than anything takes on a busy machine; waiting ends as soon as what is waited for is there.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal of 80×24 and the program that runs in it; the program is ended with the test.
pub struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    said: Receiver<Vec<u8>>,
    /// Everything the program has written.
    pub bytes: Vec<u8>,
    screen: vt100::Parser,
}

/// How a program in a terminal ended, and what it left.
pub struct Left {
    pub status: ExitStatus,
    pub bytes: Vec<u8>,
    pub screen: vt100::Screen,
    /// Lines are edited and keys echoed again, as shells need it.
    pub cooked: bool,
}

#[expect(clippy::disallowed_methods, reason = "a real program is waited for in real time")]
fn now() -> Instant {
    Instant::now()
}

fn size(of: u16) -> NonZeroU16 {
    NonZeroU16::new(of).expect("a terminal with cells")
}

impl Terminal {
    /// Starts `command`, whose input and output are the terminal.
    pub fn start(command: Command) -> Self {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(24, 80)).expect("a size");
        let child = command.spawn(pts).expect("the program starts");
        let pty = Arc::new(pty);
        let (tell, said) = mpsc::channel();
        let reader = pty.clone();
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            // Reading fails once nobody holds the other end, which is when the program has ended.
            while let Ok(length @ 1..) = (&*reader).read(&mut chunk) {
                if tell.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, pty, said, bytes: Vec::new(), screen: vt100::Parser::new(size(24), size(80), 0) }
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a size");
    }

    pub fn press(&self, bytes: &[u8]) {
        (&*self.pty).write_all(bytes).expect("the terminal takes keys");
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program still runs");
    }

    /// Reads on until the screen holds `text`.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        self.until(text, true);
    }

    /// Reads on until the screen holds `text` no longer. After escape this is to be waited for: with the key after it, it
    /// would be another one.
    #[track_caller]
    pub fn hides(&mut self, text: &str) {
        self.until(text, false);
    }

    #[track_caller]
    fn until(&mut self, text: &str, holds: bool) {
        let end = now() + PATIENCE;
        while self.screen.screen().contents().contains(text) != holds {
            match self.said.recv_timeout(end.saturating_duration_since(now())) {
                Ok(chunk) => self.take(&chunk),
                Err(why) => panic!("{text:?}: wanted {holds} ({why}) on\n{}", self.screen.screen().contents()),
            }
        }
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    fn take(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        self.screen.process(chunk);
    }

    /// Reads to the end of the program.
    #[track_caller]
    pub fn end(mut self) -> Left {
        let end = now() + PATIENCE;
        loop {
            match self.said.recv_timeout(end.saturating_duration_since(now())) {
                Ok(chunk) => self.take(&chunk),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("still running:\n{}", self.screen.screen().contents()),
            }
        }
        let modes = tcgetattr(&*self.pty).expect("the terminal's modes").local_modes;
        Left {
            status: self.child.wait().expect("it has ended"),
            bytes: std::mem::take(&mut self.bytes),
            screen: self.screen.screen().clone(),
            cooked: modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
