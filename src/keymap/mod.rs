//! From keys to commands: chords, sequences of them, and the files that bind them.

mod chord;
mod conflict;
mod load;
mod parse;
mod trie;

use crossterm::event::KeyEvent;

use self::trie::{Found, Trie};
pub use self::{
    chord::Chord,
    load::{check, load, names, shipped_files},
};
use crate::command::{Command, Context};

/// Which chords mean which commands, by context.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    tries: [Trie; Context::ALL.len()],
}

/// The first chords of a sequence that is not complete yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    chords: Vec<Chord>,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.chords.is_empty()
    }

    /// The sequence begun, as it is shown; empty where none is.
    pub fn shown(&self) -> String {
        chord::sequence(&self.chords)
    }

    /// Forgets the sequence begun.
    pub fn clear(&mut self) {
        self.chords.clear();
    }
}

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    Command(Command),
    /// A longer sequence has begun.
    Pending,
    Nothing,
}

impl Keymap {
    /// What `key` means after the chords in `pending`, looked up in `contexts`, innermost first.
    ///
    /// A key that does not go on with the sequence begun ends it and means nothing else.
    pub fn press(&self, pending: &mut Pending, contexts: &[Context], key: KeyEvent) -> Press {
        let Some(chord) = Chord::from_event(key) else { return Press::Nothing };
        pending.chords.push(chord);
        let found = contexts.iter().map(|it| self.trie(*it).find(&pending.chords)).find(|it| *it != Found::Nothing);
        match found {
            Some(Found::Command(command)) => {
                pending.clear();
                Press::Command(command)
            }
            Some(Found::Prefix) => Press::Pending,
            Some(Found::Nothing) | None => {
                pending.clear();
                Press::Nothing
            }
        }
    }

    /// The chords that mean `command` in `contexts` (innermost first, as in [`Self::press`]), shortest first, as they are
    /// shown: `ctrl-r`, `g g`. A chord that an inner context binds to something else is none of them.
    pub fn chords(&self, command: Command, contexts: &[Context]) -> Vec<String> {
        let meant =
            |chords: &[Chord]| contexts.iter().map(|it| self.trie(*it).find(chords)).find(|it| *it != Found::Nothing);
        let mut sequences: Vec<_> = contexts.iter().flat_map(|it| self.trie(*it).sequences(command)).collect();
        sequences.retain(|it| meant(it) == Some(Found::Command(command)));
        sequences.sort_by_cached_key(|it| (it.len(), chord::sequence(it).len(), it.clone()));
        sequences.dedup();
        sequences.iter().map(|it| chord::sequence(it)).collect()
    }

    fn trie(&self, context: Context) -> &Trie {
        &self.tries[context as usize]
    }

    fn bind(&mut self, context: Context, chords: &[Chord], command: Command) {
        self.tries[context as usize].insert(chords, command);
    }
}

#[cfg(test)]
mod tests;
