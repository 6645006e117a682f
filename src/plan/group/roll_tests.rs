//! Rolls to new versions, by the console and by AWS.

use super::{
    action::{DrainChoice, GroupChange, RollBy, RollTo},
    course::{DrainCourse, GroupGoal, Work},
    testing::HeldGroup,
};
use crate::{
    domain::{
        group::LaunchTemplate,
        refresh::Refresh,
        write::{
            group::{GroupUpdate, GroupWrite, NEW_VERSION, TemplateEdit},
            refresh::{Met, RefreshChoice},
        },
    },
    plan::model::{Confirmation, Plan, Weight},
    stack::drain::DrainBy,
};

const GROUP: &str = "terminal-gateway-asg";

/// The group with a launch template of nine versions, at the one that `version` stands for.
fn at(version: &str) -> HeldGroup {
    let mut held = HeldGroup::well();
    held.group().launch_template =
        Some(LaunchTemplate { id: "lt-1".into(), name: "terminal-gateway-template".into(), version: version.into() });
    held
}

fn image(image: &str) -> RollTo {
    RollTo::New(TemplateEdit { image: Some(image.into()), instance_type: None })
}

fn drained(to: RollTo) -> GroupChange {
    GroupChange::Roll { to, by: RollBy::Drain(DrainChoice::default()) }
}

fn refreshed(to: RollTo, choice: RefreshChoice) -> GroupChange {
    GroupChange::Roll { to, by: RollBy::Refresh(choice) }
}

fn update(version: &str) -> GroupWrite {
    let template = Some(("lt-1".into(), version.into()));
    GroupWrite::UpdateGroup { group: GROUP.into(), change: GroupUpdate { template, ..GroupUpdate::default() } }
}

fn create(source: u64) -> GroupWrite {
    let edit = TemplateEdit { image: Some("ami-0new".into()), instance_type: None };
    GroupWrite::CreateTemplateVersion { template: "lt-1".into(), source, edit, newest: 9 }
}

fn drain(plan: &Plan) -> &DrainCourse {
    plan.course.group.as_ref().unwrap().drain().unwrap()
}

fn changes(plan: &Plan) -> Vec<String> {
    let side = |it: &Option<crate::domain::text::SafeText>| it.as_ref().map_or(String::new(), ToString::to_string);
    let told = plan.parts[0].changes.iter();
    told.map(|it| format!("{}: {} -> {}", it.field, side(&it.before), side(&it.after))).collect()
}

#[test]
fn a_new_version_is_made_from_what_the_group_starts_now_and_shown_as_a_diff() {
    let plan = at("3").plan(drained(image("ami-0new"))).unwrap();
    assert_eq!(drain(&plan).first, [create(3), update(NEW_VERSION)]);
    assert_eq!(drain(&plan).gateways.len(), 2, "all of them are of another version");
    let told = changes(&plan);
    assert!(told.contains(&"image: ami-03 -> ami-0new".to_owned()), "{told:?}");
    assert!(told[0].starts_with("version of terminal-gateway-template: 3 -> "), "{told:?}");
}

#[test]
fn putting_back_leads_to_the_number_that_a_word_stood_for() {
    let plan = at("$Latest").plan(drained(image("ami-0new"))).unwrap();
    assert_eq!(drain(&plan).first, [create(9), update(NEW_VERSION)]);
    let before = &plan.course.group.as_ref().unwrap().before;
    assert_eq!(before.template, Some(("lt-1".into(), "9".into())));
}

#[test]
fn what_is_no_change_or_no_image_is_refused() {
    let refusal = |to| at("3").plan(drained(to)).unwrap_err().reason.to_string();
    assert!(refusal(image("ami-03")).contains("has image ami-03 already"));
    assert!(refusal(image("an image")).contains("is no image"));
    assert!(refusal(RollTo::New(TemplateEdit::default())).contains("differs in nothing"));
    let kind = |it: &str| RollTo::New(TemplateEdit { image: None, instance_type: Some(it.into()) });
    assert!(refusal(kind("large")).contains("is no instance type"));
    assert!(refusal(RollTo::Version(12)).contains("has no version 12"));
}

