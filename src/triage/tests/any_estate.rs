//! Whatever AWS answers, no rule panics, and signals come sorted and the same every time.

use proptest::prelude::*;

use crate::{
    domain::{
        alarm::AlarmState,
        service::{Rolling, RolloutState},
        target::TargetState,
    },
    triage::{
        signals,
        testing::{Given, ago, alarm, average_sessions, now, rollout, sessions, target},
    },
};

fn rollout_state() -> impl Strategy<Value = Option<RolloutState>> {
    prop::sample::select(vec![
        None,
        Some(RolloutState::InProgress),
        Some(RolloutState::Completed),
        Some(RolloutState::Failed),
    ])
}

fn target_state() -> impl Strategy<Value = TargetState> {
    use TargetState::{Draining, Healthy, Initial, Unavailable, Unhealthy, Unknown, Unused};
    prop::sample::select(vec![Unhealthy, Unavailable, Initial, Draining, Unused, Healthy, Unknown])
}

fn event() -> impl Strategy<Value = (i64, &'static str)> {
    let messages = [
        "(service terminal-api) has reached a steady state.",
        "(service terminal-api) has started 1 tasks: (task cccc).",
        "(service terminal-api) rolling back to deployment ecs-svc/1111.",
        "(service terminal-api) was unable to place a task.",
        "",
    ];
    (-100_i64..10_000, prop::sample::select(messages.to_vec()))
}

fn death() -> impl Strategy<Value = (i64, &'static str, &'static str, Option<i32>)> {
    let codes = ["EssentialContainerExited", "TaskFailedToStart", "ServiceSchedulerInitiated", ""];
    let reasons =
        ["Essential container in task exited", "CannotPullContainerError: x", "Task failed ELB health checks", ":"];
    (
        -100_i64..2_000,
        prop::sample::select(codes.to_vec()),
        prop::sample::select(reasons.to_vec()),
        any::<Option<i32>>(),
    )
}

prop_compose! {
    fn service_part()(
        counts in (0_u32..5, 0_u32..5, 0_u32..5),
        percents in (0_u32..=100, 100_u32..=200),
        states in (rollout_state(), rollout_state()),
        created in 0_i64..5_000,
        events in prop::collection::vec(event(), 0..5),
        deaths in prop::collection::vec(death(), 0..6),
        sleeps in any::<bool>(),
    ) -> Given {
        let mut given = Given::healthy();
        given.stack.services[0].may_sleep = sleeps;
        let service = given.service();
        (service.desired, service.running, service.pending) = counts;
        service.rolling = Rolling { minimum_percent: percents.0, maximum_percent: percents.1, circuit_breaker: false, rollback: false };
        service.deployments[0].state = states.0;
        if let Some(state) = states.1 {
            service.deployments[0].status = "ACTIVE".into();
            service.deployments.insert(0, rollout("ecs-svc/2222", 43, state, created));
        }
        for (seconds, message) in events {
            given.event(seconds, message);
        }
        for (seconds, code, reason, exit) in deaths {
            given.died(seconds, code, reason, exit);
        }
        given
    }
}

prop_compose! {
    fn estate()(
        mut given in service_part(),
        targets in prop::collection::vec(target_state(), 0..4),
        held in (0_usize..15, 0_usize..15),
        bounds in (0_u32..3, 0_u32..4),
        average in prop::option::of(-1.0_f64..20.0),
        has_table in any::<bool>(),
        alarms in prop::collection::vec(prop::sample::select(vec![AlarmState::Alarm, AlarmState::Ok]), 0..3),
        gone in any::<(bool, bool, bool)>(),
    ) -> Given {
        given.targets = targets.into_iter().map(|state| target("10.0.3.11", state)).collect();
        given.sessions = sessions("i-0aaa", held.0).into_iter().chain(sessions("i-0bbb", held.1)).collect();
        (given.group().desired, given.group().max) = bounds;
        given.metrics = average.map(average_sessions).into_iter().collect();
        given.alarms = (0..).zip(alarms).map(|(index, state)| alarm(&format!("terminal-{index}"), state)).collect();
        if let Some(source) = given.stack.groups[0].sessions.as_mut().filter(|_| !has_table) {
            source.table = None;
        }
        if gone.0 { given.services.clear(); }
        if gone.1 { given.groups.clear(); }
        if gone.2 { given.target_groups.clear(); }
        given
    }
}

proptest! {
    #[test]
    fn signals_come_sorted_and_the_same_every_time(given in estate(), read in 0_i64..1_000) {
        let mut given = given;
        given.read = now().duration_since(ago(read));
        let stacks = [given.stack.clone(), given.stack.clone()];
        let first = signals(&given.estate(), &stacks, now());
        prop_assert_eq!(&first, &signals(&given.estate(), &stacks, now()));
        let order: Vec<_> = first.iter().map(|it| (it.severity, it.since.is_none(), it.since)).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
        prop_assert!(first.iter().all(|it| !it.summary.is_empty() && !it.advice.is_empty()));
    }
}
