//! What others do while gateways are drained, and time that passes.

use super::{Mode, Order, Stage, Verdict, WriteOutcome, one_of_two};

#[test]
fn a_gateway_that_somebody_opens_again_is_closed_anew_before_it_is_ended() {
    let mut drive = one_of_two();
    drive.go(7);
    assert_eq!(drive.stage(0), Stage::Draining);
    drive.fleet.find("i-0aaa").unwrap().lifecycle = "Pending".into();
    drive.fleet.group.desired += 1;
    drive.go(2);
    let told = "i-0aaa takes sessions again: somebody has opened it";
    assert!(drive.operation.notes.iter().any(|it| it.text.as_str() == told), "{:?}", drive.operation.notes);
    assert!(drive.operation.awaits_word(), "whoever watches says whether it is closed anew");
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    drive.go(20);
    assert_eq!((drive.stage(0), drive.calls().len()), (Stage::Waiting, 3), "it is open: empty for now says nothing");
    drive.say(Order::GoOn);
    drive.go(20);
    assert_eq!(drive.calls()[3..5], ["EnterStandby", "TerminateInstanceInAutoScalingGroup"]);
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 0), "{:?}", drive.operation.notes);
}

#[test]
fn a_drain_lasts_as_long_as_its_sessions() {
    let mut drive = one_of_two();
    drive.go(7);
    for _ in 0..100 {
        drive.fleet.pass(3600);
        drive.look();
    }
    assert_eq!((drive.stage(0), drive.verdict()), (Stage::Draining, None), "half a drain is no verdict");
}

#[test]
fn what_had_begun_to_give_back_protection_does_so_to_the_end() {
    let mut drive = one_of_two();
    drive.go(7);
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    while drive.calls().len() < 5 {
        drive.go(1);
    }
    assert_eq!(drive.calls()[4], "SetInstanceProtection");
    drive.say(Order::Pause);
    assert_eq!(drive.operation.group.as_ref().unwrap().mode, Mode::Going, "it is not left half protected");
    drive.restart();
    drive.go(6);
    assert_eq!((drive.calls()[5], drive.verdict()), ("UpdateAutoScalingGroup", Some(Verdict::Succeeded)));
    assert!(!drive.fleet.group.protects_new && drive.fleet.group.instances.iter().all(|it| !it.protected));
}

#[test]
fn what_another_console_did_just_before_is_taken_as_done() {
    let mut drive = one_of_two();
    drive.go(2);
    drive.fleet.pass(10);
    drive.fleet.read(&mut drive.estate);
    let now = drive.fleet.now;
    drive.operation.look(&drive.estate, now);
    let (step, request) = drive.operation.next_write().expect("it is to be closed");
    assert_eq!(request.write.operation(), "autoscaling:EnterStandby");
    // Between the look and the call.
    drive.fleet.apply(&request);
    assert!(drive.operation.sent(step, now));
    let outcome = drive.fleet.apply(&request);
    assert!(matches!(outcome, WriteOutcome::Refused(_)), "{outcome:?}");
    drive.operation.answered(step, outcome.clone(), now);
    drive.sent.push((step, request, now, Some((now, outcome))));
    drive.fleet.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    drive.go(20);
    assert_eq!(drive.calls().iter().filter(|it| **it == "EnterStandby").count(), 1, "it is not called again");
    assert_eq!((drive.verdict(), drive.fleet.lost), (Some(Verdict::Succeeded), 0), "{:?}", drive.operation.notes);
}
