//! `StartQuery`, `GetQueryResults`, `StopQuery`, `DescribeQueries`.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{
    Scene, State,
    insights::{Line, Query},
    invalid, name_of, not_found,
    stream::hash,
    walk::Walk,
};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    page::{Rule, page},
    value::{Value, shape},
};

/// Queries that are remembered.
const REMEMBERED: usize = 100;
/// Groups that one query reads at most, and lines.
const MOST_GROUPS: usize = 50;
const MOST_LINES: usize = 100_000;
/// How long a query is scheduled, and then runs.
const SCHEDULED: SignedDuration = SignedDuration::from_millis(400);
const RUNS: SignedDuration = SignedDuration::from_secs(2);
const QUERIES: Rule = Rule {
    listing: "logs.DescribeQueries",
    size_name: "maxResults",
    default: 1000,
    min: 1,
    max: 1000,
    bad_size: "InvalidParameterException",
    bad_token: "InvalidParameterException",
};

/// Newest first.
#[derive(Debug, Default)]
pub struct Queries {
    asked: VecDeque<Asked>,
    count: u64,
}

/// A query that was started; its rows are worked out when they are asked for.
#[derive(Debug)]
struct Asked {
    id: String,
    groups: Vec<String>,
    text: String,
    query: Query,
    /// Milliseconds since the epoch: inclusive, exclusive.
    from: i64,
    to: i64,
    limit: Option<usize>,
    started: Timestamp,
    cancelled: bool,
}

impl Asked {
    fn status(&self, now: Timestamp) -> &'static str {
        let age = now.duration_since(self.started);
        match age {
            _ if self.cancelled => "Cancelled",
            age if age < SCHEDULED => "Scheduled",
            age if age < SCHEDULED + RUNS => "Running",
            _ => "Complete",
        }
    }
}

pub fn start(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    if let Some(language) = input.text("queryLanguage")?.filter(|language| *language != "CWLI") {
        return Err(invalid(format!("queries in {language} are not simulated")));
    }
    let one = input.text("logGroupName")?.map(str::to_owned);
    let named = one.into_iter().chain(input.texts("logGroupNames")?);
    let mut groups: Vec<String> = named.collect();
    groups.extend(input.texts("logGroupIdentifiers")?.iter().map(|it| name_of(it).to_owned()));
    if groups.is_empty() || groups.len() > MOST_GROUPS {
        return Err(invalid("A query reads between 1 and 50 log groups."));
    }
    for group in &groups {
        state.named(group)?;
    }
    let (Some(from), Some(to)) = (input.int("startTime")?, input.int("endTime")?) else {
        return Err(invalid("startTime and endTime are required."));
    };
    if from < 0 || from > to {
        return Err(invalid("Query's end date and time is before its start date and time"));
    }
    let text = input.text("queryString")?.ok_or_else(|| invalid("queryString is required."))?;
    let limit = input.int("limit")?.map(|limit| usize::try_from(limit).unwrap_or(1));
    let query = Query::read(text)?;
    state.queries.count += 1;
    let id = id(state.queries.count, now);
    // Seconds, and the last second counts.
    let (from, to) = (milliseconds(from), milliseconds(to.saturating_add(1)));
    let text = text.to_owned();
    let asked = Asked { id: id.clone(), groups, text, query, from, to, limit, started: now, cancelled: false };
    state.queries.asked.push_front(asked);
    state.queries.asked.truncate(REMEMBERED);
    Ok(shape! { "queryId" => id })
}

/// Times of queries are seconds; some callers give milliseconds, which are far beyond any time.
fn milliseconds(time: i64) -> i64 {
    const FAR: i64 = 100_000_000_000;
    if time > FAR { time } else { time * 1000 }
}

pub fn results(state: &State, call: &Call<'_>, scene: &Scene<'_>) -> Reply {
    let now = Timestamp::from_millisecond(scene.now).unwrap_or(Timestamp::UNIX_EPOCH);
    let asked = find(state, call)?;
    let status = asked.status(now);
    let (mut lines, mut scanned, mut bytes) = (Vec::new(), 0, 0);
    if status == "Complete" {
        for name in &asked.groups {
            let Ok((name, group)) = state.named(name) else { continue };
            let streams = group.streams.iter().collect();
            let from = asked.from.max(group.kept_since(scene.now));
            // What came while it was running is not found.
            let to = asked.to.min(asked.started.as_millisecond());
            let mut walk = Walk { streams, from, to, after: None, newest_first: true, limit: MOST_LINES };
            while scanned < MOST_LINES {
                let found = walk.go(state, scene, |_| true);
                (scanned, bytes) = (scanned + found.read, bytes + found.bytes);
                let own =
                    |(stream, event): (&String, _)| Line { group: name.to_owned(), stream: stream.clone(), event };
                lines.extend(found.events.into_iter().map(own).filter(|line| asked.query.matches(line)));
                walk.after = found.ended_at;
                if walk.after.is_none() {
                    break;
                }
            }
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.event.key));
    let rows = asked.query.rows(&lines, asked.limit);
    let field = |(name, value): (String, String)| shape! { "field" => name, "value" => value };
    let statistics = shape! {
        "recordsMatched" => lines.len() as f64,
        "recordsScanned" => scanned as f64,
        "bytesScanned" => bytes as f64,
        "logGroupsScanned" => asked.groups.len() as f64,
        "estimatedRecordsSkipped" => 0.0,
        "estimatedBytesSkipped" => 0.0,
        "resultCount" => rows.len() as f64,
    };
    Ok(shape! {
        "queryLanguage" => "CWLI",
        "results" => Value::list(rows.into_iter().map(|row| Value::list(row.into_iter().map(field)))),
        "statistics" => statistics,
        "status" => status,
    })
}

pub fn stop(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let id = find(state, call)?.id.clone();
    let mut success = false;
    for asked in state.queries.asked.iter_mut().filter(|asked| asked.id == id) {
        if asked.status(now) == "Complete" {
            return Err(invalid("Query has already ended."));
        }
        (asked.cancelled, success) = (true, true);
    }
    Ok(shape! { "success" => success })
}

pub fn describe(state: &State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let (group, status) = (input.text("logGroupName")?, input.text("status")?);
    let wanted = |asked: &&Asked| {
        group.is_none_or(|group| asked.groups.iter().any(|it| it == group))
            && status.is_none_or(|status| asked.status(now) == status)
    };
    let found = state.queries.asked.iter().filter(wanted).collect();
    let page = page(found, input.text("nextToken")?, input.int("maxResults")?, &QUERIES, |it| it.id.clone())?;
    let queries = page.items.into_iter().map(|asked| {
        let groups: BTreeSet<&String> = asked.groups.iter().collect();
        shape! {
            "queryLanguage" => "CWLI",
            "queryId" => &asked.id,
            "queryString" => &asked.text,
            "status" => asked.status(now),
            "createTime" => asked.started.as_millisecond(),
            "logGroupName" => groups.first().map(|group| group.as_str()),
        }
    });
    Ok(shape! { "queries" => Value::list(queries), "nextToken" => page.next })
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Asked, ApiError> {
    let id = call.input.text("queryId")?.ok_or_else(|| invalid("queryId is required."))?;
    let found = state.queries.asked.iter().find(|asked| asked.id == id);
    found.ok_or_else(|| not_found("Query does not exist."))
}

/// In the shape of a UUID.
fn id(count: u64, now: Timestamp) -> String {
    let (one, two) = (hash(&(count, now.as_millisecond())), hash(&(now.as_millisecond(), count)));
    let hex = format!("{one:016x}{two:016x}");
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
