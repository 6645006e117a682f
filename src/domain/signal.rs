//! Signals: something wrong, said so that somebody just woken can act on it.

use jiff::Timestamp;
use serde::Serialize;

use super::{id::ResourceId, text::SafeText};

/// How bad it is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Users are hurt, or will be within minutes.
    Critical,
    /// Needs an eye soon.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// One thing wrong, derived by a rule from the estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub severity: Severity,
    /// Name of the rule, as `running-below-desired`.
    pub rule: &'static str,
    /// Name of the stack it is in.
    pub stack: SafeText,
    pub subject: ResourceId,
    /// When it began, as far as the data tells.
    pub since: Option<Timestamp>,
    /// One line: what is wrong.
    pub summary: SafeText,
    /// The numbers and texts it rests on.
    pub evidence: Vec<SafeText>,
    /// What to do next.
    pub advice: SafeText,
}
