//! What has happened, from every source on one clock.
//!
//! Invariant: an entry once seen stays, though AWS forgets it, until newer ones push it out; each is there once.

mod harvest;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

pub use self::harvest::tone_of_event;
use super::{
    id::{Arn, Kind, ResourceId, Scope},
    text::SafeText,
};

/// Entries kept.
const MOST: usize = 5_000;
/// How far before a signal one looks for what may have caused it.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_mins(15);

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it began; for what was told by comparing two looks, when it was seen.
    pub at: Timestamp,
    pub source: Source,
    pub tone: Tone,
    pub subject: ResourceId,
    /// One line: what happened to the subject.
    pub text: SafeText,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A service's events (DescribeServices).
    Event,
    /// Service deployments as they begin and end.
    Deployment,
    /// Scaling activities of groups and services, and desired counts that changed between two looks.
    Scaling,
    /// Targets whose state changed between two looks.
    Target,
    /// Alarms that changed their state (DescribeAlarmHistory).
    Alarm,
    /// What was done from this console.
    Operation,
}

impl Source {
    pub fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Deployment => "deployment",
            Self::Scaling => "scaling",
            Self::Target => "target",
            Self::Alarm => "alarm",
            Self::Operation => "operation",
        }
    }
}

/// How an entry is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Business as usual.
    Routine,
    /// Something began or was changed by somebody.
    Change,
    /// Something went well, or is well again.
    Good,
    /// Something went wrong.
    Bad,
}

/// Entries by time, and by what tells those of one moment apart.
type Key = (Timestamp, Arc<str>);

/// The entries, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    entries: BTreeMap<Key, Entry>,
    /// The newest event taken in of each service: those behind it are known.
    newest_events: HashMap<(Scope, Arn), SafeText>,
}

impl Timeline {
    /// Takes in an entry. `what` tells it from others of the same moment; the same again replaces what was known of
    /// it (an activity that has ended).
    pub fn note(&mut self, what: &str, entry: Entry) {
        let key: Key = (entry.at, what.into());
        let is_full = self.entries.len() >= MOST;
        // What was pushed out is told again by AWS at every look.
        if is_full && self.entries.first_key_value().is_some_and(|(oldest, _)| key < *oldest) {
            return;
        }
        self.entries.insert(key, entry);
        if self.entries.len() > MOST {
            self.entries.pop_first();
        }
    }

    /// Every entry with the id of its row, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (ResourceId, &Entry)> {
        self.entries.iter().rev().map(|(key, entry)| (id(key, entry), entry))
    }

    /// The entries of the time before `until` in which its cause may lie, newest first.
    pub fn before(&self, until: Timestamp) -> impl Iterator<Item = (ResourceId, &Entry)> {
        let from = until.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let nothing: Arc<str> = "".into();
        // To the end of the second: AWS's times are not all as exact. What metrics tell is dated by the minute that it is
        // of: its cause may lie in that minute.
        let exact = if until.as_second() % 60 == 0 && until.subsec_nanosecond() == 0 { 60 } else { 1 };
        let end = until.saturating_add(SignedDuration::from_secs(exact)).unwrap_or(Timestamp::MAX);
        self.entries.range((from, nothing.clone())..(end, nothing)).rev().map(|(key, entry)| (id(key, entry), entry))
    }

    /// The entry whose row has this id.
    pub fn find(&self, id: &ResourceId) -> Option<&Entry> {
        let (at, what) = id.key.split_once('|')?;
        let at = Timestamp::from_nanosecond(at.parse().ok()?).ok()?;
        self.entries.get(&(at, what.into())).filter(|it| it.subject.scope == id.scope)
    }
}

/// The id of an entry's row.
fn id((at, what): &Key, entry: &Entry) -> ResourceId {
    ResourceId::new(Kind::Entry, &entry.subject.scope, &format!("{}|{what}", at.as_nanosecond()))
}

#[cfg(test)]
mod tests;
