//! A log stream: a container that writes, or lines that were put.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    super::{
        ecs::Life,
        world::{random::Random, traffic::Workload},
    },
    diary::Diary,
    life,
    voice::Voice,
};

/// Milliseconds of a minute, in which streams write at a time.
pub const MINUTE: i64 = 60_000;
/// Lines that were put into one stream and are kept.
const MOST_KEPT: usize = 5_000;
/// Requests that a task logs in a minute, at most: it samples those that went well, and those that failed.
const LOGGED: f64 = 12.0;
/// Milliseconds from a line's time until it can be read, at least and at most.
const INGESTED: (u64, u64) = (400, 4_200);

/// Where events stand in time; two streams may write in the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Milliseconds since the epoch.
    pub at: i64,
    pub mark: u64,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Event {
    pub key: Key,
    pub message: String,
}

impl Event {
    /// When it could be read.
    pub fn ingested(&self) -> i64 {
        let (least, most) = INGESTED;
        self.key.at + i64::try_from(least + self.key.mark % (most - least)).unwrap_or(0)
    }
}

/// Who writes a stream.
#[derive(Debug)]
pub enum Source {
    Container(Life),
    /// Only what was put.
    Written,
}

#[derive(Debug)]
pub struct Stream {
    name: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    pub source: Source,
    /// What was put, in order.
    kept: VecDeque<Event>,
    puts: u64,
}

impl Stream {
    pub fn new(name: &str, created: i64, source: Source) -> Self {
        Self { name: name.to_owned(), created, source, kept: VecDeque::new(), puts: 0 }
    }

    /// Keeps a line that was put.
    pub fn keep(&mut self, at: i64, message: String) {
        self.puts += 1;
        let mark = hash(&(&self.name, "put", self.puts));
        let event = Event { key: Key { at, mark }, message };
        let place = self.kept.partition_point(|other| other.key < event.key);
        self.kept.insert(place, event);
        if self.kept.len() > MOST_KEPT {
            self.kept.pop_front();
        }
    }

    /// When its container ended, in milliseconds since the epoch.
    pub fn ended(&self) -> Option<i64> {
        match &self.source {
            Source::Container(life) => life.ended.map(jiff::Timestamp::as_millisecond),
            Source::Written => None,
        }
    }

    /// The first and last moment at which it can have written.
    pub fn span(&self, now: i64) -> (i64, i64) {
        let kept = |event: Option<&Event>| event.map_or(self.created, |event| event.key.at);
        let (first, last) = (kept(self.kept.front()).min(self.created), kept(self.kept.back()));
        match &self.source {
            Source::Container(_) => (first, self.ended().unwrap_or(now).max(last)),
            Source::Written => (first, last),
        }
    }

    /// The lines of the minute that begins at `minute` (milliseconds since the epoch), in order.
    pub fn minute(
        &self,
        minute: i64,
        diaries: &BTreeMap<String, Diary>,
        workloads: &BTreeMap<String, Workload>,
    ) -> Vec<Event> {
        let within = |at: i64| (minute..minute + MINUTE).contains(&at);
        let from = self.kept.partition_point(|event| event.key.at < minute);
        let mut events: Vec<Event> =
            self.kept.range(from..).take_while(|event| within(event.key.at)).cloned().collect();
        if let Source::Container(life) = &self.source {
            let voice = Voice::of(&life.container, &life.image);
            let mut lines = life::lines(life, voice, minute..minute + MINUTE);
            let random = &mut Random::new(hash(&(&self.name, minute)));
            if let (Some(workload), Some(diary)) = (workloads.get(&life.service), diaries.get(&life.service)) {
                lines.extend(requests(life, voice, minute, workload, diary, random));
            }
            let numbered = lines.into_iter().enumerate();
            events.extend(numbered.map(|(number, (at, message))| {
                let mark = hash(&(&self.name, minute, number));
                Event { key: Key { at, mark }, message }
            }));
        }
        events.sort_by_key(|event| event.key);
        events
    }
}

/// The requests of a minute that a container logs, while it serves.
fn requests(
    life: &Life,
    voice: Voice,
    minute: i64,
    workload: &Workload,
    diary: &Diary,
    random: &mut Random,
) -> Vec<(i64, String)> {
    let Some((from, to)) = life::serving(life) else { return Vec::new() };
    if minute + MINUTE <= from || to <= minute {
        return Vec::new();
    }
    let part = diary.part(workload, minute.div_euclid(1000));
    let all = part.requests_per_second * 60.0;
    let error_share = if life.sick { 1.0 } else { part.error_share };
    let (failed, well) = (all * error_share, all * (1.0 - error_share));
    let mut lines = Vec::new();
    for (expected, fails) in [(well.min(LOGGED), false), (failed.min(LOGGED), true)] {
        let count = expected.floor() as u32 + u32::from(random.chance(expected.fract()));
        for _ in 0..count {
            let at = minute + (random.unit() * MINUTE as f64) as i64;
            let seconds = random.log_normal(part.latency.max(0.001), part.spread);
            let written = voice.request(at, seconds, fails, random);
            if (from..to).contains(&at) {
                lines.extend(written.into_iter().map(|line| (at, line)));
            }
        }
    }
    lines
}

/// The same number for the same thing, in every run.
pub fn hash(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}
