//! A log group and its streams.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    super::ecs::Life,
    stream::{Source, Stream},
};

const DAY: i64 = 86_400_000;
/// The most streams that a group remembers; those whose container ended first are forgotten.
const MOST: usize = 400;

/// Streams by name.
#[derive(Debug)]
pub struct Group {
    /// Milliseconds since the epoch.
    pub created: i64,
    pub retention_days: Option<u32>,
    pub streams: BTreeMap<String, Stream>,
}

impl Group {
    pub fn new(retention_days: Option<u32>, created: Timestamp) -> Self {
        Self { created: created.as_millisecond(), retention_days, streams: BTreeMap::new() }
    }

    /// The stream `name`, which is created if need be.
    pub fn stream(&mut self, name: &str, now: Timestamp) -> &mut Stream {
        self.streams.entry(name.to_owned()).or_insert_with(|| Stream::new(name, now.as_millisecond(), Source::Written))
    }

    /// Takes in what has become of a container.
    pub fn live(&mut self, life: Life) {
        let created = life.created.as_millisecond();
        let name = life.stream.clone();
        self.created = self.created.min(created);
        match self.streams.get_mut(&name) {
            Some(stream) => stream.source = Source::Container(life),
            None => {
                self.streams.insert(name.clone(), Stream::new(&name, created, Source::Container(life)));
            }
        }
        while self.streams.len() > MOST {
            let ended = self.streams.iter().filter_map(|(name, stream)| Some((stream.ended()?, name.clone())));
            let Some((_, oldest)) = ended.min() else { return };
            self.streams.remove(&oldest);
        }
    }

    /// The oldest moment that is still kept at `now`, in milliseconds since the epoch.
    pub fn kept_since(&self, now: i64) -> i64 {
        self.retention_days.map_or(0, |days| now - i64::from(days) * DAY)
    }
}
