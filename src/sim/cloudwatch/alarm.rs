//! Alarms: their state, its history, and the actions of those in ALARM.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{
    AlarmSpec,
    evaluation::{AlarmState, Verdict, evaluate},
    reason,
    series::Store,
};

/// History items kept per region.
const HISTORY: usize = 2_000;

/// An alarm and the state it is in.
#[derive(Debug)]
pub struct Alarm {
    pub spec: AlarmSpec,
    pub arn: String,
    pub state: AlarmState,
    pub reason: String,
    /// JSON; empty until the alarm has been evaluated.
    pub reason_data: String,
    pub configured: Timestamp,
    /// When the state was last updated; it is only updated when it changes.
    pub updated: Timestamp,
}

/// One line of an alarm's history.
#[derive(Debug)]
pub struct HistoryItem {
    pub alarm: String,
    pub at: Timestamp,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub kind: &'static str,
    pub summary: String,
    /// JSON.
    pub data: String,
}

/// A policy that an alarm in ALARM calls, with the newest value of the alarm's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub policy_arn: String,
    pub alarm: String,
    pub metric: f64,
}

impl Alarm {
    /// Takes the verdict's state; returns summary and data of the history.
    fn enter(&mut self, verdict: &Verdict, at: Timestamp) -> (String, String) {
        let (old_state, old_reason) = (self.state, std::mem::take(&mut self.reason));
        self.reason = reason::text(&self.spec, old_state, verdict);
        self.reason_data = reason::data(&self.spec, verdict, at);
        self.state = verdict.state;
        self.updated = at;
        reason::change((old_state, &old_reason), (self.state, &self.reason), &self.reason_data)
    }
}

/// The alarms of one region.
#[derive(Debug, Default)]
pub struct Alarms {
    pub by_name: BTreeMap<String, Alarm>,
    /// Oldest first.
    pub history: VecDeque<HistoryItem>,
}

impl Alarms {
    /// Creates or replaces an alarm. A replaced one keeps its state until it is evaluated.
    pub fn put(&mut self, spec: AlarmSpec, arn: String, now: Timestamp) {
        let kept = self.by_name.remove(&spec.name);
        let texts = if kept.is_some() { reason::updated(&spec.name, &arn) } else { reason::created(&spec.name, &arn) };
        self.note(&spec.name, now, "ConfigurationUpdate", texts);
        let alarm = match kept {
            Some(kept) => Alarm { spec, configured: now, ..kept },
            None => Alarm {
                spec,
                arn,
                state: AlarmState::InsufficientData,
                reason: reason::UNCHECKED.to_owned(),
                reason_data: String::new(),
                configured: now,
                updated: now,
            },
        };
        self.by_name.insert(alarm.spec.name.clone(), alarm);
    }

    /// Evaluates every alarm; returns the policies that those in ALARM call, which they do every minute.
    pub fn evaluate(&mut self, store: &Store, now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let mut changes = Vec::new();
        for alarm in self.by_name.values_mut() {
            let verdict = evaluate(&alarm.spec, store, alarm.state, now.as_second());
            if verdict.state != alarm.state {
                changes.push((alarm.spec.name.clone(), "StateUpdate", alarm.enter(&verdict, now)));
                if alarm.state == AlarmState::Alarm {
                    let action = |arn: &String| (alarm.spec.name.clone(), "Action", reason::action(arn, alarm.state));
                    changes.extend(alarm.spec.actions.iter().map(action));
                }
            }
            if let (AlarmState::Alarm, Some(newest)) = (alarm.state, verdict.datapoints.last()) {
                let policies = alarm.spec.actions.iter().filter(|arn| arn.contains(":scalingPolicy:"));
                let alert = |arn: &String| Alert {
                    policy_arn: arn.clone(),
                    alarm: alarm.spec.name.clone(),
                    metric: newest.value,
                };
                alerts.extend(policies.map(alert));
            }
        }
        for (alarm, kind, texts) in changes {
            self.note(&alarm, now, kind, texts);
        }
        alerts
    }

    /// Makes alarms that have just been put look as if they had been there for long: `ages` says how long ago an
    /// alarm was created, and how long it has been in its state.
    pub fn settle(
        &mut self,
        store: &Store,
        now: Timestamp,
        mut ages: impl FnMut() -> (SignedDuration, SignedDuration),
    ) {
        let mut past = Vec::new();
        for alarm in self.by_name.values_mut() {
            let (age, unchanged_for) = ages();
            let before = |ago| now.saturating_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH);
            (alarm.configured, alarm.updated) = (before(age), before(age));
            let name = alarm.spec.name.clone();
            past.push((alarm.configured, name.clone(), "ConfigurationUpdate", reason::created(&name, &alarm.arn)));
            let verdict = evaluate(&alarm.spec, store, alarm.state, now.as_second());
            if verdict.state != alarm.state {
                let verdict = verdict.earlier(unchanged_for.as_secs());
                past.push((before(unchanged_for), name, "StateUpdate", alarm.enter(&verdict, before(unchanged_for))));
            }
        }
        past.sort_by_key(|(at, ..)| *at);
        self.history.clear();
        for (at, alarm, kind, texts) in past {
            self.note(&alarm, at, kind, texts);
        }
    }

    fn note(&mut self, alarm: &str, at: Timestamp, kind: &'static str, (summary, data): (String, String)) {
        self.history.push_back(HistoryItem { alarm: alarm.to_owned(), at, kind, summary, data });
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::cloudwatch::{MetricKey, sample::Sample};

    fn alarms() -> Alarms {
        let mut alarms = Alarms::default();
        let spec = AlarmSpec {
            name: "high".to_owned(),
            description: String::new(),
            metric: MetricKey::new("Custom", "Load", &[]),
            statistic: "Average".to_owned(),
            period: 60,
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            threshold: 10.0,
            comparison: "GreaterThanThreshold",
            treat_missing: "missing",
            actions: vec![
                "arn:aws:sns:us-east-1:1:oncall".to_owned(),
                "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/g:policyName/p".to_owned(),
            ],
        };
        alarms.put(spec, "arn:aws:cloudwatch:us-east-1:1:alarm:high".to_owned(), Timestamp::UNIX_EPOCH);
        alarms
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_alarm_calls_its_policies_every_minute_while_in_alarm_and_tells_its_history() {
        let mut alarms = alarms();
        let mut store = Store::default();
        let id = store.id(&MetricKey::new("Custom", "Load", &[]));
        assert!(alarms.evaluate(&store, at(60)).is_empty());
        assert_eq!(alarms.by_name["high"].reason, reason::UNCHECKED, "nothing has changed yet");
        store.add(id, 60, Sample::one(11.0));
        store.add(id, 120, Sample::one(12.0));
        for (second, metric) in [(120, 11.0), (180, 12.0)] {
            let [alert] = &alarms.evaluate(&store, at(second))[..] else { panic!("one policy is called") };
            assert_eq!((alert.alarm.as_str(), alert.metric), ("high", metric));
        }
        store.add(id, 180, Sample::one(1.0));
        assert!(alarms.evaluate(&store, at(240)).is_empty());
        let told: Vec<_> = alarms.history.iter().map(|item| item.summary.as_str()).collect();
        assert_eq!(
            told,
            [
                "Alarm \"high\" created",
                "Alarm updated from INSUFFICIENT_DATA to ALARM",
                "Successfully executed action arn:aws:sns:us-east-1:1:oncall",
                "Successfully executed action \
                 arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/g:policyName/p",
                "Alarm updated from ALARM to OK",
            ]
        );
        assert_eq!(alarms.by_name["high"].updated, at(240));
    }
}
