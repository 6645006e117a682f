//! The top line: whose console this is, where in it one is, which world, how bad, what time.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{App, joins::Joins, settings::WorldKind, words},
    domain::{id::Kind, observation::Freshness, signal::Severity},
    stack::model::Environment,
    theme::{Role, Theme},
    triage::health::Health,
    ui::widgets::{pen::Pen, strip::Pieces},
};

/// Cells for the place that the right end leaves at least.
const LEAST_PLACE: usize = 24;

pub fn draw(app: &App, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    buffer.set_style(area, theme.style(Role::Bar));
    let right = right_end(app, usize::from(area.width));
    let taken: usize = right.iter().map(|(_, text)| text.width()).sum();
    let left = Rect { width: area.width.saturating_sub(u16::try_from(taken + 1).unwrap_or(u16::MAX)), ..area };
    let mut pen = Pen::new(theme, buffer, left).over(Role::Bar);
    pen.put(Role::Brand, " quarterdeck ").skip(1);
    for (role, text) in place(app) {
        pen.put(role, &text);
    }
    Pen::new(theme, buffer, area).over(Role::Bar).put_right(&right);
}

/// The view and what it is of; production says so.
fn place(app: &App) -> Pieces {
    let place = app.place();
    let mut pieces = vec![(Role::Bar, place.view.word().to_owned())];
    let joins = Joins::of(app);
    let Some(within) = &place.within else { return pieces };
    if let Some(stack) = joins.stack_of(within) {
        pieces.push((Role::Bar, " › ".to_owned()));
        let is_production = stack.environment == Environment::Production;
        pieces.push((if is_production { Role::Production } else { Role::Bar }, stack.name.to_string()));
        if is_production {
            pieces.push((Role::Production, " PROD".to_owned()));
        }
    }
    if within.kind != Kind::Stack {
        pieces.push((Role::Bar, format!(" › {}", within.name())));
    }
    pieces
}

/// World, counts of signals and clock; the longer wording where there is room.
fn right_end(app: &App, width: usize) -> Pieces {
    let full = pieces(app, true);
    let long: usize = full.iter().map(|(_, text)| text.width()).sum();
    if long + LEAST_PLACE + " quarterdeck  ".len() <= width { full } else { pieces(app, false) }
}

fn pieces(app: &App, with_words: bool) -> Pieces {
    let mut pieces = Vec::new();
    if app.settings.read_only {
        pieces.push((Role::Notice, if with_words { "READ-ONLY  " } else { "RO  " }.to_owned()));
    }
    match app.settings.world {
        WorldKind::Simulated { speed } => pieces.push((Role::Notice, format!("DEMO ×{}  ", words::number(speed)))),
        WorldKind::Aws => pieces.push((Role::Bar, format!("AWS {}  ", accounts(app)))),
    }
    if !app.left_out.is_empty() {
        let files = words::count(files_left_out(app), "file");
        pieces.push((Role::Warning, if with_words { format!("! {files} left out  ") } else { format!("! {files}  ") }));
    }
    if !app.act.unread.is_empty() {
        pieces.push((Role::Warning, if with_words { "! journal not readable  " } else { "! journal  " }.to_owned()));
    }
    if with_words {
        let scopes = words::count(app.estate.scopes.len(), "scope");
        pieces.push((Role::Bar, format!("{} in {scopes}  ", words::count(app.stacks.len(), "stack"))));
    }
    let awaited = app.signals.is_empty() && app.freshness.state == Freshness::Awaited;
    for severity in [Severity::Critical, Severity::Warning] {
        let count = app.signals.iter().filter(|it| it.severity == severity).count();
        let health = Health::from(severity);
        let role = match (count, severity) {
            (0, _) => Role::Bar,
            (_, Severity::Critical) => Role::Critical,
            _ => Role::Warning,
        };
        let told = match (awaited, with_words) {
            (true, true) => format!("– {}", severity.word()),
            (true, false) => "–".to_owned(),
            (false, true) => words::severities(count, severity),
            (false, false) => count.to_string(),
        };
        pieces.push((role, format!("{} {told}  ", health.mark())));
    }
    pieces.push((Role::Bar, app.now.strftime("%H:%M UTC ").to_string()));
    pieces
}

/// How many of the user's files have faults; each fault begins with its file's name.
fn files_left_out(app: &App) -> usize {
    let files = app.left_out.iter().map(|it| it.as_str().split(".toml:").next());
    files.collect::<std::collections::BTreeSet<_>>().len()
}

/// The one account that all scopes belong to, or how many they are.
fn accounts(app: &App) -> String {
    let known = app.estate.scopes.values().filter_map(|it| it.identity.value()).map(|it| &it.account);
    let accounts: std::collections::BTreeSet<_> = known.collect();
    match accounts.iter().next() {
        Some(only) if accounts.len() == 1 => only.to_string(),
        Some(_) => format!("{} accounts", accounts.len()),
        None => "account not read yet".to_owned(),
    }
}
