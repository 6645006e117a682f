//! Where things stand on the screen: computed once, purely, for update (page size) and view alike.
//!
//! ```text
//! bar      brand, place, signals, world, clock
//! table    strip (title, freshness) · fault, if any · heading · rows          │ detail (wide terminals)
//! signals  those that concern the place                                                       │
//! foot     notice or filter line · hints
//! ```
//!
//! Invariant: areas lie inside the screen and do not overlap, at any size.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::{
    App,
    charts::grid::Grid,
    concern,
    costs::board::{Board, Division},
    fault_text,
    overlay::Overlay,
    table::Row,
};
use crate::{command::ViewName, domain::fault::Fault};

/// The areas of the screen; what does not fit has no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub bar: Rect,
    /// Everything between bar and foot: where texts and the palette open.
    pub body: Rect,
    /// The view's pane: its strip, the fault, the heading and the rows.
    pub table: Rect,
    /// Lines at the top of the table's pane that tell of a fault, below its strip.
    pub fault: Rect,
    /// The cost view's board, between the fault and the heading, and how its parts divide it.
    pub board: Rect,
    pub board_parts: Division,
    /// The table's heading.
    pub heading: Rect,
    /// The table's rows.
    pub rows: Rect,
    /// Signals that concern the place: always under the overview and a stack, elsewhere while there are any.
    pub signals: Rect,
    /// What is known of the row under the cursor, beside the table where it is wide.
    pub detail: Rect,
    pub foot: Rect,
    /// How charts stand in the place of rows.
    pub grid: Grid,
    /// Rows of the table, charts, or lines of the text that is open, that fit.
    page: usize,
}

/// The smallest terminal that the console draws itself in.
pub const SMALLEST: (u16, u16) = (60, 12);

/// From this width on, list and detail stand side by side.
pub const WIDE: u16 = 140;

/// The terminal height from which the foot has a line of its own for notices.
const TALL: u16 = 20;

/// Signals need at least this many lines to be of use: strip, summary, evidence, advice.
const LEAST_SIGNALS: u16 = 5;

/// More than this they do not take from a table that has rows to fill it.
const MOST_SIGNALS: u16 = 12;

impl Layout {
    /// The layout of the place on screen.
    pub fn of(app: &App) -> Self {
        let (width, height) = app.size;
        let foot_height = if height >= TALL { 2 } else { 1.min(height) };
        let bar = Rect::new(0, 0, width, 1.min(height));
        let foot = Rect::new(0, height - foot_height, width, foot_height).intersection(below(bar, width, height));
        let body = Rect::new(0, bar.height, width, height.saturating_sub(bar.height + foot.height));
        let fault = app.freshness.fault.as_ref();
        let fault_wanted = fault.map_or(0, |it| fault_lines(it, &app.freshness.profile, app.now, (width, height)));
        let has_charts = app.place().view == ViewName::Metrics;
        let (table, signals, detail) = match (has_charts, &app.board) {
            (true, _) => (body, cut(body, 0), cut(body, 0)),
            (false, Some(_)) => {
                let (table, detail) = split_columns(body);
                (table, cut(table, 0), detail)
            }
            (false, None) => split(body, app, fault_wanted),
        };
        let strip = 1.min(table.height);
        let fault = Rect { y: table.y + strip, height: fault_wanted.min(table.height - strip), ..table };
        let free = table.height - strip - fault.height;
        let division = |it: &Board| it.division(table.width.saturating_sub(2), free, app.table.rows.len());
        let board_parts = app.board.as_ref().map(division).unwrap_or_default();
        let board = Rect { y: fault.y + fault.height, height: board_parts.height().min(free), ..table };
        let heading_height = if has_charts { 0 } else { 1.min(free - board.height) };
        let heading = Rect { y: board.y + board.height, height: heading_height, ..table };
        let rows_y = heading.y + heading.height;
        let rows = Rect { y: rows_y, height: table.y + table.height - rows_y, ..table };
        let text_lines = body.height.saturating_sub(1);
        let page = match app.overlay {
            Some(Overlay::Help { .. } | Overlay::Text(_) | Overlay::Act(_)) => text_lines,
            _ => rows.height,
        };
        let grid = Grid::of(rows, app.table.rows.len());
        let is_text = matches!(app.overlay, Some(Overlay::Help { .. } | Overlay::Text(_)));
        let page = if has_charts && !is_text { grid.page() } else { usize::from(page) };
        Self { bar, body, table, fault, board, board_parts, heading, rows, signals, detail, foot, grid, page }
    }

    /// The rows of the charts on screen: the page that the cursor is on.
    pub fn charts_on_page<'a>(&self, app: &'a App) -> &'a [Row] {
        let rows = &app.table.rows;
        let at = app.table_state().map_or(0, |it| it.last_index).min(rows.len().saturating_sub(1));
        let page = self.grid.page();
        let first = at / page * page;
        &rows[first.min(rows.len())..(first + page).min(rows.len())]
    }

    /// Rows of the table that fit under its heading; while a text is open, its lines that fit.
    pub fn page(&self) -> usize {
        self.page
    }
}

