//! Rolls to new versions: made, filled in, watched, undone.

use jiff::SignedDuration;

use super::{
    Drive,
    fleet::{fault, refresh},
};
use crate::{
    domain::{
        fault::FaultKind,
        group::{Instance, LaunchTemplate},
        query::{Answer, Outcome, Query, Request},
        template::{Template, TemplateVersion},
        write::{
            WriteOutcome,
            group::TemplateEdit,
            refresh::{Met, RefreshChoice},
        },
    },
    plan::{
        group::{
            action::{DrainChoice, GroupChange, RollBy, RollTo},
            testing::HeldGroup,
        },
        operation::verdict::Verdict,
    },
    triage::testing::{instance, sessions},
};

fn held() -> HeldGroup {
    let mut held = HeldGroup::well();
    held.group().launch_template =
        Some(LaunchTemplate { id: "lt-1".into(), name: "gateways".into(), version: "3".into() });
    held
}

fn edit() -> TemplateEdit {
    TemplateEdit { image: Some("ami-0new".into()), instance_type: None }
}

fn refreshed() -> Drive {
    let choice = RefreshChoice { protected: Met::Replace, ..RefreshChoice::default() };
    Drive::of(&held(), GroupChange::Roll { to: RollTo::New(edit()), by: RollBy::Refresh(choice) })
}

fn versions(drive: &Drive) -> (String, usize) {
    let group = &drive.fleet.group;
    (group.launch_template.as_ref().unwrap().version.to_string(), group.instances.len())
}

#[test]
fn a_refresh_that_would_end_more_sessions_than_were_given_up_is_stopped() {
    let mut drive = refreshed();
    drive.go(4);
    drive.fleet.sessions.extend(sessions("i-0bbb", 5));
    drive.go(8);
    assert_eq!(drive.calls().last(), Some(&"StartInstanceRefresh"), "who comes to what goes is in the number");
    drive.fleet.come(instance("i-0ccc"), 5);
    drive.go(8);
    assert!(drive.calls().contains(&"CancelInstanceRefresh"), "{:?} {:?}", drive.calls(), drive.operation.notes);
    let told = "up to 25 sessions may be lost, and 20 were given up";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str().contains(told)), "{:?}", drive.operation.notes);
}

#[test]
fn a_refresh_that_would_end_more_by_now_is_not_begun() {
    let mut drive = refreshed();
    drive.go(1);
    assert_eq!(drive.calls(), ["CreateLaunchTemplateVersion"]);
    drive.fleet.group.desired = 3;
    drive.fleet.come(instance("i-0ccc"), 0);
    drive.go(8);
    assert_eq!(drive.calls().len(), 1, "{:?}", drive.operation.notes);
    let told = "paused: up to 30 sessions may be lost, and 20 were given up: plan it again";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str() == told), "{:?}", drive.operation.notes);
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(1);
    assert_eq!((drive.verdict(), drive.calls().len()), (Some(Verdict::RolledBack), 1));
    let told = "no refresh was begun; what was made for it stays";
    assert!(drive.ending().summary.as_str().ends_with(told), "{}", drive.ending().summary);
}

#[test]
fn a_refresh_is_stopped_at_its_number_whoever_has_started_the_console_anew() {
    let mut drive = refreshed();
    drive.go(4);
    assert_eq!(drive.calls().last(), Some(&"StartInstanceRefresh"));
    drive.restart();
    drive.fleet.come(instance("i-0ccc"), 5);
    drive.go(8);
    assert!(drive.calls().contains(&"CancelInstanceRefresh"), "{:?}", drive.operation.notes);
}

#[test]
fn a_refresh_undone_as_asked_is_a_success() {
    let cases = [
        (GroupChange::CancelRefresh, [("Cancelled", Verdict::Succeeded), ("Successful", Verdict::Superseded)]),
        (
            GroupChange::RollBackRefresh,
            [("RollbackSuccessful", Verdict::Succeeded), ("Cancelled", Verdict::Superseded)],
        ),
    ];
    for (change, endings) in cases {
        for (status, verdict) in endings {
            let mut held = held();
            held.refreshes = vec![refresh("InProgress", "4")];
            let mut drive = Drive::of(&held, change.clone());
            drive.fleet.refreshes.clone_from(&held.refreshes);
            drive.go(1);
            assert_eq!((drive.calls().len(), drive.verdict()), (1, None), "{change:?}");
            drive.fleet.refreshes[0].status = status.into();
            drive.go(3);
            assert_eq!(drive.verdict(), Some(verdict), "{change:?} {status}");
        }
    }
}

