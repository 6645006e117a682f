//! The arithmetic of a rolling deployment: how many tasks may start and stop now (reference §1.4).
//!
//! Invariant: applying the moves never takes pending and running tasks above the ceiling, nor healthy ones
//! below the floor.

/// How far a deployment may leave the desired count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub desired: u32,
    /// Healthy tasks that must remain.
    pub floor: u32,
    /// Pending and running tasks that there may be.
    pub ceiling: u32,
}

impl Bounds {
    /// The bounds at `desired`; percentages round towards `desired` from both sides.
    pub fn new(desired: u32, minimum_healthy_percent: u32, maximum_percent: u32) -> Self {
        Self {
            desired,
            floor: (desired * minimum_healthy_percent).div_ceil(100),
            ceiling: desired * maximum_percent / 100,
        }
    }
}

/// The tasks of one side, those that are stopping left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Side {
    /// Pending and running.
    pub alive: u32,
    /// Of those: they count as healthy.
    pub healthy: u32,
    /// Of those: their health checks have failed, beyond the grace period.
    pub unhealthy: u32,
}

impl Side {
    /// Not known to be bad.
    fn good(self) -> u32 {
        self.alive - self.unhealthy
    }
}

/// What the scheduler does on this beat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// New tasks of the side that is to stay.
    pub start: u32,
    /// Tasks of the staying side, because there are too many.
    pub surplus: u32,
    /// Unhealthy tasks of the staying side.
    pub unhealthy: u32,
    /// Tasks of the side being replaced: first those that are not healthy, then as many that are.
    pub replaced: u32,
    pub replaced_healthy: u32,
}

impl Moves {
    pub fn none(self) -> bool {
        self == Self::default()
    }
}

/// What to do with `new` (the deployment that stays) and `old` (those it replaces).
/// `may_start` is false while the scheduler backs off from tasks that cannot start.
pub fn moves(bounds: Bounds, new: Side, old: Side, may_start: bool) -> Moves {
    let Bounds { desired, floor, ceiling } = bounds;
    let missing = desired.saturating_sub(new.good());
    let room = ceiling.saturating_sub(new.alive + old.alive);
    let start = if may_start { missing.min(room) } else { 0 };
    let surplus = new.good().saturating_sub(desired);
    let healthy = new.healthy + old.healthy;
    // With the fleet complete every unhealthy task can go; without room, one goes to make some; and those
    // that a lowered ceiling no longer covers.
    let excess = (new.alive + old.alive).saturating_sub(ceiling);
    let failing = if new.healthy >= desired {
        new.unhealthy
    } else if missing > 0 && room == 0 {
        excess.max(1)
    } else {
        excess
    };
    let unhealthy = failing.min(new.unhealthy);
    let replaced = old.alive - old.healthy;
    let blocked = if may_start { missing.saturating_sub(room + new.unhealthy + replaced) } else { 0 };
    let to_make_room = blocked.min(healthy.saturating_sub(floor));
    let no_longer_needed = healthy.saturating_sub(desired);
    let replaced_healthy = to_make_room.max(no_longer_needed).min(old.healthy);
    Moves { start, surplus, unhealthy, replaced, replaced_healthy }
}

/// Whether a deployment can never go on: everything is healthy, tasks are missing, and none may start or stop.
pub fn stuck(bounds: Bounds, new: Side, old: Side) -> bool {
    let all_healthy = new.alive == new.healthy && old.alive == old.healthy;
    old.alive > 0 && new.healthy < bounds.desired && all_healthy && moves(bounds, new, old, true).none()
}
