//! Going from place to place.

use super::{cursor, notify, text};
use crate::{
    app::{App, concern, joins::Joins, logs, overlay::Overlay, place::Place, rows},
    command::{Command, ViewName},
    domain::{
        id::{Kind, ResourceId},
        signal::Signal,
    },
};

/// Drills into the row under the cursor, or jumps to what an entry is about; what has nothing inside is described.
pub fn open(app: &mut App) {
    let Some(id) = cursor::current(app) else { return };
    if let Some(subject) = told_of(app, &id) {
        return jump(app, subject);
    }
    if id.kind == Kind::Chart {
        app.reading = None;
    }
    if let Some(group) = led_to(app, &id) {
        return app.history.go(Place::within(ViewName::Targets, group));
    }
    if let Some((place, filter)) = sessions_of_marked(app) {
        app.history.go(place.clone());
        app.tables.entry(place).or_default().filter = filter;
        return;
    }
    // Of a stack in the cost view one wants its cost.
    let inside = match (app.place().view, id.kind) {
        (ViewName::Cost, Kind::Stack) => Some(ViewName::Cost),
        _ => Place::inside(&id),
    };
    match inside.map(|view| Place::within(view, id)) {
        // The row of what one is in already: its whole text.
        Some(place) if place == *app.place() => text::open_describe(app),
        Some(place) => app.history.go(place),
        None => text::open_describe(app),
    }
}

/// Where the sessions of several marked gateways are listed, and the filter that leaves no others.
fn sessions_of_marked(app: &App) -> Option<(Place, String)> {
    let marks = &app.table_state()?.marks;
    let gateways: Vec<&str> = marks.iter().filter(|it| it.kind == Kind::Instance).map(|it| &*it.key).collect();
    if app.place().view != ViewName::Gateways || gateways.len() < 2 {
        return None;
    }
    let place = Place { view: ViewName::Sessions, ..app.place().clone() };
    Some((place, format!("gateway:{}", gateways.join("|"))))
}

/// The resource that an entry of the timeline or an event tells of.
pub fn told_of(app: &App, id: &ResourceId) -> Option<ResourceId> {
    match id.kind {
        Kind::Entry => app.estate.timeline.find(id).map(|it| it.subject.clone()),
        Kind::Event => id.key.split('|').next().map(|it| ResourceId::new(Kind::Service, &id.scope, it)),
        _ => None,
    }
}

/// The first target group that a rule leads to.
fn led_to(app: &App, id: &ResourceId) -> Option<ResourceId> {
    let known = app.estate.scope(&id.scope).filter(|_| id.kind == Kind::Rule)?;
    let (_, rule) = known.rule(&id.key)?;
    let (group, _) = rule.groups().first()?;
    Some(ResourceId::new(Kind::TargetGroup, &id.scope, group.wire()))
}

/// Goes to where a resource is shown, with the cursor on it; says so where it no longer is.
fn jump(app: &mut App, subject: ResourceId) {
    let place = place_of(&Joins::of(app), &subject);
    app.history.go(place);
    if rows::rows(app).index_of(&subject).is_none() {
        notify(app, format!("the {} {} is no longer there", subject.kind.word(), subject.name()));
    }
    cursor::put_on(app, subject);
}

/// Goes to a view: of the stack one is in, or, asked for again there, of the whole estate.
pub fn view(app: &mut App, view: ViewName) {
    if view == ViewName::Logs {
        return lines(app);
    }
    app.overlay = None;
    if let Some(subject) = narrowed_to(app, view) {
        return app.history.go(Place::within(view, subject));
    }
    let stack = app.history.stack().cloned();
    let narrow = matches!(view, ViewName::Overview | ViewName::Api | ViewName::Journal);
    let place = match stack {
        Some(stack) if !narrow => Place::within(view, stack),
        _ => Place::everywhere(view),
    };
    let again = *app.place() == place;
    app.history.go(if again { Place::everywhere(view) } else { place });
}

/// Goes to what the thing looked at writes: the one that is described, of the row, or drilled into. Of a service whose
/// tasks die one wants the last lines of the one that died last; asked for again there, the lines of all.
fn lines(app: &mut App) {
    let within = app.place().within.clone();
    if app.place().view == ViewName::Logs {
        return match within.and_then(|it| logs::around(app, &it)) {
            Some(writer) => app.history.go(logs::place(writer)),
            None => notify(app, "these are all of its lines"),
        };
    }
    let described = match &app.overlay {
        Some(Overlay::Text(pane)) => Some(pane.subject.clone()),
        _ => cursor::current(app),
    };
    let mut looked_at = described.into_iter().chain(within);
    let Some(writer) = looked_at.find_map(|it| logs::writer_of(app, &it)) else {
        return notify(app, "logs are of a service, a task or a gateway: put the cursor on one");
    };
    app.overlay = None;
    let dead = logs::dead_task(app, &writer).filter(|_| writer.kind == Kind::Service);
    if let Some(task) = &dead {
        let again = rows::chord(app, Command::View(ViewName::Logs));
        let id: String = task.name().as_str().chars().take(8).collect();
        notify(app, format!("what task {id} wrote last; {again} again shows every task of {}", writer.name()));
    }
    app.history.go(logs::place(dead.unwrap_or(writer)));
}

