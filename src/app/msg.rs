//! What can happen to the console.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use crate::{
    domain::{
        id::OperationId,
        order::Order,
        query::{Attempt, Outcome, Request},
        text::SafeText,
        write::WriteOutcome,
    },
    journal::look::Look,
    plan::{
        action::Action,
        operation::{Operation, StepRef},
    },
};

use super::act::{Confirmed, NotBegun, Standing};

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
    /// A read for a plan or a form has ended.
    Inquired {
        inquiry: u64,
        request: Request,
        outcome: Box<Outcome>,
        at: Timestamp,
    },
    /// What processes that have gone left without a verdict is watched here from now on.
    TakenOver {
        taken: Vec<Operation>,
        /// What of the journal cannot be read, and where.
        unread: Vec<SafeText>,
    },
    /// The journal has been read for its view; `None`: it has nothing new.
    RecordsRead(Result<Option<Box<Look>>, SafeText>),
    /// The journal has been read for a plan.
    JournalRead {
        inquiry: u64,
        standing: Result<Standing, SafeText>,
    },
    /// An operation was to begin, and has not.
    NotBegun {
        operation: OperationId,
        action: Action,
        why: NotBegun,
    },
    /// A write has been answered, or will not be.
    Written {
        operation: OperationId,
        step: StepRef,
        outcome: Box<WriteOutcome>,
        at: Timestamp,
    },
    /// The verdict of an operation is in the journal, or why it is not.
    Recorded {
        operation: OperationId,
        outcome: Result<(), SafeText>,
    },
    /// What was said of an operation is not in the journal, and why.
    Unrecorded(SafeText),
    /// What is muted was to be kept for the next time: why it is not.
    MutesKept(Result<(), SafeText>),
    /// Plan this: what a verb of the command line asks for.
    Plan(Action),
    /// The plan at hand is confirmed without a key: by a verb's `--yes`, with `--confirm` where it needs a text.
    Confirm {
        typed: Option<String>,
        confirmed: Confirmed,
    },
    /// This is said of an operation: by a verb of the command line.
    Order {
        operation: OperationId,
        order: Order,
    },
    /// Nobody waits for this operation's verdict.
    Abandon(OperationId),
    /// A frame has been drawn.
    Drawn,
    /// One HTTP attempt was made.
    Attempted(Attempt),
}
