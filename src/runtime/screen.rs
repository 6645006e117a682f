//! The terminal while the console has it.
//!
//! Invariants: however the console ends — quit, error, panic, signal — the terminal is as it was; a frame is one
//! write inside synchronized output, and a frame without changes writes nothing.

use std::{
    io::{self, Stdout, Write},
    panic,
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, EnableBracketedPaste},
    queue,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Holds the terminal in raw mode on its alternate screen; gives it back when dropped.
#[derive(Debug)]
pub struct Screen {
    pub terminal: Terminal<OneWrite<Stdout>>,
}

impl Screen {
    /// Takes the terminal over, and makes sure that a panic gives it back first.
    pub fn enter() -> io::Result<Self> {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            hook(info);
        }));
        terminal::enable_raw_mode()?;
        // Half taken over is taken over: what fails from here on gives it back.
        Self::take().inspect_err(|_| restore())
    }

    fn take() -> io::Result<Self> {
        let mut out = io::stdout();
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        out.flush()?;
        let mut terminal = Terminal::new(OneWrite::over(io::stdout()))?;
        terminal.clear()?;
        Ok(Self { terminal })
    }
}

/// Whether colour codes are written at all. The theme's depth has been decided with `NO_COLOR` and `--color` in view;
/// by itself crossterm knows only the former, and would write half a code in place of a colour.
pub fn use_colour(does: bool) {
    crossterm::style::force_color_output(does);
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was. Safe to call more than once; a terminal that is gone is left alone.
pub fn restore() {
    let mut out = io::stdout();
    // Nobody is left to tell where the terminal itself has gone away.
    let _gone = queue!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show)
        .and_then(|()| out.flush());
    let _gone = terminal::disable_raw_mode();
}

/// A crossterm backend that gathers a frame and writes it at once.
#[derive(Debug)]
pub struct OneWrite<W: Write> {
    inner: CrosstermBackend<Gather<W>>,
}

/// The bytes of the frame under way; flushing writes them out, in one write.
#[derive(Debug)]
struct Gather<W> {
    frame: Vec<u8>,
    out: W,
}

impl<W: Write> Write for Gather<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(self.frame.len() + 16);
        queue!(frame, BeginSynchronizedUpdate)?;
        frame.append(&mut self.frame);
        queue!(frame, EndSynchronizedUpdate)?;
        self.out.write_all(&frame)?;
        self.out.flush()
    }
}

impl<W: Write> OneWrite<W> {
    /// The terminal that reads what `out` is given.
    pub fn over(out: W) -> Self {
        Self { inner: CrosstermBackend::new(Gather { frame: Vec::new(), out }) }
    }
}

impl<W: Write> Backend for OneWrite<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() { Ok(()) } else { self.inner.draw(content) }
    }

    /// The cursor is hidden once, on entering; nothing on screen ever shows it.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Never asked: the answer could arrive as keys over a slow line.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _position: P) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}
