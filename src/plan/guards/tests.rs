//! Each guard, where it blocks, warns and passes.

use jiff::Timestamp;

use crate::{
    domain::{
        alarm::AlarmState,
        deployment::DeploymentStatus,
        fault::FaultKind,
        id::{Kind, ResourceId},
        query::Query,
        scaling::ScalableTarget,
        service::{Controller, Rolling, RolloutState},
        target::TargetState,
    },
    plan::{
        action::{Action, Deployable, RangeChoice, RollbackTo},
        guards::Busy,
        model::{Confirmation, Plan, Weight, drift},
        testing::{Held, deployment, digest, steered},
    },
    stack::care::{Freeze, FreezeSpan, Overridable},
    triage::testing::{alarm, now, rollout},
};

fn deploy(held: &Held) -> Action {
    Action::Deploy { services: vec![held.who()], what: Deployable::Tag("v43".into()), rolls_back: None }
}

fn rollback(held: &Held) -> Action {
    Action::Rollback { services: vec![held.who()], to: RollbackTo::LastKnownGood }
}

fn scale(held: &Held, desired: u32) -> Action {
    Action::Scale { service: held.who(), desired, range: RangeChoice::Keep }
}

fn plan(held: &Held, action: &Action) -> Plan {
    held.plan(action).expect("a plan")
}

/// What a guard says: `blocks`, `warns`, `passes` or nothing.
fn says(plan: &Plan, guard: &str) -> Option<&'static str> {
    plan.findings.iter().find(|it| it.guard == guard).map(|it| it.weight.word())
}

#[test]
fn a_plan_for_a_service_that_is_well_has_nothing_against_it() {
    let held = Held::well();
    let plan = plan(&held, &deploy(&held));
    assert_eq!(plan.blocks().count() + plan.warnings().count(), 0, "{:#?}", plan.findings);
}

#[test]
fn read_only_cannot_be_overridden() {
    let mut held = Held::well();
    held.read_only = true;
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Impossible);
    held.read_only = false;
    held.stack.read_only = true;
    let plan = plan(&held, &deploy(&held));
    assert_eq!((says(&plan, "read-only"), &plan.confirmation), (Some("blocks"), &Confirmation::Impossible));
}

#[test]
fn another_account_is_no_place_to_write() {
    let mut held = Held::well();
    held.identity.account = "999988887777".into();
    let plan = plan(&held, &deploy(&held));
    assert_eq!((says(&plan, "identity"), &plan.confirmation), (Some("blocks"), &Confirmation::Impossible));
}

#[test]
fn production_is_named_and_other_stacks_take_a_key() {
    let mut held = Held::well();
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Type("terminal-api".into()));
    assert_eq!(says(&plan(&held, &deploy(&held)), "production"), Some("passes"));
    assert!(plan(&held, &deploy(&held)).is_confirmed_by("terminal-api"));
    assert!(!plan(&held, &deploy(&held)).is_confirmed_by("terminal-ap"));
    held.stack.environment = crate::stack::model::Environment::Other("staging".into());
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Key);
}

#[test]
fn another_controller_is_left_alone() {
    let mut held = Held::well();
    held.service.control.controller = Controller::CodeDeploy;
    assert_eq!(says(&plan(&held, &deploy(&held)), "controller"), Some("blocks"));
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "controller"), None);
}

#[test]
fn a_deployment_under_way_blocks_another_and_warns_of_scaling() {
    let mut held = Held::well();
    held.service.deployments = vec![rollout("ecs-svc/2222", 42, RolloutState::InProgress, 60)];
    assert_eq!(says(&plan(&held, &deploy(&held)), "in-progress"), Some("blocks"));
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Impossible);
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "in-progress"), Some("warns"));
    held.stack.care.overridable.push(Overridable::InProgress);
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Type("in-progress terminal-api".into()));
}

#[test]
fn somebody_elses_operation_blocks_all_but_going_back() {
    let mut held = Held::well();
    let subject = ResourceId::new(Kind::Service, &held.who().scope, held.service.arn.wire());
    held.busy.push(Busy { subject, title: "scale".into(), since: now(), by: "eve".into() });
    assert_eq!(says(&plan(&held, &deploy(&held)), "in-progress"), Some("blocks"));
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "in-progress"), Some("blocks"));
    assert_eq!(says(&plan(&held, &rollback(&held)), "in-progress"), Some("warns"));
}

