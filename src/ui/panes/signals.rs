//! What is wrong, since when, on what evidence, and what to do about it.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        App, concern,
        describe::likeliest_before,
        flow::flow,
        overlay::TextLine,
        rows::{chord, role_of},
        words,
    },
    command::{Command, ViewName},
    domain::{observation::Freshness, signal::Signal, text::SafeText},
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
    let signals = concern::shown(app);
    let counts = words::by_severity(|severity| signals.iter().filter(|it| it.severity == severity).count());
    let counts = counts.unwrap_or_else(|| "none".to_owned());
    let mut title = vec![(Role::Strong, "signals".to_owned()), (Role::Muted, format!(" {counts}"))];
    let muted = muted(app);
    if muted > 0 {
        title.push((Role::Notice, format!(" · {muted} muted")));
    }
    let next = format!("{} goes to the next", chord(app, Command::NextSignal));
    let right = if signals.is_empty() { Vec::new() } else { vec![(Role::Muted, next)] };
    strip::draw(&title, &right, area, theme, buffer);
    let inside = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut files = unread(app, inside);
    files.extend(left_out(app, inside));
    let below = u16::try_from(files.len()).unwrap_or(u16::MAX).min(inside.height);
    let rest = Rect { y: inside.y + below, height: inside.height - below, ..inside };
    let lines = if signals.is_empty() { vec![none(app)] } else { lines(app, &signals, rest) };
    draw_lines(&files, inside, theme, buffer);
    draw_lines(&lines, rest, theme, buffer);
}

/// What of the journal cannot be read, on the overview alone.
fn unread(app: &App, area: Rect) -> Vec<TextLine> {
    if app.place().view != ViewName::Overview {
        return Vec::new();
    }
    let line = |fault: &SafeText| TextLine(vec![(Role::Warning, "! journal  ".into()), (Role::Text, fault.clone())]);
    let lines: Vec<TextLine> = app.act.unread.iter().take(1).map(line).collect();
    let mut lines = flow(&lines, usize::from(area.width));
    lines.truncate(usize::from(area.height / 2).max(1));
    lines
}

/// How many signals of the place on screen are muted.
fn muted(app: &App) -> usize {
    let stack = app.place().stack().and_then(|it| app.stack(it));
    app.muted.iter().filter(|it| stack.is_none_or(|stack| concerns(it, stack))).count()
}

/// Faults of the user's files, on the overview alone: what they would have brought is missing.
fn left_out(app: &App, area: Rect) -> Vec<TextLine> {
    if app.place().view != ViewName::Overview || app.left_out.is_empty() {
        return Vec::new();
    }
    let line = |fault: &SafeText| TextLine(vec![(Role::Warning, "! left out  ".into()), (Role::Text, fault.clone())]);
    let most = usize::from(area.height / 3).max(1);
    let mut lines: Vec<TextLine> = app.left_out.iter().take(most).map(line).collect();
    let more = app.left_out.len().saturating_sub(most);
    if more > 0 && most > 1 {
        lines.pop();
        let text = format!("! and {} more; `quarterdeck stack|keymap|theme check` tells all", more + 1);
        lines.push(TextLine::of(Role::Warning, text));
    }
    lines
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

/// One line a signal; the one in question (then, where there is room, the others) whole, with what it rests on and what
/// to do.
fn lines(app: &App, signals: &[&Signal], area: Rect) -> Vec<TextLine> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let question = app.signals.get(concern::in_question(app));
    let selected = signals.iter().position(|it| Some(*it) == question).unwrap_or_default();
    let stack_width = signals.iter().map(|it| it.stack.as_str().width()).max().unwrap_or_default().min(20);
    let mut told: Vec<Told<'_>> = signals.iter().map(|it| Told::of(app, it, stack_width, width)).collect();
    // What is wrong and what to do come first; then what changed before, which fits into no pane of a few lines.
    told[selected].before = likeliest_before(app, signals[selected]);
    if told[selected].whole(0).len() > height {
        told[selected].before = None;
    }
    let listed = told.len().min((height + 1).saturating_sub(told[selected].whole(0).len()).max(1));
    // Signals beyond the last line are only counted; the one in question is always among those shown.
    let first = (selected + 1).saturating_sub(listed);
    let hidden = told.len() - listed;
    let mut room = height.saturating_sub(listed + usize::from(hidden > 0));
    let mut order: Vec<usize> = (first..first + listed).collect();
    order.sort_by_key(|at| *at != selected);
    let mut whole: Vec<Option<Vec<TextLine>>> = vec![None; told.len()];
    for at in order {
        let least = told[at].whole(0).len() - 1;
        if at != selected && least > room {
            // No room for what to do, but perhaps for all of what is wrong.
            let head = flow(std::slice::from_ref(&told[at].head), width);
            if head.len() - 1 <= room {
                room -= head.len() - 1;
                whole[at] = Some(head);
            }
            continue;
        }
        let mut lines = told[at].whole(room.saturating_sub(least));
        lines.truncate(room + 1);
        room -= lines.len() - 1;
        whole[at] = Some(lines);
    }
    let mut lines = Vec::new();
    for at in first..first + listed {
        lines.extend(whole[at].take().unwrap_or_else(|| vec![told[at].head.clone()]));
    }
    if hidden > 0 {
        lines.truncate(height.saturating_sub(1));
        lines.push(TextLine::of(Role::Muted, format!("  and {}", words::count(hidden, "more signal"))));
    }
    lines
}

