//! A text over the view: describe, raw JSON or help, with where in it one is.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        App, open_text,
        overlay::{Overlay, RawText, TextKind, TextPane},
    },
    theme::{Role, Theme},
    ui::widgets::{
        fit::skip,
        freshness,
        pen::Pen,
        strip::{self, Pieces},
    },
};

pub fn draw(app: &App, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let (title, wanted, shift) = match &app.overlay {
        Some(Overlay::Help { scroll }) => (vec![(Role::Strong, "help".to_owned())], *scroll, 0),
        Some(Overlay::Text(pane)) => (title(pane), pane.scroll, pane.shift),
        _ => return,
    };
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if let Some(Overlay::Text(TextPane { subject, kind: TextKind::Raw(RawText::Failed(fault)), .. })) = &app.overlay {
        strip::draw(&title, &[], area, theme, buffer);
        freshness::draw_fault(fault, &subject.scope.profile, app.now, inside, theme, buffer);
        return;
    }
    let lines = open_text::lines(app);
    let page = usize::from(inside.height);
    let scroll = wanted.min(lines.len().saturating_sub(page));
    let last = (scroll + page).min(lines.len());
    let position =
        if lines.len() > page { format!("{}–{last} of {} lines", scroll + 1, lines.len()) } else { String::new() };
    let right = if position.is_empty() { Vec::new() } else { vec![(Role::Muted, position)] };
    strip::draw(&title, &right, area, theme, buffer);
    for (area, line) in inside.rows().zip(lines.iter().skip(scroll)) {
        let mut pen = Pen::new(theme, buffer, area);
        let mut left = shift;
        for (role, text) in &line.0 {
            let shown = skip(text.as_str(), left);
            left = left.saturating_sub(unicode_width::UnicodeWidthStr::width(text.as_str()));
            pen.put(*role, shown);
        }
    }
}

fn title(pane: &TextPane) -> Pieces {
    match pane.kind {
        // The text begins with what it is about.
        TextKind::Describe => vec![(Role::Strong, "describe".to_owned())],
        TextKind::Advice => vec![(Role::Strong, "capacity advice".to_owned())],
        TextKind::Raw(_) => vec![
            (Role::Muted, format!("as AWS describes it: {} ", pane.subject.kind.word())),
            (Role::Strong, pane.subject.name().to_string()),
        ],
    }
}
