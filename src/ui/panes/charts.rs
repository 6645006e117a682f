//! Charts in place of rows: a page of them, or one with a cursor that reads its values.

use std::collections::HashMap;

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        App,
        charts::{
            Chart,
            plot::{self, Line, Plot},
            reading,
        },
        layout::Layout,
        words,
    },
    domain::{
        id::{Kind, ResourceId},
        metric::PUBLISHING_DELAY,
    },
    theme::{Role, Theme},
    ui::widgets::{
        fit::fit,
        pen::Pen,
        plot::{INCOMPLETE, draw as draw_plot},
        strip::{self, Pieces},
    },
};

/// Periods after which a figure that should be new is called old.
const OLD: i32 = 5;
/// Lines under an open chart: what the cursor reads, and the range of each line.
const READOUT: u16 = 2;

pub fn draw(app: &App, layout: &Layout, theme: &Theme, buffer: &mut Buffer) {
    let charts: HashMap<&ResourceId, &Chart> = app.charts.iter().map(|it| (&it.id, it)).collect();
    let page = layout.charts_on_page(app);
    let cursor = app.table_state().and_then(|it| it.cursor.as_ref());
    let is_open = app.place().parent(Kind::Chart).is_some();
    for (index, row) in page.iter().enumerate() {
        let Some(chart) = charts.get(&row.id) else { continue };
        let cell = layout.grid.cell(layout.rows, index);
        let plot = plot::plot(app, chart);
        if is_open {
            draw_open(app, chart, &plot, cell, theme, buffer);
        } else {
            draw_one(app, chart, &plot, cell, cursor == Some(&row.id), theme, buffer);
        }
    }
}

fn draw_one(app: &App, chart: &Chart, plot: &Plot, area: Rect, selected: bool, theme: &Theme, buffer: &mut Buffer) {
    draw_title(app, chart, plot, area, selected, theme, buffer);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    draw_plot(plot, None, why_empty(app, chart, plot), below, theme, buffer);
}

fn draw_open(app: &App, chart: &Chart, plot: &Plot, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    draw_title(app, chart, plot, area, false, theme, buffer);
    let readout = READOUT.min(area.height.saturating_sub(4));
    let field = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + readout), ..area };
    let at = reading::at(app);
    draw_plot(plot, Some(at), why_empty(app, chart, plot), field, theme, buffer);
    let mut lines = Rect { y: field.bottom(), height: readout, ..area }.rows();
    if let Some(line) = lines.next() {
        let mut pen = Pen::new(theme, buffer, line);
        let age = words::ago(app.now, at);
        pen.put(Role::Key, &format!(" {}", at.strftime("%H:%M UTC"))).put(Role::Muted, &format!(" ({age})"));
        for it in &plot.lines {
            let (value, is_partial) = match it.value_at(at, plot.period) {
                Some((value, is_partial)) => (words::figure(plot.unit, value), is_partial),
                None => ("no data".to_owned(), false),
            };
            let mark = if is_partial { format!(" {INCOMPLETE} incomplete") } else { String::new() };
            pen.put(Role::Muted, &format!("  {}", it.word)).put(it.role, &format!(" {value}{mark}"));
        }
    }
    if let Some(line) = lines.next() {
        let mut pen = Pen::new(theme, buffer, line);
        pen.put(Role::Muted, &format!(" in {}", app.window.word()));
        for it in &plot.lines {
            let Some((least, most)) = it.range() else { continue };
            let figures = format!("{} to {}", words::figure(plot.unit, least), words::figure(plot.unit, most));
            pen.put(Role::Muted, &format!("  {} {figures}", it.word));
        }
    }
}

/// What it shows, of what, and how it stands.
fn draw_title(app: &App, chart: &Chart, plot: &Plot, area: Rect, selected: bool, theme: &Theme, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let kind = chart.kind.word();
    let name = chart.name(app);
    let standing = [standing(app, plot, true), standing(app, plot, false)];
    let wide = |pieces: &Pieces| pieces.iter().map(|(_, text)| text.width()).sum::<usize>();
    let needed = kind.width() + 1 + name.width() + 8;
    let right = standing.iter().find(|it| wide(it) + needed <= width).unwrap_or(&standing[1]);
    let room = width.saturating_sub(wide(right) + kind.width() + 9);
    let mark = if selected { "› " } else { "" };
    let role = if selected { Role::Key } else { Role::Strong };
    let title = vec![(role, format!("{mark}{kind} ")), (Role::Text, fit(&name, room).into_owned())];
    strip::draw(&title, right, area, theme, buffer);
}

/// The newest settled figure of each line (or of the one that matters), and how old it is.
fn standing(app: &App, plot: &Plot, all: bool) -> Pieces {
    let mut pieces = Pieces::new();
    let lines: Vec<&Line> = if all { plot.lines.iter().collect() } else { plot.main().into_iter().collect() };
    for line in lines {
        let Some((_, value)) = line.last() else { continue };
        let word = if line.word.is_empty() { String::new() } else { format!("{} ", line.word) };
        pieces.push((Role::Muted, word));
        pieces.push((role_of(plot, line, value), format!("{} ", words::figure(plot.unit, value))));
    }
    // The age of what is known is counted from the end of the period.
    let Some(newest) = plot.newest().and_then(|at| at.checked_add(plot.period).ok()) else { return pieces };
    let age = app.now.duration_since(newest);
    let is_old = age > plot.period * OLD + PUBLISHING_DELAY;
    let role = if is_old { Role::Stale } else { Role::Muted };
    pieces.push((role, words::ago(app.now, newest)));
    pieces
}

/// A figure above what is promised, or above an alarm that fires, stands out.
fn role_of(plot: &Plot, line: &Line, value: f64) -> Role {
    let is_main = plot.main().is_some_and(|it| it.word == line.word);
    let above = plot.thresholds.iter().filter(|it| is_main && value > it.value);
    let worst = above.map(|it| it.role).find(|it| matches!(it, Role::Critical | Role::Notice));
    worst.map_or(Role::Strong, |it| if it == Role::Notice { Role::Warning } else { it })
}

fn why_empty(app: &App, chart: &Chart, plot: &Plot) -> &'static str {
    let known = app.estate.scope(&chart.subject.scope);
    let fault = known.is_some_and(|it| it.metrics.fault().is_some());
    match (plot.is_read, fault) {
        (true, _) => "no data in this time",
        (false, true) => "could not be read",
        (false, false) => "not read yet",
    }
}
