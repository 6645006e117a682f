//! What a service went through, as far as its logs show it: kept when it changes, not by the minute.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::sim::world::{
    traffic::{Load, Workload},
    wave::daily_wave,
};

/// How long changes are remembered; before that the service is taken to have been as it was then.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most changes that are kept.
const MOST: usize = 2_000;

/// The changes of one service, oldest first.
#[derive(Debug, Default)]
pub struct Diary(VecDeque<Entry>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    /// Seconds since the epoch.
    since: i64,
    surge: f64,
    slowdown: f64,
    error_share: f64,
    running: usize,
    serving: usize,
}

/// What one task went through in some minute.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub requests_per_second: f64,
    /// Of the requests, those that were answered with 5xx.
    pub error_share: f64,
    /// Median seconds to answer, and the log-normal spread.
    pub latency: f64,
    pub spread: f64,
}

impl Diary {
    /// Takes note of what is so from `now` on.
    pub fn note(&mut self, workload: &Workload, running: usize, serving: usize, now: Timestamp) {
        let Workload { surge, slowdown, error_share, .. } = *workload;
        let entry = Entry { since: now.as_second(), surge, slowdown, error_share, running, serving };
        if self.0.back().is_some_and(|last| Entry { since: last.since, ..entry } == *last) {
            return;
        }
        self.0.push_back(entry);
        let oldest = now.saturating_sub(REMEMBERED).map_or(i64::MIN, Timestamp::as_second);
        while self.0.len() > MOST || self.0.get(1).is_some_and(|next| next.since < oldest) {
            self.0.pop_front();
        }
    }

    /// A task's part at `second` of the requests that `workload` brings.
    pub fn part(&self, workload: &Workload, second: i64) -> Part {
        let after = self.0.partition_point(|entry| entry.since <= second);
        // Before the first note it was calm.
        let calm = |first: &Entry| Entry { surge: 1.0, slowdown: 1.0, error_share: 0.0, ..*first };
        let entry = match after.checked_sub(1) {
            Some(at) => self.0.get(at).copied(),
            None => self.0.front().map(calm),
        };
        let Some(entry) = entry else {
            return Part { requests_per_second: 0.0, error_share: 0.0, latency: 0.0, spread: 0.0 };
        };
        let carriers = if entry.serving > 0 { entry.serving } else { entry.running };
        let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        let rate = workload.requests_per_second * daily_wave(at, workload.swing, workload.peak_hour) * entry.surge;
        let Load { latency, .. } = Workload { slowdown: entry.slowdown, ..workload.clone() }.loaded(rate, carriers);
        Part {
            requests_per_second: rate / carriers.max(1) as f64,
            error_share: if entry.serving == 0 { 1.0 } else { entry.error_share },
            latency,
            spread: workload.spread,
        }
    }
}
