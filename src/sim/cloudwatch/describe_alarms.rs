//! `DescribeAlarms` and `DescribeAlarmHistory`.

use super::{State, alarm::Alarm, alarm::HistoryItem, invalid, sample::Statistic};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    page::{Rule, page},
    value::{Value, shape},
};

/// Names in one call.
const MAX_NAMES: usize = 100;

const ALARMS: Rule = Rule {
    listing: "cloudwatch.DescribeAlarms",
    size_name: "maxRecords",
    default: 50,
    min: 1,
    max: 100,
    bad_size: "ValidationError",
    bad_token: "InvalidNextToken",
};

const HISTORY: Rule = Rule { listing: "cloudwatch.DescribeAlarmHistory", ..ALARMS };

/// Metric alarms; the simulator has no composite or log alarms.
pub fn alarms(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let names = input.texts("AlarmNames")?;
    if names.len() > MAX_NAMES {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length \
             less than or equal to {MAX_NAMES}"
        )));
    }
    let prefix = input.text("AlarmNamePrefix")?;
    if prefix.is_some() && !names.is_empty() {
        return Err(invalid("AlarmNames and AlarmNamePrefix must not be given together."));
    }
    let (wanted_state, action) = (input.text("StateValue")?, input.text("ActionPrefix")?);
    let metric_alarms = asks_for_metric_alarms(input)?;
    let wanted = |alarm: &&Alarm| {
        metric_alarms
            && (names.is_empty() || names.contains(&alarm.spec.name))
            && prefix.is_none_or(|prefix| alarm.spec.name.starts_with(prefix))
            && wanted_state.is_none_or(|state| alarm.state.text() == state)
            && action.is_none_or(|action| alarm.spec.actions.iter().any(|arn| arn.starts_with(action)))
    };
    let found = state.alarms.by_name.values().filter(wanted).collect();
    let page =
        page(found, input.text("NextToken")?, input.int("MaxRecords")?, &ALARMS, |alarm| alarm.spec.name.clone())?;
    Ok(shape! {
        "CompositeAlarms" => Value::List(vec![]),
        "MetricAlarms" => Value::list(page.items.into_iter().map(describe)),
        "NextToken" => page.next,
    })
}

/// Newest first, unless asked otherwise.
pub fn history(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let (name, kind) = (input.text("AlarmName")?, input.text("HistoryItemType")?);
    let (start, end) = (input.time("StartDate")?, input.time("EndDate")?);
    let metric_alarms = asks_for_metric_alarms(input)?;
    let wanted = |(_, item): &(usize, &HistoryItem)| {
        metric_alarms
            && name.is_none_or(|name| item.alarm == name)
            && kind.is_none_or(|kind| item.kind == kind)
            && start.is_none_or(|start| item.at >= start)
            && end.is_none_or(|end| item.at <= end)
    };
    let mut items: Vec<_> = state.alarms.history.iter().enumerate().filter(wanted).collect();
    if input.text("ScanBy")? != Some("TimestampAscending") {
        items.reverse();
    }
    let key = |(_, item): &(usize, &HistoryItem)| format!("{}{}{}", item.at, item.alarm, item.summary);
    let page = page(items, input.text("NextToken")?, input.int("MaxRecords")?, &HISTORY, key)?;
    let items = page.items.into_iter().map(|(_, item)| {
        shape! {
            "AlarmName" => &item.alarm,
            "AlarmType" => "MetricAlarm",
            "Timestamp" => item.at,
            "HistoryItemType" => item.kind,
            "HistorySummary" => &item.summary,
            "HistoryData" => &item.data,
        }
    });
    Ok(shape! { "AlarmHistoryItems" => Value::list(items), "NextToken" => page.next })
}

/// Metric alarms are what is meant unless `AlarmTypes` names others only.
fn asks_for_metric_alarms(input: Input<'_>) -> Result<bool, ApiError> {
    let types = input.texts("AlarmTypes")?;
    Ok(types.is_empty() || types.iter().any(|kind| kind == "MetricAlarm"))
}

fn describe(alarm: &Alarm) -> Value {
    let spec = &alarm.spec;
    let extended = matches!(Statistic::parse(&spec.statistic), Some(Statistic::Percentile(_)));
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    shape! {
        "AlarmName" => &spec.name,
        "AlarmArn" => &alarm.arn,
        "AlarmDescription" => filled(&spec.description),
        "AlarmConfigurationUpdatedTimestamp" => alarm.configured,
        "ActionsEnabled" => true,
        "OKActions" => Value::List(vec![]),
        "AlarmActions" => Value::list(&spec.actions),
        "InsufficientDataActions" => Value::List(vec![]),
        "StateValue" => alarm.state.text(),
        "StateReason" => &alarm.reason,
        "StateReasonData" => filled(&alarm.reason_data),
        "StateUpdatedTimestamp" => alarm.updated,
        "StateTransitionedTimestamp" => alarm.updated,
        "MetricName" => &spec.metric.name,
        "Namespace" => &spec.metric.namespace,
        "Statistic" => (!extended).then_some(spec.statistic.as_str()),
        "ExtendedStatistic" => extended.then_some(spec.statistic.as_str()),
        "Dimensions" => spec.metric.dimensions(),
        "Period" => spec.period,
        "EvaluationPeriods" => spec.evaluation_periods,
        "DatapointsToAlarm" => spec.datapoints_to_alarm,
        "Threshold" => spec.threshold,
        "ComparisonOperator" => spec.comparison,
        "TreatMissingData" => spec.treat_missing,
    }
}
