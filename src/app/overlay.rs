//! What can lie over a view and take the keys.

use tui_input::Input;

use crate::domain::{fault::Fault, id::ResourceId, signal::Mute, text::SafeText};
use crate::{command::Command, theme::Role};

use super::{act::ActPane, place::Place};

/// The topmost thing on screen; one at a time.
#[derive(Debug, Clone)]
pub enum Overlay {
    Palette(Palette),
    /// The filter line is being typed; the table below already follows it.
    Filter {
        input: Input,
        before: String,
    },
    Help {
        scroll: usize,
    },
    Text(TextPane),
    /// A menu, a form, a plan, an operation.
    Act(ActPane),
}

/// The palette: what has been typed and what matches it, best first.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    pub input: Input,
    pub choices: Vec<Choice>,
    pub selected: usize,
}

/// One line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is matched and shown first: a command's id, a stack's or a resource's name.
    pub title: SafeText,
    pub summary: SafeText,
    pub action: Chosen,
    /// Character positions in `title` that match what was typed.
    pub matched: Vec<u32>,
}

/// What choosing a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Run(Command),
    Go(Place),
    /// Go to a place and put the cursor on a resource there.
    Find(ResourceId, Place),
    /// Begin a scenario on the simulator.
    Begin(SafeText),
    /// Tell again of what is muted.
    Unmute(Mute),
}

/// A text about one resource, which scrolls.
#[derive(Debug, Clone, PartialEq)]
pub struct TextPane {
    pub subject: ResourceId,
    pub kind: TextKind,
    pub scroll: usize,
    pub shift: usize,
}

/// Where the text comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum TextKind {
    /// Derived from the estate anew for every frame: it stays live.
    Describe,
    /// What is advised for a stack's gateways, likewise.
    Advice,
    /// Fetched once.
    Raw(RawText),
}

/// The raw JSON of a resource, on its way or here.
#[derive(Debug, Clone, PartialEq)]
pub enum RawText {
    Loading,
    Loaded(Vec<SafeText>),
    Failed(Fault),
}

/// One line of a text: pieces with their meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextLine(pub Vec<(Role, SafeText)>);

impl TextLine {
    pub fn of(role: Role, text: impl Into<SafeText>) -> Self {
        Self(vec![(role, text.into())])
    }

    /// A label in a column of its own, and what it says.
    pub fn field(label: &str, role: Role, text: impl Into<SafeText>) -> Self {
        Self(vec![(Role::Muted, SafeText::new(&format!("{label:<18} "))), (role, text.into())])
    }

    /// The line without its roles.
    pub fn plain(&self) -> SafeText {
        self.0.iter().map(|(_, text)| text.as_str()).collect::<String>().into()
    }
}
