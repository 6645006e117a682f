//! A plot in braille: lines over a scale and times, with thresholds across.
//!
//! ```text
//!  50 ms│ promise p95 ≤ 40 ms ╌╌╌╌╌╌╌╌
//!       │⣀⣀⡠⠔⠒⠒⠤⣀      ⣀⡠⠤⠒⠉⠉⠉⠉⠑⠒⠤∘
//!   0 ms│        ⠉⠉⠉⠉⠉⠉
//!       02:00      21 to 47 ms       03:00
//! ```

use jiff::Timestamp;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Color,
    symbols::Marker,
    widgets::{
        Widget,
        canvas::{Canvas, Line as Stroke, Points},
    },
};
use unicode_width::UnicodeWidthStr;

use super::{fit::fit, pen::Pen};
use crate::{
    app::{
        charts::{
            plot::{Line, Plot},
            threshold::Threshold,
        },
        words,
    },
    theme::{Role, Theme},
};

/// Braille patterns begin here; each of the next eight bits is a dot.
const BRAILLE: u32 = 0x2800;
/// What marks the newest point while its period is incomplete.
pub const INCOMPLETE: &str = "∘";

/// Draws `plot` in `area`, its last line being the times; `reading` marks one moment.
pub fn draw(plot: &Plot, reading: Option<Timestamp>, why_empty: &str, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let scale = [plot.top, plot.top / 2.0, 0.0].map(|it| words::figure(plot.unit, it));
    let margin = scale.iter().map(|it| it.width()).max().unwrap_or_default() as u16 + 1;
    let field = Rect { x: area.x + margin, width: area.width.saturating_sub(margin), height: area.height - 1, ..area };
    if field.is_empty() {
        return;
    }
    draw_scale(&scale, area, margin, theme, buffer);
    draw_times(plot, Rect { y: field.bottom(), height: 1, ..field }, theme, buffer);
    if !plot.has_points() {
        Pen::new(theme, buffer, Rect { y: field.y + field.height / 2, height: 1, ..field })
            .skip(2)
            .put(Role::Muted, why_empty);
        return;
    }
    for threshold in &plot.thresholds {
        let line = row_of(plot, threshold.value, field);
        Pen::new(theme, buffer, line).fill(threshold.role, "╌", 0);
    }
    for line in &plot.lines {
        draw_line(plot, line, field, theme, buffer);
    }
    if let Some(at) = reading {
        draw_reading(plot, at, field, theme, buffer);
    }
    for line in field.rows() {
        let here = plot.thresholds.iter().filter(|it| row_of(plot, it.value, field) == line);
        name(plot, "", &here.collect::<Vec<_>>(), line, theme, buffer);
    }
    for (line, threshold) in field.rows().zip(&plot.beyond) {
        name(plot, "↑ ", &[threshold], line, theme, buffer);
    }
}

/// Labels of the scale, right-aligned against the rule.
fn draw_scale(labels: &[String; 3], area: Rect, margin: u16, theme: &Theme, buffer: &mut Buffer) {
    let height = area.height - 1;
    for y in 0..height {
        let label = match y {
            0 => Some(&labels[0]),
            y if y + 1 == height => Some(&labels[2]),
            y if height >= 7 && y == height / 2 => Some(&labels[1]),
            _ => None,
        };
        let line = Rect { y: area.y + y, height: 1, width: margin, ..area };
        let mut pen = Pen::new(theme, buffer, line);
        if let Some(label) = label {
            pen.skip(usize::from(margin - 1).saturating_sub(label.width())).put(Role::Muted, label);
        }
        Pen::new(theme, buffer, Rect { x: area.x + margin - 1, width: 1, ..line }).put(Role::Border, "│");
    }
}

/// The first and the last moment, and between them the range of the line that matters.
fn draw_times(plot: &Plot, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
    let (from, to) = (clock(plot.from), clock(plot.to));
    let range = plot.main().and_then(Line::range).map_or_else(String::new, |(least, most)| {
        let word = plot.main().map_or("", |it| it.word);
        let figures = format!("{} to {}", words::figure(plot.unit, least), words::figure(plot.unit, most));
        format!("{word} {figures}").trim().to_owned()
    });
    let mut pen = Pen::new(theme, buffer, area);
    pen.put(Role::Muted, &from);
    let room = pen.room().saturating_sub(to.width());
    let range = if range.width() + 2 <= room { range } else { String::new() };
    pen.skip((room - range.width()) / 2).put(Role::Muted, &range);
    let left = pen.room().saturating_sub(to.width());
    pen.skip(left).put(Role::Muted, &to);
}

