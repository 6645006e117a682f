//! What each change of a group comes to.

use rust_decimal::Decimal;

use super::{
    action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, HookResult, Instances, RollBy, RollTo},
    course::{DrainCourse, DrainWay, GroupGoal, Work},
    testing::{HeldGroup, scale},
};
use crate::{
    domain::{
        group::{Hook, Instance, LaunchTemplate},
        id::Arn,
        write::group::{GroupUpdate, GroupWrite},
    },
    plan::model::{Confirmation, Plan, drift},
    stack::drain::DrainBy,
    triage::testing::{instance, sessions},
};

fn writes(plan: &Plan) -> Vec<GroupWrite> {
    plan.course.group.as_ref().unwrap().certain().to_vec()
}

fn goal(plan: &Plan) -> &GroupGoal {
    match &plan.course.group.as_ref().unwrap().work {
        Work::Calls { goal, .. } => goal,
        Work::Drain(_) => panic!("a drain"),
    }
}

fn drain(plan: &Plan) -> &DrainCourse {
    plan.course.group.as_ref().unwrap().drain().expect("a drain")
}

fn chosen(plan: &Plan) -> Vec<&str> {
    drain(plan).gateways.iter().map(|it| &*it.instance).collect()
}

#[test]
fn more_are_asked_for_plainly() {
    let plan = HeldGroup::well().plan(scale(4)).unwrap();
    assert_eq!(writes(&plan), [GroupWrite::SetDesiredCapacity { group: "terminal-gateway-asg".into(), desired: 4 }]);
    assert_eq!(*goal(&plan), GroupGoal::Scaled { desired: 4 });
    assert_eq!(plan.course.title.as_str(), "scale terminal-gateway-asg from 2 to 4");
    assert_eq!(plan.course.subjects().count(), 1);
}

#[test]
fn a_bound_in_the_way_is_moved_with_it_where_that_is_wanted() {
    let change = GroupChange::Scale { to: 12, bounds: BoundsChoice::Move, drain: DrainChoice::default() };
    let plan = HeldGroup::well().plan(change).unwrap();
    let update = GroupUpdate { max: Some(12), desired: Some(12), ..GroupUpdate::default() };
    assert_eq!(writes(&plan), [GroupWrite::UpdateGroup { group: "terminal-gateway-asg".into(), change: update }]);
}

#[test]
fn the_emptiest_goes_then_the_oldest_template_then_the_fullest_zone() {
    let mut held = HeldGroup::well();
    held.group().instances.push(instance("i-0ccc"));
    held.group().desired = 3;
    assert_eq!(chosen(&held.plan(scale(2)).unwrap()), ["i-0ccc"], "it is empty");
    held.given.sessions.extend(sessions("i-0ccc", 2));
    assert_eq!(chosen(&held.plan(scale(2)).unwrap()), ["i-0aaa"], "its zone has two");
    held.instance("i-0bbb").template_version = "2".into();
    assert_eq!(chosen(&held.plan(scale(2)).unwrap()), ["i-0bbb"], "its template is older");
    held.instance("i-0bbb").protected = true;
    assert_eq!(chosen(&held.plan(scale(2)).unwrap()), ["i-0aaa"], "the other is protected");
    assert_eq!(chosen(&held.plan(scale(1)).unwrap()), ["i-0aaa", "i-0ccc"]);
}

#[test]
fn sessions_are_kept_away_as_the_stack_says() {
    let mut held = HeldGroup::well();
    assert_eq!(drain(&held.plan(scale(1)).unwrap()).way, DrainWay::Standby);
    held.given.stack.groups[0].drain.by = DrainBy::Tag { key: "Drain".into(), value: "yes".into() };
    assert_eq!(drain(&held.plan(scale(1)).unwrap()).way, DrainWay::Tag { key: "Drain".into(), value: "yes".into() });
    held.given.stack.groups[0].drain.by = DrainBy::TargetGroup;
    let refusal = held.plan(scale(1)).unwrap_err();
    assert!(refusal.reason.as_str().contains("in no target group"), "{refusal}");
    let arn = Arn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/gateways/1");
    held.group().target_groups.push(arn.clone());
    assert_eq!(drain(&held.plan(scale(1)).unwrap()).way, DrainWay::TargetGroups(vec![arn]));
}

