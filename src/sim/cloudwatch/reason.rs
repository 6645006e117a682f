//! The texts with which CloudWatch explains an alarm's state and records its changes.

use jiff::Timestamp;
use serde_json::json;

use super::{
    AlarmSpec,
    evaluation::{AlarmState, Verdict},
};

/// What a new alarm says until it has been evaluated.
pub const UNCHECKED: &str = "Unchecked: Initial alarm creation";

/// The `StateReason` of a change from `old` to the verdict's state.
pub fn text(spec: &AlarmSpec, old: AlarmState, verdict: &Verdict) -> String {
    let periods = spec.evaluation_periods;
    if verdict.datapoints.is_empty() {
        return match (verdict.state, spec.treat_missing) {
            (AlarmState::InsufficientData, _) if periods == 1 => {
                "Insufficient Data: 1 datapoint was unknown.".to_owned()
            }
            (AlarmState::InsufficientData, _) => format!("Insufficient Data: {periods} datapoints were unknown."),
            (_, treatment) => {
                let treated = if treatment == "breaching" { "Breaching" } else { "NonBreaching" };
                let (plural, were) = if periods == 1 { ("", "was") } else { ("s", "were") };
                format!(
                    "Threshold Crossed: no datapoints were received for {periods} period{plural} and {periods} missing \
                     datapoint{plural} {were} treated as [{treated}]."
                )
            }
        };
    }
    let alarming = verdict.state == AlarmState::Alarm;
    let told: Vec<_> = verdict
        .datapoints
        .iter()
        .rev()
        .filter(|point| super::evaluation::breaches(spec, point.value) == alarming)
        .map(|point| format!("{} ({})", decimal(point.value), moment(point.at, "%d/%m/%y %H:%M:%S")))
        .collect();
    let minimum = if alarming { spec.datapoints_to_alarm } else { periods - spec.datapoints_to_alarm.min(periods) + 1 };
    let (were, plural) = (if told.len() == 1 { "was" } else { "were" }, if minimum == 1 { "" } else { "s" });
    let negation = if alarming { "" } else { "not " };
    format!(
        "Threshold Crossed: {} out of the last {periods} datapoints [{}] {were} {negation}{} the threshold ({}) \
         (minimum {minimum} datapoint{plural} for {old} -> {} transition).",
        told.len(),
        told.join(", "),
        relation(spec.comparison),
        decimal(spec.threshold),
        verdict.state,
    )
}

/// The `StateReasonData`: the evaluated datapoints as JSON.
pub fn data(spec: &AlarmSpec, verdict: &Verdict, now: Timestamp) -> String {
    let evaluated: Vec<_> = verdict
        .datapoints
        .iter()
        .rev()
        .map(|point| json!({ "timestamp": moment(point.at, ISO), "sampleCount": point.count, "value": point.value }))
        .collect();
    let recent: Vec<_> = verdict.datapoints.iter().map(|point| point.value).collect();
    let mut data = json!({
        "version": "1.0",
        "queryDate": moment(now.as_second(), ISO),
        "startDate": moment(verdict.start, ISO),
        "period": spec.period,
        "recentDatapoints": recent,
        "threshold": spec.threshold,
        "evaluatedDatapoints": evaluated,
    });
    data["statistic"] = spec.statistic.clone().into();
    data.to_string()
}

/// `HistorySummary` and `HistoryData` of a change of state.
pub fn change(old: (AlarmState, &str), new: (AlarmState, &str), new_data: &str) -> (String, String) {
    let state_data: serde_json::Value = serde_json::from_str(new_data).unwrap_or_default();
    let data = json!({
        "version": "1.0",
        "oldState": { "stateValue": old.0.text(), "stateReason": old.1 },
        "newState": { "stateValue": new.0.text(), "stateReason": new.1, "stateReasonData": state_data },
    });
    (format!("Alarm updated from {} to {}", old.0, new.0), data.to_string())
}

/// `HistorySummary` and `HistoryData` of a new alarm.
pub fn created(name: &str, arn: &str) -> (String, String) {
    configured("Create", "created", name, arn)
}

