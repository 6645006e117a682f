//! Scaling activities: what was changed, why, and whether the service has followed.

use jiff::Timestamp;

use super::{ResourceId, State};
use crate::sim::world::{Region, Tick};

/// Activities kept per region.
const KEPT: usize = 1_000;

/// One change of a service's desired count, or why there was none.
#[derive(Debug, Clone)]
pub struct Activity {
    pub id: String,
    pub(super) resource: ResourceId,
    pub description: String,
    pub cause: String,
    pub started: Timestamp,
    pub course: Course,
}

/// How far an activity has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    InProgress {
        count: u32,
    },
    Successful {
        count: u32,
        ended: Timestamp,
    },
    /// Another activity has set another count.
    Overridden {
        ended: Timestamp,
    },
    /// Nothing was changed: `NotScaledReasons` code, and minimum or maximum and current capacity.
    NotScaled {
        code: &'static str,
        bound: u32,
        current: u32,
    },
}

impl Course {
    /// `StatusCode` and `StatusMessage` on the wire.
    pub fn status(&self) -> (&'static str, String) {
        match self {
            Self::InProgress { count } => (
                "InProgress",
                format!("Successfully set desired count to {count}. Waiting for change to be fulfilled by ecs."),
            ),
            Self::Successful { count, .. } => (
                "Successful",
                format!("Successfully set desired count to {count}. Change successfully fulfilled by ecs."),
            ),
            Self::Overridden { .. } => {
                ("Overridden", "Overridden by a newer scaling activity on the same scalable target.".to_owned())
            }
            Self::NotScaled { .. } => ("Failed", "Failed to set desired count: see the reasons.".to_owned()),
        }
    }

    pub fn ended(&self) -> Option<Timestamp> {
        match self {
            Self::Successful { ended, .. } | Self::Overridden { ended } => Some(*ended),
            Self::InProgress { .. } | Self::NotScaled { .. } => None,
        }
    }
}

impl State {
    /// Notes that the desired count of `resource` has been set to `count`.
    pub(super) fn note_change(&mut self, resource: &ResourceId, count: u32, cause: String, tick: &mut Tick<'_>) {
        for earlier in self.activities.iter_mut().filter(|activity| activity.resource == *resource) {
            if matches!(earlier.course, Course::InProgress { .. }) {
                earlier.course = Course::Overridden { ended: tick.now };
            }
        }
        self.note(Activity {
            id: tick.random.uuid(),
            resource: resource.clone(),
            description: format!("Setting desired count to {count}."),
            cause,
            started: tick.now,
            course: Course::InProgress { count },
        });
    }

    /// Notes that a policy wanted a change but could not have it; a repetition of the newest one is not noted.
    pub(super) fn note_refusal(&mut self, resource: &ResourceId, course: Course, cause: String, tick: &mut Tick<'_>) {
        let newest = self.activities.iter().rev().find(|activity| activity.resource == *resource);
        if newest.is_some_and(|newest| newest.course == course && newest.cause == cause) {
            return;
        }
        let description = "Attempting to scale due to alarm triggered".to_owned();
        let id = tick.random.uuid();
        self.note(Activity { id, resource: resource.clone(), description, cause, started: tick.now, course });
    }

    pub(super) fn note(&mut self, activity: Activity) {
        self.activities.push_back(activity);
        while self.activities.len() > KEPT {
            self.activities.pop_front();
        }
    }
}

/// Ends the activities whose count runs.
pub fn settle(region: &mut Region, tick: &Tick<'_>) {
    for activity in &mut region.scaling.activities {
        let Course::InProgress { count } = activity.course else { continue };
        if region.ecs.running_tasks(&activity.resource.service_arn(tick.place)) == count as usize {
            activity.course = Course::Successful { count, ended: tick.now };
        }
    }
}
