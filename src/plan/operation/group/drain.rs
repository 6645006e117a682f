//! Emptying gateways: protect, keep new sessions away, wait until none is left, end; or put all back.
//!
//! ```text
//! Waiting ─▶ Stopping ─▶ Draining ─▶ Ending ─▶ Gone
//!                 └──────────┴─▶ (putting back) Back
//! ```

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        Operation,
        verdict::{Ending, Verdict},
    },
    GroupState, Mode, Next,
    sight::{Reading, Sight, is_leaving},
};
use crate::{
    domain::{
        id::Arn,
        text::SafeText,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::group::{
        action::AtDeadline,
        course::{DrainCourse, DrainWay, GroupCourse, PlannedGateway},
    },
    triage::words::{count, span},
};

/// Instances that SetInstanceProtection takes at once.
const PROTECTED_AT_ONCE: usize = 50;

/// How far one gateway has come.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayState {
    pub stage: Stage,
    /// As last read.
    pub sessions: Option<u32>,
    /// Since when no new sessions reach it.
    pub closed_at: Option<Timestamp>,
    pub emptied_at: Option<Timestamp>,
    /// When the read was made that first found it empty.
    zero_read_at: Option<Timestamp>,
}

/// The stages of a gateway's emptying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// New sessions are being kept away.
    Stopping,
    /// Its sessions end.
    Draining,
    Ending,
    Gone,
    /// It takes sessions again.
    Back,
}

impl Stage {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waits its turn",
            Self::Stopping => "new sessions are being kept away",
            Self::Draining => "draining",
            Self::Ending => "being ended",
            Self::Gone => "gone",
            Self::Back => "back in service",
        }
    }
}

impl GatewayState {
    pub fn new(planned: &PlannedGateway) -> Self {
        Self {
            stage: Stage::Waiting,
            sessions: Some(planned.sessions),
            closed_at: None,
            emptied_at: None,
            zero_read_at: None,
        }
    }

    /// How long it took to empty it, once it is.
    pub fn took(&self) -> Option<SignedDuration> {
        Some(self.emptied_at?.duration_since(self.closed_at?))
    }
}

/// Takes in what has been read, and says what follows.
pub(super) fn look(
    operation: &mut Operation,
    course: &GroupCourse,
    drain: &DrainCourse,
    sight: &Sight<'_>,
    now: Timestamp,
) -> Next {
    let fresh = operation.group.as_ref().and_then(GroupState::written_at).is_none_or(|it| sight.at > it);
    if !fresh {
        return Next::Wait;
    }
    let notes = match &mut operation.group {
        Some(state) => observe(state, drain, sight),
        None => return Next::Wait,
    };
    for note in notes {
        operation.note(now, note);
    }
    check_deadline(operation, drain, now);
    let Some(state) = &operation.group else { return Next::Wait };
    let next = match &state.mode {
        Mode::Paused { .. } => return Next::Wait,
        Mode::Going => going(state, course, drain, sight),
        Mode::PuttingBack { .. } => putting_back(state, course, drain, sight),
    };
    match next {
        Some(next) => next,
        None => Next::End(Box::new(ended(operation, drain, sight, now))),
    }
}

/// Brings every gateway's stage up to what calls and reads show.
fn observe(state: &mut GroupState, drain: &DrainCourse, sight: &Sight<'_>) -> Vec<String> {
    let (mut notes, mut lost) = (Vec::new(), 0);
    for (index, planned) in drain.gateways.iter().enumerate() {
        let id = &*planned.instance;
        let is_ended = state.was_taken(|it| ends(it, id));
        let is_stopped = stops_left(state, drain, id).is_empty();
        let is_back = returns(drain, id).iter().all(|back| state.was_taken(|it| it == back));
        let gateway = &mut state.gateways[index];
        if gateway.stage == Stage::Gone {
            continue;
        }
        if is_ended && gateway.stage != Stage::Ending {
            gateway.stage = Stage::Ending;
            lost += if gateway.emptied_at.is_none() { gateway.sessions.unwrap_or_default() } else { 0 };
        }
        let Some(instance) = sight.instance(id) else {
            if !is_ended {
                let held = gateway.sessions.map_or("sessions".to_owned(), |it| count(it as usize, "session"));
                notes.push(format!("{id} is gone, and not by this operation: it held {held}"));
            }
            gateway.stage = Stage::Gone;
            continue;
        };
        let in_service = instance.is_in_service();
        if gateway.stage == Stage::Waiting && is_stopped {
            gateway.stage = Stage::Stopping;
        }
        if gateway.stage == Stage::Stopping && sight.is_kept_from(&drain.way, id) {
            gateway.stage = Stage::Draining;
            gateway.closed_at = Some(sight.at);
            notes.push(format!("{id} is {}", drain.way.words()));
        }
        if is_back && in_service && !is_ended {
            gateway.stage = Stage::Back;
        }
        if let Some(reading) = &sight.reading {
            notes.extend(gateway.count(id, reading, settle(&drain.way)));
        }
    }
    state.lost += lost;
    notes
}

