//! `GetMetricData`: many metrics at once, bucketed by period, newest first unless asked otherwise.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    MetricKey, State, invalid,
    math::{Expression, Outcome, Points, Scene},
    required,
    sample::Statistic,
};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    page::{Rule, page},
    value::{Value, shape},
};

/// Queries in one call.
const MAX_QUERIES: usize = 500;
/// Buckets that an expression is worked out over.
const MAX_BUCKETS: i64 = 100_800;

const DATAPOINTS: Rule = Rule {
    listing: "cloudwatch.GetMetricData",
    size_name: "maxDatapoints",
    default: 100_800,
    min: 1,
    max: 100_800,
    bad_size: "ValidationError",
    bad_token: "InvalidNextToken",
};

/// The longest expression.
const LONGEST: usize = 2048;

/// One metric or expression that is asked for.
struct Query {
    id: String,
    label: Option<String>,
    source: Source,
    returned: bool,
}

enum Source {
    Metric { metric: MetricKey, period: i64, statistic: Statistic },
    Math(Expression),
}

/// One time series of the answer.
struct Answered<'q> {
    query: &'q Query,
    label: String,
    points: Points,
}

/// One datapoint of the answer: which series it belongs to, its time and its value.
struct Datapoint {
    series: usize,
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
    let math = Math { state, queries: &queries, start, end, now: now.as_second() };
    let answered = math.answered()?;
    let in_order = |points: &Points| -> Vec<(i64, f64)> {
        let points = points.iter().map(|(at, value)| (*at, *value));
        if ascending { points.collect() } else { points.rev().collect() }
    };
    let mut datapoints = Vec::new();
    let mut last = vec![None; answered.len()];
    for (series, one) in answered.iter().enumerate() {
        let points = in_order(&one.points);
        last[series] = points.last().map(|(at, _)| *at);
        datapoints.extend(points.into_iter().map(|(at, value)| Datapoint { series, at, value }));
    }
    let token = input.text("NextToken")?;
    let key = |point: &Datapoint| format!("{}:{}", point.series, point.at);
    let page = page(datapoints, token, input.int("MaxDatapoints")?, &DATAPOINTS, key)?;

