//! A line of text being typed.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use super::{fit::skip, pen::Pen};
use crate::theme::{Role, Theme};

/// Draws `prompt` and what has been typed in the first line of `area`, scrolled so that the cursor shows;
/// returns where the cursor is.
pub fn draw(prompt: &str, input: &Input, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Position {
    let mut pen = Pen::new(theme, buffer, area);
    pen.put(Role::Key, prompt);
    // One cell is the cursor's own, behind the text.
    let room = pen.room().saturating_sub(1);
    let scroll = input.visual_scroll(room);
    pen.put(Role::Input, skip(input.value(), scroll));
    let at = prompt.width() + input.visual_cursor().saturating_sub(scroll);
    let x = area.x.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
    Position { x: x.min(area.right().saturating_sub(1)), y: area.y }
}