impl GatewayState {
    /// Takes in how many sessions it holds.
    fn count(&mut self, id: &str, reading: &Reading<'_>, settle: SignedDuration) -> Option<String> {
        let held = reading.held(id);
        let before = self.sessions.replace(held);
        let closed_at = self.closed_at.filter(|it| self.stage == Stage::Draining && reading.at > *it)?;
        if held > 0 {
            (self.zero_read_at, self.emptied_at) = (None, None);
            let more = before.is_some_and(|it| held > it) && reading.at.duration_since(closed_at) > settle;
            return more.then(|| format!("{id} was given a new session although it drains: {held} now"));
        }
        match self.zero_read_at {
            None => self.zero_read_at = Some(reading.at),
            Some(first) if self.emptied_at.is_none() => {
                // Two reads, the second sent after the first had come: nothing was on its way between them.
                if reading.at > first && reading.at.duration_since(closed_at) >= settle {
                    self.emptied_at = Some(first);
                    let took = span(first.duration_since(closed_at));
                    return Some(format!("{id} is empty after {took}"));
                }
            }
            Some(_) => {}
        }
        None
    }
}

/// How long after new sessions were told to stay away one may still come.
fn settle(way: &DrainWay) -> SignedDuration {
    match way {
        DrainWay::Standby => SignedDuration::ZERO,
        DrainWay::TargetGroups(_) => SignedDuration::from_secs(30),
        DrainWay::Tag { .. } => SignedDuration::from_mins(2),
    }
}

fn check_deadline(operation: &mut Operation, drain: &DrainCourse, now: Timestamp) {
    let late = now.duration_since(operation.began_at) >= drain.deadline;
    let Some(state) = operation.group.as_mut().filter(|it| late && !it.is_late && it.mode == Mode::Going) else {
        return;
    };
    state.is_late = true;
    let left: u32 = left(state);
    let told = match drain.then {
        AtDeadline::Wait => {
            format!("the deadline has passed; {} left, still waited for", count(left as usize, "session"))
        }
        AtDeadline::PutBack => {
            state.back = Some("the deadline has passed".into());
            state.mode = Mode::PuttingBack { why: "the deadline has passed".into() };
            format!("the deadline has passed with {} left: putting back", count(left as usize, "session"))
        }
        AtDeadline::End { sessions } if left <= sessions => {
            state.given_up = sessions;
            format!("the deadline has passed: {} given up, as it was typed", count(left as usize, "session"))
        }
        AtDeadline::End { sessions } => {
            let why = format!("the deadline has passed with {left} sessions left, and {sessions} were given up");
            state.mode = Mode::Paused { why: why.as_str().into() };
            format!("paused: {why}")
        }
    };
    operation.note(now, told);
}

/// Sessions on the gateways that are still to go.
pub fn left(state: &GroupState) -> u32 {
    let open = state.gateways.iter().filter(|it| !matches!(it.stage, Stage::Gone | Stage::Ending | Stage::Back));
    open.filter_map(|it| it.sessions).sum()
}

/// The next call; `None` when nothing is left to do.
fn going(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    let first = drain.first.iter().find(|write| !state.was_taken(|it| it == *write));
    if let Some(write) = first {
        return Some(Next::Call(write.clone()));
    }
    if state.gateways.iter().all(|it| it.stage == Stage::Gone) {
        return settle_group(state, course, drain, sight);
    }
    if let Some(write) = protect(state, course, sight) {
        return Some(Next::Call(write));
    }
    if let Some(write) = stop_more(state, drain) {
        return Some(Next::Call(write));
    }
    if let Some(write) = end_empty(state, course, drain, sight) {
        return Some(Next::Call(write));
    }
    begin_next(state, course, drain, sight).or(Some(Next::Wait))
}

/// Protects everything in service that is not: nothing else may choose what goes while this goes on.
fn protect(state: &GroupState, course: &GroupCourse, sight: &Sight<'_>) -> Option<GroupWrite> {
    let ours = protected_by_us(state);
    let bare = sight.in_service().filter(|it| !it.protected && !ours.contains(&it.id.as_str()));
    let instances: Vec<Arc<str>> = bare.take(PROTECTED_AT_ONCE).map(|it| it.id.as_str().into()).collect();
    let group = course.group.name.clone();
    (!instances.is_empty()).then_some(GroupWrite::SetInstanceProtection { group, instances, protected: true })
}

