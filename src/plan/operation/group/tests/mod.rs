//! Drains over a model of a group: step by step, and under anything that may happen.

mod fleet;
mod meddling;
mod rolls;
mod weather;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use self::fleet::{Fleet, fault};
use super::{Mode, drain::Stage};
use crate::{
    domain::{
        estate::Estate,
        fault::FaultKind,
        group::LaunchTemplate,
        order::Order,
        write::{WriteOutcome, WriteRequest},
    },
    plan::{
        group::{
            action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, RollBy, RollTo},
            testing::{HeldGroup, scale},
        },
        model::Plan,
        operation::{
            Operation, StepRef,
            verdict::{Ending, Verdict},
        },
    },
    triage::testing::{instance, sessions},
};

/// A call as the journal has it: its step, what was asked, when, and how it was answered.
type Sent = (StepRef, WriteRequest, Timestamp, Option<(Timestamp, WriteOutcome)>);

/// A drain, the model it is applied to, and what the console knows of that.
struct Drive {
    fleet: Fleet,
    estate: Estate,
    operation: Operation,
    sent: Vec<Sent>,
    /// What was said of it, as the journal has it.
    orders: Vec<(Timestamp, Order)>,
}

impl Drive {
    fn of(held: &HeldGroup, change: GroupChange) -> Self {
        let plan = held.plan(change).unwrap();
        let fleet = Fleet::of(held);
        let operation = begin(&plan, fleet.now);
        Self { fleet, estate: Estate::default(), operation, sent: Vec::new(), orders: Vec::new() }
    }

    /// Reads, looks, and sends what is due.
    fn look(&mut self) {
        self.fleet.read(&mut self.estate);
        self.operation.look(&self.estate, self.fleet.now);
        if let Some((step, request)) = self.operation.next_write() {
            let now = self.fleet.now;
            assert!(self.operation.sent(step, now));
            let outcome = self.fleet.apply(&request);
            self.operation.answered(step, outcome.clone(), now);
            self.sent.push((step, request, now, Some((now, outcome))));
        }
    }

    /// So many looks, ten seconds apart.
    fn go(&mut self, looks: usize) {
        for _ in 0..looks {
            self.fleet.pass(10);
            self.look();
        }
    }

    /// Somebody says this, and the journal has it.
    fn say(&mut self, order: Order) {
        let now = self.fleet.now;
        if self.operation.obey(order, now) {
            self.orders.push((now, order));
        }
    }

    fn calls(&self) -> Vec<&str> {
        self.sent.iter().map(|(_, request, ..)| request.write.operation().rsplit(':').next().unwrap()).collect()
    }

    fn stage(&self, at: usize) -> Stage {
        self.operation.group.as_ref().unwrap().gateways[at].stage
    }

    fn verdict(&self) -> Option<Verdict> {
        self.operation.ending().map(|it| it.verdict)
    }

    fn ending(&self) -> &Ending {
        self.operation.ending().expect("a verdict")
    }

    /// The process is killed and another takes over, by what the journal tells.
    fn restart(&mut self) {
        let (old, now) = (&self.operation, self.fleet.now);
        let mut new = Operation::begin(old.course.clone(), old.digest.clone(), old.by.clone(), None, old.began_at);
        for (step, request, at, answered) in &self.sent {
            new.replay(*step, request, *at);
            if let Some((at, outcome)) = answered {
                new.answered(*step, outcome.clone(), *at);
            }
        }
        for (at, order) in &self.orders {
            let _changed = new.obey(*order, *at);
        }
        new.resume(now);
        self.operation = new;
        self.estate = Estate::default();
    }
}

fn begin(plan: &Plan, now: Timestamp) -> Operation {
    Operation::begin(Arc::new(plan.course.clone()), plan.digest.clone(), "ada".into(), None, now)
}

/// Two gateways with two sessions each; one is to go.
fn one_of_two() -> Drive {
    Drive::of(&HeldGroup::well(), scale(1))
}

