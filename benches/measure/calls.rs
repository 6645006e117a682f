//! How long a first look takes, and what a refresh costs.

use std::time::{Duration, Instant};

use quarterdeck::{app::schedule, runtime::headless};

use super::{
    figure::{Amount, Figure, median},
    world::{LARGE, block_on, generated},
};

/// No look is waited for longer than this.
const PATIENCE: Duration = Duration::from_mins(5);

/// The complete first look at the large world, with 50 ms to each answer.
pub fn first_look() -> Vec<Figure> {
    const RUNS: usize = 3;
    let look = || {
        block_on(async {
            let mut started = generated(LARGE, Duration::from_millis(50)).await;
            let since = Instant::now();
            let attempts =
                headless::look(&mut started.app, started.clock, &started.performer, &mut started.answers, PATIENCE)
                    .await;
            assert!(schedule::has_answered(&started.app), "the look is complete");
            (since.elapsed(), attempts.len())
        })
    };
    let looks: Vec<_> = (0..RUNS).map(|_| look()).collect();
    let calls = looks[0].1;
    vec![Figure {
        what: "complete first look at 1,000 services, 50 ms an answer".to_owned(),
        target: Amount::Milliseconds(2000.0),
        measured: Amount::of(median(looks.into_iter().map(|it| it.0).collect())),
        how: format!("median of {RUNS}, {calls} calls"),
    }]
}

/// AWS calls to see everything once, beside what page and batch sizes make unavoidable.
pub fn per_refresh() -> Vec<Figure> {
    [10_u64, 100, 1000].into_iter().map(refresh).collect()
}

fn refresh(services: u64) -> Figure {
    let (tasks, target_groups, groups) = (10 * services, services / 5, services / 20);
    let extent = format!("services={services},tasks={tasks},target-groups={target_groups},groups={groups}");
    let calls = block_on(async {
        let mut started = generated(&extent, Duration::ZERO).await;
        let attempts =
            headless::look(&mut started.app, started.clock, &started.performer, &mut started.answers, PATIENCE).await;
        attempts.len() as u64
    });
    Figure {
        what: format!("AWS calls to see {services} services once"),
        target: Amount::Calls(fewest(services, tasks, target_groups, groups)),
        measured: Amount::Calls(calls),
        how: extent,
    }
}

/// The fewest calls that AWS's page and batch sizes allow (`limits.md`): clusters of 100 services; ListServices 100 a
/// page, DescribeServices 10; ListTasks 100 a page for running and for stopped tasks, DescribeTasks 100; a call for
/// each target group's health, DescribeTargetGroups 400 a page; 100 groups or policies a page, of their instances (two
/// each) facts and status by 100; the activities of all groups, and of all services; the latest and default version of
/// 100 templates a page; 100 alarms a page and their history; two series a target group and one a balancer, 500 a call.
fn fewest(services: u64, tasks: u64, target_groups: u64, groups: u64) -> u64 {
    let clusters = services.div_ceil(100);
    let ecs = 2 + services.div_ceil(100) + services.div_ceil(10) + 2 * tasks.div_ceil(100) + clusters;
    let balancing = target_groups.div_ceil(400) + target_groups;
    let services_scaling = 3;
    let instances = 2 * (2 * groups).div_ceil(100);
    let history = u64::from(groups > 0) + groups.div_ceil(100);
    let scaling = services_scaling + 2 * groups.div_ceil(100).max(1) + instances + history;
    let series = 2 * target_groups + target_groups.div_ceil(50);
    let rest = 2 + target_groups.div_ceil(100).max(1) + series.div_ceil(500);
    ecs + balancing + scaling + rest
}
