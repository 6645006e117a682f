//! Services at the end of, or outside, the range in which Application Auto Scaling steers them.

use super::{
    context::{Context, Finding, ServiceView},
    rule::Rule,
    words,
};
use crate::domain::{
    alarm::{Alarm, AlarmState},
    scaling::ScalableTarget,
    signal::Severity,
};

pub const SCALING_AT_MAX: Rule = Rule {
    name: "scaling-at-max",
    meaning: "a service cannot grow although its scaling policy wants more tasks",
    severity: "a warning",
    fires: "desired is at the maximum of the service's scalable target while the high alarm of one of its policies fires",
    evidence: "the alarm with its reason, the range, the policies with their targets, tasks running",
    next: "raise the maximum, or give the tasks more CPU and memory",
    check: scaling_at_max,
};

pub const DESIRED_OUTSIDE_RANGE: Rule = Rule {
    name: "desired-outside-range",
    meaning: "a service is set to a number of tasks outside the range of its autoscaling",
    severity: "a warning below the minimum, a notice above the maximum",
    fires: "desired is below the minimum or above the maximum of the service's scalable target; ECS takes such a number \
            without a word, and the next scaling overwrites it. A service that may sleep may do so",
    evidence: "the range, tasks desired and running, the policies with their targets",
    next: "set the desired count inside the range, or move the range",
    check: desired_outside_range,
};

fn scaling_at_max(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(at_max).collect()
}

fn at_max(view: &ServiceView<'_>) -> Option<Finding> {
    let (service, target) = (view.service, target(view)?);
    let alarm = high_alarm(view, target).filter(|_| service.desired >= target.max && !target.suspended_out)?;
    let mut evidence = vec![format!("{}: {}", alarm.name, alarm.reason)];
    evidence.extend(facts(view, target));
    Some(Finding {
        summary: format!(
            "{} is at its maximum of {} and would grow",
            view.name(),
            words::count(target.max as usize, "task")
        ),
        evidence,
        advice: "raise the maximum of its scalable target, or give its tasks more CPU and memory".to_owned(),
        ..view.finding(Severity::Warning, alarm.updated_at)
    })
}

fn desired_outside_range(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(outside).collect()
}

fn outside(view: &ServiceView<'_>) -> Option<Finding> {
    let (service, target) = (view.service, target(view)?);
    let (min, max) = (target.min, target.max);
    let asleep = service.desired == 0 && view.spec.may_sleep;
    let (severity, which, then) = match service.desired {
        desired if desired < min && !asleep => {
            (Severity::Warning, format!("below the minimum of {min}"), "growing sets it to the minimum first")
        }
        desired if desired > max => {
            (Severity::Notice, format!("above the maximum of {max}"), "shrinking sets it to the maximum first")
        }
        _ => return None,
    };
    let advice = if target.suspended_in && target.suspended_out {
        format!("set it between {min} and {max}, or move the range; scaling is suspended and leaves it alone")
    } else {
        format!(
            "set it between {min} and {max}, or move the range: autoscaling leaves it alone until a policy acts; {then}"
        )
    };
    Some(Finding {
        summary: format!("{} is set to {}, {which}", view.name(), words::count(service.desired as usize, "task")),
        evidence: facts(view, target),
        advice,
        ..view.finding(severity, None)
    })
}

/// The service's scalable target.
fn target<'a>(view: &ServiceView<'a>) -> Option<&'a ScalableTarget> {
    let resource = format!("service/{}/{}", view.spec.cluster, view.spec.name);
    view.place.known.scalable_targets.value()?.iter().find(|it| it.resource.as_str() == resource)
}

/// The alarm by which a policy of the target asks for more, while it is in ALARM.
fn high_alarm<'a>(view: &ServiceView<'a>, target: &ScalableTarget) -> Option<&'a Alarm> {
    let name = format!("TargetTracking-{}-AlarmHigh-", target.resource);
    let mut alarms = view.place.known.alarms.value()?.values();
    alarms.find(|it| it.state == AlarmState::Alarm && it.name.as_str().starts_with(&name))
}

fn facts(view: &ServiceView<'_>, target: &ScalableTarget) -> Vec<String> {
    let mut facts = vec![format!(
        "range {} to {}; desired {}, running {}",
        target.min, target.max, view.service.desired, view.service.running
    )];
    facts
        .extend(target.policies.iter().map(|(name, metric, value)| format!("policy {name} keeps {metric} at {value}")));
    if target.suspended_in || target.suspended_out {
        let which = match (target.suspended_in, target.suspended_out) {
            (true, true) => "in and out",
            (true, false) => "in",
            _ => "out",
        };
        facts.push(format!("scaling {which} is suspended"));
    }
    facts
}
