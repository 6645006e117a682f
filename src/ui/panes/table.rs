//! The view's table: its strip, the fault if there is one, the heading and the rows.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{charts, cost};
use crate::{
    app::{
        App,
        columns::{self, METER, Placed},
        flow::flow,
        layout::Layout,
        logs,
        meter::Usage,
        overlay::TextLine,
        table::{Cell, Column, Content, Row, TableState},
        update::filter::Filter,
        words,
    },
    command::{Command, ViewName},
    theme::{Role, Theme},
    ui::widgets::{
        fit::{fit, fit_ends},
        freshness, meter,
        pen::{Pen, draw_lines},
        strip::{self, Pieces},
    },
};

/// Cells left of the columns: one for the cursor, one for the mark.
const GUTTER: u16 = 2;

pub fn draw(app: &App, layout: &Layout, theme: &Theme, buffer: &mut Buffer) {
    let nothing_set = TableState::default();
    let state = app.table_state().unwrap_or(&nothing_set);
    let table = &app.table;
    let wanted = columns::wanted(table);
    let room = layout.rows.width.saturating_sub(GUTTER);
    let shift = state.shift.min(columns::shift_limit(&table.columns, &wanted, room));
    let placed = columns::place(&table.columns, &wanted, room, shift);
    let freshness = &app.freshness;
    let title = title(app, state, layout, table.columns.len() - placed.len());
    let right = freshness::pieces(freshness, strip::room_beside(&title, layout.table));
    strip::draw(&title, &right, layout.table, theme, buffer);
    if let Some(fault) = &freshness.fault {
        freshness::draw_fault(fault, &app.freshness.profile, app.now, layout.fault, theme, buffer);
    }
    cost::draw(app, layout, theme, buffer);
    if app.place().view == ViewName::Metrics && !table.rows.is_empty() {
        charts::draw(app, layout, theme, buffer);
        return;
    }
    if table.rows.is_empty() {
        draw_empty(app, state, layout.rows, theme, buffer);
        return;
    }
    let pane = Pane { columns: &table.columns, placed: &placed, theme };
    pane.heading(state.sort, layout.heading, buffer);
    let filter = Filter::parse(&state.filter);
    let lines = layout.rows.rows().zip(table.rows.iter().skip(first_row(app, state, layout)));
    for (area, row) in lines {
        pane.row(row, state, &filter, area, buffer);
    }
}

/// The first row on screen: as scrolled, but never so that the cursor or rows at the end are out of sight.
fn first_row(app: &App, state: &TableState, layout: &Layout) -> usize {
    let page = usize::from(layout.rows.height).max(1);
    let last_page = app.table.rows.len().saturating_sub(page);
    let cursor = state.cursor.as_ref().and_then(|it| app.table.index_of(it)).unwrap_or(state.scroll);
    state.scroll.min(last_page).clamp((cursor + 1).saturating_sub(page), cursor)
}

/// What the pane shows, how much of it, and what is set on it.
fn title(app: &App, state: &TableState, layout: &Layout, columns_hidden: usize) -> Pieces {
    let shown = app.table.rows.len();
    let view = app.place().view.word();
    let mut pieces = vec![(Role::Strong, view.to_owned())];
    let is_of_charts = app.place().view == ViewName::Metrics;
    let page = if is_of_charts { layout.grid.page() } else { usize::from(layout.rows.height) };
    let count = if shown > page {
        let first = if is_of_charts { state.last_index / page * page } else { first_row(app, state, layout) };
        format!(" {}–{} of {shown}", first + 1, (first + page).min(shown))
    } else {
        format!(" {}", number(app.place().view, shown))
    };
    pieces.push((Role::Muted, count));
    if let Some(until) = app.place().before {
        pieces.push((Role::Strong, format!(" in the 15 minutes before {}", words::clock(until))));
    }
    if is_of_charts {
        pieces.push((Role::Text, format!(" · last {}", app.window.word())));
    }
    if app.place().view == ViewName::Api {
        pieces.push((Role::Text, own_use(app)));
    }
    if app.place().view == ViewName::Logs {
        pieces.extend(tail(app));
    }
    if !state.filter.is_empty() {
        pieces.push((Role::Match, format!(" /{}", state.filter)));
        pieces.push((Role::Muted, format!(" hides {}", app.table.hidden)));
    }
    if !state.marks.is_empty() {
        pieces.push((Role::Marked, format!(" {} marked", state.marks.len())));
    }
    if columns_hidden > 0 && !is_of_charts {
        pieces.push((Role::Muted, format!(" +{} ←→", words::count(columns_hidden, "column"))));
    }
    pieces
}

/// How many rows there are; most views are called after what their rows are.
fn number(view: ViewName, rows: usize) -> String {
    match view {
        ViewName::Overview => words::count(rows, "stack"),
        ViewName::Stack => words::count(rows, "part"),
        ViewName::Api | ViewName::Cost => words::count(rows, "row"),
        _ => rows.to_string(),
    }
}

/// What the console's calls come to, and what they cost.
fn own_use(app: &App) -> String {
    let metrics = app.meter.metric_price_per_hour(app.now).per_hour();
    let paid = app.meter.by_service().get("ce").and_then(Usage::price);
    let paid = paid.map_or_else(String::new, |it| format!(" · {it} Cost Explorer"));
    format!(" · {} calls/min · {metrics} metrics{paid}", app.meter.last_minute(""))
}