#[test]
fn a_freeze_blocks_all_but_going_back() {
    let mut held = Held::well();
    let span = FreezeSpan::Once { from: Timestamp::MIN, until: Timestamp::MAX };
    held.stack.care.freezes.push(Freeze { span, reason: "year end".into() });
    assert_eq!(says(&plan(&held, &deploy(&held)), "freeze"), Some("blocks"));
    assert_eq!(says(&plan(&held, &rollback(&held)), "freeze"), Some("warns"));
    held.stack.care.overridable.push(Overridable::Freeze);
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Type("freeze terminal-api".into()));
}

#[test]
fn the_least_number_of_tasks_is_kept() {
    let mut held = Held::well();
    held.stack.services[0].min_tasks = Some(1);
    assert_eq!(says(&plan(&held, &scale(&held, 1)), "min-tasks"), None);
    assert_eq!(says(&plan(&held, &scale(&held, 0)), "min-tasks"), Some("blocks"));
    held.stack.care.overridable.push(Overridable::MinTasks);
    assert_eq!(plan(&held, &scale(&held, 0)).confirmation, Confirmation::Type("min-tasks terminal-api".into()));
}

/// As the reactive notebook: one task that goes before the next one comes.
fn stateful() -> Held {
    let mut held = Held::well();
    held.stack.services[0].stateful = true;
    held.service.desired = 1;
    held.service.running = 1;
    held.tasks.truncate(1);
    held.targets.truncate(1);
    held.service.rolling = Rolling { minimum_percent: 0, maximum_percent: 100, circuit_breaker: true, rollback: true };
    held
}

#[test]
fn a_second_stateful_task_is_refused_and_a_deployment_names_what_is_lost() {
    let mut held = stateful();
    assert_eq!(says(&plan(&held, &scale(&held, 2)), "single-task"), Some("blocks"));
    held.stack.care.overridable.push(Overridable::SingleTask);
    assert_eq!(plan(&held, &scale(&held, 2)).confirmation, Confirmation::Type("single-task terminal-api".into()));
    let deploying = plan(&held, &deploy(&held));
    assert_eq!((says(&deploying, "single-task"), says(&deploying, "arithmetic")), (Some("warns"), Some("warns")));
    assert!(deploying.parts[0].radius.lost[0].as_str().starts_with("everything held in memory"));
    assert!(deploying.parts[0].radius.replacement.as_ref().unwrap().downtime.is_some());
}

#[test]
fn percentages_that_cannot_move_block() {
    let mut held = Held::well();
    held.service.rolling = Rolling { minimum_percent: 75, maximum_percent: 100, circuit_breaker: true, rollback: true };
    let stuck = plan(&held, &deploy(&held));
    assert_eq!((says(&stuck, "arithmetic"), &stuck.confirmation), (Some("blocks"), &Confirmation::Impossible));
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "arithmetic"), None);
}

#[test]
fn images_must_be_there_unarchived_and_for_the_cpu() {
    let mut held = Held::well();
    held.tags.remove("v42");
    let redeploy = Action::Redeploy { services: vec![held.who()] };
    assert_eq!(plan(&held, &redeploy).confirmation, Confirmation::Impossible);
    let mut held = Held::well();
    held.archived = true;
    assert_eq!(says(&plan(&held, &deploy(&held)), "image"), Some("blocks"));
    let mut held = Held::well();
    held.architectures = vec!["arm64"];
    assert_eq!(says(&plan(&held, &deploy(&held)), "image"), Some("blocks"));
    held.architectures = vec!["arm64", "amd64"];
    assert_eq!(says(&plan(&held, &deploy(&held)), "image"), Some("passes"));
}

#[test]
fn an_inactive_revision_is_deployed_no_more() {
    let mut held = Held::well();
    held.definitions[0].active = false;
    assert_eq!(says(&plan(&held, &rollback(&held)), "revision"), Some("blocks"));
}

#[test]
fn a_tag_that_may_move_is_warned_of_with_what_it_means_now() {
    let mut held = Held::well();
    held.mutable = true;
    let plan = plan(&held, &Action::Redeploy { services: vec![held.who()] });
    let finding = plan.findings.iter().find(|it| it.guard == "mutable-tag").unwrap();
    assert_eq!(finding.weight, Weight::Warns);
    assert!(finding.summary.as_str().contains(&digest("42")[..19]), "{}", finding.summary);
    assert_eq!(says(&plan, "same-image"), Some("passes"));
}

