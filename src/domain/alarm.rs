//! CloudWatch alarms (DescribeAlarms).

use jiff::Timestamp;

use super::{id::Arn, metric::MetricName, text::SafeText};

/// A metric or composite alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub arn: Arn,
    pub name: SafeText,
    pub description: SafeText,
    pub state: AlarmState,
    /// AWS's sentence on why.
    pub reason: SafeText,
    pub updated_at: Option<Timestamp>,
    /// Absent for composite alarms and those on expressions.
    pub metric: Option<MetricName>,
    pub statistic: SafeText,
    /// `>`, `≥`, `<`, `≤`.
    pub comparison: &'static str,
    pub threshold: Option<f64>,
    pub period_seconds: u32,
    pub evaluation_periods: u32,
    pub actions_enabled: bool,
    /// ARNs of what it triggers.
    pub actions: Vec<Arn>,
}

/// `StateValue`, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmState {
    Alarm,
    InsufficientData,
    Ok,
}

/// One change of an alarm's state (DescribeAlarmHistory).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmChange {
    /// Its name: the history knows no ARN.
    pub alarm: SafeText,
    pub at: Timestamp,
    pub from: AlarmState,
    pub to: AlarmState,
    /// AWS's sentence on why.
    pub reason: SafeText,
}

impl AlarmChange {
    /// Whether the alarm steers a scaling policy.
    pub fn is_scaling(&self) -> bool {
        is_scaling(&self.alarm)
    }
}

impl AlarmState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Alarm => "ALARM",
            Self::InsufficientData => "no data",
            Self::Ok => "ok",
        }
    }
}

impl Alarm {
    /// Whether it waits for data that would have it fire; what only steers a policy is no matter.
    pub fn has_no_data(&self) -> bool {
        self.state == AlarmState::InsufficientData && !self.is_scaling()
    }

    /// Whether it belongs to a scaling policy: firing is then business as usual, not a fault.
    pub fn is_scaling(&self) -> bool {
        is_scaling(&self.name)
    }

    /// What a scaling policy wants while this alarm of its fires: more capacity, less, or what the name does not tell.
    pub fn wants(&self) -> Wants {
        match self.name.as_str() {
            name if name.contains("-AlarmHigh-") => Wants::More,
            name if name.contains("-AlarmLow-") => Wants::Less,
            _ => Wants::Unknown,
        }
    }
}

/// Which way a scaling policy would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    More,
    Less,
    Unknown,
}

/// By the name that target tracking gives the alarms it makes.
fn is_scaling(name: &SafeText) -> bool {
    name.as_str().starts_with("TargetTracking-")
}
