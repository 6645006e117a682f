//! Instances that serve while something says that they are sick.

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    sessions, words,
};
use crate::domain::{group::Instance, id::Kind, signal::Severity};

pub const INSTANCE_IMPAIRED: Rule = Rule {
    name: "instance-impaired",
    meaning: "an instance serves although its health checks fail",
    severity: "critical where it holds sessions, which cannot move, else a warning",
    fires: "an instance in service is called sick by its group's health check or by EC2's status checks",
    evidence: "what each check says, the instance's type, zone and template version, its sessions",
    next: "move its users, or let the group replace it; sessions end with it. To keep it while it empties, suspend \
           ReplaceUnhealthy",
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
    let mut evidence = vec![
        format!("{} health check: {}; EC2 status checks: {checks}", group.health_check, instance.health),
        format!("{} in {}, template version {}", instance.instance_type, instance.zone, instance.template_version),
    ];
    evidence.extend(held(view, instance).map(|it| format!("it holds {}", words::count(it as usize, "session"))));
    let is_replaced = instance.health.as_str() == "Unhealthy"
        && !["ReplaceUnhealthy", "HealthCheck", "Terminate"].iter().any(|it| group.suspends(it));
    Some(Finding {
        summary: format!("instance {id} of {} is in service and sick", group.name),
        evidence,
        advice: if is_replaced {
            "the group is about to replace it, and its sessions end with it: suspend ReplaceUnhealthy to keep it while they \
             end by themselves"
        } else {
            "look at its sessions and its checks; a group replaces what its own health check calls sick, and sessions end \
             with it"
        }
        .to_owned(),
        ..view.place.finding(severity, Kind::Instance, id.as_str(), None)
    })
}

/// Sessions on it, where some source tells.
fn held(view: &GroupView<'_>, instance: &Instance) -> Option<u32> {
    let load = sessions::load(view.place.known, view.group, view.spec.sessions.as_ref()?, view.place.now);
    let gateway = load.gateways.iter().find(|it| it.instance.id == instance.id)?;
    gateway.sessions.map(|it| it.value)
}
