//! Tasks that stopped of the same: why, how often, and which.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, rows::exit_words, stops},
    domain::id::ResourceId,
    theme::Role,
};

/// Tasks told.
const TOLD: usize = 30;

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let known = joins.app.estate.scope(&subject.scope)?;
    let cluster = subject.key.split('|').next()?;
    let groups = stops::grouped(&subject.scope, cluster, stops::of_cluster(known, cluster));
    let (_, group) = groups.into_iter().find(|(id, _)| id == subject)?;
    let newest = group.first()?.task;
    sheet.section("why they stopped");
    sheet.told("reason", Role::Critical, stops::reason(newest));
    sheet.maybe("exit code", exit_words(newest));
    sheet.maybe("code", newest.stop_code.clone());
    sheet.maybe("service", newest.service.clone());
    sheet.field("cluster", cluster);
    sheet.field("scope", subject.scope.to_string());
    sheet.field("how many", group.len().to_string());
    sheet.field("when", stops::span_words(&group, joins.app.now));
    let remembered = stops::remembered_words(&group);
    if !remembered.is_empty() {
        sheet.told("note", Role::Notice, remembered);
    }
    sheet.section("tasks");
    for it in group.iter().take(TOLD) {
        let mark = if it.remembered { " (remembered)" } else { "" };
        let text = format!("{} {}{mark}", it.task.arn.tail(), it.task.task_definition.short_name());
        sheet.event(it.task.stopped_at, Role::Text, text);
    }
    if group.len() > TOLD {
        sheet.line(Role::Muted, format!("and {} before these", group.len() - TOLD));
    }
    Some(())
}
