//! Operations, put together from their records.

use jiff::Timestamp;

use super::{
    record::{Author, Begun, Ended, Entry, StepId},
    verify::Read,
};
use crate::domain::{
    id::OperationId,
    order::Order,
    text::SafeText,
    write::{Settlement, WriteOutcome, WriteRequest},
};

/// Everything that the journal tells of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Number of the line that tells of its beginning.
    pub line: usize,
    /// When it began.
    pub at: Timestamp,
    pub begun: Begun,
    /// Its calls, in the order in which they left.
    pub calls: Vec<Call>,
    /// What was said of it while it was under way, by whom.
    pub orders: Vec<(Timestamp, Author, Order)>,
    /// Who went on watching it, and since when.
    pub resumed: Vec<(Timestamp, Author)>,
    pub notes: Vec<(Timestamp, SafeText)>,
    pub ended: Option<(Timestamp, Ended)>,
}

/// One call of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub step: StepId,
    pub request: WriteRequest,
    pub intended_at: Timestamp,
    /// `None`: the process ended before it could say; the call may have left or not.
    pub answered: Option<(Timestamp, WriteOutcome)>,
    /// What reads told of it later, where it was not answered.
    pub settled: Option<(Timestamp, Settlement)>,
}

/// The operations in these lines, in the order in which they began.
pub fn operations(lines: &[Read]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for (line, record) in lines.iter().filter_map(|it| Some((it.number, it.found.as_ref().ok()?))) {
        match &record.entry {
            Entry::Begun(begun) => told.push(Told {
                line,
                at: record.at,
                begun: (**begun).clone(),
                calls: Vec::new(),
                orders: Vec::new(),
                resumed: Vec::new(),
                notes: Vec::new(),
                ended: None,
            }),
            entry => {
                if let Some(found) = entry.operation().and_then(|id| find(&mut told, id)) {
                    found.take(record.at, entry);
                }
            }
        }
    }
    told
}

fn find<'a>(told: &'a mut [Told], id: &OperationId) -> Option<&'a mut Told> {
    // The newest first: what follows mostly belongs to it.
    told.iter_mut().rev().find(|it| it.begun.operation == *id)
}

impl Told {
    /// Whether it is about one of the things that `other` is about.
    pub fn shares_subject(&self, other: &Begun) -> bool {
        self.begun.subjects.iter().any(|it| other.subjects.contains(it))
    }

    fn take(&mut self, at: Timestamp, entry: &Entry) {
        match entry {
            Entry::Intended(intended) => self.calls.push(Call {
                step: intended.step,
                request: intended.request.clone(),
                intended_at: at,
                answered: None,
                settled: None,
            }),
            Entry::Answered(answered) => {
                let unanswered = |it: &&mut Call| it.step == answered.step && it.answered.is_none();
                if let Some(call) = self.calls.iter_mut().find(unanswered) {
                    call.answered = Some((at, answered.outcome.clone()));
                }
            }
            Entry::Ordered { by, order, .. } => self.orders.push((at, by.clone(), *order)),
            Entry::Settled(settled) => {
                let unsettled = |it: &&mut Call| it.step == settled.step && it.settled.is_none();
                if let Some(call) = self.calls.iter_mut().find(unsettled) {
                    call.settled = Some((at, settled.found.clone()));
                }
            }
            Entry::Resumed { by, .. } => self.resumed.push((at, by.clone())),
            Entry::Ended(ended) => self.ended = Some((at, ended.clone())),
            Entry::Note { text, .. } => self.notes.push((at, text.clone())),
            Entry::Begun(_) | Entry::Torn { .. } => {}
        }
    }
}
