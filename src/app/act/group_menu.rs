//! What can be done to a group and to its instances.

use std::sync::Arc;

use super::{
    form::Form,
    group_form::GroupForm,
    menu::{Leads, Offer},
};
use crate::{
    app::App,
    domain::{
        group::{Group, Instance},
        id::{Kind, ResourceId},
        refresh::RefreshState,
        verb::Verb,
    },
    plan::{
        action::Action,
        group::{
            PROCESSES,
            action::{BoundsChoice, GroupChange, GroupRef, HookResult, Instances},
            seen::declared,
        },
    },
};

/// What can be done to one group, or to instances of one group; nothing where they belong to several.
pub fn offers(app: &App, chosen: &[ResourceId]) -> Vec<Offer> {
    let Some((group, instances)) = found(app, chosen) else { return Vec::new() };
    let who = GroupRef::new(&chosen[0].scope, group.name.as_str());
    if declared(&who, &app.stacks).is_some_and(|(stack, _)| stack.read_only) {
        return Vec::new();
    }
    let mut offers = match instances.as_slice() {
        [] => protection_of_all(&who),
        [only] => of_instance(&who, group, only),
        several => protection(&who, several),
    };
    if instances.len() < 2 {
        offers.extend(of_group(app, &who, group));
    }
    offers
}

fn found<'a>(app: &'a App, chosen: &[ResourceId]) -> Option<(&'a Group, Vec<&'a Instance>)> {
    let first = chosen.first()?;
    let known = app.estate.scope(&first.scope)?;
    if let ([only], Kind::Group) = (chosen, first.kind) {
        let group = known.groups.value()?.values().find(|it| it.name.as_str() == &*only.key)?;
        return Some((group, Vec::new()));
    }
    let (group, _) = known.instance(&first.key)?;
    let of_group = |id: &ResourceId| {
        let here = id.kind == Kind::Instance && id.scope == first.scope;
        group.instances.iter().find(|it| here && it.id.as_str() == &*id.key)
    };
    Some((group, chosen.iter().map(of_group).collect::<Option<Vec<_>>>()?))
}

fn offer(key: char, verb: Verb, summary: impl Into<String>, leads: Leads) -> Offer {
    Offer { key, verb, summary: summary.into().into(), leads }
}

fn plan(who: &GroupRef, key: char, summary: impl Into<String>, change: GroupChange) -> Offer {
    let verb = change.verb();
    offer(key, verb, summary, Leads::Plan(Action::Group { group: who.clone(), change }))
}

fn form(who: &GroupRef, key: char, verb: Verb, summary: impl Into<String>, form: GroupForm) -> Offer {
    offer(key, verb, summary, Leads::Form(Box::new(Form::group(who.clone(), form))))
}

fn of_instance(who: &GroupRef, group: &Group, instance: &Instance) -> Vec<Offer> {
    let id: Arc<str> = instance.id.as_str().into();
    let mut offers = Vec::new();
    if matches!(instance.lifecycle.as_str(), "InService" | "Standby") {
        let drain = |replace| GroupForm::Drain { instance: id.clone(), replace };
        offers.push(form(who, 'd', Verb::Drain, "end it when its last session has gone", drain(false)));
        if instance.is_in_service() {
            offers.push(form(who, 'r', Verb::Drain, "the same, and another takes its place", drain(true)));
        }
    }
    if !instance.lifecycle.as_str().starts_with("Terminat") {
        let change = GroupChange::Terminate { instance: id.clone(), replace: false };
        offers.push(plan(who, 'k', "end it at once, with what it holds", change));
    }
    offers.extend(protection(who, &[instance]));
    match instance.lifecycle.as_str() {
        "InService" => {
            let change = GroupChange::Standby { instance: id.clone() };
            offers.push(plan(who, 'y', "keep it, and give it no more sessions", change));
        }
        "Standby" => {
            let change = GroupChange::InService { instance: id.clone() };
            offers.push(plan(who, 'i', "let it take sessions again", change));
        }
        _ => {}
    }
    if let Some(transition) = instance.waits_for() {
        let hook = group.hooks.iter().find(|it| it.transition.as_str() == transition);
        let name = hook.map_or("its hook".to_owned(), |it| it.name.to_string());
        for (key, result) in [('c', HookResult::Continue), ('a', HookResult::Abandon)] {
            let change = GroupChange::CompleteHook { instance: id.clone(), result };
            offers.push(plan(who, key, format!("end its wait for {name} with {}", result.word()), change));
        }
    }
    offers
}

