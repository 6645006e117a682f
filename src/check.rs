//! `quarterdeck stack|theme|keymap check`: every fault of every file at once.

use std::fmt;

use crate::{
    keymap, stack, theme,
    toml_file::{Fault, TextFile},
};

/// A format of file that the console loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Stack,
    Theme,
    Keymap,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The files looked at.
    pub checked: Vec<String>,
    pub faults: Vec<Fault>,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One line for each fault and one that sums up.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        let files = counted(self.checked.len(), "file");
        match self.faults.len() {
            0 => write!(f, "{files} checked, no fault"),
            faults => write!(f, "{files} checked, {}", counted(faults, "fault")),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Checks `files` and the shipped ones of their kind.
pub fn check_files(kind: FileKind, files: &[TextFile]) -> Report {
    let (shipped, faults) = match kind {
        FileKind::Stack => (stack::bundled_files(), check_stacks(files)),
        FileKind::Theme => (theme::shipped_files(), theme::check(files)),
        FileKind::Keymap => (keymap::shipped_files(), keymap::check(files)),
    };
    let checked = files.iter().chain(&shipped).map(|it| it.name.clone()).collect();
    Report { checked, faults }
}

/// A user's stack may be called as a bundled one is: the two are never loaded together.
fn check_stacks(files: &[TextFile]) -> Vec<Fault> {
    stack::load(files).1.into_iter().chain(stack::bundled().err().unwrap_or_default()).collect()
}
