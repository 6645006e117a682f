//! What is wrong, since when, on what evidence, and what to do about it.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        App,
        flow::flow,
        overlay::TextLine,
        rows::{chord, role_of},
        words,
    },
    command::Command,
    domain::{
        observation::Freshness,
        signal::{Severity, Signal},
    },
    theme::{Role, Theme},
    triage::{concerns, health::Health},
    ui::widgets::{fit::fit, pen::draw_lines, strip},
};

/// Where evidence and advice begin.
const INDENT: usize = 4;

pub fn draw(app: &App, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let signals = shown(app);
    let title = vec![(Role::Strong, "signals".to_owned()), (Role::Muted, format!(" {}", counts(&signals)))];
    let next = format!("{} goes to the next", chord(app, Command::NextSignal));
    let right = if signals.is_empty() { Vec::new() } else { vec![(Role::Muted, next)] };
    strip::draw(&title, &right, area, theme, buffer);
    let inside = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let lines = if signals.is_empty() { vec![none(app)] } else { lines(app, &signals, inside) };
    draw_lines(&lines, inside, theme, buffer);
}

/// The stack's signals in a stack, else all of them.
fn shown(app: &App) -> Vec<&Signal> {
    let stack = app.place().stack().and_then(|name| app.stack(name));
    app.signals.iter().filter(|it| stack.is_none_or(|stack| concerns(it, stack))).collect()
}

fn counts(signals: &[&Signal]) -> String {
    let of = |severity| {
        let count = signals.iter().filter(|it| it.severity == severity).count();
        (count > 0).then(|| format!("{count} {}", severity.word()))
    };
    let counts: Vec<String> =
        [Severity::Critical, Severity::Warning, Severity::Notice].into_iter().filter_map(of).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(" · ") }
}

/// Silence is only good news where the data is there to break it.
fn none(app: &App) -> TextLine {
    match app.freshness.state {
        Freshness::Fresh | Freshness::Refreshing => TextLine::of(Role::Ok, "✓ nothing is wrong, as far as is known"),
        Freshness::Awaited => TextLine::of(Role::Muted, "? not known yet: waiting for AWS"),
        Freshness::Stale | Freshness::Faulted => {
            TextLine::of(Role::Muted, "? nothing seen, but not everything could be read lately")
        }
    }
}

/// One line a signal, and under the selected one (then, where there is room, the others) what it rests on and
/// what to do.
fn lines(app: &App, signals: &[&Signal], area: Rect) -> Vec<TextLine> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let chosen = app.signal_cursor.and_then(|at| app.signals.get(at));
    let selected = signals.iter().position(|it| chosen == Some(*it)).unwrap_or_default();
    let stack_width = signals.iter().map(|it| it.stack.as_str().width()).max().unwrap_or_default().min(20);
    let heads: Vec<TextLine> = signals.iter().map(|it| head(app, it, stack_width)).collect();
    let advice = details(signals[selected], &heads[selected], width, 0);
    let listed = heads.len().min(height.saturating_sub(advice.len()).max(1));
    // Signals beyond the last line are only counted; the selected one is always among those shown.
    let first = (selected + 1).saturating_sub(listed);
    let hidden = heads.len() - listed;
    let mut room = height.saturating_sub(listed + usize::from(hidden > 0));
    let mut order: Vec<usize> = (first..first + listed).collect();
    order.sort_by_key(|at| *at != selected);
    let mut expanded: Vec<Vec<TextLine>> = vec![Vec::new(); heads.len()];
    for at in order {
        let short = details(signals[at], &heads[at], width, 0).len();
        if at != selected && short > room {
            break;
        }
        let evidence = room.saturating_sub(short);
        let mut lines = details(signals[at], &heads[at], width, evidence);
        lines.truncate(room);
        room -= lines.len();
        expanded[at] = lines;
    }
    let mut lines = Vec::new();
    for at in first..first + listed {
        lines.push(heads[at].clone());
        lines.append(&mut expanded[at]);
    }
    if hidden > 0 {
        lines.truncate(height.saturating_sub(1));
        lines.push(TextLine::of(Role::Muted, format!("  and {}", words::count(hidden, "more signal"))));
    }
    lines
}

/// `✗ critical      4 m  terminal  what is wrong`.
fn head(app: &App, signal: &Signal, stack_width: usize) -> TextLine {
    let health = Health::from(signal.severity);
    let role = role_of(health);
    let since = signal.since.map_or("–".to_owned(), |at| words::span(app.now.duration_since(at)));
    let stack = fit(signal.stack.as_str(), stack_width).into_owned();
    let blank = " ".repeat(stack_width.saturating_sub(stack.width()) + 2);
    TextLine(vec![
        (role, format!("{} {:<8}", health.mark(), signal.severity.word()).into()),
        (Role::Muted, format!("{since:>9}  ").into()),
        (Role::Text, stack.into()),
        (Role::Text, blank.into()),
        (Role::Strong, signal.summary.clone()),
    ])
}

/// The summary where its line was too short for it, at most `evidence` lines of evidence, and the advice.
fn details(signal: &Signal, head: &TextLine, width: usize, evidence: usize) -> Vec<TextLine> {
    let indent = " ".repeat(INDENT);
    let mut lines = Vec::new();
    let head_width: usize = head.0.iter().map(|(_, text)| text.as_str().width()).sum();
    if head_width > width {
        lines.extend(flow(&[TextLine::of(Role::Strong, format!("{indent}{}", signal.summary))], width));
    }
    let told: Vec<TextLine> =
        signal.evidence.iter().map(|it| TextLine::of(Role::Text, format!("{indent}· {it}"))).collect();
    let told = flow(&told, width);
    let shown = told.len().min(evidence);
    lines.extend(told.into_iter().take(shown));
    lines.extend(flow(&[TextLine::of(Role::Strong, format!("{indent}→ {}", signal.advice))], width));
    lines
}
