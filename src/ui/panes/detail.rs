//! Beside the list on wide terminals: what is known of the row under the cursor.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        App, concern,
        describe::{describe, describe_beside_signals},
        flow::flow,
        rows::chord,
    },
    command::Command,
    theme::{Role, Theme},
    ui::widgets::{
        pen::{Pen, draw_lines},
        strip,
    },
};

/// The rule at its left and the blanks around it.
const EDGE: u16 = 3;

pub fn draw(app: &App, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    if area.width <= EDGE || area.height == 0 {
        return;
    }
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    for line in below.rows() {
        Pen::new(theme, buffer, line).skip(1).put(Role::Border, "│");
    }
    let subject = app.table_state().and_then(|it| it.cursor.as_ref()).filter(|it| app.table.index_of(it).is_some());
    let title = vec![(Role::Strong, "detail".to_owned())];
    let Some(subject) = subject else {
        strip::draw(&title, &[], area, theme, buffer);
        return;
    };
    let inside = Rect { x: area.x + EDGE, width: area.width - EDGE, ..below };
    let text = if concern::is_told(app) { describe_beside_signals(app, subject) } else { describe(app, subject) };
    let lines = flow(&text, usize::from(inside.width));
    let hidden = lines.len().saturating_sub(usize::from(inside.height));
    let more = format!("{hidden} more lines: {}", chord(app, Command::Describe));
    let right = if hidden > 0 { vec![(Role::Muted, more)] } else { Vec::new() };
    strip::draw(&title, &right, area, theme, buffer);
    draw_lines(&lines, inside, theme, buffer);
}
