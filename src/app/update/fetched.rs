//! A read has ended.

use jiff::Timestamp;

use crate::{
    app::{
        App,
        act::operations,
        effect::Effect,
        overlay::{Overlay, RawText, TextKind},
        schedule, series,
    },
    domain::query::{Answer, Outcome, Query, Request},
    stack::discovery,
};

/// Takes in how a read ended, unless a newer one of the same request has been sent since.
pub fn fetched(app: &mut App, request: &Request, generation: u64, outcome: Outcome, at: Timestamp) -> Vec<Effect> {
    // Dated by when it was asked: an answer under way while something was written says nothing of it.
    let Some(asked) = app.schedule.asked(request, generation) else { return Vec::new() };
    // What things cost may have been answered hours ago, and says of when; it ended here and now all the same.
    let (of, ended) = if request.query.is_of_cost() { (at, asked.max(at)) } else { (asked, at) };
    app.schedule.note(request, &outcome, ended);
    app.now = app.now.max(at);
    app.unsettled = true;
    if let Query::Raw { .. } = request.query {
        show_raw(app, request, outcome);
        return Vec::new();
    }
    let is_whole = matches!(outcome, Outcome::Complete(_));
    app.estate.receive(request, outcome, of);
    if let Query::Metrics { .. } = request.query {
        series::forget(app, &request.scope);
    }
    if app.discovery.as_ref() == Some(&request.scope)
        && makes_stacks(&request.query)
        && let Some(known) = app.estate.scope(&request.scope)
    {
        app.stacks = discovery::stacks(&request.scope, known);
    }
    let mut effects = operations::go_on(app);
    // What falls due by itself is soon enough at the next tick.
    if !(names_no_more(&request.query) && is_whole) {
        app.schedule.look_again();
        effects.extend(schedule::due(app));
    }
    effects
}

/// Whether stacks that are made up are made of what a read brings.
fn makes_stacks(query: &Query) -> bool {
    matches!(
        query,
        Query::Clusters | Query::Services { .. } | Query::TargetGroups | Query::Groups { .. } | Query::Alarms
    )
}

/// Whether what a read brings names nothing else to be read: the reads that are many, and renewed most often.
fn names_no_more(query: &Query) -> bool {
    matches!(
        query,
        Query::Tasks { .. }
            | Query::Targets { .. }
            | Query::Sessions { .. }
            | Query::Activities { .. }
            | Query::Refreshes { .. }
            | Query::Template { .. }
            | Query::Alarms
            | Query::Logs { .. }
            | Query::Metrics { .. }
    )
}

/// Puts raw JSON into the pane that waits for it, if it is still open.
fn show_raw(app: &mut App, request: &Request, outcome: Outcome) {
    let Query::Raw { resource } = &request.query else { return };
    let Some(Overlay::Text(pane)) = &mut app.overlay else { return };
    if pane.subject != *resource || !matches!(pane.kind, TextKind::Raw(_)) {
        return;
    }
    let text = match outcome {
        Outcome::Complete(Answer::Raw(lines)) | Outcome::Partial(Answer::Raw(lines), _) => RawText::Loaded(lines),
        Outcome::Failed(fault) | Outcome::Partial(_, fault) => RawText::Failed(fault),
        Outcome::Complete(_) => return,
    };
    pane.kind = TextKind::Raw(text);
}
