//! What is worth saying of a gateway or a group beside its figures, the most pressing first.

use jiff::SignedDuration;

use crate::{
    app::{App, joins::GroupSeat, table::Cell, words},
    domain::group::{Group, Instance},
    stack::drain::DrainBy,
    theme::Role,
    triage::{
        notices::left,
        tracking::{self, Next},
    },
};

/// One remark.
pub struct Note {
    role: Role,
    text: String,
}

fn note(role: Role, text: impl Into<String>) -> Note {
    Note { role, text: text.into() }
}

/// The remarks in a row, in the role of the first.
pub fn cell(notes: &[Note]) -> Cell {
    let Some(first) = notes.first() else { return Cell { text: "".into(), ..Cell::unknown() } };
    let texts: Vec<&str> = notes.iter().map(|it| it.text.as_str()).collect();
    Cell::text(texts.join(" · "), first.role)
}

pub fn of_instance(
    app: &App,
    seat: &GroupSeat<'_>,
    group: &Group,
    instance: &Instance,
    wanted: Option<u64>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(notice) = instance.notice.filter(|_| instance.runs() && !instance.is_leaving()) {
        notes.push(note(Role::Critical, format!("{} left: AWS takes it back", left(notice, app.now))));
    }
    if let Some((hook, left)) = hook_left(app, seat, group, instance) {
        let left = if left > SignedDuration::ZERO { words::span(left) } else { "nothing".to_owned() };
        notes.push(note(Role::Warning, format!("hook {hook}: {left} left")));
    }
    if ends_soon(app, seat, group) && tracking::next_to_go(group).iter().any(|it| it.id == instance.id) {
        notes.push(note(Role::Warning, "may be ended next"));
    }
    if is_drained(seat, instance) {
        notes.push(note(Role::Progress, "takes no new sessions"));
    }
    if instance.protected {
        notes.push(note(Role::Notice, "protected"));
    }
    let own = instance.template_version.as_str().parse::<u64>().ok();
    if let (Some(own), Some(wanted)) = (own, wanted)
        && own != wanted
    {
        notes.push(note(Role::Warning, format!("old version {own} of {wanted}")));
    }
    if instance.spot {
        notes.push(note(Role::Muted, "Spot"));
    }
    notes
}

/// What happens to a group next: a refresh, what is suspended, what its policy does.
pub fn of_group(app: &App, seat: &GroupSeat<'_>, group: &Group) -> Vec<Note> {
    let mut notes = Vec::new();
    let Some(known) = app.estate.scope(seat.scope) else { return notes };
    if let Some(refresh) = known.active_refresh(seat.name) {
        let percent = refresh.percent.map(|it| format!(" {it} %")).unwrap_or_default();
        notes.push(note(Role::Progress, format!("refresh {}{percent}", refresh.word())));
    }
    if !group.suspended.is_empty() {
        let names: Vec<&str> = group.suspended.iter().map(|(name, _)| name.as_str()).collect();
        notes.push(note(Role::Warning, format!("{} suspended", names.join(", "))));
    }
    for (_, outlook) in tracking::outlooks(known, group, app.now) {
        let role = match outlook.next {
            Next::Add(_) | Next::Remove(_) => Role::Progress,
            Next::Held { more: true, .. } => Role::Warning,
            Next::Inside | Next::Enough | Next::Unknown | Next::Held { .. } => Role::Muted,
        };
        notes.push(note(role, outlook.short()));
    }
    notes
}

/// Whether a policy or the balancing of zones is about to end one of its instances.
fn ends_soon(app: &App, seat: &GroupSeat<'_>, group: &Group) -> bool {
    let Some(known) = app.estate.scope(seat.scope) else { return false };
    let removes = |outlook: &tracking::Outlook| matches!(outlook.next, Next::Remove(_));
    tracking::outlooks(known, group, app.now).iter().any(|(_, it)| removes(it)) || tracking::rebalances(group).is_some()
}

/// Whether new sessions are kept away from it, as far as it can be told.
fn is_drained(seat: &GroupSeat<'_>, instance: &Instance) -> bool {
    match seat.spec.map(|it| &it.drain.by) {
        Some(DrainBy::Tag { key, value }) => instance.tag(key.as_str()) == Some(value),
        _ => instance.lifecycle.as_str() == "Standby",
    }
}

/// The lifecycle hook that an instance waits for, and how long until its default result happens.
pub fn hook_left(
    app: &App,
    seat: &GroupSeat<'_>,
    group: &Group,
    instance: &Instance,
) -> Option<(String, SignedDuration)> {
    let transition = instance.waits_for()?;
    let hook = group.hooks.iter().find(|it| it.transition.as_str() == transition)?;
    let activities = app.estate.scope(seat.scope)?.activities.get(seat.name)?.value()?;
    let of_it = activities.iter().filter(|it| it.ended_at.is_none() && it.instance() == Some(instance.id.as_str()));
    let since = of_it.map(|it| it.started_at).max()?;
    let timeout = SignedDuration::from_secs(i64::from(hook.timeout_seconds));
    Some((hook.name.to_string(), timeout - app.now.duration_since(since)))
}
