//! What is done to single instances.

use std::sync::Arc;

use super::{
    super::{
        action::{HookResult, Instances},
        course::GroupGoal,
        draft::GroupDraft,
        seen::GroupSeen,
    },
    Composed, calls, change, gateway, held,
};
use crate::{
    domain::{
        group::Instance,
        text::SafeText,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::model::{Basis, Refusal},
    triage::words::{count, list},
};

pub fn terminate<'a>(seen: GroupSeen<'a>, id: &str, replace: bool) -> Composed<'a> {
    let instance = seen.instance(id)?;
    if instance.lifecycle.as_str().starts_with("Terminat") {
        return Err(Refusal::new(format!("{id} is {} already", instance.lifecycle)));
    }
    let (group, desired) = (seen.who.name.clone(), seen.group.desired);
    // Only what counts towards the desired capacity can take it down.
    let decrement = !replace && instance.lifecycle.as_str() != "Standby";
    let after = if decrement { desired.saturating_sub(1) } else { desired };
    let write = GroupWrite::TerminateInstance { group, instance: id.into(), decrement };
    let goal = GroupGoal::Gone { instance: id.into(), desired: after };
    let sessions = seen.sessions_on(id);
    let mut draft = GroupDraft::new(seen, String::new(), calls(vec![write], goal));
    let seen = &draft.seen;
    draft.title = format!("terminate {id} of {}", seen.group.name);
    draft.gateways = vec![gateway(seen, instance, None)];
    draft.changes = vec![change(id, instance.lifecycle.clone(), if replace { "ended and replaced" } else { "ended" })];
    if after != desired {
        draft.changes.push(change("desired capacity", desired.to_string(), after.to_string()));
    }
    if let Some(sessions) = sessions.filter(|_| seen.holds_sessions()) {
        if !sessions.is_empty() {
            draft.lost = vec![held(seen, &sessions).into()];
        }
        let value = count(sessions.len(), "session").into();
        draft.rests_on.push(Basis { what: format!("sessions on {id}").into(), value });
    }
    (draft.goes, draft.desired) = (vec![instance], after);
    Ok(draft)
}

pub fn protect<'a>(seen: GroupSeen<'a>, which: &Instances, protected: bool) -> Composed<'a> {
    let word = if protected { "protect" } else { "unprotect" };
    let chosen: Vec<&Instance> = match which {
        Instances::All => seen.group.instances.iter().collect(),
        Instances::These(ids) => ids.iter().map(|it| seen.instance(it)).collect::<Result<_, _>>()?,
    };
    let may = |it: &&&Instance| matches!(it.lifecycle.as_str(), "InService" | "Standby" | "EnteringStandby");
    let others: Vec<&Instance> = chosen.iter().filter(may).filter(|it| it.protected != protected).copied().collect();
    let is_all = *which == Instances::All;
    if others.is_empty() && (!is_all || seen.group.protects_new == protected) {
        let ids: Vec<&str> = chosen.iter().map(|it| it.id.as_str()).collect();
        let state = if protected { "protected" } else { "not protected" };
        return Err(Refusal::new(format!("{} cannot be changed, or is {state} already", list(&ids))));
    }
    let ids: Vec<Arc<str>> = others.iter().map(|it| it.id.as_str().into()).collect();
    let group = seen.who.name.clone();
    let mut writes: Vec<GroupWrite> = ids
        .chunks(50)
        .map(|ids| GroupWrite::SetInstanceProtection { group: group.clone(), instances: ids.to_vec(), protected })
        .collect();
    if is_all {
        let change = GroupUpdate { protect_new: Some(protected), ..GroupUpdate::default() };
        writes.push(GroupWrite::UpdateGroup { group, change });
    }
    let named: Vec<&str> = others.iter().map(|it| it.id.as_str()).collect();
    let whom = if is_all { "every instance".to_owned() } else { list(&named) };
    let title = format!("{word} {whom} of {} from scale-in", seen.group.name);
    let side = |it: bool| if it { "protected" } else { "not protected" };
    let mut changes: Vec<_> =
        others.iter().map(|it| change(it.id.clone(), side(!protected), side(protected))).collect();
    if is_all {
        changes.push(change("instances launched later", side(seen.group.protects_new), side(protected)));
    }
    let rests_on = others.iter().map(|it| Basis { what: it.id.clone(), value: side(it.protected).into() }).collect();
    let mut draft = GroupDraft::new(seen, title, calls(writes, GroupGoal::Protected { instances: ids, protected }));
    (draft.changes, draft.rests_on) = (changes, rests_on);
    draft.gateways = others.iter().map(|it| gateway(&draft.seen, it, None)).collect();
    Ok(draft)
}

