//! What can happen to the console.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use crate::domain::{
    query::{Attempt, Outcome, Request},
    text::SafeText,
};

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Time has passed.
    Tick(Timestamp),
    Key(KeyEvent),
    /// Bracketed paste: data, never keys.
    Paste(String),
    Resized(u16, u16),
    /// A read has ended. Boxed: answers are large and rare beside ticks and keys.
    Fetched {
        request: Request,
        generation: u64,
        outcome: Box<Outcome>,
        at: Timestamp,
    },
    /// A scenario was to begin on the simulator: whether it has, or why not.
    ScenarioBegun {
        name: SafeText,
        outcome: Result<(), SafeText>,
    },
    /// One HTTP attempt was made.
    Attempted(Attempt),
}