/// The line of cells in which a value lies.
fn row_of(plot: &Plot, value: f64, field: Rect) -> Rect {
    let share = if plot.top > 0.0 { (value / plot.top).clamp(0.0, 1.0) } else { 0.0 };
    let up = ((share * f64::from(field.height)) as u16).min(field.height - 1);
    Rect { y: field.bottom() - 1 - up, height: 1, ..field }
}

/// The cell column in which a moment lies.
fn column_of(plot: &Plot, at: Timestamp, field: Rect) -> u16 {
    let span = plot.to.duration_since(plot.from).as_secs_f64().max(1.0);
    let share = (at.duration_since(plot.from).as_secs_f64() / span).clamp(0.0, 1.0);
    field.x + ((share * f64::from(field.width)) as u16).min(field.width - 1)
}

fn draw_line(plot: &Plot, line: &Line, field: Rect, theme: &Theme, buffer: &mut Buffer) {
    let at = |(at, value): (Timestamp, f64)| (at.duration_since(plot.from).as_secs_f64(), value.min(plot.top));
    let span = plot.to.duration_since(plot.from).as_secs_f64().max(1.0);
    // Drawn apart and laid over what is there: a cell that two lines share keeps the dots of both.
    let mut own = Buffer::empty(field);
    Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, span])
        .y_bounds([0.0, plot.top])
        .paint(|context| {
            for segment in &line.segments {
                if let [only] = segment.as_slice() {
                    context.draw(&Points { coords: &[at(*only)], color: Color::default() });
                }
                for pair in segment.windows(2) {
                    let ((x1, y1), (x2, y2)) = (at(pair[0]), at(pair[1]));
                    context.draw(&Stroke { x1, y1, x2, y2, color: Color::default() });
                }
            }
        })
        .render(field, &mut own);
    for position in field.positions() {
        let dots = dots(own[position].symbol());
        if dots > 0 {
            let cell = &mut buffer[position];
            let all = dots | self::dots(cell.symbol());
            cell.set_char(char::from_u32(BRAILLE + all).unwrap_or(' ')).set_style(theme.style(line.role));
        }
    }
    if let Some((at, value)) = line.partial {
        let row = row_of(plot, value, field);
        Pen::new(theme, buffer, Rect { x: column_of(plot, at, field), width: 1, ..row }).put(line.role, INCOMPLETE);
    }
}

/// The dots of a braille cell; none for any other.
fn dots(symbol: &str) -> u32 {
    let code = symbol.chars().next().map_or(0, u32::from);
    code.checked_sub(BRAILLE).filter(|dots| *dots < 256).unwrap_or_default()
}

fn draw_reading(plot: &Plot, at: Timestamp, field: Rect, theme: &Theme, buffer: &mut Buffer) {
    let column = Rect { x: column_of(plot, at, field), width: 1, ..field };
    for line in column.rows() {
        if buffer[(line.x, line.y)].symbol() == " " {
            Pen::new(theme, buffer, line).put(Role::Key, "│");
        }
    }
    buffer.set_style(column, theme.style(Role::Selected));
}

/// Writes the names of a line's thresholds where nothing is drawn, at the old end where there is no such place.
fn name(plot: &Plot, mark: &str, thresholds: &[&Threshold], line: Rect, theme: &Theme, buffer: &mut Buffer) {
    let Some(first) = thresholds.first() else { return };
    let told = |it: &&Threshold| format!("{} {}", it.name, words::figure(plot.unit, it.value));
    let text = format!(" {mark}{} ", thresholds.iter().map(told).collect::<Vec<_>>().join(" · "));
    let text = fit(&text, usize::from(line.width));
    let width = u16::try_from(text.width()).unwrap_or(line.width).min(line.width);
    let is_free = |x: u16| (x..x + width).all(|x| matches!(buffer[(x, line.y)].symbol(), " " | "╌"));
    let x = (line.x..=line.right() - width).find(|x| is_free(*x)).unwrap_or(line.x);
    Pen::new(theme, buffer, Rect { x, width, ..line }).put(first.role, &text);
}
