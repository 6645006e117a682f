//! How AWS has answered the console lately.
//!
//! Invariant: what is older than [`WINDOW`] is forgotten, but for when the calls began to time out.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{query::Attempt, text::SafeText};

/// How far back calls say something of now.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The HTTP attempts of the last minutes, of every scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calls {
    recent: VecDeque<Call>,
    /// When the first timed out of those that have since then without a pause as long as the window.
    timing_out_since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    at: Timestamp,
    milliseconds: u32,
    /// The operation, where it timed out.
    timed_out: Option<SafeText>,
}

impl Calls {
    pub fn note(&mut self, attempt: &Attempt) {
        let timed_out = attempt.timed_out.then(|| attempt.operation.clone());
        if timed_out.is_some() {
            self.timing_out_since = self.timing_out_since.or(Some(attempt.at));
        }
        self.recent.push_back(Call { at: attempt.at, milliseconds: attempt.milliseconds, timed_out });
        self.tick(attempt.at);
    }

    /// Forgets what is older than the window.
    pub fn tick(&mut self, now: Timestamp) {
        let mut forgotten = false;
        while self.recent.front().is_some_and(|it| now.duration_since(it.at) > WINDOW) {
            forgotten |= self.recent.pop_front().is_some_and(|it| it.timed_out.is_some());
        }
        if forgotten && self.timed_out() == 0 {
            self.timing_out_since = None;
        }
    }

    /// Calls of the window.
    pub fn count(&self) -> usize {
        self.recent.len()
    }

    /// How many of them timed out.
    pub fn timed_out(&self) -> usize {
        self.recent.iter().filter(|it| it.timed_out.is_some()).count()
    }

    /// How often each operation timed out, as `ecs:DescribeTasks`.
    pub fn timed_out_by_operation(&self) -> BTreeMap<&SafeText, usize> {
        let mut counts = BTreeMap::new();
        for operation in self.recent.iter().filter_map(|it| it.timed_out.as_ref()) {
            *counts.entry(operation).or_default() += 1;
        }
        counts
    }

    /// Since when calls time out.
    pub fn timing_out_since(&self) -> Option<Timestamp> {
        self.timing_out_since
    }

    /// The milliseconds below which `percent` of the calls stayed; `None` where there are none.
    pub fn percentile(&self, percent: usize) -> Option<u32> {
        let mut sorted: Vec<u32> = self.recent.iter().map(|it| it.milliseconds).collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Calls;
    use crate::domain::query::Attempt;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn attempt(second: i64, milliseconds: u32, timed_out: bool) -> Attempt {
        Attempt {
            at: at(second),
            operation: "ecs:DescribeTasks".into(),
            status: if timed_out { 0 } else { 200 },
            throttled: false,
            timed_out,
            retry: false,
            milliseconds,
            bytes: 0,
            metrics: 0,
            pages: 0,
        }
    }

    #[test]
    fn five_minutes_are_counted_and_the_first_that_timed_out_is_remembered_while_others_follow() {
        let mut calls = Calls::default();
        for second in 0..600 {
            calls.note(&attempt(second, 100, second % 200 == 50));
        }
        assert_eq!((calls.count(), calls.timed_out()), (301, 1), "at 450 s");
        assert_eq!(calls.timing_out_since(), Some(at(50)));
        assert_eq!(calls.percentile(99), Some(100));
        calls.tick(at(751));
        assert_eq!((calls.timed_out(), calls.timing_out_since()), (0, None));
        calls.note(&attempt(760, 8_000, true));
        assert_eq!(calls.timing_out_since(), Some(at(760)));
        assert_eq!(calls.timed_out_by_operation().into_values().collect::<Vec<_>>(), [1]);
    }
}
