//! Whether a group is what plain calls should have made of it, by what has been read since.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive;

use super::{
    super::{
        Operation,
        verdict::{Ending, Verdict},
    },
    Next,
    sight::Sight,
};
use crate::plan::group::course::GroupGoal;

/// What the goal has come to.
enum Come {
    There,
    OnItsWay,
    Another(String),
}

pub fn judge(operation: &Operation, calls: usize, goal: &GroupGoal, sight: &Sight<'_>, now: Timestamp) -> Next {
    let Some(state) = &operation.group else { return Next::Wait };
    if state.taken() < calls || !state.is_shown_at(sight.at) {
        return Next::Wait;
    }
    match come(goal, sight) {
        Come::There => Next::End(Box::new(Ending::of_group(operation, Verdict::Succeeded, None, now))),
        Come::OnItsWay => Next::Wait,
        Come::Another(why) => Next::End(Box::new(Ending::of_group(operation, Verdict::Superseded, Some(&why), now))),
    }
}

fn come(goal: &GroupGoal, sight: &Sight<'_>) -> Come {
    let group = sight.group;
    let is_there = |it: bool| if it { Come::There } else { Come::OnItsWay };
    match goal {
        GroupGoal::Scaled { desired } => in_service(*desired, sight),
        GroupGoal::Bounds { min, max } if (group.min, group.max) == (*min, *max) => Come::There,
        GroupGoal::Bounds { .. } => Come::Another(format!("the bounds are {}–{} now", group.min, group.max)),
        GroupGoal::Protected { instances, protected } => {
            let other = instances.iter().find(|it| sight.instance(it).is_some_and(|it| it.protected != *protected));
            match other {
                Some(id) => {
                    Come::Another(format!("{id} is {} now", if *protected { "unprotected" } else { "protected" }))
                }
                None => Come::There,
            }
        }
        GroupGoal::Standby { instance } => match state_of(instance, sight) {
            Some("Standby") => Come::There,
            Some("EnteringStandby" | "InService") => Come::OnItsWay,
            other => Come::Another(format!("{instance} is {} now", other.unwrap_or("gone"))),
        },
        GroupGoal::InService { instance } => match state_of(instance, sight) {
            Some("InService") => Come::There,
            Some(state) if state.starts_with("Pending") || state == "Standby" => Come::OnItsWay,
            other => Come::Another(format!("{instance} is {} now", other.unwrap_or("gone"))),
        },
        GroupGoal::Gone { instance, desired } => {
            if group.instances.iter().any(|it| it.id.as_str() == &**instance) {
                Come::OnItsWay
            } else {
                in_service(*desired, sight)
            }
        }
        GroupGoal::Processes { processes, suspended } => {
            let is_suspended = |it: &Arc<str>| group.suspended.iter().any(|(name, _)| name.as_str() == &**it);
            match processes.iter().find(|it| is_suspended(it) != *suspended) {
                Some(other) => {
                    Come::Another(format!("{other} is {} now", if *suspended { "active" } else { "suspended" }))
                }
                None => Come::There,
            }
        }
        GroupGoal::Target { policy, target } => {
            let found =
                group.policies.iter().find(|it| it.name.as_str() == &**policy).and_then(|it| it.target.as_ref());
            match (found, target.to_f64()) {
                (Some(kept), Some(target)) if (kept.value - target).abs() < 1e-9 => Come::There,
                (Some(kept), _) => Come::Another(format!("{policy} keeps {} now", kept.value)),
                (None, _) => Come::Another(format!("{policy} is gone")),
            }
        }
        // Watched by `refresh::look`, once its calls have been taken.
        GroupGoal::Refreshed { .. } | GroupGoal::RefreshUndone { .. } => Come::OnItsWay,
        GroupGoal::Hook { instance } => {
            is_there(sight.group.instances.iter().all(|it| it.id.as_str() != &**instance || it.waits_for().is_none()))
        }
    }
}

fn in_service(desired: u32, sight: &Sight<'_>) -> Come {
    if sight.group.desired != desired {
        let why = format!("{} are wanted now, not {desired}: a policy or somebody changed it", sight.group.desired);
        return Come::Another(why);
    }
    let there = sight.in_service().count() == desired as usize && sight.counting() == desired;
    if there { Come::There } else { Come::OnItsWay }
}

fn state_of<'a>(instance: &str, sight: &Sight<'a>) -> Option<&'a str> {
    sight.instance(instance).map(|it| it.lifecycle.as_str())
}
