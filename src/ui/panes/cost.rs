//! The board of the cost view: figures, daily bars in parts, what moved.
//!
//! ```text
//!  6.20│        ▂
//!      │█ █ █ █ █ █ █ █
//!      │█ █ █ █ █ █ █ █ ░
//!      Oct 23 ···  Nov 21 ∘∘
//!      █ NAT  ▓ Fargate  ▒ ALB  ░ 5 others  USD a day  ∘ may still grow
//! ```

use ratatui::{buffer::Buffer, layout::Rect};
use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        App,
        costs::board::{Bar, Bars},
        flow::flow,
        layout::Layout,
    },
    domain::money::Money,
    theme::{Role, Theme},
    ui::widgets::{
        fit::fit,
        pen::{Pen, draw_lines},
        plot::INCOMPLETE,
    },
};

/// How each part is drawn: told apart by its shade, not by its colour alone.
const SHADES: [(&str, Role); 4] =
    [("█", Role::MeterFull), ("▓", Role::Progress), ("▒", Role::Notice), ("░", Role::Muted)];

/// Cells of a part in the legend beside its name: its shade and the blanks around.
const BESIDE_NAME: usize = 4;

pub fn draw(app: &App, layout: &Layout, theme: &Theme, buffer: &mut Buffer) {
    let Some(board) = &app.board else { return };
    let (area, parts) = (layout.board, layout.board_parts);
    let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let head = Rect { height: parts.head.min(area.height), ..inside };
    draw_lines(&flow(&board.head, usize::from(inside.width)), head, theme, buffer);
    let bars = Rect { y: head.bottom(), height: parts.bars, ..inside }.intersection(inside);
    if let Some(it) = &board.bars {
        draw_bars(it, bars, theme, buffer);
    }
    let tail = Rect { y: area.y + parts.head + parts.bars, height: parts.tail, ..inside }.intersection(inside);
    draw_lines(&flow(&board.tail, usize::from(inside.width)), tail, theme, buffer);
}

fn draw_bars(bars: &Bars, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let days = bars.days.len() as u16;
    if area.height < 3 || days == 0 {
        return;
    }
    let top = bars.days.iter().map(Bar::total).max().unwrap_or_default();
    let label = Money::new(top, bars.currency).figure();
    let margin = label.width() as u16 + 1;
    let field = Rect { x: area.x + margin, width: area.width.saturating_sub(margin), height: area.height - 2, ..area };
    let step = (field.width / days).min(6);
    if step == 0 {
        return;
    }
    let thick = if step > 1 { step - 1 } else { 1 };
    for (at, line) in field.rows().enumerate() {
        let label = if at == 0 { label.as_str() } else { "" };
        let mut pen = Pen::new(theme, buffer, Rect { x: area.x, width: margin, ..line });
        pen.skip(usize::from(margin - 1) - label.width()).put(Role::Muted, label).put(Role::Border, "│");
    }
    for (day, at) in bars.days.iter().zip(0..) {
        let column = Rect { x: field.x + at * step, width: thick, ..field };
        draw_bar(day, top, column, theme, buffer);
    }
    draw_axis(bars, step, Rect { y: field.bottom(), height: 1, ..field }, theme, buffer);
    draw_legend(bars, Rect { y: field.bottom() + 1, height: 1, ..field }, theme, buffer);
}

fn draw_bar(day: &Bar, top: Decimal, column: Rect, theme: &Theme, buffer: &mut Buffer) {
    let height = Decimal::from(column.height);
    for (from_bottom, line) in column.rows().rev().enumerate() {
        // The middle of the cell decides what it shows; anything above nothing shows at the foot.
        let middle = (Decimal::from(from_bottom) + Decimal::new(5, 1)) * top / height;
        let total = day.total();
        let level = if from_bottom == 0 && total > Decimal::ZERO { middle.min(total) } else { middle };
        let mut sum = Decimal::ZERO;
        let part = day.amounts.iter().position(|amount| {
            sum += amount;
            sum >= level && *amount > Decimal::ZERO
        });
        if let Some((shade, role)) = part.and_then(|it| SHADES.get(it)) {
            let role = if day.incomplete { Role::Muted } else { *role };
            Pen::new(theme, buffer, line).put(role, &shade.repeat(usize::from(line.width)));
        }
    }
}

/// The first and the last day, the firsts of months, and what is incomplete.
fn draw_axis(bars: &Bars, step: u16, line: Rect, theme: &Theme, buffer: &mut Buffer) {
    let name = |at: usize| bars.days[at].date.strftime("%b %-d").to_string();
    let place = |at: usize| line.x + at as u16 * step;
    let last = bars.days.len() - 1;
    let mut free = line.x;
    for at in 0..=last {
        let day = &bars.days[at];
        if day.incomplete {
            Pen::new(theme, buffer, Rect { x: place(at), ..line }.intersection(line)).put(Role::Notice, INCOMPLETE);
            continue;
        }
        let is_named = at == 0 || matches!(day.date.day(), 1 | 15);
        if is_named && place(at) >= free && at + 6 / usize::from(step) <= last {
            Pen::new(theme, buffer, Rect { x: place(at), ..line }.intersection(line)).put(Role::Muted, &name(at));
            free = place(at) + name(at).width() as u16 + 1;
        }
    }
    let after = Rect { x: place(last) + step + 1, ..line }.intersection(line);
    Pen::new(theme, buffer, after).put(Role::Muted, &name(last));
}

fn draw_legend(bars: &Bars, line: Rect, theme: &Theme, buffer: &mut Buffer) {
    let room = usize::from(line.width);
    // What the axis counts, and what is incomplete, are said whatever the parts are called.
    let unit = format!("{} a day, actual", bars.currency);
    let grows = bars.days.iter().any(|it| it.incomplete).then(|| {
        let words = format!("{INCOMPLETE} may still grow");
        let parts: usize = bars.parts.iter().map(|name| name.as_str().width() + BESIDE_NAME).sum();
        if parts + unit.width() + 2 + words.width() <= room { words } else { format!("{INCOMPLETE} grows") }
    });
    let beside = unit.width() + grows.as_ref().map_or(0, |it| it.width() + 2);
    let widths: Vec<usize> = bars.parts.iter().map(|it| it.as_str().width()).collect();
    let most = widest(&widths, room.saturating_sub(beside + widths.len() * BESIDE_NAME));
    let mut pen = Pen::new(theme, buffer, line);
    for (name, (shade, role)) in bars.parts.iter().zip(SHADES) {
        pen.put(role, shade).put(Role::Text, &format!(" {}  ", fit(name.as_str(), most)));
    }
    pen.put(Role::Muted, &unit);
    if let Some(grows) = grows {
        pen.put(Role::Muted, "  ").put(Role::Notice, &grows);
    }
}

/// How wide names of these widths may be so that all of them fit into so many cells: the longest give way.
fn widest(widths: &[usize], room: usize) -> usize {
    let sum = |most: usize| widths.iter().map(|it| (*it).min(most)).sum::<usize>();
    let longest = widths.iter().copied().max().unwrap_or_default();
    (0..=longest).rev().find(|most| sum(*most) <= room).unwrap_or_default()
}
