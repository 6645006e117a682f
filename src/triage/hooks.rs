//! Instances that wait for a lifecycle hook.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    words,
};
use crate::domain::{
    group::{Hook, Instance},
    id::Kind,
    signal::Severity,
};

pub const LIFECYCLE_HOOK_WAITING: Rule = Rule {
    name: "lifecycle-hook-waiting",
    meaning: "instances wait for a lifecycle hook: nobody has said that they may go on",
    severity: "a notice; a warning once less than a fifth of the hook's time is left, after which its default happens",
    fires: "an instance has waited for 5 minutes in Pending:Wait or Terminating:Wait",
    evidence: "each instance with its state and how long it waits, the hook with its time-out and default result",
    next: "see what should complete the hook; complete the lifecycle action, or extend it by a heartbeat",
    check: lifecycle_hook_waiting,
};

/// Waiting shorter than this is what hooks are for.
const USUAL: SignedDuration = SignedDuration::from_mins(5);

fn lifecycle_hook_waiting(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find).collect()
}

/// An instance that waits, since when, and the hook that it waits for, as far as they are known.
struct Waiting<'a> {
    instance: &'a Instance,
    since: Timestamp,
    hook: Option<&'a Hook>,
}

fn find(view: &GroupView<'_>) -> Option<Finding> {
    let (group, now) = (view.group, view.place.now);
    let waiting: Vec<Waiting<'_>> = group.instances.iter().filter_map(|it| waiting(view, it)).collect();
    let since = waiting.iter().map(|it| it.since).min()?;
    let late = |it: &Waiting<'_>| {
        it.hook.is_some_and(|hook| now.duration_since(it.since).as_secs() * 5 > i64::from(hook.timeout_seconds) * 4)
    };
    let severity = if waiting.iter().any(late) { Severity::Warning } else { Severity::Notice };
    let mut evidence: Vec<String> = waiting
        .iter()
        .map(|it| {
            let (id, state) = (&it.instance.id, &it.instance.lifecycle);
            format!("{id} {state} for {}", words::span(now.duration_since(it.since)))
        })
        .collect();
    let mut hooks: Vec<String> = waiting.iter().filter_map(|it| it.hook).map(describe).collect();
    hooks.dedup();
    evidence.extend(hooks);
    Some(Finding {
        summary: format!(
            "{} of {} {} for a lifecycle hook, for {}",
            words::count(waiting.len(), "instance"),
            group.name,
            if waiting.len() == 1 { "waits" } else { "wait" },
            words::span(now.duration_since(since))
        ),
        evidence,
        advice: "see what should complete the hook; complete the lifecycle action by hand, or record a heartbeat to extend it"
            .to_owned(),
        ..view.place.finding(severity, Kind::Group, group.name.as_str(), Some(since))
    })
}

fn waiting<'a>(view: &GroupView<'a>, instance: &'a Instance) -> Option<Waiting<'a>> {
    let transition = instance.waits_for()?;
    let activities = view.place.known.activities.get(&*view.spec.name)?.value()?;
    let of_it = activities.iter().filter(|it| it.ended_at.is_none() && it.instance() == Some(instance.id.as_str()));
    let since = of_it.map(|it| it.started_at).max()?;
    let hook = view.group.hooks.iter().find(|it| it.transition.as_str() == transition);
    (view.place.now.duration_since(since) >= USUAL).then_some(Waiting { instance, since, hook })
}

fn describe(hook: &Hook) -> String {
    let timeout = words::span(SignedDuration::from_secs(i64::from(hook.timeout_seconds)));
    format!("hook {}: after {timeout} without a heartbeat, {}", hook.name, hook.default_result)
}