pub fn standby<'a>(seen: GroupSeen<'a>, id: &str) -> Composed<'a> {
    let instance = in_state(&seen, id, "InService")?;
    let write = GroupWrite::EnterStandby { group: seen.who.name.clone(), instances: vec![id.into()], decrement: true };
    let goal = GroupGoal::Standby { instance: id.into() };
    let title = format!("move {id} of {} to standby", seen.group.name);
    let after = seen.group.desired.saturating_sub(1);
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], goal));
    draft.changes = vec![
        change(id, "InService", "Standby: it keeps its sessions and is given no more"),
        change("desired capacity", draft.seen.group.desired.to_string(), after.to_string()),
    ];
    draft.gateways = vec![gateway(&draft.seen, instance, None)];
    (draft.goes, draft.desired) = (vec![instance], after);
    Ok(draft)
}

pub fn in_service<'a>(seen: GroupSeen<'a>, id: &str) -> Composed<'a> {
    let instance = in_state(&seen, id, "Standby")?;
    let write = GroupWrite::ExitStandby { group: seen.who.name.clone(), instances: vec![id.into()] };
    let title = format!("bring {id} of {} back in service", seen.group.name);
    let after = seen.group.desired + 1;
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], GroupGoal::InService { instance: id.into() }));
    draft.changes = vec![
        change(id, "Standby", "InService"),
        change("desired capacity", draft.seen.group.desired.to_string(), after.to_string()),
    ];
    draft.gateways = vec![gateway(&draft.seen, instance, None)];
    draft.desired = after;
    Ok(draft)
}

pub fn complete_hook<'a>(seen: GroupSeen<'a>, id: &str, result: HookResult) -> Composed<'a> {
    let instance = seen.instance(id)?;
    let transition = instance
        .waits_for()
        .ok_or_else(|| Refusal::new(format!("{id} is {}: it waits for no lifecycle hook", instance.lifecycle)))?;
    let hook = seen.group.hooks.iter().find(|it| it.transition.as_str() == transition);
    let hook = hook.ok_or_else(|| Refusal::new(format!("{} has no hook for {transition}", seen.group.name)))?;
    let write = GroupWrite::CompleteLifecycleAction {
        group: seen.who.name.clone(),
        hook: hook.name.as_str().into(),
        instance: id.into(),
        result: result.word().into(),
    };
    let title = format!("end the wait of {id} of {} for {} with {}", seen.group.name, hook.name, result.word());
    let after = match (result, instance.lifecycle.as_str().contains("Pending")) {
        (HookResult::Continue, true) => "it comes into service",
        (HookResult::Abandon, true) => "its launch is given up: it is ended",
        (_, false) => "it is ended now",
    };
    let rests_on = Basis { what: instance.id.clone(), value: instance.lifecycle.clone() };
    let changes = vec![change(id, instance.lifecycle.clone(), after)];
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], GroupGoal::Hook { instance: id.into() }));
    draft.gateways = vec![gateway(&draft.seen, instance, None)];
    (draft.changes, draft.rests_on) = (changes, vec![rests_on]);
    Ok(draft)
}

fn in_state<'a>(seen: &GroupSeen<'a>, id: &str, state: &str) -> Result<&'a Instance, Refusal> {
    let instance = seen.instance(id)?;
    if instance.lifecycle.as_str() != state {
        return Err(Refusal::new(format!("{} is {}, not {state}", SafeText::new(id), instance.lifecycle)));
    }
    Ok(instance)
}
