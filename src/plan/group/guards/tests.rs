//! Each guard of groups, where it blocks, warns and passes.

use crate::{
    domain::refresh::{Refresh, RefreshPreferences},
    plan::{
        group::{
            action::{GroupChange, Instances},
            testing::{HeldGroup, scale},
        },
        guards::Busy,
        model::{Confirmation, Plan, Weight},
    },
    stack::{
        care::{Freeze, FreezeSpan, Overridable},
        model::Environment,
    },
    triage::testing::{instance, now, sessions},
};

/// How a guard weighs in a plan, in a word; empty where it finds nothing.
fn weight(plan: &Plan, guard: &str) -> &'static str {
    plan.findings.iter().find(|it| it.guard == guard).map_or("", |it| it.weight.word())
}

fn told(plan: &Plan, guard: &str) -> String {
    plan.findings.iter().filter(|it| it.guard == guard).map(|it| it.summary.to_string()).collect()
}

fn terminate(id: &str) -> GroupChange {
    GroupChange::Terminate { instance: id.into(), replace: false }
}

#[test]
fn read_only_blocks_everything() {
    let mut held = HeldGroup::well();
    held.read_only = true;
    assert_eq!(held.plan(scale(3)).unwrap().confirmation, Confirmation::Impossible);
    held.read_only = false;
    held.given.stack.read_only = true;
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "read-only"), "blocks");
}

#[test]
fn the_account_is_the_groups_and_the_stacks() {
    let mut held = HeldGroup::well();
    held.given.identity.account = "999999999999".into();
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "identity"), "blocks");
    held.given.identity.account = "111122223333".into();
    held.given.stack.scopes[0].account = Some("111122223333".into());
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "identity"), "passes");
    held.given.stack.scopes[0].account = Some("222222222222".into());
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "identity"), "blocks");
}

#[test]
fn one_operation_at_a_time() {
    let mut held = HeldGroup::well();
    held.busy.push(Busy { subject: HeldGroup::who().id(), title: "drain".into(), since: now(), by: "eve".into() });
    held.given.stack.care.overridable = Vec::new();
    assert_eq!(held.plan(scale(3)).unwrap().confirmation, Confirmation::Impossible);
    held.given.stack.care.overridable = vec![Overridable::InProgress];
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "in-progress"), "blocks");
    assert!(matches!(held.plan(scale(3)).unwrap().confirmation, Confirmation::Type(_)));
}

#[test]
fn a_freeze_blocks() {
    let mut held = HeldGroup::well();
    let from = now() - jiff::SignedDuration::from_hours(1);
    let span = FreezeSpan::Once { from, until: now() + jiff::SignedDuration::from_hours(1) };
    held.given.stack.care.freezes.push(Freeze { span, reason: "year end".into() });
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "freeze"), "blocks");
}

#[test]
fn the_bounds_block_and_offer_to_be_moved() {
    let mut held = HeldGroup::well();
    let above = held.plan(scale(11)).unwrap();
    assert_eq!((weight(&above, "bounds"), &above.confirmation), ("blocks", &Confirmation::Impossible));
    held.group().min = 2;
    let below = held.plan(scale(1)).unwrap();
    assert_eq!(weight(&below, "bounds"), "blocks");
    assert!(below.findings.iter().any(|it| it.details.iter().any(|it| it.as_str().contains("--bounds move"))));
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "bounds"), "passes");
}

#[test]
fn a_suspended_process_blocks_what_needs_it() {
    let mut held = HeldGroup::well();
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "process"), "");
    held.group().suspended.push(("Launch".into(), "User suspended".into()));
    assert_eq!(weight(&held.plan(scale(3)).unwrap(), "process"), "blocks");
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "process"), "");
    held.group().suspended = vec![("Terminate".into(), "User suspended".into())];
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "process"), "warns");
}

#[test]
fn sessions_are_given_up_by_their_number_only() {
    let mut held = HeldGroup::well();
    let plan = held.plan(terminate("i-0aaa")).unwrap();
    assert_eq!(told(&plan, "sessions"), "2 sessions would be lost");
    assert!(plan.findings.iter().any(|it| it.weight == Weight::Blocks { over: Some("lose 2".into()) }));
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "sessions"), "passes");
    held.given.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    assert_eq!(weight(&held.plan(terminate("i-0aaa")).unwrap(), "sessions"), "passes");
    held.sessions_fail = true;
    let blind = held.plan(terminate("i-0aaa")).unwrap();
    assert_eq!(blind.confirmation, Confirmation::Type("lose all terminal-gateway-asg".into()));
}

