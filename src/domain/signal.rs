//! Signals: something wrong, said so that somebody just woken can act on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{id::ResourceId, text::SafeText};

/// How bad it is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Users are hurt, or will be within minutes.
    Critical,
    /// Needs an eye soon.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// One thing wrong, derived by a rule from the estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub severity: Severity,
    /// Name of the rule, as `running-below-desired`.
    pub rule: &'static str,
    /// Name of the stack it is in.
    pub stack: SafeText,
    pub subject: ResourceId,
    /// When it began, as far as the data tells.
    pub since: Option<Timestamp>,
    /// One line: what is wrong.
    pub summary: SafeText,
    /// The numbers and texts it rests on.
    pub evidence: Vec<SafeText>,
    /// What to do next.
    pub advice: SafeText,
}

/// A signal that the operator has seen and wants to be told of no more: of one rule, about one resource, as long as it is
/// no worse than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    pub rule: SafeText,
    pub subject: ResourceId,
    /// As bad as it was then; worse is told again.
    pub severity: Severity,
    /// When it was muted.
    pub at: Timestamp,
    /// What it said then.
    pub summary: SafeText,
}

impl Mute {
    /// Mutes `signal` from now on.
    pub fn of(signal: &Signal, now: Timestamp) -> Self {
        Self {
            rule: signal.rule.into(),
            subject: signal.subject.clone(),
            severity: signal.severity,
            at: now,
            summary: signal.summary.clone(),
        }
    }

    /// Whether `signal` is not to be told.
    pub fn silences(&self, signal: &Signal) -> bool {
        self.rule.as_str() == signal.rule && self.subject == signal.subject && signal.severity >= self.severity
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Mute, Severity, Signal};
    use crate::domain::id::{Kind, ResourceId, Scope};

    #[test]
    fn a_mute_is_of_one_rule_about_one_resource_and_ends_when_that_gets_worse() {
        let scope = Scope::new("ops", "us-east-1");
        let signal = Signal {
            severity: Severity::Warning,
            rule: "dead-alarm",
            stack: "terminal".into(),
            subject: ResourceId::new(Kind::Alarm, &scope, "a"),
            since: None,
            summary: "x".into(),
            evidence: Vec::new(),
            advice: "y".into(),
        };
        let mute = Mute::of(&signal, Timestamp::UNIX_EPOCH);
        assert!(mute.silences(&signal));
        assert!(mute.silences(&Signal { severity: Severity::Notice, summary: "z".into(), ..signal.clone() }));
        assert!(!mute.silences(&Signal { severity: Severity::Critical, ..signal.clone() }));
        assert!(!mute.silences(&Signal { rule: "alarm-firing", ..signal.clone() }));
        let other = ResourceId::new(Kind::Alarm, &scope, "b");
        assert!(!mute.silences(&Signal { subject: other, ..signal }));
    }
}
