//! The lines that a figure should stay below or above: promises, alarms, and what policies steer to.

use super::{Chart, ChartKind};
use crate::{
    app::App,
    domain::{
        alarm::{Alarm, AlarmState},
        estate::ScopeEstate,
        id::{Arn, Kind},
    },
    metrics::Measured,
    stack::model::{Stack, StackService},
    theme::Role,
};

/// One line across a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Whose it is: `promise p95`, `alarm NAME`, `policy NAME`.
    pub name: String,
    /// In the chart's unit.
    pub value: f64,
    pub role: Role,
}

/// The thresholds of a chart, each once.
pub fn of(app: &App, chart: &Chart) -> Vec<Threshold> {
    let Some(known) = app.estate.scope(&chart.subject.scope) else { return Vec::new() };
    let Some(stack) = app.stacks.get(chart.stack) else { return Vec::new() };
    let mut found: Vec<Threshold> = promise(stack, known, chart).into_iter().collect();
    found.extend(policies(stack, known, chart));
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values()).filter(|it| !it.is_scaling());
    for alarm in alarms {
        let line = chart.lines.iter().find(|line| line.is_watched_by(alarm));
        found.extend(line.and_then(|line| of_alarm(alarm, line)));
    }
    found
}

fn of_alarm(alarm: &Alarm, line: &Measured) -> Option<Threshold> {
    let role = if alarm.state == AlarmState::Alarm { Role::Critical } else { Role::Warning };
    // A sum counts what happens in a period of the alarm's own length.
    let value = line.measure.shown(alarm.threshold?, alarm.period_seconds);
    Some(Threshold { name: format!("alarm {} {}", alarm.name, alarm.comparison).trim_end().to_owned(), value, role })
}

fn promise(stack: &Stack, known: &ScopeEstate, chart: &Chart) -> Option<Threshold> {
    if chart.kind != ChartKind::Latency {
        return None;
    }
    let serves = |spec: &&StackService| {
        let service = known.stack_service(spec);
        let group = Arn::new(&chart.subject.key);
        spec.scopes.contains(&chart.subject.scope)
            && service.is_some_and(|it| it.load_balancers.iter().any(|target| target.target_group == group))
    };
    let value = stack.services.iter().filter(serves).find_map(|it| it.promise_p95_ms)?;
    Some(Threshold { name: "promise p95 ≤".to_owned(), value, role: Role::Notice })
}

/// What target tracking policies keep the figure at, and what a gateway takes.
fn policies(stack: &Stack, known: &ScopeEstate, chart: &Chart) -> Vec<Threshold> {
    let kept = |name: &str, value: f64| Threshold { name: format!("policy {name} keeps"), value, role: Role::Progress };
    match chart.subject.kind {
        Kind::Service => {
            let Some((_, path)) = chart.subject.key.split_once(":service/") else { return Vec::new() };
            let metric = match chart.kind {
                ChartKind::Cpu => "ECSServiceAverageCPUUtilization",
                ChartKind::Memory => "ECSServiceAverageMemoryUtilization",
                _ => return Vec::new(),
            };
            let targets = known.scalable_targets.value().into_iter().flatten();
            let own = targets.filter(|it| it.resource.as_str().strip_prefix("service/") == Some(path));
            let policies = own.flat_map(|it| &it.policies).filter(|(_, name, _)| name.as_str() == metric);
            policies.map(|(name, _, value)| kept(name.as_str(), *value)).collect()
        }
        Kind::Group if chart.kind == ChartKind::Sessions => {
            let Some(spec) = stack.groups.iter().find(|it| *it.name == *chart.subject.key) else { return Vec::new() };
            let Some(group) = known.stack_group(spec) else { return Vec::new() };
            let is_own = |metric: &str| chart.lines.iter().any(|it| it.metric.name.as_str() == metric);
            let targets = group.policies.iter().filter_map(|it| Some((it, it.target.as_ref()?)));
            let own = targets.filter(|(_, target)| is_own(target.metric.as_str()));
            let mut found: Vec<Threshold> = own.map(|(it, target)| kept(it.name.as_str(), target.value)).collect();
            let types = group.instances.iter().map(|it| it.instance_type.as_str());
            let limit = spec.sessions.as_ref().and_then(|it| types.filter_map(|kind| it.limit_of(kind)).min());
            found.extend(limit.map(|it| Threshold {
                name: "a gateway takes".to_owned(),
                value: f64::from(it),
                role: Role::Warning,
            }));
            found
        }
        _ => Vec::new(),
    }
}
