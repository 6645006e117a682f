//! From a verb for a group to its action.

use std::sync::Arc;

use super::{
    group_args::{Bounds, Draining, GroupVerb, HookWord, OnInstance, Then},
    target,
};
use crate::{
    domain::id::Scope,
    plan::{
        action::Action,
        group::action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, GroupRef, HookResult, Instances},
    },
    stack::model::Stack,
};

/// What the verb asks for, or what is wrong with it.
pub fn action(verb: &GroupVerb, stacks: &[Stack], scope: Option<&Scope>) -> Result<Action, String> {
    let find = |word: &str| target::group(word, stacks, scope);
    let (group, change) = match verb {
        GroupVerb::Drain { on, replace, drain, .. } => {
            let change = GroupChange::Drain { instance: id(on), replace: *replace, drain: choice(drain) };
            (find(&on.group)?, change)
        }
        GroupVerb::Roll { group, to, drain, .. } => {
            (find(group)?, GroupChange::Roll { version: *to, drain: choice(drain) })
        }
        GroupVerb::Terminate { on, replace, .. } => {
            (find(&on.group)?, GroupChange::Terminate { instance: id(on), replace: *replace })
        }
        GroupVerb::Protect { group, instance, .. } => (find(group)?, protect(instance, true)),
        GroupVerb::Unprotect { group, instance, .. } => (find(group)?, protect(instance, false)),
        GroupVerb::Standby { on, .. } => (find(&on.group)?, GroupChange::Standby { instance: id(on) }),
        GroupVerb::InService { on, .. } => (find(&on.group)?, GroupChange::InService { instance: id(on) }),
        GroupVerb::SuspendProcesses { group, processes, .. } => {
            (find(group)?, GroupChange::Processes { processes: all(processes), suspended: true })
        }
        GroupVerb::ResumeProcesses { group, processes, .. } => {
            (find(group)?, GroupChange::Processes { processes: all(processes), suspended: false })
        }
        GroupVerb::Bounds { group, min, max, .. } => (find(group)?, GroupChange::Bounds { min: *min, max: *max }),
        GroupVerb::Retarget { group, to, policy, .. } => {
            let policy = policy.as_deref().map(Arc::from);
            (find(group)?, GroupChange::Retarget { policy, target: *to })
        }
        GroupVerb::CompleteHook { on, result, .. } => {
            let result = match result {
                HookWord::Continue => HookResult::Continue,
                HookWord::Abandon => HookResult::Abandon,
            };
            (find(&on.group)?, GroupChange::CompleteHook { instance: id(on), result })
        }
    };
    Ok(Action::Group { group, change })
}

/// Scaling a group.
pub fn scale(group: GroupRef, to: u32, bounds: Bounds, drain: &Draining) -> Action {
    let bounds = match bounds {
        Bounds::Keep => BoundsChoice::Keep,
        Bounds::Move => BoundsChoice::Move,
    };
    Action::Group { group, change: GroupChange::Scale { to, bounds, drain: choice(drain) } }
}

fn id(on: &OnInstance) -> Arc<str> {
    on.instance.as_str().into()
}

fn all(words: &[String]) -> Vec<Arc<str>> {
    words.iter().map(|it| it.as_str().into()).collect()
}

fn protect(instances: &[String], protected: bool) -> GroupChange {
    let instances = if instances.is_empty() { Instances::All } else { Instances::These(all(instances)) };
    GroupChange::Protect { instances, protected }
}

fn choice(drain: &Draining) -> DrainChoice {
    let then = drain.then.map(|it| match it {
        Then::Wait => AtDeadline::Wait,
        Then::PutBack => AtDeadline::PutBack,
        Then::End => AtDeadline::End { sessions: drain.lose.unwrap_or_default() },
    });
    DrainChoice { width: drain.width, deadline: drain.deadline, then }
}
