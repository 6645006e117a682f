//! The console's own use of AWS: calls, throttles, retries, latency, bytes and the price of metric reads.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{query::Attempt, text::SafeText};

/// USD for a thousand metrics requested by GetMetricData (price list of 2026-09).
const USD_PER_THOUSAND_METRICS: f64 = 0.01;
/// Percentiles are of so many of an operation's newest calls.
const LATENCIES: usize = 500;
/// What metric reads cost an hour is reckoned from so much of the past.
const PRICED: SignedDuration = SignedDuration::from_mins(10);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Counts since the start, and of the last minute.
#[derive(Debug, Clone, Default)]
pub struct ApiMeter {
    totals: BTreeMap<SafeText, Usage>,
    recent: VecDeque<(Timestamp, SafeText)>,
    /// Metrics requested in the last minutes, and when the first ever were.
    priced: VecDeque<(Timestamp, u32)>,
    first_priced: Option<Timestamp>,
}

/// The use of one operation since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    pub throttles: u64,
    pub retries: u64,
    pub failures: u64,
    pub metrics: u64,
    /// Of the answers.
    pub bytes: u64,
    /// Milliseconds of the newest calls.
    latencies: VecDeque<u32>,
}

impl Usage {
    fn note(&mut self, attempt: &Attempt) {
        self.calls += 1;
        self.throttles += u64::from(attempt.throttled);
        self.retries += u64::from(attempt.retry);
        self.failures += u64::from(!(200..300).contains(&attempt.status));
        self.metrics += u64::from(attempt.metrics);
        self.bytes += attempt.bytes;
        self.latencies.push_back(attempt.milliseconds);
        if self.latencies.len() > LATENCIES {
            self.latencies.pop_front();
        }
    }

    /// This and another's use together.
    fn join(&mut self, other: &Self) {
        self.calls += other.calls;
        self.throttles += other.throttles;
        self.retries += other.retries;
        self.failures += other.failures;
        self.metrics += other.metrics;
        self.bytes += other.bytes;
        self.latencies.extend(&other.latencies);
    }

    /// The milliseconds below which `percent` of the newest calls stayed; `None` before the first.
    pub fn percentile(&self, percent: usize) -> Option<u32> {
        let mut sorted: Vec<u32> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

impl ApiMeter {
    pub fn note(&mut self, attempt: &Attempt) {
        self.totals.entry(attempt.operation.clone()).or_default().note(attempt);
        self.recent.push_back((attempt.at, attempt.operation.clone()));
        if attempt.metrics > 0 {
            self.priced.push_back((attempt.at, attempt.metrics));
            self.first_priced = self.first_priced.or(Some(attempt.at));
        }
    }

    /// Forgets what is older than it is counted for.
    pub fn tick(&mut self, now: Timestamp) {
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > MINUTE) {
            self.recent.pop_front();
        }
        while self.priced.front().is_some_and(|(at, _)| now.duration_since(*at) > PRICED) {
            self.priced.pop_front();
        }
    }

    /// Use by operation, as `ecs:DescribeServices`.
    pub fn by_operation(&self) -> &BTreeMap<SafeText, Usage> {
        &self.totals
    }

    /// Use by service, as `ecs`.
    pub fn by_service(&self) -> BTreeMap<&str, Usage> {
        let mut services: BTreeMap<&str, Usage> = BTreeMap::new();
        for (operation, usage) in &self.totals {
            let service = operation.as_str().split_once(':').map_or(operation.as_str(), |it| it.0);
            services.entry(service).or_default().join(usage);
        }
        services
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
        price(self.totals.values().map(|usage| usage.metrics).sum())
    }

    /// What they cost an hour as they have been going lately, in USD.
    pub fn metric_price_per_hour(&self, now: Timestamp) -> f64 {
        let Some(first) = self.first_priced else { return 0.0 };
        let span = now.duration_since(first).clamp(MINUTE, PRICED);
        let lately: u64 = self.priced.iter().map(|(_, metrics)| u64::from(*metrics)).sum();
        price(lately) * SignedDuration::from_hours(1).as_secs_f64() / span.as_secs_f64()
    }
}

fn price(metrics: u64) -> f64 {
    metrics as f64 / 1000.0 * USD_PER_THOUSAND_METRICS
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::ApiMeter;
    use crate::domain::query::Attempt;

    fn attempt(operation: &str, second: i64, milliseconds: u32, metrics: u32) -> Attempt {
        Attempt {
            at: Timestamp::from_second(second).expect("a time"),
            operation: operation.into(),
            status: 200,
            throttled: false,
            retry: false,
            milliseconds,
            bytes: 100,
            metrics,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn percentiles_are_of_the_newest_calls() {
        let mut meter = ApiMeter::default();
        for milliseconds in 1..=600 {
            meter.note(&attempt("ecs:DescribeServices", 0, milliseconds, 0));
        }
        let usage = &meter.by_operation()[&"ecs:DescribeServices".into()];
        assert_eq!([50, 99, 100].map(|it| usage.percentile(it)), [Some(350), Some(595), Some(600)]);
        assert_eq!(usage.bytes, 60_000);
    }

    #[test]
    fn a_services_use_is_that_of_all_its_operations() {
        let mut meter = ApiMeter::default();
        meter.note(&attempt("ecs:ListTasks", 0, 10, 0));
        meter.note(&attempt("ecs:DescribeTasks", 0, 30, 0));
        meter.note(&attempt("sts:GetCallerIdentity", 0, 20, 0));
        let services = meter.by_service();
        assert_eq!(services.iter().map(|(name, it)| (*name, it.calls)).collect::<Vec<_>>(), [("ecs", 2), ("sts", 1)]);
        assert_eq!(services["ecs"].percentile(99), Some(30));
    }

    #[test]
    fn metric_reads_are_priced_so_far_and_an_hour() {
        let mut meter = ApiMeter::default();
        for minute in 0..30 {
            meter.note(&attempt("cloudwatch:GetMetricData", minute * 60, 10, 50));
            meter.tick(at(minute * 60));
        }
        let now = at(29 * 60) + SignedDuration::from_secs(30);
        meter.tick(now);
        assert!((meter.metric_price() - 0.015).abs() < 1e-9, "{}", meter.metric_price());
        // Fifty a minute: 3 000 an hour.
        assert!((meter.metric_price_per_hour(now) - 0.03).abs() < 0.000_01, "{}", meter.metric_price_per_hour(now));
        assert!(ApiMeter::default().metric_price_per_hour(now).abs() < 1e-12);
    }
}
