//! `DescribeLogGroups` and `DescribeLogStreams`.

use super::{
    Scene, State,
    group::Group,
    invalid, name_of,
    stream::{MINUTE, Stream, hash},
};
use crate::sim::{
    wire::{
        call::{Call, Reply},
        page::{Rule, page},
        value::{Value, shape},
    },
    world::Place,
};

const GROUPS: Rule = Rule {
    listing: "logs.DescribeLogGroups",
    size_name: "limit",
    default: 50,
    min: 1,
    max: 50,
    bad_size: "InvalidParameterException",
    bad_token: "InvalidParameterException",
};
const STREAMS: Rule = Rule { listing: "logs.DescribeLogStreams", ..GROUPS };
/// Minutes that are looked through for a stream's newest line.
const LOOKED_BACK: i64 = 30;
/// Bytes that a stream of the estates writes in a second, about.
const BYTES_PER_SECOND: i64 = 24;

pub fn groups(state: &State, call: &Call<'_>, scene: &Scene<'_>) -> Reply {
    let input = call.input;
    let (prefix, pattern) = (input.text("logGroupNamePrefix")?, input.text("logGroupNamePattern")?);
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let pattern = pattern.map(str::to_lowercase);
    let named: Vec<String> = input.texts("logGroupIdentifiers")?.iter().map(|it| name_of(it).to_owned()).collect();
    let standard = input.text("logGroupClass")?.is_none_or(|class| class == "STANDARD");
    let wanted = |name: &str| {
        standard
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.as_deref().is_none_or(|pattern| name.to_lowercase().contains(pattern))
            && (named.is_empty() || named.iter().any(|it| it == name))
    };
    let found = state.groups.iter().filter(|(name, _)| wanted(name)).collect();
    let page = page(found, input.text("nextToken")?, input.int("limit")?, &GROUPS, |(name, _)| (*name).clone())?;
    let groups = page.items.into_iter().map(|(name, group)| spelt(name, group, &call.place, scene));
    Ok(shape! { "logGroups" => Value::list(groups), "nextToken" => page.next })
}

fn spelt(name: &str, group: &Group, place: &Place, scene: &Scene<'_>) -> Value {
    let arn = place.arn("logs", format_args!("log-group:{name}"));
    let since = group.kept_since(scene.now);
    let seconds: i64 = group
        .streams
        .values()
        .map(|stream| stream.span(scene.now))
        .fold(0, |sum, (from, to)| sum + (to - from.max(since)).max(0) / 1000);
    shape! {
        "logGroupName" => name,
        "creationTime" => group.created,
        "retentionInDays" => group.retention_days,
        "metricFilterCount" => 0,
        "arn" => format!("{arn}:*"),
        "storedBytes" => seconds * BYTES_PER_SECOND,
        "logGroupClass" => "STANDARD",
        "logGroupArn" => arn,
        "deletionProtectionEnabled" => false,
    }
}

/// By name, or by the time of the newest line.
pub fn streams(state: &State, call: &Call<'_>, scene: &Scene<'_>) -> Reply {
    let input = call.input;
    let (name, group) = state.asked(input)?;
    let prefix = input.text("logStreamNamePrefix")?;
    let by_time = match input.text("orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if prefix.is_some() => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some("LastEventTime") => true,
        Some(other) => return Err(invalid(format!("orderBy must be LogStreamName or LastEventTime, not {other}"))),
    };
    let since = group.kept_since(scene.now);
    let mut found: Vec<_> = group
        .streams
        .iter()
        .filter(|(name, stream)| {
            prefix.is_none_or(|prefix| name.starts_with(prefix)) && stream.span(scene.now).1 >= since
        })
        .map(|(name, stream)| (newest(stream, state, scene), name, stream))
        .collect();
    if by_time {
        found.sort_by_key(|(newest, name, _)| (*newest, *name));
    }
    if input.bool("descending")?.unwrap_or(false) {
        found.reverse();
    }
    let arn = call.place.arn("logs", format_args!("log-group:{name}"));
    let page = page(found, input.text("nextToken")?, input.int("limit")?, &STREAMS, |(_, name, _)| (*name).clone())?;
    let streams = page.items.into_iter().map(|(newest, name, stream)| {
        shape! {
            "logStreamName" => name,
            "creationTime" => stream.created,
            "firstEventTimestamp" => newest.is_some().then(|| stream.created.max(since)),
            "lastEventTimestamp" => newest.map(|(at, _)| at),
            "lastIngestionTime" => newest.map(|(_, ingested)| ingested),
            "uploadSequenceToken" => format!("{:056}", hash(name)),
            "arn" => format!("{arn}:log-stream:{name}"),
            // What AWS reports since 2019, whatever a stream holds.
            "storedBytes" => 0,
        }
    });
    Ok(shape! { "logStreams" => Value::list(streams), "nextToken" => page.next })
}

/// Time and ingestion of the newest line that can be read; `None` where there is none in the last half hour of the
/// stream's life.
fn newest(stream: &Stream, state: &State, scene: &Scene<'_>) -> Option<(i64, i64)> {
    let last = stream.span(scene.now).1;
    let minute = last - last.rem_euclid(MINUTE);
    (0..LOOKED_BACK).find_map(|back| {
        let events = stream.minute(minute - back * MINUTE, &state.diaries, scene.workloads);
        let readable = events.iter().rev().find(|event| event.ingested() <= scene.now);
        readable.map(|event| (event.key.at, event.ingested()))
    })
}
