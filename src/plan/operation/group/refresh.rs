//! An instance refresh that an operation has started, or undoes: watched to AWS's verdict, undone on request.
//!
//! A refresh cannot be paused. It is rolled back where AWS can, and else cancelled where it stands.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        Operation, StepState,
        verdict::{Ending, Verdict},
    },
    Call, GroupState, Mode, Next, excess,
    sight::{Sight, is_leaving},
};
use crate::{
    domain::{
        group::Instance,
        refresh::{Refresh, RefreshState},
        text::SafeText,
        write::{WriteAnswer, group::GroupWrite},
    },
    plan::group::course::{Allowed, GroupCourse, GroupGoal, Work},
    triage::words::count,
};

impl GroupState {
    /// Id of the refresh that it has started.
    pub fn refresh(&self) -> Option<&SafeText> {
        self.answers().find_map(|it| match it {
            (GroupWrite::StartRefresh { .. }, WriteAnswer::Refresh { id }) => Some(id),
            _ => None,
        })
    }

    /// Number of the launch template's version that it has made.
    pub fn made_version(&self) -> Option<u64> {
        self.answers().find_map(|it| match it {
            (_, WriteAnswer::TemplateVersion { version }) => Some(*version),
            _ => None,
        })
    }

    fn answers(&self) -> impl Iterator<Item = (&GroupWrite, &WriteAnswer)> {
        self.calls.iter().filter_map(|it| match &it.state {
            StepState::Done { written, .. } => Some((&it.write, &written.answer)),
            _ => None,
        })
    }

    fn tried(&self, is_it: impl Fn(&GroupWrite) -> bool) -> Option<&Call> {
        self.calls.iter().find(|it| is_it(&it.write))
    }
}

/// Counts what is on gateways that the refresh may end, and what went with those that it has ended.
pub(super) fn observe(state: &mut GroupState, sight: &Sight<'_>) {
    let (Some(held), Some(reading)) = (&mut state.held, &sight.reading) else { return };
    let mut lost = 0;
    held.retain(|id, sessions| {
        let is_there = sight.instance(id).is_some();
        if is_there {
            *sessions = reading.held(id);
        } else {
            lost += *sessions;
        }
        is_there
    });
    state.lost += lost;
    for instance in staying(sight) {
        held.entry(instance.id.as_str().into()).or_insert_with(|| reading.held(instance.id.as_str()));
    }
}

/// A read of a group that is older proves nothing of what a refresh would end now.
const CURRENT: SignedDuration = SignedDuration::from_mins(1);

/// Begins, or undoes, if no more may be lost by it than was confirmed, by what has been read since everything before
/// was done.
pub(super) fn begin(
    operation: &Operation,
    course: &GroupCourse,
    write: &GroupWrite,
    sight: &Sight<'_>,
    now: Timestamp,
) -> Next {
    let Some(state) = operation.group.as_ref().filter(|it| it.due.is_none()) else { return Next::Wait };
    match &state.mode {
        Mode::Going => {}
        Mode::Paused { .. } => return Next::Wait,
        Mode::PuttingBack { .. } if !state.is_shown_at(sight.at) => return Next::Wait,
        Mode::PuttingBack { .. } if let Some(back) = excess::settle(state, sight) => return Next::Call(back),
        Mode::PuttingBack { why } => {
            // A group that was pinned to a number stays so: by its word it would launch what has been made since.
            let stays = if state.taken() > 0 { "; what was made for it stays" } else { "" };
            let why = format!("{why}: no refresh was begun{stays}");
            return Next::End(Box::new(Ending::of_group(operation, Verdict::RolledBack, Some(&why), now)));
        }
    }
    let Some(allowed) = course.allowed() else { return Next::Call(write.clone()) };
    let is_current = |at: Timestamp| at >= operation.began_at && now.duration_since(at) <= CURRENT;
    let reading = sight.reading.filter(|it| is_current(it.at) && state.is_shown_at(it.at));
    let (Some(reading), true) = (reading, is_current(sight.at) && state.is_shown_at(sight.at)) else {
        return Next::Wait;
    };
    let write = write.filled(state.made_version());
    let refresh = sight.refresh(course, state);
    let goes = |it: &&Instance| match &write {
        GroupWrite::StartRefresh { choice, template: (_, version), .. } => {
            choice.replaces(it, it.template_version.as_str() == &**version)
        }
        GroupWrite::RollBackRefresh { .. } => refresh.is_some_and(|refresh| refresh.would_undo(it)),
        _ => false,
    };
    let most = |it: &Instance| allowed.most(it, reading.held(it.id.as_str()));
    if let Some(why) = beyond(state, allowed, staying(sight).filter(goes).map(most).sum()) {
        return Next::Pause(format!("{why}: plan it again"));
    }
    let stops = matches!(write, GroupWrite::CancelRefresh { .. });
    let protect = refresh.and_then(|it| excess::protect(state, course, it, sight, stops));
    Next::Call(protect.unwrap_or(write))
}