#[test]
fn nothing_is_drained_while_nobody_knows_what_it_holds() {
    let mut held = HeldGroup::well();
    held.sessions_fail = true;
    assert!(held.plan(scale(1)).unwrap_err().reason.as_str().contains("sessions cannot be read"));
    let mut held = HeldGroup::well();
    held.given.stack.groups[0].sessions.as_mut().unwrap().table = None;
    assert!(held.plan(scale(1)).unwrap_err().reason.as_str().contains("cannot be read"));
    held.given.stack.groups[0].sessions = None;
    let plain = held.plan(scale(1)).unwrap();
    assert!(matches!(writes(&plain)[..], [GroupWrite::SetDesiredCapacity { desired: 1, .. }]));
}

#[test]
fn a_drain_plans_the_same_again_while_sessions_come_and_go() {
    let mut held = HeldGroup::well();
    let plan = held.plan(scale(1)).unwrap();
    held.given.sessions.retain(|it| it.id.as_str() != "i-0aaa-0");
    let fresh = held.plan(scale(1)).unwrap();
    assert_eq!((drift(&plan, &fresh), &plan.digest), (Vec::new(), &fresh.digest));
    held.given.sessions.extend(sessions("i-0aaa", 5));
    let other = held.plan(scale(1)).unwrap();
    assert!(!drift(&plan, &other).is_empty(), "another gateway would go");
}

#[test]
fn a_forecast_rests_on_how_old_sessions_are() {
    let plan = HeldGroup::well().plan(scale(1)).unwrap();
    // Two sessions of an hour's mean age: both have ended by then as likely as not.
    let forecast = drain(&plan).gateways[0].forecast.unwrap();
    assert!((4300..=4500).contains(&forecast.likely_seconds), "{forecast:?}");
    assert!(
        forecast.early_seconds < 2_000 && forecast.late_seconds > 10_000,
        "four sessions tell little: {forecast:?}"
    );
}

#[test]
fn ending_one_names_who_is_on_it() {
    let terminate = |replace| GroupChange::Terminate { instance: "i-0aaa".into(), replace };
    let plan = HeldGroup::well().plan(terminate(false)).unwrap();
    assert!(plan.parts[0].radius.lost[0].as_str().starts_with("2 sessions (ada)"));
    assert_eq!(plan.confirmation, Confirmation::Type("lose 2 terminal-gateway-asg".into()));
    let held = HeldGroup::well();
    assert!(matches!(
        writes(&held.plan(terminate(true)).unwrap())[..],
        [GroupWrite::TerminateInstance { decrement: false, .. }]
    ));
    let mut more = HeldGroup::well();
    more.given.sessions.extend(sessions("i-0aaa", 1));
    assert!(!drift(&plan, &more.plan(terminate(false)).unwrap()).is_empty(), "more would be lost");
}

#[test]
fn protection_changes_only_those_that_differ() {
    let mut held = HeldGroup::well();
    held.instance("i-0aaa").protected = true;
    let all = GroupChange::Protect { instances: Instances::All, protected: true };
    let plan = held.plan(all).unwrap();
    let group = || "terminal-gateway-asg".into();
    let protect_new = GroupUpdate { protect_new: Some(true), ..GroupUpdate::default() };
    let wanted = [
        GroupWrite::SetInstanceProtection { group: group(), instances: vec!["i-0bbb".into()], protected: true },
        GroupWrite::UpdateGroup { group: group(), change: protect_new },
    ];
    assert_eq!(writes(&plan), wanted);
    let one = GroupChange::Protect { instances: Instances::These(vec!["i-0aaa".into()]), protected: true };
    assert!(held.plan(one).is_err(), "it is protected already");
    let none = GroupChange::Protect { instances: Instances::These(vec!["i-none".into()]), protected: true };
    assert!(held.plan(none).unwrap_err().hint.unwrap().as_str().contains("i-0aaa and i-0bbb"));
}

#[test]
fn standby_and_back() {
    let mut held = HeldGroup::well();
    let standby = || GroupChange::Standby { instance: "i-0aaa".into() };
    let back = || GroupChange::InService { instance: "i-0aaa".into() };
    assert!(held.plan(back()).is_err());
    let plan = held.plan(standby()).unwrap();
    assert!(matches!(writes(&plan)[..], [GroupWrite::EnterStandby { decrement: true, .. }]));
    held.instance("i-0aaa").lifecycle = "Standby".into();
    assert!(held.plan(standby()).is_err());
    assert!(matches!(writes(&held.plan(back()).unwrap())[..], [GroupWrite::ExitStandby { .. }]));
}

