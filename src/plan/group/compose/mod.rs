//! From a change to what it comes to for its group: calls or a drain, changes, what goes.

mod drain;
mod instances;
mod refresh;
mod roll;
mod scale;
mod settings;

pub use self::settings::PROCESSES;
use super::{
    action::GroupChange,
    course::{GroupGoal, Work},
    draft::GroupDraft,
    forecast::Forecast,
    seen::GroupSeen,
};
use crate::{
    domain::{group::Instance, session::Session, text::SafeText, write::group::GroupWrite},
    plan::{
        facts::Inquiry,
        model::{Change, Refusal},
        seen::Stop,
    },
    triage::words::{count, list, span},
};

/// What `change` comes to for the group that is seen.
pub fn compose<'a>(seen: GroupSeen<'a>, change: &GroupChange, inquiry: &Inquiry<'a>) -> Result<GroupDraft<'a>, Stop> {
    let composed = match change {
        GroupChange::Scale { to, bounds, drain } => scale::scale(seen, *to, *bounds, *drain),
        GroupChange::Drain { instance, replace, drain } => drain::one(seen, instance, *replace, *drain),
        GroupChange::Roll { to, by } => roll::roll(seen, to, by),
        GroupChange::RollBackRefresh => refresh::undo(seen, inquiry, true)?,
        GroupChange::CancelRefresh => refresh::undo(seen, inquiry, false)?,
        GroupChange::Terminate { instance, replace } => instances::terminate(seen, instance, *replace),
        GroupChange::Protect { instances, protected } => instances::protect(seen, instances, *protected),
        GroupChange::Standby { instance } => instances::standby(seen, instance),
        GroupChange::InService { instance } => instances::in_service(seen, instance),
        GroupChange::CompleteHook { instance, result } => instances::complete_hook(seen, instance, *result),
        GroupChange::Processes { processes, suspended } => settings::processes(seen, processes, *suspended),
        GroupChange::Bounds { min, max } => settings::bounds(seen, *min, *max),
        GroupChange::Retarget { policy, target } => settings::retarget(seen, policy.as_deref(), *target),
    };
    composed.map_err(Stop::Refused)
}

type Composed<'a> = Result<GroupDraft<'a>, Refusal>;

fn calls(writes: Vec<GroupWrite>, goal: GroupGoal) -> Work {
    Work::Calls { writes, goal }
}

fn change(field: impl Into<SafeText>, before: impl Into<SafeText>, after: impl Into<SafeText>) -> Change {
    Change { field: field.into(), before: Some(before.into()), after: Some(after.into()) }
}

/// A gateway with what it holds, as `i-0a1 in us-east-1a: 3 sessions (ada, eve), the oldest for 2 h; empty in about
/// 1 h (20 m to 3 h)`.
fn gateway(seen: &GroupSeen<'_>, instance: &Instance, forecast: Option<Forecast>) -> SafeText {
    let place = format!("{} in {}", instance.id, instance.zone);
    let Some(sessions) = seen.sessions_on(instance.id.as_str()) else {
        return format!("{place}: what it holds cannot be told").into();
    };
    if sessions.is_empty() {
        return format!("{place}: no session").into();
    }
    let forecast = forecast.map_or(String::new(), |it| format!("; empty in about {}", it.words()));
    format!("{place}: {}{forecast}", held(seen, &sessions)).into()
}

/// Sessions by number, user and age.
fn held(seen: &GroupSeen<'_>, sessions: &[&Session]) -> String {
    let mut users: Vec<&str> = sessions.iter().map(|it| it.user.as_str()).collect();
    users.sort_unstable();
    users.dedup();
    let oldest = sessions.iter().filter_map(|it| it.started_at).min();
    let oldest = oldest.map_or(String::new(), |it| format!(", the oldest for {}", span(seen.now.duration_since(it))));
    format!("{} ({}){oldest}", count(sessions.len(), "session"), list(&users))
}
