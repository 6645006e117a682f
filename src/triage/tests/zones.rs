//! Where things run, and whether what serves is what should: zones, digests, targets that drain or never came.

use crate::{
    domain::{
        estate::Estate,
        id::Arn,
        query::{Answer, Outcome, Query, Request},
        signal::Signal,
        target::TargetState,
    },
    triage::{
        signals,
        testing::{Given, SERVICE, TARGET_GROUP, ago, now, scope, target, task},
    },
};

#[test]
fn one_zone_left_is_one_signal_for_all_that_stands_in_it() {
    let mut given = Given::healthy();
    given.tasks[1].zone = "us-east-1a".into();
    assert_eq!(
        given.told(),
        "notice one-zone-left terminal-api [-] only zone us-east-1a is left of terminal-api\n  \
         terminal-api: 2 tasks in us-east-1a\n  \
         > if that zone fails, nothing is left: see whether the others have trouble, and spread out again once they are well"
    );
    given.died(1200, "ServiceSchedulerInitiated", "Task failed ELB health checks in (x)", None).zone =
        "us-east-1b".into();
    given.group().instances[1].zone = "us-east-1a".into();
    let cause =
        "At 2026-03-01T02:20:00Z an instance was taken out of service in response to a system health-check failure.";
    given.activity(2400, "Successful", "Terminating EC2 instance: i-0zzz", cause);
    assert_eq!(
        given.told(),
        "warning one-zone-left terminal [02:40:00] only zone us-east-1a is left of terminal-api and terminal-gateway-asg\n  \
         terminal-api: 2 tasks in us-east-1a; the last in us-east-1b was lost at 02:40:00 UTC\n  \
         terminal-gateway-asg: 2 instances in us-east-1a; the last in another zone was lost at 02:20:00 UTC\n  \
         > if that zone fails, nothing is left: see whether the others have trouble, and spread out again once they are well"
    );
}

#[test]
fn what_may_use_one_zone_only_or_still_spreads_is_silent() {
    let alone = |change: fn(&mut Given)| {
        let mut given = Given::healthy();
        given.tasks[1].zone = "us-east-1a".into();
        change(&mut given);
        given.told()
    };
    assert_eq!(alone(|given| given.service().subnets.truncate(1)), "");
    assert_eq!(alone(|given| given.tasks[1].started_at = Some(ago(170))), "");
    assert_eq!(alone(|given| given.tasks.truncate(1)), "", "one task is in one zone");
    assert_eq!(alone(|given| given.deploying(60).running = 2), "");
}

#[test]
fn two_images_in_one_deployment_are_told_apart() {
    let mut given = Given::healthy();
    let digest = |letter: &str| Some(format!("sha256:{}", letter.repeat(64)).into());
    given.tasks[0].containers[0].digest = digest("a");
    given.tasks[1].containers[0].digest = digest("a");
    assert_eq!(given.told(), "");
    given.tasks[1].containers[0].digest = digest("b");
    given.tasks[1].started_at = Some(ago(300));
    assert_eq!(
        given.told(),
        "warning digest-differs terminal-api [02:55:00] terminal-api: container api runs 2 different images in one \
         deployment\n  \
         sha256:aaaaaaaaaaaa: 1 task (aaaa1111), since 03:00:40 UTC\n  \
         sha256:bbbbbbbbbbbb: 1 task (bbbb2222), since 02:55:00 UTC\n  \
         all were started by ecs-svc/1111 from terminal/api:42\n  \
         > the tag was moved while the deployment stood: deploy again by digest, so that all tasks run the same"
    );
    given.tasks[1].started_by = "ecs-svc/2222".into();
    assert_eq!(given.told(), "", "a deployment to another image is what deployments are for");
}

#[test]
fn a_target_that_drains_beyond_its_delay_is_told() {
    let mut given = Given::healthy();
    given.targets.push(target("10.0.3.99", TargetState::Draining));
    let event = format!("(service terminal-api) deregistered 1 targets in (target-group {TARGET_GROUP})");
    given.event(115, &event);
    assert_eq!(given.told(), "", "60 s of delay and a minute");
    given.service().events[0].at = ago(190);
    assert_eq!(
        given.told(),
        format!(
            "warning draining-too-long terminal-api-tg [02:56:50] 1 target of terminal-api-tg still drains 3 m after \
             deregistration; 1 m are allowed\n  \
             10.0.3.99:3001 in us-east-1a: no reason given\n  \
             deregistration delay 1 m; 02:56:50 UTC: {event}\n  \
             > deployments wait for it: see whether the delay was raised meanwhile, and whether the target still holds \
             connections"
        )
    );
    given.tasks.push(task("cccc3333", "10.0.3.99"));
    assert_eq!(given.told(), "", "its task runs on: it was taken out by hand, and nothing tells when");
}

