//! Gateways emptied before they are ended.

use super::{
    super::{
        action::{AtDeadline, DrainChoice},
        course::{DrainCourse, DrainWay, PlannedGateway, Work},
        draft::GroupDraft,
        seen::GroupSeen,
    },
    Composed, change, gateway,
};
use crate::{
    domain::{group::Instance, write::group::GroupWrite},
    plan::{facts::Asked, model::Refusal},
    stack,
    triage::words::{count, list, span},
};

pub fn one<'a>(seen: GroupSeen<'a>, id: &str, replace: bool, choice: DrainChoice) -> Composed<'a> {
    let instance = seen.instance(id)?;
    if !matches!(instance.lifecycle.as_str(), "InService" | "Standby") {
        return Err(Refusal::new(format!("{id} is {}: it is not in service", instance.lifecycle)));
    }
    let stands_by = instance.lifecycle.as_str() == "Standby";
    let desired = seen.group.desired;
    let after = if replace || stands_by { desired } else { desired.saturating_sub(1) };
    let then = if replace { "replace" } else { "end" };
    let title = format!("drain and {then} {id} of {}", seen.group.name);
    let mut draft = drained(seen, title, vec![instance], after, (choice, Vec::new()))?;
    if after != desired {
        draft.changes.push(change("desired capacity", desired.to_string(), after.to_string()));
    }
    Ok(draft)
}

/// Why sessions cannot be waited for.
pub fn unreadable(seen: &GroupSeen<'_>) -> Refusal {
    let fault = seen.sessions.as_ref().and_then(Asked::fault);
    match fault {
        Some(fault) => Refusal::new(format!("the sessions cannot be read: {}", fault.kind.word()))
            .hint("nothing is ended while nobody knows what it holds"),
        None => Refusal::new(format!("what each gateway of {} holds cannot be read", seen.group.name))
            .hint("name the table of sessions in the stack file ([group.sessions] table), or end one by its name"),
    }
}

/// A drain of `goes`, in their order, to `desired` instances.
pub fn drained<'a>(
    seen: GroupSeen<'a>,
    title: String,
    goes: Vec<&'a Instance>,
    desired: u32,
    (choice, first): (DrainChoice, Vec<GroupWrite>),
) -> Composed<'a> {
    let way = seen.drain_way();
    if matches!(&way, DrainWay::TargetGroups(groups) if groups.is_empty()) {
        return Err(Refusal::new(format!("{} is in no target group to be taken out of", seen.group.name))
            .hint("the stack file says drain = \"target-group\"; standby or tag need none"));
    }
    let table = seen.spec.and_then(|it| it.sessions.as_ref()?.table.clone());
    let (Some(table), Some(held)) = (table, seen.held()) else {
        return Err(unreadable(&seen));
    };
    let usual = seen.spec.map(|it| it.drain.clone()).unwrap_or_default();
    let plan = |it: &&Instance| {
        let sessions = held.get(it.id.as_str()).copied().unwrap_or_default();
        let forecast = seen.forecast(sessions);
        PlannedGateway { instance: it.id.as_str().into(), zone: it.zone.clone(), sessions, forecast }
    };
    let gateways: Vec<PlannedGateway> = goes.iter().map(plan).collect();
    let crowds = seen.capacity(&seen.without(&goes)).is_some_and(|room| held.values().sum::<u32>() > room);
    let group = seen.who.name.clone();
    let drain = DrainCourse {
        group,
        first,
        width: choice.width.max(1) as usize,
        way,
        replace: desired == seen.group.desired && goes.iter().all(|it| it.is_in_service()),
        protects_new: !seen.group.protects_new,
        table,
        limits: seen.limits(),
        crowds,
        deadline: choice.deadline.unwrap_or(usual.deadline),
        then: choice.then.unwrap_or(match usual.at_deadline {
            stack::drain::AtDeadline::Wait => AtDeadline::Wait,
            stack::drain::AtDeadline::PutBack => AtDeadline::PutBack,
            stack::drain::AtDeadline::Ask => AtDeadline::End { sessions: 0 },
        }),
        desired,
        gateways,
    };
    let told = goes.iter().zip(&drain.gateways).map(|(it, plan)| gateway(&seen, it, plan.forecast)).collect();
    let changes = vec![change(list(&ids(&goes)), "in service", drain.way.words()), deadline(&drain)];
    let mut draft = GroupDraft::new(seen, title, Work::Drain(Box::new(drain)));
    (draft.goes, draft.desired, draft.gateways, draft.changes) = (goes, desired, told, changes);
    Ok(draft)
}

fn ids<'a>(instances: &[&'a Instance]) -> Vec<&'a str> {
    instances.iter().map(|it| it.id.as_str()).collect()
}

fn deadline(drain: &DrainCourse) -> crate::plan::model::Change {
    let at = span(drain.deadline);
    let after = match drain.then {
        AtDeadline::Wait => format!("waited for as long as they last, and told after {at}"),
        AtDeadline::PutBack => format!("waited for {at}, then all is put back"),
        AtDeadline::End { sessions: 0 } => format!("waited for {at}, then you are asked"),
        AtDeadline::End { sessions } => {
            let left = count(sessions as usize, "session");
            format!("waited for {at}, then ended if no more than {left} are left")
        }
    };
    change("their sessions", "open", after)
}