/// Instances that this operation has protected.
fn protected_by_us(state: &GroupState) -> Vec<&str> {
    let mut ours: Vec<&str> = Vec::new();
    for call in state.calls.iter().filter(|it| matches!(it.state, super::StepState::Done { .. })) {
        if let GroupWrite::SetInstanceProtection { instances, protected, .. } = &call.write {
            for id in instances {
                ours.retain(|it| *it != &**id);
                if *protected {
                    ours.push(id);
                }
            }
        }
    }
    ours
}

/// What is left of keeping new sessions from a gateway that was begun, as from the second of its target groups.
fn stop_more(state: &GroupState, drain: &DrainCourse) -> Option<GroupWrite> {
    let waiting = drain.gateways.iter().zip(&state.gateways).filter(|(_, it)| it.stage == Stage::Waiting);
    waiting.into_iter().find_map(|(planned, _)| {
        let id = &planned.instance;
        let left = stops_left(state, drain, id);
        left.into_iter().next().filter(|_| was_begun(state, drain, id))
    })
}

/// Ends a gateway that is empty by the newest read, or whose sessions were given up.
fn end_empty(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<GroupWrite> {
    let reading = sight.reading?;
    let draining = drain.gateways.iter().zip(&state.gateways).filter(|(_, it)| it.stage == Stage::Draining);
    let mut may_go = draining.into_iter().filter(|(planned, gateway)| {
        let held = reading.held(&planned.instance);
        let is_empty = gateway.emptied_at.is_some() && held == 0;
        let is_closed = gateway.closed_at.is_some_and(|it| reading.at > it);
        is_empty || (is_closed && held > 0 && left(state) + state.lost <= state.given_up)
    });
    let (planned, _) = may_go.next()?;
    // Standby has taken it out of the desired capacity already.
    let decrement = drain.way != DrainWay::Standby && counts_down(drain, sight);
    let (group, instance) = (course.group.name.clone(), planned.instance.clone());
    Some(GroupWrite::TerminateInstance { group, instance, decrement })
}

/// Keeps new sessions from the next gateway, where the width and the rest of the group allow it.
fn begin_next(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    let begun = |it: &&GatewayState| matches!(it.stage, Stage::Stopping | Stage::Draining | Stage::Ending);
    if state.gateways.iter().filter(begun).count() >= drain.width.max(1) {
        return None;
    }
    let at = state.gateways.iter().position(|it| it.stage == Stage::Waiting)?;
    let planned = &drain.gateways[at];
    if drain.replace && (sight.in_service().count() as u32) < course.before.desired {
        // The one before has to be replaced first.
        return None;
    }
    if let Err(why) = may_begin(state, drain, planned, sight) {
        return Some(Next::Pause(why));
    }
    let stop = match (&drain.way, planned.instance.clone()) {
        (DrainWay::Standby, instance) => GroupWrite::EnterStandby {
            group: course.group.name.clone(),
            instances: vec![instance],
            decrement: counts_down(drain, sight),
        },
        (_, instance) => stops_left(state, drain, &instance).into_iter().next()?,
    };
    Some(Next::Call(stop))
}

/// Whether the desired capacity goes down with a gateway: not where another takes its place, nor where a policy wants
/// fewer already than there are.
fn counts_down(drain: &DrainCourse, sight: &Sight<'_>) -> bool {
    !drain.replace && sight.counting() <= sight.group.desired
}

/// Looks once more, right before a gateway is begun.
fn may_begin(
    state: &GroupState,
    drain: &DrainCourse,
    planned: &PlannedGateway,
    sight: &Sight<'_>,
) -> Result<(), String> {
    let (id, group) = (&planned.instance, sight.group);
    let instance = sight.instance(id).ok_or_else(|| format!("{id} is gone"))?;
    if !instance.is_in_service() && instance.lifecycle.as_str() != "Standby" {
        return Err(format!("{id} is {}", instance.lifecycle));
    }
    if drain.way == DrainWay::Standby && counts_down(drain, sight) && group.desired <= group.min {
        return Err(format!("{} are wanted and {} is the least: one fewer is refused", group.desired, group.min));
    }
    let Some(reading) = sight.reading else { return Err("the sessions cannot be read".to_owned()) };
    let goes = |it: &str| {
        drain.gateways.iter().zip(&state.gateways).any(|(planned, gateway)| {
            &*planned.instance == it && (gateway.stage != Stage::Waiting || planned.instance == *id)
        })
    };
    let kept: Vec<_> = sight.in_service().filter(|it| !goes(it.id.as_str())).collect();
    let needed: u32 =
        sight.group.instances.iter().filter(|it| !is_leaving(it)).map(|it| reading.held(it.id.as_str())).sum();
    let room: Option<u32> = kept.iter().map(|it| drain.limits.get(&it.instance_type).copied()).sum();
    match room {
        // Sessions come back to the gateways that stay when they are opened anew.
        Some(room) if room < needed && !drain.replace => {
            Err(format!("{needed} sessions are open now, and the gateways that stay take {room}"))
        }
        _ => Ok(()),
    }
}

/// Everything is gone or back: the group's own settings, and protection, are as before. A surplus that a policy wanted
/// gone meanwhile would be chosen by the group itself as soon as nothing is protected: it stays.
fn settle_group(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    if sight.group.instances.iter().any(|it| it.lifecycle.as_str() == "EnteringStandby") {
        return Some(Next::Wait);
    }
    if drain.replace && sight.in_service().count() < sight.group.desired as usize {
        return Some(Next::Wait);
    }
    let group = course.group.name.clone();
    let ours = protected_by_us(state);
    let held = sight.group.instances.iter().filter(|it| it.protected && !is_leaving(it));
    let instances: Vec<Arc<str>> = held
        .filter(|it| ours.contains(&it.id.as_str()))
        .take(PROTECTED_AT_ONCE)
        .map(|it| it.id.as_str().into())
        .collect();
    if instances.is_empty() {
        return None;
    }
    let counting = sight.counting();
    if counting > sight.group.desired {
        let desired = counting.min(sight.group.max);
        let write = GroupWrite::SetDesiredCapacity { group, desired };
        return Some(Next::Call(write));
    }
    Some(Next::Call(GroupWrite::SetInstanceProtection { group, instances, protected: false }))
}

fn putting_back(state: &GroupState, course: &GroupCourse, drain: &DrainCourse, sight: &Sight<'_>) -> Option<Next> {
    for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
        let id = &*planned.instance;
        if !was_begun(state, drain, id) || matches!(gateway.stage, Stage::Gone | Stage::Ending | Stage::Back) {
            continue;
        }
        if sight.instance(id).is_some_and(|it| it.lifecycle.as_str() == "EnteringStandby") {
            return Some(Next::Wait);
        }
        let back = returns(drain, id).into_iter().find(|back| !state.was_taken(|it| it == back));
        return Some(back.map_or(Next::Wait, Next::Call));
    }
    if state.gateways.iter().any(|it| it.stage == Stage::Ending) {
        return Some(Next::Wait);
    }
    if let Some(write) = undo_first(state, course, drain) {
        return Some(Next::Call(write));
    }
    settle_group(state, course, drain, sight)
}