/// The resource of the row, or the one drilled into, that a view shows first of: its service's events, what leads to
/// its target group.
fn narrowed_to(app: &App, view: ViewName) -> Option<ResourceId> {
    let place = app.place();
    let wanted = match view {
        ViewName::Events => Kind::Service,
        ViewName::Listeners => Kind::TargetGroup,
        _ => return None,
    };
    let row = cursor::current(app);
    let of_row = row.and_then(|id| match id.kind {
        Kind::Target => id.key.split('|').next().map(|it| ResourceId::new(Kind::TargetGroup, &id.scope, it)),
        _ => Some(id),
    });
    // Asked for again there it shows what the stack has.
    let is_there = |id: &ResourceId| place.view == view && place.within.as_ref() == Some(id);
    of_row.or_else(|| place.within.clone()).filter(|it| it.kind == wanted && !is_there(it))
}

/// Goes to where the next signal's subject is shown, with the cursor on it.
pub fn next_signal(app: &mut App) {
    if app.signals.is_empty() {
        notify(app, "no signals");
        return;
    }
    let at = concern::next(app);
    app.signal_cursor = Some(at);
    let Some(signal) = app.signals.get(at).cloned() else { return };
    app.overlay = None;
    let stack = ResourceId::stack(signal.stack.as_str());
    app.history.go(Place::home(&signal.subject, stack));
    cursor::put_on(app, signal.subject);
    let words = format!("{} of {}: {}", at + 1, app.signals.len(), signal.summary);
    notify(app, words);
}

/// Goes to what changed in the minutes before the signal in question: of its stack, or, asked for again there, of
/// everything.
pub fn what_changed(app: &mut App) {
    let place = match (app.place().before, &app.place().within) {
        (Some(moment), Some(_)) => Place::before(moment, None),
        (Some(_), None) => return,
        (None, _) => {
            let Some(signal) = signal_in_question(&Joins::of(app)).cloned() else {
                return notify(app, "no signal here: put the cursor on what is wrong");
            };
            let again = rows::chord(app, Command::WhatChanged);
            let words = format!("before: {}; {again} again shows every stack", signal.summary);
            let moment = signal.since.unwrap_or(app.now);
            let stack = app.stack(signal.stack.as_str()).map(|it| ResourceId::stack(it.name.as_str()));
            notify(app, words);
            Place::before(moment, stack)
        }
    };
    app.overlay = None;
    app.history.go(place);
}

/// The signal that is looked at: of the text that is open, the one jumped to, that of the row, or the worst.
pub fn signal_in_question<'a>(joins: &Joins<'a>) -> Option<&'a Signal> {
    let app = joins.app;
    let about = |id: &ResourceId| match (id.kind, app.stack(&id.key)) {
        (Kind::Stack, Some(stack)) => joins.signals_of(stack).next(),
        _ => app.signals.iter().find(|it| it.subject == *id),
    };
    if let Some(Overlay::Text(pane)) = &app.overlay {
        return about(&pane.subject);
    }
    let row = cursor::current(app).as_ref().and_then(about);
    let shows_signals = matches!(app.place().view, ViewName::Overview | ViewName::Stack);
    let jumped_to = || app.signals.get(app.signal_cursor?);
    let worst = || app.signals.first().filter(|_| shows_signals);
    row.or_else(jumped_to).or_else(worst)
}

/// The place that shows a resource as a row: in its stack where it has one, else everywhere.
pub fn place_of(joins: &Joins<'_>, id: &ResourceId) -> Place {
    match joins.stack_of(id) {
        Some(stack) => Place::home(id, ResourceId::stack(stack.name.as_str())),
        None if matches!(id.kind, Kind::Service) => Place::everywhere(ViewName::Services),
        None if matches!(id.kind, Kind::Group) => Place::within(ViewName::Gateways, id.clone()),
        None if matches!(id.kind, Kind::TargetGroup) => Place::within(ViewName::Targets, id.clone()),
        None => Place::everywhere(Place::home(id, ResourceId::stack("")).view),
    }
}
