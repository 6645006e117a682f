//! One complete look at the estate, for `quarterdeck status`: the document, its text, its exit code.

mod build;
mod checklist;
pub mod cost;
pub mod document;
mod text;

pub use self::{build::status, checklist::checklist, document::Status, text::text};
use crate::domain::signal::Severity;

/// Nothing is critically wrong.
const CALM: u8 = 0;

/// Nothing could be read.
const BLIND: u8 = 1;

/// At least one signal that is not muted is critical.
const CRITICAL: u8 = 6;

/// The exit code of `quarterdeck status` for this look.
pub fn exit_code(status: &Status) -> u8 {
    if status.is_blind() {
        BLIND
    } else if status.signals.iter().any(|it| it.severity == Severity::Critical && !it.muted) {
        CRITICAL
    } else {
        CALM
    }
}

#[cfg(test)]
mod tests;