#[test]
fn the_group_is_moved_to_the_version_that_was_made() {
    let change = GroupChange::Roll { to: RollTo::New(edit()), by: RollBy::Drain(DrainChoice::default()) };
    let mut drive = Drive::of(&held(), change);
    drive.go(4);
    assert_eq!(drive.calls()[..2], ["CreateLaunchTemplateVersion", "UpdateAutoScalingGroup"]);
    assert_eq!(versions(&drive).0, "10");
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(20);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::RolledBack), 0));
    assert_eq!(versions(&drive), ("3".to_owned(), 2));
}

#[test]
fn put_back_after_another_came_there_are_as_many_as_before() {
    let change = GroupChange::Drain { instance: "i-0aaa".into(), replace: true, drain: DrainChoice::default() };
    let mut drive = Drive::of(&held(), change);
    drive.go(8);
    assert_eq!(drive.fleet.group.instances.len(), 3, "one on standby, and another in its place");
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(20);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::RolledBack), 0));
    assert_eq!((drive.fleet.group.desired, drive.fleet.group.instances.len()), (2, 2));
}

#[test]
fn what_came_in_its_place_and_holds_sessions_stays_and_is_told() {
    let change = GroupChange::Drain { instance: "i-0aaa".into(), replace: true, drain: DrainChoice::default() };
    let mut drive = Drive::of(&held(), change);
    drive.go(8);
    drive.fleet.arrive();
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(20);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::RolledBack), 0));
    assert_eq!(drive.fleet.group.desired, 3);
    assert!(drive.ending().summary.as_str().contains("1 gateway more than before"), "{}", drive.ending().summary);
}

#[test]
fn what_balancing_zones_would_end_stays_protected_and_is_told() {
    let mut held = held();
    held.group().instances.extend([instance("i-0ccc"), instance("i-0ddd")]);
    held.group().desired = 4;
    let drain = GroupChange::Drain { instance: "i-0bbb".into(), replace: false, drain: DrainChoice::default() };
    let mut drive = Drive::of(&held, drain);
    drive.go(8);
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0bbb");
    drive.go(12);
    assert_eq!(drive.verdict(), Some(Verdict::Succeeded), "{:?}", drive.operation.notes);
    let protected = drive.fleet.group.instances.iter().filter(|it| it.protected).count();
    assert_eq!(protected, 3, "all that are left are in one zone, and it may use two");
    let told = "i-0aaa, i-0ccc and i-0ddd protected still, since AZRebalance would end one of them";
    assert!(drive.ending().summary.as_str().ends_with(told), "{}", drive.ending().summary);
}

#[test]
fn a_version_whose_answer_was_lost_is_found_by_what_it_says_of_itself() {
    let mut drive = refreshed();
    let now = drive.fleet.now;
    let (step, request) = drive.operation.next_write().expect("the version is made first");
    assert!(drive.operation.sent(step, now));
    let unknown = WriteOutcome::Unknown(fault(FaultKind::TimedOut, "Timeout", "no answer"));
    drive.operation.answered(step, unknown, now);
    let made = TemplateVersion {
        number: 10,
        description: edit().description(3),
        created_at: None,
        is_default: false,
        image: None,
        instance_type: None,
    };
    let query = Query::Template { id: "lt-1".into() };
    let request = Request { scope: request.scope, query };
    let answer = Outcome::Complete(Answer::Template(Template { versions: vec![made] }));
    drive.fleet.pass(10);
    drive.estate.receive(&request, answer, drive.fleet.now);
    drive.go(2);
    assert_eq!(drive.calls(), ["StartInstanceRefresh"]);
    assert_eq!(drive.fleet.refreshes[0].template.as_ref().unwrap().version.as_str(), "10");
}

#[test]
fn a_refresh_whose_call_left_no_trace_is_not_begun_again() {
    let mut drive = refreshed();
    drive.go(1);
    drive.fleet.pass(10);
    drive.fleet.read(&mut drive.estate);
    drive.operation.look(&drive.estate, drive.fleet.now);
    let (step, _) = drive.operation.next_write().expect("the refresh begins");
    assert!(drive.operation.sent(step, drive.fleet.now));
    let unknown = WriteOutcome::Unknown(fault(FaultKind::TimedOut, "Timeout", "no answer"));
    drive.operation.answered(step, unknown, drive.fleet.now);
    drive.go(8);
    assert_eq!((drive.calls(), drive.verdict()), (vec!["CreateLaunchTemplateVersion"], Some(Verdict::Failed)));
}

