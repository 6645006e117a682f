//! Health of stacks and their parts: never well while not known.

use crate::{
    domain::{estate::Estate, fault::FaultKind, query::Query, target::TargetState},
    triage::{
        health::{Health, of_group, of_service, of_stack, of_target_group},
        testing::{Given, scope, sessions, target},
    },
};

fn stack(given: &Given) -> Health {
    of_stack(&given.stack, &given.estate(), &given.signals())
}

/// Health of the service, the group and the target group.
fn parts(given: &Given) -> [Health; 3] {
    let (estate, signals, scope) = (given.estate(), given.signals(), scope());
    let known = estate.scope(&scope);
    [
        of_service(&given.stack.services[0], &scope, known, &signals),
        of_group(&given.stack.groups[0], &scope, known, &signals),
        of_target_group(&given.stack.target_groups[0], &scope, known, &signals),
    ]
}

#[test]
fn what_is_well_is_ok_and_what_is_not_known_is_unknown() {
    let given = Given::healthy();
    assert_eq!((stack(&given), parts(&given)), (Health::Ok, [Health::Ok; 3]));
    assert_eq!(of_stack(&given.stack, &Estate::default(), &[]), Health::Unknown);
    assert_eq!(of_service(&given.stack.services[0], &scope(), None, &[]), Health::Unknown);
    assert_eq!(of_group(&given.stack.groups[0], &scope(), None, &[]), Health::Unknown);
    assert_eq!(of_target_group(&given.stack.target_groups[0], &scope(), None, &[]), Health::Unknown);
}

#[test]
fn one_read_that_never_answered_makes_the_stack_unknown() {
    let given = Given::healthy();
    let mut estate = given.estate();
    estate.scopes.values_mut().for_each(|it| it.sessions.clear());
    assert_eq!(of_stack(&given.stack, &estate, &[]), Health::Unknown);
}

#[test]
fn a_deployment_is_progress_and_signals_are_worse() {
    let mut given = Given::healthy();
    given.deploying(60);
    assert_eq!((stack(&given), parts(&given)[0]), (Health::Progress, Health::Progress));
    given.targets[0] = target("10.0.3.11", TargetState::Unhealthy);
    assert_eq!(stack(&given), Health::Warning);
    assert_eq!(parts(&given), [Health::Progress, Health::Ok, Health::Warning]);
    given.sessions = ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 10)).collect();
    assert_eq!((stack(&given), parts(&given)[1]), (Health::Critical, Health::Critical));
}

#[test]
fn a_sick_instance_makes_its_group_ill() {
    let mut given = Given::healthy();
    given.group().instances[1].health = "Unhealthy".into();
    assert_eq!(parts(&given), [Health::Ok, Health::Critical, Health::Ok]);
}

#[test]
fn a_stack_sleeps_only_if_all_of_it_does() {
    let mut given = Given::healthy();
    given.stack.services[0].may_sleep = true;
    (given.service().desired, given.service().running) = (0, 0);
    given.targets.clear();
    assert_eq!((stack(&given), parts(&given)), (Health::Ok, [Health::Idle, Health::Ok, Health::Idle]));
    given.stack.groups.clear();
    assert_eq!(stack(&given), Health::Idle);
}

#[test]
fn what_starts_or_leaves_is_progress() {
    let mut given = Given::healthy();
    given.group().desired = 3;
    given.targets[0] = target("10.0.3.11", TargetState::Initial);
    assert_eq!(parts(&given), [Health::Ok, Health::Progress, Health::Progress]);
}

#[test]
fn a_scopes_trouble_is_its_stacks_and_a_missing_service_is_critical() {
    let mut given = Given::healthy();
    given.failing(Query::Alarms, FaultKind::Expired, "cloudwatch:DescribeAlarms");
    assert_eq!((stack(&given), parts(&given)[0]), (Health::Critical, Health::Ok));
    let mut gone = Given::healthy();
    gone.services.clear();
    assert_eq!(parts(&gone)[0], Health::Critical);
}
