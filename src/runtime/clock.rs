//! The console's clock: real time, or a simulator's virtual time.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Tells the time of the world that is watched. The only place of the console that reads a clock.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    Real,
    /// Virtual time that was `start` at `since` and passes `speed` times as fast.
    Simulated {
        start: Timestamp,
        since: Instant,
        speed: f64,
    },
}

impl Clock {
    /// A clock in step with a simulator that is at `start` now.
    pub fn simulated(start: Timestamp, speed: f64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the console's clock reads the time here and nowhere else")]
        let since = Instant::now();
        Self::Simulated { start, since, speed }
    }

    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the console's clock reads the time here and nowhere else")]
            Self::Real => Timestamp::now(),
            Self::Simulated { start, since, speed } => {
                let passed = SignedDuration::try_from_secs_f64(since.elapsed().as_secs_f64() * speed);
                start.saturating_add(passed.unwrap_or_default()).unwrap_or(*start)
            }
        }
    }
}