/// Whether the terminal is too small to draw the console in.
pub fn is_too_small((width, height): (u16, u16)) -> bool {
    width < SMALLEST.0 || height < SMALLEST.1
}

/// Lines that a fault takes: all it needs where there is room, else one.
fn fault_lines(fault: &Fault, profile: &str, now: Timestamp, (width, height): (u16, u16)) -> u16 {
    if height < TALL {
        return 1;
    }
    u16::try_from(fault_text::lines(fault, profile, now, usize::from(width)).len()).unwrap_or(1)
}

fn below(bar: Rect, width: u16, height: u16) -> Rect {
    Rect::new(0, bar.height, width, height - bar.height)
}

/// The top `height` lines of `area`.
fn cut(area: Rect, height: u16) -> Rect {
    Rect { height: height.min(area.height), ..area }
}

/// The body in table, signals and detail. On the overview and in a stack the detail stands beside the signals, elsewhere
/// beside the table and any signals below it.
fn split(body: Rect, app: &App, fault: u16) -> (Rect, Rect, Rect) {
    if concern::is_always_told(app.place().view) {
        let (table, lower) = split_rows(body, app, fault, (body.height / 3).max(LEAST_SIGNALS));
        let (signals, detail) = split_columns(lower);
        return (table, signals, detail);
    }
    let (left, detail) = split_columns(body);
    // A passing signal takes no more of a table than it needs to be read.
    let least = if concern::is_told(app) { (left.height / 4).clamp(LEAST_SIGNALS, MOST_SIGNALS) } else { 0 };
    let (table, signals) = if least == 0 { (left, cut(left, 0)) } else { split_rows(left, app, fault, least) };
    (table, Rect { y: table.y + table.height, ..signals }, detail)
}

/// The table above signals gets what its rows need, but leaves the signals `least` lines; they grow with the rest.
fn split_rows(area: Rect, app: &App, fault: u16, least: u16) -> (Rect, Rect) {
    let rows = u16::try_from(app.table.rows.len()).unwrap_or(u16::MAX).max(1);
    let needed = rows.saturating_add(2 + fault);
    let most = area.height.saturating_sub(least);
    let upper = cut(area, needed.min(most));
    (upper, Rect { y: area.y + upper.height, height: area.height - upper.height, ..area })
}

/// The width of what stands left of the detail.
pub fn left_width(width: u16) -> u16 {
    if width < WIDE { width } else { width - (width * 2 / 5).min(100) }
}

/// On wide terminals the detail takes two fifths.
fn split_columns(whole: Rect) -> (Rect, Rect) {
    if whole.width < WIDE || whole.height == 0 {
        return (whole, cut(Rect { x: whole.x + whole.width, width: 0, ..whole }, 0));
    }
    let left = Rect { width: left_width(whole.width), ..whole };
    (left, Rect { x: whole.x + left.width, width: whole.width - left.width, ..whole })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Layout, Rect};
    use crate::{
        app::{App, fixtures, place::Place},
        command::ViewName,
        triage::testing::now,
    };

    fn app(size: (u16, u16), view: ViewName) -> App {
        let mut app = App::new(fixtures::settings(), Vec::new(), now());
        app.size = size;
        app.history.go(Place::everywhere(view));
        app
    }

    fn overlap(one: Rect, other: Rect) -> bool {
        !one.intersection(other).is_empty()
    }

    proptest! {
        #[test]
        fn areas_lie_inside_the_screen_and_apart(
            width in 0_u16..400,
            height in 0_u16..120,
            is_overview in any::<bool>(),
        ) {
            let view = if is_overview { ViewName::Overview } else { ViewName::Tasks };
            let layout = Layout::of(&app((width, height), view));
            let screen = Rect::new(0, 0, width, height);
            let areas = [layout.bar, layout.table, layout.signals, layout.detail, layout.foot];
            for (at, area) in areas.iter().enumerate() {
                prop_assert_eq!(area.intersection(screen).area(), area.area(), "{:?} leaves {:?}", area, screen);
                for other in &areas[at + 1..] {
                    prop_assert!(!overlap(*area, *other), "{:?} and {:?}", area, other);
                }
            }
            let inside = [layout.fault, layout.heading, layout.rows];
            prop_assert!(inside.iter().all(|it| it.intersection(layout.table).area() == it.area()));
            prop_assert!(!overlap(layout.fault, layout.heading) && !overlap(layout.heading, layout.rows));
            prop_assert!(layout.page() <= usize::from(height));
        }
    }

    #[test]
    fn a_common_terminal_has_a_page_of_rows_and_a_wide_one_a_detail() {
        let common = Layout::of(&app((80, 24), ViewName::Services));
        assert_eq!((common.page(), common.detail.area()), (19, 0));
        let wide = Layout::of(&app((200, 60), ViewName::Services));
        assert_eq!((wide.table.width, wide.detail.width, wide.detail.height), (120, 80, 57));
    }

    #[test]
    fn signals_grow_with_the_space_that_the_stacks_leave() {
        let signals = |height| Layout::of(&app((80, height), ViewName::Overview)).signals.height;
        assert_eq!([signals(12), signals(24), signals(60)], [7, 18, 54]);
    }
}