#[test]
fn what_auto_scaling_will_do_next_is_told() {
    let mut held = Held::well();
    let suspended =
        ScalableTarget { suspended_in: true, suspended_out: true, suspended_scheduled: true, ..steered(2, 10) };
    held.scalable = Some(steered(2, 10));
    assert_eq!(says(&plan(&held, &scale(&held, 1)), "scaling-range"), Some("warns"));
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "scaling-range"), Some("passes"));
    if let Some(target) = &mut held.scalable {
        target.policies.push(("cpu".into(), "ECSServiceAverageCPUUtilization".into(), 70.0));
    }
    assert_eq!(says(&plan(&held, &scale(&held, 4)), "scaling-range"), Some("warns"), "it will scale in again");
    held.scalable = Some(suspended);
    assert_eq!(says(&plan(&held, &scale(&held, 1)), "scaling-range"), Some("passes"));
}

#[test]
fn a_service_that_is_not_well_is_warned_of_before_it_is_changed() {
    let mut held = Held::well();
    held.targets[0].state = TargetState::Unhealthy;
    assert_eq!(says(&plan(&held, &deploy(&held)), "unhealthy"), Some("warns"));
    let back = plan(&held, &rollback(&held));
    let finding = back.findings.iter().find(|it| it.guard == "unhealthy").unwrap();
    assert_eq!(finding.weight, Weight::Passes);
    assert_eq!(finding.details[0].as_str(), "that is what a rollback is for");
    held.targets[0].state = TargetState::Healthy;
    assert_eq!(drift(&plan(&held, &rollback(&held)), &back), [], "going back does not wait for what gets worse");
}

#[test]
fn a_deployment_of_what_runs_already_is_blocked_and_a_redeployment_is_not() {
    let mut held = Held::well();
    let same = Action::Deploy { services: vec![held.who()], what: Deployable::Tag("v42".into()), rolls_back: None };
    assert_eq!(says(&plan(&held, &same), "same-image"), Some("blocks"));
    assert_eq!(plan(&held, &same).confirmation, Confirmation::Impossible);
    assert_eq!(says(&plan(&held, &Action::Redeploy { services: vec![held.who()] }), "same-image"), Some("passes"));
    assert_eq!(says(&plan(&held, &deploy(&held)), "same-image"), None);
    held.stack.care.overridable.push(Overridable::SameImage);
    assert_eq!(plan(&held, &same).confirmation, Confirmation::Type("same-image terminal-api".into()));
}

#[test]
fn a_journal_that_cannot_all_be_read_is_warned_of() {
    let mut held = Held::well();
    assert_eq!(says(&plan(&held, &deploy(&held)), "journal"), None);
    held.unread = Some("/state/journal.jsonl:7: it has been changed".into());
    let told = plan(&held, &deploy(&held));
    assert_eq!(says(&told, "journal"), Some("warns"));
    assert_eq!(told.confirmation, Confirmation::Type("terminal-api".into()), "nothing else is kept from being done");
}

#[test]
fn every_guard_is_tried_here() {
    let tests = include_str!("tests.rs");
    for guard in super::GUARDS {
        assert!(tests.matches(&format!("\"{}\"", guard.name)).count() > 0, "no test names the guard {}", guard.name);
    }
}

#[test]
fn alarms_that_ring_are_warned_of() {
    let mut held = Held::well();
    held.alarms = vec![alarm("terminal-api-latency", AlarmState::Alarm), alarm("cma-other", AlarmState::Alarm)];
    let told = plan(&held, &deploy(&held));
    assert_eq!(says(&told, "alarm"), Some("warns"));
    let rings = told.findings.iter().find(|it| it.guard == "alarm").unwrap();
    assert_eq!(rings.summary.as_str(), "1 in ALARM now: terminal-api-latency");
    // An alarm that rings already is none that the deployment has caused.
    assert_eq!(told.course.parts[0].alarms, []);
}

#[test]
fn calls_that_iam_denies_are_blocked() {
    let mut held = Held::well();
    held.denied.push("ecs:UpdateService");
    assert_eq!(says(&plan(&held, &deploy(&held)), "permission"), Some("blocks"));
    held.stack.care.overridable.push(Overridable::Permission);
    assert_eq!(plan(&held, &deploy(&held)).confirmation, Confirmation::Type("permission terminal-api".into()));
}

#[test]
fn who_stops_serving_is_told_so_and_who_sleeps_is_not() {
    let mut held = Held::well();
    let told = plan(&held, &scale(&held, 0));
    assert_eq!(says(&told, "min-tasks"), Some("warns"));
    held.stack.services[0].may_sleep = true;
    assert_eq!(says(&plan(&held, &scale(&held, 0)), "min-tasks"), None);
    assert_eq!(says(&plan(&held, &scale(&held, 1)), "min-tasks"), None);
}

