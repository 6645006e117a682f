//! The console's own use of AWS: calls, throttles, retries, latency, bytes, and what it is billed for them: metric reads and
//! pages of Cost Explorer.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::domain::{
    cost,
    money::{Currency, Money},
    query::Attempt,
    text::SafeText,
};

/// USD for each metric requested by GetMetricData: a hundredth for a thousand (price list of 2026-09).
const USD_PER_METRIC: Decimal = Decimal::from_parts(1, 0, 0, false, 5);
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
    /// Pages of Cost Explorer.
    pub pages: u64,
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
        self.pages += u64::from(attempt.pages);
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
        self.pages += other.pages;
        self.bytes += other.bytes;
        self.latencies.extend(&other.latencies);
    }

    /// What it has been billed; `None` for what costs nothing.
    pub fn price(&self) -> Option<Money> {
        let usd = metrics_usd(self.metrics) + Decimal::from(self.pages) * cost::REQUEST_PRICE.amount;
        (!usd.is_zero()).then_some(Money::new(usd, Currency::USD))
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

    /// Use of all operations together.
    pub fn all(&self) -> Usage {
        let mut all = Usage::default();
        self.totals.values().for_each(|it| all.join(it));
        all
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

    /// What the metric reads cost an hour as they have been going lately.
    pub fn metric_price_per_hour(&self, now: Timestamp) -> Money {
        let span = self.first_priced.map_or(PRICED, |first| now.duration_since(first).clamp(MINUTE, PRICED));
        let lately: u64 = self.priced.iter().map(|(_, metrics)| u64::from(*metrics)).sum();
        let usd = metrics_usd(lately) * Decimal::from(SignedDuration::from_hours(1).as_secs());
        Money::new(usd / Decimal::from(span.as_secs()), Currency::USD)
    }
}

fn metrics_usd(metrics: u64) -> Decimal {
    Decimal::from(metrics) * USD_PER_METRIC
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
            timed_out: false,
            retry: false,
            milliseconds,
            bytes: 100,
            metrics,
            pages: 0,
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
        let price = meter.by_service()["cloudwatch"].price();
        assert_eq!(price.map(|it| it.price()).as_deref(), Some("0.015 USD"));
        // Fifty a minute: 3 000 an hour.
        assert_eq!(meter.metric_price_per_hour(now).price(), "0.03 USD");
        assert!(ApiMeter::default().metric_price_per_hour(now).amount.is_zero());
    }

    #[test]
    fn every_page_of_cost_explorer_is_priced() {
        let mut meter = ApiMeter::default();
        for operation in ["ce:GetCostAndUsage", "ce:GetCostAndUsage", "ce:GetCostForecast"] {
            meter.note(&Attempt { pages: 1, ..attempt(operation, 0, 10, 0) });
        }
        meter.note(&attempt("budgets:DescribeBudgets", 0, 10, 0));
        let price = |usage: &super::Usage| usage.price().map(|it| it.to_string());
        assert_eq!(price(&meter.by_service()["ce"]).as_deref(), Some("0.03 USD"));
        assert_eq!(price(&meter.by_operation()[&"ce:GetCostAndUsage".into()]).as_deref(), Some("0.02 USD"));
        assert_eq!(price(&meter.by_service()["budgets"]), None);
    }
}
