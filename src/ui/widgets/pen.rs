//! Writing pieces of text, each in its role, along one line.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::fit::fit;
use crate::{
    app::overlay::TextLine,
    theme::{Role, Theme},
};

/// Draws lines of text down `area`, as many as fit.
pub fn draw_lines(lines: &[TextLine], area: Rect, theme: &Theme, buffer: &mut Buffer) {
    for (area, line) in area.rows().zip(lines) {
        let mut pen = Pen::new(theme, buffer, area);
        for (role, text) in &line.0 {
            pen.put(*role, text.as_str());
        }
    }
}

/// A pen that writes from left to right and stops at the edge, where what is cut off ends in `…`.
pub struct Pen<'a> {
    theme: &'a Theme,
    buffer: &'a mut Buffer,
    /// Laid under every role, as the bar's background.
    base: Style,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pen<'a> {
    /// A pen at the start of the first line of `area`.
    pub fn new(theme: &'a Theme, buffer: &'a mut Buffer, area: Rect) -> Self {
        let area = area.intersection(buffer.area);
        let end = if area.height == 0 { area.x } else { area.x + area.width };
        Self { theme, buffer, base: Style::default(), x: area.x, y: area.y, end }
    }

    /// Lays a role's style under all that is written from here on.
    pub fn over(mut self, role: Role) -> Self {
        self.base = self.theme.style(role);
        self
    }

    /// Cells left on the line.
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Writes `text` in `role`.
    pub fn put(&mut self, role: Role, text: &str) -> &mut Self {
        let style = self.base.patch(self.theme.style(role));
        self.write(style, text)
    }

    /// Leaves `cells` blank.
    pub fn skip(&mut self, cells: usize) -> &mut Self {
        let cells = u16::try_from(cells).unwrap_or(u16::MAX);
        self.x = self.x.saturating_add(cells).min(self.end);
        self
    }

    /// Writes pieces so that the last ends at the edge; nothing where they do not fit.
    pub fn put_right(&mut self, pieces: &[(Role, String)]) -> &mut Self {
        let width: usize = pieces.iter().map(|(_, text)| text.width()).sum();
        if width < self.room() {
            self.skip(self.room() - width);
            for (role, text) in pieces {
                self.put(*role, text);
            }
        }
        self
    }

    /// Fills the rest of the line with `glyph`, but for the last `keep` cells.
    pub fn fill(&mut self, role: Role, glyph: &str, keep: usize) -> &mut Self {
        let cells = self.room().saturating_sub(keep);
        self.put(role, &glyph.repeat(cells))
    }

    fn write(&mut self, style: Style, text: &str) -> &mut Self {
        if self.room() > 0 {
            let shown = fit(text, self.room());
            let (x, _) = self.buffer.set_stringn(self.x, self.y, shown.as_ref(), self.room(), style);
            self.x = x;
        }
        self
    }
}
