//! `GetMetricData`: many metrics at once, bucketed by period, newest first unless asked otherwise.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{MetricKey, State, invalid, required, sample::Statistic};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    page::{Rule, page},
    value::{Value, shape},
};

/// Queries in one call.
const MAX_QUERIES: usize = 500;

const DATAPOINTS: Rule = Rule {
    listing: "cloudwatch.GetMetricData",
    size_name: "maxDatapoints",
    default: 100_800,
    min: 1,
    max: 100_800,
    bad_size: "ValidationError",
    bad_token: "InvalidNextToken",
};

/// One metric that is asked for.
struct Query {
    id: String,
    label: String,
    metric: MetricKey,
    period: i64,
    statistic: Statistic,
    returned: bool,
}

/// One datapoint of the answer: which query it belongs to, its time and its value.
struct Datapoint {
    query: usize,
    at: i64,
    value: f64,
}

pub fn answer(state: &State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let queries = queries(input)?;
    let (start, end) = range(input)?;
    let ascending = match input.text("ScanBy")? {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => {
            return Err(invalid(format!("ScanBy must be TimestampDescending or TimestampAscending, not {other}")));
        }
    };
    let mut datapoints = Vec::new();
    let mut last = vec![None; queries.len()];
    for (index, query) in queries.iter().enumerate().filter(|(_, query)| query.returned) {
        let Some(series) = state.store.find(&query.metric) else { continue };
        let mut buckets = series.buckets(start, end, query.period, now.as_second());
        if !ascending {
            buckets.reverse();
        }
        last[index] = buckets.last().map(|(at, _)| *at);
        let datapoint = |(at, sample)| Datapoint { query: index, at, value: query.statistic.of(&sample) };
        datapoints.extend(buckets.into_iter().map(datapoint));
    }
    let token = input.text("NextToken")?;
    let key = |point: &Datapoint| format!("{}:{}", point.query, point.at);
    let page = page(datapoints, token, input.int("MaxDatapoints")?, &DATAPOINTS, key)?;

    let mut points = page.items.into_iter().peekable();
    let mut results = Vec::new();
    for (index, query) in queries.iter().enumerate().filter(|(_, query)| query.returned) {
        let (mut times, mut values) = (Vec::new(), Vec::new());
        let mut newest = None;
        while let Some(point) = points.next_if(|point| point.query == index) {
            newest = Some(point.at);
            times.push(Timestamp::from_second(point.at).unwrap_or(Timestamp::UNIX_EPOCH));
            values.push(point.value);
        }
        // A metric is told of on the pages that carry its data; one without data only on the first.
        if !values.is_empty() || (last[index].is_none() && token.is_none()) {
            results.push(shape! {
                "Id" => &query.id,
                "Label" => &query.label,
                "Timestamps" => times,
                "Values" => values,
                "StatusCode" => if newest == last[index] { "Complete" } else { "PartialData" },
            });
        }
    }
    Ok(
        shape! { "MetricDataResults" => Value::List(results), "NextToken" => page.next, "Messages" => Value::List(vec![]) },
    )
}

/// The time asked for in seconds: start inclusive and rounded down to the minute, end exclusive.
fn range(input: Input<'_>) -> Result<(i64, i64), ApiError> {
    let time = |name: &str| {
        let missing = || ApiError::bad_request("MissingParameter", format!("The parameter {name} is required."));
        input.time(name)?.ok_or_else(missing)
    };
    let (start, end) = (time("StartTime")?.as_second(), time("EndTime")?);
    if start >= end.as_second() {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    // A fraction of a second after a bucket's start still includes that bucket.
    let end = end.as_second() + i64::from(end.subsec_nanosecond() > 0);
    Ok((start - start.rem_euclid(60), end))
}

fn queries(input: Input<'_>) -> Result<Vec<Query>, ApiError> {
    let items = input.items("MetricDataQueries")?;
    if items.is_empty() {
        return Err(ApiError::bad_request("MissingParameter", "The parameter MetricDataQueries is required."));
    }
    if items.len() > MAX_QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}."
        )));
    }
    let queries = items.into_iter().map(query).collect::<Result<Vec<_>, _>>()?;
    let ids: BTreeSet<_> = queries.iter().map(|query| query.id.as_str()).collect();
    if ids.len() < queries.len() {
        return Err(invalid("The values for parameter id in MetricDataQueries are not unique."));
    }
    Ok(queries)
}

fn query(input: Input<'_>) -> Result<Query, ApiError> {
    let id = required(input, "Id")?;
    let mut characters = id.chars();
    let starts_low = characters.next().is_some_and(|first| first.is_ascii_lowercase());
    if !starts_low || !characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_') {
        return Err(invalid(format!("The value {id} for parameter Id does not match [a-z][a-zA-Z0-9_]*")));
    }
    if input.has("Expression") {
        return Err(invalid(format!("Error in expression '{id}': the simulator evaluates no metric math")));
    }
    let missing = || invalid(format!("The query {id} must have either MetricStat or Expression"));
    let stat = input.object("MetricStat").ok_or_else(missing)?;
    let metric = stat.object("Metric").ok_or_else(missing)?;
    let metric = MetricKey::read(required(metric, "Namespace")?, metric)?;
    let period = stat.int("Period")?.ok_or_else(missing)?;
    if period < 1 || !(matches!(period, 1 | 5 | 10 | 20 | 30) || period % 60 == 0) {
        return Err(invalid(format!("Period {period} must be 1, 5, 10, 20, 30 or a multiple of 60")));
    }
    let asked = required(stat, "Stat")?;
    let statistic = Statistic::parse(asked)
        .ok_or_else(|| invalid(format!("The value {asked} for parameter Stat is not supported.")))?;
    let label = input.text("Label")?.unwrap_or(&metric.name).to_owned();
    let returned = input.bool("ReturnData")?.unwrap_or(true);
    Ok(Query { id: id.to_owned(), label, metric, period, statistic, returned })
}
