//! minimumHealthyPercent and maximumPercent let tasks be replaced, and without downtime.

use super::{Case, Found, each};
use crate::plan::course::Goal;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let plan = draft.replacement()?;
        if matches!(draft.goal, Goal::TaskStopped { .. }) {
            let (best, worst) = plan.downtime?;
            let summary = format!("downtime of about {best}–{worst} s: no task is left until another has started");
            return Some(Found::warns(draft, summary).with("a redeployment starts the new task first, where it may"));
        }
        let rolling = draft.seen.service.rolling;
        let desired = draft.seen.service.desired;
        let sum = format!(
            "{desired} × {} % = {} at least, {desired} × {} % = {} at most",
            rolling.minimum_percent,
            rolling.floor(desired),
            rolling.maximum_percent,
            rolling.ceiling(desired),
        );
        if plan.stuck {
            let summary = "a deployment cannot move: no task may stop, and none may start";
            let advice = "lower minimumHealthyPercent or raise maximumPercent first";
            return Some(Found::blocks(draft, summary).with(sum).with(advice));
        }
        if let Some((best, worst)) = plan.downtime {
            let summary = format!("downtime of about {best}–{worst} s: the old task goes before the new one comes");
            return Some(Found::warns(draft, summary).with(sum));
        }
        let summary = format!("{} to {} tasks run meanwhile, about {} s", plan.lowest, plan.highest, plan.seconds);
        Some(Found::passes(draft, summary).with(sum))
    })
}
