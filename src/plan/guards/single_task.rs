//! A stateful service has one task: a second would split its state, and a new one loses it.

use super::{Case, Found};
use crate::{plan::course::Goal, stack::care::Overridable};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for draft in case.drafts.iter().filter(|it| it.seen.spec.is_some_and(|it| it.stateful)) {
        let (name, running) = (draft.name(), draft.seen.service.running);
        if draft.desired > 1 {
            let summary = format!("{name} holds its state in memory: {} tasks would split it", draft.desired);
            found.push(Found::blocks_unless(draft, Overridable::SingleTask, summary));
        }
        let rolling = draft.seen.service.rolling;
        if draft.replaces && rolling.ceiling(1) > 1 {
            let summary = format!("two tasks of {name} run at once while it rolls, each with a state of its own");
            let advice = "set maximumPercent 100 and minimumHealthyPercent 0, so that the old one goes first";
            found.push(Found::warns(draft, summary).with(advice));
        }
        let ends = draft.replaces
            || matches!(draft.goal, Goal::TaskStopped { .. })
            || draft.desired < draft.seen.service.desired;
        if ends && running > 0 {
            let summary = format!("what {name} holds in memory is lost with its task");
            found.push(Found::warns(draft, summary).with("ask its users to save first"));
        }
    }
    found
}
