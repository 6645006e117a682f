//! From a verb for a group to its action.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{
    group_args::{Bounds, Draining, GroupVerb, HookWord, Meets, OnInstance, Refreshing, Then},
    target,
};
use crate::{
    domain::{
        id::Scope,
        write::{
            group::TemplateEdit,
            refresh::{Met, RefreshChoice},
        },
    },
    plan::{
        action::Action,
        group::action::{
            AtDeadline, BoundsChoice, DrainChoice, GroupChange, GroupRef, HookResult, Instances, RollBy, RollTo,
        },
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
        GroupVerb::Roll { group, to, image, instance_type, drain, refresh, .. } => {
            let word = |it: &Option<String>| it.as_deref().map(Arc::from);
            let edit = TemplateEdit { image: word(image), instance_type: word(instance_type) };
            let to = to.map_or(RollTo::New(edit), RollTo::Version);
            let by =
                if refresh.refresh { RollBy::Refresh(refresh_choice(refresh)?) } else { RollBy::Drain(choice(drain)) };
            (find(group)?, GroupChange::Roll { to, by })
        }
        GroupVerb::RollBackRefresh { group, .. } => (find(group)?, GroupChange::RollBackRefresh),
        GroupVerb::CancelRefresh { group, .. } => (find(group)?, GroupChange::CancelRefresh),
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

fn refresh_choice(refresh: &Refreshing) -> Result<RefreshChoice, String> {
    let seconds = |it: Option<SignedDuration>| {
        let seconds = it.map(|it| u32::try_from(it.as_secs()).map_err(|_| format!("{it:#} is no time to wait")));
        seconds.transpose()
    };
    let met = |it: Meets| match it {
        Meets::Wait => Met::Wait,
        Meets::Ignore => Met::Ignore,
        Meets::Replace => Met::Replace,
    };
    let choice = RefreshChoice {
        min_healthy: refresh.min_healthy,
        max_healthy: refresh.max_healthy,
        warmup_seconds: seconds(refresh.warmup)?,
        checkpoints: refresh.checkpoints.clone(),
        checkpoint_seconds: seconds(refresh.checkpoint_delay)?,
        skip_matching: !refresh.replace_matching,
        roll_back: refresh.auto_rollback,
        protected: met(refresh.protected),
        standby: met(refresh.in_standby),
        bake_seconds: seconds(refresh.bake_time)?,
        alarms: all(&refresh.alarm),
        ..RefreshChoice::default()
    };
    Ok(if refresh.drained { choice.of_drained() } else { choice })
}

fn choice(drain: &Draining) -> DrainChoice {
    let then = drain.then.map(|it| match it {
        Then::Wait => AtDeadline::Wait,
        Then::PutBack => AtDeadline::PutBack,
        Then::End => AtDeadline::End { sessions: drain.lose.unwrap_or_default() },
    });
    DrainChoice { width: drain.width, deadline: drain.deadline, then }
}
