//! How an operation ended, and on what evidence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Operation, PartState, group::drain, judge::Stage, left};
use crate::{
    domain::{id::Arn, text::SafeText},
    plan::course::{Goal, Part},
};

/// The end of an operation. Never "stable therefore succeeded".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What runs was read and is what was asked for.
    Succeeded,
    /// What ran before runs again.
    RolledBack,
    Failed,
    /// Given up watching; how it went on is not known.
    TimedOut,
    /// Somebody else changed it meanwhile.
    Superseded,
    /// Nobody watched it to its end.
    Abandoned,
}

impl Verdict {
    pub const ALL: [Self; 6] =
        [Self::Succeeded, Self::RolledBack, Self::Failed, Self::TimedOut, Self::Superseded, Self::Abandoned];

    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::RolledBack => "rolled back",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Superseded => "superseded",
            Self::Abandoned => "abandoned",
        }
    }

    /// What the headless verbs end with.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::RolledBack | Self::Failed | Self::Superseded => 4,
            Self::TimedOut | Self::Abandoned => 5,
        }
    }
}

/// The revision that runs where it is as asked, or back where it was: a plan may have had to register it.
fn runs_now<'a>(part: &'a Part, state: &'a PartState) -> Option<SafeText> {
    let deployed = match &part.goal {
        _ if !state.back.is_empty() => Some(state.back_registered.as_ref().unwrap_or(&part.before.task_definition)),
        Goal::Deployed { definition, .. } => definition.as_ref().or(state.registered.as_ref()),
        _ => None,
    };
    deployed.filter(|_| matches!(state.stage, Stage::There { .. })).map(Arn::short_name)
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub verdict: Verdict,
    pub at: Timestamp,
    /// One line.
    pub summary: SafeText,
    /// One line for each service.
    pub evidence: Vec<SafeText>,
}

impl Ending {
    fn new(operation: &Operation, verdict: Verdict, why: Option<&str>, at: Timestamp) -> Self {
        let title = &operation.course.title;
        let summary = match why {
            Some(why) => format!("{title}: {}: {why}", verdict.word()),
            None => format!("{title}: {}", verdict.word()),
        };
        let evidence = operation.course.parts.iter().zip(&operation.parts).map(|(part, state)| {
            let name = SafeText::new(&part.service.to_string());
            let runs = runs_now(part, state).map(|it| format!(": {it} runs")).unwrap_or_default();
            SafeText::new(&format!("{name}: {}{runs}", state.words()))
        });
        let of_group = operation.group.iter().flat_map(|state| {
            let course = operation.course.group.as_ref().and_then(|it| it.drain());
            course.map_or_else(Vec::new, |it| drain::evidence(state, it))
        });
        Self { verdict, at, summary: summary.into(), evidence: evidence.chain(of_group).collect() }
    }

    /// The end of what was done to a group.
    pub(super) fn of_group(operation: &Operation, verdict: Verdict, why: Option<&str>, at: Timestamp) -> Self {
        Self::new(operation, verdict, why, at)
    }

    /// AWS refused what cannot be done without.
    pub(super) fn failed(operation: &Operation, why: &str, at: Timestamp) -> Self {
        Self::new(operation, Verdict::Failed, Some(why), at)
    }

    /// Every wave that was begun is through: what became of the parts.
    pub(super) fn of(operation: &Operation, at: Timestamp) -> Self {
        if operation.parts.iter().all(|it| matches!(it.stage, Stage::There { .. })) {
            return Self::new(operation, Verdict::Succeeded, None, at);
        }
        Self::new(operation, Verdict::Abandoned, Some("stopped before every service was reached"), at)
    }

    /// A part was lost, or a gate broke: the worst of what happened.
    pub(super) fn broken(operation: &Operation, why: &str, at: Timestamp) -> Self {
        let stages = || operation.parts.iter().map(|it| &it.stage);
        let verdict = if stages().any(|it| matches!(it, Stage::Failed { .. })) {
            Verdict::Failed
        } else if stages().any(|it| matches!(it, Stage::RolledBack { .. })) {
            Verdict::RolledBack
        } else if stages().any(|it| matches!(it, Stage::Superseded { .. })) {
            Verdict::Superseded
        } else {
            Verdict::Failed
        };
        let stays = left::beside_what_was_lost(operation).map_or_else(String::new, |it| format!("; {it}"));
        Self::new(operation, verdict, Some(&format!("{why}{stays}")), at)
    }

    /// The console itself has gone back.
    pub(super) fn undone(operation: &Operation, at: Timestamp) -> Self {
        let lost = operation.course.parts.iter().zip(&operation.parts).find_map(|(part, it)| match &it.stage {
            Stage::Failed { why } | Stage::Superseded { why } if it.is_written() => Some(why.as_str()),
            Stage::There { .. } if it.back.is_empty() && !part.way_back.is_empty() => {
                Some("it was not begun everywhere before the restart")
            }
            _ => None,
        });
        let why = match &operation.phase {
            super::Phase::Undoing { why } => why.as_str(),
            _ => "",
        };
        match lost {
            Some(lost) => Self::new(operation, Verdict::Failed, Some(&format!("{why}; and rolling back: {lost}")), at),
            None => Self::new(operation, Verdict::RolledBack, Some(why), at),
        }
    }

    /// What a later wave rests on has been changed by somebody else.
    pub(super) fn drifted(operation: &Operation, why: &str, at: Timestamp) -> Self {
        Self::new(operation, Verdict::Superseded, Some(why), at)
    }

    pub(super) fn timed_out(operation: &Operation, at: Timestamp) -> Self {
        let why = format!("still {} when watching was given up", operation.word());
        Self::new(operation, Verdict::TimedOut, Some(&why), at)
    }

    pub(super) fn abandoned(operation: &Operation, at: Timestamp) -> Self {
        let why = format!("left while {}", operation.word());
        Self::new(operation, Verdict::Abandoned, Some(&why), at)
    }
}
