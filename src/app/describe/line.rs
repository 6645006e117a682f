//! A line of a log in full.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, rows::role_of_line},
    domain::{id::ResourceId, log::LogTail},
    theme::Role,
};

/// What stands for a line's end in a safe text.
const LINE_END: char = '␊';

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let (group, id) = subject.key.split_once('|')?;
    let known = joins.app.estate.scope(&subject.scope)?;
    let excerpts = known.logs.iter().filter(|(excerpt, _)| *excerpt.source.group == *group);
    let mut lines = excerpts.filter_map(|(_, tail)| tail.value()).flat_map(LogTail::lines);
    let line = lines.find(|it| *it.id == *id)?;
    sheet.section("log line");
    sheet.field("group", group);
    sheet.field("stream", line.stream.clone());
    sheet.field("scope", subject.scope.to_string());
    sheet.moment("written", Some(line.at));
    sheet.moment("in CloudWatch", line.ingested_at);
    if line.after_gap {
        sheet.told("before it", Role::Notice, "more was written than is read at once: lines are missing here");
    }
    sheet.section("message");
    for part in line.message.as_str().split(LINE_END) {
        sheet.line(role_of_line(part), part);
    }
    Some(())
}
