//! A target: its state and AWS's reason, and the task or instance behind it.

use super::sheet::Sheet;
use crate::{
    app::joins::{Joins, target_id},
    domain::{behind, id::ResourceId, target::TargetState},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let group_arn = subject.key.split('|').next()?;
    let known = joins.app.estate.scope(&subject.scope)?;
    let (arn, observed) = known.targets.iter().find(|(arn, _)| arn.wire() == group_arn)?;
    let target = observed.value()?.iter().find(|it| target_id(&subject.scope, arn, it) == *subject)?;
    sheet.signals(super::about(joins.app, subject));
    sheet.section("target");
    sheet.field("target group", arn.short_name());
    sheet.field("scope", subject.scope.to_string());
    sheet.field("address", format!("{} port {}", target.id, target.port));
    sheet.field("zone", target.zone.clone());
    let role = match target.state {
        TargetState::Healthy => Role::Ok,
        TargetState::Unhealthy => Role::Critical,
        _ => Role::Progress,
    };
    sheet.told("state", role, target.state.word());
    sheet.field("reason", target.description.clone());
    sheet.field("code", target.reason.clone());
    if let Some(task) = behind::task(known, arn, target.id.as_str()) {
        sheet.section("task behind it");
        sheet.field("task", task.arn.tail());
        sheet.maybe("service", task.service.clone());
        sheet.field("status", format!("{}, health {}", task.status, task.health));
        sheet.field("task definition", task.task_definition.short_name());
        sheet.moment("started", task.started_at);
    }
    if let Some((group, instance)) = known.instance(target.id.as_str()) {
        sheet.section("instance behind it");
        sheet.field("instance", instance.id.clone());
        sheet.field("group", group.name.clone());
        sheet.field("lifecycle", format!("{}, health {}", instance.lifecycle, instance.health));
    }
    Some(())
}
