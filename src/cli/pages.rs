//! `quarterdeck man`: the command line as man pages.

use std::{fs, path::Path};

use super::{Failure, args, exit, say};

/// Writes a page for the program and one for each command into `folder`, which is made where it is not there.
pub fn write(folder: &Path) -> Result<u8, Failure> {
    let failed = |error| Failure::error(format!("failed to write man pages into {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(args::command_without_help(), folder).map_err(failed)?;
    say(&format!("wrote the pages; `man -l {}` shows the first", folder.join("quarterdeck.1").display()));
    Ok(exit::OK)
}
