//! Whether a metric exists (ListMetrics).

use aws_sdk_cloudwatch::{
    Client,
    types::{DimensionFilter, Metric},
};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Page, pages},
    },
    metric_name,
};
use crate::domain::{fault::Fault, metric::MetricName, text::SafeText};

/// Whether CloudWatch lists exactly this metric: whether it has had data within about two weeks.
pub async fn listed(client: &Client, metric: &MetricName, now: Timestamp) -> Result<bool, Fault> {
    let filter = |(name, value): &(SafeText, SafeText)| {
        DimensionFilter::builder().name(name.as_str()).value(value.as_str()).build()
    };
    let filters: Vec<_> = metric.dimensions.iter().map(filter).collect();
    let found = pages(|token| {
        let call = client
            .list_metrics()
            .namespace(metric.namespace.as_str())
            .metric_name(metric.name.as_str())
            .set_dimensions(Some(filters.clone()))
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("cloudwatch:ListMetrics", &error, now))?;
            // Filters let through what has more dimensions than these.
            let is_it = |it: &&Metric| metric_name(it.namespace(), it.metric_name(), it.dimensions()) == *metric;
            let found: Vec<()> = output.metrics().iter().find(is_it).map(|_| ()).into_iter().collect();
            let next = if found.is_empty() { output.next_token } else { None };
            Ok(Page::new(Some(found), next))
        }
    })
    .await;
    match found.fault {
        Some(fault) => Err(fault),
        None => Ok(!found.items.is_empty()),
    }
}
