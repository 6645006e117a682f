//! What clients write: `CreateLogGroup`, `CreateLogStream`, `PutLogEvents`.

use jiff::{SignedDuration, Timestamp};

use super::{State, group::Group, invalid, not_found, stream::hash};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    value::{Value, shape},
};

/// The most events, and bytes, of one call.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;
const OVERHEAD: usize = 26;
/// How old and how new an event may be.
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
const NEWEST: SignedDuration = SignedDuration::from_hours(2);

pub fn create_group(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let name = required(call.input, "logGroupName")?;
    if state.groups.contains_key(name) {
        return Err(exists("The specified log group already exists"));
    }
    state.groups.insert(name.to_owned(), Group::new(None, now));
    Ok(Value::Absent)
}

pub fn create_stream(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let (group, name) = (required(call.input, "logGroupName")?, required(call.input, "logStreamName")?);
    if name.contains([':', '*']) {
        return Err(invalid("logStreamName must not contain ':' or '*'."));
    }
    let group = state.groups.get_mut(group).ok_or_else(|| not_found("The specified log group does not exist."))?;
    if group.streams.contains_key(name) {
        return Err(exists("The specified log stream already exists"));
    }
    group.stream(name, now);
    Ok(Value::Absent)
}

/// Events in the order of time; those too old or too new are left out, and that is told.
pub fn put_log_events(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let (group, name) = (required(input, "logGroupName")?, required(input, "logStreamName")?);
    let events = input.items("logEvents")?.into_iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = events.iter().map(|(_, message)| message.len() + OVERHEAD).sum();
    if events.is_empty() || events.len() > MOST_EVENTS || bytes > MOST_BYTES {
        return Err(invalid("A batch has 1 to 10000 log events, and at most 1048576 bytes."));
    }
    if !events.is_sorted_by_key(|(at, _)| *at) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    let group = state.groups.get_mut(group).ok_or_else(|| not_found("The specified log group does not exist."))?;
    let kept_since = group.kept_since(now.as_millisecond());
    let stream = group.streams.get_mut(name);
    let stream = stream.ok_or_else(|| not_found("The specified log stream does not exist."))?;
    let bound = |moment: Result<Timestamp, jiff::Error>| moment.map_or(0, Timestamp::as_millisecond);
    let (oldest, newest) = (bound(now.checked_sub(OLDEST)), bound(now.checked_add(NEWEST)));
    let until = |bound: i64| events.partition_point(|(at, _)| *at < bound);
    let (too_old, expired, too_new) = (until(oldest), until(kept_since), until(newest + 1));
    let rejected = shape! {
        "tooNewLogEventStartIndex" => (too_new < events.len()).then_some(too_new),
        "tooOldLogEventEndIndex" => (too_old > 0).then_some(too_old),
        "expiredLogEventEndIndex" => (expired > 0).then_some(expired),
    };
    let complete = too_new == events.len() && too_old == 0 && expired == 0;
    let first = too_old.max(expired);
    for (at, message) in events.into_iter().take(too_new).skip(first) {
        stream.keep(at, message);
    }
    let next = format!("{:056}", hash(&(name, now.as_millisecond())));
    Ok(shape! { "nextSequenceToken" => next, "rejectedLogEventsInfo" => (!complete).then_some(rejected) })
}

fn event(input: Input<'_>) -> Result<(i64, String), ApiError> {
    let at =
        input.int("timestamp")?.filter(|at| *at >= 0).ok_or_else(|| invalid("logEvents.timestamp is required."))?;
    Ok((at, required(input, "message")?.to_owned()))
}

fn required<'a>(input: Input<'a>, name: &str) -> Result<&'a str, ApiError> {
    let given = input.text(name)?.filter(|text| !text.is_empty());
    given.ok_or_else(|| invalid(format!("{name} is required.")))
}

fn exists(message: &str) -> ApiError {
    ApiError::bad_request("ResourceAlreadyExistsException", message)
}
