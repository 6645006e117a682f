//! The table of rolling arithmetic (reference §1.4), each row watched from the first move to the last.

use super::*;

/// One row: bounds within which running and pending tasks may move, and whether the deployment can end.
struct Row {
    desired: u32,
    minimum: u32,
    maximum: u32,
    /// The fewest healthy tasks and the most pending and running ones that occur.
    drops_to: usize,
    rises_to: usize,
    ends: bool,
}

const fn row(desired: u32, minimum: u32, maximum: u32, drops_to: usize, rises_to: usize, ends: bool) -> Row {
    Row { desired, minimum, maximum, drops_to, rises_to, ends }
}

const TABLE: [Row; 11] = [
    row(1, 100, 200, 1, 2, true),
    row(1, 0, 100, 0, 1, true),
    row(1, 50, 100, 1, 1, false),
    row(1, 100, 150, 1, 1, false),
    row(2, 50, 100, 1, 2, true),
    row(2, 75, 100, 2, 2, false),
    row(3, 100, 125, 3, 3, false),
    row(3, 100, 150, 3, 4, true),
    row(4, 50, 100, 2, 4, true),
    row(4, 100, 200, 4, 8, true),
    row(10, 90, 110, 9, 11, true),
];

/// The fewest healthy and the most living tasks seen while a forced deployment runs for at most `seconds`.
fn watch(bench: &Bench, seconds: u64) -> (usize, usize) {
    let (mut fewest, mut most) = (usize::MAX, 0);
    for _ in 0..seconds {
        bench.wait(1);
        let now = bench.sim.now();
        let (healthy, alive, deploying) = bench.look(|service| {
            let healthy = service.tasks.iter().filter(|task| service.counts_as_healthy(task, now)).count();
            (healthy, service.tasks.iter().filter(|task| task.alive()).count(), service.deploying())
        });
        (fewest, most) = (fewest.min(healthy), most.max(alive));
        if !deploying {
            break;
        }
    }
    (fewest, most)
}

#[test]
fn every_row_of_the_table_stays_within_its_bounds_and_reaches_them() {
    for row in TABLE {
        let name = format!("desired {} min {} max {}", row.desired, row.minimum, row.maximum);
        for balanced in [false, true] {
            let spec = spec(row.desired, row.minimum, row.maximum);
            let bench = if balanced { Bench::balanced(&spec, 30) } else { Bench::new(&spec) };
            bench.wait(60);
            bench.force();
            assert_eq!(watch(&bench, 3600), (row.drops_to, row.rises_to), "{name}");
            assert_eq!(!bench.look(Service::deploying), row.ends, "{name}");
            let stuck = "was unable to stop or start tasks during a deployment because of the service deployment \
                         configuration. Update the minimumHealthyPercent or maximumPercent value and try again.";
            assert_eq!(bench.has_event(stuck), !row.ends, "{name}");
            if row.ends {
                assert_eq!(bench.look(Service::running), row.desired as usize, "{name}");
                assert_eq!(bench.statuses()[0], "SUCCESSFUL", "{name}");
            }
        }
    }
}

#[test]
fn a_stuck_deployment_says_so_once_and_goes_on_when_the_bounds_are_widened() {
    let bench = Bench::new(&spec(1, 50, 100));
    bench.force();
    bench.wait(3600);
    let stuck = || bench.events().iter().filter(|event| event.contains("was unable to stop or start")).count();
    assert_eq!(stuck(), 1);
    let wider = shape! { "maximumPercent" => 200 };
    bench.ok(
        "UpdateService",
        shape! {
            "cluster" => "prod", "service" => "web", "deploymentConfiguration" => wider,
        },
    );
    bench.wait_until(600, |service| !service.deploying());
    assert_eq!(bench.statuses()[0], "SUCCESSFUL");
}
