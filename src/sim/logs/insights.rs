//! The query language of Logs Insights, as far as it is simulated: `fields`, `display`, `filter`, `sort`, `limit` and
//! `stats count(*) by …`. Anything else is refused as malformed, with a word on what is not understood.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::stream::Event;
use crate::sim::wire::error::ApiError;

/// Rows where no limit is given, and the most there can be.
const DEFAULT_LIMIT: usize = 10_000;
const MOST: usize = 100_000;

/// A query, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    fields: Vec<String>,
    /// All must hold; of each, one alternative.
    filters: Vec<Vec<Test>>,
    /// A field, and whether the greatest comes first.
    sort: Option<(String, bool)>,
    limit: usize,
    count: Option<Count>,
}

/// `stats count(*) as NAME by …`.
#[derive(Debug, Clone, PartialEq)]
struct Count {
    name: String,
    by: Vec<By>,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    /// Milliseconds of a bucket, and how the query wrote it.
    Bin(i64, String),
    Field(String),
}

#[derive(Debug, Clone, PartialEq)]
struct Test {
    field: String,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    /// One of the words, which `|` divides; the flag says that case does not matter.
    Like(bool),
    NotLike(bool),
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A line with where it stands.
#[derive(Debug, Clone)]
pub struct Line {
    pub group: String,
    pub stream: String,
    pub event: Event,
}

/// Names and values.
pub type Row = Vec<(String, String)>;

impl Query {
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let mut query = Self {
            fields: vec!["@timestamp".to_owned(), "@message".to_owned()],
            filters: Vec::new(),
            sort: None,
            limit: DEFAULT_LIMIT,
            count: None,
        };
        for command in commands(text) {
            let (verb, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            let rest = rest.trim();
            match verb.to_lowercase().as_str() {
                "fields" | "display" => query.fields = list(rest)?,
                "filter" => query.filters.push(alternatives(rest)?),
                "sort" => {
                    let (field, order) = rest.split_once(char::is_whitespace).unwrap_or((rest, "asc"));
                    query.sort = Some((field.to_owned(), order.trim().eq_ignore_ascii_case("desc")));
                }
                "limit" | "head" => {
                    let limit = rest.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    query.limit = limit.ok_or_else(|| malformed(&format!("limit {rest}")))?;
                }
                "stats" => query.count = Some(count(rest)?),
                _ => return Err(malformed(command)),
            }
        }
        Ok(query)
    }

    /// Whether a line passes the filters.
    pub fn matches(&self, line: &Line) -> bool {
        self.filters.iter().all(|tests| tests.iter().any(|test| test.holds(line)))
    }

    /// The rows that the matching lines give; they come newest first.
    pub fn rows(&self, lines: &[Line], limit: Option<usize>) -> Vec<Row> {
        let mut rows: Vec<Row> = match &self.count {
            Some(count) => count.rows(lines),
            None => lines.iter().map(|line| self.row(line)).collect(),
        };
        if let Some((field, descending)) = &self.sort {
            let key = |row: &Row| row.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone());
            rows.sort_by(|one, two| {
                let (one, two) = (key(one).unwrap_or_default(), key(two).unwrap_or_default());
                let ordering = match (one.parse::<f64>(), two.parse::<f64>()) {
                    (Ok(one), Ok(two)) => one.total_cmp(&two),
                    _ => one.cmp(&two),
                };
                if *descending { ordering.reverse() } else { ordering }
            });
        }
        rows.truncate(limit.unwrap_or(self.limit).min(self.limit));
        rows
    }

    fn row(&self, line: &Line) -> Row {
        let found = self.fields.iter().filter_map(|field| Some((field.clone(), value(line, field)?)));
        found.chain([("@ptr".to_owned(), format!("{:013}{:020}", line.event.key.at, line.event.key.mark))]).collect()
    }
}

