//! A task: its life so far, its containers, and what it stopped of.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, words},
    domain::{
        behind::Behind,
        definition::{Definition, Logs},
        id::{Arn, ResourceId},
        observation::Observation,
        task::{Container, Task},
        text::SafeText,
    },
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let known = joins.app.estate.scope(&subject.scope)?;
    let task = known.task(&subject.key)?;
    let observed = known.definitions.get(&task.task_definition);
    let definition = observed.and_then(Observation::value);
    sheet.signals(super::about(joins.app, subject));
    if task.is_stopped() {
        sheet.section("why it stopped");
        sheet.maybe("code", task.stop_code.clone());
        let reason = task.stopped_reason.clone().unwrap_or_default();
        sheet.told("reason", Role::Critical, reason);
        sheet.moment("stopped", task.stopped_at);
    }
    logs(task, observed, sheet);
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
        describe_container(container, definition, sheet);
    }
    targets(joins, subject, task.address.as_ref().map(SafeText::as_str), sheet);
    Some(())
}

fn describe_container(container: &Container, definition: Option<&Definition>, sheet: &mut Sheet) {
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
    let Some(definition) = definition else { return };
    let told = |path: &str| path != "image" && !path.starts_with("logConfiguration.");
    for (path, shown) in definition.fields_of(container.name.as_str()).filter(|(path, _)| told(path)) {
        sheet.field(path, shown.clone());
    }
}

/// Where the containers' output is to be read.
fn logs(task: &Task, observed: Option<&Observation<Definition>>, sheet: &mut Sheet) {
    sheet.section("logs");
    let Some(definition) = observed.and_then(Observation::value) else {
        match observed.and_then(Observation::fault) {
            Some(it) => sheet.told("not known", Role::Faulted, format!("{}: {}", it.operation, it.kind.word())),
            None => sheet.line(Role::Muted, "the task definition is being read"),
        }
        return;
    };
    for container in definition.containers.iter().map(|it| it.name.as_str()) {
        match definition.logs(container) {
            None => sheet.told(container, Role::Warning, "no log driver: what it prints is lost"),
            Some(Logs::Other { driver }) => sheet.field(container, format!("goes to {driver}")),
            Some(logs @ Logs::Awslogs { .. }) => awslogs(container, &logs, task, sheet),
        }
    }
}

fn awslogs(container: &str, logs: &Logs, task: &Task, sheet: &mut Sheet) {
    if let Logs::Awslogs { group, region, .. } = logs {
        let region = region.as_ref().map(|it| format!(" in {it}")).unwrap_or_default();
        sheet.field(container, format!("group {group}{region}"));
    }
    if let Some(stream) = logs.stream(container, &task.arn) {
        sheet.field("", format!("stream {stream}"));
    }
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
    let behind = Behind::of(known);
    let of_this = |group: &Arn| behind.task(group, address).is_some_and(|it| *it.arn.wire() == *subject.key);
    for (group, observed) in known.targets.iter().filter(|(group, _)| of_this(group)) {
        for target in observed.value().into_iter().flatten().filter(|it| it.id.as_str() == address) {
            if std::mem::take(&mut first) {
                sheet.section("targets");
            }
            let text = format!("port {}: {} {}", target.port, target.state.word(), target.description);
            sheet.field(group.short_name().as_str(), text);
        }
    }
}
