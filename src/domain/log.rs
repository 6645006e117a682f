//! Lines of CloudWatch Logs: what containers and gateways write.
//!
//! Invariant: a tail holds each line once, oldest first, and no more than [`MOST_LINES`] lines or [`MOST_BYTES`] bytes:
//! the newest.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::text::SafeText;

/// Lines that a tail holds: more than anybody scrolls through.
pub const MOST_LINES: usize = 1_000;
/// Bytes of the messages that a tail holds.
pub const MOST_BYTES: usize = 1 << 20;

/// Where lines are written: the streams of one log group whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogSource {
    /// Name of the group.
    pub group: Arc<str>,
    /// How the names of its streams begin; empty for all of them.
    pub streams: Arc<str>,
}

/// What is read of a source: its newest lines, or the last ones before a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excerpt {
    pub source: LogSource,
    /// `None`: up to now, and on.
    pub until: Option<Timestamp>,
    /// How far back before that.
    pub minutes: u32,
}

/// One line (FilterLogEvents).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Id of the event, of its own in its group.
    pub id: Arc<str>,
    /// As its writer dates it.
    pub at: Timestamp,
    /// When CloudWatch had it.
    pub ingested_at: Option<Timestamp>,
    pub stream: SafeText,
    pub message: SafeText,
    /// Lines were written before it that have not been read.
    pub after_gap: bool,
}

/// The newest lines of an excerpt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Oldest first.
    pub lines: Vec<LogLine>,
    /// The excerpt has more lines before these.
    pub cut: bool,
}

/// What has been read of an excerpt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogTail {
    lines: Vec<LogLine>,
}

impl LogTail {
    /// Oldest first.
    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// Takes in the newest lines; those that came late stand where they belong.
    pub fn lay(&mut self, page: LogPage) {
        let known: BTreeSet<Arc<str>> = self.lines.iter().map(|it| it.id.clone()).collect();
        let meets = page.lines.iter().any(|it| known.contains(&it.id));
        let mut seen = known;
        let mut new: Vec<LogLine> = page.lines.into_iter().filter(|it| seen.insert(it.id.clone())).collect();
        if let Some(first) = new.first_mut().filter(|_| page.cut && !meets) {
            first.after_gap = true;
        }
        self.lines.append(&mut new);
        self.lines.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let mut bytes = 0;
        let fits = |line: &&LogLine| {
            bytes += line.message.as_str().len();
            bytes <= MOST_BYTES
        };
        let kept = self.lines.iter().rev().take(MOST_LINES).take_while(fits).count();
        self.lines.drain(..self.lines.len() - kept);
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{LogLine, LogPage, LogTail, MOST_BYTES, MOST_LINES};

    fn line(second: i64, message: &str) -> LogLine {
        LogLine {
            id: format!("{second:08}{message:.9}").into(),
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            ingested_at: None,
            stream: "api/api/1".into(),
            message: message.into(),
            after_gap: false,
        }
    }

    fn page(seconds: std::ops::Range<i64>, cut: bool) -> LogPage {
        LogPage { lines: seconds.map(|it| line(it, "x")).collect(), cut }
    }

    fn gaps(tail: &LogTail) -> Vec<i64> {
        tail.lines().iter().filter(|it| it.after_gap).map(|it| it.at.as_second()).collect()
    }

    #[test]
    fn lines_that_come_again_or_late_stand_once_and_in_their_place() {
        let mut tail = LogTail::default();
        tail.lay(LogPage { lines: vec![line(1, "a"), line(5, "c")], cut: false });
        tail.lay(LogPage { lines: vec![line(3, "b"), line(5, "c"), line(6, "d")], cut: false });
        let told: String = tail.lines().iter().map(|it| it.message.as_str()).collect();
        assert_eq!((told.as_str(), gaps(&tail)), ("abcd", Vec::new()));
    }

    #[test]
    fn what_could_not_be_read_leaves_a_gap() {
        let mut tail = LogTail::default();
        tail.lay(page(10..20, true));
        assert_eq!(gaps(&tail), [10], "more was written before");
        tail.lay(page(15..30, true));
        assert_eq!(gaps(&tail), [10], "the pages meet");
        tail.lay(page(40..50, true));
        assert_eq!(gaps(&tail), [10, 40]);
        tail.lay(page(60..61, false));
        assert_eq!(gaps(&tail), [10, 40], "nothing lies between");
    }

    #[test]
    fn the_newest_are_kept_and_no_more_than_there_is_room_for() {
        let mut tail = LogTail::default();
        tail.lay(page(0..5_000, false));
        assert_eq!((tail.lines().len(), tail.lines()[0].at.as_second()), (MOST_LINES, 4_000));
        let long = "x".repeat(8_000);
        tail.lay(LogPage { lines: (6_000..6_500).map(|it| line(it, &long)).collect(), cut: false });
        let bytes: usize = tail.lines().iter().map(|it| it.message.as_str().len()).sum();
        assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES - 8_000, "{bytes}");
        assert_eq!(tail.lines().last().map(|it| it.at.as_second()), Some(6_499));
    }
}