/// Why it has to stop: more sessions may be lost than were given up. What goes beyond what was planned counts by what it
/// holds: somebody no longer protects it since nobody is on it.
fn too_many(state: &GroupState, course: &GroupCourse, refresh: &Refresh, sight: &Sight<'_>) -> Option<String> {
    let (reading, allowed) = (sight.reading.as_ref()?, course.allowed()?);
    let at_risk = staying(sight).filter(|it| refresh.would_end(it)).map(|it| {
        let held = reading.held(it.id.as_str());
        if allowed.held.contains_key(it.id.as_str()) { allowed.most(it, held) } else { held }
    });
    beyond(state, allowed, at_risk.sum::<u32>() + lost(state, sight))
}

/// Why it is not rolled back: that would end what it has launched, and sessions have come there since somebody said so.
fn too_many_back(state: &GroupState, course: &GroupCourse, refresh: &Refresh, sight: &Sight<'_>) -> Option<String> {
    let (reading, allowed) = (sight.reading.as_ref()?, course.allowed()?);
    let undone = staying(sight).filter(|it| refresh.would_undo(it));
    let undone = undone.map(|it| allowed.most(it, reading.held(it.id.as_str())));
    beyond(state, allowed, undone.sum::<u32>() + lost(state, sight))
}

/// Says so if more may be lost than was given up: by what was confirmed, and since.
fn beyond(state: &GroupState, allowed: &Allowed, at_risk: u32) -> Option<String> {
    let given_up = allowed.sessions + state.given_up;
    let at_risk = (at_risk > given_up).then(|| count(at_risk as usize, "session"))?;
    Some(format!("up to {at_risk} may be lost, and {given_up} were given up"))
}

/// What is not on its way out already: that one is ended by something else, or counts as ended.
fn staying<'a>(sight: &'a Sight<'_>) -> impl Iterator<Item = &'a Instance> {
    sight.group.instances.iter().filter(|it| !is_leaving(it))
}

/// Sessions that went with what the refresh has ended, or go with what it is ending.
fn lost(state: &GroupState, sight: &Sight<'_>) -> u32 {
    let leaving = sight.group.instances.iter().filter(|it| is_leaving(it));
    let going = leaving.filter_map(|it| state.held.as_ref()?.get(it.id.as_str()));
    state.lost + going.sum::<u32>()
}

