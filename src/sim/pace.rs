//! How virtual time passes: stepped by a test, or a multiple of real time.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The relation of virtual to real time. The only place of the simulator that reads a clock.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Time stands until somebody calls [`super::Sim::advance`].
    Stepped,
    /// Virtual seconds per real second, from `start` on.
    Running { start: Timestamp, since: Instant, speed: f64 },
}

impl Pace {
    /// Time running at `speed` times real time, starting now from the virtual moment `start`.
    #[expect(clippy::disallowed_methods, reason = "this is the simulator's home of clocks")]
    pub fn running(start: Timestamp, speed: f64) -> Self {
        Self::Running { start, since: Instant::now(), speed }
    }

    /// The virtual time now; `None` where only a test moves it.
    pub fn now(&self) -> Option<Timestamp> {
        match self {
            Self::Stepped => None,
            Self::Running { start, since, speed } => {
                let passed = SignedDuration::try_from_secs_f64(since.elapsed().as_secs_f64() * speed).ok()?;
                start.checked_add(passed).ok()
            }
        }
    }

    /// Virtual seconds per real second; 0 where a test steps.
    pub fn speed(&self) -> f64 {
        match self {
            Self::Stepped => 0.0,
            Self::Running { speed, .. } => *speed,
        }
    }
}

/// Real time: for what clients compare with their own clock (`Date` headers, credential expiry), never for the world.
#[expect(clippy::disallowed_methods, reason = "this is the simulator's home of clocks")]
pub fn wall_clock() -> Timestamp {
    Timestamp::now()
}
