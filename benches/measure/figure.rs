//! One line of the table.

use std::{fmt, time::Duration};

/// Something measured, beside what it should be.
pub struct Figure {
    pub what: String,
    pub target: Amount,
    pub measured: Amount,
    /// How it came about: runs, extent.
    pub how: String,
}

/// A quantity of which less is better.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Amount {
    Milliseconds(f64),
    Calls(u64),
    Bytes(u64),
    /// Percent of one core.
    Percent(f64),
    Mebibytes(f64),
}

impl Amount {
    pub fn of(time: Duration) -> Self {
        Self::Milliseconds(1000.0 * time.as_secs_f64())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Milliseconds(it) if *it >= 100.0 => write!(f, "{it:.0} ms"),
            Self::Milliseconds(it) => write!(f, "{it:.2} ms"),
            Self::Calls(it) => write!(f, "{it} calls"),
            Self::Bytes(it) => write!(f, "{it} B"),
            Self::Percent(it) => write!(f, "{it:.2} %"),
            Self::Mebibytes(it) => write!(f, "{it:.0} MiB"),
        }
    }
}

impl Figure {
    pub const HEAD: &str = "| what | target | measured | | how |\n|---|---|---|---|---|";
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, target, measured, how } = self;
        let verdict = if measured <= target { "met" } else { "missed" };
        write!(f, "| {what} | {target} | {measured} | {verdict} | {how} |")
    }
}

/// The middle one.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The one that 99 of 100 do not exceed.
pub fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    let at = (99 * times.len()).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}