#[test]
fn a_refresh_ends_as_aws_says() {
    let verdicts = [
        ("Successful", Verdict::Succeeded),
        ("Failed", Verdict::Failed),
        ("RollbackSuccessful", Verdict::RolledBack),
        ("Cancelled", Verdict::Superseded),
    ];
    for (status, verdict) in verdicts {
        let mut drive = refreshed();
        drive.go(6);
        assert_eq!((drive.verdict(), drive.calls().len()), (None, 2));
        drive.fleet.refreshes[0].status = status.into();
        drive.go(3);
        assert_eq!(drive.verdict(), Some(verdict), "{status}");
    }
}

#[test]
fn a_refresh_cannot_be_paused_and_is_rolled_back() {
    let mut drive = refreshed();
    drive.go(4);
    let now = drive.fleet.now;
    drive.operation.pause(now);
    assert!(!drive.operation.awaits_word(), "it goes on");
    drive.operation.put_back("somebody said so", now);
    drive.go(3);
    assert_eq!(drive.calls().last(), Some(&"RollbackInstanceRefresh"));
    drive.fleet.refreshes[0].status = "RollbackSuccessful".into();
    drive.go(3);
    assert_eq!(drive.verdict(), Some(Verdict::RolledBack));
}

#[test]
fn what_aws_cannot_roll_back_is_stopped_where_it_is() {
    let mut drive = refreshed();
    drive.fleet.is_irreversible = true;
    drive.go(4);
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(8);
    let calls = drive.calls();
    assert_eq!(calls[2..], ["RollbackInstanceRefresh", "CancelInstanceRefresh"]);
    assert_eq!(drive.verdict(), Some(Verdict::Abandoned));
    assert!(drive.ending().summary.as_str().contains("cancelled; "), "{}", drive.ending().summary);
}

#[test]
fn what_a_stopped_refresh_leaves_too_many_keeps_its_sessions() {
    let (protects, cancels, asks) = ("SetInstanceProtection", "CancelInstanceRefresh", "SetDesiredCapacity");
    // The group ends what is empty by itself; where nothing is, there is one more than before.
    let cases = [(0, vec![protects, cancels, protects], 2), (2, vec![protects, cancels, asks, protects], 3)];
    for (on_third, expected, desired) in cases {
        let mut drive = refreshed();
        drive.go(4);
        drive.fleet.group.instances.push(instance("i-0ccc"));
        drive.fleet.group.instances.iter_mut().for_each(|it| it.protected = false);
        drive.fleet.sessions.extend(sessions("i-0bbb", 1).into_iter().chain(sessions("i-0ccc", on_third)));
        let now = drive.fleet.now;
        drive.operation.stop_refresh(now);
        drive.go(12);
        assert_eq!(drive.calls()[2..], expected);
        assert_eq!((drive.verdict(), drive.fleet.lost_to_the_group), (Some(Verdict::Abandoned), 0));
        assert_eq!(drive.fleet.group.desired, desired);
        assert!(drive.fleet.group.instances.iter().all(|it| !it.protected), "given back");
    }
}

/// One gateway is drained and stands by, and a refresh is to replace it.
fn of_drained() -> Drive {
    let mut held = held();
    held.instance("i-0aaa").lifecycle = "Standby".into();
    held.group().desired = 1;
    held.given.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    let choice = RefreshChoice::default().of_drained();
    Drive::of(&held, GroupChange::Roll { to: RollTo::Version(4), by: RollBy::Refresh(choice) })
}

#[test]
fn a_refresh_of_what_is_drained_gives_protection_back_when_it_has_ended() {
    for restarts in [false, true] {
        let mut drive = of_drained();
        drive.go(3);
        assert_eq!(drive.calls(), ["SetInstanceProtection", "StartInstanceRefresh"]);
        assert!(!drive.operation.is_sent());
        if restarts {
            drive.restart();
        }
        drive.fleet.refreshes[0].status = "Successful".into();
        drive.go(4);
        assert_eq!((drive.verdict(), drive.calls().len()), (Some(Verdict::Succeeded), 3), "{restarts}");
        assert!(drive.fleet.group.instances.iter().all(|it| !it.protected));
    }
}

