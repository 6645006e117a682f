//! How long replacing a service's tasks takes, and how few of them run meanwhile.

use jiff::SignedDuration;
use serde::Serialize;

use crate::domain::service::Rolling;

/// What a rolling replacement does to the number of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// Fewest and most tasks that run meanwhile.
    pub lowest: u32,
    pub highest: u32,
    /// How often tasks are started before all are new.
    pub rounds: u32,
    /// From the first start to the last old task's end.
    pub seconds: i64,
    /// For how long nothing serves: at best and at worst.
    pub downtime: Option<(i64, i64)>,
    /// Neither an old task can be stopped nor a new one started.
    pub stuck: bool,
}

/// How fast tasks of a service come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From being started to serving.
    pub start: SignedDuration,
    /// From being told to stop to being gone: the target drains, then the containers end.
    pub drain: SignedDuration,
}

/// The scheduler looks about so often.
const LOOK: i64 = 10;

/// Replaces all of `desired` tasks under the rules of `rolling`.
pub fn replace(desired: u32, rolling: &Rolling, pace: Pace) -> Replacement {
    let (floor, ceiling) = (rolling.floor(desired), rolling.ceiling(desired));
    let mut plan =
        Replacement { lowest: desired, highest: desired, rounds: 0, seconds: 0, downtime: None, stuck: false };
    if rolling.is_stuck(desired) {
        return Replacement { stuck: true, ..plan };
    }
    let (start, drain) = (pace.start.as_secs(), pace.drain.as_secs());
    let (mut old, mut new) = (desired, 0);
    while old > 0 || new < desired {
        // Tasks on their way out do not count towards the ceiling.
        if old + new >= ceiling {
            let stopped = (old + new).saturating_sub(floor).min(old);
            if stopped == 0 {
                return Replacement { stuck: true, ..plan };
            }
            old -= stopped;
            plan.lowest = plan.lowest.min(old + new);
        }
        let started = (ceiling - (old + new).min(ceiling)).min(desired - new);
        if old + new == 0 && started > 0 && desired > 0 {
            // At best the new task serves as soon as it has started; at worst only when the old one has drained.
            plan.downtime = Some((start, start + drain));
        }
        new += started;
        plan.highest = plan.highest.max(old + new);
        plan.rounds += 1;
        plan.seconds += start + LOOK;
        // What is healthy now lets old tasks go.
        let spare = (old + new).saturating_sub(floor.max(desired.min(new)));
        old -= spare.min(old);
        plan.lowest = plan.lowest.min(old + new);
        if started == 0 && spare == 0 {
            return Replacement { stuck: true, ..plan };
        }
    }
    plan.seconds += drain;
    plan
}

/// One of `running` tasks is stopped, and the scheduler starts another in its place.
pub fn restart_one(running: u32, pace: Pace) -> Replacement {
    let (lowest, start) = (running.saturating_sub(1), pace.start.as_secs());
    Replacement {
        lowest,
        highest: running,
        rounds: 1,
        seconds: start + LOOK,
        // The task that is stopped gets nothing more; what takes its place is started at the next look at the latest.
        downtime: (lowest == 0).then_some((start, start + LOOK)),
        stuck: false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{Pace, replace};
    use crate::domain::service::Rolling;

    fn at(desired: u32, minimum_percent: u32, maximum_percent: u32) -> super::Replacement {
        let rolling = Rolling { minimum_percent, maximum_percent, circuit_breaker: true, rollback: true };
        let pace = Pace { start: SignedDuration::from_secs(30), drain: SignedDuration::from_secs(30) };
        replace(desired, &rolling, pace)
    }

    /// Fewest, most, rounds.
    type Course = (u32, u32, u32);

    /// desired, min %, max %.
    const TABLE: [(u32, u32, u32, Course); 7] = [
        (1, 100, 200, (1, 2, 1)),
        (1, 0, 100, (0, 1, 1)),
        (2, 50, 100, (1, 2, 2)),
        (4, 50, 100, (2, 4, 2)),
        (4, 100, 200, (4, 8, 1)),
        (3, 100, 150, (3, 4, 3)),
        (10, 90, 110, (9, 11, 6)),
    ];

    #[test]
    fn tasks_are_replaced_as_the_percentages_allow() {
        for (desired, minimum, maximum, wanted) in TABLE {
            let plan = at(desired, minimum, maximum);
            assert!(!plan.stuck);
            assert_eq!(
                (plan.lowest, plan.highest, plan.rounds),
                wanted,
                "{desired} at {minimum}–{maximum} %: {plan:?}"
            );
        }
    }

    #[test]
    fn one_task_that_must_go_first_is_downtime() {
        assert_eq!(at(1, 0, 100).downtime, Some((30, 60)));
        assert_eq!(at(2, 50, 100).downtime, None);
    }

    #[test]
    fn what_can_neither_stop_nor_start_is_stuck() {
        for (desired, minimum, maximum) in [(1, 50, 100), (1, 100, 150), (2, 75, 100), (3, 100, 125)] {
            assert!(at(desired, minimum, maximum).stuck, "{desired} at {minimum}–{maximum} %");
        }
    }

    #[test]
    fn it_always_comes_to_an_end_within_its_bounds() {
        for desired in 0..=12 {
            for minimum in (0..=100).step_by(10) {
                for maximum in (100..=200).step_by(10) {
                    let plan = at(desired, minimum, maximum);
                    let floor = (desired * minimum).div_ceil(100);
                    assert!(plan.stuck || plan.lowest >= floor.min(desired), "{desired} {minimum} {maximum} {plan:?}");
                    assert!(plan.highest <= (desired * maximum / 100).max(desired));
                }
            }
        }
    }
}
