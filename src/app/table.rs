//! Tables of resources: what a view's rows are, and where cursor, marks, filter and sort stand on them.
//!
//! Invariant: cursor and marks hold resource ids; rows may move, appear and vanish under them.

use std::{cmp::Ordering, collections::BTreeSet};

use super::{App, place::Place};
use crate::{
    command::ViewName,
    domain::{id::ResourceId, text::SafeText},
    theme::Role,
};

/// The columns and rows of a view, in the order shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Rows that the filter hides.
    pub hidden: usize,
    /// What to say where there are no rows at all, and why.
    pub empty: SafeText,
}

/// The width at which most columns are comfortable to read: names whole, sentences begun.
pub const COMFORTABLE: u16 = 28;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Also its name in `col:value` filters.
    pub title: &'static str,
    pub content: Content,
    /// Columns it needs at least to be of use.
    pub min: u16,
    /// Columns beyond which it gains nothing.
    pub max: u16,
    /// Wider than this it does not have to be before others may join it.
    pub comfort: u16,
    /// 0 is always shown; the higher, the sooner it goes where the terminal is narrow.
    pub rank: u8,
}

/// What the cells of a column hold, which says how they are cut where they do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Cut at the end.
    Text,
    /// Cut in the middle: names differ at their ends.
    Name,
    /// On the right, and left out rather than cut.
    Number,
}

impl Column {
    pub const fn left(title: &'static str, min: u16, max: u16, rank: u8) -> Self {
        Self { title, content: Content::Text, min, max, comfort: COMFORTABLE, rank }
    }

    pub const fn name(title: &'static str, min: u16, max: u16, rank: u8) -> Self {
        Self { title, content: Content::Name, min, max, comfort: COMFORTABLE, rank }
    }

    pub const fn right(title: &'static str, min: u16, max: u16, rank: u8) -> Self {
        Self { title, content: Content::Number, min, max, comfort: COMFORTABLE, rank }
    }
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: ResourceId,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub text: SafeText,
    pub role: Role,
    pub sort: SortKey,
    /// How full a meter in front of the text is, 0 to 1 and above.
    pub meter: Option<f64>,
}

/// By what a cell sorts.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    Text(String),
    Number(f64),
    /// Nothing known: after everything else.
    Nothing,
}

impl Cell {
    /// A text that sorts by itself.
    pub fn text(text: impl Into<SafeText>, role: Role) -> Self {
        let text = text.into();
        let sort = SortKey::Text(text.as_str().to_lowercase());
        Self { text, role, sort, meter: None }
    }

    /// A text that sorts by a number.
    pub fn number(text: impl Into<SafeText>, sort: f64, role: Role) -> Self {
        Self { text: text.into(), role, sort: SortKey::Number(sort), meter: None }
    }

    /// Nothing is known here.
    pub fn unknown() -> Self {
        Self { text: SafeText::new("–"), role: Role::Muted, sort: SortKey::Nothing, meter: None }
    }

    #[must_use]
    pub fn with_meter(self, ratio: f64) -> Self {
        Self { meter: Some(ratio), ..self }
    }
}

impl SortKey {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Nothing, Self::Nothing) => Ordering::Equal,
            (Self::Nothing, _) | (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (_, Self::Nothing) | (Self::Number(_), Self::Text(_)) => Ordering::Less,
        }
    }
}

/// What the operator has set on one place's table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableState {
    pub cursor: Option<ResourceId>,
    /// A key has been pressed here: until then the cursor keeps to the top, where the worst is.
    pub held: bool,
    /// Index of the cursor's row when it was last seen: where the cursor goes when its row vanishes.
    pub last_index: usize,
    pub marks: BTreeSet<ResourceId>,
    /// As typed; empty shows everything.
    pub filter: String,
    /// Column (from 0) and whether reversed; `None` keeps the view's own order, worst first.
    pub sort: Option<(usize, bool)>,
    /// First row shown.
    pub scroll: usize,
    /// Columns scrolled to the left.
    pub shift: usize,
}

/// What of the console decides which rows there are, beside what is known: while it is the same, moving about in a
/// table makes no other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    place: Place,
    size: (u16, u16),
    filter: String,
    sort: Option<(usize, bool)>,
}

impl Shown {
    /// Of the place on screen; `None` where rows follow from more: from charts, logs, bills, calls or the journal.
    pub fn of(app: &App) -> Option<Self> {
        use ViewName::{Api, Cost, Journal, Logs, Metrics};
        if matches!(app.place().view, Metrics | Logs | Cost | Journal | Api) {
            return None;
        }
        let state = app.table_state();
        Some(Self {
            place: app.place().clone(),
            size: app.size,
            filter: state.map(|it| it.filter.clone()).unwrap_or_default(),
            sort: state.and_then(|it| it.sort),
        })
    }
}

impl Table {
    /// Hides the rows that `filter` does not match and sorts the rest; equal rows keep the view's order.
    #[must_use]
    pub fn arranged(mut self, state: Option<&TableState>) -> Self {
        let Some(state) = state else { return self };
        let filter = super::update::filter::Filter::parse(&state.filter);
        let all = self.rows.len();
        let columns = &self.columns;
        self.rows.retain(|row| filter.matches(columns, row));
        self.hidden = all - self.rows.len();
        if let Some((column, reversed)) = state.sort {
            self.rows.sort_by(|left, right| {
                let order = match (left.cells.get(column), right.cells.get(column)) {
                    (Some(left), Some(right)) => left.sort.order(&right.sort),
                    _ => Ordering::Equal,
                };
                if reversed { order.reverse() } else { order }
            });
        }
        self
    }

    /// Where the row of `id` stands.
    pub fn index_of(&self, id: &ResourceId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == *id)
    }
}
