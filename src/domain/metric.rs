//! Metrics and the series read of them (GetMetricData).

use jiff::Timestamp;

use super::text::SafeText;

/// Namespace, name and dimensions (sorted by name).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName {
    pub namespace: SafeText,
    pub name: SafeText,
    pub dimensions: Vec<(SafeText, SafeText)>,
}

/// What is read of a metric: each costs as one metric requested.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricRead {
    pub metric: MetricName,
    /// `Average`, `Sum`, `Maximum`, `p95` …
    pub statistic: SafeText,
    pub period_seconds: u32,
}

/// Values oldest first, at the start of their period; periods without data are not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    pub points: Vec<(Timestamp, f64)>,
}

impl Series {
    /// The newest value and the start of its period.
    pub fn latest(&self) -> Option<(Timestamp, f64)> {
        self.points.last().copied()
    }
}
