//! Services that sleep at zero tasks while nobody calls them.
//!
//! The first request that finds no task is answered 503 by the load balancer, and the gateway before the services then
//! calls a function that wakes all of them.

use jiff::Timestamp;

use super::{Region, Tick};

/// Seconds from the first request in vain until the function has set the desired counts.
const WAKE_UP: f64 = 4.0;

/// The sleepers of one region.
#[derive(Debug, Default)]
pub struct State {
    groups: Vec<Sleepers>,
}

/// Services that sleep and wake together.
#[derive(Debug)]
struct Sleepers {
    /// ARNs, and the desired counts that they wake up to.
    services: Vec<(String, u32)>,
    /// When the function will have woken them, once it has been called.
    awake: Option<Timestamp>,
}

/// Sends services (by ARN) to sleep.
pub fn lie_down(region: &mut Region, services: Vec<String>, tick: &mut Tick<'_>) {
    let Region { ecs, asleep, .. } = region;
    let counted = |arn: String| ecs.desired_count(&arn).filter(|count| *count > 0).map(|count| (arn, count));
    let services: Vec<_> = services.into_iter().filter_map(counted).collect();
    for (arn, _) in &services {
        ecs.set_desired_count(arn, 0, tick);
    }
    asleep.groups.push(Sleepers { services, awake: None });
}

/// Calls the function where a request has come in vain, and wakes the services where it is done.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { ecs, traffic, asleep, .. } = region;
    let in_vain = |arn: &str| traffic.workloads.get(arn).is_some_and(|it| !it.quiet && it.running.unserved > 0.0);
    asleep.groups.retain_mut(|group| {
        let Some(awake) = group.awake else {
            if group.services.iter().any(|(arn, _)| in_vain(arn)) {
                group.awake = Some(tick.after(WAKE_UP));
            }
            return true;
        };
        if tick.now < awake {
            return true;
        }
        for (arn, count) in &group.services {
            // Whoever has woken one meanwhile wanted it so.
            if ecs.desired_count(arn) == Some(0) {
                ecs.set_desired_count(arn, *count, tick);
            }
        }
        false
    });
}
