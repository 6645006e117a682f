//! A record as a line, and back; sums.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::record::{Entry, Record, VERSION};
use crate::domain::{redact::hide_shapes, text::SafeText};

/// What the first line gives as the sum of the line before.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What stands between a line's record and its own sum.
const SEAM: &str = ",\"sum\":\"";

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("it has no sum: it was cut off, or something else wrote it")]
    Unsummed,
    #[error("it does not match its own sum: it has been changed")]
    Changed,
    #[error("it is of version {0}, which only a newer quarterdeck can read")]
    Newer(u64),
    #[error("it is no record of version {VERSION}: {0}")]
    Unknown(SafeText),
}

/// The line of what is recorded after the line with the sum `prev`, without its end; and its sum.
pub fn write(at: Timestamp, prev: &str, entry: Entry) -> Result<(String, String), serde_json::Error> {
    let record = Record { v: VERSION, at, prev: prev.to_owned(), entry };
    let mut value = serde_json::to_value(&record)?;
    // By shape alone: what is named after a secret here, a container say, is none.
    hide_shapes(&mut value);
    let body = escaped(&value.to_string());
    let sum = sum(body.as_bytes());
    let open = body.strip_suffix('}').unwrap_or(&body);
    Ok((format!("{open}{SEAM}{sum}\"}}"), sum))
}

/// The record in a line.
pub fn read(line: &str) -> Result<Record, LineError> {
    checked_sum(line)?;
    let value: Value = serde_json::from_str(line).map_err(|error| LineError::Unknown(error.to_string().into()))?;
    if let Some(version) = value["v"].as_u64().filter(|it| *it > u64::from(VERSION)) {
        return Err(LineError::Newer(version));
    }
    serde_json::from_value(value).map_err(|error| LineError::Unknown(error.to_string().into()))
}

/// The sum that a line carries, if it is right.
pub fn checked_sum(line: &str) -> Result<&str, LineError> {
    let (open, rest) = line.rsplit_once(SEAM).ok_or(LineError::Unsummed)?;
    let given = rest.strip_suffix("\"}").ok_or(LineError::Unsummed)?;
    if sum(format!("{open}}}").as_bytes()) == given { Ok(given) } else { Err(LineError::Changed) }
}

/// The sum of a line as the one after it gives it: its own, or that of its bytes where a crash has torn it.
pub fn sum_of_line(line: &[u8]) -> String {
    let own = std::str::from_utf8(line).ok().and_then(|line| checked_sum(line).ok());
    own.map_or_else(|| sum(line), ToOwned::to_owned)
}

/// SHA-256 in hexadecimal digits.
fn sum(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _written = write!(digits, "{byte:02x}");
    }
    digits
}

/// JSON in which what a terminal might obey, were the file shown on it, is escaped. It is in strings alone.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    let mut units = [0; 2];
    for char in json.chars() {
        if char.is_ascii() || SafeText::new(char.encode_utf8(&mut [0; 4])).as_str().starts_with(char) {
            safe.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut units) {
            // Writing to a String cannot fail.
            let _written = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::scratch::note;

    fn line(text: &str) -> String {
        write(Timestamp::UNIX_EPOCH, NOTHING, note(text)).unwrap().0
    }

    #[test]
    fn a_line_comes_back_as_it_was() {
        let record = read(&line("the cache was cold")).unwrap();
        assert_eq!((record.entry, record.prev.as_str()), (note("the cache was cold"), NOTHING));
    }

    #[test]
    fn a_changed_line_is_told_from_a_cut_one_and_a_newer_one() {
        let whole = line("two tasks");
        assert_eq!(read(&whole.replace("two", "ten")), Err(LineError::Changed));
        assert_eq!(read(&whole[..whole.len() - 5]), Err(LineError::Unsummed));
        let body = whole.rsplit_once(SEAM).unwrap().0.replace("\"v\":1", "\"v\":2") + "}";
        let newer = format!("{}{SEAM}{}\"}}", &body[..body.len() - 1], sum(body.as_bytes()));
        assert_eq!(read(&newer), Err(LineError::Newer(2)));
    }

    #[test]
    fn secrets_do_not_get_in() {
        let line = line("--db-password=hunter2");
        assert!(!line.contains("hunter2") && read(&line).is_ok(), "{line}");
    }

    proptest! {
        #[test]
        fn a_line_has_one_line_and_nothing_that_a_terminal_obeys(text in any::<String>()) {
            let line = line(&text);
            let obeyed = |it: char| it.is_control() || matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
            prop_assert!(!line.contains(obeyed));
            prop_assert!(read(&line).is_ok());
        }
    }
}
