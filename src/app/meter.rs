//! The console's own use of AWS: calls, throttles, retries, latency and the price of metric reads.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{query::Attempt, text::SafeText};

/// USD for a thousand metrics requested by GetMetricData (price list of 2026-09).
const USD_PER_THOUSAND_METRICS: f64 = 0.01;

/// Counts since the start, and of the last minute.
#[derive(Debug, Clone, Default)]
pub struct ApiMeter {
    totals: BTreeMap<SafeText, Usage>,
    recent: VecDeque<(Timestamp, SafeText)>,
}

/// The use of one operation since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    pub throttles: u64,
    pub retries: u64,
    pub failures: u64,
    pub metrics: u64,
    /// Of all calls together.
    pub milliseconds: u64,
    pub slowest: u32,
}

impl ApiMeter {
    pub fn note(&mut self, attempt: &Attempt) {
        let usage = self.totals.entry(attempt.operation.clone()).or_default();
        usage.calls += 1;
        usage.throttles += u64::from(attempt.throttled);
        usage.retries += u64::from(attempt.retry);
        usage.failures += u64::from(!(200..300).contains(&attempt.status));
        usage.metrics += u64::from(attempt.metrics);
        usage.milliseconds += u64::from(attempt.milliseconds);
        usage.slowest = usage.slowest.max(attempt.milliseconds);
        self.recent.push_back((attempt.at, attempt.operation.clone()));
    }

    /// Forgets what is older than a minute.
    pub fn tick(&mut self, now: Timestamp) {
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > SignedDuration::from_mins(1)) {
            self.recent.pop_front();
        }
    }

    /// Use by operation, as `ecs:DescribeServices`.
    pub fn by_operation(&self) -> &BTreeMap<SafeText, Usage> {
        &self.totals
    }

    /// Calls of the last minute, all or those of one operation or service (`ecs:` as prefix).
    pub fn last_minute(&self, prefix: &str) -> usize {
        self.recent.iter().filter(|(_, operation)| operation.as_str().starts_with(prefix)).count()
    }

    pub fn calls(&self) -> u64 {
        self.totals.values().map(|usage| usage.calls).sum()
    }

    pub fn throttles(&self) -> u64 {
        self.totals.values().map(|usage| usage.throttles).sum()
    }

    /// What the metric reads have cost since the start, in USD.
    pub fn metric_price(&self) -> f64 {
        self.totals.values().map(|usage| usage.metrics as f64).sum::<f64>() / 1000.0 * USD_PER_THOUSAND_METRICS
    }
}
