//! Charts as rows: what they are of and how they stand, to be filtered, sorted and walked through. They are drawn as
//! charts, not as lines.

use super::cells;
use crate::{
    app::{
        charts::{Chart, line_word},
        joins::Joins,
        table::{Cell, Column, Row, Table},
        words,
    },
    theme::Role,
};

const COLUMNS: [Column; 6] = [
    Column::left("CHART", 10, 20, 0),
    Column::left("OF", 16, 40, 0),
    Column::left("LAST", 10, 40, 0),
    Column::right("AGE", 8, 8, 1),
    Column::left("STACK", 10, 24, 2),
    Column::left("REGION", 10, 14, 3),
];

pub fn rows(joins: &Joins<'_>) -> Table {
    let rows = joins.app.charts.iter().map(|it| row(joins, it)).collect();
    let empty = "nothing here is measured: what has tasks, targets or sessions has charts".into();
    Table { columns: COLUMNS.to_vec(), rows, empty, ..Table::default() }
}

fn row(joins: &Joins<'_>, chart: &Chart) -> Row {
    let app = joins.app;
    let period = app.window.period();
    let known = app.estate.scope(&chart.subject.scope);
    let mut newest = None;
    let mut values = Vec::new();
    let mut first = None;
    for line in &chart.lines {
        let series = known.and_then(|it| it.series(&line.read(period)));
        let Some((at, value)) = series.and_then(|it| it.settled(period, app.now)) else { continue };
        newest = newest.max(Some(at));
        let shown = line.measure.shown(value, period);
        first = first.or(Some(shown));
        values.push(format!("{} {}", line_word(line.measure), words::figure(line.measure.unit(), shown)));
    }
    let last = first.map_or_else(Cell::unknown, |it| Cell::number(values.join(" ").trim(), it, Role::Text));
    Row {
        id: chart.id.clone(),
        cells: vec![
            Cell::text(chart.kind.word(), Role::Strong),
            Cell::text(chart.name(app), Role::Strong),
            last,
            cells::age(app.now, newest),
            cells::stack(app.stacks.get(chart.stack)),
            cells::region(&chart.subject.scope),
        ],
    }
}
