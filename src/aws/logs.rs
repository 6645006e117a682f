//! CloudWatch Logs: the newest lines of an excerpt (FilterLogEvents).

use aws_sdk_cloudwatchlogs::{Client, types::FilteredLogEvent};
use jiff::{SignedDuration, Timestamp};

use super::{
    fault,
    paging::{Page, pages_while},
    values::text,
};
use crate::domain::{
    log::{Excerpt, LogLine, LogPage},
    query::{Answer, Outcome},
    text::SafeText,
};

/// Lines that one look reads: many screens of them.
const LINES: i32 = 400;
/// Calls that one look makes: pages may be empty though more follow.
const CALLS: usize = 10;
/// How long after a moment lines that were written before it may still be dated.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// The newest lines of an excerpt, oldest first.
pub async fn newest(client: &Client, excerpt: &Excerpt, now: Timestamp) -> Outcome {
    let span = SignedDuration::from_mins(i64::from(excerpt.minutes));
    let from = excerpt.until.unwrap_or(now).saturating_sub(span).unwrap_or(Timestamp::UNIX_EPOCH);
    let until = excerpt.until.and_then(|it| it.saturating_add(GRACE).ok());
    let streams = Some(excerpt.source.streams.to_string()).filter(|it| !it.is_empty());
    let enough = usize::try_from(LINES).unwrap_or_default();
    let mut calls = 0;
    // Whoever does not know `startFromHead` tells the oldest first: then the end has to be read up to.
    let more = |lines: &[LogLine]| lines.len() < enough || lines.is_sorted_by_key(|it| it.at);
    let gathered = pages_while(more, |token| {
        calls += 1;
        let is_last = calls == CALLS;
        let call = client
            .filter_log_events()
            .log_group_name(&*excerpt.source.group)
            .set_log_stream_name_prefix(streams.clone())
            .start_time(from.as_millisecond())
            .set_end_time(until.map(Timestamp::as_millisecond))
            .start_from_head(false)
            .limit(LINES)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("logs:FilterLogEvents", &error, now))?;
            let lines = output.events.unwrap_or_default().iter().filter_map(line).collect();
            Ok(Page::new(Some(lines), output.next_token.filter(|_| !is_last)))
        }
    })
    .await;
    let cut = gathered.items.len() >= enough || calls >= CALLS;
    gathered.outcome(|mut lines| {
        lines.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let beyond = lines.len().saturating_sub(enough);
        Answer::Logs(LogPage { lines: lines.split_off(beyond), cut })
    })
}

/// A line; nothing where it has no time.
fn line(event: &FilteredLogEvent) -> Option<LogLine> {
    let at = Timestamp::from_millisecond(event.timestamp?).ok()?;
    let message = plain(event.message().unwrap_or_default());
    let stream = text(event.log_stream_name());
    // Emulators may leave the id out.
    let id = event.event_id().map_or_else(|| format!("{} {stream} {message}", at.as_millisecond()), ToOwned::to_owned);
    Some(LogLine {
        id: id.into(),
        at,
        ingested_at: event.ingestion_time.and_then(|it| Timestamp::from_millisecond(it).ok()),
        stream,
        message,
        after_gap: false,
    })
}

/// A message as it can be read: without the colours that programs write for terminals, tabs as blanks, no line ends at
/// its end. Whatever else would steer a terminal is shown, as everywhere.
fn plain(raw: &str) -> SafeText {
    let mut parts = raw.trim_end().split("\x1b[");
    let mut message = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !(it.is_ascii_digit() || it == ';'));
        if let Some(end) = end.filter(|end| part[*end..].starts_with('m')) {
            message.push_str(&part[end + 1..]);
        } else {
            message.push_str("\x1b[");
            message.push_str(part);
        }
    }
    SafeText::new(&message.replace('\t', "    "))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn colours_go_and_whatever_else_steers_a_terminal_is_shown() {
        assert_eq!(plain("\x1b[32minfo\x1b[0m\tok\n").as_str(), "info    ok");
        assert_eq!(plain("\x1b[1;31mbad\x1b[2Jx\u{202e}y").as_str(), "bad␛[2Jx\u{fffd}y");
        assert_eq!(plain("a\nb\r\n").as_str(), "a␊b");
        assert_eq!(plain("").as_str(), "");
    }
}
