//! What the console wants done; only the runtime does it.

use crate::domain::{query::Request, text::SafeText};

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an effect that nobody performs is a lie"]
pub enum Effect {
    /// Ask AWS; the answer comes as `Msg::Fetched` with the same generation.
    Fetch { request: Request, generation: u64 },
    /// Begin a scenario on the simulator; the answer comes as `Msg::ScenarioBegun`.
    BeginScenario(SafeText),
    /// Put these lines on the operator's clipboard (OSC 52).
    Copy(Vec<SafeText>),
    /// Leave.
    Quit,
}
