//! An instance refresh that an operation has started, or undoes: watched to AWS's verdict, undone on request.
//!
//! A refresh cannot be paused. It is rolled back where AWS can, and else cancelled where it stands.

use jiff::Timestamp;

use super::{
    super::{
        Operation, StepState,
        verdict::{Ending, Verdict},
    },
    Call, GroupState, Mode, Next,
    sight::{Sight, is_leaving},
};
use crate::{
    domain::{
        refresh::{Refresh, RefreshState},
        text::SafeText,
        write::{WriteAnswer, group::GroupWrite},
    },
    plan::group::course::GroupCourse,
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
    for instance in sight.group.instances.iter().filter(|it| !is_leaving(it)) {
        held.entry(instance.id.as_str().into()).or_insert_with(|| reading.held(instance.id.as_str()));
    }
}

/// Why it has to stop: more sessions would be lost than were given up.
fn too_many(state: &GroupState, course: &GroupCourse, refresh: &Refresh, sight: &Sight<'_>) -> Option<String> {
    let reading = sight.reading.as_ref()?;
    let given_up = course.allowed()?.sessions + state.given_up;
    let at_risk = sight.group.instances.iter().filter(|it| refresh.would_end(it));
    let at_risk: u32 = at_risk.map(|it| reading.held(it.id.as_str())).sum();
    let all = at_risk + state.lost;
    (all > given_up).then(|| format!("{} would be lost, and {given_up} were given up", count(all as usize, "session")))
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
    let read = sight.refreshes().filter(|(_, at)| state.written_at().is_none_or(|it| *at > it));
    let Some(refresh) = read.zip(id).and_then(|((all, _), id)| all.iter().find(|it| it.id == *id)) else {
        return Next::Wait;
    };
    let end = |verdict, why: Option<&str>| Next::End(Box::new(Ending::of_group(operation, verdict, why, now)));
    let undoes = state.tried(|it| matches!(it, GroupWrite::CancelRefresh { .. } | GroupWrite::RollBackRefresh { .. }));
    match refresh.state() {
        RefreshState::UnderWay | RefreshState::RollingBack
            if !state.stops
                && !matches!(state.mode, Mode::Paused { .. })
                && let Some(why) = too_many(state, course, refresh, sight) =>
        {
            Next::Stop(why)
        }
        RefreshState::UnderWay | RefreshState::RollingBack | RefreshState::Unknown => match &state.mode {
            Mode::PuttingBack { .. } => undo(state, course, refresh).map_or(Next::Wait, Next::Call),
            Mode::Going | Mode::Paused { .. } => Next::Wait,
        },
        RefreshState::Successful if sight.group.instances.iter().any(is_leaving) => Next::Wait,
        RefreshState::Successful => end(Verdict::Succeeded, None),
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
