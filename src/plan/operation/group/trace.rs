//! Calls that nobody answered: looked for in what is read, never sent again.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::prelude::ToPrimitive;

use super::{
    super::{Operation, StepRef, StepState},
    sight::Sight,
};
use crate::domain::{
    refresh::Refresh,
    write::{Settlement, WriteAnswer, WriteOutcome, Written, group::GroupWrite},
};

/// A call that has left no trace for so long did not happen: the SDK's own tries end well before.
const GIVE_UP: SignedDuration = SignedDuration::from_secs(45);

/// Settles every unanswered call that can be.
pub fn resolve(operation: &mut Operation, sight: &Sight<'_>, now: Timestamp) {
    let Some(state) = &operation.group else { return };
    let unsure: Vec<_> = state
        .calls
        .iter()
        .enumerate()
        .filter_map(|(step, call)| match &call.state {
            StepState::Unsure { fault, at } => Some((step, call.write.clone(), fault.clone(), *at)),
            _ => None,
        })
        .collect();
    for (step, write, fault, at) in unsure {
        let reference = StepRef { part: 0, step };
        if sight.at > at
            && let Some(answer) = found(&write, sight, at)
        {
            operation.note(now, format!("{} did happen", write.operation()));
            operation.settled.push((reference, Settlement::Happened(answer.clone())));
            let written = Written { request_id: None, answer };
            operation.group_answered(reference, WriteOutcome::Done(written), now);
        } else if sight.at.duration_since(at) > GIVE_UP {
            operation.settled.push((reference, Settlement::DidNotHappen));
            operation.note(now, format!("{} has left no trace", write.operation()));
            operation.group_answered(reference, WriteOutcome::Refused(fault), now);
        }
    }
}

/// What AWS would have answered to a call that has happened after all; `None` where nothing shows that it has.
fn found(write: &GroupWrite, sight: &Sight<'_>, sent_at: Timestamp) -> Option<WriteAnswer> {
    match write {
        GroupWrite::CreateTemplateVersion { template, source, edit, newest } => {
            let mut versions = sight.template(template)?.versions.iter();
            let made = versions.find(|it| it.number > *newest && it.description == edit.description(*source))?;
            Some(WriteAnswer::TemplateVersion { version: made.number })
        }
        GroupWrite::StartRefresh { template: (_, version), .. } => {
            let since = sent_at.saturating_sub(GIVE_UP).unwrap_or(sent_at);
            let is_it = |it: &&Refresh| {
                let brings = it.template.as_ref().is_some_and(|it| it.version.as_str() == &**version);
                brings && it.started_at.is_some_and(|at| at > since)
            };
            let started = sight.refreshes()?.0.iter().find(is_it)?;
            Some(WriteAnswer::Refresh { id: started.id.clone() })
        }
        _ => has_happened(write, sight).then_some(WriteAnswer::Accepted),
    }
}

/// Whether what was read is as the call would have it.
pub fn has_happened(write: &GroupWrite, sight: &Sight<'_>) -> bool {
    let group = sight.group;
    let all = |ids: &[Arc<str>], is_so: &dyn Fn(&crate::domain::group::Instance) -> bool| {
        ids.iter().all(|id| sight.instance(id).is_none_or(is_so))
    };
    let suspended = |name: &Arc<str>| group.suspended.iter().any(|(it, _)| it.as_str() == &**name);
    match write {
        GroupWrite::SetDesiredCapacity { desired, .. } => group.desired == *desired,
        GroupWrite::UpdateGroup { change, .. } => {
            change.min.is_none_or(|it| it == group.min)
                && change.max.is_none_or(|it| it == group.max)
                && change.desired.is_none_or(|it| it == group.desired)
                && change.protect_new.is_none_or(|it| it == group.protects_new)
                && change.template.as_ref().is_none_or(|(_, version)| {
                    group.launch_template.as_ref().is_some_and(|it| it.version.as_str() == &**version)
                })
        }
        GroupWrite::SetInstanceProtection { instances, protected, .. } => {
            all(instances, &|it| it.protected == *protected)
        }
        GroupWrite::EnterStandby { instances, .. } => all(instances, &|it| it.lifecycle.as_str().contains("Standby")),
        GroupWrite::ExitStandby { instances, .. } => all(instances, &|it| !it.lifecycle.as_str().contains("Standby")),
        GroupWrite::TerminateInstance { instance, .. } => sight.instance(instance).is_none(),
        GroupWrite::SuspendProcesses { processes, .. } => processes.iter().all(suspended),
        GroupWrite::ResumeProcesses { processes, .. } => !processes.iter().any(suspended),
        GroupWrite::CompleteLifecycleAction { instance, .. } => {
            group.instances.iter().all(|it| it.id.as_str() != &**instance || it.waits_for().is_none())
        }
        GroupWrite::SetPolicyTarget { policy, target, .. } => group.policies.iter().any(|it| {
            let kept = it.target.as_ref().map(|it| it.value);
            it.name.as_str() == &**policy && kept.zip(target.to_f64()).is_some_and(|(a, b)| (a - b).abs() < 1e-9)
        }),
        GroupWrite::RollBackRefresh { .. } => is_refresh(sight, &["RollbackInProgress", "RollbackSuccessful"]),
        GroupWrite::CancelRefresh { .. } => is_refresh(sight, &["Cancelling", "Cancelled"]),
        GroupWrite::TagInstance { instance, key, value } => sight.is_tagged(instance, key, value),
        // Nothing that is read here shows these; whoever says go on sends them again, and twice is as good as once.
        GroupWrite::RegisterTarget { .. }
        | GroupWrite::DeregisterTarget { .. }
        // What these answer is found by what it is (`found`).
        | GroupWrite::CreateTemplateVersion { .. }
        | GroupWrite::StartRefresh { .. } => false,
    }
}

/// Whether the newest refresh is in one of these states.
fn is_refresh(sight: &Sight<'_>, states: &[&str]) -> bool {
    let newest = sight.refreshes().and_then(|(all, _)| all.first());
    newest.is_some_and(|it| states.contains(&it.status.as_str()))
}
