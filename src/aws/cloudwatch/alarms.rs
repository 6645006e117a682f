//! Alarms (DescribeAlarms).

use aws_sdk_cloudwatch::{
    Client,
    types::{self, AlarmType, ComparisonOperator, StateValue},
};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Gathered, Page, pages},
        values::{count, text, time},
    },
    metric_name,
};
use crate::domain::{
    alarm::{Alarm, AlarmState},
    id::Arn,
    text::SafeText,
};

/// Every metric and composite alarm of the scope.
pub async fn alarms(client: &Client, now: Timestamp) -> Gathered<Alarm> {
    pages(|token| {
        let call = client
            .describe_alarms()
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .max_records(100)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("cloudwatch:DescribeAlarms", &error, now))?;
            let metric = output.metric_alarms().iter().filter_map(metric_alarm);
            let alarms = metric.chain(output.composite_alarms().iter().filter_map(composite_alarm)).collect();
            Ok(Page::new(Some(alarms), output.next_token))
        }
    })
    .await
}

fn metric_alarm(raw: &types::MetricAlarm) -> Option<Alarm> {
    let metric = raw.metric_name().map(|name| metric_name(raw.namespace(), Some(name), raw.dimensions()));
    Some(Alarm {
        arn: Arn::new(raw.alarm_arn()?),
        name: text(raw.alarm_name()),
        description: text(raw.alarm_description()),
        state: state(raw.state_value()),
        reason: text(raw.state_reason()),
        updated_at: time(raw.state_transitioned_timestamp().or(raw.state_updated_timestamp())),
        metric,
        statistic: text(raw.statistic().map(types::Statistic::as_str).or(raw.extended_statistic())),
        comparison: raw.comparison_operator().map_or("", comparison),
        threshold: raw.threshold(),
        period_seconds: count(raw.period()),
        evaluation_periods: count(raw.evaluation_periods()),
        actions_enabled: raw.actions_enabled().unwrap_or(true),
        actions: raw.alarm_actions().iter().map(|it| Arn::new(it)).collect(),
    })
}

fn composite_alarm(raw: &types::CompositeAlarm) -> Option<Alarm> {
    Some(Alarm {
        arn: Arn::new(raw.alarm_arn()?),
        name: text(raw.alarm_name()),
        description: text(raw.alarm_description()),
        state: state(raw.state_value()),
        reason: text(raw.state_reason()),
        updated_at: time(raw.state_transitioned_timestamp().or(raw.state_updated_timestamp())),
        metric: None,
        statistic: SafeText::default(),
        comparison: "",
        threshold: None,
        period_seconds: 0,
        evaluation_periods: 0,
        actions_enabled: raw.actions_enabled().unwrap_or(true),
        actions: raw.alarm_actions().iter().map(|it| Arn::new(it)).collect(),
    })
}

/// A state that is absent or new to the SDK is one that tells nothing.
pub(super) fn state(raw: Option<&StateValue>) -> AlarmState {
    match raw {
        Some(StateValue::Alarm) => AlarmState::Alarm,
        Some(StateValue::Ok) => AlarmState::Ok,
        _ => AlarmState::InsufficientData,
    }
}

fn comparison(raw: &ComparisonOperator) -> &'static str {
    match raw {
        ComparisonOperator::GreaterThanOrEqualToThreshold => "≥",
        ComparisonOperator::GreaterThanThreshold | ComparisonOperator::GreaterThanUpperThreshold => ">",
        ComparisonOperator::LessThanOrEqualToThreshold => "≤",
        ComparisonOperator::LessThanThreshold | ComparisonOperator::LessThanLowerThreshold => "<",
        ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold => "outside",
        _ => "?",
    }
}