#[test]
fn a_gateway_is_protected_closed_emptied_and_only_then_ended() {
    let mut drive = one_of_two();
    drive.go(7);
    assert_eq!(drive.calls(), ["UpdateAutoScalingGroup", "SetInstanceProtection", "EnterStandby"]);
    assert_eq!(drive.stage(0), Stage::Draining);
    drive.go(100);
    assert_eq!(drive.calls().len(), 3, "it waits as long as sessions last");
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    drive.go(10);
    assert_eq!(
        drive.calls()[3..],
        ["TerminateInstanceInAutoScalingGroup", "SetInstanceProtection", "UpdateAutoScalingGroup"],
        "{:?}",
        drive.operation.notes
    );
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 0));
    assert!(drive.fleet.group.instances.iter().all(|it| !it.protected));
    let evidence = drive.ending().evidence[0].to_string();
    assert!(evidence.starts_with("i-0aaa: gone, empty after 17 m, 70 m ("), "{evidence}");
}

#[test]
fn one_read_that_finds_nothing_is_not_enough() {
    let mut drive = one_of_two();
    drive.go(6);
    let held = drive.fleet.sessions.clone();
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    drive.go(1);
    drive.fleet.sessions = held;
    drive.go(20);
    assert_eq!(drive.calls().len(), 3);
}

#[test]
fn a_read_that_failed_in_part_empties_nothing() {
    use crate::domain::query::{Answer, Outcome, Query, Request};
    let mut drive = one_of_two();
    drive.go(6);
    for _ in 0..10 {
        drive.fleet.pass(10);
        drive.fleet.read(&mut drive.estate);
        let query = Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() };
        let request = Request { scope: crate::triage::testing::scope(), query };
        let failed = Outcome::Partial(Answer::Sessions(Vec::new()), fault(FaultKind::Throttled, "Throttling", "slow"));
        drive.estate.receive(&request, failed, drive.fleet.now);
        drive.operation.look(&drive.estate, drive.fleet.now);
        assert_eq!(drive.operation.next_write(), None);
    }
}

#[test]
fn paused_nothing_leaves_and_back_all_is_as_it_was() {
    let mut drive = one_of_two();
    drive.go(6);
    let now = drive.fleet.now;
    drive.operation.pause(now);
    drive.fleet.sessions.clear();
    drive.go(20);
    assert_eq!(drive.calls().len(), 3);
    drive.operation.put_back("somebody said so", now);
    drive.go(10);
    assert_eq!(drive.calls()[3..], ["ExitStandby", "SetInstanceProtection", "UpdateAutoScalingGroup"]);
    assert_eq!(drive.verdict(), Some(Verdict::RolledBack));
    let group = &drive.fleet.group;
    assert_eq!((group.desired, group.instances.len()), (2, 2));
    assert!(group.instances.iter().all(|it| it.is_in_service() && !it.protected));
}

#[test]
fn what_was_said_holds_after_a_restart() {
    let mut drive = one_of_two();
    drive.go(6);
    drive.say(Order::Pause);
    drive.restart();
    let why = |drive: &Drive| match &drive.operation.group.as_ref().unwrap().mode {
        Mode::Paused { why } => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&drive), "somebody said so", "paused stays paused, and why is known");
    drive.say(Order::PutBack);
    drive.restart();
    drive.go(10);
    assert_eq!((drive.calls().len(), drive.verdict()), (3, None), "nothing is sent until somebody says so");
    drive.say(Order::GoOn);
    drive.go(10);
    assert_eq!(drive.verdict(), Some(Verdict::RolledBack), "it goes on with putting back: {:?}", drive.operation.notes);
    assert_eq!(drive.fleet.lost, 0);
}

#[test]
fn sessions_that_were_given_up_are_not_asked_for_again_after_a_restart() {
    let mut drive = Drive::of(&HeldGroup::well(), within(AtDeadline::End { sessions: 1 }));
    drive.go(80);
    drive.say(Order::GiveUp { sessions: 2 });
    drive.restart();
    drive.say(Order::GoOn);
    drive.go(10);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 2), "{:?}", drive.operation.notes);
}