/// The commands of a query, which pipes divide; but for pipes within quotes and slashes.
fn commands(text: &str) -> Vec<&str> {
    let (mut commands, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (None, '"' | '\'' | '/') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            (None, '|' | '\n') => {
                commands.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    commands.push(&text[start..]);
    let trimmed = commands.into_iter().map(str::trim);
    trimmed.filter(|command| !command.is_empty() && !command.starts_with('#')).collect()
}

fn list(text: &str) -> Result<Vec<String>, ApiError> {
    let fields: Vec<String> = text.split(',').map(|field| field.trim().to_owned()).collect();
    let plain = |field: &String| !field.is_empty() && !field.contains(|it: char| it.is_whitespace() || it == '(');
    if fields.iter().all(plain) { Ok(fields) } else { Err(malformed(text)) }
}

fn alternatives(text: &str) -> Result<Vec<Test>, ApiError> {
    if text.to_lowercase().contains(" and ") {
        return Err(malformed("and: write one filter after the other"));
    }
    text.split(" or ").map(|part| Test::read(part.trim()).ok_or_else(|| malformed(text))).collect()
}

fn count(text: &str) -> Result<Count, ApiError> {
    let wrong = || malformed(&format!("stats {text}"));
    let (what, by) = text.split_once(" by ").unwrap_or((text, ""));
    let (function, name) = what.split_once(" as ").unwrap_or((what, what));
    if !["count(*)", "count()"].contains(&function.trim()) {
        return Err(wrong());
    }
    let by = by.split(',').map(str::trim).filter(|by| !by.is_empty());
    let by = by.map(|by| match by.strip_prefix("bin(") {
        Some(width) => {
            let width = width.strip_suffix(')').ok_or_else(wrong)?;
            Ok(By::Bin(milliseconds(width).ok_or_else(wrong)?, by.to_owned()))
        }
        None if by.contains('(') => Err(wrong()),
        None => Ok(By::Field(by.to_owned())),
    });
    Ok(Count { name: name.trim().to_owned(), by: by.collect::<Result<_, _>>()? })
}

fn milliseconds(width: &str) -> Option<i64> {
    let digits = width.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = match &width[digits.len()..] {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits.parse::<i64>().ok().filter(|it| (1..=100_000).contains(it)).map(|it| it * unit)
}

impl Count {
    fn rows(&self, lines: &[Line]) -> Vec<Row> {
        let mut counts: BTreeMap<Row, usize> = BTreeMap::new();
        for line in lines {
            let key = self.by.iter().map(|by| match by {
                By::Bin(width, name) => {
                    let at = line.event.key.at;
                    (name.clone(), time(at - at.rem_euclid(*width)))
                }
                By::Field(field) => (field.clone(), value(line, field).unwrap_or_default()),
            });
            *counts.entry(key.collect()).or_default() += 1;
        }
        let row = |(mut row, count): (Row, usize)| {
            row.push((self.name.clone(), count.to_string()));
            row
        };
        // Newest first, as buckets of time are shown.
        counts.into_iter().rev().map(row).collect()
    }
}

impl Test {
    fn read(text: &str) -> Option<Self> {
        let (field, rest) = text.split_once(char::is_whitespace)?;
        let rest = rest.trim();
        for (word, negative) in [("not like", true), ("like", false)] {
            if let Some(pattern) = rest.strip_prefix(word) {
                let (value, blind) = literals(pattern.trim())?;
                let comparison = if negative { Comparison::NotLike(blind) } else { Comparison::Like(blind) };
                return Some(Self { field: field.to_owned(), comparison, value });
            }
        }
        let signs = [
            (">=", Comparison::GreaterOrEqual),
            ("<=", Comparison::LessOrEqual),
            ("!=", Comparison::Unequal),
            ("=", Comparison::Equal),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ];
        let (value, comparison) =
            signs.into_iter().find_map(|(sign, comparison)| Some((rest.strip_prefix(sign)?.trim(), comparison)))?;
        let value = unquoted(value).unwrap_or(value).to_owned();
        (!value.is_empty()).then(|| Self { field: field.to_owned(), comparison, value })
    }

    fn holds(&self, line: &Line) -> bool {
        let Some(found) = value(line, &self.field) else { return false };
        let has = |blind: bool| {
            let (text, words) = if blind {
                (found.to_lowercase(), self.value.to_lowercase())
            } else {
                (found.clone(), self.value.clone())
            };
            words.split('|').any(|word| text.contains(word))
        };
        let ordering = match (found.parse::<f64>(), self.value.parse::<f64>()) {
            (Ok(found), Ok(wanted)) => found.partial_cmp(&wanted),
            _ => None,
        };
        let equal = ordering.map_or(found == self.value, std::cmp::Ordering::is_eq);
        match self.comparison {
            Comparison::Like(blind) => has(blind),
            Comparison::NotLike(blind) => !has(blind),
            Comparison::Equal => equal,
            Comparison::Unequal => !equal,
            Comparison::Less => ordering.is_some_and(std::cmp::Ordering::is_lt),
            Comparison::LessOrEqual => ordering.is_some_and(std::cmp::Ordering::is_le),
            Comparison::Greater => ordering.is_some_and(std::cmp::Ordering::is_gt),
            Comparison::GreaterOrEqual => ordering.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

/// The words that `like` looks for, and whether case does not matter. Of regular expressions only alternatives of plain
/// words are understood.
fn literals(pattern: &str) -> Option<(String, bool)> {
    if let Some(text) = unquoted(pattern) {
        return Some((text.to_owned(), false));
    }
    let inner = pattern.strip_prefix('/')?.strip_suffix('/')?;
    let (inner, blind) = inner.strip_prefix("(?i)").map_or((inner, false), |rest| (rest, true));
    let plain = !inner.is_empty() && !inner.contains(['.', '*', '+', '?', '[', '(', '\\', '^', '$', '{']);
    plain.then(|| (inner.to_owned(), blind))
}

fn unquoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

/// The value of a field of a line; of other names, that of the JSON member.
fn value(line: &Line, field: &str) -> Option<String> {
    let Line { group, stream, event } = line;
    match field {
        "@timestamp" => Some(time(event.key.at)),
        "@ingestionTime" => Some(time(event.ingested())),
        "@message" => Some(event.message.clone()),
        "@logStream" => Some(stream.clone()),
        "@log" => Some(group.clone()),
        _ => {
            let json: Json = serde_json::from_str(&event.message).ok()?;
            match field.split('.').try_fold(&json, |json, name| json.get(name))? {
                Json::String(text) => Some(text.clone()),
                Json::Null => None,
                other => Some(other.to_string()),
            }
        }
    }
}

fn time(at: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

fn malformed(what: &str) -> ApiError {
    ApiError::bad_request("MalformedQueryException", format!("unexpected symbol found: {what}"))
}

#[cfg(test)]
mod tests {
    use super::{super::stream::Key, *};

    fn line(at: i64, message: &str) -> Line {
        let event = Event { key: Key { at, mark: 7 }, message: message.to_owned() };
        Line { group: "/ecs/web".to_owned(), stream: "web/app/1".to_owned(), event }
    }

    fn rows(query: &str, lines: &[Line]) -> Vec<Vec<String>> {
        let query = Query::read(query).unwrap();
        let matching: Vec<Line> = lines.iter().filter(|line| query.matches(line)).cloned().collect();
        let values = |row: Row| row.into_iter().filter(|(name, _)| name != "@ptr").map(|(_, value)| value).collect();
        query.rows(&matching, None).into_iter().map(values).collect()
    }

    #[test]
    fn lines_are_filtered_sorted_and_cut() {
        let lines = [line(3_000, "ERROR b"), line(2_000, "info"), line(1_000, "error a")];
        let found = rows("fields @message | filter @message like /(?i)error/ | sort @timestamp asc | limit 5", &lines);
        assert_eq!(found, [["ERROR b"], ["error a"]], "@timestamp is not among the fields");
        let found =
            rows("fields @timestamp, @message | filter @message like /ERROR|info/ | sort @timestamp asc", &lines);
        let expected = [["1970-01-01 00:00:02.000", "info"], ["1970-01-01 00:00:03.000", "ERROR b"]];
        assert_eq!(found, expected);
        assert_eq!(rows("filter @message not like 'error' | limit 1", &lines).len(), 1);
    }

    #[test]
    fn members_of_json_lines_are_fields() {
        let lines = [line(1_000, r#"{"statusCode":502}"#), line(0, r#"{"statusCode":200}"#), line(0, "text")];
        assert_eq!(rows("fields statusCode | filter statusCode >= 500", &lines), [["502"]]);
        assert_eq!(rows("fields statusCode | filter statusCode = 200 or statusCode = 502", &lines).len(), 2);
    }

    #[test]
    fn lines_are_counted_by_time_and_field() {
        let lines = [line(61_000, "a"), line(59_000, "a"), line(1_000, "a")];
        let found = rows("stats count(*) as lines by bin(1m)", &lines);
        assert_eq!(found, [["1970-01-01 00:01:00.000", "1"], ["1970-01-01 00:00:00.000", "2"]]);
        assert_eq!(rows("stats count(*) by @logStream", &lines), [["web/app/1", "3"]]);
    }

    #[test]
    fn what_is_not_simulated_is_malformed() {
        for odd in
            ["parse @message '*'", "stats avg(x)", "limit 0", "filter @message like /a.*b/", "filter x", "fields f(x)"]
        {
            assert_eq!(Query::read(odd).unwrap_err().code, "MalformedQueryException", "{odd}");
        }
    }
}
