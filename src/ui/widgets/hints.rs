//! The keys worth pressing now, from the command table and the keymap.

use crate::{
    app::{
        App,
        act::{ActPane, cockpit_keys::keys},
        overlay::Overlay,
    },
    command::{COMMANDS, Command, Context, Entry, ViewName},
    plan::model::Confirmation,
};

/// A key and what it does, in a word or two.
pub type Hint = (String, &'static str);

/// The hints for what has the keys now, the most useful first.
pub fn hints(app: &App) -> Vec<Hint> {
    match &app.overlay {
        // While text is typed these keys are fixed: no keymap can take them away.
        Some(Overlay::Palette(_)) => fixed(&[("enter", "choose"), ("↑ ↓", "move"), ("esc", "close")]),
        Some(Overlay::Filter { .. }) => {
            fixed(&[("enter", "keep"), ("esc", "undo"), ("!word", "without it"), ("column:word", "in one column")])
        }
        Some(Overlay::Act(pane)) => of_act(app, pane),
        Some(Overlay::Help { .. } | Overlay::Text(_)) => of_text(app),
        None => of_table(app),
    }
}

fn fixed(keys: &[(&str, &'static str)]) -> Vec<Hint> {
    keys.iter().map(|(key, does)| ((*key).to_owned(), *does)).collect()
}

/// Keys of menus, forms, plans and operations are fixed.
fn of_act(app: &App, pane: &ActPane) -> Vec<Hint> {
    match pane {
        ActPane::Menu(_) => fixed(&[("letter", "choose"), ("↑ ↓ enter", "choose"), ("esc", "close")]),
        ActPane::Form(form) => {
            let tab = form.turning().map(|does| ("tab", does));
            let keys = [("enter", "plan it"), ("↑ ↓", "choose")].into_iter().chain(tab).chain([("esc", "close")]);
            fixed(&keys.collect::<Vec<_>>())
        }
        ActPane::Plan(pane) if pane.plan.production && pane.plan.confirmation != Confirmation::Impossible => {
            fixed(&[("tab", "text or why"), ("↑ ↓ pgdn", "read"), ("esc", "leave it")])
        }
        ActPane::Plan(_) => fixed(&[("↑ ↓ pgdn", "read"), ("esc", "leave it")]),
        ActPane::Cockpit { ask: Some(_), .. } => fixed(&[("esc", "do not")]),
        ActPane::Cockpit { operation, .. } => {
            let keys = app.act.operation(operation).map(|it| keys(app, it)).unwrap_or_default();
            keys.into_iter().map(|it| (it.key.to_owned(), it.word)).collect()
        }
        ActPane::Refused { form: Some(_), .. } => fixed(&[("esc", "back to what you typed")]),
        ActPane::Planning(_) | ActPane::Refused { form: None, .. } => fixed(&[("esc", "close")]),
    }
}

fn of_text(app: &App) -> Vec<Hint> {
    let keys = [
        (Command::Back, "close"),
        (Command::Down, "scroll"),
        (Command::PageDown, "page"),
        (Command::Bottom, "end"),
        (Command::Copy, "copy"),
    ];
    keys.into_iter().filter_map(|(command, does)| Some((chord(app, command, &Context::OF_TEXT)?, does))).collect()
}

/// What one reaches for first; help comes last and is never left out.
const ORDER: [Command; 14] = [
    Command::Open,
    Command::Back,
    Command::NextWindow,
    Command::Act,
    Command::Describe,
    Command::Filter,
    Command::Palette,
    Command::NextSignal,
    Command::View(ViewName::Logs),
    Command::WhatChanged,
    Command::Charts,
    Command::Mark,
    Command::RawJson,
    Command::Quit,
];

fn of_table(app: &App) -> Vec<Hint> {
    let rank = |entry: &&Entry| match entry.command {
        Command::Help => usize::MAX,
        // Where something is wrong, the way to it comes first.
        Command::NextSignal if !app.signals.is_empty() => 1,
        command => ORDER.iter().position(|it| *it == command).map_or(ORDER.len() + 1, |at| at + usize::from(at > 0)),
    };
    let view = app.place().view;
    let is_of_charts = view == ViewName::Metrics;
    let can_be_changed = !app.settings.read_only
        && matches!(
            view,
            ViewName::Overview
                | ViewName::Stack
                | ViewName::Services
                | ViewName::Tasks
                | ViewName::Deployments
                | ViewName::Gateways
        );
    let means_something = |entry: &&Entry| match entry.command {
        Command::NextWindow => matches!(view, ViewName::Metrics | ViewName::Logs),
        Command::View(ViewName::Logs) => writes_logs(view),
        Command::Act => can_be_changed,
        Command::WhatChanged => !app.signals.is_empty(),
        Command::Back => app.history.can_go_back() || app.table_state().is_some_and(|it| !it.filter.is_empty()),
        Command::Charts | Command::Mark | Command::RawJson => !is_of_charts && view != ViewName::Logs,
        _ => true,
    };
    let lives = |entry: &&Entry| matches!(entry.context, Context::Table | Context::Global) && means_something(entry);
    let mut entries: Vec<&Entry> = COMMANDS.iter().filter(lives).collect();
    entries.sort_by_key(rank);
    entries.into_iter().filter_map(|it| Some((chord(app, it.command, &Context::OF_TABLE)?, it.hint?))).collect()
}

/// Whether the rows of a view are of what writes logs.
fn writes_logs(view: ViewName) -> bool {
    matches!(
        view,
        ViewName::Stack
            | ViewName::Services
            | ViewName::Tasks
            | ViewName::Gateways
            | ViewName::Targets
            | ViewName::Logs
    )
}

fn chord(app: &App, command: Command, contexts: &[Context]) -> Option<String> {
    app.settings.keymap.chords(command, contexts).into_iter().next()
}
