//! A task: its life so far, its containers, and what it stopped of.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, words},
    domain::{id::ResourceId, task::Container, text::SafeText},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let task = joins.app.estate.scope(&subject.scope)?.task(&subject.key)?;
    sheet.signals(super::about(joins.app, subject));
    if task.is_stopped() {
        sheet.section("why it stopped");
        sheet.maybe("code", task.stop_code.clone());
        let reason = task.stopped_reason.clone().unwrap_or_default();
        sheet.told("reason", Role::Critical, reason);
        sheet.moment("stopped", task.stopped_at);
    }
    sheet.section("task");
    sheet.field("arn", task.arn.to_string());
    sheet.field("scope", subject.scope.to_string());
    sheet.field("cluster", task.cluster.tail());
    sheet.maybe("service", task.service.clone());
    sheet.field("status", format!("{} (wanted: {})", task.status, task.desired_status));
    let health_role = if task.health.as_str() == "UNHEALTHY" { Role::Critical } else { Role::Text };
    sheet.told("container health", health_role, task.health.clone());
    sheet.field("task definition", task.task_definition.short_name());
    sheet.field("deployment", task.started_by.clone());
    sheet.field("size", format!("{}, {}", words::cpu(task.cpu), words::memory(task.memory)));
    sheet.field("launch", task.launch.clone());
    sheet.field("zone", task.zone.clone());
    sheet.maybe("address", task.address.clone());
    sheet.moment("created", task.created_at);
    sheet.moment("started", task.started_at);
    for container in &task.containers {
        describe_container(container, sheet);
    }
    targets(joins, subject, task.address.as_ref().map(SafeText::as_str), sheet);
    Some(())
}

fn describe_container(container: &Container, sheet: &mut Sheet) {
    sheet.section(&format!("container {}", container.name));
    sheet.field("status", format!("{}, health {}", container.status, container.health));
    if let Some(code) = container.exit_code {
        let role = if code == 0 { Role::Text } else { Role::Critical };
        sheet.told("exit code", role, format!("{code}{}", exit_meaning(code)));
    }
    if let Some(reason) = &container.reason {
        sheet.told("reason", Role::Critical, reason.clone());
    }
    sheet.field("image", container.image.clone());
    sheet.maybe("digest", container.digest.clone());
}

/// What exit codes above 128 mean: the signal that ended the process.
fn exit_meaning(code: i32) -> &'static str {
    match code {
        137 => " (SIGKILL: out of memory, or not gone within the stop timeout)",
        139 => " (SIGSEGV)",
        143 => " (SIGTERM: asked to stop)",
        _ => "",
    }
}

/// What load balancers think of the task.
fn targets(joins: &Joins<'_>, subject: &ResourceId, address: Option<&str>, sheet: &mut Sheet) {
    let (Some(address), Some(known)) = (address, joins.app.estate.scope(&subject.scope)) else { return };
    let mut first = true;
    for (group, observed) in &known.targets {
        for target in observed.value().into_iter().flatten().filter(|it| it.id.as_str() == address) {
            if std::mem::take(&mut first) {
                sheet.section("targets");
            }
            let text = format!("port {}: {} {}", target.port, target.state.word(), target.description);
            sheet.field(group.short_name().as_str(), text);
        }
    }
}
