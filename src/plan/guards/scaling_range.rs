//! What auto scaling will make of another desired count. It warns and does not block: setting a count plainly, and
//! letting it be brought back, is one of three ways that the form offers.

use super::{Case, Found, each};
use crate::{
    domain::scaling::ScalableTarget,
    domain::verb::Verb,
    plan::{course::Goal, facts::Asked},
};

const RAISE: &str = "suspend auto scaling to make it last";

pub fn check(case: &Case<'_>) -> Vec<Found> {
    if !matches!(case.action.verb(), Verb::Scale | Verb::Wake | Verb::Sleep | Verb::ResumeScaling) {
        return Vec::new();
    }
    each(case, |draft| {
        let target = match draft.seen.scalable {
            Asked::Known(target) => target?,
            Asked::Failed(fault) => {
                let summary = format!("whether auto scaling steers it cannot be told: {}", fault.kind.word());
                return Some(Found::warns(draft, summary));
            }
            Asked::Awaited => return None,
        };
        let (min, max) = match draft.goal {
            Goal::Scaled { range: Some(range), .. } => (range.min, range.max),
            _ => (target.min, target.max),
        };
        let suspends = matches!(draft.goal, Goal::Scaled { suspended: Some(_), .. });
        let off =
            suspends || (target.suspended_in && target.suspended_out && case.action.verb() != Verb::ResumeScaling);
        if off {
            return Some(Found::passes(draft, "auto scaling is suspended and leaves the count alone"));
        }
        let desired = draft.desired;
        let advice = match case.action.verb() {
            Verb::ResumeScaling => "scale it into the range first, or leave auto scaling suspended",
            _ => "widen the range with it, or suspend auto scaling, to make it last",
        };
        if desired < min {
            let summary = format!("auto scaling keeps {min}–{max}: it will set {min} again");
            return Some(Found::warns(draft, summary).with(advice).with(policies(target)));
        }
        if desired > max {
            let summary = format!("auto scaling keeps {min}–{max}: it will set {max} again");
            return Some(Found::warns(draft, summary).with(advice).with(policies(target)));
        }
        // Whether its metric is low now is for CloudWatch to say; that it was not what asked for more is plain.
        if desired > draft.seen.service.desired && case.action.verb() == Verb::Scale && !target.policies.is_empty() {
            let summary = format!(
                "auto scaling keeps {min}–{max} and goes on from {desired}: it scales in again within minutes, down to \
                 {min}, while what it keeps is below its target"
            );
            return Some(Found::warns(draft, summary).with(RAISE).with(policies(target)));
        }
        let summary = format!("auto scaling keeps {min}–{max} and goes on from {desired}");
        Some(Found::passes(draft, summary).with(policies(target)))
    })
}

fn policies(target: &ScalableTarget) -> String {
    let policies: Vec<_> =
        target.policies.iter().map(|(name, metric, value)| format!("{name} ({metric} at {value})")).collect();
    if policies.is_empty() { "it has no policy".to_owned() } else { format!("steered by {}", policies.join(", ")) }
}
