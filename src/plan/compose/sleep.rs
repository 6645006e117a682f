//! Services that sleep at zero tasks: woken, and put to sleep.

use super::{change, update};
use crate::{
    domain::write::ServiceChange,
    plan::{
        course::{Goal, Step},
        draft::Draft,
        model::Refusal,
        seen::{Seen, Stop},
    },
    triage::words::count,
};

/// To as many tasks as auto scaling keeps at least; one where it keeps none or does not steer the service.
pub fn wake(seen: Seen<'_>) -> Result<Draft<'_>, Stop> {
    let desired = seen.service.desired;
    if desired > 0 {
        let tasks = count(desired as usize, "task");
        return Err(Stop::Idle(Refusal::new(format!("{} is awake already, with {tasks}", seen.service.name))));
    }
    let least = seen.scalable.known().flatten().map_or(1, |it| it.min.max(1));
    set(seen, least)
}

pub fn sleep(seen: Seen<'_>) -> Result<Draft<'_>, Stop> {
    if seen.service.desired == 0 {
        return Err(Stop::Idle(Refusal::new(format!("{} sleeps already", seen.service.name))));
    }
    set(seen, 0)
}

fn set(seen: Seen<'_>, desired: u32) -> Result<Draft<'_>, Stop> {
    if !seen.spec.is_some_and(|it| it.may_sleep) {
        let reason = format!("{} is not meant to sleep", seen.service.name);
        return Err(Refusal::new(reason).hint("its stack file would say may_sleep = true").into());
    }
    let changes = vec![change("desired count", seen.service.desired.to_string(), desired.to_string())];
    let write = update(&seen, ServiceChange { desired: Some(desired), ..ServiceChange::default() });
    let steps = vec![Step::new(seen.who, write)];
    Ok(Draft { steps, changes, desired, ..Draft::new(seen, Goal::Scaled { desired, range: None, suspended: None }) })
}
