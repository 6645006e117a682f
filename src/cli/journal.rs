//! `quarterdeck journal`.

use std::path::Path;

use super::{
    Failure,
    args::{ExportFormat, JournalVerb},
    complain, exit, say,
};
use crate::journal::{
    Journal,
    export::{integrity, json, markdown, text},
    history::operations,
    verify::verify,
};

/// Shows, verifies or exports the journal at `path`.
pub fn run(path: &Path, verb: &JournalVerb) -> Result<u8, Failure> {
    let lines = Journal::at(path).read().map_err(|error| Failure::error(format!("failed to {error}")))?;
    let (told, report) = (operations(&lines), verify(&lines));
    match verb {
        JournalVerb::Show { last } => {
            let from = told.len().saturating_sub(last.unwrap_or(usize::MAX));
            if told.is_empty() {
                complain(&format!("quarterdeck: {}: nothing is recorded", path.display()));
            } else if from < told.len() {
                say(text(&told[from..]).trim_end());
            }
            if report.broken.is_some() {
                complain(&format!("quarterdeck: {}: {}", path.display(), integrity(&report)));
            }
        }
        JournalVerb::Verify => {
            say(&format!("{}: {}", path.display(), integrity(&report)));
            return Ok(if report.broken.is_none() { exit::OK } else { exit::ERROR });
        }
        JournalVerb::Export { format: ExportFormat::Markdown } => say(markdown(&told, &report).trim_end()),
        JournalVerb::Export { format: ExportFormat::Json } => {
            say(&serde_json::to_string_pretty(&json(&told, &report)).map_err(Failure::error)?);
        }
    }
    Ok(exit::OK)
}
