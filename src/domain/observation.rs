//! Values with their age and their faults.

use jiff::{SignedDuration, Timestamp};

use super::fault::Fault;

/// A last known value, when it was fetched, and the fault if the last fetch failed.
///
/// Invariant: a value once known is never dropped because a later fetch failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<T> {
    value: Option<T>,
    fetched_at: Option<Timestamp>,
    fault: Option<Fault>,
    /// A page failed: the value holds what was fetched, beside what was known.
    partial: bool,
    /// When the fetch under way was sent.
    requested_at: Option<Timestamp>,
}

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Never fetched, and nothing has gone wrong yet.
    Awaited,
    /// Younger than its cadence allows.
    Fresh,
    /// On its way again while the known value still stands.
    Refreshing,
    /// Older than its cadence allows.
    Stale,
    /// The last fetch failed.
    Faulted,
}

impl<T> Default for Observation<T> {
    fn default() -> Self {
        Self { value: None, fetched_at: None, fault: None, partial: false, requested_at: None }
    }
}

/// A read that is answered sooner is not worth telling of.
const NOTICED: SignedDuration = SignedDuration::from_secs(1);

impl<T> Observation<T> {
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value, for parts of it to be forgotten or filled in.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    pub fn fetched_at(&self) -> Option<Timestamp> {
        self.fetched_at
    }

    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// A fetch has been sent.
    pub fn request(&mut self, at: Timestamp) {
        self.requested_at = Some(at);
    }

    /// A fetch has answered in full.
    pub fn succeed(&mut self, value: T, at: Timestamp) {
        *self = Self { value: Some(value), fetched_at: Some(at), fault: None, partial: false, requested_at: None };
    }

    /// A fetch has failed; what was known stays.
    pub fn fail(&mut self, fault: Fault) {
        self.fault = Some(fault);
        self.requested_at = None;
    }

    /// Nobody wants it renewed any more: that it could not be, is no fault of what is watched.
    pub fn leave(&mut self) {
        self.fault = None;
        self.requested_at = None;
    }

    /// A fetch failed half-way: `merged` is what came, laid over what was known.
    pub fn succeed_in_part(&mut self, merged: T, at: Timestamp, fault: Fault) {
        *self =
            Self { value: Some(merged), fetched_at: Some(at), fault: Some(fault), partial: true, requested_at: None };
    }

    /// Hands out the known value to be merged into a new one.
    pub fn take_value(&mut self) -> Option<T> {
        self.value.take()
    }

    /// How long ago the value was fetched.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.fetched_at.map(|at| now.duration_since(at))
    }

    /// How far the value can be trusted, given that it should be renewed every `cadence`.
    /// Two missed renewals make it stale.
    pub fn freshness(&self, now: Timestamp, cadence: SignedDuration) -> Freshness {
        if self.fault.is_some() {
            return Freshness::Faulted;
        }
        match self.age(now) {
            None => Freshness::Awaited,
            Some(age) if age > cadence * 3 => Freshness::Stale,
            Some(_) if self.requested_at.is_some_and(|it| now.duration_since(it) >= NOTICED) => Freshness::Refreshing,
            Some(_) => Freshness::Fresh,
        }
    }
}
