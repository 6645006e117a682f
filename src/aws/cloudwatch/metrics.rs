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
    metric::{MetricRead, Series, Span},
};

const OPERATION: &str = "cloudwatch:GetMetricData";
/// Queries that GetMetricData takes in one call.
const QUERIES: usize = 500;

/// The last `minutes` of each of `reads`, from the start of a period on; a metric without data has an empty series.
pub async fn metrics(
    client: &Client,
    reads: &[MetricRead],
    minutes: u32,
    now: Timestamp,
) -> Gathered<(MetricRead, Series)> {
    let start = now.saturating_sub(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MIN);
    // CloudWatch counts periods from the start that it is given: unaligned, each read would cut them anew.
    let longest = reads.iter().map(|it| i64::from(it.period_seconds)).max().unwrap_or_default().max(60);
    let second = start.as_second() - start.as_second().rem_euclid(longest);
    let start = Timestamp::from_second(second).unwrap_or(start);
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
    let mut refused: BTreeMap<usize, Fault> = BTreeMap::new();
    let mut series: BTreeMap<usize, BTreeMap<Timestamp, f64>> = BTreeMap::new();
    for result in &results.items {
        let Some(index) = result.id().and_then(|it| it.strip_prefix('m')).and_then(|it| it.parse().ok()) else {
            continue;
        };
        refused.extend(refusal(result, end).map(|fault| (index, fault)));
        let moments = result.timestamps().iter().map(|it| time(Some(it)));
        let points = moments.zip(result.values()).filter_map(|(at, value)| Some((at?, *value)));
        series.entry(index).or_default().extend(points);
    }
    let items = reads.into_iter().enumerate().map(|(index, read)| {
        let points = series.remove(&index).unwrap_or_default().into_iter().collect();
        let whole = results.fault.is_none() && !refused.contains_key(&index);
        (read, Series { points, covered: whole.then_some(Span { from: start, to: end }) })
    });
    Gathered { items: items.collect(), fault: results.fault.or(refused.into_values().next()) }
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
