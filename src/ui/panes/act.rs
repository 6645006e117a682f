//! Menu, form, plan and cockpit: a text over the view, with what is typed below it.
//!
//! ```text
//! ─ title ─────────────────────────────────── lines 1–15 of 60 ─
//! text, scrolled
//! what is typed                       (form, plan)
//! why                                 (plan in production)
//! how it is confirmed                 (plan)
//! ```

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::{
    app::{
        App,
        act::{ActPane, Ask, Asked, plan_text, text},
    },
    plan::model::Confirmation,
    theme::{Role, Theme},
    ui::widgets::{
        input,
        pen::{Pen, draw_lines},
        strip,
    },
};

/// Draws the pane; returns where the cursor is while something is typed.
pub fn draw(app: &App, pane: &ActPane, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let below = rows_below(pane);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + below), ..area };
    let lines = text::lines(app, pane, usize::from(area.width));
    let page = usize::from(inside.height);
    let wanted = match pane {
        ActPane::Plan(pane) => pane.scroll,
        ActPane::Cockpit { scroll, .. } => *scroll,
        ActPane::Form(form) => match &form.kind {
            // Over the images stands where they lie.
            crate::app::act::form::FormKind::Deploy { selected, .. } => (selected + 2).saturating_sub(page),
            _ => 0,
        },
        _ => 0,
    };
    let scroll = wanted.min(lines.len().saturating_sub(page));
    let last = (scroll + page).min(lines.len());
    let right = if lines.len() > page {
        vec![(Role::Muted, format!("{}–{last} of {} lines, ↑ ↓", scroll + 1, lines.len()))]
    } else {
        Vec::new()
    };
    let production = matches!(pane, ActPane::Plan(pane) if pane.plan.production);
    let role = if production { Role::Production } else { Role::Strong };
    strip::draw(&[(role, text::title(app, pane))], &right, area, theme, buffer);
    draw_lines(&lines[scroll..last], inside, theme, buffer);
    let foot = Rect { y: inside.y + inside.height, height: below, ..area };
    draw_below(app, pane, foot, theme, buffer)
}

/// Lines under the text.
fn rows_below(pane: &ActPane) -> u16 {
    match pane {
        ActPane::Form(_) => 1,
        ActPane::Cockpit { ask, .. } => match ask {
            None => 0,
            Some(Ask { what: Asked::BeginNoMore | Asked::PutBack | Asked::StopRefresh, .. }) => 1,
            Some(Ask { what: Asked::GiveUp { .. } | Asked::GiveUpAndPutBack { .. }, .. }) => 2,
        },
        ActPane::Plan(pane) => match pane.plan.confirmation {
            Confirmation::Type(_) => 2 + u16::from(pane.plan.production),
            Confirmation::Key | Confirmation::Impossible => 1,
        },
        _ => 0,
    }
}

fn draw_below(app: &App, pane: &ActPane, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let rows: Vec<Rect> = area.rows().collect();
    match pane {
        ActPane::Form(form) => {
            let row = *rows.first()?;
            if let Some(wants) = form.wants() {
                let mut pen = Pen::new(theme, buffer, row);
                pen.put(Role::Key, "> ");
                pen.put(Role::Muted, wants);
            }
            Some(input::draw("> ", &form.input, row, theme, buffer))
        }
        ActPane::Cockpit { operation, ask: Some(ask), .. } => {
            let asked = text::asked(app, operation, ask);
            Pen::new(theme, buffer, *rows.first()?).put(Role::Notice, &asked);
            match &ask.what {
                Asked::BeginNoMore | Asked::PutBack | Asked::StopRefresh => None,
                Asked::GiveUp { typed } | Asked::GiveUpAndPutBack { typed } => {
                    Some(input::draw("sessions: ", typed, *rows.get(1)?, theme, buffer))
                }
            }
        }
        ActPane::Plan(pane) => {
            let role = match &pane.plan.confirmation {
                _ if pane.plan.is_expired(app.now) => Role::Warning,
                Confirmation::Impossible => Role::Critical,
                _ => Role::Notice,
            };
            let how = plan_text::confirmation(&pane.plan, app.now);
            Pen::new(theme, buffer, *rows.first()?).put(role, &how);
            let (text, why) = if pane.at_reason { ("  text: ", "› why:  ") } else { ("› text: ", "  why:  ") };
            let typed = rows.get(1).map(|row| input::draw(text, &pane.typed, *row, theme, buffer));
            let reason = rows.get(2).map(|row| input::draw(why, &pane.reason, *row, theme, buffer));
            if pane.at_reason { reason.or(typed) } else { typed }
        }
        _ => None,
    }
}
