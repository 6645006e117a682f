//! No policy undoes the change within minutes: what a target tracking policy will do about it.
//!
//! Its high alarm looks at three minutes, its low alarm at fifteen, below 90 % of the target (`aws-reference.md` §2.5).

use super::{Found, GroupCase};
use crate::domain::group::Policy;

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    let (draft, seen) = (case.draft, &case.draft.seen);
    let group = seen.group;
    if draft.desired == group.desired && draft.bounds == (group.min, group.max) {
        return Vec::new();
    }
    if group.suspended.iter().any(|(name, _)| name.as_str() == "AlarmNotification") {
        return vec![Found::passes("no policy acts: AlarmNotification is suspended")];
    }
    let tracking = group.policies.iter().filter(|it| it.enabled && it.target.is_some());
    tracking.filter_map(|it| of_policy(case, it)).collect()
}

fn of_policy(case: &GroupCase<'_>, policy: &Policy) -> Option<Found> {
    let (draft, seen) = (case.draft, &case.draft.seen);
    let tracked = policy.target.as_ref()?;
    let (metric, target) = (&tracked.metric, tracked.value);
    let source = seen.spec.and_then(|it| it.sessions.as_ref()?.metric.as_ref());
    let open = seen.open().filter(|_| source.is_some_and(|it| it.name == *metric));
    let Some(open) = open else {
        return Some(Found::warns(format!(
            "{} keeps {metric} at {target} and may change the number again",
            policy.name
        )));
    };
    let own = open.iter().filter(|it| seen.group.instances.iter().any(|own| own.id == it.gateway)).count();
    let (min, max) = draft.bounds;
    let average = own as f64 / f64::from(draft.desired.max(1));
    let wanted = ((own as f64 / target).ceil() as u32).clamp(min, max);
    let told = format!("{own} sessions on {} are {average:.1} each, and {} keeps {target}", draft.desired, policy.name);
    let suspend = "suspend AlarmNotification to have it stay, or change the policy's target";
    if average > target && wanted > draft.desired {
        let found = Found::warns(format!("{} will scale out to {wanted} within about 3 minutes", policy.name));
        return Some(found.with(told).with(suspend));
    }
    if tracked.scales_in && average < target * 0.9 && wanted < draft.desired && draft.desired > seen.group.desired {
        let found = Found::warns(format!("{} will scale in to {wanted} after about 15 minutes", policy.name));
        return Some(found.with(told).with(suspend));
    }
    Some(Found::passes(format!("{} leaves it: {told}", policy.name)))
}