#[test]
fn a_gateway_that_goes_by_itself_with_sessions_is_no_success() {
    let mut drive = one_of_two();
    drive.go(6);
    drive.fleet.find("i-0aaa").unwrap().state = Some("shutting-down".into());
    drive.fleet.find("i-0aaa").unwrap().state_reason = Some("Server.SpotInstanceTermination".into());
    drive.go(10);
    assert_eq!(drive.verdict(), Some(Verdict::Superseded), "{:?}", drive.operation.notes);
    let told = "i-0aaa is gone, and not by this operation (Server.SpotInstanceTermination): it held 2 sessions";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str() == told), "{:?}", drive.operation.notes);
}

#[test]
fn what_was_protected_before_stays_protected() {
    let mut held = HeldGroup::well();
    held.instance("i-0bbb").protected = true;
    let mut drive = Drive::of(&held, scale(1));
    drive.go(5);
    drive.fleet.sessions.clear();
    drive.go(10);
    assert_eq!(drive.verdict(), Some(Verdict::Succeeded));
    assert!(drive.fleet.group.instances[0].protected);
}

#[test]
fn a_restart_stands_still_until_somebody_says_go_on() {
    let mut drive = one_of_two();
    drive.go(6);
    drive.restart();
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    drive.go(10);
    assert_eq!(drive.calls().len(), 3);
    assert!(drive.operation.awaits_word());
    let now = drive.fleet.now;
    drive.operation.go_on(now);
    drive.go(10);
    assert_eq!((drive.verdict(), drive.calls().len()), (Some(Verdict::Succeeded), 6));
    assert!(drive.fleet.group.instances.iter().all(|it| !it.protected), "put back after the restart too");
}

#[test]
fn a_call_that_nobody_answered_is_looked_for_and_not_sent_again() {
    for happened in [true, false] {
        let mut drive = one_of_two();
        drive.go(3);
        drive.fleet.read(&mut drive.estate);
        drive.operation.look(&drive.estate, drive.fleet.now);
        let (step, request) = loop {
            drive.fleet.pass(10);
            drive.fleet.read(&mut drive.estate);
            drive.operation.look(&drive.estate, drive.fleet.now);
            if let Some(due) = drive.operation.next_write() {
                break due;
            }
            if drive.calls().len() > 1 {
                // EnterStandby has been sent already: the next is far away.
                drive.fleet.sessions.clear();
            }
        };
        let now = drive.fleet.now;
        assert!(drive.operation.sent(step, now));
        if happened {
            drive.fleet.apply(&request);
        }
        let unknown = WriteOutcome::Unknown(fault(FaultKind::TimedOut, "Timeout", "no answer"));
        drive.operation.answered(step, unknown, now);
        drive.go(2);
        assert_eq!(drive.calls().iter().filter(|it| **it == operation(&request)).count(), 0);
        drive.go(8);
        if happened {
            assert_ne!(drive.verdict(), Some(Verdict::Failed));
        } else {
            let mode = &drive.operation.group.as_ref().unwrap().mode;
            assert!(matches!(mode, Mode::Paused { .. }), "whoever watches says whether it is tried again");
        }
    }
}

fn operation(request: &WriteRequest) -> &'static str {
    request.write.operation().rsplit(':').next().unwrap()
}

#[test]
fn one_after_the_other_or_as_many_as_are_wanted() {
    let mut held = HeldGroup::well();
    held.group().instances.extend([instance("i-0ccc"), instance("i-0ddd")]);
    held.group().desired = 4;
    held.given.sessions.extend(["i-0ccc", "i-0ddd"].into_iter().flat_map(|it| sessions(it, 1)));
    for width in [1, 2] {
        let drain = DrainChoice { width, ..DrainChoice::default() };
        let change = GroupChange::Scale { to: 2, bounds: BoundsChoice::Keep, drain };
        let mut drive = Drive::of(&held, change);
        drive.go(20);
        let standby = drive.calls().iter().filter(|it| **it == "EnterStandby").count();
        assert_eq!(standby, width as usize);
    }
}

