//! How alarms changed their state (DescribeAlarmHistory).

use aws_sdk_cloudwatch::{
    Client,
    types::{AlarmHistoryItem, AlarmType, HistoryItemType, ScanBy, StateValue},
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    super::{
        fault,
        values::{text, time},
    },
    alarms::state,
};
use crate::domain::{alarm::AlarmChange, fault::Fault, text::SafeText};

/// Items of a page, the newest of which are read: as many as the call gives.
const PAGE: i32 = 100;

/// The newest changes of state of all alarms of the scope, newest first.
pub async fn history(client: &Client, now: Timestamp) -> Result<Vec<AlarmChange>, Fault> {
    let call = client
        .describe_alarm_history()
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .history_item_type(HistoryItemType::StateUpdate)
        .scan_by(ScanBy::TimestampDescending)
        .max_records(PAGE);
    let output = call.send().await.map_err(|error| fault::of("cloudwatch:DescribeAlarmHistory", &error, now))?;
    Ok(output.alarm_history_items().iter().filter_map(change).collect())
}

/// A change, as `HistoryData` tells it: `{"oldState": {"stateValue": …}, "newState": {…, "stateReason": …}}`.
fn change(raw: &AlarmHistoryItem) -> Option<AlarmChange> {
    let data: Value = serde_json::from_str(raw.history_data()?).ok()?;
    let value = |side: &str| data.get(side)?.get("stateValue")?.as_str().map(StateValue::from);
    let reason = data.get("newState").and_then(|it| it.get("stateReason")).and_then(Value::as_str);
    Some(AlarmChange {
        alarm: text(Some(raw.alarm_name()?)),
        at: time(raw.timestamp())?,
        from: state(value("oldState").as_ref()),
        to: state(value("newState").as_ref()),
        reason: reason.map_or_else(SafeText::default, SafeText::new),
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::domain::alarm::AlarmState;

    #[test]
    fn a_change_is_read_from_its_data_and_one_without_any_is_left_out() {
        let item = |data: &str| {
            let item = AlarmHistoryItem::builder().alarm_name("cpu").timestamp(DateTime::from_secs(60));
            change(&item.history_data(data).build())
        };
        let told =
            item(r#"{"oldState":{"stateValue":"OK"},"newState":{"stateValue":"ALARM","stateReason":"hot\u001b"}}"#);
        let told = told.expect("a change");
        assert_eq!((told.from, told.to, told.reason.as_str()), (AlarmState::Ok, AlarmState::Alarm, "hot␛"));
        assert_eq!(item("no JSON"), None);
        let bare = item("{}").expect("a change of which nothing is told");
        assert_eq!((bare.from, bare.to), (AlarmState::InsufficientData, AlarmState::InsufficientData));
    }
}