#[test]
fn tasks_that_run_and_are_no_targets_leave_nothing_that_serves() {
    let mut given = Given::healthy();
    given.targets.clear();
    assert_eq!(
        given.told(),
        "critical no-healthy-target terminal-api-tg [-] terminal-api-tg has no target that could serve: the load balancer \
         answers 503\n  \
         no target is registered\n  \
         2 of 2 tasks of terminal-api run\n  \
         > see why its tasks are not registered, or not used: their container port, and the zones of the load balancer"
    );
    given.targets = vec![target("10.0.3.11", TargetState::Initial)];
    assert_eq!(given.rules(), ["no-healthy-target"]);
    given.service().grace_seconds = 100_000;
    assert_eq!(given.told(), "");
    given.service().grace_seconds = 0;
    given.targets.push(target("10.0.4.12", TargetState::Unavailable));
    assert_eq!(given.told(), "", "not checked, and used");
    given.targets.clear();
    given.deploying(60);
    assert_eq!(given.told(), "");
}

/// Another service of the stack like the first, whose tasks and targets are those of nobody else.
fn another(given: &mut Given) -> Estate {
    let (service, group) = (SERVICE.replace("terminal-api", "terminal-web"), TARGET_GROUP.replace("-api-", "-web-"));
    let mut spec = given.stack.services[0].clone();
    spec.name = "terminal-web".into();
    given.stack.services.push(spec);
    let mut web = given.services[0].clone();
    (web.arn, web.name) = (Arn::new(&service), "terminal-web".into());
    web.load_balancers[0].target_group = Arn::new(&group);
    web.events.clear();
    given.services.push(web);
    let mut own = given.target_groups[0].clone();
    (own.arn, own.name) = (Arn::new(&group), "terminal-web-tg".into());
    given.target_groups.push(own);
    let mut estate = given.estate();
    let targets = given.targets.clone();
    let request = Request { scope: scope(), query: Query::Targets { group: Arn::new(&group) } };
    estate.receive(&request, Outcome::Complete(Answer::Targets(targets)), now());
    estate
}

/// The rules that speak where the first of two targets of two services, in zone a, is in this state and the second, in
/// zone b, in that.
fn with(first: TargetState, second: TargetState) -> Vec<Signal> {
    let mut given = Given::healthy();
    given.targets = vec![target("10.0.3.11", first), target("10.0.4.12", second)];
    given.targets[1].zone = "us-east-1b".into();
    let estate = another(&mut given);
    signals(&estate, std::slice::from_ref(&given.stack), now())
}

#[test]
fn a_zone_in_which_services_have_nothing_healthy_left_is_one_signal() {
    let told = with(TargetState::Unhealthy, TargetState::Healthy);
    let rules: Vec<_> = told.iter().map(|it| it.rule).collect();
    assert_eq!(rules, ["zone-failing"]);
    assert_eq!(
        told[0].summary.as_str(),
        "zone us-east-1a has failed: nothing of terminal-api and terminal-web is healthy there"
    );
    assert_eq!(told[0].evidence[0].as_str(), "terminal-api: 1 target unhealthy; 1 healthy in other zones");
}

#[test]
fn a_zone_is_not_blamed_for_what_hurts_one_service_or_several_zones() {
    let of = |first, second| with(first, second).iter().any(|it| it.rule == "zone-failing");
    assert!(!of(TargetState::Healthy, TargetState::Healthy));
    assert!(!of(TargetState::Unhealthy, TargetState::Unhealthy), "it is not the zone");
    assert!(!of(TargetState::Unhealthy, TargetState::Initial), "nothing is well elsewhere");
    let mut given = Given::healthy();
    given.targets[0].state = TargetState::Unhealthy;
    given.targets[1].zone = "us-east-1b".into();
    assert!(!given.rules().contains(&"zone-failing"), "one service may have a trouble of its own");
}