#[test]
fn a_count_far_beyond_the_present_one_is_asked_about() {
    let held = Held::well();
    assert_eq!(says(&plan(&held, &scale(&held, 40)), "leap"), Some("warns"));
    let far = plan(&held, &scale(&held, 500));
    assert_eq!(far.confirmation, Confirmation::Type("leap terminal-api".into()), "a great leap is typed");
    assert_eq!(says(&plan(&held, &scale(&held, 8)), "leap"), None);
}

#[test]
fn going_back_behind_what_ecs_has_gone_back_to_is_told() {
    let mut held = Held::well();
    let mut undone = deployment(43, "43", 600);
    undone.status = DeploymentStatus::RollbackSuccessful;
    held.deployments.insert(0, undone);
    let told = plan(&held, &rollback(&held));
    let found = told.findings.iter().find(|it| it.guard == "rolled-back").expect("a warning");
    assert!(found.summary.as_str().ends_with("this goes one further back"), "{}", found.summary);
    held.deployments.remove(0);
    assert_eq!(says(&plan(&held, &rollback(&held)), "rolled-back"), None);
}

#[test]
fn an_image_that_was_rolled_back_last_time_is_warned_of() {
    let mut held = Held::well();
    let mut undone = deployment(44, "43", 600);
    undone.status = DeploymentStatus::RollbackSuccessful;
    undone.rollback_reason = Some("the circuit breaker threshold was exceeded".into());
    held.deployments.insert(0, undone);
    let told = plan(&held, &deploy(&held));
    let found = told.findings.iter().find(|it| it.guard == "undone").expect("a warning");
    assert!(found.summary.as_str().starts_with("the last deployment of this image to terminal-api was rolled back at"));
    assert_eq!(found.details, ["the circuit breaker threshold was exceeded".into()]);
    // It has been deployed well since.
    held.deployments.insert(0, deployment(45, "43", 300));
    assert_eq!(says(&plan(&held, &deploy(&held)), "undone"), None);
}

#[test]
fn going_back_from_a_rollback_of_ones_own_is_told_too() {
    let mut held = Held::well();
    held.deployments.insert(0, deployment(43, "43", 600));
    held.deployments.insert(0, deployment(42, "42", 300));
    let told = plan(&held, &rollback(&held));
    let found = told.findings.iter().find(|it| it.guard == "rolled-back").expect("a warning");
    let wanted = "terminal-api:43 has been rolled back already, and terminal-api:42 was good before it";
    assert!(found.summary.as_str().starts_with(wanted), "{}", found.summary);
}

#[test]
fn what_cannot_be_checked_does_not_pass() {
    let mut held = Held::well();
    assert_eq!(says(&plan(&held, &deploy(&held)), "permission"), Some("passes"));
    // What it is built for is not told.
    assert_eq!(says(&plan(&held, &deploy(&held)), "image"), Some("unchecked"));
    held.architectures = vec!["amd64"];
    assert_eq!(says(&plan(&held, &deploy(&held)), "image"), Some("passes"));
    held.faults.push((|it| matches!(it, Query::Permissions { .. }), FaultKind::Denied));
    assert_eq!(says(&plan(&held, &deploy(&held)), "permission"), Some("unchecked"));
    let elsewhere = Deployable::Image("docker.io/terminal/api:v43".into());
    let elsewhere = plan(&held, &Action::Deploy { services: vec![held.who()], what: elsewhere, rolls_back: None });
    assert_eq!(says(&elsewhere, "image"), Some("unchecked"));
    let words = elsewhere.findings.iter().map(|it| it.weight.clone()).collect::<Vec<_>>();
    assert!(words.is_sorted(), "{words:?}");
}

#[test]
fn stopping_the_only_task_is_downtime_and_less_than_must_run() {
    let mut held = Held::well();
    let stop = |held: &Held| plan(held, &Action::StopTask { service: held.who(), task: held.tasks[0].arn.clone() });
    held.stack.services[0].min_tasks = Some(2);
    let one_of_two = stop(&held);
    assert_eq!((says(&one_of_two, "arithmetic"), says(&one_of_two, "min-tasks")), (None, Some("warns")));
    held.service.desired = 1;
    held.service.running = 1;
    held.tasks.truncate(1);
    held.stack.services[0].min_tasks = Some(1);
    let only = stop(&held);
    assert_eq!((says(&only, "arithmetic"), says(&only, "min-tasks")), (Some("warns"), Some("warns")));
    let replacement = only.parts[0].radius.replacement.as_ref().expect("another starts");
    assert_eq!((replacement.lowest, replacement.downtime.is_some()), (0, true));
}
