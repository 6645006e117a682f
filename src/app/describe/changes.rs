//! What changed before a moment: where the cause of what went wrong at it may lie.

use jiff::Timestamp;

use crate::{
    app::{
        joins::Joins,
        overlay::TextLine,
        rows::{chord, mark_of_tone, name_of_entry, role_of_tone},
        words,
    },
    command::Command,
    domain::{id::ResourceId, signal::Signal},
    stack::model::Stack,
    theme::Role,
};

/// Changes told; more are only counted.
const TOLD: usize = 8;

/// The changes of a stack (or of everything) in the minutes before `until`, newest first, but for the entry `without`.
pub fn before(
    joins: &Joins<'_>,
    until: Timestamp,
    stack: Option<&Stack>,
    without: Option<&ResourceId>,
) -> Vec<TextLine> {
    let is_meant = |theirs: Option<&Stack>| stack.is_none_or(|own| theirs.is_some_and(|it| it.name == own.name));
    let all: Vec<_> = joins
        .app
        .estate
        .timeline
        .before(until)
        .filter(|(id, entry)| Some(id) != without && is_meant(joins.stack_of_entry(entry)))
        .map(|(_, entry)| entry)
        .collect();
    let more = all.len().saturating_sub(TOLD);
    let told = all.iter().take(TOLD).map(|entry| {
        let head = format!("  {} {}  ", mark_of_tone(entry.tone), words::clock(entry.at));
        let text = format!("{}: {}", name_of_entry(entry), entry.text);
        TextLine(vec![(Role::Muted, head.into()), (role_of_tone(entry.tone), text.into())])
    });
    let rest = (more > 0).then(|| TextLine::of(Role::Muted, format!("  and {more} before these")));
    told.chain(rest).collect()
}

/// What changed before the signal began, and the key that opens it in the timeline; nothing where it does not know when.
pub fn before_signal(joins: &Joins<'_>, signal: &Signal) -> Vec<TextLine> {
    let Some(since) = signal.since else { return Vec::new() };
    let found = before(joins, since, joins.app.stack(signal.stack.as_str()), None);
    let what = if found.is_empty() { "nothing is known to have changed" } else { "what changed" };
    let key = chord(joins.app, Command::WhatChanged);
    let head = format!("  {what} in the 15 minutes before {} ({key} opens the timeline)", words::clock(since));
    [vec![TextLine::of(Role::Heading, head)], found].concat()
}