#[test]
fn a_replaced_gateway_ends_when_another_serves() {
    let change = GroupChange::Drain { instance: "i-0aaa".into(), replace: true, drain: DrainChoice::default() };
    let mut drive = Drive::of(&HeldGroup::well(), change);
    drive.go(6);
    assert_eq!(drive.fleet.group.instances.iter().filter(|it| it.is_in_service()).count(), 2);
    drive.fleet.sessions.clear();
    drive.go(10);
    assert_eq!(drive.verdict(), Some(Verdict::Succeeded));
    assert_eq!((drive.fleet.group.desired, drive.fleet.group.instances.len()), (2, 2));
}

fn within(then: AtDeadline) -> GroupChange {
    let drain = DrainChoice { width: 1, deadline: Some(SignedDuration::from_mins(10)), then: Some(then) };
    GroupChange::Scale { to: 1, bounds: BoundsChoice::Keep, drain }
}

#[test]
fn at_the_deadline_it_waits_or_puts_back_or_ends_what_was_given_up() {
    let mut drive = Drive::of(&HeldGroup::well(), within(AtDeadline::Wait));
    drive.go(80);
    assert_eq!(drive.verdict(), None);
    let mut drive = Drive::of(&HeldGroup::well(), within(AtDeadline::PutBack));
    drive.go(80);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::RolledBack), 0));
    let mut drive = Drive::of(&HeldGroup::well(), within(AtDeadline::End { sessions: 2 }));
    drive.go(80);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 2));
    assert!(drive.ending().evidence.iter().any(|it| it.as_str() == "2 sessions lost, as it was typed"));
}

#[test]
fn more_sessions_than_were_given_up_are_not_ended() {
    let mut drive = Drive::of(&HeldGroup::well(), within(AtDeadline::End { sessions: 1 }));
    drive.go(80);
    assert_eq!((drive.verdict(), drive.fleet.lost), (None, 0));
    assert!(matches!(drive.operation.group.as_ref().unwrap().mode, Mode::Paused { .. }));
    let now = drive.fleet.now;
    drive.operation.give_up(2, now);
    drive.go(10);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 2));
}

#[test]
fn a_policy_that_wants_fewer_meanwhile_ends_no_gateway_with_sessions() {
    let mut held = HeldGroup::well();
    held.group().instances.push(instance("i-0ccc"));
    held.group().desired = 3;
    let mut drive = Drive::of(&held, scale(2));
    drive.go(4);
    drive.fleet.group.desired = 1;
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0ccc");
    drive.go(20);
    assert_eq!(drive.fleet.lost_to_the_group, 0);
    assert!(drive.calls().contains(&"SetDesiredCapacity"), "what is protected no longer must not be too many");
    assert_eq!(drive.verdict(), Some(Verdict::Succeeded));
}

#[test]
fn the_least_is_looked_at_again_before_a_gateway_is_closed() {
    let mut drive = one_of_two();
    drive.fleet.group.min = 2;
    drive.go(10);
    assert_eq!(drive.calls(), ["UpdateAutoScalingGroup", "SetInstanceProtection"]);
    assert!(matches!(drive.operation.group.as_ref().unwrap().mode, Mode::Paused { .. }));
}

#[test]
fn a_roll_put_back_names_the_version_of_before() {
    let mut held = HeldGroup::well();
    held.group().launch_template =
        Some(LaunchTemplate { id: "lt-1".into(), name: "gateways".into(), version: "3".into() });
    let roll = GroupChange::Roll { to: RollTo::Version(4), by: RollBy::Drain(DrainChoice::default()) };
    let mut drive = Drive::of(&held, roll);
    drive.go(4);
    assert_eq!(drive.calls()[0], "UpdateAutoScalingGroup");
    assert_eq!(drive.fleet.group.launch_template.as_ref().unwrap().version.as_str(), "4");
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(12);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::RolledBack), 0));
    assert_eq!(drive.fleet.group.launch_template.as_ref().unwrap().version.as_str(), "3");
}