/// What undoes what was changed of the group before anything else.
fn undo_first(state: &GroupState, course: &GroupCourse, drain: &DrainCourse) -> Option<GroupWrite> {
    let before = &course.before;
    let changed = drain.first.iter().filter(|write| state.was_taken(|it| it == *write));
    let undone = changed.filter_map(|it| match it {
        GroupWrite::UpdateGroup { group, change } => {
            let change = GroupUpdate {
                min: change.min.map(|_| before.min),
                max: change.max.map(|_| before.max),
                template: change.template.as_ref().and(before.template.clone()),
                ..GroupUpdate::default()
            };
            Some(GroupWrite::UpdateGroup { group: group.clone(), change })
        }
        _ => None,
    });
    undone.into_iter().find(|write| !state.was_taken(|it| it == write))
}

/// The calls that are still to be made to keep new sessions from a gateway.
fn stops_left(state: &GroupState, drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    stops(drain, id).into_iter().filter(|stop| !state.was_taken(|it| is_same(stop, it))).collect()
}

/// Whether one of them has been taken.
fn was_begun(state: &GroupState, drain: &DrainCourse, id: &str) -> bool {
    stops(drain, id).iter().any(|stop| state.was_taken(|it| is_same(stop, it)))
}

/// Whether a gateway was to be given sessions again, whatever came of it: then the rest is put back, too.
pub(super) fn is_being_put_back(state: &GroupState, drain: &DrainCourse) -> bool {
    let was_returned = |id: &str| returns(drain, id).iter().any(|back| state.calls.iter().any(|it| it.write == *back));
    drain.gateways.iter().any(|it| was_returned(&it.instance))
}

