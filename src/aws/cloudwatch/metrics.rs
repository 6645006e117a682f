//! Metrics (GetMetricData).

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::{
    Client,
    types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode},
};
use jiff::{SignedDuration, Timestamp};

use super::super::{
    fault,
    paging::{Gathered, Page, batches, pages},
    values::{date_time, text, time},
};
use crate::domain::{
    fault::{Fault, FaultKind},
    metric::{MetricRead, Series},
};

const OPERATION: &str = "cloudwatch:GetMetricData";
/// Queries that GetMetricData takes in one call.
const QUERIES: usize = 500;

/// The last `minutes` of each of `reads`; a metric without data has an empty series.
pub async fn metrics(
    client: &Client,
    reads: &[MetricRead],
    minutes: u32,
    now: Timestamp,
) -> Gathered<(MetricRead, Series)> {
    let start = now.saturating_sub(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MIN);
    batches(reads.iter().cloned(), QUERIES, |reads| batch(client, reads, start, now)).await
}

/// One call's worth of reads, with all its pages.
async fn batch(
    client: &Client,
    reads: Vec<MetricRead>,
    start: Timestamp,
    end: Timestamp,
) -> Gathered<(MetricRead, Series)> {
    let queries: Vec<MetricDataQuery> = reads.iter().enumerate().map(|(index, read)| query(index, read)).collect();
    let results = pages(|token| {
        let call = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(date_time(start))
            .end_time(date_time(end))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of(OPERATION, &error, end))?;
            Ok(Page::new(output.metric_data_results, output.next_token))
        }
    })
    .await;
    if results.items.is_empty() && results.fault.is_some() {
        return Gathered { items: Vec::new(), fault: results.fault };
    }
    let refused = results.items.iter().find_map(|it| refusal(it, end));
    let mut series: BTreeMap<usize, BTreeMap<Timestamp, f64>> = BTreeMap::new();
    for result in &results.items {
        let Some(index) = result.id().and_then(|it| it.strip_prefix('m')).and_then(|it| it.parse().ok()) else {
            continue;
        };
        let moments = result.timestamps().iter().map(|it| time(Some(it)));
        let points = moments.zip(result.values()).filter_map(|(at, value)| Some((at?, *value)));
        series.entry(index).or_default().extend(points);
    }
    let items = reads.into_iter().enumerate().map(|(index, read)| {
        let points = series.remove(&index).unwrap_or_default();
        (read, Series { points: points.into_iter().collect() })
    });
    Gathered { items: items.collect(), fault: results.fault.or(refused) }
}

fn query(index: usize, read: &MetricRead) -> MetricDataQuery {
    let dimensions = read
        .metric
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name.as_str()).value(value.as_str()).build());
    let metric = Metric::builder()
        .namespace(read.metric.namespace.as_str())
        .metric_name(read.metric.name.as_str())
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .stat(read.statistic.as_str())
        .period(i32::try_from(read.period_seconds).unwrap_or(i32::MAX))
        .build();
    MetricDataQuery::builder().id(format!("m{index}")).metric_stat(stat).build()
}

/// The fault of one metric in an answer that is otherwise good.
fn refusal(result: &MetricDataResult, now: Timestamp) -> Option<Fault> {
    let kind = match result.status_code()? {
        StatusCode::Forbidden => FaultKind::Denied,
        StatusCode::InternalError => FaultKind::Server,
        _ => return None,
    };
    Some(Fault {
        kind,
        operation: OPERATION.into(),
        code: text(result.status_code().map(StatusCode::as_str)),
        message: text(result.messages().iter().find_map(|it| it.value()).or(result.label())),
        request_id: None,
        at: now,
    })
}
