//! `FilterLogEvents` and `GetLogEvents`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Scene, State, invalid, not_found,
    pattern::Pattern,
    stream::{Event, Key, hash},
    walk::Walk,
};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    value::{Value, shape},
};

/// The most lines of a page, and how many there are where none are asked for.
const MOST: i64 = 10_000;
/// The most streams that a call names.
const MOST_STREAMS: usize = 100;
/// Digits of an event's id: thirteen of its time, the rest its mark.
const ID_DIGITS: usize = 56;
const TIME_DIGITS: usize = 13;

/// Lines of a group, of all or some of its streams. A page may be empty though more follow.
pub fn filter_log_events(state: &State, call: &Call<'_>, scene: &Scene<'_>) -> Reply {
    let input = call.input;
    let (name, group) = state.asked(input)?;
    let (names, prefix) = (input.texts("logStreamNames")?, input.text("logStreamNamePrefix")?);
    if !names.is_empty() && prefix.is_some() {
        return Err(invalid("LogStreamNames and LogStreamNamePrefix cannot be used at the same time."));
    }
    if names.len() > MOST_STREAMS {
        return Err(invalid("logStreamNames must have at most 100 items."));
    }
    if let Some(missing) = names.iter().find(|it| !group.streams.contains_key(*it)) {
        return Err(not_found(&format!("The specified log stream does not exist: {missing}")));
    }
    let pattern = Pattern::read(input.text("filterPattern")?.unwrap_or_default())?;
    let newest_first = input.bool("startFromHead")? == Some(false);
    let listing = hash(&(name, &names, prefix, input.text("filterPattern")?, newest_first));
    let after = input.text("nextToken")?.map(|token| open(token, listing)).transpose()?;
    let (from, to) = range(input, scene.now)?;
    let wanted = |name: &String| {
        (names.is_empty() || names.contains(name)) && prefix.is_none_or(|prefix| name.starts_with(prefix))
    };
    let walk = Walk {
        streams: group.streams.iter().filter(|(name, _)| wanted(name)).collect(),
        from: from.max(group.kept_since(scene.now)),
        to,
        after,
        newest_first,
        limit: limit(input)?,
    };
    let found = walk.go(state, scene, |message| pattern.matches(message));
    let events = found.events.into_iter().map(|(stream, event)| {
        shape! {
            "logStreamName" => stream,
            "timestamp" => event.key.at,
            "ingestionTime" => event.ingested(),
            "eventId" => id(event.key),
            "message" => event.message,
        }
    });
    Ok(shape! {
        "events" => Value::list(events),
        "searchedLogStreams" => Value::List(Vec::new()),
        "nextToken" => found.ended_at.map(|key| seal(key, listing)),
    })
}

/// Lines of one stream. There is always a next token; it is the same again where nothing more has come.
pub fn get_log_events(state: &State, call: &Call<'_>, scene: &Scene<'_>) -> Reply {
    let input = call.input;
    let (_, group) = state.asked(input)?;
    let name = input.text("logStreamName")?.ok_or_else(|| invalid("logStreamName is required."))?;
    let found = group.streams.get_key_value(name);
    let stream = found.ok_or_else(|| not_found("The specified log stream does not exist."))?;
    let token = input.text("nextToken")?.map(position).transpose()?;
    let newest_first = match token {
        Some((forward, _)) => !forward,
        None => !input.bool("startFromHead")?.unwrap_or(false),
    };
    let (from, to) = range(input, scene.now)?;
    let from = from.max(group.kept_since(scene.now));
    let after = token.map(|(_, key)| key);
    let walk = Walk { streams: vec![stream], from, to, after, newest_first, limit: limit(input)? };
    let mut events: Vec<Event> = walk.go(state, scene, |_| true).events.into_iter().map(|(_, event)| event).collect();
    if newest_first {
        events.reverse();
    }
    // Without lines a token stands where the page would have been.
    let nothing = after.unwrap_or(Key { at: if newest_first { to.min(scene.now) } else { from }, mark: 0 });
    let edge = |event: Option<&Event>| id(event.map_or(nothing, |event| event.key));
    let (first, last) = (edge(events.first()), edge(events.last()));
    let events = events.into_iter().map(|event| {
        shape! { "timestamp" => event.key.at, "ingestionTime" => event.ingested(), "message" => event.message }
    });
    Ok(shape! {
        "events" => Value::list(events),
        "nextForwardToken" => format!("f/{last}/s"),
        "nextBackwardToken" => format!("b/{first}/s"),
    })
}

/// The time asked for, in milliseconds since the epoch: start inclusive, end exclusive.
pub fn range(input: Input<'_>, now: i64) -> Result<(i64, i64), ApiError> {
    let (from, to) = (input.int("startTime")?.unwrap_or(0), input.int("endTime")?.unwrap_or(now + 1));
    if from < 0 || to < 0 {
        return Err(invalid("startTime and endTime must not be negative."));
    }
    if input.has("endTime") && from > to {
        return Err(invalid("Start time cannot be after end time."));
    }
    Ok((from, to))
}

fn limit(input: Input<'_>) -> Result<usize, ApiError> {
    let asked = input.int("limit")?.unwrap_or(MOST);
    if !(1..=MOST).contains(&asked) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{asked}' at 'limit' failed to satisfy constraint: Member must have \
             value between 1 and {MOST}"
        )));
    }
    Ok(usize::try_from(asked).unwrap_or(1))
}

/// The id of the line that stands at `key`.
fn id(key: Key) -> String {
    format!("{:0TIME_DIGITS$}{:0width$}", key.at, key.mark, width = ID_DIGITS - TIME_DIGITS)
}

fn key(id: &str) -> Option<Key> {
    let (at, mark) = id.split_at_checked(TIME_DIGITS)?;
    (id.len() == ID_DIGITS).then_some(Key { at: at.parse().ok()?, mark: mark.parse().ok()? })
}

/// Whether a token of `GetLogEvents` leads forward, and from where.
fn position(token: &str) -> Result<(bool, Key), ApiError> {
    let parse = || {
        let (direction, rest) = token.split_once('/')?;
        let forward = match direction {
            "f" => true,
            "b" => false,
            _ => return None,
        };
        Some((forward, key(rest.strip_suffix("/s")?)?))
    };
    parse().ok_or_else(bad_token)
}

fn seal(key: Key, listing: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{listing:016x}{}", id(key)))
}

/// The key in a token of this very listing.
fn open(token: &str, listing: u64) -> Result<Key, ApiError> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parse = || key(text.as_deref()?.strip_prefix(&format!("{listing:016x}"))?);
    parse().ok_or_else(bad_token)
}

fn bad_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
}
