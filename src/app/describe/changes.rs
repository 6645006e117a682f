//! What changed before a moment: where the cause of what went wrong at it may lie.

use jiff::Timestamp;

use crate::{
    app::{
        App, concern,
        joins::Joins,
        overlay::TextLine,
        rows::{chord, mark_of_tone, name_of_entry, role_of_tone},
        update::signal_in_question,
        words,
    },
    command::Command,
    domain::{
        id::{Kind, ResourceId},
        signal::Signal,
        timeline::{Entry, Source, Tone},
    },
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

/// In a line, the likeliest cause among what changed before the signal began, and the key to all of it. `None` where the
/// signal does not know when it began, or where no change of the estate explains it: the way to AWS, and money.
pub fn likeliest_before(app: &App, signal: &Signal) -> Option<TextLine> {
    let since = signal.since.filter(|_| !matches!(signal.subject.kind, Kind::Scope | Kind::Spend))?;
    let joins = Joins::of(app);
    let stack = app.stack(signal.stack.as_str());
    let is_meant = |theirs: Option<&Stack>| stack.is_none_or(|own| theirs.is_some_and(|it| it.name == own.name));
    let all = app.estate.timeline.before(since).map(|(_, entry)| entry);
    let all: Vec<&Entry> = all.filter(|it| is_meant(joins.stack_of_entry(it))).collect();
    // A group that ends a dead instance is the trouble itself: of scaling, what somebody or a policy set.
    let steered = all.iter().filter(|it| match it.source {
        Source::Deployment | Source::Operation => true,
        Source::Scaling => it.tone == Tone::Change,
        Source::Event | Source::Target | Source::Alarm => false,
    });
    // Newest first as they come: what somebody began before what came of it, in the same region before elsewhere.
    let likeliest = steered.min_by_key(|it| (it.tone != Tone::Change, it.subject.scope != signal.subject.scope));
    let text = match likeliest {
        Some(entry) => format!("before: {} {}", words::clock(entry.at), told(entry)),
        None if all.is_empty() => "before: nothing is known to have changed in 15 min".to_owned(),
        None => "before: nothing was deployed or scaled in 15 min".to_owned(),
    };
    let is_asked = signal_in_question(&joins) == Some(signal);
    let way = || concern::way(app, app.signals.iter().position(|it| it == signal)?, Command::WhatChanged);
    let keys = if is_asked { Some(chord(app, Command::WhatChanged)) } else { way() };
    let keys = keys.map(|it| format!(" ({it})")).unwrap_or_default();
    Some(TextLine::of(Role::Muted, format!("    {text}{keys}")))
}

/// What happened, with the name of what it happened to where the text does not say it.
fn told(entry: &Entry) -> String {
    let name = name_of_entry(entry);
    if entry.text.as_str().contains(name.as_str()) {
        return entry.text.to_string();
    }
    format!("{name}: {}", entry.text)
}
