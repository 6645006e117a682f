//! Services and their autoscaling, asleep and awake.

use crate::{
    domain::alarm::AlarmState,
    triage::testing::{Given, ago, alarm},
};

const HIGH: &str = "TargetTracking-service/terminal-cluster/terminal-api-AlarmHigh-1";

#[test]
fn a_service_at_its_maximum_that_would_grow_is_told() {
    let mut given = Given::healthy();
    given.scalable(1, 2);
    assert_eq!(given.told(), "", "at the maximum, and content");
    given.alarms = vec![alarm(HIGH, AlarmState::Alarm)];
    assert_eq!(
        given.told(),
        format!(
            "warning scaling-at-max terminal-api [02:53:00] terminal-api is at its maximum of 2 tasks and would grow\n  \
             {HIGH}: Threshold Crossed: 3 datapoints were greater than the threshold (1.0).\n  \
             range 1 to 2; desired 2, running 2\n  \
             policy cpu-70 keeps ECSServiceAverageCPUUtilization at 70\n  \
             > raise the maximum of its scalable target, or give its tasks more CPU and memory"
        )
    );
    given.scalable_targets[0].max = 3;
    assert_eq!(given.told(), "", "it can grow");
    given.scalable_targets[0].max = 2;
    given.alarms = vec![alarm("TargetTracking-service/terminal-cluster/other-AlarmHigh-1", AlarmState::Alarm)];
    assert_eq!(given.told(), "", "another service's");
}

#[test]
fn a_desired_count_outside_the_range_says_what_autoscaling_will_do() {
    let mut given = Given::healthy();
    given.scalable(3, 10).suspended_out = true;
    assert_eq!(
        given.told(),
        "warning desired-outside-range terminal-api [-] terminal-api is set to 2 tasks, below the minimum of 3\n  \
         range 3 to 10; desired 2, running 2\n  \
         policy cpu-70 keeps ECSServiceAverageCPUUtilization at 70\n  \
         scaling out is suspended\n  \
         > set it between 3 and 10, or move the range: autoscaling leaves it alone until a policy acts; growing sets it to \
         the minimum first"
    );
    given.stack.services[0].min_tasks = Some(3);
    assert_eq!(given.rules(), ["desired-below-minimum"], "the stack file says the same");
    let mut above = Given::healthy();
    above.scalable(1, 1);
    let told: Vec<_> = above.signals().iter().map(|it| (it.severity.word(), it.summary.to_string())).collect();
    assert_eq!(told, [("notice", "terminal-api is set to 2 tasks, above the maximum of 1".to_owned())]);
}

#[test]
fn services_asleep_and_waking_are_one_notice_each_for_a_stack() {
    let mut given = Given::healthy();
    given.stack.services[0].may_sleep = true;
    given.scalable(1, 4);
    (given.service().desired, given.service().running) = (0, 0);
    given.tasks.clear();
    given.targets.clear();
    given.died(1800, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1111)", None);
    given.event(1790, "(service terminal-api) has reached a steady state.");
    let mut second = given.stack.services[0].clone();
    second.name = "terminal-jobs".into();
    given.stack.services.push(second);
    let mut jobs = given.services[0].clone();
    jobs.name = "terminal-jobs".into();
    jobs.arn = crate::domain::id::Arn::new("arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-jobs");
    given.services.push(jobs);
    assert_eq!(
        given.told(),
        "notice services-asleep terminal [02:30:00] terminal-api and terminal-jobs sleep\n  \
         terminal-api: asleep since 02:30:00 UTC, for 30 m\n  \
         terminal-jobs: asleep since 02:30:10 UTC, for 29 m\n  \
         > nothing: the first request wakes them, and its client has to come again; wake them before expected traffic"
    );
    (given.service().desired, given.service().pending) = (1, 1);
    given.starting(30);
    assert_eq!(
        given.told(),
        "notice services-asleep terminal [02:30:10] terminal-jobs sleeps\n  \
         terminal-jobs: asleep since 02:30:10 UTC, for 29 m\n  \
         > nothing: the first request wakes them, and its client has to come again; wake them before expected traffic\n\
         notice services-waking terminal [02:59:30] terminal-api is waking\n  \
         terminal-api: 0 of 1 tasks run, 1 starting, for 30 s\n  \
         > wait: requests are refused until a task serves; clients that come again within a minute are answered"
    );
    given.died(5, "EssentialContainerExited", "Essential container in task exited", Some(1));
    given.tasks[1].created_at = Some(ago(200));
    assert!(!given.rules().contains(&"services-waking"), "one has died: {:?}", given.rules());
}
