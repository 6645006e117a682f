//! Scaling activities and their texts (`aws-reference.md` §2.4).

use std::collections::VecDeque;

use jiff::Timestamp;

use super::super::{ec2::Subnet, world::Tick};

/// How long activities are kept, in seconds: six weeks.
const KEPT: i64 = 42 * 86_400;

/// What a group did, or is doing, to one instance.
#[derive(Debug, Clone)]
pub struct Activity {
    pub id: String,
    pub group: String,
    pub description: String,
    /// Sentences two spaces apart, each with its moment.
    pub cause: String,
    pub start: Timestamp,
    pub outcome: Outcome,
    pub subnet: Subnet,
}

/// How far an activity has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Under way: the wire's `StatusCode`, and how many percent are done.
    UnderWay(&'static str, u8),
    Successful(Timestamp),
    /// With the reason, as is the next.
    Failed(Timestamp, String),
    Cancelled(Timestamp, String),
}

impl Outcome {
    /// The wire's `StatusCode`.
    pub fn wire(&self) -> &'static str {
        match self {
            Self::UnderWay(code, _) => code,
            Self::Successful(_) => "Successful",
            Self::Failed(..) => "Failed",
            Self::Cancelled(..) => "Cancelled",
        }
    }

    pub fn end(&self) -> Option<Timestamp> {
        match self {
            Self::UnderWay(..) => None,
            Self::Successful(at) | Self::Failed(at, _) | Self::Cancelled(at, _) => Some(*at),
        }
    }
}

/// The activities of a region, newest first.
#[derive(Debug, Default)]
pub struct Log(pub VecDeque<Activity>);

impl Log {
    /// Notes that an activity starts and returns its id.
    pub fn start(&mut self, group: &str, what: String, cause: String, subnet: Subnet, tick: &mut Tick<'_>) -> String {
        let id = tick.random.uuid();
        self.0.push_front(Activity {
            id: id.clone(),
            group: group.to_owned(),
            description: what,
            cause,
            start: tick.now,
            outcome: Outcome::UnderWay("InProgress", 30),
            subnet,
        });
        id
    }

    /// The activity with this id.
    pub fn find(&self, id: &str) -> Option<&Activity> {
        self.0.iter().find(|activity| activity.id == id)
    }

    /// Whether an activity has not ended.
    pub fn is_open(&self, id: &str) -> bool {
        self.find(id).is_some_and(|activity| activity.outcome.end().is_none())
    }

    /// Notes how far an activity has come, or how it ended.
    pub fn set(&mut self, id: &str, outcome: Outcome) {
        if let Some(activity) = self.0.iter_mut().find(|activity| activity.id == id) {
            activity.outcome = outcome;
        }
    }

    /// Drops what ended more than six weeks ago.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.0.retain(|activity| activity.outcome.end().is_none_or(|end| now.duration_since(end).as_secs() < KEPT));
    }
}

/// `At 2026-01-02T03:04:05Z what.`
pub fn sentence(now: Timestamp, what: &str) -> String {
    format!("At {now:.0} {what}")
}

/// A cause from its sentences; absent ones are left out.
pub fn cause<const N: usize>(sentences: [Option<String>; N]) -> String {
    sentences.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
