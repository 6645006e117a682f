//! Reads a TOML file into typed values, or into all of its faults at once.
//!
//! Every format of the console and the simulator's scenarios are read through here, so that each refuses what it does
//! not know and says where and what was meant. Imports nothing of ours.
//!
//! ```text
//! let stack = toml_file::read("stacks/x.toml", text, |table| {
//!     let name = table.required::<String>("name");
//!     let services = table.list::<Service>("service");
//!     Ok(Stack { name: name?, services: services? })     // only now: every fault has been noted
//! })?;
//! ```
//!
//! Invariant: a key that the reading closure never asked for is a fault, and so is a file with any fault: no value
//! comes out of it.

mod family;
mod fault;
mod from_toml;
mod suggest;
mod text_file;
mod value;

use std::{cell::RefCell, ops::Range};

use toml::de::DeTable;

pub use self::{
    family::{Family, Member},
    fault::{At, Fault, Place},
    from_toml::FromToml,
    suggest::{did_you_mean, one_of_these},
    text_file::TextFile,
    value::{Table, Value},
};

/// Proof that a fault has been noted; all that is left of a value that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported(());

/// The file being read and the faults found so far.
#[derive(Debug)]
struct Source<'t> {
    file: &'t str,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

impl Source<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        Place::of(self.text, span.start)
    }

    fn report(&self, place: Place, message: impl Into<String>, hint: Option<String>) -> Reported {
        self.faults.borrow_mut().push(Fault { hint, ..Fault::at(self.file, place, message) });
        Reported(())
    }
}

/// Reads `text`, the content of `file`, with `build`; fails with every fault of the file in the order of its lines.
pub fn read<T>(
    file: &str,
    text: &str,
    build: impl FnOnce(&mut Table<'_>) -> Result<T, Reported>,
) -> Result<T, Vec<Fault>> {
    let source = Source { file, text, faults: RefCell::default() };
    let (root, errors) = DeTable::parse_recoverable(text);
    let whole = note_syntax(&source, &errors);
    let value = whole.then(|| Table::read(&source, root.get_ref(), Place::START, build));
    let mut faults = source.faults.into_inner();
    match value {
        Some(Ok(value)) if faults.is_empty() => Ok(value),
        _ => {
            faults.sort_by_key(|fault| fault.place);
            Err(faults)
        }
    }
}

/// Notes what is not TOML; whether the rest of the tree can be trusted all the same, as after a key given twice.
fn note_syntax(source: &Source<'_>, errors: &[toml::de::Error]) -> bool {
    let mut whole = true;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        if error.message() == "duplicate key" {
            let key = source.text.get(span.clone()).unwrap_or_default();
            source.report(source.place(&span), format!("{} is given twice", quoted(key.trim_matches('"'))), None);
        } else {
            whole = false;
            source.report(source.place(&span), error.message(), None);
        }
    }
    whole
}

/// All values, or proof that at least one of them has a fault; goes on past the first.
pub fn all<T>(results: impl IntoIterator<Item = Result<T, Reported>>) -> Result<Vec<T>, Reported> {
    let mut values = Ok(Vec::new());
    for result in results {
        match (&mut values, result) {
            (Ok(values), Ok(value)) => values.push(value),
            (_, Err(reported)) => values = Err(reported),
            (Err(_), Ok(_)) => {}
        }
    }
    values
}

/// A word of the user's, in quotation marks and with control characters escaped.
pub fn quoted(word: &str) -> String {
    format!("{word:?}")
}

#[cfg(test)]
mod tests;
