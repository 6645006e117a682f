//! Suspending and resuming auto scaling: all three flags at once.

use super::change;
use crate::{
    domain::{
        scaling::ScalableTarget,
        write::{Suspension, Write},
    },
    plan::{
        course::{Goal, Step},
        draft::Draft,
        model::{Change, Refusal},
        seen::{Seen, Stop, required},
    },
};

pub fn suspend(seen: Seen<'_>, suspend: bool) -> Result<Draft<'_>, Stop> {
    let name = &seen.service.name;
    let target = required(&seen.who.scope, seen.scalable, "its scalable target", || {
        Refusal::new(format!("auto scaling does not steer {name}: there is nothing to suspend or resume"))
    })?;
    let changes = flags(target, suspend);
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

fn word(off: bool) -> &'static str {
    if off { "suspended" } else { "active" }
}

/// The flags that change where all are set alike.
pub fn flags(target: &ScalableTarget, suspend: bool) -> Vec<Change> {
    let flags = [
        ("scale-in", target.suspended_in),
        ("scale-out", target.suspended_out),
        ("scheduled scaling", target.suspended_scheduled),
    ];
    let differ = flags.into_iter().filter(|(_, off)| *off != suspend);
    differ.map(|(flag, off)| change(flag, word(off), word(suspend))).collect()
}
