//! CloudWatch alarms: those that fire, and those that never can.

use super::{
    context::{Context, Finding, Place},
    rule::Rule,
};
use crate::domain::{
    alarm::{Alarm, AlarmState},
    id::Kind,
    signal::Severity,
};

pub const ALARM_FIRING: Rule = Rule {
    name: "alarm-firing",
    meaning: "an alarm of the stack is in ALARM",
    severity: "critical",
    fires: "an alarm that the stack file selects is in ALARM; those of scaling policies only steer, and are left out",
    evidence: "the alarm's condition, CloudWatch's reason with the values, its description, whether it tells anybody",
    next: "look at what the alarm watches",
    check: firing,
};

fn firing(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for place in context.stack_places() {
        let alarms = place.known.alarms.value().into_iter().flat_map(|it| it.values());
        let firing = alarms.filter(|it| it.state == AlarmState::Alarm && !it.is_scaling());
        findings.extend(firing.filter(|it| place.stack.alarms.holds(it.name.as_str())).map(|it| find(&place, it)));
    }
    findings
}

fn find(place: &Place<'_>, alarm: &Alarm) -> Finding {
    let condition = condition(alarm);
    let summary = match &condition {
        Some(condition) => format!("alarm {} fires: {condition}", alarm.name),
        None => format!("alarm {} fires", alarm.name),
    };
    let texts = [&alarm.reason, &alarm.description].into_iter().filter(|it| !it.is_empty()).map(ToString::to_string);
    let muted = (!alarm.actions_enabled).then(|| "its actions are disabled: it tells nobody".to_owned());
    Finding {
        summary,
        evidence: texts.chain(muted).collect(),
        advice: "press enter to see it among the alarms, d for its condition and history".to_owned(),
        ..place.finding(Severity::Critical, Kind::Alarm, alarm.arn.wire(), alarm.updated_at)
    }
}

/// As `Average of TargetResponseTime > 1, 3 × 60 s`.
fn condition(alarm: &Alarm) -> Option<String> {
    let (metric, threshold) = (alarm.metric.as_ref()?, alarm.threshold?);
    Some(format!(
        "{} of {} {} {threshold}, {} × {} s",
        alarm.statistic, metric.name, alarm.comparison, alarm.evaluation_periods, alarm.period_seconds
    ))
}

/// Metrics by the namespaces that publish them, where alarms are commonly put on another by mistake.
const PUBLISHED_IN: [(&str, &str); 6] = [
    ("UnHealthyHostCount", "AWS/ApplicationELB or AWS/NetworkELB"),
    ("HealthyHostCount", "AWS/ApplicationELB or AWS/NetworkELB"),
    ("TargetResponseTime", "AWS/ApplicationELB"),
    ("RequestCount", "AWS/ApplicationELB"),
    ("HTTPCode_Target_5XX_Count", "AWS/ApplicationELB"),
    ("HTTPCode_ELB_5XX_Count", "AWS/ApplicationELB"),
];

/// Why the alarm can never fire, if it cannot: it has no data, and watches a metric in an AWS namespace that
/// never publishes one of that name.
pub fn why_dead(alarm: &Alarm) -> Option<String> {
    let metric = alarm.metric.as_ref().filter(|_| alarm.state == AlarmState::InsufficientData)?;
    let (_, home) = PUBLISHED_IN.iter().find(|(name, _)| *name == metric.name.as_str())?;
    let namespace = metric.namespace.as_str();
    // Classic load balancers publish some of these names too.
    let dead = namespace.starts_with("AWS/") && namespace != "AWS/ELB" && !home.split(" or ").any(|it| it == namespace);
    dead.then(|| format!("can never fire: {namespace} does not publish {}, {home} does", metric.name))
}
