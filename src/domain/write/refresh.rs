//! How an instance refresh is to go about it (autoscaling:StartInstanceRefresh).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::{group::Instance, text::SafeText};

/// Preferences; what is `None` is the group's, or AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshChoice {
    /// Shares of the desired capacity, in percent.
    pub min_healthy: Option<u32>,
    pub max_healthy: Option<u32>,
    pub warmup_seconds: Option<u32>,
    /// Shares, in percent, at which it waits, and for how many seconds.
    pub checkpoints: Vec<u32>,
    pub checkpoint_seconds: Option<u32>,
    /// Instances that are as wanted already stay.
    pub skip_matching: bool,
    /// It goes back by itself where it fails, or one of the alarms rings.
    pub roll_back: bool,
    pub protected: Met,
    pub standby: Met,
    /// Only what stands by goes ([`RefreshChoice::of_drained`]): whoever begins it protects the rest until it has ended.
    pub drained: bool,
    pub bake_seconds: Option<u32>,
    /// Names of the alarms that end it.
    pub alarms: Vec<Arc<str>>,
}

impl RefreshChoice {
    /// The same, of gateways that are drained and stand by, and of no others.
    #[must_use]
    pub fn of_drained(self) -> Self {
        Self { drained: true, protected: Met::Ignore, standby: Met::Replace, ..self }
    }

    /// Instances that it launches before it ends others, of so many that are wanted. Where it fails they are too many, and
    /// the group chooses which go.
    pub fn ahead(&self, desired: u32) -> u32 {
        let most = self.max_healthy.map_or(0, |it| desired.saturating_mul(it) / 100);
        let is_stuck = self.max_healthy.is_some() && self.min_healthy.is_some_and(|it| it >= 100) && most <= desired;
        most.saturating_sub(desired).max(u32::from(is_stuck))
    }

    /// Whether a refresh with these preferences ends the instance as it is now; `matches` says that it is as wanted already.
    pub fn replaces(&self, instance: &Instance, matches: bool) -> bool {
        if matches && self.skip_matching {
            return false;
        }
        match instance.lifecycle.as_str() {
            "Standby" | "EnteringStandby" => self.standby == Met::Replace,
            _ if !instance.counts() => false,
            _ => !instance.protected || self.protected == Met::Replace,
        }
    }
}

/// What is done with an instance that is protected from scale-in, or in standby.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Met {
    /// It is waited for an hour for somebody to change that; then the refresh fails.
    #[default]
    Wait,
    /// It stays as it is.
    Ignore,
    Replace,
}

impl Met {
    pub fn word(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Ignore => "ignore",
            Self::Replace => "replace",
        }
    }

    /// As AWS names it for protected instances.
    pub fn of_protected(self) -> &'static str {
        match self {
            Self::Wait => "Wait",
            Self::Ignore => "Ignore",
            Self::Replace => "Refresh",
        }
    }

    /// As AWS names it for instances in standby.
    pub fn of_standby(self) -> &'static str {
        match self {
            Self::Replace => "Terminate",
            other => other.of_protected(),
        }
    }
}

impl RefreshChoice {
    /// As AWS names them.
    pub fn parameters(&self) -> Value {
        let mut members = Map::new();
        let numbers = [
            ("MinHealthyPercentage", self.min_healthy),
            ("MaxHealthyPercentage", self.max_healthy),
            ("InstanceWarmup", self.warmup_seconds),
            ("CheckpointDelay", self.checkpoint_seconds),
            ("BakeTime", self.bake_seconds),
        ];
        members.extend(numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        if !self.checkpoints.is_empty() {
            members.insert("CheckpointPercentages".to_owned(), json!(self.checkpoints));
        }
        members.insert("SkipMatching".to_owned(), json!(self.skip_matching));
        members.insert("AutoRollback".to_owned(), json!(self.roll_back));
        members.insert("ScaleInProtectedInstances".to_owned(), json!(self.protected.of_protected()));
        members.insert("StandbyInstances".to_owned(), json!(self.standby.of_standby()));
        if !self.alarms.is_empty() {
            let alarms: Vec<SafeText> = self.alarms.iter().map(|it| SafeText::new(it)).collect();
            members.insert("AlarmSpecification".to_owned(), json!({ "Alarms": alarms }));
        }
        Value::Object(members)
    }

    /// What AWS would refuse of them, in words.
    pub fn fault(&self) -> Option<&'static str> {
        let rises = self.checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
        let in_range = self.checkpoints.iter().all(|it| (1..=100).contains(it));
        match (self.min_healthy, self.max_healthy) {
            (Some(101..), _) => Some("at most 100 % can be healthy at least"),
            (_, Some(..100 | 201..)) => Some("the most healthy lies between 100 % and 200 %"),
            (None, Some(_)) => Some("the most healthy needs the least, too"),
            (Some(min), Some(max)) if max - min > 100 => Some("the least and the most healthy are at most 100 % apart"),
            _ if !rises || !in_range => Some("checkpoints rise, between 1 % and 100 %"),
            _ if self.checkpoint_seconds.is_some() && self.checkpoints.is_empty() => {
                Some("a wait at checkpoints needs checkpoints")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_left_to_aws() {
        let choice = RefreshChoice { min_healthy: Some(90), skip_matching: true, ..RefreshChoice::default() };
        let wanted = json!({
            "MinHealthyPercentage": 90,
            "SkipMatching": true,
            "AutoRollback": false,
            "ScaleInProtectedInstances": "Wait",
            "StandbyInstances": "Wait",
        });
        assert_eq!((choice.parameters(), choice.fault()), (wanted, None));
    }

    #[test]
    fn what_comes_before_others_go_is_counted() {
        let ahead = |min, max, desired| {
            RefreshChoice { min_healthy: Some(min), max_healthy: max, ..RefreshChoice::default() }.ahead(desired)
        };
        assert_eq!((ahead(100, Some(150), 4), ahead(100, Some(110), 2), ahead(50, Some(100), 2)), (2, 1, 0));
        assert_eq!((ahead(100, None, 4), ahead(90, Some(110), 5)), (0, 0));
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        let wrong = [
            RefreshChoice { max_healthy: Some(110), ..RefreshChoice::default() },
            RefreshChoice { min_healthy: Some(50), max_healthy: Some(200), ..RefreshChoice::default() },
            RefreshChoice { checkpoints: vec![50, 20], ..RefreshChoice::default() },
            RefreshChoice { checkpoint_seconds: Some(60), ..RefreshChoice::default() },
        ];
        assert!(wrong.iter().all(|it| it.fault().is_some()));
    }
}
