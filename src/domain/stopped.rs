//! Tasks that stopped, kept when ECS no longer tells of them, which it does for about an hour.
//!
//! Invariant: of a cluster no more than [`MOST`] are kept, those that stopped last; each is there once.

use std::collections::BTreeMap;

use super::{id::Arn, task::Task};

/// Tasks kept of a cluster.
const MOST: usize = 300;

/// The stopped tasks of one cluster that have been seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoppedTasks {
    by_arn: BTreeMap<Arn, Task>,
}

impl StoppedTasks {
    /// Takes in those of `tasks` that have stopped.
    pub fn note(&mut self, tasks: &[Task]) {
        for task in tasks.iter().filter(|it| it.is_stopped()) {
            if !self.by_arn.contains_key(&task.arn) {
                self.by_arn.insert(task.arn.clone(), task.clone());
            }
        }
        while self.by_arn.len() > MOST {
            let oldest = self.by_arn.values().min_by_key(|it| it.stopped_at).map(|it| it.arn.clone());
            let Some(oldest) = oldest else { return };
            self.by_arn.remove(&oldest);
        }
    }

    pub fn get(&self, arn: &Arn) -> Option<&Task> {
        self.by_arn.get(arn)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.by_arn.values()
    }
}
