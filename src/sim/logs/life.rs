//! What a container says of itself: that it starts, that it is told to stop, why it dies.

use std::ops::Range;

use jiff::Timestamp;

use super::{super::ecs::Life, stream::hash, voice::Voice};

/// Milliseconds from a container's start to its first line, and from RUNNING until it serves.
const FIRST_WORDS: i64 = 700;
const BOOT: i64 = 9_000;
/// Milliseconds before its end at which a container that is stopped heeds SIGTERM.
const TOLD: i64 = 900;
/// Milliseconds between two complaints of a container that does not get what it needs.
const COMPLAINS: i64 = 30_000;

/// From when until when a container serves, in milliseconds since the epoch; `None` where it never did.
pub fn serving(life: &Life) -> Option<(i64, i64)> {
    let from = life.running?.as_millisecond() + BOOT;
    let told = life.ended.map(|ended| ended.as_millisecond() - TOLD);
    let to = told.unwrap_or(i64::MAX);
    (from < to).then_some((from, to))
}

/// The lines of a minute, each with its time in milliseconds since the epoch.
pub fn lines(life: &Life, voice: Voice, minute: Range<i64>) -> Vec<(i64, String)> {
    let start = life.created.as_millisecond() + FIRST_WORDS;
    let mut lines = Vec::new();
    // Instant crashes come before the last words of the start.
    let ended = life.ended.map(Timestamp::as_millisecond);
    for (after, line) in (0..).zip(Voice::start(life)) {
        let at = start + 850 * after;
        if ended.is_none_or(|ended| at < ended) {
            lines.push((at, voice.note(at, "info", &line)));
        }
    }
    if life.sick
        && let Some((from, to)) = serving(life)
    {
        let offset = i64::try_from(hash(&life.stream) % 30_000).unwrap_or(0);
        let first = from + offset;
        let missed = (minute.start - first).max(0);
        let mut at = first + (missed + COMPLAINS - 1) / COMPLAINS * COMPLAINS;
        while at < to.min(minute.end) {
            lines.push((at, voice.note(at, "error", voice.complaint())));
            at += COMPLAINS;
        }
    }
    if let Some(ended) = ended {
        lines.extend(last_words(life, voice, ended));
    }
    lines.retain(|(at, _)| minute.contains(at));
    lines
}

/// Nothing is said before the container was there, however soon it ended.
fn last_words(life: &Life, voice: Voice, ended: i64) -> Vec<(i64, String)> {
    let created = life.created.as_millisecond();
    let info = |at: i64, line: &str| (at, voice.note(at, "info", line));
    match life.exit_code {
        _ if life.out_of_memory => {
            let warned = ended - 21_000;
            let warning = voice.note(warned, "warn", "memory usage at 97 % of the limit");
            let mut lines = vec![(warned, warning)];
            lines.retain(|(at, _)| life.running.is_some_and(|running| *at > running.as_millisecond()));
            lines.extend(voice.out_of_memory().into_iter().map(|line| ((ended - 60).max(created), line)));
            lines
        }
        Some(0) => vec![
            info(ended - TOLD, "received SIGTERM, finishing requests in flight"),
            info(ended - 120, "closed all connections, exiting"),
        ],
        // Killed: it had no time to say anything.
        Some(137) | None => Vec::new(),
        Some(code) => voice.crash(code).into_iter().map(|line| ((ended - 40).max(created), line)).collect(),
    }
}
