//! What whoever watches may say of an operation on a group: pause, go on, put back, stop, give up.

use jiff::Timestamp;

use super::{
    Mode,
    protection::{is_given_back, protected_by_us},
    sight::Sight,
};
use crate::{
    domain::{estate::Estate, order::Order},
    plan::{
        group::course::GroupCourse,
        operation::{Operation, Phase},
    },
};

/// Why it does what somebody has said.
const SAID: &str = "somebody said so";

impl Operation {
    /// Does what somebody says of it; whether anything follows from that.
    pub fn obey(&mut self, order: Order, now: Timestamp) -> bool {
        let before = (self.halted, self.group.clone());
        match order {
            Order::Pause => self.halt(now),
            Order::GoOn => self.go_on(now),
            Order::PutBack => self.put_back(SAID, now),
            Order::StopRefresh => self.stop_refresh(now),
            Order::GiveUp { sessions } => self.give_up(sessions, now),
        }
        before != (self.halted, self.group.clone())
    }

    /// Nothing is called until [`Operation::go_on`].
    pub fn pause(&mut self, now: Timestamp) {
        if self.has_ended() || !self.group.as_ref().is_some_and(|it| it.mode == Mode::Going) {
            return;
        }
        if self.refreshes() && self.group.as_ref().is_some_and(|it| it.refresh().is_some()) {
            self.note(now, "an instance refresh cannot be paused: it goes on until it is put back or stopped");
            return;
        }
        if self.drains() && self.group.as_ref().is_some_and(is_given_back) {
            self.note(now, "protection is being given back, which is done within seconds: it is not paused");
            return;
        }
        self.pause_because(SAID, now);
    }

    pub(super) fn pause_because(&mut self, why: &str, now: Timestamp) {
        if let Some(state) = &mut self.group {
            state.due = None;
            state.mode = Mode::Paused { why: why.into() };
        }
        self.note(now, format!("paused: {why}"));
    }

    pub fn go_on(&mut self, now: Timestamp) {
        let Some((course, state)) = self.group_parts() else { return };
        if !matches!(state.mode, Mode::Paused { .. }) {
            return;
        }
        state.mode = state.onward(course.group.as_ref().and_then(GroupCourse::drain));
        self.note(now, "goes on");
        self.group_go_on_with_calls();
    }

    /// Stops the refresh that it has started where it is: what is replaced stays so.
    pub fn stop_refresh(&mut self, now: Timestamp) {
        if !self.refreshes() || self.has_ended() {
            return;
        }
        self.stop_because("somebody stopped it", now);
    }

    pub(super) fn stop_because(&mut self, why: &str, now: Timestamp) {
        if let Some(state) = &mut self.group {
            state.stops = true;
            state.mode = Mode::PuttingBack { why: why.into() };
        }
        self.note(now, format!("being stopped where it is: {why}"));
    }

    /// Sessions that AWS may end if the instance refresh is rolled back now: as many as what it has launched takes.
    pub fn lost_by_putting_back(&self, estate: &Estate) -> u32 {
        let (Some(course), Some(state)) = (&self.course.group, &self.group) else { return 0 };
        let sight = Sight::of(course, estate).filter(|_| self.refreshes());
        let counted = sight.and_then(|it| Some((it, it.refresh(course, state)?, it.reading?)));
        counted.zip(course.allowed()).map_or(0, |((sight, refresh, reading), allowed)| {
            let new = sight.group.instances.iter().filter(|it| refresh.would_undo(it));
            new.map(|it| allowed.most(it, reading.held(it.id.as_str()))).sum()
        })
    }

    /// Sessions on gateways that are protected only while it goes on: put back, the group may end them by itself.
    pub fn bared_by_putting_back(&self, estate: &Estate) -> u32 {
        let (Some(course), Some(state)) = (&self.course.group, &self.group) else { return 0 };
        let Some((sight, reading)) = Sight::of(course, estate).and_then(|it| Some((it, it.reading?))) else { return 0 };
        let ours = protected_by_us(state);
        let bared = sight.in_service().filter(|it| ours.contains(&it.id.as_str()));
        bared.map(|it| reading.held(it.id.as_str())).sum()
    }

    /// Undoes what was begun and is not ended: gateways take sessions again, protection and bounds are as they were.
    pub fn put_back(&mut self, why: &str, now: Timestamp) {
        let can_be = self.drains() || self.refreshes();
        let Some(state) = self.group.as_mut().filter(|_| can_be) else { return };
        if matches!(state.mode, Mode::PuttingBack { .. }) || matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        state.due = None;
        state.back = Some(why.into());
        state.mode = Mode::PuttingBack { why: why.into() };
        self.note(now, format!("putting back: {why}"));
    }

    /// Gives up the sessions that are left, by their number: the gateways are ended if no more are lost by it.
    pub fn give_up(&mut self, sessions: u32, now: Timestamp) {
        if self.has_ended() {
            return;
        }
        let Some(state) = self.group.as_mut().filter(|it| it.back.is_none()) else { return };
        state.given_up = sessions;
        state.mode = Mode::Going;
        self.note(now, format!("{sessions} sessions are given up"));
    }
}
