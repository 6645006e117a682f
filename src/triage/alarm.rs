//! CloudWatch alarms: those that fire, and those that never can.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, Place},
    rule::Rule,
    words::span,
};
use crate::domain::{
    alarm::{Alarm, AlarmState},
    estate::ScopeEstate,
    id::Kind,
    metric::MetricName,
    observation::Observation,
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

pub const DEAD_ALARM: Rule = Rule {
    name: "dead-alarm",
    meaning: "an alarm of the stack can tell nobody anything: it has no data, and will have none",
    severity: "a notice",
    fires: "an alarm that the stack file selects has no data, and watches a metric that its namespace never publishes, \
            that CloudWatch does not list (it never existed, or not for two weeks), or that has been silent for a day; \
            not where AWS publishes a metric only while there is something to count, as the HTTPCode_… ones",
    evidence: "what it watches, with its dimensions, and CloudWatch's reason",
    next: "put it on a metric that exists, or delete it",
    check: dead,
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
        advice: "look at its condition, and at what it watches".to_owned(),
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

/// How long an alarm may be without data before it is worth a word.
const SILENT: SignedDuration = SignedDuration::from_hours(24);
/// How long a metric may take to be listed once it exists (ListMetrics).
const UNLISTED: SignedDuration = SignedDuration::from_mins(30);

/// Beginnings and ends of the names of metrics that AWS publishes only while there is something to count: to have no
/// data of them is good news.
const WHILE_COUNTED: [(&str, &str); 7] = [
    ("HTTPCode_", ""),
    ("", "ErrorCount"),
    ("", "Errors"),
    ("", "ThrottledRequests"),
    ("", "Throttles"),
    ("RejectedConnectionCount", ""),
    ("DeadLetter", ""),
];

/// Why the alarm tells nobody anything, if it does not: it has no data, for it watches a metric that its namespace
/// never has, that does not exist, or that has gone silent for a day.
pub fn why_dead(alarm: &Alarm, known: &ScopeEstate, now: Timestamp) -> Option<String> {
    let metric = alarm.metric.as_ref().filter(|_| alarm.has_no_data())?;
    if let Some(home) = home_of(metric) {
        let MetricName { namespace, name, .. } = metric;
        return Some(format!("can never fire: {namespace} does not publish {name}, {home} does"));
    }
    let name = metric.name.as_str();
    if WHILE_COUNTED.iter().any(|(start, end)| name.starts_with(start) && name.ends_with(end)) {
        return None;
    }
    let silent = alarm.updated_at.map(|at| now.duration_since(at))?;
    match known.listed.get(metric).and_then(Observation::value) {
        Some(false) if silent >= UNLISTED => Some(format!(
            "cannot fire: {} has no metric {name} with its dimensions, or none for two weeks",
            metric.namespace
        )),
        _ if silent >= SILENT => Some(format!("cannot fire: {name} has had no data for {}", span(silent))),
        _ => None,
    }
}

/// The namespace that publishes a metric which an AWS namespace never has.
fn home_of(metric: &MetricName) -> Option<&'static str> {
    let (_, home) = PUBLISHED_IN.iter().find(|(name, _)| *name == metric.name.as_str())?;
    let namespace = metric.namespace.as_str();
    // Classic load balancers publish some of these names too.
    let dead = namespace.starts_with("AWS/") && namespace != "AWS/ELB" && !home.split(" or ").any(|it| it == namespace);
    dead.then_some(home)
}

fn dead(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for place in context.stack_places() {
        let alarms = place.known.alarms.value().into_iter().flat_map(|it| it.values());
        let own = alarms.filter(|it| it.has_no_data() && place.stack.alarms.holds(it.name.as_str()));
        findings.extend(own.filter_map(|alarm| {
            let why = why_dead(alarm, place.known, place.now)?;
            Some(find_dead(&place, alarm, &why))
        }));
    }
    findings
}

fn find_dead(place: &Place<'_>, alarm: &Alarm, why: &str) -> Finding {
    let watched = alarm.metric.as_ref().map(|metric| {
        let dimensions: Vec<_> = metric.dimensions.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let of = if dimensions.is_empty() { "no dimensions".to_owned() } else { dimensions.join(", ") };
        format!("it watches {} {} of {of}", metric.namespace, metric.name)
    });
    let says = (!alarm.reason.is_empty()).then(|| format!("AWS says: {}", alarm.reason));
    Finding {
        summary: format!("alarm {} is dead: it {why}", alarm.name),
        evidence: watched.into_iter().chain(says).collect(),
        advice: "put it on a metric that exists, or delete it: as it is, nobody will be told".to_owned(),
        ..place.finding(Severity::Notice, Kind::Alarm, alarm.arn.wire(), alarm.updated_at)
    }
}
