//! What a rule is: its name, its words for `docs/signals.md`, and its check.

use super::context::{Context, Finding};

/// One rule of triage. Its words are the only place that says what its signals mean.
#[derive(Debug)]
pub struct Rule {
    /// As signals carry it: `running-below-desired`.
    pub name: &'static str,
    /// What it means when it speaks, in one line.
    pub meaning: &'static str,
    /// How bad it is, and what makes it worse.
    pub severity: &'static str,
    /// When it speaks, with its limits, and when it falls silent again.
    pub fires: &'static str,
    /// What its evidence names.
    pub evidence: &'static str,
    /// What to do about it.
    pub next: &'static str,
    pub(super) check: fn(&Context<'_>) -> Vec<Finding>,
}
