//! Drawing the console: [`view`] looks at [`App`], changes nothing and cannot fail.
//!
//! ```text
//! panes::bar      brand  place                    world  signals  clock
//! panes::table    ─ title ──────────────────────────── freshness ─   panes::detail
//!                 fault, if any                                      │ describe of the
//!                 HEADING                                            │ cursor's row
//!                 › rows                                             │ (wide terminals)
//! panes::signals  ─ signals ─ (overview)
//! panes::foot     notice, filter line
//!                 hints
//! panes::text, panes::palette   over table, signals and detail
//! ```

mod panes;
mod widgets;

use ratatui::Frame;

use self::panes::{act, bar, detail, foot, palette, signals, small, table, text};
use crate::{
    app::{
        App,
        layout::{Layout, is_too_small},
        overlay::Overlay,
    },
    theme::{Role, Theme},
};

/// Draws the whole screen.
pub fn view(app: &App, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    buffer.set_style(area, theme.style(Role::Text));
    let size = (area.width, area.height);
    if is_too_small(size) {
        small::draw(size, theme, buffer);
        return;
    }
    // Between a resize and its message the layout is for another screen: the next frame follows at once.
    if size != app.size {
        return;
    }
    let layout = Layout::of(app);
    bar::draw(app, layout.bar, theme, buffer);
    let cursor = match &app.overlay {
        Some(Overlay::Help { .. } | Overlay::Text(_)) => {
            text::draw(app, layout.body, theme, buffer);
            None
        }
        Some(Overlay::Act(pane)) => act::draw(app, pane, layout.body, theme, buffer),
        overlay => {
            table::draw(app, &layout, theme, buffer);
            signals::draw(app, layout.signals, theme, buffer);
            detail::draw(app, layout.detail, theme, buffer);
            match overlay {
                Some(Overlay::Palette(it)) => Some(palette::draw(it, layout.body, theme, buffer)),
                _ => None,
            }
        }
    };
    let cursor = foot::draw(app, layout.foot, theme, buffer).or(cursor);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

#[cfg(test)]
mod tests;