    let mut points = page.items.into_iter().peekable();
    let mut results = Vec::new();
    for (index, one) in answered.iter().enumerate() {
        let (mut times, mut values) = (Vec::new(), Vec::new());
        let mut newest = None;
        while let Some(point) = points.next_if(|point| point.series == index) {
            newest = Some(point.at);
            times.push(Timestamp::from_second(point.at).unwrap_or(Timestamp::UNIX_EPOCH));
            values.push(point.value);
        }
        // A metric is told of on the pages that carry its data; one without data only on the first.
        if !values.is_empty() || (last[index].is_none() && token.is_none()) {
            results.push(shape! {
                "Id" => &one.query.id,
                "Label" => &one.label,
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

/// Works out what queries come to, those that others refer to on the way.
struct Math<'a> {
    state: &'a State,
    queries: &'a [Query],
    start: i64,
    end: i64,
    now: i64,
}

impl<'a> Math<'a> {
    /// The series that are to be returned, in the order of their queries.
    fn answered(&self) -> Result<Vec<Answered<'a>>, ApiError> {
        let mut answered = Vec::new();
        for query in self.queries.iter().filter(|query| query.returned) {
            match self.outcome(query, &[]).map_err(|why| refused(query, &why))? {
                Outcome::Series(points) => answered.push(Answered { query, label: query.label(), points }),
                Outcome::Many(series) => answered.extend(series.into_iter().map(|(name, points)| {
                    let label = query.label.as_ref().map_or_else(|| name.clone(), |label| format!("{label} {name}"));
                    Answered { query, label, points }
                })),
                Outcome::Number(_) => {
                    return Err(refused(query, "the result of an expression must be a time series"));
                }
            }
        }
        Ok(answered)
    }

    /// `within`: the expressions that are being worked out, which may not refer to themselves.
    fn outcome(&self, query: &Query, within: &[&str]) -> Result<Outcome, String> {
        let expression = match &query.source {
            Source::Metric { .. } => return Ok(Outcome::Series(self.points(query))),
            Source::Math(expression) => expression,
        };
        if within.contains(&query.id.as_str()) {
            return Err(format!("{} refers to itself", query.id));
        }
        let within: Vec<&str> = within.iter().copied().chain([query.id.as_str()]).collect();
        let lookup = |id: &str| {
            let found = self.queries.iter().find(|query| query.id == id);
            self.outcome(found.ok_or_else(|| format!("no query has the id {id}"))?, &within)
        };
        let metrics = self.queries.iter().filter(|query| matches!(query.source, Source::Metric { .. }));
        let metrics = metrics.map(|query| (query.id.clone(), query.label(), self.points(query)));
        Scene { grid: self.grid(), lookup: &lookup, metrics: metrics.collect() }.evaluate(expression)
    }

    fn points(&self, query: &Query) -> Points {
        let Source::Metric { metric, period, statistic } = &query.source else { return Points::new() };
        let Some(series) = self.state.store.find(metric) else { return Points::new() };
        let buckets = series.buckets(self.start, self.end, *period, self.now);
        buckets.into_iter().map(|(at, sample)| (at, statistic.of(&sample))).collect()
    }

    /// The buckets that have passed, of the longest period among the metrics.
    fn grid(&self) -> Vec<i64> {
        let periods = self.queries.iter().filter_map(|query| match query.source {
            Source::Metric { period, .. } => Some(period),
            Source::Math(_) => None,
        });
        let period = periods.max().unwrap_or(60);
        let until = self.end.min(self.now);
        let buckets = (until - self.start).max(0) / period;
        (0..buckets.min(MAX_BUCKETS)).map(|bucket| self.start + bucket * period).collect()
    }
}

fn refused(query: &Query, why: &str) -> ApiError {
    invalid(format!("Error in expression '{}': {why}", query.id))
}

impl Query {
    fn label(&self) -> String {
        let own = match &self.source {
            Source::Metric { metric, .. } => &metric.name,
            Source::Math(_) => &self.id,
        };
        self.label.as_ref().unwrap_or(own).clone()
    }
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
    let missing = || invalid(format!("The query {id} must have either MetricStat or Expression"));
    let label = input.text("Label")?.map(str::to_owned);
    let returned = input.bool("ReturnData")?.unwrap_or(true);
    let (stat, math) = (input.object("MetricStat"), input.text("Expression")?);
    let source = match (stat, math) {
        (Some(stat), None) => metric(stat, missing)?,
        (None, Some(text)) if text.len() <= LONGEST => {
            let read = Expression::read(text).map_err(|why| invalid(format!("Error in expression '{id}': {why}")))?;
            Source::Math(read)
        }
        _ => return Err(missing()),
    };
    Ok(Query { id: id.to_owned(), label, source, returned })
}

fn metric(stat: Input<'_>, missing: impl Fn() -> ApiError) -> Result<Source, ApiError> {
    let metric = stat.object("Metric").ok_or_else(&missing)?;
    let metric = MetricKey::read(required(metric, "Namespace")?, metric)?;
    let period = stat.int("Period")?.ok_or_else(missing)?;
    if period < 1 || !(matches!(period, 1 | 5 | 10 | 20 | 30) || period % 60 == 0) {
        return Err(invalid(format!("Period {period} must be 1, 5, 10, 20, 30 or a multiple of 60")));
    }
    let asked = required(stat, "Stat")?;
    let statistic = Statistic::parse(asked)
        .ok_or_else(|| invalid(format!("The value {asked} for parameter Stat is not supported.")))?;
    Ok(Source::Metric { metric, period, statistic })
}
