//! Lines of logs in the estate: read only while somebody looks at them, and kept for a while after.

use super::{ScopeEstate, Step, apply_over};
use crate::domain::{
    log::{Excerpt, LogLine, LogTail},
    observation::Observation,
    query::Answer,
};

/// Excerpts that are kept: those on screen, and some that were.
const MOST: usize = 16;

impl ScopeEstate {
    pub(super) fn observe_logs(&mut self, excerpt: &Excerpt, step: Step) {
        if !self.logs.contains_key(excerpt) && self.logs.len() >= MOST {
            let oldest = self.logs.iter().min_by_key(|(_, it)| it.fetched_at()).map(|(excerpt, _)| excerpt.clone());
            oldest.and_then(|it| self.logs.remove(&it));
        }
        apply_over(
            self.logs.entry(excerpt.clone()).or_default(),
            step,
            |answer, known: Option<LogTail>| match answer {
                Answer::Logs(page) => {
                    let mut tail = known.unwrap_or_default();
                    tail.lay(page);
                    Some(tail)
                }
                _ => None,
            },
        );
    }

    /// The lines of an excerpt, oldest first; none where it has not been read.
    pub fn log_lines(&self, excerpt: &Excerpt) -> &[LogLine] {
        self.logs.get(excerpt).and_then(Observation::value).map(LogTail::lines).unwrap_or_default()
    }
}