/// The same but for whether the desired capacity goes down with it.
fn is_same(one: &GroupWrite, other: &GroupWrite) -> bool {
    match (one, other) {
        (GroupWrite::EnterStandby { instances: one, .. }, GroupWrite::EnterStandby { instances: other, .. }) => {
            one == other
        }
        (one, other) => one == other,
    }
}

/// The calls that keep new sessions from a gateway.
fn stops(drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    let (instance, group): (Arc<str>, Arc<str>) = (id.into(), drain.group.clone());
    match &drain.way {
        DrainWay::Standby => {
            vec![GroupWrite::EnterStandby { group, instances: vec![instance], decrement: !drain.replace }]
        }
        DrainWay::TargetGroups(groups) => {
            let out = |target_group: &Arn| GroupWrite::DeregisterTarget {
                target_group: target_group.clone(),
                instance: instance.clone(),
            };
            groups.iter().map(out).collect()
        }
        DrainWay::Tag { key, value } => {
            vec![GroupWrite::TagInstance { instance, key: key.clone(), value: value.clone() }]
        }
    }
}

/// The calls that let it take sessions again.
fn returns(drain: &DrainCourse, id: &str) -> Vec<GroupWrite> {
    let (instance, group): (Arc<str>, Arc<str>) = (id.into(), drain.group.clone());
    match &drain.way {
        DrainWay::Standby => vec![GroupWrite::ExitStandby { group, instances: vec![instance] }],
        DrainWay::TargetGroups(groups) => {
            let back = |target_group: &Arn| GroupWrite::RegisterTarget {
                target_group: target_group.clone(),
                instance: instance.clone(),
            };
            groups.iter().map(back).collect()
        }
        DrainWay::Tag { key, .. } => {
            vec![GroupWrite::TagInstance { instance, key: key.clone(), value: "false".into() }]
        }
    }
}

fn ends(write: &GroupWrite, id: &str) -> bool {
    matches!(write, GroupWrite::TerminateInstance { instance, .. } if &**instance == id)
}

fn ended(operation: &Operation, drain: &DrainCourse, sight: &Sight<'_>, now: Timestamp) -> Ending {
    let state = operation.group.as_ref();
    if let Some(Mode::PuttingBack { why }) = state.map(|it| &it.mode) {
        return Ending::of_group(operation, Verdict::RolledBack, Some(why.as_str()), now);
    }
    if sight.group.desired != drain.desired {
        let why =
            format!("{} are wanted now, not {}: a policy or somebody changed it", sight.group.desired, drain.desired);
        return Ending::of_group(operation, Verdict::Superseded, Some(&why), now);
    }
    Ending::of_group(operation, Verdict::Succeeded, None, now)
}

/// What became of each gateway, with what was forecast.
pub fn evidence(state: &GroupState, drain: &DrainCourse) -> Vec<SafeText> {
    let mut lines: Vec<SafeText> = Vec::new();
    for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
        let forecast = planned.forecast_seconds.map(|it| span(SignedDuration::from_secs(it)));
        let forecast = forecast.map_or(String::new(), |it| format!(", {it} was forecast"));
        let told = match gateway.took() {
            Some(took) => {
                format!("{}: {}, empty after {}{forecast}", planned.instance, gateway.stage.word(), span(took))
            }
            None => format!("{}: {}", planned.instance, gateway.stage.word()),
        };
        lines.push(told.into());
    }
    if state.lost > 0 {
        lines.push(format!("{} lost, as it was typed", count(state.lost as usize, "session")).into());
    }
    lines
}

/// From 0 to 1: calls taken, or sessions gone from the gateways that go.
pub fn progress(state: &GroupState, course: &GroupCourse) -> f64 {
    let Some(drain) = course.drain() else {
        // The last tenth is for what is verified at the end.
        return state.taken() as f64 / course.certain().len().max(1) as f64 * 0.9;
    };
    let of_gateway = |(planned, gateway): (&PlannedGateway, &GatewayState)| match gateway.stage {
        Stage::Gone => 1.0,
        Stage::Ending => 0.95,
        Stage::Waiting | Stage::Back => 0.0,
        Stage::Stopping | Stage::Draining => {
            let left = f64::from(gateway.sessions.unwrap_or(planned.sessions));
            (1.0 - left / f64::from(planned.sessions.max(1))).clamp(0.0, 1.0) * 0.9
        }
    };
    let sum: f64 = drain.gateways.iter().zip(&state.gateways).map(of_gateway).sum();
    sum / drain.gateways.len().max(1) as f64
}
