//! Which state an alarm should be in: M of N datapoints, and what missing ones count as.
//!
//! Source: CloudWatch user guide, "Configuring how alarms treat missing data".

use std::fmt;

use super::{
    AlarmSpec,
    sample::{Sample, Statistic},
    series::{Arrival, Store},
};

/// Periods beyond the evaluated ones in which real datapoints are looked for when some are missing.
const FURTHER_PERIODS: i64 = 2;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

impl AlarmState {
    /// As it stands on the wire.
    pub fn text(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One datapoint as an alarm sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datapoint {
    /// Start of its period, in seconds since the epoch.
    pub at: i64,
    pub value: f64,
    pub count: f64,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub state: AlarmState,
    /// The real datapoints considered, oldest first.
    pub datapoints: Vec<Datapoint>,
    /// Start of the evaluated range, in seconds since the epoch.
    pub start: i64,
}

impl Verdict {
    /// The same, found that many seconds earlier.
    #[must_use]
    pub fn earlier(mut self, seconds: i64) -> Self {
        self.start -= seconds;
        for datapoint in &mut self.datapoints {
            datapoint.at -= seconds;
        }
        self
    }
}

/// Evaluates an alarm at `now`; `current` is kept where missing data is ignored.
pub fn evaluate(spec: &AlarmSpec, store: &Store, current: AlarmState, now: i64) -> Verdict {
    let (period, wanted) = (i64::from(spec.period.max(1)), spec.evaluation_periods as usize);
    let settled = Arrival::of(&spec.metric).settled_until(now);
    let end = settled - settled.rem_euclid(period);
    let start = end - period * (i64::from(spec.evaluation_periods) + FURTHER_PERIODS);
    let buckets = match (store.find(&spec.metric), Statistic::parse(&spec.statistic)) {
        (Some(series), Some(statistic)) => {
            let datapoint =
                |(at, sample): (i64, Sample)| Datapoint { at, value: statistic.of(&sample), count: sample.count };
            series.buckets(start, end, period, now).into_iter().map(datapoint).collect()
        }
        _ => Vec::new(),
    };
    let datapoints = buckets[buckets.len().saturating_sub(wanted)..].to_vec();
    Verdict {
        state: judge(spec, &datapoints, current),
        datapoints,
        start: end - period * i64::from(spec.evaluation_periods),
    }
}

/// The state that follows from the newest real datapoints (at most as many as are evaluated).
fn judge(spec: &AlarmSpec, datapoints: &[Datapoint], current: AlarmState) -> AlarmState {
    let periods = spec.evaluation_periods as usize;
    let missing = periods.saturating_sub(datapoints.len());
    let breaching = datapoints.iter().filter(|point| breaches(spec, point.value)).count();
    let filled = match spec.treat_missing {
        "breaching" => breaching + missing,
        "ignore" if missing > 0 => return ignoring(spec, breaching, datapoints.len() - breaching, current),
        "missing" if datapoints.is_empty() => return AlarmState::InsufficientData,
        // What there is decides: an alarm goes off early when all that is known breaches.
        "missing" if missing > 0 && breaching == datapoints.len() => return AlarmState::Alarm,
        _ => breaching,
    };
    if filled >= spec.datapoints_to_alarm as usize { AlarmState::Alarm } else { AlarmState::Ok }
}

/// Missing datapoints change nothing: only a state that the real ones prove is taken.
fn ignoring(spec: &AlarmSpec, breaching: usize, fine: usize, current: AlarmState) -> AlarmState {
    let (to_alarm, periods) = (spec.datapoints_to_alarm as usize, spec.evaluation_periods as usize);
    if breaching >= to_alarm {
        AlarmState::Alarm
    } else if fine > periods.saturating_sub(to_alarm) {
        AlarmState::Ok
    } else {
        current
    }
}

/// Whether a value is on the wrong side of the threshold.
pub fn breaches(spec: &AlarmSpec, value: f64) -> bool {
    match spec.comparison {
        "GreaterThanThreshold" => value > spec.threshold,
        "GreaterThanOrEqualToThreshold" => value >= spec.threshold,
        "LessThanThreshold" => value < spec.threshold,
        "LessThanOrEqualToThreshold" => value <= spec.threshold,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::cloudwatch::MetricKey;

    fn spec(to_alarm: u32, treat_missing: &'static str) -> AlarmSpec {
        AlarmSpec {
            name: "high".to_owned(),
            description: String::new(),
            metric: MetricKey::new("Custom", "Load", &[]),
            statistic: "Average".to_owned(),
            period: 60,
            evaluation_periods: 3,
            datapoints_to_alarm: to_alarm,
            threshold: 10.0,
            comparison: "GreaterThanThreshold",
            treat_missing,
            actions: Vec::new(),
        }
    }

    /// The state after the five minutes drawn as in the CloudWatch guide: `0` fine, `X` breaching, `-` missing.
    fn state_after(drawing: &str, spec: &AlarmSpec) -> AlarmState {
        let mut store = Store::default();
        let id = store.id(&spec.metric);
        for (minute, mark) in (0..).zip(drawing.chars()).filter(|(_, mark)| *mark != '-') {
            let value = if mark == 'X' { 11.0 } else { 10.0 };
            store.add(id, 60 * minute, Sample::one(value));
        }
        evaluate(spec, &store, AlarmState::Ok, 300).state
    }

    #[test]
    fn three_of_three_as_in_the_guides_table() {
        use AlarmState::{Alarm, InsufficientData, Ok};
        let table = [
            ("0-X-X", [Ok, Ok, Ok, Ok]),
            ("0----", [Ok, Ok, Ok, Ok]),
            ("-----", [InsufficientData, Ok, Alarm, Ok]),
            ("0XX-X", [Alarm, Alarm, Alarm, Alarm]),
            ("--X--", [Alarm, Ok, Alarm, Ok]),
            ("-XXXX", [Alarm, Alarm, Alarm, Alarm]),
            ("XXXX0", [Ok, Ok, Ok, Ok]),
        ];
        for (drawing, expected) in table {
            let states = ["missing", "ignore", "breaching", "notBreaching"]
                .map(|treatment| state_after(drawing, &spec(3, treatment)));
            assert_eq!(states, expected, "{drawing}");
        }
    }

    #[test]
    fn two_of_three_need_not_be_consecutive() {
        assert_eq!(state_after("00X0X", &spec(2, "missing")), AlarmState::Alarm);
        assert_eq!(state_after("0X00X", &spec(2, "missing")), AlarmState::Ok);
    }

    #[test]
    fn the_running_minute_is_not_looked_at() {
        let spec = spec(1, "notBreaching");
        let mut store = Store::default();
        let id = store.id(&spec.metric);
        store.add(id, 300, Sample::one(99.0));
        assert_eq!(evaluate(&spec, &store, AlarmState::Ok, 330).state, AlarmState::Ok);
        assert_eq!(evaluate(&spec, &store, AlarmState::Ok, 360).state, AlarmState::Alarm);
    }
}
