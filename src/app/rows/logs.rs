//! What a service, a task or a gateway writes, the newest at the bottom.

use std::collections::BTreeSet;

use super::cells;
use crate::{
    app::{
        joins::Joins,
        logs,
        table::{Cell, Column, Row, Table},
        words,
    },
    domain::{
        id::{Kind, ResourceId, Scope},
        log::{Excerpt, LogLine},
    },
    theme::Role,
};

const TIME: Column = Column::left("TIME", 8, 12, 0);
const FROM: Column = Column::left("FROM", 8, 28, 1);
const LINE: Column = Column::left("LINE", 40, 400, 0);
const AGE: Column = Column::right("AGE", 9, 9, 2);

/// One line and where it was read.
type Found<'a> = (&'a Scope, &'a Excerpt, &'a LogLine);

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    let sources = logs::of_place(app);
    let mut found: Vec<Found<'_>> = Vec::new();
    for (scope, excerpt) in &sources.excerpts {
        let lines = app.estate.scope(scope).map(|it| it.log_lines(excerpt)).unwrap_or_default();
        found.extend(lines.iter().map(|line| (scope, excerpt, line)));
    }
    found.sort_by(|a, b| (a.2.at, &a.2.id).cmp(&(b.2.at, &b.2.id)));
    let streams: BTreeSet<&str> = found.iter().map(|(_, _, line)| line.stream.as_str()).collect();
    // Where one stream has all lines, its name says nothing of each.
    let is_mixed = streams.len() > 1;
    let containers = streams.iter().filter_map(|it| container_of(it)).collect::<BTreeSet<_>>().len();
    let row = |(scope, excerpt, line): &Found<'_>| {
        let mut cells = vec![Cell::number(words::clock(line.at), line.at.as_millisecond() as f64, Role::Muted)];
        if is_mixed {
            cells.push(Cell::text(writer_words(line, containers > 1), Role::Strong));
        }
        cells.extend([cells::age(app.now, Some(line.at)), message(line)]);
        Row { id: id(scope, excerpt, line), cells }
    };
    let columns = if is_mixed { vec![TIME, FROM, AGE, LINE] } else { vec![TIME, AGE, LINE] };
    let rows = found.iter().map(row).collect();
    Table { columns, rows, empty: logs::empty_words(app).into(), ..Table::default() }
}

/// The id of a line: its group and the id that it has there.
fn id(scope: &Scope, excerpt: &Excerpt, line: &LogLine) -> ResourceId {
    ResourceId::new(Kind::Line, scope, &format!("{}|{}", excerpt.source.group, line.id))
}

/// The container in `prefix/container/task-id`; `None` where the stream is named otherwise.
fn container_of(stream: &str) -> Option<&str> {
    let mut parts = stream.rsplit('/');
    let (_, container, prefix) = (parts.next()?, parts.next()?, parts.next());
    prefix.map(|_| container)
}

/// Who wrote it: the beginning of a task's id, as other views have it, behind its container where there are several;
/// else the stream's name.
fn writer_words(line: &LogLine, several: bool) -> String {
    let stream = line.stream.as_str();
    let Some(container) = container_of(stream) else { return stream.to_owned() };
    let task: String = stream.rsplit('/').next().unwrap_or_default().chars().take(8).collect();
    if several { format!("{container} {task}") } else { task }
}

fn message(line: &LogLine) -> Cell {
    let gap = if line.after_gap { "⋯ " } else { "" };
    Cell::text(format!("{gap}{}", line.message), role_of_line(line.message.as_str()))
}

/// Words by which lines tell of trouble, in lower case.
const TROUBLE: [&str; 7] = ["error", "fatal", "panic", "exception", "traceback", "out of memory", "killed"];

/// The role in which a line is shown, by the words in it.
pub fn role_of_line(message: &str) -> Role {
    let message = message.to_ascii_lowercase();
    if TROUBLE.iter().any(|it| message.contains(it)) {
        Role::Warning
    } else if message.contains("warn") {
        Role::Notice
    } else {
        Role::Text
    }
}

#[cfg(test)]
mod tests {
    use super::{container_of, role_of_line};
    use crate::theme::Role;

    #[test]
    fn streams_of_ecs_tell_their_container() {
        assert_eq!(container_of("ecs/api/0123abcd"), Some("api"));
        assert_eq!(container_of("i-0123abcd"), None);
        assert_eq!(container_of("api/0123abcd"), None);
    }

    #[test]
    fn lines_of_trouble_stand_out() {
        assert_eq!(role_of_line(r#"{"level":"ERROR","msg":"x"}"#), Role::Warning);
        assert_eq!(role_of_line("WARN slow query"), Role::Notice);
        assert_eq!(role_of_line("GET /health 200"), Role::Text);
    }
}