#[test]
fn a_refresh_of_what_is_drained_is_not_begun_where_something_is_bare_by_now() {
    let mut drive = of_drained();
    drive.go(1);
    drive.fleet.group.desired = 2;
    drive.fleet.come(instance("i-0ccc"), 0);
    drive.go(4);
    let told = "paused: up to 10 sessions may be lost, and 0 were given up: plan it again";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str() == told), "{:?}", drive.operation.notes);
    let now = drive.fleet.now;
    drive.operation.put_back("somebody said so", now);
    drive.go(4);
    assert_eq!((drive.verdict(), drive.calls().len()), (Some(Verdict::RolledBack), 2));
    assert!(drive.fleet.group.instances.iter().all(|it| !it.protected), "given back");
}

/// Somebody else's refresh has launched one ahead, and everybody is busy.
fn ahead(change: GroupChange) -> Drive {
    let mut held = held();
    held.refreshes = vec![refresh("InProgress", "4")];
    let mut drive = Drive::of(&held, change);
    drive.fleet.refreshes.clone_from(&held.refreshes);
    drive.fleet.come(instance("i-0ccc"), 2);
    drive
}

#[test]
fn a_refresh_that_is_cancelled_by_its_own_plan_keeps_the_sessions_of_what_is_too_many() {
    let (protects, cancels, asks) = ("SetInstanceProtection", "CancelInstanceRefresh", "SetDesiredCapacity");
    for restarts_after in [None, Some(1), Some(2)] {
        let mut drive = ahead(GroupChange::CancelRefresh);
        for look in 0..14 {
            drive.go(1);
            if restarts_after == Some(look) {
                assert!(!drive.operation.is_sent(), "protection is to be given back");
                drive.restart();
            }
        }
        assert_eq!(drive.calls(), [protects, cancels, asks, protects], "{restarts_after:?}");
        assert_eq!((drive.verdict(), drive.fleet.lost_to_the_group), (Some(Verdict::Succeeded), 0));
        assert!(drive.fleet.group.instances.iter().all(|it| !it.protected), "given back");
        assert_eq!(drive.fleet.group.desired, 3);
    }
}

#[test]
fn what_was_protected_for_a_cancel_that_aws_refuses_is_given_back() {
    let mut drive = ahead(GroupChange::CancelRefresh);
    drive.go(1);
    assert_eq!(drive.calls(), ["SetInstanceProtection"]);
    let now = drive.fleet.now;
    drive.fleet.pass(10);
    drive.fleet.read(&mut drive.estate);
    drive.operation.look(&drive.estate, drive.fleet.now);
    let (step, _) = drive.operation.next_write().expect("the refresh is cancelled");
    assert!(drive.operation.sent(step, now));
    let refused = WriteOutcome::Refused(fault(FaultKind::Rejected, "ActiveInstanceRefreshNotFound", "no"));
    drive.operation.answered(step, refused, now);
    drive.go(8);
    assert_eq!(drive.verdict(), Some(Verdict::Failed));
    assert!(drive.fleet.group.instances.iter().all(|it| !it.protected), "{:?}", drive.calls());
}

#[test]
fn a_refresh_that_has_launched_more_by_now_is_not_rolled_back() {
    let mut held = held();
    held.refreshes = vec![refresh("InProgress", "3")];
    let mut drive = Drive::of(&held, GroupChange::RollBackRefresh);
    drive.fleet.refreshes.clone_from(&held.refreshes);
    let launched_at = Some(drive.fleet.now + SignedDuration::from_secs(1));
    drive.fleet.come(Instance { launched_at, ..instance("i-0ccc") }, 0);
    drive.go(4);
    assert!(drive.calls().is_empty());
    let told = "paused: up to 10 sessions may be lost, and 0 were given up: plan it again";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str() == told), "{:?}", drive.operation.notes);
}

#[test]
fn a_refresh_is_watched_on_after_a_restart() {
    let mut drive = refreshed();
    drive.go(4);
    drive.restart();
    drive.fleet.refreshes[0].status = "Successful".into();
    drive.go(4);
    assert_eq!(drive.verdict(), Some(Verdict::Succeeded));
}

#[test]
fn what_aws_refuses_ends_it_where_it_is_looked_at() {
    let mut drive = refreshed();
    let now = drive.fleet.now;
    let (step, _) = drive.operation.next_write().expect("the version is made first");
    assert!(drive.operation.sent(step, now));
    let refused = WriteOutcome::Refused(fault(FaultKind::Rejected, "AccessDenied", "no"));
    drive.operation.answered(step, refused, now);
    assert_eq!((drive.verdict(), drive.operation.next_write()), (None, None));
    drive.go(1);
    assert_eq!((drive.verdict(), drive.calls().len()), (Some(Verdict::Failed), 0));
}
