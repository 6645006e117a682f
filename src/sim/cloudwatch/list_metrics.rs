//! `ListMetrics`: which metrics have had data lately.

use jiff::Timestamp;

use super::{MetricKey, State, required};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    page::{Rule, page},
    value::{Value, shape},
};

/// Metrics that have been idle for longer are not listed, in seconds.
const LISTED_FOR: i64 = 14 * 24 * 3600;
const RECENTLY: i64 = 3 * 3600;

const METRICS: Rule = Rule {
    listing: "cloudwatch.ListMetrics",
    size_name: "maxResults",
    default: 500,
    min: 500,
    max: 500,
    bad_size: "InvalidParameterValue",
    bad_token: "InvalidParameterValue",
};

pub fn answer(state: &State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let (namespace, name) = (input.text("Namespace")?, input.text("MetricName")?);
    let mut filters = Vec::new();
    for filter in input.items("Dimensions")? {
        filters.push((required(filter, "Name")?, filter.text("Value")?));
    }
    if filters.len() > 10 {
        return Err(ApiError::bad_request(
            "InvalidParameterValue",
            "The collection Dimensions must not have a size greater than 10.",
        ));
    }
    let age = match input.text("RecentlyActive")? {
        None => LISTED_FOR,
        Some("PT3H") => RECENTLY,
        Some(_) => return Err(ApiError::bad_request("InvalidParameterValue", "RecentlyActive must be PT3H.")),
    };
    let wanted = |key: &MetricKey| {
        namespace.is_none_or(|namespace| key.namespace == namespace)
            && name.is_none_or(|name| key.name == name)
            && filters.iter().all(|(name, value)| {
                let matches = |(key, held): &(String, String)| key == name && value.is_none_or(|value| held == value);
                key.dimensions.iter().any(matches)
            })
    };
    let metrics: Vec<_> = state
        .store
        .iter()
        .filter(|(key, series)| wanted(key) && series.newest().is_some_and(|at| now.as_second() - at <= age))
        .map(|(key, _)| key)
        .collect();
    let page = page(metrics, input.text("NextToken")?, None, &METRICS, |key| format!("{key:?}"))?;
    let metrics = page.items.into_iter().map(|key| {
        shape! { "Namespace" => &key.namespace, "MetricName" => &key.name, "Dimensions" => key.dimensions() }
    });
    Ok(shape! { "Metrics" => Value::list(metrics), "NextToken" => page.next })
}