/// Says what follows from what has been read of the refresh with this id.
pub(super) fn look(
    operation: &Operation,
    course: &GroupCourse,
    id: Option<&SafeText>,
    sight: &Sight<'_>,
    now: Timestamp,
) -> Next {
    let Some(state) = &operation.group else { return Next::Wait };
    let read = sight.refreshes().filter(|(_, at)| state.is_shown_at(*at));
    let Some(refresh) = read.zip(id).and_then(|((all, _), id)| all.iter().find(|it| it.id == *id)) else {
        return Next::Wait;
    };
    // Whether to go back or to stop was what was asked for, where either was.
    let asked = match &course.work {
        Work::Calls { goal: GroupGoal::RefreshUndone { rolled_back, .. }, .. } => Some(*rolled_back),
        _ => None,
    };
    let end = |verdict, why: Option<&str>| Next::End(Box::new(Ending::of_group(operation, verdict, why, now)));
    let undoes = state.tried(|it| matches!(it, GroupWrite::CancelRefresh { .. } | GroupWrite::RollBackRefresh { .. }));
    let has_ended = !refresh.is_active() && refresh.state() != RefreshState::Unknown;
    if has_ended && !matches!(state.mode, Mode::Paused { .. }) {
        if !state.is_shown_at(sight.at) {
            return Next::Wait;
        }
        if let Some(write) = excess::settle(state, sight) {
            return Next::Call(write);
        }
    }
    // What is on its way out takes its sessions with it: the verdict counts those, too.
    if has_ended && sight.group.instances.iter().any(is_leaving) {
        return Next::Wait;
    }
    match refresh.state() {
        RefreshState::UnderWay | RefreshState::RollingBack
            if !state.stops
                && asked != Some(false)
                && let Some(why) = too_many(state, course, refresh, sight) =>
        {
            Next::Stop(why)
        }
        RefreshState::UnderWay | RefreshState::RollingBack | RefreshState::Unknown => match &state.mode {
            Mode::PuttingBack { .. } => {
                let goes_back = matches!(undo(state, course, refresh), Some(GroupWrite::RollBackRefresh { .. }));
                if goes_back && let Some(why) = too_many_back(state, course, refresh, sight) {
                    return Next::Stop(why);
                }
                let protect = excess::protect(state, course, refresh, sight, state.stops);
                protect.or_else(|| undo(state, course, refresh)).map_or(Next::Wait, Next::Call)
            }
            Mode::Going | Mode::Paused { .. } => Next::Wait,
        },
        RefreshState::Successful if asked.is_some() => end(Verdict::Superseded, Some("it was through before")),
        RefreshState::Successful => end(Verdict::Succeeded, None),
        RefreshState::RolledBack | RefreshState::Cancelled if let Some(back) = asked => {
            let as_asked = back == (refresh.state() == RefreshState::RolledBack);
            let verdict = if as_asked { Verdict::Succeeded } else { Verdict::Superseded };
            end(verdict, Some(&format!("{}; {}", refresh.word(), versions(sight))))
        }
        RefreshState::RolledBack => {
            let why = refresh.rollback.as_ref().map(|(why, _)| why.as_str()).filter(|it| !it.is_empty());
            end(Verdict::RolledBack, why)
        }
        RefreshState::Failed => end(Verdict::Failed, Some(refresh.reason.as_str())),
        RefreshState::Cancelled => {
            let stands = format!("{}; {}", refresh.word(), versions(sight));
            let stands = match &state.mode {
                Mode::PuttingBack { why } => format!("{why}; {stands}"),
                Mode::Going | Mode::Paused { .. } => stands,
            };
            let verdict = if undoes.is_some() { Verdict::Abandoned } else { Verdict::Superseded };
            end(verdict, Some(&stands))
        }
    }
}

/// The call that undoes the refresh, as long as none is on its way: back where AWS can, else stopped.
fn undo(state: &GroupState, course: &GroupCourse, refresh: &Refresh) -> Option<GroupWrite> {
    let group = course.group.name.clone();
    let back = state.tried(|it| matches!(it, GroupWrite::RollBackRefresh { .. }));
    let cancel = state.tried(|it| matches!(it, GroupWrite::CancelRefresh { .. }));
    let was_refused = back.is_some_and(|it| matches!(it.state, StepState::Refused { .. }));
    let goes_back = refresh.state() == RefreshState::RollingBack && !state.stops;
    let ends_itself = goes_back || refresh.status.as_str() == "Cancelling";
    match (back, cancel) {
        _ if ends_itself => None,
        (None, None) if !state.stops => Some(GroupWrite::RollBackRefresh { group }),
        (_, None) if was_refused || state.stops => Some(GroupWrite::CancelRefresh { group }),
        _ => None,
    }
}

/// How many instances there are of each version, as `2 of version 3, 1 of version 4`.
pub fn versions(sight: &Sight<'_>) -> String {
    let mut numbers: Vec<&SafeText> = sight.group.instances.iter().map(|it| &it.template_version).collect();
    numbers.sort();
    let mut told: Vec<String> = Vec::new();
    for group in numbers.chunk_by(|one, other| one == other) {
        told.push(format!("{} of version {}", group.len(), group[0]));
    }
    told.join(", ")
}