#[test]
fn a_refresh_pins_what_a_word_stands_for_so_that_it_can_be_gone_back_from() {
    let choice = RefreshChoice { roll_back: true, ..RefreshChoice::default() };
    let plan = at("$Default").plan(refreshed(image("ami-0new"), choice.clone())).unwrap();
    let template = ("lt-1".into(), NEW_VERSION.into());
    let start = GroupWrite::StartRefresh { group: GROUP.into(), template: template.clone(), choice };
    let Work::Calls { writes, goal } = &plan.course.group.as_ref().unwrap().work else { panic!("no calls") };
    assert_eq!(writes, &[update("1"), create(1), start]);
    let GroupGoal::Refreshed { template: to, allowed: Some(allowed) } = goal else { panic!("{goal:?}") };
    assert_eq!((to, allowed.sessions, allowed.held.values().sum()), (&template, 40, 4));
    let told = "as many as both gateways take, and as many again where it goes back by itself";
    assert_eq!(plan.confirmation, Confirmation::Type(format!("lose 40 {GROUP}").into()), "{told}");
}

#[test]
fn protected_instances_are_waited_for_and_lose_nothing() {
    let mut held = at("3");
    for id in ["i-0aaa", "i-0bbb"] {
        held.instance(id).protected = true;
    }
    let plan = held.plan(refreshed(RollTo::Version(4), RefreshChoice::default())).unwrap();
    assert_eq!(plan.confirmation, Confirmation::Type(GROUP.into()));
    let warned = plan.findings.iter().find(|it| it.guard == "refresh" && it.weight == Weight::Warns);
    assert!(warned.is_some_and(|it| it.summary.as_str().starts_with("2 instances protected")), "{warned:?}");
    let ahead = RefreshChoice { min_healthy: Some(100), max_healthy: Some(150), ..RefreshChoice::default() };
    let plan = held.plan(refreshed(RollTo::Version(4), ahead)).unwrap();
    let told = "where it fails what it launched ahead is too much, and the group chooses";
    assert_eq!(plan.confirmation, Confirmation::Type(format!("lose 10 {GROUP}").into()), "{told}");
    let replace = RefreshChoice { protected: Met::Replace, ..RefreshChoice::default() };
    let plan = held.plan(refreshed(RollTo::Version(4), replace)).unwrap();
    assert_eq!(plan.confirmation, Confirmation::Type(format!("lose 20 {GROUP}").into()));
}

#[test]
fn what_is_given_up_is_what_gateways_take_and_not_what_they_hold_just_now() {
    let replace = || refreshed(RollTo::Version(4), RefreshChoice::default());
    let mut held = at("3");
    let found = |held: &HeldGroup| {
        let plan = held.plan(replace()).unwrap();
        let found = plan.findings.iter().find(|it| it.guard == "sessions").expect("of sessions").clone();
        (found.summary.to_string(), found.details.iter().map(ToString::to_string).collect::<Vec<_>>(), plan.digest)
    };
    let (busy, _, digest) = found(&held);
    assert_eq!(busy, "up to 20 sessions would be lost: 4 are open there now");
    held.given.sessions.clear();
    let (empty, _, later) = found(&held);
    assert_eq!(empty, "up to 20 sessions would be lost: 0 are open there now");
    assert_eq!(digest, later, "what is confirmed is the same whoever comes and goes");
    held.instance("i-0aaa").instance_type = "m5.large".into();
    let (fewer, details, _) = found(&held);
    assert_eq!(fewer, "up to 10 sessions would be lost: 0 are open there now");
    assert!(details.iter().any(|it| it.starts_with("how many m5.large takes is not known")), "{details:?}");
}

#[test]
fn a_refresh_of_what_is_drained_protects_the_rest_and_gives_up_nobody() {
    let change = || refreshed(RollTo::Version(4), RefreshChoice::default().of_drained());
    let mut held = at("3");
    let refusal = |held: &HeldGroup| held.plan(change()).unwrap_err().reason.to_string();
    assert!(refusal(&held).contains("no gateway of terminal-gateway-asg is drained"));
    held.given.stack.groups[0].drain.by = DrainBy::TargetGroup;
    assert!(refusal(&held).contains("is drained by its target groups, which a refresh does not see"));
    held.given.stack.groups[0].drain.by = DrainBy::Tag { key: "Drain".into(), value: "yes".into() };
    assert!(refusal(&held).contains("is drained by the tag Drain, which a refresh does not see"));
    // However the stack drains: what stands by is drained.
    held.instance("i-0aaa").lifecycle = "Standby".into();
    assert_eq!(refusal(&held), "i-0aaa holds 2 sessions still");
    held.given.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    let plan = held.plan(change()).unwrap();
    assert_eq!(plan.confirmation, Confirmation::Type(GROUP.into()), "{:?}", plan.findings);
    let protect =
        GroupWrite::SetInstanceProtection { group: GROUP.into(), instances: vec!["i-0bbb".into()], protected: true };
    let calls = plan.course.group.as_ref().unwrap().certain();
    assert!(calls.len() == 2 && calls[0] == protect, "{calls:?}");
    assert!(changes(&plan).contains(&"i-0bbb: not protected -> protected until it has ended".to_owned()));
    held.instance("i-0bbb").lifecycle = "Pending".into();
    assert!(refusal(&held).contains("cannot be protected yet"));
}

