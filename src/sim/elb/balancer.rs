//! A load balancer with its listeners and rules.

use jiff::Timestamp;

/// An application load balancer.
#[derive(Debug)]
pub struct Balancer {
    pub arn: String,
    pub name: String,
    pub dns_name: String,
    pub created_at: Timestamp,
    /// Zone name and subnet of each enabled zone.
    pub zones: Vec<(String, String)>,
    pub vpc: String,
    pub security_group: String,
    pub listeners: Vec<Listener>,
    pub tags: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Listener {
    pub arn: String,
    pub port: u16,
    pub protocol: &'static str,
    pub certificate: Option<String>,
    /// In the order of their priority; the default rule comes last.
    pub rules: Vec<Rule>,
}

impl Listener {
    /// What a request gets that no other rule takes.
    pub fn default_action(&self) -> Option<&Action> {
        self.rules.iter().find(|rule| rule.priority.is_none()).map(|rule| &rule.action)
    }
}

#[derive(Debug)]
pub struct Rule {
    pub arn: String,
    /// `None` for the default rule.
    pub priority: Option<u32>,
    pub condition: Option<Condition>,
    pub action: Action,
}

#[derive(Debug, Clone)]
pub enum Condition {
    Host(String),
    Path(String),
    Header { name: String, value: String },
}

#[derive(Debug, Clone)]
pub enum Action {
    /// To the target group with this ARN.
    Forward(String),
    RedirectToHttps,
    /// A fixed response with this status.
    Fixed(u16),
}
