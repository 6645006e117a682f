//! What is recorded.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    id::{OperationId, ResourceId},
    order::Order,
    text::SafeText,
    write::{Settlement, WriteOutcome, WriteRequest},
};

/// The version of records that is written, and the newest that can be read.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the format.
    pub v: u32,
    pub at: Timestamp,
    /// Sum of the line before; zeros in the first.
    pub prev: String,
    #[serde(flatten)]
    pub entry: Entry,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Entry {
    /// A confirmed plan became an operation.
    Begun(Box<Begun>),
    /// A call is about to leave.
    Intended(Intended),
    /// How the call ended.
    Answered(Answered),
    /// Somebody says how it is to go on; nothing that follows from it has left before.
    Ordered { operation: OperationId, by: Author, order: Order },
    /// What reads told of a call that was not answered.
    Settled(Settled),
    /// Another process goes on watching, after the one before had gone.
    Resumed { operation: OperationId, by: Author },
    /// The operation has its verdict.
    Ended(Ended),
    /// A word for those who read later: of an incident, or of an operation.
    Note { operation: Option<OperationId>, stack: Option<SafeText>, by: Author, text: SafeText },
    /// The line before was cut off by a crash; it counts for nothing.
    Torn { bytes: u64 },
}

/// Everything there is to know of an operation at its beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub operation: OperationId,
    /// As `deploy`.
    pub verb: SafeText,
    /// One line, as `deploy terminal/api:v43 to terminal-api`.
    pub title: SafeText,
    pub stack: Option<SafeText>,
    pub subjects: Vec<ResourceId>,
    pub by: Author,
    /// AWS identities that the calls are signed with.
    pub callers: Vec<Caller>,
    pub reason: Option<SafeText>,
    pub plan: PlanSeal,
    /// What changes, by subject, before and after; as the plan showed it.
    pub changes: Value,
    /// What is done and what must be true at the end: all that watching on needs. Opaque here, so that a journal can be
    /// read and verified by versions to which it means nothing.
    pub course: Value,
}

/// The plan that was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSeal {
    pub digest: SafeText,
    pub made_at: Timestamp,
    /// How, as `by a key`, `by typing terminal-api`, `by --yes`.
    pub confirmed: SafeText,
}

/// Who sat at the keyboard, as far as this machine knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub user: SafeText,
    pub host: SafeText,
    pub pid: u32,
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// An AWS identity, where it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub profile: SafeText,
    pub region: SafeText,
    pub account: SafeText,
    pub arn: SafeText,
}

/// Which write of an operation: the part (one subject's), and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId {
    pub part: u32,
    pub step: u32,
}

/// A call that is about to leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intended {
    pub operation: OperationId,
    #[serde(flatten)]
    pub step: StepId,
    /// As `ecs:UpdateService`, with its parameters as AWS names them: for whoever reads.
    pub call: SafeText,
    pub parameters: Value,
    /// The same as a value.
    pub request: WriteRequest,
}

impl Intended {
    pub fn new(operation: OperationId, step: StepId, request: WriteRequest) -> Self {
        let (call, parameters) = (request.write.operation().into(), request.write.parameters());
        Self { operation, step, call, parameters, request }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    pub operation: OperationId,
    #[serde(flatten)]
    pub step: StepId,
    pub outcome: WriteOutcome,
}

/// What became of a call that was not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    pub operation: OperationId,
    #[serde(flatten)]
    pub step: StepId,
    pub found: Settlement,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub operation: OperationId,
    /// As `succeeded`, `rolled back`.
    pub verdict: SafeText,
    /// Why, in one line.
    pub summary: SafeText,
    /// What it rests on: what runs, against what was asked.
    pub evidence: Vec<SafeText>,
}

impl Entry {
    /// The operation that it tells of.
    pub fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::Begun(it) => Some(&it.operation),
            Self::Intended(it) => Some(&it.operation),
            Self::Answered(it) => Some(&it.operation),
            Self::Settled(it) => Some(&it.operation),
            Self::Ordered { operation, .. } | Self::Resumed { operation, .. } => Some(operation),
            Self::Ended(it) => Some(&it.operation),
            Self::Note { operation, .. } => operation.as_ref(),
            Self::Torn { .. } => None,
        }
    }
}