#[test]
fn preferences_that_aws_would_refuse_are_refused() {
    let choice = RefreshChoice { max_healthy: Some(110), ..RefreshChoice::default() };
    let refusal = at("3").plan(refreshed(RollTo::Version(4), choice)).unwrap_err();
    assert!(refusal.reason.as_str().contains("needs the least"), "{refusal}");
}

#[test]
fn a_refresh_is_rolled_back_where_aws_can_and_cancelled_else() {
    let mut held = at("3");
    assert!(held.plan(GroupChange::RollBackRefresh).is_err(), "none is under way");
    let template = LaunchTemplate { id: "lt-1".into(), name: "t".into(), version: "4".into() };
    held.refreshes = vec![refresh("InProgress", Some(template))];
    let writes = |plan: Plan| plan.course.group.unwrap().certain().to_vec();
    let plan = held.plan(GroupChange::RollBackRefresh).unwrap();
    assert_eq!(writes(plan), [GroupWrite::RollBackRefresh { group: GROUP.into() }]);
    let plan = held.plan(GroupChange::CancelRefresh).unwrap();
    assert_eq!(writes(plan), [GroupWrite::CancelRefresh { group: GROUP.into() }]);
    held.group().launch_template.as_mut().unwrap().version = "$Latest".into();
    let refusal = held.plan(GroupChange::RollBackRefresh).unwrap_err();
    assert!(refusal.reason.as_str().contains("cannot roll this refresh back"), "{refusal}");
    // Nothing else is begun meanwhile.
    for id in ["i-0aaa", "i-0bbb"] {
        held.instance(id).protected = true;
    }
    for change in [drained(RollTo::Version(4)), refreshed(RollTo::Version(4), RefreshChoice::default())] {
        let plan = held.plan(change).unwrap();
        assert!(plan.blocks().any(|it| it.guard == "refresh"), "{:?}", plan.findings);
    }
}

#[test]
fn what_has_come_to_what_a_refresh_launched_is_given_up_before_it_is_rolled_back() {
    let mut held = at("3");
    let template = LaunchTemplate { id: "lt-1".into(), name: "t".into(), version: "4".into() };
    held.refreshes = vec![refresh("InProgress", Some(template))];
    held.instance("i-0aaa").template_version = "4".into();
    let plan = held.plan(GroupChange::RollBackRefresh).unwrap();
    assert_eq!(plan.confirmation, Confirmation::Type(format!("lose 10 {GROUP}").into()));
    let course = plan.course.group.unwrap();
    let allowed = course.allowed().unwrap();
    assert_eq!((allowed.sessions, allowed.held.keys().map(|it| &**it).collect::<Vec<_>>()), (10, vec!["i-0aaa"]));
    held.instance("i-0aaa").protected = true;
    assert_eq!(held.plan(GroupChange::RollBackRefresh).unwrap().confirmation, Confirmation::Type(GROUP.into()));
}

fn refresh(status: &str, template: Option<LaunchTemplate>) -> Refresh {
    Refresh {
        id: "r-1".into(),
        status: status.into(),
        reason: "".into(),
        started_at: None,
        ended_at: None,
        percent: Some(50),
        left: Some(1),
        template,
        preferences: crate::domain::refresh::RefreshPreferences::default(),
        rollback: None,
    }
}

#[test]
fn what_it_costs_is_told_of_another_type_and_of_two_at_once() {
    let to = RollTo::New(TemplateEdit { image: None, instance_type: Some("t3.large".into()) });
    let plan = at("3").plan(drained(to)).unwrap();
    let words = plan.parts[0].radius.cost.unwrap().words();
    assert!(words.starts_with('+') && words.contains("while it rolls"), "{words}");
    let fewer = HeldGroup::well().plan(super::testing::scale(1)).unwrap();
    assert!(fewer.parts[0].radius.cost.unwrap().words().starts_with("saves "));
    let protect = GroupChange::Protect { instances: super::action::Instances::All, protected: true };
    assert_eq!(HeldGroup::well().plan(protect).unwrap().parts[0].radius.cost, None);
}
