//! The line at the top of each pane: a rule with the pane's title, and what is to be said of it at its right end.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;
use crate::theme::{Role, Theme};

/// Pieces of text with their roles.
pub type Pieces = Vec<(Role, String)>;

/// Cells that the right end may take beside this title.
pub fn room_beside(title: &[(Role, String)], area: Rect) -> usize {
    let title: usize = title.iter().map(|(_, text)| text.width()).sum();
    usize::from(area.width).saturating_sub(2 + title + 5)
}

/// Draws the strip in the first line of `area`. The right end goes first where there is no room for both.
pub fn draw(title: &[(Role, String)], right: &[(Role, String)], area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let mut pen = Pen::new(theme, buffer, area);
    pen.put(Role::Border, "─ ");
    let width = |pieces: &[(Role, String)]| pieces.iter().map(|(_, text)| text.width()).sum::<usize>();
    // `─ title ─ right ─`
    let keep = if right.is_empty() { 0 } else { width(right) + 3 };
    let fits = width(title) + keep + 2 <= pen.room();
    for (role, text) in title {
        pen.put(*role, text);
    }
    pen.put(Role::Border, " ");
    if fits && keep > 0 {
        pen.fill(Role::Border, "─", keep);
        pen.put(Role::Border, " ");
        for (role, text) in right {
            pen.put(*role, text);
        }
        pen.put(Role::Border, " ");
    }
    pen.fill(Role::Border, "─", 0);
}