#[test]
fn processes_are_known_by_name_and_only_those_that_differ_are_written() {
    let mut held = HeldGroup::well();
    let change = |names: &[&str], suspended| GroupChange::Processes {
        processes: names.iter().map(|it| (*it).into()).collect(),
        suspended,
    };
    assert!(held.plan(change(&["Rebalance"], true)).unwrap_err().hint.unwrap().as_str().contains("AZRebalance"));
    assert!(held.plan(change(&["AZRebalance"], false)).is_err());
    held.group().suspended.push(("AZRebalance".into(), "User suspended".into()));
    let plan = held.plan(change(&["AZRebalance", "AlarmNotification"], true)).unwrap();
    let processes = vec!["AlarmNotification".into()];
    assert_eq!(writes(&plan), [GroupWrite::SuspendProcesses { group: "terminal-gateway-asg".into(), processes }]);
}

#[test]
fn bounds_never_end_a_gateway_by_themselves() {
    let held = HeldGroup::well();
    let bounds = |min, max| GroupChange::Bounds { min, max };
    assert!(held.plan(bounds(None, Some(1))).unwrap_err().hint.unwrap().as_str().contains("scale to 1 first"));
    assert!(held.plan(bounds(Some(1), Some(10))).is_err(), "they are so already");
    let plan = held.plan(bounds(Some(3), None)).unwrap();
    assert_eq!(plan.parts[0].changes[1].after.as_ref().unwrap().as_str(), "3", "a higher least raises what is wanted");
}

#[test]
fn a_policy_is_retargeted_by_name_or_alone() {
    let held = HeldGroup::well();
    let retarget = |policy: Option<&str>, target| GroupChange::Retarget { policy: policy.map(Into::into), target };
    let plan = held.plan(retarget(None, Decimal::new(65, 1))).unwrap();
    assert!(
        matches!(&writes(&plan)[..], [GroupWrite::SetPolicyTarget { policy, .. }] if &**policy == "scale-on-sessions")
    );
    assert!(held.plan(retarget(None, Decimal::new(80, 1))).is_err(), "it is so already");
    assert!(held.plan(retarget(None, Decimal::ZERO)).is_err());
    assert!(held.plan(retarget(Some("other"), Decimal::ONE)).is_err());
}

#[test]
fn a_hook_is_ended_for_what_waits_for_it() {
    let mut held = HeldGroup::well();
    let end = || GroupChange::CompleteHook { instance: "i-0ccc".into(), result: HookResult::Continue };
    held.group().instances.push(Instance { lifecycle: "Terminating:Wait".into(), ..instance("i-0ccc") });
    assert!(held.plan(end()).unwrap_err().reason.as_str().contains("no hook"));
    held.group().hooks.push(Hook {
        name: "save-logs".into(),
        transition: "autoscaling:EC2_INSTANCE_TERMINATING".into(),
        timeout_seconds: 600,
        default_result: "CONTINUE".into(),
    });
    let plan = held.plan(end()).unwrap();
    assert_eq!(
        plan.course.title.as_str(),
        "end the wait of i-0ccc of terminal-gateway-asg for save-logs with CONTINUE"
    );
}

#[test]
fn a_deadline_that_ends_sessions_is_confirmed_by_their_number() {
    let drain = DrainChoice {
        width: 1,
        deadline: Some(jiff::SignedDuration::from_hours(1)),
        then: Some(AtDeadline::End { sessions: 3 }),
    };
    let change = GroupChange::Scale { to: 1, bounds: BoundsChoice::Keep, drain };
    let plan = HeldGroup::well().plan(change).unwrap();
    assert_eq!(plan.confirmation, Confirmation::Type("lose 3 terminal-gateway-asg".into()));
}

#[test]
fn a_roll_pins_the_version_and_replaces_those_of_another() {
    let mut held = HeldGroup::well();
    let roll = |version| GroupChange::Roll { to: RollTo::Version(version), by: RollBy::Drain(DrainChoice::default()) };
    assert!(held.plan(roll(4)).is_err(), "it comes from no template");
    held.group().launch_template =
        Some(LaunchTemplate { id: "lt-1".into(), name: "terminal-gateway-template".into(), version: "$Latest".into() });
    held.instance("i-0bbb").template_version = "4".into();
    let plan = held.plan(roll(4)).unwrap();
    assert_eq!(chosen(&plan), ["i-0aaa"]);
    assert!(drain(&plan).replace);
    let template = Some(("lt-1".into(), "4".into()));
    let update = GroupUpdate { template, ..GroupUpdate::default() };
    assert_eq!(writes(&plan), [GroupWrite::UpdateGroup { group: "terminal-gateway-asg".into(), change: update }]);
    held.group().launch_template.as_mut().unwrap().version = "4".into();
    held.instance("i-0aaa").template_version = "4".into();
    assert!(held.plan(roll(4)).is_err(), "it is so already");
}
