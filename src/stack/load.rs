//! Stack files: those that the console carries, and the user's folder.

use std::path::Path;

use crate::toml_file::{self, Fault, TextFile, quoted};

use super::{model::Stack, parse};

/// The stack files that the console carries, for `--demo` and as examples.
pub fn bundled_files() -> Vec<TextFile> {
    [
        ("stacks/terminal.toml", include_str!("../../stacks/terminal.toml")),
        ("stacks/tsdevstack.toml", include_str!("../../stacks/tsdevstack.toml")),
        ("stacks/mint-server.toml", include_str!("../../stacks/mint-server.toml")),
        ("stacks/reactive-notebook.toml", include_str!("../../stacks/reactive-notebook.toml")),
        ("stacks/cma.toml", include_str!("../../stacks/cma.toml")),
    ]
    .map(|(name, text)| TextFile::shipped(name, text))
    .to_vec()
}

/// The bundled stacks.
pub fn bundled() -> Result<Vec<Stack>, Vec<Fault>> {
    let (stacks, faults) = load(&bundled_files());
    if faults.is_empty() { Ok(stacks) } else { Err(faults) }
}

/// The stacks of every sound `*.toml` in a folder, by file name (none where there is no such folder), and every fault of
/// the others.
pub fn load_folder(path: &Path) -> (Vec<Stack>, Vec<Fault>) {
    let (files, mut faults) = TextFile::folder(path);
    let (stacks, found) = load(&files);
    faults.extend(found);
    (stacks, faults)
}

/// One stack for each sound file, in their order, and all faults of the others. Of two that describe one stack the
/// second is at fault.
pub fn load(files: &[TextFile]) -> (Vec<Stack>, Vec<Fault>) {
    let mut stacks: Vec<Stack> = Vec::new();
    let mut sources: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for file in files {
        match toml_file::read(&file.name, &file.text, parse::stack) {
            Ok(stack) => {
                if let Some(first) = stacks.iter().position(|it| it.name == stack.name) {
                    let name = quoted(stack.name.as_str());
                    let message = format!("stack {name} is described in {} too", sources[first]);
                    faults.push(Fault::of_file(&file.name, message));
                } else {
                    stacks.push(stack);
                    sources.push(&file.name);
                }
            }
            Err(mut found) => faults.append(&mut found),
        }
    }
    (stacks, faults)
}

/// The stack that a sound file describes, for tests.
#[cfg(test)]
pub fn of_text(text: &str) -> Stack {
    let file = TextFile { name: "x.toml".to_owned(), text: text.to_owned().into() };
    let (stacks, faults) = load(&[file]);
    assert!(faults.is_empty(), "{faults:?}");
    stacks.into_iter().next().expect("one stack")
}

#[cfg(test)]
mod tests;
