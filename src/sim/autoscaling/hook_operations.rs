//! The operations on lifecycle hooks, and on instances that wait for them.

use jiff::Timestamp;

use super::{
    Group, State,
    hook::{Hook, Transition, Wait},
    missing, validation,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::Value,
    },
};

/// Hooks that a group may have; seconds between which a time-out lies, and the one where none is given.
const MOST: usize = 50;
const TIMEOUTS: std::ops::RangeInclusive<i64> = 30..=7200;
const DEFAULT_TIMEOUT: u32 = 3600;

/// `DescribeLifecycleHooks`: those named, or all. Unknown names are left out without a word.
pub fn describe(state: &mut State, call: &Call<'_>) -> Reply {
    let names = call.input.texts("LifecycleHookNames")?;
    let group = state.group(call)?;
    let hooks = group.hooks.iter().filter(|hook| names.is_empty() || names.contains(&hook.name));
    Ok(shape! { "LifecycleHooks" => Value::list(hooks.map(|hook| spelt(group, hook))) })
}

/// `PutLifecycleHook`: a new hook, or what is given of one that is there.
pub fn put(state: &mut State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let name = input.text("LifecycleHookName")?.ok_or_else(|| missing("lifecycleHookName"))?;
    let transition = input.text("LifecycleTransition")?.map(transition).transpose()?;
    let timeout = input.int("HeartbeatTimeout")?.map(timeout).transpose()?;
    let abandons = input.text("DefaultResult")?.map(abandons).transpose()?;
    let text = |name| input.text(name).map(|text| text.map(str::to_owned));
    let (target, metadata, role) = (text("NotificationTargetARN")?, text("NotificationMetadata")?, text("RoleARN")?);
    let group = state.group(call)?;
    let at = group.hooks.iter().position(|hook| hook.name == name);
    if at.is_none() && group.hooks.len() >= MOST {
        let message = format!("The group {} has {MOST} lifecycle hooks already.", group.name);
        return Err(ApiError::bad_request("LimitExceeded", message));
    }
    let known = at.map(|at| group.hooks.remove(at));
    let known = known.as_ref();
    let Some(transition) = transition.or(known.map(|hook| hook.transition)) else {
        return Err(validation("The LifecycleTransition is required for a new lifecycle hook."));
    };
    group.hooks.push(Hook {
        name: name.to_owned(),
        transition,
        timeout: timeout.or(known.map(|hook| hook.timeout)).unwrap_or(DEFAULT_TIMEOUT),
        abandons: abandons.or(known.map(|hook| hook.abandons)).unwrap_or(true),
        target: target.or_else(|| known?.target.clone()).filter(|arn| !arn.is_empty()),
        metadata: metadata.or_else(|| known?.metadata.clone()),
        role: role.or_else(|| known?.role.clone()),
    });
    group.hooks.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Value::empty())
}

/// `DeleteLifecycleHook`: instances that wait for it go on, those being launched as abandoned.
pub fn delete(state: &mut State, call: &Call<'_>) -> Reply {
    let name = call.input.text("LifecycleHookName")?.ok_or_else(|| missing("lifecycleHookName"))?;
    let group = state.group(call)?;
    let before = group.hooks.len();
    group.hooks.retain(|hook| hook.name != name);
    if group.hooks.len() == before {
        return Err(validation(format!(
            "No Lifecycle Hook found with name: {name} for Auto Scaling group {}",
            group.name
        )));
    }
    for member in &mut group.members {
        let launching = member.is_coming();
        let open = member.waits.iter_mut().filter(|wait| wait.hook == name && wait.is_open());
        open.for_each(|wait| wait.complete(launching));
    }
    Ok(Value::empty())
}

/// `CompleteLifecycleAction`.
pub fn complete(state: &mut State, call: &Call<'_>) -> Reply {
    let result = call.input.text("LifecycleActionResult")?.ok_or_else(|| missing("lifecycleActionResult"))?;
    let abandon = abandons(result)?;
    waiting(state.group(call)?, call.input)?.complete(abandon);
    Ok(Value::empty())
}

/// `RecordLifecycleActionHeartbeat`.
pub fn heartbeat(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    waiting(state.group(call)?, call.input)?.beat(now);
    Ok(Value::empty())
}

/// The open wait that the call names by its hook and its instance or token.
fn waiting<'g>(group: &'g mut Group, input: Input<'_>) -> Result<&'g mut Wait, ApiError> {
    let hook = input.text("LifecycleHookName")?.ok_or_else(|| missing("lifecycleHookName"))?;
    let (instance, token) = (input.text("InstanceId")?, input.text("LifecycleActionToken")?);
    let by = match (instance, token) {
        (_, Some(token)) => format!("token {token}"),
        (Some(instance), None) => format!("instance ID {instance}"),
        (None, None) => return Err(validation("Either the instance ID or the lifecycle action token is required.")),
    };
    let members = group.members.iter_mut().filter(|member| instance.is_none_or(|id| member.instance == id));
    let mut waits = members.flat_map(|member| &mut member.waits);
    waits
        .find(|wait| wait.hook == hook && wait.is_open() && token.is_none_or(|token| wait.token == token))
        .ok_or_else(|| validation(format!("No active Lifecycle Action found with {by}")))
}

fn transition(text: &str) -> Result<Transition, ApiError> {
    let known = Transition::ALL.into_iter().find(|it| it.wire() == text);
    known.ok_or_else(|| validation(format!("Invalid Lifecycle Transition: {text}")))
}

fn timeout(seconds: i64) -> Result<u32, ApiError> {
    let within = u32::try_from(seconds).ok().filter(|_| TIMEOUTS.contains(&seconds));
    within.ok_or_else(|| {
        let (least, most) = (TIMEOUTS.start(), TIMEOUTS.end());
        validation(format!("The heartbeat timeout must be between {least} and {most} seconds, and is {seconds}"))
    })
}

fn abandons(result: &str) -> Result<bool, ApiError> {
    match result {
        "ABANDON" => Ok(true),
        "CONTINUE" => Ok(false),
        other => Err(validation(format!("Invalid Lifecycle Action Result: {other}. Valid results: CONTINUE, ABANDON"))),
    }
}

fn spelt(group: &Group, hook: &Hook) -> Value {
    shape! {
        "LifecycleHookName" => &hook.name,
        "AutoScalingGroupName" => &group.name,
        "LifecycleTransition" => hook.transition.wire(),
        "NotificationTargetARN" => hook.target.as_ref(),
        "RoleARN" => hook.role.as_ref(),
        "NotificationMetadata" => hook.metadata.as_ref(),
        "HeartbeatTimeout" => hook.timeout,
        "GlobalTimeout" => hook.global_timeout(),
        "DefaultResult" => if hook.abandons { "ABANDON" } else { "CONTINUE" },
    }
}
