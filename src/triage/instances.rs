//! Instances that serve while something says that they are sick.

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
};
use crate::domain::{group::Instance, id::Kind, signal::Severity};

pub const INSTANCE_IMPAIRED: Rule = Rule {
    name: "instance-impaired",
    meaning: "an instance serves although its health checks fail",
    severity: "critical where it holds sessions, which cannot move, else a warning",
    fires: "an instance in service is called sick by its group's health check or by EC2's status checks",
    evidence: "what each check says, the instance's type, zone and template version",
    next: "move its users, or let the group replace it; sessions end with it",
    check: impaired,
};

fn impaired(context: &Context<'_>) -> Vec<Finding> {
    let groups = context.groups.iter();
    groups.flat_map(|view| view.group.instances.iter().filter_map(|it| find(view, it))).collect()
}

fn find(view: &GroupView<'_>, instance: &Instance) -> Option<Finding> {
    let checks = instance.checks.as_ref().map_or("not read", |it| it.as_str());
    let sick = instance.health.as_str() == "Unhealthy" || checks == "impaired";
    if !sick || !instance.is_in_service() {
        return None;
    }
    let (id, group) = (&instance.id, view.group);
    let severity = if view.spec.sessions.is_some() { Severity::Critical } else { Severity::Warning };
    Some(Finding {
        summary: format!("instance {id} of {} is in service and sick", group.name),
        evidence: vec![
            format!("{} health check: {}; EC2 status checks: {checks}", group.health_check, instance.health),
            format!("{} in {}, template version {}", instance.instance_type, instance.zone, instance.template_version),
        ],
        advice: "look at its sessions and its checks; a group replaces what its own health check calls sick, \
                 and sessions end with it"
            .to_owned(),
        ..view.place.finding(severity, Kind::Instance, id.as_str(), None)
    })
}
