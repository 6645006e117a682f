//! Going from place to place.

use super::{cursor, notify, text};
use crate::{
    app::{App, place::Place},
    command::ViewName,
    domain::id::{Kind, ResourceId},
};

/// Drills into the row under the cursor; what has nothing inside is described.
pub fn open(app: &mut App) {
    let Some(id) = cursor::current(app) else { return };
    match inside(id.kind) {
        Some(view) => app.history.go(Place::within(view, id)),
        None => text::open_describe(app),
    }
}

/// The view of what lies inside a resource.
fn inside(kind: Kind) -> Option<ViewName> {
    match kind {
        Kind::Stack => Some(ViewName::Stack),
        Kind::Service => Some(ViewName::Tasks),
        Kind::Group => Some(ViewName::Gateways),
        Kind::Instance => Some(ViewName::Sessions),
        Kind::TargetGroup => Some(ViewName::Targets),
        Kind::Task
        | Kind::Deployment
        | Kind::Target
        | Kind::Session
        | Kind::Alarm
        | Kind::Cache
        | Kind::Database
        | Kind::Scope => None,
    }
}

/// Goes to a view: of the stack one is in, or, asked for again there, of the whole estate.
pub fn view(app: &mut App, view: ViewName) {
    app.overlay = None;
    let stack = app.history.stack().cloned();
    let narrow = matches!(view, ViewName::Overview | ViewName::Api);
    let place = match stack {
        Some(stack) if !narrow => Place::within(view, stack),
        _ => Place::everywhere(view),
    };
    let again = *app.place() == place;
    app.history.go(if again { Place::everywhere(view) } else { place });
}

/// Goes to where the next signal's subject is shown, with the cursor on it.
pub fn next_signal(app: &mut App) {
    if app.signals.is_empty() {
        notify(app, "no signals");
        return;
    }
    let at = app.signal_cursor.map_or(0, |at| (at + 1) % app.signals.len());
    app.signal_cursor = Some(at);
    let Some(signal) = app.signals.get(at).cloned() else { return };
    app.overlay = None;
    let stack = ResourceId::stack(signal.stack.as_str());
    app.history.go(home(&signal.subject, stack));
    cursor::put_on(app, signal.subject);
    let words = format!("{} of {}: {}", at + 1, app.signals.len(), signal.summary);
    notify(app, words);
}

/// The place that shows a resource as a row.
pub fn home(id: &ResourceId, stack: ResourceId) -> Place {
    match id.kind {
        Kind::Stack => Place::everywhere(ViewName::Overview),
        Kind::Scope => Place::everywhere(ViewName::Api),
        Kind::Service | Kind::Group | Kind::TargetGroup | Kind::Cache | Kind::Database => {
            Place::within(ViewName::Stack, stack)
        }
        Kind::Task => Place::within(ViewName::Tasks, stack),
        Kind::Deployment => Place::within(ViewName::Deployments, stack),
        Kind::Instance => Place::within(ViewName::Gateways, stack),
        Kind::Target => Place::within(ViewName::Targets, stack),
        Kind::Session => Place::within(ViewName::Sessions, stack),
        Kind::Alarm => Place::within(ViewName::Alarms, stack),
    }
}
