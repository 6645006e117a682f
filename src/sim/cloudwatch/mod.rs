//! Amazon CloudWatch: metrics as the world emits them, and alarms over them.

mod alarm;
mod collect;
mod dashboards;
mod describe_alarms;
mod evaluation;
mod get_metric_data;
mod list_metrics;
mod math;
mod put_metric_data;
mod reason;
mod sample;
pub mod seed;
mod series;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::{alarm::Alarms, collect::Meter, dashboards::Dashboard, series::Store};
pub use self::{evaluation::AlarmState, sample::Sample};
use super::{
    autoscaling, scaling,
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::{Value, shape},
    },
    world::{Region, Tick, World},
};

/// What CloudWatch holds in one region.
#[derive(Debug, Default)]
pub struct State {
    store: Store,
    alarms: Alarms,
    /// What is measured on the minute.
    meters: Vec<Meter>,
    /// By name.
    dashboards: BTreeMap<String, Dashboard>,
}

/// A metric's name; dimensions are kept sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricKey {
    pub namespace: String,
    pub name: String,
    pub dimensions: Vec<(String, String)>,
}

impl MetricKey {
    pub fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let mut dimensions: Vec<_> =
            dimensions.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        dimensions.sort();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// The metric that `Namespace`, `MetricName` and `Dimensions` of `input` name.
    fn read(namespace: &str, input: Input<'_>) -> Result<Self, ApiError> {
        let name = required(input, "MetricName")?;
        let mut dimensions = Vec::new();
        for dimension in input.items("Dimensions")? {
            dimensions.push((required(dimension, "Name")?.to_owned(), required(dimension, "Value")?.to_owned()));
        }
        if dimensions.len() > 30 {
            return Err(invalid("The collection Dimensions must not have a size greater than 30."));
        }
        dimensions.sort();
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions })
    }

    /// The wire form of the dimensions.
    fn dimensions(&self) -> Value {
        Value::list(
            self.dimensions.iter().map(|(name, value)| shape! { "Name" => name.as_str(), "Value" => value.as_str() }),
        )
    }
}

/// An alarm on one metric, as it is put.
#[derive(Debug, Clone)]
pub struct AlarmSpec {
    pub name: String,
    pub description: String,
    pub metric: MetricKey,
    /// `Average`, `Sum`, `Minimum`, `Maximum` or a percentile such as `p95`.
    pub statistic: String,
    pub period: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    pub threshold: f64,
    /// `GreaterThanThreshold`, `GreaterThanOrEqualToThreshold`, `LessThanThreshold` …
    pub comparison: &'static str,
    /// `missing`, `notBreaching`, `breaching` or `ignore`.
    pub treat_missing: &'static str,
    /// ARNs of policies or topics.
    pub actions: Vec<String>,
}

/// The operations of CloudWatch; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    let state = &mut world.region(&call.place).cloudwatch;
    Some(match call.operation {
        "GetMetricData" => get_metric_data::answer(state, call, now),
        "ListMetrics" => list_metrics::answer(state, call, now),
        "DescribeAlarms" => describe_alarms::alarms(state, call),
        "DescribeAlarmHistory" => describe_alarms::history(state, call),
        "ListDashboards" => dashboards::list(state, call),
        "GetDashboard" => dashboards::get(state, call),
        "PutMetricData" => put_metric_data::answer(state, call, now),
        _ => return None,
    })
}

/// On the minute: collects the metrics of services, target groups and groups, then evaluates alarms and lets
/// those in ALARM act (`autoscaling::on_alarm`, `scaling::on_alarm`).
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    if !tick.every(60) {
        return;
    }
    collect::minute(region, tick);
    let state = &mut region.cloudwatch;
    for alert in state.alarms.evaluate(&state.store, tick.now) {
        if alert.policy_arn.contains(":resource/ecs/") {
            scaling::on_alarm(region, tick, &alert.policy_arn, &alert.alarm, alert.metric);
        } else {
            autoscaling::on_alarm(region, tick, &alert.policy_arn, &alert.alarm, alert.metric);
        }
    }
}

impl State {
    /// Records a sample for the minute of `tick`; several in one minute add up.
    pub fn record(&mut self, metric: &MetricKey, sample: Sample, tick: &Tick<'_>) {
        let id = self.store.id(metric);
        self.store.add(id, tick.now.as_second(), sample);
    }

    /// What a metric came to between two moments, in seconds since the epoch.
    #[cfg(test)]
    pub fn sum(&self, key: &MetricKey, span: std::ops::Range<i64>) -> f64 {
        let found = self.store.find(key).expect("a metric").buckets(span.start, span.end, 300, span.end);
        found.iter().map(|(_, it)| it.sum).sum()
    }

    /// Creates or replaces an alarm; it starts as `INSUFFICIENT_DATA` and is evaluated on the minute.
    pub fn put_alarm(&mut self, spec: AlarmSpec, tick: &mut Tick<'_>) {
        let arn = tick.place.arn("cloudwatch", format_args!("alarm:{}", spec.name));
        self.alarms.put(spec, arn, tick.now);
    }

    /// Creates or replaces a dashboard; its body is JSON in text.
    pub fn put_dashboard(&mut self, name: &str, body: String, modified: jiff::Timestamp) {
        self.dashboards.insert(name.to_owned(), Dashboard { body, modified });
    }

    /// The state of an alarm; `None` where there is no such alarm.
    pub fn alarm_state(&self, name: &str) -> Option<AlarmState> {
        self.alarms.by_name.get(name).map(|alarm| alarm.state)
    }

    /// Names of the alarms in ALARM.
    pub fn alarming(&self) -> impl Iterator<Item = &str> {
        self.alarms
            .by_name
            .values()
            .filter(|alarm| alarm.state == AlarmState::Alarm)
            .map(|alarm| alarm.spec.name.as_str())
    }
}

/// CloudWatch's error for parameters that make no sense.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}

fn required<'a>(input: Input<'a>, name: &str) -> Result<&'a str, ApiError> {
    match input.text(name)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(ApiError::bad_request("MissingParameter", format!("The parameter {name} is required."))),
    }
}
