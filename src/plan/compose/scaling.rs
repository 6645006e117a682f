//! Suspending and resuming auto scaling: all three flags at once.

use super::change;
use crate::{
    domain::write::{Suspension, Write},
    plan::{
        course::{Goal, Step},
        draft::Draft,
        model::{Change, Refusal},
        seen::{Seen, Stop, required},
    },
};

pub fn suspend(seen: Seen<'_>, suspend: bool) -> Result<Draft<'_>, Stop> {
    let name = &seen.service.name;
    let target = required(seen.scalable, "its scalable target", || {
        Refusal::new(format!("auto scaling does not steer {name}: there is nothing to suspend or resume"))
    })?;
    let flags = [
        ("scale-in", target.suspended_in),
        ("scale-out", target.suspended_out),
        ("scheduled scaling", target.suspended_scheduled),
    ];
    let word = |off: bool| if off { "suspended" } else { "active" };
    let changes: Vec<Change> = flags
        .iter()
        .filter(|(_, off)| *off != suspend)
        .map(|(flag, off)| change(flag, word(*off), word(suspend)))
        .collect();
    if changes.is_empty() {
        return Err(Refusal::new(format!("auto scaling of {name} is {} already", word(suspend))).into());
    }
    let suspended = Suspension { scale_in: suspend, scale_out: suspend, scheduled: suspend };
    let write = Write::RegisterScalableTarget {
        resource: seen.who.scaling_resource().into(),
        range: None,
        suspended: Some(suspended),
    };
    let steps = vec![Step::new(seen.who, write)];
    Ok(Draft { steps, changes, ..Draft::new(seen, Goal::Suspended { suspended }) })
}
