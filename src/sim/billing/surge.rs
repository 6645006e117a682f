//! Spend that scenarios let grow: data through NAT gateways.

use std::ops::Range;

use super::usage::Usage;

/// So many times the data through a stack's NAT gateways, from one hour (since the epoch) to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surge {
    pub project: String,
    /// Thousandths of what would have passed without it.
    pub factor: u64,
    pub from: i64,
    /// `None` while it goes on.
    pub until: Option<i64>,
}

impl Surge {
    /// Whether it goes on, and is the one that began so.
    pub fn is_open(&self, project: &str, factor: u64) -> bool {
        self.until.is_none() && (self.project.as_str(), self.factor) == (project, factor)
    }

    pub fn touches(&self, hours: Range<i64>) -> bool {
        self.from < hours.end && self.until.is_none_or(|until| until > hours.start)
    }

    pub fn covers(&self, usage: &Usage, hour: i64) -> bool {
        self.touches(hour..hour + 1)
            && usage.project == Some(self.project.as_str())
            && usage.usage_type.ends_with("NatGateway-Bytes")
    }

    pub fn of(&self, used: u64) -> u64 {
        used * self.factor / 1_000
    }
}
