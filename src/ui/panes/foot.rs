//! The foot: the filter line, the keys of a sequence begun or a passing word, and the keys worth pressing now.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{App, act, overlay::Overlay},
    theme::{Role, Theme},
    ui::widgets::{
        hints::{Hint, hints},
        input,
        pen::{Pen, draw_lines},
    },
};

/// Draws the foot; returns where the cursor is while a filter is typed. Where it has only one line, what is
/// typed or told takes the hints' place.
pub fn draw(app: &App, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let lines: Vec<Rect> = area.rows().collect();
    let (first, last) = (*lines.first()?, *lines.last()?);
    if first != last
        || (app.notice.is_none() && app.pending.is_empty() && !matches!(app.overlay, Some(Overlay::Filter { .. })))
    {
        draw_hints(&hints(app), last, theme, buffer);
    }
    if let Some(Overlay::Filter { input, .. }) = &app.overlay {
        return Some(input::draw(" / ", input, first, theme, buffer));
    }
    if !app.pending.is_empty() {
        Pen::new(theme, buffer, first).put(Role::Key, &format!(" {} …", app.pending.shown()));
    } else if let Some(notice) = &app.notice {
        Pen::new(theme, buffer, first).put(Role::Notice, &format!(" {}", notice.text));
    } else if let (true, Some(line)) = (first != last, act::text::strip(app)) {
        draw_lines(&[line], first, theme, buffer);
    }
    None
}

/// As many hints as fit; the last (help) always.
fn draw_hints(hints: &[Hint], area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let Some((last, others)) = hints.split_last() else { return };
    let width = |(key, does): &Hint| key.width() + does.width() + 3;
    let mut room = usize::from(area.width).saturating_sub(width(last) + 1);
    let mut pen = Pen::new(theme, buffer, area);
    pen.skip(1);
    let fitting = others.iter().take_while(|it| {
        let fits = width(it) <= room;
        room = room.saturating_sub(width(it));
        fits
    });
    for (key, does) in fitting.chain([last]) {
        pen.put(Role::Key, key).skip(1).put(Role::Hint, does).skip(2);
    }
}
