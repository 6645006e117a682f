//! An entry of the timeline: what happened, and what happened to the same stack just before it.

use super::{changes, sheet::Sheet};
use crate::{
    app::{joins::Joins, rows::role_of_tone},
    domain::{id::ResourceId, timeline::Source},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let entry = joins.app.estate.timeline.find(subject)?;
    sheet.section("what happened");
    sheet.moment("when", Some(entry.at));
    if entry.source == Source::Target {
        sheet.told("seen", Role::Muted, "by comparing two looks: it happened between the two");
    }
    sheet.field("kind", entry.source.word());
    sheet.field(entry.subject.kind.word(), entry.subject.name());
    let stack = joins.stack_of_entry(entry);
    sheet.maybe("stack", stack.map(|it| it.name.clone()));
    sheet.field("scope", entry.subject.scope.to_string());
    sheet.told("what", role_of_tone(entry.tone), entry.text.clone());
    sheet.section("in the 15 minutes before");
    let before = changes::before(joins, entry.at, stack, Some(subject));
    if before.is_empty() {
        sheet.line(Role::Muted, "nothing is known to have changed");
    }
    sheet.lines(before);
    Some(())
}
