//! The group's own settings: processes, bounds, the value that its policy keeps.

use std::sync::Arc;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    super::{course::GroupGoal, draft::GroupDraft, seen::GroupSeen},
    Composed, calls, change,
};
use crate::{
    domain::{
        text::SafeText,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::model::{Basis, Refusal},
    triage::words::list,
};

/// What can be suspended of a group.
pub const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

pub fn processes<'a>(seen: GroupSeen<'a>, names: &[Arc<str>], suspend: bool) -> Composed<'a> {
    if let Some(unknown) = names.iter().find(|it| !PROCESSES.contains(&&***it)) {
        let reason = format!("there is no process {}", SafeText::new(unknown));
        return Err(Refusal::new(reason).hint(format!("processes are {}", list(&PROCESSES))));
    }
    let is_suspended = |name: &str| seen.group.suspended.iter().any(|(it, _)| it.as_str() == name);
    let others: Vec<Arc<str>> = names.iter().filter(|it| is_suspended(it) != suspend).cloned().collect();
    let (before, after) = if suspend { ("active", "suspended") } else { ("suspended", "active") };
    let words: Vec<&str> = names.iter().map(|it| &**it).collect();
    if others.is_empty() {
        return Err(Refusal::new(format!("{} of {} is {after} already", list(&words), seen.group.name)));
    }
    let group = seen.who.name.clone();
    let write = if suspend {
        GroupWrite::SuspendProcesses { group, processes: others.clone() }
    } else {
        GroupWrite::ResumeProcesses { group, processes: others.clone() }
    };
    let word = if suspend { "suspend" } else { "resume" };
    let title = format!("{word} {} of {}", list(&words), seen.group.name);
    let changes = others.iter().map(|it| change(SafeText::new(it), before, after)).collect();
    let goal = GroupGoal::Processes { processes: others, suspended: suspend };
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], goal));
    draft.changes = changes;
    Ok(draft)
}

pub fn bounds(seen: GroupSeen<'_>, min: Option<u32>, max: Option<u32>) -> Composed<'_> {
    let group = seen.group;
    let (new_min, new_max) = (min.unwrap_or(group.min), max.unwrap_or(group.max));
    if (new_min, new_max) == (group.min, group.max) {
        return Err(Refusal::new(format!("the bounds of {} are {new_min}–{new_max} already", group.name)));
    }
    if new_min > new_max {
        return Err(Refusal::new(format!("the least, {new_min}, is above the most, {new_max}")));
    }
    if new_max < group.desired {
        let reason = format!("{} are wanted: with at most {new_max} the group would end some at once", group.desired);
        return Err(Refusal::new(reason).hint(format!("scale to {new_max} first: that waits for sessions")));
    }
    let desired = group.desired.max(new_min);
    let change_ = GroupUpdate { min, max, ..GroupUpdate::default() };
    let write = GroupWrite::UpdateGroup { group: seen.who.name.clone(), change: change_ };
    let title = format!("bounds of {} from {}–{} to {new_min}–{new_max}", group.name, group.min, group.max);
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], GroupGoal::Bounds { min: new_min, max: new_max }));
    let words = |min: u32, max: u32| format!("{min}–{max}");
    draft.changes = vec![change("bounds", words(group.min, group.max), words(new_min, new_max))];
    if desired != group.desired {
        draft.changes.push(change("desired capacity", group.desired.to_string(), desired.to_string()));
    }
    (draft.bounds, draft.desired) = ((new_min, new_max), desired);
    Ok(draft)
}

pub fn retarget<'a>(seen: GroupSeen<'a>, policy: Option<&str>, target: Decimal) -> Composed<'a> {
    let tracking: Vec<_> = seen.group.policies.iter().filter(|it| it.target.is_some()).collect();
    let found = match policy {
        Some(name) => tracking.iter().find(|it| it.name.as_str() == name),
        None => tracking.first().filter(|_| tracking.len() == 1),
    };
    let names: Vec<&str> = tracking.iter().map(|it| it.name.as_str()).collect();
    let Some((policy, tracked)) = found.and_then(|it| Some((*it, it.target.as_ref()?))) else {
        let reason = match policy {
            Some(name) => format!("{} has no target tracking policy {}", seen.group.name, SafeText::new(name)),
            None => format!("{} has not one target tracking policy but {}", seen.group.name, tracking.len()),
        };
        let hint = if names.is_empty() { "none is there".to_owned() } else { format!("name one of {}", list(&names)) };
        return Err(Refusal::new(reason).hint(hint));
    };
    let (metric, value) = (&tracked.metric, tracked.value);
    if target <= Decimal::ZERO {
        return Err(Refusal::new(format!("{target} is no target: it must be above 0")));
    }
    if target.to_f64().is_some_and(|it| (it - value).abs() < 1e-9) {
        return Err(Refusal::new(format!("{} keeps {metric} at {target} already", policy.name)));
    }
    let name: Arc<str> = policy.name.as_str().into();
    let write = GroupWrite::SetPolicyTarget { group: seen.who.name.clone(), policy: name.clone(), target };
    let title = format!("let {} of {} keep {metric} at {target}", policy.name, seen.group.name);
    let changes = vec![change(format!("target of {}", policy.name), value.to_string(), target.to_string())];
    let rests_on = vec![Basis { what: policy.name.clone(), value: value.to_string().into() }];
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], GroupGoal::Target { policy: name, target }));
    (draft.changes, draft.rests_on) = (changes, rests_on);
    Ok(draft)
}