/// `HistorySummary` and `HistoryData` of an alarm that has been put again.
pub fn updated(name: &str, arn: &str) -> (String, String) {
    configured("Update", "updated", name, arn)
}

fn configured(kind: &str, verb: &str, name: &str, arn: &str) -> (String, String) {
    let data = json!({ "version": "1.0", "type": kind, "alarmName": name, "alarmArn": arn });
    (format!("Alarm \"{name}\" {verb}"), data.to_string())
}

/// `HistorySummary` and `HistoryData` of an action that a change of state has set off.
pub fn action(arn: &str, state: AlarmState) -> (String, String) {
    let data = json!({
        "version": "1.0",
        "actionState": "Succeeded",
        "notificationResource": arn,
        "stateValue": state.text(),
    });
    (format!("Successfully executed action {arn}"), data.to_string())
}

const ISO: &str = "%Y-%m-%dT%H:%M:%S.000+0000";

fn moment(second: i64, format: &str) -> String {
    Timestamp::from_second(second).unwrap_or_default().strftime(format).to_string()
}

/// A number as CloudWatch writes it: always with a decimal point.
fn decimal(value: f64) -> String {
    format!("{value:?}")
}

fn relation(comparison: &str) -> &'static str {
    match comparison {
        "GreaterThanOrEqualToThreshold" => "greater than or equal to",
        "LessThanThreshold" => "less than",
        "LessThanOrEqualToThreshold" => "less than or equal to",
        _ => "greater than",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::MetricKey, super::evaluation::Datapoint, *};

    fn spec() -> AlarmSpec {
        AlarmSpec {
            name: "high".to_owned(),
            description: String::new(),
            metric: MetricKey::new("AWS/ECS", "CPUUtilization", &[]),
            statistic: "Average".to_owned(),
            period: 60,
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            threshold: 80.0,
            comparison: "GreaterThanThreshold",
            treat_missing: "missing",
            actions: Vec::new(),
        }
    }

    fn verdict(state: AlarmState, values: &[f64]) -> Verdict {
        let at = "2026-01-02T03:04:00Z".parse::<Timestamp>().unwrap().as_second();
        let datapoint = |(index, value): (i64, &f64)| Datapoint { at: at + 60 * index, value: *value, count: 2.0 };
        Verdict { state, datapoints: (0..).zip(values).map(datapoint).collect(), start: at }
    }

    #[test]
    fn reasons_read_as_cloudwatchs() {
        let alarm = text(&spec(), AlarmState::Ok, &verdict(AlarmState::Alarm, &[91.2]));
        assert_eq!(
            alarm,
            "Threshold Crossed: 1 out of the last 1 datapoints [91.2 (02/01/26 03:04:00)] was greater than the \
             threshold (80.0) (minimum 1 datapoint for OK -> ALARM transition)."
        );
        let three = AlarmSpec { evaluation_periods: 3, datapoints_to_alarm: 3, ..spec() };
        let back = text(&three, AlarmState::Alarm, &verdict(AlarmState::Ok, &[91.0, 92.0, 12.0]));
        assert_eq!(
            back,
            "Threshold Crossed: 1 out of the last 3 datapoints [12.0 (02/01/26 03:06:00)] was not greater than the \
             threshold (80.0) (minimum 1 datapoint for ALARM -> OK transition)."
        );
        let nothing = text(&three, AlarmState::Ok, &verdict(AlarmState::InsufficientData, &[]));
        assert_eq!(nothing, "Insufficient Data: 3 datapoints were unknown.");
    }

    #[test]
    fn data_is_json_that_names_the_datapoints() {
        let now = "2026-01-02T03:06:00Z".parse().unwrap();
        let data: serde_json::Value =
            serde_json::from_str(&data(&spec(), &verdict(AlarmState::Alarm, &[91.2]), now)).unwrap();
        assert_eq!(data["queryDate"], "2026-01-02T03:06:00.000+0000");
        assert_eq!(data["evaluatedDatapoints"][0]["value"], 91.2);
        assert_eq!(data["evaluatedDatapoints"][0]["timestamp"], "2026-01-02T03:04:00.000+0000");
    }
}
