//! Anything that may happen while gateways are drained: no session is lost by it.

use proptest::prelude::*;

use super::Drive;
use crate::{
    domain::{
        fault::FaultKind,
        order::Order,
        write::{Write, WriteOutcome, group::GroupWrite},
    },
    plan::{
        group::{
            action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange},
            testing::HeldGroup,
        },
        operation::group::{Mode, tests::fleet::fault},
    },
    triage::{
        testing::{instance, sessions},
        tracking::rebalances,
    },
};

/// What happens in ten seconds.
#[derive(Debug, Clone, Copy)]
enum Event {
    Look,
    Arrive,
    Leave(usize),
    /// The policy wants so many.
    Policy(u32),
    /// The next call is taken and never answered.
    Unanswered,
    /// The next call is not answered, and did not happen.
    Vanished,
    Crash,
    Pause,
    GoOn,
    PutBack,
    /// Somebody opens a gateway that was closed.
    Open,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => Just(Event::Look),
        6 => Just(Event::Arrive),
        8 => (0_usize..40).prop_map(Event::Leave),
        2 => (1_u32..5).prop_map(Event::Policy),
        1 => Just(Event::Unanswered),
        1 => Just(Event::Vanished),
        1 => Just(Event::Crash),
        1 => Just(Event::Pause),
        3 => Just(Event::GoOn),
        1 => Just(Event::PutBack),
        1 => Just(Event::Open),
    ]
}

fn four() -> HeldGroup {
    let mut held = HeldGroup::well();
    held.group().instances.extend([instance("i-0ccc"), instance("i-0ddd")]);
    held.group().desired = 4;
    held.given.sessions.extend(sessions("i-0ccc", 1));
    held
}

fn happens(drive: &mut Drive, event: Event) {
    match event {
        Event::Look => drive.look(),
        Event::Arrive => drive.fleet.arrive(),
        Event::Leave(at) => drive.fleet.leave(at),
        // Right after a look: until then the console has not seen what the group has launched.
        Event::Policy(desired) if drive.fleet.group.instances.iter().all(|it| it.protected || !it.is_in_service()) => {
            drive.fleet.group.desired = desired;
        }
        Event::Unanswered | Event::Vanished => unanswered(drive, matches!(event, Event::Unanswered)),
        Event::Crash if drive.operation.ending().is_none() => drive.restart(),
        Event::Policy(_) | Event::Crash => {}
        Event::Pause => drive.say(Order::Pause),
        Event::GoOn => drive.say(Order::GoOn),
        Event::PutBack => drive.say(Order::PutBack),
        Event::Open => drive.fleet.open(),
    }
}

fn unanswered(drive: &mut Drive, happens: bool) {
    drive.fleet.read(&mut drive.estate);
    drive.operation.look(&drive.estate, drive.fleet.now);
    let Some((step, request)) = drive.operation.next_write() else { return };
    let now = drive.fleet.now;
    assert!(drive.operation.sent(step, now));
    if happens {
        drive.fleet.apply(&request);
    }
    let unknown = WriteOutcome::Unknown(fault(FaultKind::TimedOut, "Timeout", "no answer"));
    drive.operation.answered(step, unknown.clone(), now);
    drive.sent.push((step, request, now, Some((now, unknown))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_500)))]

    #[test]
    fn no_session_is_lost_that_was_not_given_up(
        events in prop::collection::vec(event(), 1..160),
        to in 1_u32..4,
        width in 1_u32..3,
    ) {
        let drain = DrainChoice { width, deadline: None, then: Some(AtDeadline::Wait) };
        let change = GroupChange::Scale { to, bounds: BoundsChoice::Keep, drain };
        let mut drive = Drive::of(&four(), change);
        let mut open = drive.fleet.lost_to_the_group;
        for event in events {
            drive.fleet.pass(10);
            happens(&mut drive, event);
            prop_assert_eq!(drive.fleet.lost, 0, "{:?}", drive.operation.notes);
            if drive.operation.has_ended() {
                break;
            }
            // What the group ends by itself it may only take from what the console has not yet seen.
            prop_assert_eq!(drive.fleet.lost_to_the_group, open, "{:?}", drive.operation.notes);
            open = drive.fleet.lost_to_the_group;
        }
        let twice = |is_it: fn(&GroupWrite) -> Option<&str>| {
            let mut seen = std::collections::BTreeMap::new();
            for (_, request, _, answered) in &drive.sent {
                let done = matches!(answered, Some((_, WriteOutcome::Done(_))));
                if let (Write::Group(write), true) = (&request.write, done)
                    && let Some(id) = is_it(write)
                {
                    *seen.entry(id.to_owned()).or_insert(0) += 1;
                }
            }
            seen.values().any(|it| *it > 1)
        };
        let ended = twice(|it| match it {
            GroupWrite::TerminateInstance { instance, .. } => Some(instance),
            _ => None,
        });
        prop_assert!(!ended, "nothing is ended twice");
    }

    #[test]
    fn left_alone_it_ends_and_protection_is_as_it_was(
        events in prop::collection::vec(event(), 0..60),
        back in any::<bool>(),
    ) {
        let mut drive = Drive::of(&four(), super::scale(2));
        for event in events {
            drive.fleet.pass(10);
            happens(&mut drive, event);
        }
        if back {
            let now = drive.fleet.now;
            drive.operation.put_back("somebody said so", now);
        }
        for _ in 0..60 {
            if drive.operation.has_ended() {
                break;
            }
            drive.fleet.sessions.clear();
            drive.fleet.pass(10);
            let now = drive.fleet.now;
            if !matches!(drive.operation.group.as_ref().unwrap().mode, Mode::PuttingBack { .. }) {
                drive.operation.go_on(now);
            } else if matches!(drive.operation.group.as_ref().unwrap().mode, Mode::Paused { .. }) {
                drive.operation.put_back("again", now);
            }
            drive.look();
        }
        prop_assert!(drive.operation.has_ended(), "{:?}", drive.operation.notes);
        let group = &drive.fleet.group;
        // What balancing zones would end as soon as it may is left protected.
        let at_risk = rebalances(group).map(|(from, _)| from);
        let bare = group.instances.iter().all(|it| !it.protected || at_risk == Some(&it.zone));
        prop_assert!(bare, "{:?} {:?}", group.instances, drive.operation.notes);
    }
}
