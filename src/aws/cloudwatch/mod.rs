//! Amazon CloudWatch: alarms, their history, and metrics.

mod alarms;
mod history;
mod listed;
mod metrics;

use aws_sdk_cloudwatch::types::Dimension;

pub use self::{alarms::alarms, history::history, listed::listed, metrics::metrics};
use super::values::text;
use crate::domain::metric::MetricName;

/// A metric's name with its dimensions in order, so that equal metrics are equal values.
fn metric_name(namespace: Option<&str>, name: Option<&str>, dimensions: &[Dimension]) -> MetricName {
    let mut dimensions: Vec<_> = dimensions.iter().map(|it| (text(it.name()), text(it.value()))).collect();
    dimensions.sort();
    MetricName { namespace: text(namespace), name: text(name), dimensions }
}
