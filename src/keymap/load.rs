//! Keymap files: the shipped ones, the user's, and what a file becomes with all it inherits.

use crate::{
    command::{Command, Context},
    toml_file::{Family, Fault, Member, Place, TextFile, quoted},
};

use super::{
    Keymap,
    chord::{Chord, sequence},
    conflict,
    parse::{Binding, bindings},
};

/// Commands without which nobody finds out, or leaves.
const NEEDED: [Command; 3] = [Command::Quit, Command::Help, Command::Palette];

/// The keymaps that the console carries.
pub fn shipped_files() -> Vec<TextFile> {
    [
        ("keymaps/default.toml", include_str!("../../keymaps/default.toml")),
        ("keymaps/vim.toml", include_str!("../../keymaps/vim.toml")),
        ("keymaps/e1s.toml", include_str!("../../keymaps/e1s.toml")),
        ("keymaps/emacs.toml", include_str!("../../keymaps/emacs.toml")),
    ]
    .map(|(name, text)| TextFile::shipped(name, text))
    .to_vec()
}

/// The keymap called `name` among the user's files and the shipped ones. Fails with every fault of the files that it
/// needs.
pub fn load(name: &str, users: &[TextFile]) -> Result<Keymap, Vec<Fault>> {
    let bound = Family::load("keymap", users, &shipped_files(), |table| Ok(bindings(table)), name, settle)?;
    Ok(build(&bound))
}

/// Every fault of the user's files and the shipped ones.
pub fn check(users: &[TextFile]) -> Vec<Fault> {
    Family::check("keymap", users, &shipped_files(), |table| Ok(bindings(table)), settle)
}

/// Names of the keymaps there are, the user's first.
pub fn names(users: &[TextFile]) -> Vec<String> {
    TextFile::stems(users.iter().chain(&shipped_files()))
}

/// A binding that holds in the end, and the file that it is from.
#[derive(Debug, Clone)]
pub struct Bound {
    pub file: String,
    pub place: Place,
    pub context: Context,
    pub chords: Vec<Chord>,
    pub command: Command,
}

/// Lays a file (first) over all it inherits; fails with what does not fit together.
fn settle(lineage: &[&Member<Vec<Binding>>]) -> Result<Vec<Bound>, Vec<Fault>> {
    let mut bound: Vec<Bound> = Vec::new();
    let mut faults = Vec::new();
    for member in lineage.iter().rev() {
        for binding in &member.content {
            let place = bound.iter().position(|it| it.context == binding.context && it.chords == binding.chords);
            let replaced = place.map(|it| bound.remove(it));
            match binding.command {
                Some(command) => bound.push(Bound {
                    file: member.file.clone(),
                    context: binding.context,
                    chords: binding.chords.clone(),
                    place: binding.place,
                    command,
                }),
                None if replaced.is_none() => {
                    let message =
                        format!("{} is not bound in [{}]", quoted(&sequence(&binding.chords)), binding.context.id());
                    faults.push(Fault::at(&member.file, binding.place, message));
                }
                None => {}
            }
        }
    }
    faults.extend(conflict::shadowed(&bound));
    if let Some(heir) = lineage.first() {
        faults.extend(missing(&heir.file, &bound));
    }
    if faults.is_empty() { Ok(bound) } else { Err(faults) }
}

fn missing(file: &str, bound: &[Bound]) -> Vec<Fault> {
    let is_bound = |command| bound.iter().any(|it| it.command == command && it.context == Context::Global);
    let lost = NEEDED.into_iter().filter(|it| !is_bound(*it));
    lost.map(|command| Fault {
        hint: Some("bind it in [global], or inherit a keymap".to_owned()),
        ..Fault::at(file, Place::START, format!("no key for {}", quoted(command.id())))
    })
    .collect()
}

fn build(bound: &[Bound]) -> Keymap {
    let mut keymap = Keymap::default();
    for it in bound {
        keymap.bind(it.context, &it.chords, it.command);
    }
    keymap
}
