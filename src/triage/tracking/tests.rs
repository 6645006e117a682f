use jiff::SignedDuration;

use super::{Change, Hold, Next, next_to_go, outlook, rebalances};
use crate::{
    domain::{alarm::AlarmState, group::Instance, metric::Series},
    triage::testing::{Given, ago, alarm, average_sessions, instance, now, scope},
};

/// The group with the metric minute by minute, the last of them a minute ago.
fn seeing(values: &[f64]) -> Given {
    let mut given = Given::healthy();
    let (read, _) = average_sessions(0.0);
    let minutes = (1..).zip(values.iter().rev());
    let mut points: Vec<_> = minutes.map(|(minute, value)| (ago(minute * 60), *value)).collect();
    points.reverse();
    given.metrics = vec![(read, Series { points, ..Series::default() })];
    given
}

fn next(given: &Given) -> Next {
    let estate = given.estate();
    let group = &given.groups[0];
    let known = estate.scope(&scope()).expect("the scope");
    outlook(known, group, &group.policies[0], now()).expect("it tracks a target").next
}

fn words(given: &Given) -> String {
    let estate = given.estate();
    let group = &given.groups[0];
    let known = estate.scope(&scope()).expect("the scope");
    let outlook = outlook(known, group, &group.policies[0], now()).expect("it tracks a target");
    format!("{}: {}", outlook.sight(), outlook.words())
}

fn protect_all(given: &mut Given) {
    for it in &mut given.group().instances {
        it.protected = true;
    }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[test]
fn inside_its_bounds_it_does_nothing() {
    assert_eq!(words(&seeing(&[7.5; 20])), "7.5 against 8: nothing: inside bounds");
    // Below nine tenths of the target, but twelve sessions on one gateway would be far above it.
    assert_eq!(next(&seeing(&[6.0; 20])), Next::Enough);
}

#[test]
fn it_adds_in_proportion_once_it_has_seen_it_for_three_minutes() {
    assert_eq!(words(&seeing(&[7.0, 7.0, 9.1])), "9.1 against 8: adds 1 within 2 m");
    let change = |to, by, within| Next::Add(Change { to, by: Some(by), within: minutes(within) });
    assert_eq!(next(&seeing(&[9.1; 5])), change(3, 1, 1));
    assert_eq!(next(&seeing(&[7.0, 20.0, 20.0])), change(5, 3, 1));
    assert_eq!(next(&seeing(&[200.0; 3])), change(10, 8, 1), "no further than its maximum");
}

#[test]
fn it_says_what_keeps_it_from_adding() {
    let held = |change: fn(&mut Given)| {
        let mut given = seeing(&[9.1; 5]);
        change(&mut given);
        next(&given)
    };
    let by = |by| Next::Held { more: true, by };
    assert_eq!(held(|it| it.group().max = 2), by(Hold::AtMaximum(2)));
    assert_eq!(held(|it| it.group().policies[0].enabled = false), by(Hold::PolicyDisabled));
    let suspended = held(|it| it.group().suspended = vec![("Launch".into(), "".into())]);
    assert_eq!(suspended, by(Hold::Suspended("Launch")));
    // What the metric asks for is on its way already.
    let warming = held(|it| {
        it.group().desired = 3;
        it.group().instances.push(Instance { launched_at: Some(ago(60)), ..instance("i-0ccc") });
    });
    assert_eq!(warming, by(Hold::WarmingUp));
}

#[test]
fn it_takes_one_away_after_fifteen_minutes_and_after_its_cooldown() {
    let remove = |within| Next::Remove(Change { to: 1, by: Some(1), within: minutes(within) });
    assert_eq!(next(&seeing(&[3.0; 20])), remove(1));
    assert_eq!(next(&seeing(&[7.5, 3.0, 3.0, 3.0])), remove(12));
    let mut given = seeing(&[3.0; 20]);
    given.activity(60, "Successful", "Launching a new EC2 instance: i-0bbb", "");
    assert_eq!(next(&given), remove(4), "its cooldown is 5 minutes");
}

#[test]
fn it_says_what_keeps_it_from_taking_away() {
    let held = |change: fn(&mut Given)| {
        let mut given = seeing(&[3.0; 20]);
        change(&mut given);
        next(&given)
    };
    let by = |by| Next::Held { more: false, by };
    assert_eq!(held(|it| it.group().min = 2), by(Hold::AtMinimum(2)));
    let off = held(|it| it.group().policies[0].target.as_mut().expect("a target").scales_in = false);
    assert_eq!(off, by(Hold::ScaleInDisabled));
    let protected = held(protect_all);
    assert_eq!(protected, by(Hold::AllProtected));
    let suspended = held(|it| it.group().suspended = vec![("Terminate".into(), "".into())]);
    assert_eq!(suspended, by(Hold::Suspended("Terminate")));
}

#[test]
fn without_the_metric_the_alarms_tell() {
    let mut given = Given::healthy();
    assert_eq!(next(&given), Next::Unknown);
    given.alarms = vec![alarm("TargetTracking-terminal-gateway-asg-AlarmHigh-1", AlarmState::Alarm)];
    assert_eq!(next(&given), Next::Add(Change { to: 3, by: None, within: minutes(1) }));
    given.alarms[0].state = AlarmState::Ok;
    assert_eq!(next(&given), Next::Inside);
    // What is old says nothing.
    let mut given = seeing(&[9.1; 5]);
    for (at, _) in &mut given.metrics[0].1.points {
        *at -= minutes(20);
    }
    assert_eq!(next(&given), Next::Unknown);
}

#[test]
fn what_goes_first_is_unprotected_old_and_where_most_are() {
    let mut given = Given::healthy();
    given.group().instances.push(Instance { template_version: "2".into(), ..instance("i-0ccc") });
    given.group().instances.push(Instance { protected: true, template_version: "1".into(), ..instance("i-0ddd") });
    let ids: Vec<_> = next_to_go(&given.groups[0]).iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["i-0ccc"]);
    protect_all(&mut given);
    assert!(next_to_go(&given.groups[0]).is_empty());
}

#[test]
fn zones_are_balanced_from_a_difference_of_two_on() {
    let mut given = Given::healthy();
    assert_eq!(rebalances(&given.groups[0]), None);
    given.group().instances.push(instance("i-0ccc"));
    assert_eq!(rebalances(&given.groups[0]), None);
    given.group().instances.push(instance("i-0ddd"));
    let (from, to) = rebalances(&given.groups[0]).expect("three against one");
    assert_eq!((from.as_str(), to.as_str()), ("us-east-1a", "us-east-1b"));
    given.group().suspended = vec![("AZRebalance".into(), "".into())];
    assert_eq!(rebalances(&given.groups[0]), None);
}
