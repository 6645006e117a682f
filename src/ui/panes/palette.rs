//! The palette: go anywhere, run anything, by name.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::{Clear, Widget},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::overlay::{Choice, Palette},
    theme::{Role, Theme},
    ui::widgets::{fit::fit, input, pen::Pen, strip},
};

const WIDEST: u16 = 100;
/// Blank cells at both sides of the box.
const MARGIN: u16 = 2;

/// Draws the box over the top of `area`; returns where the cursor is.
pub fn draw(palette: &Palette, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Position {
    let width = area.width.saturating_sub(2 * MARGIN).min(WIDEST);
    let choices = u16::try_from(palette.choices.len()).unwrap_or(u16::MAX).max(1);
    // Strip, input, choices, closing rule.
    let height = choices.saturating_add(3).min(area.height);
    let band = Rect { height, ..area };
    Clear.render(band, buffer);
    buffer.set_style(band, theme.style(Role::Text));
    let area = Rect { x: band.x + (band.width - width) / 2, width, ..band };
    let lines: Vec<Rect> = area.rows().collect();
    let [strip_line, input_line, list @ .., close] = lines.as_slice() else { return area.as_position() };
    let title = vec![(Role::Strong, "go to".to_owned())];
    let right = vec![(Role::Muted, position(palette))];
    strip::draw(&title, &right, *strip_line, theme, buffer);
    let cursor = input::draw(": ", &palette.input, *input_line, theme, buffer);
    Pen::new(theme, buffer, *close).fill(Role::Border, "─", 0);
    if let (true, Some(line)) = (palette.choices.is_empty(), list.first()) {
        Pen::new(theme, buffer, *line).put(Role::Muted, "  nothing is called that; esc closes");
    }
    let first = (palette.selected + 1).saturating_sub(list.len());
    let widths = palette.choices.iter().skip(first).take(list.len()).map(|it| it.title.as_str().width());
    let title_width = widths.max().unwrap_or_default().min(usize::from(width) / 2);
    for (at, (line, choice)) in list.iter().zip(palette.choices.iter().skip(first)).enumerate() {
        draw_choice(choice, title_width, first + at == palette.selected, *line, theme, buffer);
    }
    cursor
}

fn position(palette: &Palette) -> String {
    if palette.choices.is_empty() {
        return "0 matches".to_owned();
    }
    format!("{} of {}", palette.selected + 1, palette.choices.len())
}

fn draw_choice(choice: &Choice, title_width: usize, is_selected: bool, line: Rect, theme: &Theme, buffer: &mut Buffer) {
    let mut pen = Pen::new(theme, buffer, line);
    pen.put(Role::Key, if is_selected { "› " } else { "  " });
    let start = line.x + 2;
    let title = fit(choice.title.as_str(), title_width);
    pen.put(Role::Strong, &title).skip(title_width.saturating_sub(title.width()) + 2);
    pen.put(Role::Muted, choice.summary.as_str());
    if is_selected {
        buffer.set_style(line, theme.style(Role::Selected));
    }
    let mut x = start;
    for (at, letter) in title.chars().enumerate() {
        let width =
            u16::try_from(unicode_width::UnicodeWidthChar::width(letter).unwrap_or_default()).unwrap_or_default();
        if choice.matched.iter().any(|it| *it as usize == at) {
            let cell = Rect { x, width, ..line }.intersection(line);
            buffer.set_style(cell, theme.style(Role::Match));
        }
        x = x.saturating_add(width);
    }
}