fn protection(who: &GroupRef, instances: &[&Instance]) -> Vec<Offer> {
    let of = |protected: bool| {
        let others = instances.iter().filter(|it| it.protected != protected);
        let ids: Vec<Arc<str>> = others.map(|it| it.id.as_str().into()).collect();
        (!ids.is_empty()).then_some(GroupChange::Protect { instances: Instances::These(ids), protected })
    };
    let on = of(true).map(|it| plan(who, 'p', "scale-in may not choose it", it));
    let off = of(false).map(|it| plan(who, 'u', "scale-in may choose it again", it));
    on.into_iter().chain(off).collect()
}

fn protection_of_all(who: &GroupRef) -> Vec<Offer> {
    let of = |protected| GroupChange::Protect { instances: Instances::All, protected };
    vec![
        plan(who, 'p', "scale-in may choose none of them, nor of those to come", of(true)),
        plan(who, 'u', "scale-in may choose any of them again", of(false)),
    ]
}

fn of_group(app: &App, who: &GroupRef, group: &Group) -> Vec<Offer> {
    let spec = declared(who, &app.stacks).map(|(_, spec)| spec);
    let holds_sessions = spec.is_some_and(|it| it.sessions.is_some());
    let how = if holds_sessions { ", down session by session" } else { "" };
    let scale = GroupForm::Scale {
        current: group.desired,
        min: group.min,
        max: group.max,
        holds_sessions,
        bounds: BoundsChoice::Keep,
    };
    let summary = format!("another number of instances than {}{how}", group.desired);
    let bounds = GroupForm::Bounds { min: group.min, max: group.max };
    let mut offers = vec![
        form(who, 's', Verb::Scale, summary, scale),
        form(who, 'b', Verb::Bounds, format!("other bounds than {}–{}", group.min, group.max), bounds),
    ];
    if let Some(template) = &group.launch_template {
        let mut versions: Vec<_> = group.instances.iter().map(|it| it.template_version.clone()).collect();
        versions.sort();
        versions.dedup();
        let roll = GroupForm::Roll { named: template.version.clone(), versions, holds_sessions };
        let how = if holds_sessions { ", drained and replaced one by one" } else { ", by an instance refresh" };
        let summary = format!("to another version of {}, or a new one{how}", template.name);
        offers.push(form(who, 'v', Verb::Roll, summary, roll));
    }
    let refresh = app.estate.scope(&who.scope).and_then(|it| it.active_refresh(group.name.as_str()));
    if let Some(refresh) = refresh {
        let summary = format!("stop the instance refresh ({}) where it is", refresh.word());
        offers.push(plan(who, 'e', summary, GroupChange::CancelRefresh));
        if refresh.state() == RefreshState::UnderWay {
            offers.push(plan(who, 'o', "undo the instance refresh", GroupChange::RollBackRefresh));
        }
    }
    let tracking = group.policies.iter().find_map(|it| Some((it, it.target.as_ref()?)));
    if let Some((policy, tracked)) = tracking {
        let summary = format!("another target than {} at {}", tracked.metric, tracked.value);
        let (policy, metric) = (policy.name.as_str().into(), tracked.metric.clone());
        let retarget = GroupForm::Retarget { policy, metric, value: tracked.value };
        offers.push(form(who, 't', Verb::Retarget, summary, retarget));
    }
    let is_suspended = |name: &str| group.suspended.iter().any(|(it, _)| it.as_str() == name);
    let listed: Vec<_> = PROCESSES.iter().map(|it| (*it, is_suspended(it))).collect();
    let off = listed.iter().filter(|(_, is_suspended)| *is_suspended).count();
    let summary = format!("suspend or resume what the group does by itself ({off} suspended)");
    let verb = if off > 0 { Verb::ResumeProcesses } else { Verb::SuspendProcesses };
    offers.push(form(who, 'z', verb, summary, GroupForm::Processes { listed, selected: 0 }));
    offers
}
