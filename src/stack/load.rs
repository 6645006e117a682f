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
    load(&bundled_files())
}

/// The stacks of every `*.toml` in a folder, by file name; none where there is no such folder.
pub fn load_folder(path: &Path) -> Result<Vec<Stack>, Vec<Fault>> {
    let (files, mut faults) = TextFile::folder(path);
    match load(&files) {
        Ok(stacks) if faults.is_empty() => Ok(stacks),
        Ok(_) => Err(faults),
        Err(mut found) => {
            faults.append(&mut found);
            Err(faults)
        }
    }
}

/// One stack for each file, in their order; fails with all faults of all files, and where two describe one stack.
pub fn load(files: &[TextFile]) -> Result<Vec<Stack>, Vec<Fault>> {
    let mut stacks: Vec<Stack> = Vec::new();
    let mut sources: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for file in files {
        match toml_file::read(&file.name, &file.text, parse::stack) {
            Ok(stack) => {
                if let Some(first) = stacks.iter().position(|it| it.name == stack.name) {
                    let name = quoted(stack.name.as_str());
                    faults.push(Fault::of_file(
                        &file.name,
                        format!("stack {name} is described in {} too", sources[first]),
                    ));
                }
                stacks.push(stack);
                sources.push(&file.name);
            }
            Err(mut found) => faults.append(&mut found),
        }
    }
    if faults.is_empty() { Ok(stacks) } else { Err(faults) }
}

#[cfg(test)]
mod tests;
