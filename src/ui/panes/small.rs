//! What a terminal too small for the console shows instead.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::layout::SMALLEST,
    theme::{Role, Theme},
    ui::widgets::pen::Pen,
};

/// Says how big the terminal has to be, in lines of at most twenty cells.
pub fn draw((width, height): (u16, u16), theme: &Theme, buffer: &mut Buffer) {
    let (least_width, least_height) = SMALLEST;
    let lines = [
        (Role::Brand, "quarterdeck".to_owned()),
        (Role::Text, format!("needs {least_width}×{least_height} cells,")),
        (Role::Text, format!("has {width}×{height}")),
    ];
    for (y, (role, text)) in (0..height).zip(lines) {
        Pen::new(theme, buffer, Rect::new(0, y, width, 1)).put(role, &text);
    }
}
