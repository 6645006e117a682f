//! Waiting longer and longer before starting tasks that keep failing to start.

use jiff::{SignedDuration, Timestamp};

/// Failures that are retried without delay.
const PATIENCE: u32 = 3;
/// Seconds: the first delay, doubled at each further failure up to the longest.
const FIRST: i64 = 30;
const LONGEST: i64 = 900;

/// How the starts of one service have failed lately. Tasks that reach RUNNING and die then do not count.
#[derive(Debug, Default)]
pub struct BackOff {
    failures: u32,
    until: Option<Timestamp>,
}

impl BackOff {
    /// Counts a task that never ran; true where the service now cannot start tasks consistently.
    pub fn fail(&mut self, now: Timestamp) -> bool {
        self.failures += 1;
        let Some(over) = self.failures.checked_sub(PATIENCE) else { return false };
        let delay = FIRST.saturating_mul(1 << over.min(5)).min(LONGEST);
        self.until = Some(now + SignedDuration::from_secs(delay));
        true
    }

    /// A task ran, or something else is brought out.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    pub fn may_start(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_quarter_of_an_hour() {
        let (mut back_off, now) = (BackOff::default(), Timestamp::UNIX_EPOCH);
        assert!(!back_off.fail(now) && !back_off.fail(now) && back_off.may_start(now));
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            assert!(back_off.fail(now));
            assert!(!back_off.may_start(now + SignedDuration::from_secs(seconds - 1)));
            assert!(back_off.may_start(now + SignedDuration::from_secs(seconds)));
        }
        back_off.reset();
        assert!(back_off.may_start(now));
    }
}
