//! What the console wants done; only the runtime does it.

use crate::{
    domain::{
        id::OperationId,
        order::Order,
        query::Request,
        signal::Mute,
        text::SafeText,
        write::{Settlement, WriteRequest},
    },
    plan::{
        model::Plan,
        operation::{StepRef, verdict::Ending},
    },
};

/// One wish.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an effect that nobody performs is a lie"]
pub enum Effect {
    /// Ask AWS; the answer comes as `Msg::Fetched` with the same generation.
    Fetch { request: Request, generation: u64 },
    /// What an account has refused to tell of its cost is worth asking again: comes before the reads that ask it.
    Insist,
    /// Begin a scenario on the simulator; the answer comes as `Msg::ScenarioBegun`.
    BeginScenario(SafeText),
    /// Ask AWS for a plan or a form; the answer comes as `Msg::Inquired` with the same inquiry.
    Inquire { inquiry: u64, request: Request },
    /// Read which operations have no verdict yet; the answer comes as `Msg::JournalRead` with the same inquiry.
    ReadJournal { inquiry: u64 },
    /// Read the journal for its view, unless it has no more than `known` bytes; the answer comes as `Msg::RecordsRead`.
    ReadRecords { known: Option<u64> },
    /// A confirmed plan has become an operation: the journal has it before any of its writes leaves.
    Begin(Box<Beginning>),
    /// Send one write, once its intention is in the journal; the answer comes as `Msg::Written`.
    Write { operation: OperationId, step: StepRef, request: WriteRequest },
    /// Somebody has said how an operation is to go on: the journal has it before what follows from it leaves.
    Order { operation: OperationId, order: Order },
    /// It was found out what became of a write that was not answered: the journal is told.
    Settle { operation: OperationId, step: StepRef, found: Settlement },
    /// An operation has its verdict.
    End { operation: OperationId, ending: Ending },
    /// Keep what is muted for the next time; the answer comes as `Msg::MutesKept`.
    KeepMutes(Vec<Mute>),
    /// Ring the terminal's bell.
    Bell,
    /// Put these lines on the operator's clipboard (OSC 52).
    Copy(Vec<SafeText>),
    /// Leave.
    Quit,
}

/// What the journal is told of a beginning operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Beginning {
    pub operation: OperationId,
    pub plan: Plan,
    /// As `by a key`, `by typing terminal-api`, `by --yes`.
    pub confirmed: SafeText,
    pub reason: Option<SafeText>,
    /// How many lines of the journal were known when it was planned.
    pub seen: usize,
}