/// A signal on its way to the pane.
struct Told<'a> {
    signal: &'a Signal,
    /// `✗ critical      4 m  terminal  what is wrong`.
    head: TextLine,
    /// The keys to what it is about, and to its whole text, where they work from here.
    way: Option<String>,
    all: Option<String>,
    /// What changed before it began, of the one in question.
    before: Option<TextLine>,
    width: usize,
}

impl<'a> Told<'a> {
    fn of(app: &App, signal: &'a Signal, stack_width: usize, width: usize) -> Self {
        let health = Health::from(signal.severity);
        let since = signal.since.map_or("–".to_owned(), |at| words::span(app.now.duration_since(at)));
        let stack = fit(signal.stack.as_str(), stack_width).into_owned();
        let blank = " ".repeat(stack_width.saturating_sub(stack.width()) + 2);
        let head = TextLine(vec![
            (role_of(health), format!("{} {:<8} ", health.mark(), signal.severity.word()).into()),
            (Role::Muted, format!("{since:>8}  ").into()),
            (Role::Text, stack.into()),
            (Role::Text, blank.into()),
            (Role::Strong, signal.summary.clone()),
        ]);
        let at = app.signals.iter().position(|it| it == signal);
        let way = |command| at.and_then(|at| concern::way(app, at, command));
        Self { signal, head, way: way(concern::look(signal)), all: way(Command::Describe), before: None, width }
    }

    /// The whole summary, at most `evidence` lines of evidence, what changed before, and the advice.
    fn whole(&self, evidence: usize) -> Vec<TextLine> {
        let mut lines = flow(std::slice::from_ref(&self.head), self.width);
        lines.extend(self.evidence(evidence));
        lines.extend(self.before.iter().flat_map(|it| flow(std::slice::from_ref(it), self.width)));
        let indent = " ".repeat(INDENT);
        let mut advice = TextLine::of(Role::Strong, format!("{indent}→ {}", self.signal.advice));
        advice.0.extend(self.way.iter().map(|keys| (Role::Muted, format!(" ({keys})").into())));
        lines.extend(flow(&[advice], self.width));
        lines
    }

    /// As much of the evidence as `room` lines hold; how much more there is, and the keys to it.
    fn evidence(&self, room: usize) -> Vec<TextLine> {
        let indent = " ".repeat(INDENT);
        let item = |it: &SafeText| TextLine::of(Role::Text, format!("{indent}· {it}"));
        let told: Vec<Vec<TextLine>> = self.signal.evidence.iter().map(|it| flow(&[item(it)], self.width)).collect();
        if told.iter().map(Vec::len).sum::<usize>() <= room {
            return told.concat();
        }
        match (room, self.signal.evidence.first()) {
            (0, _) | (_, None) => Vec::new(),
            // The pen marks what is cut off.
            (1, Some(first)) => vec![item(first)],
            (_, Some(_)) => {
                let mut used = 0;
                let fits = |it: &&Vec<TextLine>| {
                    used += it.len();
                    used < room
                };
                let shown: Vec<Vec<TextLine>> = told.iter().take_while(fits).cloned().collect();
                let more = told.len() - shown.len();
                let keys = self.all.as_ref().map(|keys| format!(": {keys}")).unwrap_or_default();
                let mut lines = shown.concat();
                lines.push(TextLine::of(Role::Muted, format!("{indent}· and {more} more{keys}")));
                lines
            }
        }
    }
}
