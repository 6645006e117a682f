//! When a gateway that takes no new sessions will be empty, as a plan keeps it: a range, since the last of a few sessions
//! ends by chance. How it is estimated is told in `triage::emptying`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::triage::emptying::{Emptying, coarse};

/// Seconds from when new sessions stop until the last session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Nine times of ten later.
    pub early_seconds: i64,
    /// As likely before as after.
    pub likely_seconds: i64,
    /// Nine times of ten before.
    pub late_seconds: i64,
}

impl From<Emptying> for Forecast {
    fn from(emptying: Emptying) -> Self {
        Self {
            early_seconds: emptying.early.as_secs(),
            likely_seconds: emptying.likely.as_secs(),
            late_seconds: emptying.late.as_secs(),
        }
    }
}

impl Forecast {
    /// Of a gateway that holds none.
    pub const EMPTY: Self = Self { early_seconds: 0, likely_seconds: 0, late_seconds: 0 };

    /// As `2 h (50 m to 5 h)`.
    pub fn words(&self) -> String {
        let [early, likely, late] = [self.early_seconds, self.likely_seconds, self.late_seconds]
            .map(|it| coarse(SignedDuration::from_secs(it)));
        if early == late { likely } else { format!("{likely} ({early} to {late})") }
    }
}

#[cfg(test)]
mod tests {
    use super::Forecast;

    #[test]
    fn it_is_told_as_a_range() {
        let forecast = Forecast { early_seconds: 3_000, likely_seconds: 7_200, late_seconds: 18_000 };
        assert_eq!(forecast.words(), "2 h (50 m to 5 h)");
        assert_eq!(Forecast::EMPTY.words(), "10 m");
    }
}
