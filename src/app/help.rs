//! What the help shows: every command, by what it is for, with the keys bound to it now.

use unicode_width::UnicodeWidthStr;

use super::{App, layout::WIDE, overlay::TextLine};
use crate::{
    command::{COMMANDS, Command, Context, Entry},
    domain::text::SafeText,
    theme::Role,
};

/// Cells for the keys; those that do not fit are left out.
const KEYS: usize = 14;
/// Cells for the name that palette and keymap files use.
const ID: usize = 16;

/// The lines of the help text: two columns of groups where it is wide.
pub fn lines(app: &App, width: usize) -> Vec<TextLine> {
    let groups: Vec<Vec<TextLine>> = [
        ("in a table", group(app, |it| it.context == Context::Table)),
        ("everywhere", group(app, |it| it.context == Context::Global && !is_view(it))),
        ("views", group(app, is_view)),
        ("in a text", in_a_text(app)),
    ]
    .into_iter()
    .filter(|(_, lines)| !lines.is_empty())
    .map(|(heading, lines)| {
        let mut block = vec![TextLine::of(Role::Heading, heading.to_uppercase())];
        block.extend(lines);
        block.push(TextLine::default());
        block
    })
    .collect();
    if width < usize::from(WIDE) {
        return groups.concat();
    }
    let half = groups.iter().map(Vec::len).sum::<usize>().div_ceil(2);
    let mut columns = [Vec::new(), Vec::new()];
    for block in groups {
        let at = usize::from(columns[0].len() + block.len() / 2 > half);
        columns[at].extend(block);
    }
    let [left, right] = columns;
    side_by_side(left, right, width / 2)
}

fn is_view(entry: &Entry) -> bool {
    matches!(entry.command, Command::View(_))
}

fn group(app: &App, holds: impl Fn(&Entry) -> bool) -> Vec<TextLine> {
    // The twelve columns are sorted by alike: one line tells of all.
    let is_told = |it: &&Entry| !matches!(it.command, Command::SortBy(2..));
    let allowed = |it: &&Entry| !(app.settings.read_only && it.command.writes());
    // What the menu offers is found there, by letters of its own.
    let is_told = |it: &&Entry| is_told(it) && !matches!(it.command, Command::Do(_));
    COMMANDS
        .iter()
        .filter(|it| holds(it))
        .filter(allowed)
        .filter(is_told)
        .map(|it| line(app, it, &Context::OF_TABLE))
        .collect()
}

/// What other keys than elsewhere do while a text is open.
fn in_a_text(app: &App) -> Vec<TextLine> {
    let only = [Context::Text];
    let bound = |it: &&Entry| !app.settings.keymap.chords(it.command, &only).is_empty();
    COMMANDS.iter().filter(bound).map(|it| line(app, it, &only)).collect()
}

fn line(app: &App, entry: &Entry, contexts: &[Context]) -> TextLine {
    let (keys, id, summary) = match entry.command {
        Command::SortBy(_) => {
            (sort_keys(app), "sort-1 …".to_owned(), "sort by that column; again to reverse".to_owned())
        }
        command => (keys(app, command, contexts), entry.id.to_owned(), entry.summary.to_owned()),
    };
    TextLine(vec![
        (Role::Key, padded(&format!("  {keys}"), KEYS + 2)),
        (Role::Muted, padded(&id, ID)),
        (Role::Text, summary.into()),
    ])
}

/// The keys of a command, as many as there is room for.
fn keys(app: &App, command: Command, contexts: &[Context]) -> String {
    let mut shown = String::new();
    for chord in app.settings.keymap.chords(command, contexts) {
        let blank = if shown.is_empty() { 0 } else { 2 };
        if shown.width() + blank + chord.width() < KEYS {
            shown.push_str(&" ".repeat(blank));
            shown.push_str(&chord);
        }
    }
    shown
}

/// From the key of the first column to that of the last.
fn sort_keys(app: &App) -> String {
    let key = |column| app.settings.keymap.chords(Command::SortBy(column), &Context::OF_TABLE).into_iter().next();
    match (key(1), key(12)) {
        (Some(first), Some(last)) => format!("{first} … {last}"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => String::new(),
    }
}

fn padded(text: &str, width: usize) -> SafeText {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width()))).into()
}

/// Two texts beside each other, the second from cell `at` on.
fn side_by_side(left: Vec<TextLine>, right: Vec<TextLine>, at: usize) -> Vec<TextLine> {
    let height = left.len().max(right.len());
    let fill = |lines: Vec<TextLine>| lines.into_iter().chain(std::iter::repeat(TextLine::default())).take(height);
    fill(left)
        .zip(fill(right))
        .map(|(mut left, right)| {
            let used = left.plain().as_str().width();
            left.0.push((Role::Text, " ".repeat(at.saturating_sub(used)).into()));
            left.0.extend(right.0);
            left
        })
        .collect()
}
