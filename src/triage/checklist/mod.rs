//! The readiness checklist of a stack: what of it is there, as far as anybody has looked.
//!
//! Invariant: nothing is called missing but what a complete answer does not hold. What was not read, was refused, or has no
//! reader is "not looked at", with the reason.

mod find;
mod requests;
mod rule;
#[cfg(test)]
mod tests;
mod words;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

pub use self::{
    requests::{requests, requests_of_missing},
    rule::CHECKLIST_MISSING,
    words::{needed, tally, why_unseen},
};
use crate::{
    domain::{
        estate::{Estate, ScopeEstate},
        fault::Fault,
        id::Scope,
    },
    stack::{
        checklist::{ChecklistItem, NamedKind, Need},
        model::Stack,
    },
};

/// An item in one scope, and what was found of each thing that it needs.
#[derive(Debug)]
pub struct Checked<'a> {
    pub item: &'a ChecklistItem,
    pub scope: &'a Scope,
    /// In the order of the item's needs.
    pub found: Vec<Found<'a>>,
}

/// How one thing stands.
#[derive(Debug, PartialEq)]
pub struct Found<'a> {
    pub need: &'a Need,
    pub state: State<'a>,
    /// When the answer that this rests on came.
    pub read_at: Option<Timestamp>,
}

#[derive(Debug, PartialEq)]
pub enum State<'a> {
    /// With what is worth knowing of it, as `48 images`; often nothing.
    Present(String),
    Missing,
    /// It is there, and not as it should be.
    Differs {
        asked: String,
        is: String,
    },
    Unseen(Unseen<'a>),
    /// Somebody saw it on this day.
    Confirmed(Date),
}

/// Why nobody knows.
#[derive(Debug, PartialEq)]
pub enum Unseen<'a> {
    NotRead,
    Failed(&'a Fault),
    /// The console asks this service nothing.
    NoReader(&'static str),
    ByHand,
    /// Confirmed for a day that is still to come.
    Ahead(Date),
    /// It is told by its metrics alone, and publishes none.
    Silent,
    /// The VPC that it would be in was not found.
    NoVpc,
}

/// How an item stands: as its worst part does. Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Missing,
    Differs,
    Unseen,
    Confirmed,
    Present,
}

impl State<'_> {
    pub fn standing(&self) -> Standing {
        match self {
            Self::Missing => Standing::Missing,
            Self::Differs { .. } => Standing::Differs,
            Self::Unseen(_) => Standing::Unseen,
            Self::Confirmed(_) => Standing::Confirmed,
            Self::Present(_) => Standing::Present,
        }
    }
}

impl Checked<'_> {
    pub fn standing(&self) -> Standing {
        self.found.iter().map(|it| it.state.standing()).min().unwrap_or(Standing::Unseen)
    }

    /// The oldest of the answers that it rests on.
    pub fn read_at(&self) -> Option<Timestamp> {
        self.found.iter().filter_map(|it| it.read_at).min()
    }

    /// Whether a read of it failed.
    pub fn has_failed(&self) -> bool {
        self.found.iter().any(|it| matches!(it.state, State::Unseen(Unseen::Failed(_))))
    }
}

/// Every item of the stack's list in each of its scopes, in the order of the file.
pub fn of_stack<'a>(stack: &'a Stack, estate: &'a Estate, now: Timestamp) -> Vec<Checked<'a>> {
    let places = stack.checklist.iter().flat_map(|item| item.scopes.iter().map(move |scope| (item, scope)));
    places
        .map(|(item, scope)| {
            let site = Site { stack, scope, known: estate.scope(scope), now };
            let found = item.needs.iter().map(|need| look(&site, item, need)).collect();
            Checked { item, scope, found }
        })
        .collect()
}

/// Where something is looked for.
struct Site<'a> {
    stack: &'a Stack,
    scope: &'a Scope,
    /// `None` before anything of the scope has been read.
    known: Option<&'a ScopeEstate>,
    now: Timestamp,
}

fn look<'a>(site: &Site<'a>, item: &'a ChecklistItem, need: &'a Need) -> Found<'a> {
    let unread = match need {
        Need::Named(kind, _) => kind.unread().map(Unseen::NoReader),
        Need::ByHand(_) => Some(Unseen::ByHand),
        _ => None,
    };
    if let Some(why) = unread {
        let today = site.now.to_zoned(TimeZone::UTC).date();
        let state = match item.confirmed {
            Some(day) if day <= today => State::Confirmed(day),
            Some(day) => State::Unseen(Unseen::Ahead(day)),
            None => State::Unseen(why),
        };
        return Found { need, state, read_at: None };
    }
    let (state, read_at) = match site.known {
        Some(known) => find::find(site, known, need),
        None => (State::Unseen(Unseen::NotRead), None),
    };
    Found { need, state, read_at }
}

/// Whether other rules tell when it is missing: what is watched all the time.
fn is_told_elsewhere(need: &Need) -> bool {
    matches!(need, Need::Named(NamedKind::Service | NamedKind::Group | NamedKind::TargetGroup, _))
}
