//! The text that lies over the view, as the screen breaks it into lines: what scrolling is measured in.

use super::{
    App, describe,
    flow::flow,
    help,
    overlay::{Overlay, RawText, TextKind, TextLine},
};
use crate::theme::Role;

/// The lines of the open text; none where no text is open.
pub fn lines(app: &App) -> Vec<TextLine> {
    let width = usize::from(app.size.0);
    match &app.overlay {
        Some(Overlay::Help { .. }) => help::lines(app, width),
        Some(Overlay::Text(pane)) => match &pane.kind {
            TextKind::Describe => flow(&describe::describe(app, &pane.subject), width),
            TextKind::Advice => flow(&describe::advice(app, &pane.subject), width),
            TextKind::Raw(RawText::Loaded(lines)) => {
                lines.iter().map(|it| TextLine::of(Role::Text, it.clone())).collect()
            }
            TextKind::Raw(RawText::Loading) => vec![TextLine::of(Role::Progress, "asking AWS")],
            TextKind::Raw(RawText::Failed(_)) => Vec::new(),
        },
        _ => Vec::new(),
    }
}
