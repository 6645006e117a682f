//! One look at the whole journal: what its lines tell of operations, and whether they are as they were written.

use super::{
    history::{Told, operations},
    verify::{Read, Report, verify},
};
use crate::domain::{id::OperationId, text::SafeText};

/// The journal as it stood at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Where it lies.
    pub place: SafeText,
    /// Its length. Lines are only ever added, so that as many bytes are the same lines.
    pub bytes: u64,
    /// Oldest first.
    pub operations: Vec<Told>,
    pub report: Report,
}

impl Look {
    pub fn of(place: SafeText, bytes: u64, lines: &[Read]) -> Self {
        Self { place, bytes, operations: operations(lines), report: verify(lines) }
    }

    pub fn operation(&self, id: &OperationId) -> Option<&Told> {
        // The newest first: it is looked at most.
        self.operations.iter().rev().find(|it| it.begun.operation == *id)
    }
}
