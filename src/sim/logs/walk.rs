//! Going through the lines of streams in the order of time, minute by minute, no further than one answer needs.

use super::{
    Scene, State,
    stream::{Event, Key, MINUTE, Stream},
};

/// Lines that one call reads at most, whether they match or not; AWS too ends a page before it has found anything.
const READ: usize = 20_000;
/// Bytes of one page, counted as AWS does: each line with 26 bytes of overhead.
const PAGE_BYTES: usize = 1 << 20;
const OVERHEAD: usize = 26;

/// What is gone through.
pub struct Walk<'a> {
    pub streams: Vec<(&'a String, &'a Stream)>,
    /// Milliseconds since the epoch: inclusive, exclusive.
    pub from: i64,
    pub to: i64,
    /// Where an earlier page ended; it is not told again.
    pub after: Option<Key>,
    pub newest_first: bool,
    pub limit: usize,
}

/// One page, in the order of the walk.
pub struct Found<'a> {
    pub events: Vec<(&'a String, Event)>,
    /// How many lines, and bytes, were read for it.
    pub read: usize,
    pub bytes: usize,
    /// The last line that was read; `None` where everything was.
    pub ended_at: Option<Key>,
}

impl<'a> Walk<'a> {
    /// Reads until the page is full or nothing is left.
    pub fn go(&self, state: &State, scene: &Scene<'_>, matches: impl Fn(&str) -> bool) -> Found<'a> {
        let mut found = Found { events: Vec::new(), read: 0, bytes: 0, ended_at: None };
        let Some((mut minute, last)) = self.minutes(scene.now) else { return found };
        let mut page_bytes = 0;
        loop {
            for (name, event) in self.of_minute(minute, state, scene) {
                let key = event.key;
                found.read += 1;
                found.bytes += event.message.len() + OVERHEAD;
                if matches(&event.message) {
                    page_bytes += event.message.len() + OVERHEAD;
                    found.events.push((name, event));
                }
                if found.events.len() >= self.limit || page_bytes >= PAGE_BYTES || found.read >= READ {
                    found.ended_at = Some(key);
                    return found;
                }
            }
            if minute == last {
                return found;
            }
            minute += if self.newest_first { -MINUTE } else { MINUTE };
        }
    }

    /// The first and last minute to go through.
    fn minutes(&self, now: i64) -> Option<(i64, i64)> {
        let spans = self.streams.iter().map(|(_, stream)| stream.span(now));
        let (oldest, newest) = spans.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))?;
        let (mut from, mut to) = (self.from.max(oldest), (self.to - 1).min(newest).min(now));
        match self.after {
            Some(key) if self.newest_first => to = to.min(key.at),
            Some(key) => from = from.max(key.at),
            None => {}
        }
        let start = |at: i64| at - at.rem_euclid(MINUTE);
        let (first, last) = (start(from), start(to));
        (from <= to).then_some(if self.newest_first { (last, first) } else { (first, last) })
    }

    fn of_minute(&self, minute: i64, state: &State, scene: &Scene<'_>) -> Vec<(&'a String, Event)> {
        let alive = |stream: &Stream| {
            let (from, to) = stream.span(scene.now);
            from < minute + MINUTE && minute <= to
        };
        let mut events = Vec::new();
        for (name, stream) in self.streams.iter().filter(|(_, stream)| alive(stream)) {
            let written = stream.minute(minute, &state.diaries, scene.workloads);
            let written = written.into_iter().filter(|event| self.wants(event, scene.now));
            events.extend(written.map(|event| (*name, event)));
        }
        events.sort_by_key(|(_, event)| event.key);
        if self.newest_first {
            events.reverse();
        }
        events
    }

    fn wants(&self, event: &Event, now: i64) -> bool {
        let new = match self.after {
            Some(key) if self.newest_first => event.key < key,
            Some(key) => event.key > key,
            None => true,
        };
        new && (self.from..self.to).contains(&event.key.at) && event.ingested() <= now
    }
}