/// Whether new lines are followed, and where they come from.
fn tail(app: &App) -> Pieces {
    let sources = logs::of_place(app);
    let until = sources.excerpts.iter().filter_map(|(_, it)| it.until).max();
    let (role, state) = match (logs::is_following(app), until) {
        (Some(true), _) => (Role::Progress, "following".to_owned()),
        (Some(false), _) => {
            let end = crate::app::rows::chord(app, Command::Bottom);
            (Role::Notice, format!("paused, {end} follows"))
        }
        (None, Some(until)) => (Role::Strong, format!("the last before {}", words::clock(until))),
        (None, None) => return Vec::new(),
    };
    vec![(role, format!(" · {state}")), (Role::Muted, format!(" · {}", sources.groups().join(", ")))]
}

/// Why there are no rows, and what to press.
fn draw_empty(app: &App, state: &TableState, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let text = if app.table.hidden > 0 {
        let back = crate::app::rows::chord(app, Command::Back);
        format!("nothing matches /{}: {back} clears the filter", state.filter).into()
    } else {
        app.table.empty.clone()
    };
    let inside = Rect { x: area.x + GUTTER, width: area.width.saturating_sub(GUTTER), ..area };
    let lines = flow(&[TextLine::of(Role::Text, text)], usize::from(inside.width));
    let below = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    draw_lines(&lines, below, theme, buffer);
}

/// What heading and rows are drawn by.
struct Pane<'a> {
    columns: &'a [Column],
    placed: &'a [Placed],
    theme: &'a Theme,
}

impl Pane<'_> {
    fn heading(&self, sort: Option<(usize, bool)>, area: Rect, buffer: &mut Buffer) {
        for (it, cell) in self.cells(area) {
            let column = &self.columns[it.index];
            let arrow = match sort {
                Some((at, reversed)) if at == it.index => {
                    if reversed {
                        "▾"
                    } else {
                        "▴"
                    }
                }
                _ => "",
            };
            let title = format!("{}{arrow}", column.title);
            put(&title, heading(column.content), self.theme.style(Role::Heading), cell, buffer);
        }
    }

    fn row(&self, row: &Row, state: &TableState, filter: &Filter, area: Rect, buffer: &mut Buffer) {
        let is_cursor = state.cursor.as_ref() == Some(&row.id);
        let is_marked = state.marks.contains(&row.id);
        for (it, place) in self.cells(area) {
            if let Some(cell) = row.cells.get(it.index) {
                self.cell(cell, self.columns[it.index].content, filter, place, buffer);
            }
        }
        if is_marked {
            buffer.set_style(area, self.theme.style(Role::Marked));
            Pen::new(self.theme, buffer, area).skip(1).put(Role::Marked, "•");
        }
        if is_cursor {
            buffer.set_style(area, self.theme.style(Role::Selected));
            Pen::new(self.theme, buffer, area).put(Role::Selected, "›");
        }
    }

    fn cell(&self, cell: &Cell, content: Content, filter: &Filter, place: Rect, buffer: &mut Buffer) {
        let text = cell.text.as_str();
        let mut place = place;
        if let Some(share) = cell.meter.filter(|_| text.width() + usize::from(METER) <= usize::from(place.width)) {
            let (full, empty) = meter::parts(share);
            let role = if cell.role == Role::Text { Role::MeterFull } else { cell.role };
            Pen::new(self.theme, buffer, place).put(role, &full).put(Role::MeterEmpty, &empty);
            place = Rect { x: place.x + METER, width: place.width - METER, ..place };
        }
        let style = self.theme.style(cell.role);
        put(text, content, style, place, buffer);
        if content == Content::Number || content == Content::Name && text.width() > usize::from(place.width) {
            return;
        }
        if let Some(hit) = filter.hit(text) {
            let skipped = text[..hit.start].width();
            let x = place.x.saturating_add(u16::try_from(skipped).unwrap_or(u16::MAX));
            let width = u16::try_from(text[hit].width()).unwrap_or(u16::MAX);
            let shown = Rect { x, width, ..place }.intersection(place);
            buffer.set_style(shown, self.theme.style(Role::Match));
        }
    }

    /// Each column on screen and its place in the line `area`.
    fn cells(&self, area: Rect) -> impl Iterator<Item = (Placed, Rect)> {
        self.placed.iter().map(move |it| {
            let place = Rect { x: area.x + GUTTER + it.x, width: it.width, ..area };
            (*it, place.intersection(area))
        })
    }
}

/// How the title of a column stands over it.
fn heading(content: Content) -> Content {
    if content == Content::Number { Content::Number } else { Content::Text }
}

/// Puts a text into its place.
fn put(text: &str, content: Content, style: Style, place: Rect, buffer: &mut Buffer) {
    let room = usize::from(place.width);
    let shown = match content {
        Content::Number if text.width() > room => "…".into(),
        Content::Name => fit_ends(text, room),
        Content::Number | Content::Text => fit(text, room),
    };
    let blank = if content == Content::Number { room.saturating_sub(shown.width()) } else { 0 };
    let x = place.x + u16::try_from(blank).unwrap_or_default();
    if place.height > 0 {
        buffer.set_stringn(x, place.y, shown, room, style);
    }
}
