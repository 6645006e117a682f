//! The filter line: `text`, `!text` (rows without it), `column:text`, `one|other`, several words all of which must hold.

use std::ops::Range;

use crate::app::table::{Column, Row};

/// A filter, parsed from what was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    inverse: bool,
    /// Start of a column's title; `None` looks into every column.
    column: Option<String>,
    /// As typed; what `|` parts are alternatives.
    text: String,
}

impl Filter {
    /// Parses what was typed; anything is a valid filter.
    pub fn parse(typed: &str) -> Self {
        let terms = typed.split_whitespace().filter_map(Term::parse).collect();
        Self { terms }
    }

    /// Whether every term holds for `row`. Letter case does not matter.
    pub fn matches(&self, columns: &[Column], row: &Row) -> bool {
        self.terms.iter().all(|term| term.holds(columns, row))
    }
}

impl Filter {
    /// Where in `text` the first of the terms stands that look for something (and not for its absence), in bytes.
    pub fn hit(&self, text: &str) -> Option<Range<usize>> {
        // ASCII letters keep their length when their case is changed; other letters match as they are.
        let lower = text.to_ascii_lowercase();
        let wanted = self.terms.iter().filter(|term| !term.inverse);
        let texts = wanted.flat_map(Term::alternatives);
        let hits = texts.filter_map(|it| lower.find(it).map(|at| at..at + it.len()));
        hits.min_by_key(|it| it.start)
    }
}

impl Term {
    fn parse(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        let (inverse, rest) = word.strip_prefix('!').map_or((false, word.as_str()), |rest| (true, rest));
        let (column, text) = match rest.split_once(':') {
            Some((column, text)) if !column.is_empty() => (Some(column.to_owned()), text),
            _ => (None, rest),
        };
        (!text.is_empty()).then(|| Self { inverse, column, text: text.to_owned() })
    }

    /// A `|` alone, or at an end, is not an empty alternative: that would match everything.
    fn alternatives(&self) -> impl Iterator<Item = &str> {
        let is_list = self.text.split('|').all(|it| !it.is_empty());
        self.text.split('|').filter(move |_| is_list).chain((!is_list).then_some(self.text.as_str()))
    }

    fn holds(&self, columns: &[Column], row: &Row) -> bool {
        let named =
            |column: &Column| self.column.as_ref().is_some_and(|name| column.title.to_lowercase().starts_with(name));
        let known_column = columns.iter().any(named);
        let contains = |text: &str| {
            let text = text.to_lowercase();
            self.alternatives().any(|it| text.contains(it))
        };
        let found = if known_column {
            columns.iter().zip(&row.cells).any(|(column, cell)| named(column) && contains(cell.text.as_str()))
        } else {
            // A colon that names no column is part of the text: image tags and ARNs have colons.
            let before = self.column.as_ref().map(|column| format!("{column}:")).unwrap_or_default();
            let wanted: Vec<String> = self.alternatives().map(|it| format!("{before}{it}")).collect();
            let holds = |text: &str| {
                let text = text.to_lowercase();
                wanted.iter().any(|it| text.contains(it))
            };
            row.cells.iter().any(|cell| holds(cell.text.as_str())) || holds(&row.id.key)
        };
        found != self.inverse
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::{
        app::table::{Cell, Column, Row},
        domain::id::{Kind, ResourceId, Scope},
        theme::Role,
    };

    const COLUMNS: [Column; 2] = [Column::name("NAME", 4, 20, 0), Column::left("STATE", 4, 20, 0)];

    fn shows(filter: &str) -> bool {
        let row = Row {
            id: ResourceId::new(Kind::Service, &Scope::new("", "us-east-1"), "arn:x/terminal-api"),
            cells: vec![Cell::text("terminal-api:7", Role::Text), Cell::text("RUNNING", Role::Text)],
        };
        Filter::parse(filter).matches(&COLUMNS, &row)
    }

    #[test]
    fn words_columns_and_inverses_all_have_to_hold() {
        assert!(shows(""));
        assert!(shows("TERM run"));
        assert!(!shows("term stopped"));
        assert!(shows("!stopped"));
        assert!(!shows("!running"));
        assert!(shows("state:run"));
        assert!(!shows("state:term"));
        assert!(shows("!state:stop name:api"));
    }

    #[test]
    fn any_of_the_alternatives_will_do() {
        assert!(shows("stopped|run") && shows("state:stopped|running") && shows("api:8|7"));
        assert!(!shows("stopped|gone") && !shows("!stopped|run"));
        assert!(!shows("|") && !shows("zzz|"), "an empty alternative is none");
    }

    #[test]
    fn a_colon_that_names_no_column_is_part_of_the_text() {
        assert!(shows("api:7"));
        assert!(!shows("api:8"));
        assert!(shows("!"));
    }

    #[test]
    fn what_was_looked_for_is_found_in_the_text() {
        let filter = Filter::parse("!stopped API name:term");
        assert_eq!(filter.hit("terminal-api"), Some(0..4));
        assert_eq!(filter.hit("stopped api"), Some(8..11));
        assert_eq!(filter.hit("stopped"), None);
    }
}
