//! Whether the journal is as it was written.

use super::{
    line::{self, LineError, NOTHING},
    record::{Entry, Record},
};

/// One line as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// From 1.
    pub number: usize,
    pub found: Result<Record, LineError>,
    /// The sum that the next line must give for this one.
    sum: String,
    /// It ends with a line feed.
    ended: bool,
}

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub lines: usize,
    /// Lines that a crash has torn, which the line after tells of, or which are the last.
    pub torn: Vec<usize>,
    pub broken: Option<Broken>,
    /// The first line that only a newer version can read.
    pub newer: Option<Broken>,
}

impl Report {
    /// The first line of which it is not known what it tells: an operation might be missing.
    pub fn unread(&self) -> Option<&Broken> {
        let first = |newer: &&Broken| self.broken.as_ref().is_none_or(|it| newer.number < it.number);
        self.newer.as_ref().filter(first).or(self.broken.as_ref())
    }
}

/// The first line that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub number: usize,
    pub why: String,
}

/// The lines of a journal.
pub fn lines(bytes: &[u8]) -> Vec<Read> {
    let pieces = bytes.split_inclusive(|it| *it == b'\n');
    let read = |(at, piece): (usize, &[u8])| {
        let ended = piece.last() == Some(&b'\n');
        let line = &piece[..piece.len() - usize::from(ended)];
        let found = std::str::from_utf8(line).map_err(|_| LineError::Unsummed).and_then(line::read);
        Read { number: at + 1, found, sum: line::sum_of_line(line), ended }
    };
    pieces.enumerate().map(read).collect()
}

/// Follows the sums from line to line.
pub fn verify(lines: &[Read]) -> Report {
    let mut report = Report { lines: lines.len(), torn: Vec::new(), broken: None, newer: None };
    let mut prev = NOTHING;
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1);
        let why = match &line.found {
            Ok(record) if record.prev != prev => Some(match at {
                0 => "it is not the first line that was written".to_owned(),
                at => format!("it does not follow line {at}: lines are missing, or line {at} is another"),
            }),
            Ok(_) => None,
            // The sum is right, so nothing was changed; what it says is for a newer version to read.
            Err(error @ LineError::Newer(_)) => {
                let newer = Broken { number: line.number, why: error.to_string() };
                report.newer.get_or_insert(newer);
                None
            }
            Err(LineError::Unsummed) if next.map_or(!line.ended, tells_of_torn) => {
                report.torn.push(line.number);
                None
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = why {
            report.broken = Some(Broken { number: line.number, why });
            return report;
        }
        prev = &line.sum;
    }
    report
}

fn tells_of_torn(next: &Read) -> bool {
    matches!(&next.found, Ok(Record { entry: Entry::Torn { .. }, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        Journal,
        scratch::{Scratch, at, note},
    };

    /// A journal of so many notes, as text.
    fn written(notes: usize) -> String {
        let scratch = Scratch::new();
        let journal = Journal::at(&scratch.journal());
        for nth in 0..notes {
            journal.append(at(0), note(&format!("note {nth}"))).unwrap();
        }
        if notes == 0 { String::new() } else { scratch.text() }
    }

    fn broken(text: &str) -> Option<usize> {
        verify(&lines(text.as_bytes())).broken.map(|it| it.number)
    }

    #[test]
    fn what_was_written_is_sound() {
        for notes in [0, 1, 2, 7] {
            let report = verify(&lines(written(notes).as_bytes()));
            assert_eq!(report, Report { lines: notes, torn: Vec::new(), broken: None, newer: None });
        }
    }

    #[test]
    fn every_changed_line_is_named() {
        let text = written(5);
        for at in 0..5 {
            assert_eq!(broken(&text.replace(&format!("note {at}"), "note x")), Some(at + 1));
        }
    }

    #[test]
    fn every_missing_swapped_or_doubled_line_is_named() {
        let text = written(5);
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..4 {
            let without: String = all.iter().enumerate().filter(|(it, _)| *it != at).map(|(_, line)| *line).collect();
            assert_eq!(broken(&without), Some(at + 1), "without line {}", at + 1);
            let mut swapped = all.clone();
            swapped.swap(at, at + 1);
            assert_eq!(broken(&swapped.concat()), Some(at + 1), "lines {} and {} swapped", at + 1, at + 2);
            let mut doubled = all.clone();
            doubled.insert(at, all[at]);
            assert_eq!(broken(&doubled.concat()), Some(at + 2), "line {} doubled", at + 1);
        }
    }

    #[test]
    fn a_forged_line_with_a_right_sum_is_found_by_the_next() {
        let text = written(3);
        let all: Vec<&str> = text.lines().collect();
        let record = line::read(all[1]).unwrap();
        let forged = line::write(record.at, &record.prev, Entry::Torn { bytes: 1 }).unwrap().0;
        assert_eq!(broken(&format!("{}\n{forged}\n{}\n", all[0], all[2])), Some(3));
    }

    #[test]
    fn text_that_something_else_wrote_is_broken_and_a_torn_end_is_told() {
        let text = written(2);
        assert_eq!(broken(&format!("{text}hello\n")), Some(3));
        let report = verify(&lines(&text.as_bytes()[..text.len() - 9]));
        assert_eq!(report, Report { lines: 2, torn: vec![2], broken: None, newer: None });
    }
}
