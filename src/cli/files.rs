//! Checking the user's files, and listing scenarios.

use std::path::PathBuf;

use super::{exit, say};
use crate::{
    check::{FileKind, Report, check_files},
    config::Folder,
    sim::scenario,
    toml_file::{Fault, TextFile},
};

/// Reports every fault of the files named, or of the user's, and of the shipped ones.
pub fn check(kind: FileKind, paths: &[PathBuf], folder: &Folder) -> u8 {
    let (files, mut faults) = if paths.is_empty() {
        TextFile::folder(&match kind {
            FileKind::Stack => folder.stacks(),
            FileKind::Keymap => folder.keymaps(),
            FileKind::Theme => folder.themes(),
        })
    } else {
        named(paths)
    };
    let mut report = check_files(kind, &files);
    faults.append(&mut report.faults);
    report.faults = faults;
    say(&report.to_string());
    if report.is_sound() { exit::OK } else { exit::USAGE }
}

/// Reports every fault of scenario files; of the shipped ones where none is named.
pub fn check_scenarios(paths: &[PathBuf]) -> u8 {
    let (mut files, mut faults) = named(paths);
    if paths.is_empty() {
        files = scenario::shipped_files();
    }
    faults.extend(scenario::check(&files));
    let report = Report { checked: files.into_iter().map(|it| it.name).collect(), faults };
    say(&report.to_string());
    if report.is_sound() { exit::OK } else { exit::USAGE }
}

/// One line for each scenario: its name and what it teaches.
pub fn list_scenarios() {
    for scenario in scenario::shipped() {
        say(&format!("{:<20} {}", scenario.name, scenario.title));
        say(&format!("{:<20} {}", "", scenario.teaches));
    }
}

fn named(paths: &[PathBuf]) -> (Vec<TextFile>, Vec<Fault>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match TextFile::read(path) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    (files, faults)
}
