//! Why a call to AWS did not answer, sorted by what the operator can do about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::SafeText;

/// A failed call: what was asked, what came back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// As `ecs:DescribeServices`.
    pub operation: SafeText,
    /// The code on the wire, or the SDK's word where nothing came back.
    pub code: SafeText,
    pub message: SafeText,
    pub request_id: Option<SafeText>,
    pub at: Timestamp,
}

/// What sort of fault it is; sorted by code, never by searching messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Credentials have expired: `aws sso login` and the like end it.
    Expired,
    /// No credentials, an unknown profile, or a key that AWS does not know.
    Credentials,
    /// The identity may not do this.
    Denied,
    /// Asked too often.
    Throttled,
    /// The endpoint refuses, does not connect in time, or cannot be resolved: the call has not left.
    Unreachable,
    /// The connection broke after the call left: whether it was answered is not known.
    Lost,
    /// No answer in time.
    TimedOut,
    /// An answer that is not AWS's: HTML, truncated JSON, XML or CBOR.
    Garbled,
    /// The thing asked about does not exist.
    Missing,
    /// The service says that it failed (5xx).
    Server,
    /// Any other refusal by the service.
    Rejected,
}

impl FaultKind {
    /// The word for it on a pane.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "credentials expired",
            Self::Credentials => "no valid credentials",
            Self::Denied => "access denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Lost => "connection lost",
            Self::TimedOut => "timed out",
            Self::Garbled => "garbled answer",
            Self::Missing => "not found",
            Self::Server => "service error",
            Self::Rejected => "rejected",
        }
    }
}
