//! What was asked for at the start, validated once.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::{domain::text::SafeText, keymap::Keymap};

/// Settings of a running console.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line, each of which stands for itself")]
pub struct Settings {
    /// No write is offered or performed.
    pub read_only: bool,
    /// Gateways that AWS gives notice of taking back are drained, where the stack file says so: a console does it, a
    /// verb of the command line does not.
    pub heeds_notices: bool,
    /// Cost is never asked for; what is known of it is shown all the same.
    pub no_cost: bool,
    /// Only some of the stacks are watched (`--stack`): nobody can tell what the others spend from what is nobody's.
    pub narrowed: bool,
    pub keymap: Arc<Keymap>,
    /// Names of the themes that can be switched to.
    pub themes: Vec<String>,
    /// What the world is: shown in the bar so that nobody takes a demo for production.
    pub world: WorldKind,
    /// What is read.
    pub reads: Reads,
    /// AWS calls a minute and service that reading may cost.
    pub calls_per_minute: u32,
}

/// What a console reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Everything that its stacks name, and what is on screen.
    #[default]
    Estate,
    /// The same, and what the checklists of its stacks ask for.
    Checklists,
    /// Only what its operations are judged by, or what things cost: a verb of the command line shows nothing else.
    Operations,
}

/// A scenario that the simulator behind a demo can begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub name: SafeText,
    /// One line.
    pub title: SafeText,
}

/// Where the data comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WorldKind {
    Aws,
    /// The embedded simulator, or one attached to, at this speed.
    Simulated {
        speed: f64,
    },
}

impl WorldKind {
    /// As long a time, in this world's, as `span` is for whoever reads: its clock may run faster than theirs.
    pub fn for_a_reader(self, span: SignedDuration) -> SignedDuration {
        match self {
            Self::Simulated { speed } if speed > 1.0 => span.saturating_mul(speed.ceil() as i32),
            _ => span,
        }
    }
}
