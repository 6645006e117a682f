//! Texts that lie over a view: describe, raw JSON, help.

use super::{cursor, navigate, notify};
use crate::{
    app::{
        App, describe,
        effect::Effect,
        joins::Joins,
        layout::Layout,
        open_text,
        overlay::{Overlay, RawText, TextKind, TextLine, TextPane},
        schedule,
    },
    domain::{
        id::{Kind, ResourceId},
        query::{Query, Request},
        text::SafeText,
    },
    journal::export,
};

pub fn toggle_help(app: &mut App) {
    app.overlay = match app.overlay {
        Some(Overlay::Help { .. }) => None,
        _ => Some(Overlay::Help { scroll: 0 }),
    };
}

/// Describes the row under the cursor, live.
pub fn open_describe(app: &mut App) {
    let Some(subject) = cursor::current(app) else { return };
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
}

/// Opens the capacity advice for the stack that one is in, of the row, or the only one with a capacity plan.
pub fn open_advice(app: &mut App) {
    let planned = |name: &str| app.stack(name).is_some_and(|it| it.capacity.is_some());
    let row = cursor::current(app);
    let of_row = row.as_ref().and_then(|id| Joins::of(app).stack_of(id)).map(|it| it.name.to_string());
    let here = app.history.stack().map(|it| it.key.to_string());
    let mut all = app.stacks.iter().filter(|it| it.capacity.is_some()).map(|it| it.name.to_string());
    let named = [of_row, here].into_iter().flatten().find(|it| planned(it));
    let Some(name) = named.or_else(|| all.next()) else {
        return notify(app, "no stack file has a capacity plan: [capacity] in docs/stack-files.md");
    };
    let subject = ResourceId::stack(&name);
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Advice, scroll: 0, shift: 0 }));
}

/// Asks AWS for the row under the cursor and opens the pane that waits for it.
pub fn open_raw(app: &mut App) -> Vec<Effect> {
    let Some(mut subject) = cursor::current(app) else { return Vec::new() };
    if let Some(what) = navigate::told_of(app, &subject) {
        subject = what;
    }
    if let Some(json) = of_journal(app, &subject) {
        let kind = TextKind::Raw(RawText::Loaded(json));
        app.overlay = Some(Overlay::Text(TextPane { subject, kind, scroll: 0, shift: 0 }));
        return Vec::new();
    }
    if matches!(
        subject.kind,
        Kind::Stack | Kind::Cache | Kind::Database | Kind::Chart | Kind::Scope | Kind::Stops | Kind::Spend | Kind::Line
    ) {
        let why = match subject.kind {
            Kind::Cache | Kind::Database | Kind::Chart => "only metrics are read",
            Kind::Line => "describe it: that is all there is",
            _ => "open one of its resources",
        };
        notify(app, format!("there is no JSON of a {}: {why}", subject.kind.word()));
        return Vec::new();
    }
    let request = Request { scope: subject.scope.clone(), query: Query::Raw { resource: subject.clone() } };
    let pane = TextPane { subject, kind: TextKind::Raw(RawText::Loading), scroll: 0, shift: 0 };
    app.overlay = Some(Overlay::Text(pane));
    vec![schedule::send(app, request)]
}

/// What the journal has of an operation, or of itself, as its export gives it; `None` for anything else.
fn of_journal(app: &App, subject: &ResourceId) -> Option<Vec<SafeText>> {
    if !matches!(subject.kind, Kind::Operation | Kind::Journal) {
        return None;
    }
    let look = app.records.look.as_ref()?;
    let told = app.records.operation(subject);
    let document = export::json(told, &look.report);
    // Plain data with text keys: writing it out cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    Some(text.lines().map(SafeText::new).collect())
}

/// Scrolls the open text; `false` where none is open.
pub fn scroll(app: &mut App, by: isize) -> bool {
    let page = Layout::of(app).page();
    let last = open_text::lines(app).len().saturating_sub(page);
    let scroll = match &mut app.overlay {
        Some(Overlay::Help { scroll }) => scroll,
        Some(Overlay::Text(pane)) => &mut pane.scroll,
        _ => return false,
    };
    *scroll = scroll.saturating_add_signed(by).min(last);
    true
}

/// Moves the open text sideways, eight columns at a time; `false` where none is open.
pub fn shift(app: &mut App, by: isize) -> bool {
    match &mut app.overlay {
        Some(Overlay::Text(pane)) => pane.shift = pane.shift.saturating_add_signed(by * 8),
        Some(Overlay::Help { .. }) => {}
        _ => return false,
    }
    true
}

/// The lines of the open text about a resource; `None` where none is open or it has not come yet.
pub fn shown(app: &App) -> Option<Vec<SafeText>> {
    match &app.overlay {
        Some(Overlay::Text(TextPane { kind: TextKind::Describe, subject, .. })) => {
            Some(describe::describe(app, subject).iter().map(TextLine::plain).collect())
        }
        Some(Overlay::Text(TextPane { kind: TextKind::Advice, subject, .. })) => {
            Some(describe::advice(app, subject).iter().map(TextLine::plain).collect())
        }
        Some(Overlay::Text(TextPane { kind: TextKind::Raw(RawText::Loaded(lines)), .. })) => Some(lines.clone()),
        _ => None,
    }
}
