//! Processes of Auto Scaling groups that somebody has suspended.

use jiff::Timestamp;

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    words,
};
use crate::domain::{id::Kind, signal::Severity};

pub const SUSPENDED_PROCESSES: Rule = Rule {
    name: "suspended-processes",
    meaning: "processes of an Auto Scaling group are suspended: it does not do by itself what it is there for",
    severity: "a notice for AZRebalance, ScheduledActions and InstanceRefresh alone, else a warning",
    fires: "DescribeAutoScalingGroups names suspended processes",
    evidence: "each process with what it no longer does, AWS's reason with its time, instances in service and desired",
    next: "resume them once what they were suspended for is over",
    check: suspended_processes,
};

/// What a group no longer does while a process is suspended, and whether that can hurt users.
const PROCESSES: [(&str, &str, bool); 9] = [
    ("Launch", "no instance is launched", true),
    ("Terminate", "no instance is terminated", true),
    ("HealthCheck", "sick instances are not noticed", true),
    ("ReplaceUnhealthy", "sick instances are not replaced", true),
    ("AlarmNotification", "policies do not scale it", true),
    ("AddToLoadBalancer", "new instances get no traffic", true),
    ("AZRebalance", "instances are not spread over zones", false),
    ("ScheduledActions", "scheduled actions do not run", false),
    ("InstanceRefresh", "instance refreshes do not start", false),
];

fn suspended_processes(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find).collect()
}

fn find(view: &GroupView<'_>) -> Option<Finding> {
    let group = view.group;
    if group.suspended.is_empty() {
        return None;
    }
    let known = |name: &str| PROCESSES.iter().find(|(process, ..)| *process == name);
    let hurts = |name: &str| known(name).is_none_or(|(_, _, hurts)| *hurts);
    let names: Vec<&str> = group.suspended.iter().map(|(name, _)| name.as_str()).collect();
    let severity = if names.iter().any(|it| hurts(it)) { Severity::Warning } else { Severity::Notice };
    let mut evidence: Vec<String> = group
        .suspended
        .iter()
        .map(|(name, reason)| {
            let effect = known(name.as_str()).map(|(_, effect, _)| format!(": {effect}")).unwrap_or_default();
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("{name}{effect}{reason}")
        })
        .collect();
    let in_service = group.instances.iter().filter(|it| it.is_in_service()).count();
    evidence.push(format!("{in_service} of {} instances in service", group.desired));
    let shrinks = names.contains(&"Launch") && !names.contains(&"ReplaceUnhealthy") && !names.contains(&"Terminate");
    Some(Finding {
        summary: match &names[..] {
            [only] => format!("{}: {only} is suspended", group.name),
            several => format!("{}: {} are suspended", group.name, words::list(several)),
        },
        evidence,
        advice: if shrinks {
            "resume them: sick instances are still ended and none takes their place, so the group shrinks"
        } else {
            "resume them once what they were suspended for is over; ask who suspended them"
        }
        .to_owned(),
        ..view.place.finding(severity, Kind::Group, group.name.as_str(), since(view))
    })
}

/// The earliest time that the reasons name, as `User suspended at 2026-01-02T03:04:05Z` does.
fn since(view: &GroupView<'_>) -> Option<Timestamp> {
    let words = view.group.suspended.iter().flat_map(|(_, reason)| reason.as_str().split(' '));
    words.filter_map(|word| word.parse().ok()).min()
}
