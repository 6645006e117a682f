//! Listeners of load balancers and their rules (DescribeListeners, DescribeRules).

use super::{id::Arn, text::SafeText};

/// A listener with its rules in the order in which they are tried; the default one last.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    pub arn: Arn,
    pub balancer: Arn,
    pub protocol: SafeText,
    pub port: u16,
    pub rules: Vec<Rule>,
}

/// A rule: what it asks of a request, and where it leads.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub arn: Arn,
    /// 1 is tried first; `None` is the default rule.
    pub priority: Option<u32>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Actions that only check who is asking: `authenticate-oidc` …
    pub checks: Vec<SafeText>,
    pub action: RuleAction,
}

/// One condition: one of the values must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `host`, `path`, `header X-Origin-Verify`, `method`, `query`, `source`.
    pub field: SafeText,
    pub values: Vec<SafeText>,
}

/// What a rule does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAction {
    /// Target groups and their weights.
    Forward(Vec<(Arn, u32)>),
    /// To where, as `HTTPS:443 HTTP_301`.
    Redirect(SafeText),
    /// With which status.
    Respond(SafeText),
    Other(SafeText),
}

impl Rule {
    /// The target groups that it leads to.
    pub fn groups(&self) -> &[(Arn, u32)] {
        match &self.action {
            RuleAction::Forward(groups) => groups,
            _ => &[],
        }
    }
}
