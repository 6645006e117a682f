//! Instance refreshes: which instances one replaces, its preferences in words, and undoing the one under way.

use super::{
    super::{course::GroupGoal, draft::GroupDraft, seen::GroupSeen},
    Composed, calls, change, gateway,
};
use crate::{
    domain::{
        group::Instance,
        query::{Answer, Query},
        refresh::RefreshState,
        write::{
            group::GroupWrite,
            refresh::{Met, RefreshChoice},
        },
    },
    plan::{
        facts::{Asked, Inquiry},
        model::{Basis, Change, Refusal},
        seen::Stop,
    },
    triage::words::{list, span},
};

/// What is said of how it goes about it.
pub fn preferences(choice: &RefreshChoice) -> Vec<Change> {
    let share = |it: Option<u32>, usual: &str| it.map_or_else(|| usual.to_owned(), |it| format!("{it} %"));
    let seconds = |it: Option<u32>| it.map(|it| span(jiff::SignedDuration::from_secs(i64::from(it))));
    let healthy = format!(
        "{} to {} of what is desired",
        share(choice.min_healthy, "90 % or the group's policy"),
        share(choice.max_healthy, "100 %")
    );
    let points: Vec<String> = choice.checkpoints.iter().map(|it| format!("{it} %")).collect();
    let waits = seconds(choice.checkpoint_seconds).unwrap_or_else(|| "1 h".to_owned());
    let checkpoints =
        (!points.is_empty()).then(|| change("checkpoints", "none", format!("{}, {waits} each", list(&points))));
    let alarms: Vec<&str> = choice.alarms.iter().map(|it| &**it).collect();
    let rollback = match (choice.roll_back, alarms.is_empty()) {
        (true, true) => "where it fails".to_owned(),
        (true, false) => format!("where it fails, or {} rings", list(&alarms)),
        (false, true) => "no: it would stop where it is".to_owned(),
        (false, false) => format!("no: it would stop where it is when {} rings", list(&alarms)),
    };
    let matching = if choice.skip_matching { "stay" } else { "are replaced, too" };
    let mut told = vec![change("healthy meanwhile", "all", healthy)];
    told.extend(checkpoints);
    told.extend([
        change("instances that match", "are there", matching),
        change("protected instances", "are there", met(choice.protected)),
        change("instances in standby", "are there", met(choice.standby)),
        change("goes back by itself", "–", rollback),
    ]);
    let times = [("warm-up", choice.warmup_seconds), ("bakes at the end for", choice.bake_seconds)];
    told.extend(times.into_iter().filter_map(|(name, it)| Some(change(name, "as the group says", seconds(it)?))));
    told
}

fn met(met: Met) -> &'static str {
    match met {
        Met::Wait => "it waits an hour for them, then it fails",
        Met::Ignore => "stay",
        Met::Replace => "are replaced",
    }
}

/// Undoes the refresh under way, or stops it where it is.
pub fn undo<'a>(seen: GroupSeen<'a>, inquiry: &Inquiry<'a>, back: bool) -> Result<Composed<'a>, Stop> {
    let query = Query::Refreshes { group: seen.who.name.clone() };
    let refreshes = inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Refreshes(refreshes) => Some(refreshes),
        _ => None,
    });
    let refreshes = match refreshes {
        Asked::Awaited => return Err(Stop::Awaited),
        Asked::Failed(fault) => {
            return Ok(Err(Refusal::new(format!("instance refreshes cannot be read: {}", fault.kind.word()))));
        }
        Asked::Known(refreshes) => refreshes.into_iter().flatten(),
    };
    let group = seen.group;
    let Some(active) = refreshes.into_iter().find(|it| it.is_active()) else {
        return Ok(Err(Refusal::new(format!("no instance refresh of {} is under way", group.name))
            .hint("roll to the version before instead")));
    };
    let says = group.launch_template.as_ref().map_or("", |it| it.version.as_str());
    let irreversible = if active.template.is_none() {
        Some("it brings in no launch template of its own")
    } else if says.starts_with('$') {
        Some("the group names no number, and what it stands for may have changed")
    } else if active.state() == RefreshState::RollingBack {
        Some("it goes back already")
    } else {
        None
    };
    if let Some(why) = irreversible.filter(|_| back) {
        let refusal = Refusal::new(format!("AWS cannot roll this refresh back: {why}"));
        return Ok(Err(refusal.hint("cancel it, and roll to the version before")));
    }
    let name = seen.who.name.clone();
    let (write, word, after) = if back {
        (GroupWrite::RollBackRefresh { group: name }, "roll back", format!("replaced again, from version {says}"))
    } else {
        (GroupWrite::CancelRefresh { group: name }, "cancel", "stay as they are".to_owned())
    };
    let title = format!("{word} the instance refresh of {}", group.name);
    let goal = GroupGoal::RefreshUndone { refresh: active.id.clone(), rolled_back: back, allowed: None };
    let done = active.percent.map_or_else(|| "some".to_owned(), |it| format!("{it} %"));
    let changes = vec![change("instances replaced so far", done, after)];
    let rests_on = Basis { what: "instance refresh".into(), value: active.id.clone() };
    let new: Vec<&Instance> =
        if back { group.instances.iter().filter(|it| active.would_undo(it)).collect() } else { Vec::new() };
    let mut draft = GroupDraft::new(seen, title, calls(vec![write], goal));
    (draft.changes, draft.rests_on) = (changes, vec![rests_on]);
    draft.changes.extend(kept(&draft.seen, &new));
    draft.gateways = new.iter().map(|it| gateway(&draft.seen, it, None)).collect();
    Ok(Ok(draft.dropping(new)))
}

/// What a refresh has launched ahead is too much once it has ended: the group ends as many by its own choice, so that
/// those with sessions are protected before.
fn kept(seen: &GroupSeen<'_>, goes: &[&Instance]) -> Option<Change> {
    let counting = seen.group.instances.iter().filter(|it| it.counts()).count();
    let surplus = counting.saturating_sub(seen.group.desired as usize);
    let held = seen.held().filter(|_| surplus > 0)?;
    let is_busy = |it: &Instance| held.get(it.id.as_str()).is_some_and(|it| *it > 0);
    let stays = seen.without(goes).into_iter().filter(|it| is_busy(it) && !it.protected);
    let ids: Vec<&str> = stays.map(|it| it.id.as_str()).collect();
    let after = format!("protected until it has ended: {surplus} more than are wanted would be chosen by the group");
    (!ids.is_empty()).then(|| change(list(&ids), "not protected", after))
}