#[test]
fn the_gateways_that_stay_must_take_the_sessions() {
    let mut held = HeldGroup::well();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "capacity"), "passes");
    held.given.sessions = ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 4)).collect();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "capacity"), "passes", "8 of 10");
    held.given.sessions.extend(sessions("i-0aaa", 2));
    assert_eq!(
        weight(&held.plan(scale(1)).unwrap(), "capacity"),
        "warns",
        "10 of 10, and a tenth more is the headroom"
    );
    held.given.sessions.extend(sessions("i-0bbb", 2));
    let plan = held.plan(scale(1)).unwrap();
    assert_eq!(
        (weight(&plan, "capacity"), &plan.confirmation),
        ("blocks", &Confirmation::Type("too few terminal-gateway-asg".into()))
    );
}

#[test]
fn what_is_protected_goes_last_and_with_a_warning() {
    let mut held = HeldGroup::well();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "protection"), "");
    held.instance("i-0aaa").protected = true;
    held.instance("i-0bbb").protected = true;
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "protection"), "warns");
}

#[test]
fn the_last_gateway_of_a_zone_is_told() {
    let mut held = HeldGroup::well();
    assert_eq!(told(&held.plan(scale(1)).unwrap(), "zone"), "no gateway is left in us-east-1a");
    held.group().instances.push(instance("i-0ccc"));
    held.group().desired = 3;
    assert_eq!(weight(&held.plan(scale(2)).unwrap(), "zone"), "");
    assert_eq!(told(&held.plan(terminate("i-0bbb")).unwrap(), "zone"), "no gateway is left in us-east-1b");
}

#[test]
fn what_the_policy_will_do_is_told() {
    let mut held = HeldGroup::well();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "policy"), "passes", "4 sessions on one gateway, 8 is kept");
    let up = held.plan(scale(4)).unwrap();
    assert_eq!(told(&up, "policy"), "scale-on-sessions will scale in to 1 after about 15 minutes");
    held.given.sessions = ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 5)).collect();
    let down = held.plan(scale(1)).unwrap();
    assert_eq!(told(&down, "policy"), "scale-on-sessions will scale out to 2 within about 3 minutes");
    held.group().suspended.push(("AlarmNotification".into(), "User suspended".into()));
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "policy"), "passes");
}

#[test]
fn iam_is_asked_for_every_call() {
    let mut held = HeldGroup::well();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "permission"), "passes");
    for call in ["autoscaling:EnterStandby", "autoscaling:TerminateInstanceInAutoScalingGroup"] {
        held.denied = vec![call];
        assert_eq!(weight(&held.plan(scale(1)).unwrap(), "permission"), "blocks", "{call}");
    }
}

#[test]
fn production_is_typed() {
    let mut held = HeldGroup::well();
    let protect = || GroupChange::Protect { instances: Instances::All, protected: true };
    held.given.stack.environment = Environment::Other("development".into());
    assert_eq!(held.plan(protect()).unwrap().confirmation, Confirmation::Key);
    held.given.stack.environment = Environment::Production;
    assert_eq!(held.plan(protect()).unwrap().confirmation, Confirmation::Type("terminal-gateway-asg".into()));
}

#[test]
fn an_instance_refresh_is_left_to_end() {
    let mut held = HeldGroup::well();
    held.refreshes.push(Refresh {
        id: "08b91cf7".into(),
        status: "InProgress".into(),
        reason: "".into(),
        started_at: Some(now()),
        ended_at: None,
        percent: Some(50),
        left: Some(1),
        template: None,
        preferences: RefreshPreferences::default(),
        rollback: None,
    });
    assert_eq!(told(&held.plan(scale(1)).unwrap(), "refresh"), "an instance refresh is in progress, 50 % done");
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "refresh"), "blocks");
    let protect = GroupChange::Protect { instances: Instances::All, protected: true };
    assert_eq!(weight(&held.plan(protect).unwrap(), "refresh"), "warns");
    held.refreshes[0].status = "Successful".into();
    assert_eq!(weight(&held.plan(scale(1)).unwrap(), "refresh"), "");
}
