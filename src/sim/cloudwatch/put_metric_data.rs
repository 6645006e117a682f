//! `PutMetricData`: custom metrics, which live like the others.

use jiff::{SignedDuration, Timestamp};

use super::{MetricKey, State, required, sample::Sample};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    value::Value,
};

/// Metrics in one call, and different values of one of them.
const MAX_METRICS: usize = 1_000;
const MAX_VALUES: usize = 150;
/// How old and how far ahead a datapoint may be.
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(2);

/// Stores every datapoint of the call, or none where one of them is faulty.
pub fn answer(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let namespace = required(call.input, "Namespace")?;
    if namespace.starts_with("AWS/") {
        return Err(wrong("The value AWS/ for parameter Namespace is invalid: it is reserved."));
    }
    let data = call.input.items("MetricData")?;
    if data.len() > MAX_METRICS {
        return Err(wrong(format!("The collection MetricData must not have a size greater than {MAX_METRICS}.")));
    }
    let data = data.into_iter().map(|datum| read(namespace, datum, now)).collect::<Result<Vec<_>, _>>()?;
    for (metric, at, sample) in data {
        let id = state.store.id(&metric);
        state.store.add(id, at.as_second(), sample);
    }
    Ok(Value::Absent)
}

fn read(namespace: &str, datum: Input<'_>, now: Timestamp) -> Result<(MetricKey, Timestamp, Sample), ApiError> {
    let metric = MetricKey::read(namespace, datum)?;
    let at = datum.time("Timestamp")?.unwrap_or(now);
    let age = now.duration_since(at);
    if age > OLDEST || age < -AHEAD {
        return Err(wrong(
            "The parameter MetricData.member.1.Timestamp must be within the last two weeks and two hours ahead.",
        ));
    }
    Ok((metric, at, sample(datum)?))
}

/// Exactly one of `Value`, `Values` (with `Counts`) and `StatisticValues`.
fn sample(datum: Input<'_>) -> Result<Sample, ApiError> {
    let value = datum.double("Value")?;
    let values = numbers(datum, "Values")?;
    match (value, values.as_slice(), datum.object("StatisticValues")) {
        (Some(value), [], None) => Ok(Sample::one(finite(value)?)),
        (None, [_, ..], None) => distribution(&values, &numbers(datum, "Counts")?),
        (None, [], Some(set)) => {
            let figure = |name: &str| {
                let missing =
                    || ApiError::bad_request("MissingParameter", format!("StatisticValues.{name} is required."));
                set.double(name)?.ok_or_else(missing).and_then(finite)
            };
            Ok(Sample {
                count: figure("SampleCount")?,
                sum: figure("Sum")?,
                min: figure("Minimum")?,
                max: figure("Maximum")?,
                spread: None,
            })
        }
        _ => Err(ApiError::bad_request(
            "InvalidParameterCombination",
            "At least one and only one of the parameters Value, Values and StatisticValues must be specified.",
        )),
    }
}

fn distribution(values: &[f64], counts: &[f64]) -> Result<Sample, ApiError> {
    if values.len() > MAX_VALUES {
        return Err(wrong(format!("The collection Values must not have a size greater than {MAX_VALUES}.")));
    }
    if !counts.is_empty() && counts.len() != values.len() {
        return Err(wrong("The parameters Counts and Values must have the same size."));
    }
    let counted = |(at, value): (usize, &f64)| {
        let count = counts.get(at).copied().unwrap_or(1.0);
        let value = finite(*value)?;
        Ok(Sample { count, sum: value * count, min: value, max: value, spread: None })
    };
    let samples = values.iter().enumerate().map(counted).collect::<Result<Vec<_>, ApiError>>()?;
    samples.into_iter().reduce(|one, two| one.plus(&two)).ok_or_else(|| wrong("Values must not be empty."))
}

fn numbers(datum: Input<'_>, name: &str) -> Result<Vec<f64>, ApiError> {
    let number = |item: Input<'_>| match item.0 {
        Value::Int(int) => Ok(*int as f64),
        Value::Double(double) => Ok(*double),
        Value::Text(text) => text.trim().parse().map_err(|_| ApiError::serialization(name, "a list of numbers")),
        _ => Err(ApiError::serialization(name, "a list of numbers")),
    };
    datum.items(name)?.into_iter().map(number).collect()
}

fn finite(value: f64) -> Result<f64, ApiError> {
    if value.is_finite() { Ok(value) } else { Err(wrong("The value must be a finite number.")) }
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterValue", message)
}
