//! A service's events: newest first, at most a hundred, repeats held back.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::super::world::Tick;

/// As many as `DescribeServices` returns.
const KEPT: usize = 100;
/// A standing condition is reported again after this long.
const REPEAT: SignedDuration = SignedDuration::from_hours(6);

/// One line of a service's history.
#[derive(Debug)]
pub struct Event {
    pub id: String,
    pub created_at: Timestamp,
    pub message: String,
}

/// A condition that holds for a while and is not reported anew at every look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Steady,
    Stuck,
    CannotStart,
    CannotPlace,
}

/// The events of one service.
#[derive(Debug, Default)]
pub struct Events {
    newest_first: VecDeque<Event>,
    /// The condition that holds, and when it was last reported.
    standing: Option<(Standing, Timestamp)>,
}

impl Events {
    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.newest_first.iter()
    }

    /// Adds an event.
    pub fn add(&mut self, message: String, tick: &mut Tick<'_>) {
        let event = Event { id: tick.random.uuid(), created_at: tick.now, message };
        self.newest_first.push_front(event);
        self.newest_first.truncate(KEPT);
    }

    /// Adds an event for a condition that holds, unless it was reported within the last six hours.
    pub fn stand(&mut self, standing: Standing, message: String, tick: &mut Tick<'_>) {
        let reported = self.standing.filter(|(before, _)| *before == standing).map(|(_, at)| at);
        if reported.is_none_or(|at| tick.now >= at + REPEAT) {
            self.add(message, tick);
            self.standing = Some((standing, tick.now));
        }
    }

    /// The condition no longer holds: its next occurrence is news.
    pub fn clear(&mut self, standing: Standing) {
        self.standing.take_if(|(before, _)| *before == standing);
    }

    /// Whatever stood before, something new begins.
    pub fn clear_all(&mut self) {
        self.standing = None;
    }

    /// When the standing condition is to be reported again.
    pub fn next_repeat(&self) -> Option<Timestamp> {
        self.standing.map(|(_, at)| at + REPEAT)
    }
}
