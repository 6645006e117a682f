//! Another desired count, beside auto scaling.

use super::{change, scaling::flags, update};
use crate::{
    domain::write::{ScalingRange, ServiceChange, Suspension, Write},
    plan::{
        action::RangeChoice,
        course::{Goal, Step},
        draft::Draft,
        model::{Finding, Refusal, Weight},
        seen::{Seen, Stop},
    },
};

pub fn scale(seen: Seen<'_>, desired: u32, range: RangeChoice) -> Result<Draft<'_>, Stop> {
    let before = seen.service.desired;
    if seen.service.control.daemon {
        let reason = format!("{} runs one task on each instance: it has no desired count", seen.service.name);
        return Err(Refusal::new(reason).into());
    }
    if desired == before {
        return Err(Refusal::new(format!("{} is at {desired} already", seen.service.name)).into());
    }
    let target = seen.scalable.known().flatten();
    let (mut steps, mut changes) = (Vec::new(), vec![change("desired count", before.to_string(), desired.to_string())]);
    let (mut new_range, mut suspended, mut notes) = (None, None, Vec::new());
    match (range, target) {
        (RangeChoice::Keep, _) => {}
        (_, None) => {
            let reason = format!("auto scaling does not steer {}: there is no range to change", seen.service.name);
            return Err(Refusal::new(reason).into());
        }
        (RangeChoice::Widen, Some(target)) => {
            let wanted = ScalingRange { min: target.min.min(desired), max: target.max.max(desired) };
            if (wanted.min, wanted.max) == (target.min, target.max) {
                let summary = format!("the range {}–{} holds {desired}: it stays as it is", target.min, target.max);
                let advice = "suspend auto scaling instead, to make the count last";
                notes.push(Finding {
                    guard: "scaling-range",
                    weight: Weight::Warns,
                    subject: Some(seen.id()),
                    summary: summary.into(),
                    details: vec![advice.into()],
                });
            } else {
                changes.push(change(
                    "auto scaling range",
                    format!("{}–{}", target.min, target.max),
                    format!("{}–{}", wanted.min, wanted.max),
                ));
                new_range = Some(wanted);
            }
        }
        (RangeChoice::Suspend, Some(target)) => {
            let flags = flags(target, true);
            suspended = (!flags.is_empty()).then_some(Suspension { scale_in: true, scale_out: true, scheduled: true });
            changes.extend(flags);
        }
    }
    if new_range.is_some() || suspended.is_some() {
        let resource = seen.who.scaling_resource().into();
        steps.push(Step::new(seen.who, Write::RegisterScalableTarget { resource, range: new_range, suspended }));
    }
    steps
        .push(Step::new(seen.who, update(&seen, ServiceChange { desired: Some(desired), ..ServiceChange::default() })));
    let goal = Goal::Scaled { desired, range: new_range, suspended };
    Ok(Draft { steps, changes, desired, notes, ..Draft::new(seen, goal) })
}
