#![expect(clippy::float_cmp, reason = "factors are copied and multiplied exactly")]

use std::{path::Path, time::Duration};

use serde_json::json;

use super::{
    operator::{self, Api},
    *,
};
use crate::{
    sim::{Sim, autoscaling, cloudwatch::AlarmState, estates, pace::Pace, world::Place, world::Region},
    toml_file::TextFile,
};

const TERMINAL: (&str, &str) = ("111122223333", "us-east-1");
const CMA: (&str, &str) = ("444455556666", "eu-west-2");
const GATEWAYS: &str = "terminal-gateway-asg";

/// The estates with the given scenarios begun.
fn begun(names: &[&str]) -> Sim {
    let mut world = estates::world(7, "2026-01-05T09:00:00Z".parse().unwrap());
    for name in names {
        start(&mut world, name).unwrap();
    }
    Sim::new(world, Pace::Stepped)
}

fn place((account, region): (&str, &str)) -> Place {
    Place::new(account, region)
}

fn look<T>(sim: &Sim, at: (&str, &str), look: impl FnOnce(&mut Region) -> T) -> T {
    sim.with_world(|world| look(world.region(&place(at))))
}

/// Steps until `done`, at most for `seconds`; how many passed.
fn wait_until(sim: &Sim, seconds: u64, what: &str, mut done: impl FnMut(&Sim) -> bool) -> u64 {
    for passed in (0..seconds).step_by(5) {
        if done(sim) {
            return passed;
        }
        sim.advance(Duration::from_secs(5));
    }
    panic!("not within {seconds} s: {what}");
}

/// What ECS tells a client.
fn ask(sim: &Sim, at: (&str, &str), operation: &str, input: &serde_json::Value) -> serde_json::Value {
    sim.with_world(|world| operator::call(world, &place(at), Api::Ecs, operation, input)).unwrap()
}

fn fixtures(sort: &str) -> Vec<TextFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenario").join(sort);
    let (files, faults) = TextFile::folder(&folder);
    assert_eq!(faults, []);
    assert!(!files.is_empty());
    files
}

#[test]
fn shipped_scenarios_are_sound_and_fit_the_estates() {
    assert_eq!(check(&shipped_files()), []);
    let scenarios = shipped();
    assert_eq!(scenarios.len(), shipped_files().len());
    for scenario in scenarios {
        let sim = begun(&[&scenario.name]);
        sim.advance(Duration::from_mins(2));
        sim.with_world(|world| assert_eq!(world.course.missed(), [] as [&str; 0], "{}", scenario.name));
    }
}

#[test]
fn good_files_have_no_fault() {
    assert_eq!(check(&fixtures("good")), []);
}

/// Each bad file states its faults in its first lines, as `# expect LINE:COLUMN: MESSAGE`.
#[test]
fn bad_files_say_what_is_wrong_with_them() {
    let mut wrong = Vec::new();
    for file in fixtures("bad") {
        let expected: Vec<_> = file.text.lines().map_while(|line| line.strip_prefix("# expect ")).collect();
        let faults = check(std::slice::from_ref(&file));
        let found: Vec<_> = faults.iter().map(|it| it.to_string().replace(&format!("{}:", file.name), "")).collect();
        if found != expected {
            wrong.push((file.name.clone(), expected.join("\n"), found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_unknown_scenario_is_answered_with_the_nearest() {
    let refused = |name| start(&mut World::new(1, Timestamp::UNIX_EPOCH), name).unwrap_err().to_string();
    assert_eq!(refused("bad-deplyo"), r#"unknown scenario "bad-deplyo" (did you mean "bad-deploy"?)"#);
    let unknown = refused("x");
    let beginning = r#"unknown scenario "x" (expected one of "everyday", "calm", "bad-deploy", "#;
    assert!(unknown.starts_with(beginning), "{unknown}");
}

#[test]
fn a_bad_deploy_fails_and_is_rolled_back_while_the_old_tasks_serve() {
    let sim = begun(&["bad-deploy"]);
    let service = json!({ "cluster": "terminal-cluster", "services": ["terminal-api"] });
    let described = |sim: &Sim| ask(sim, TERMINAL, "DescribeServices", &service)["services"][0].take();
    let before = described(&sim)["taskDefinition"].clone();
    sim.advance(Duration::from_secs(15));
    let primary = described(&sim)["deployments"][0].take();
    assert_eq!((&primary["status"], &primary["rolloutState"]), (&json!("PRIMARY"), &json!("IN_PROGRESS")));
    assert_ne!(primary["taskDefinition"], before);
    let latest = |sim: &Sim| {
        let list = json!({ "cluster": "terminal-cluster", "service": "terminal-api" });
        let newest = ask(sim, TERMINAL, "ListServiceDeployments", &list)["serviceDeployments"][0].take();
        let arns = json!({ "serviceDeploymentArns": [newest["serviceDeploymentArn"]] });
        ask(sim, TERMINAL, "DescribeServiceDeployments", &arns)["serviceDeployments"][0].take()
    };
    let seconds = wait_until(&sim, 1800, "the roll-back has succeeded", |sim| {
        let serving = look(sim, TERMINAL, |region| region.ecs.serving_tasks(&terminal_api()));
        assert!(serving >= 2, "{serving} tasks serve");
        latest(sim)["status"] == "ROLLBACK_SUCCESSFUL"
    });
    assert!((60..900).contains(&seconds), "{seconds} s");
    let deployment = latest(&sim);
    assert!(deployment["deploymentCircuitBreaker"]["failureCount"].as_i64() >= Some(3), "{deployment}");
    let service = described(&sim);
    assert_eq!(service["taskDefinition"], before);
    let events = service["events"].as_array().unwrap();
    let told = |part: &str| events.iter().any(|event| event["message"].as_str().unwrap().contains(part));
    assert!(told("deployment failed: tasks failed to start."), "{events:#?}");
    assert!(told("rolling back to deployment"), "{events:#?}");
    let stopped = json!({ "cluster": "terminal-cluster", "desiredStatus": "STOPPED" });
    let tasks = ask(&sim, TERMINAL, "ListTasks", &stopped)["taskArns"].take();
    let tasks = ask(&sim, TERMINAL, "DescribeTasks", &json!({ "cluster": "terminal-cluster", "tasks": tasks }));
    let crashed = tasks["tasks"].as_array().unwrap().iter().filter(|task| task["containers"][0]["exitCode"] == 1);
    assert!(crashed.clone().count() >= 3, "{tasks}");
    for task in crashed {
        assert_eq!(task["stoppedReason"], "Essential container in task exited");
    }
}

fn terminal_api() -> String {
    place(TERMINAL).arn("ecs", "service/terminal-cluster/terminal-api")
}

#[test]
fn an_everyday_alarm_comes_and_goes() {
    let sim = begun(&["everyday"]);
    let state = |sim: &Sim| {
        look(sim, ("111122223333", "us-west-1"), |region| region.cloudwatch.alarm_state("mint-server-latency-high"))
    };
    assert_eq!(state(&sim), Some(AlarmState::Ok));
    wait_until(&sim, 900, "the latency alarm fires", |sim| state(sim) == Some(AlarmState::Alarm));
    wait_until(&sim, 900, "the latency alarm is over", |sim| state(sim) == Some(AlarmState::Ok));
}

#[test]
fn unhealthy_targets_answer_503_for_ten_minutes_and_recover() {
    let sim = begun(&["unhealthy-targets"]);
    let counts = |sim: &Sim| {
        look(sim, CMA, |region| region.elb.host_counts(&region.elb.group_arn("cma-api-production").unwrap()))
    };
    assert_eq!(counts(&sim), (2, 0));
    let seconds = wait_until(&sim, 180, "no target is healthy", |sim| counts(sim).0 == 0);
    assert!(seconds >= 30, "two checks in a row must fail: {seconds} s");
    let reasons = target_reasons(&sim);
    assert!(reasons.contains(&"Health checks failed with these codes: [503]".to_owned()), "{reasons:?}");
    wait_until(&sim, 600, "the alarm of errors goes off", |sim| {
        look(sim, CMA, |region| region.cloudwatch.alarming().any(|name| name == "cma-production-api-5xx"))
    });
    wait_until(&sim, 1200, "both targets are healthy again", |sim| counts(sim) == (2, 0));
    sim.advance(Duration::from_mins(20));
    assert_eq!(counts(&sim), (2, 0));
    assert!(!look(&sim, CMA, |region| region.cloudwatch.alarming().any(|name| name == "cma-production-api-5xx")));
    sim.with_world(|world| assert!(world.course.is_over()));
}

/// Why the targets of cma's API are not healthy.
fn target_reasons(sim: &Sim) -> Vec<String> {
    let list = json!({ "cluster": "cma-production", "serviceName": "cma-api-production" });
    let arns = ask(sim, CMA, "ListTasks", &list)["taskArns"].take();
    let tasks = ask(sim, CMA, "DescribeTasks", &json!({ "cluster": "cma-production", "tasks": arns }))["tasks"].take();
    let address = |task: &serde_json::Value| {
        task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"].as_str().unwrap_or_default().to_owned()
    };
    look(sim, CMA, |region| {
        let group = region.elb.group_arn("cma-api-production").unwrap();
        let reason = |task| Some(region.elb.target_state(&group, &address(task), 5000)?.1);
        tasks.as_array().unwrap().iter().filter_map(reason).collect()
    })
}

/// Sessions in percent of what the gateways in service take; the desired capacity.
fn gateways(region: &Region) -> (f64, u32) {
    let group = &region.autoscaling.groups[GATEWAYS];
    let places = group.in_service().count() as f64 * f64::from(region.sessions.fleets[0].limit);
    (100.0 * region.sessions.open() as f64 / places, group.desired)
}

#[test]
fn a_session_surge_fills_the_gateways_until_target_tracking_has_added_some() {
    let sim = begun(&["session-surge"]);
    assert_eq!(look(&sim, TERMINAL, |region| gateways(region)).1, 2);
    wait_until(&sim, 600, "gateways are at four fifths of their limit", |sim| {
        look(sim, TERMINAL, |it| gateways(it)).0 >= 80.0
    });
    wait_until(&sim, 600, "gateways are full", |sim| look(sim, TERMINAL, |it| gateways(it)).0 >= 100.0);
    wait_until(&sim, 900, "target tracking wants more gateways", |sim| look(sim, TERMINAL, |it| gateways(it)).1 > 2);
    wait_until(&sim, 3600, "the surge is over", |sim| sim.with_world(|world| world.course.is_over()));
    let (_, desired) = look(&sim, TERMINAL, |region| gateways(region));
    assert!((6..=10).contains(&desired), "{desired} gateways");
    wait_until(&sim, 3600, "there is room again", |sim| look(sim, TERMINAL, |it| gateways(it)).0 < 80.0);
    assert!(look(&sim, TERMINAL, |region| region.sessions.fleets[0].refused) > 0);
}

/// Surge, slowdown and share of errors at the terminal API.
fn load(sim: &Sim) -> (f64, f64, f64) {
    look(sim, TERMINAL, |region| {
        let workload = &region.traffic.workloads[&terminal_api()];
        (workload.surge, workload.slowdown, workload.error_share)
    })
}

fn traffic(name: &str, lines: &str) -> Scenario {
    let head = format!("name = '{name}'\ntitle = 't'\nteaches = 't'\n");
    let event = "[[event]]\nat = '1s'\nkind = 'traffic'\nplace = '111122223333/us-east-1'\n";
    let text = format!("{head}{event}service = 'terminal-cluster/terminal-api'\n{lines}");
    parse(&TextFile { name: format!("{name}.toml"), text: text.into() }).unwrap()
}

#[test]
fn conditions_multiply_while_they_last_and_leave_nothing_behind() {
    let sim = begun(&[]);
    sim.with_world(|world| {
        let now = world.now;
        world.course.add(&traffic("one", "surge = 2\nslowdown = 4\nerror_share = 0.5\nlasts = '1m'"), now);
        world.course.add(&traffic("two", "surge = 3\nerror_share = 0.5\nlasts = '2m'"), now);
    });
    sim.advance(Duration::from_secs(10));
    assert_eq!(load(&sim), (6.0, 4.0, 0.75));
    sim.advance(Duration::from_mins(1));
    assert_eq!(load(&sim), (3.0, 1.0, 0.5));
    sim.advance(Duration::from_mins(1));
    assert_eq!(load(&sim), (1.0, 1.0, 0.0));
    sim.with_world(|world| assert!(world.course.is_over()));
}

#[test]
fn calm_ends_everything_and_calls_off_what_was_to_come() {
    let sim = begun(&["session-surge", "unhealthy-targets"]);
    sim.with_world(|world| {
        let now = world.now;
        world.course.add(&traffic("one", "surge = 2\nlasts = '9h'"), now);
        world.course.add(&traffic("two", "surge = 2\nlasts = '9h'"), now + SignedDuration::from_hours(1));
    });
    sim.advance(Duration::from_mins(1));
    assert_eq!(load(&sim), (2.0, 1.0, 0.0));
    sim.with_world(|world| start(world, "calm")).unwrap();
    sim.advance(Duration::from_secs(1));
    assert_eq!(load(&sim), (1.0, 1.0, 0.0));
    assert_eq!(look(&sim, TERMINAL, |region| region.sessions.fleets[0].surge), 1.0);
    sim.with_world(|world| assert!(world.course.is_over()));
}

#[test]
fn an_image_is_well_again_when_its_condition_ends() {
    let sim = begun(&["bad-deploy"]);
    sim.advance(Duration::from_mins(1));
    sim.with_world(|world| start(world, "calm")).unwrap();
    let deploying = |sim: &Sim| look(sim, TERMINAL, |region| region.ecs.deploying(&terminal_api()));
    assert!(deploying(&sim));
    wait_until(&sim, 900, "the deployment is over", |sim| !deploying(sim));
    let list = json!({ "cluster": "terminal-cluster", "service": "terminal-api" });
    let newest = ask(&sim, TERMINAL, "ListServiceDeployments", &list)["serviceDeployments"][0].take();
    assert_eq!(newest["status"], "SUCCESSFUL");
}

#[test]
fn what_cannot_happen_is_told() {
    let sim = begun(&[]);
    let text = "name = 'x'\ntitle = 't'\nteaches = 't'\n\
        [[event]]\nat = '1s'\nkind = 'deploy'\nplace = '111122223333/us-east-1'\nservice = 'a/b'\nimage = 'c:d'\n\
        [[event]]\nat = '2s'\nkind = 'probe'\nplace = '111122223333/us-east-1'\ntarget_group = 'g'\nanswer = 'timeout'\nlasts = '1m'\n\
        [[event]]\nat = '3s'\nkind = 'call'\nplace = '111122223333/us-east-1'\nservice = 'ecs'\noperation = 'UpdateService'\n\
        input = '{\"cluster\":\"terminal-cluster\",\"service\":\"nope\"}'\n";
    let scenario = parse(&TextFile { name: "x.toml".to_owned(), text: text.into() }).unwrap();
    sim.with_world(|world| world.course.add(&scenario, world.now));
    sim.advance(Duration::from_secs(5));
    sim.with_world(|world| {
        let [deploy, probe, call] = world.course.missed() else { panic!("{:?}", world.course.missed()) };
        assert!(deploy.starts_with("DescribeServices in 111122223333/us-east-1 was refused"), "{deploy}");
        assert_eq!(probe, "no target group g in 111122223333/us-east-1");
        assert!(call.starts_with("UpdateService in 111122223333/us-east-1 was refused"), "{call}");
        assert!(world.course.is_over());
    });
}

#[test]
fn a_scenario_can_begin_later() {
    let sim = begun(&[]);
    sim.with_world(|world| start_after(world, "session-surge", SignedDuration::from_mins(10)).unwrap());
    let surge = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.fleets[0].surge);
    sim.advance(Duration::from_mins(10));
    assert_eq!(surge(&sim), 1.0);
    sim.advance(Duration::from_secs(15));
    assert_eq!(surge(&sim), 30.0);
}

#[test]
fn a_gateway_dies_with_its_sessions_and_is_replaced() {
    let sim = begun(&["gateway-lost"]);
    let lost = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.fleets[0].lost);
    let fullest = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.fullest(GATEWAYS).unwrap().to_owned());
    let dying = fullest(&sim);
    let held = look(&sim, TERMINAL, |region| region.sessions.held_by(&dying));
    assert!(held > 0);
    wait_until(&sim, 30, "its sessions are lost", |sim| lost(sim) > 0);
    assert!(lost(&sim).abs_diff(held as u64) <= 1, "{} of {held}", lost(&sim));
    assert_eq!(look(&sim, TERMINAL, |region| region.sessions.held_by(&dying)), 0);
    wait_until(&sim, 300, "there are two again", |sim| {
        look(sim, TERMINAL, |region| gateways(region)).1 == 2
            && look(sim, TERMINAL, |region| region.autoscaling.groups[GATEWAYS].in_service().count()) == 2
            && look(sim, TERMINAL, |region| {
                !region.autoscaling.groups[GATEWAYS].members.iter().any(|it| it.instance == dying)
            })
    });
}

#[test]
fn a_session_on_each_gateway_does_not_end_and_a_drain_waits_for_it() {
    let sim = begun(&["drain-stuck"]);
    sim.advance(Duration::from_mins(1));
    let drained = look(&sim, TERMINAL, |region| {
        let group = region.autoscaling.groups.get_mut(GATEWAYS).unwrap();
        (group.policies, group.desired) = (Vec::new(), 1);
        group.members[0].lifecycle = autoscaling::Lifecycle::Standby;
        group.members[0].instance.clone()
    });
    let held = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.held_by(&drained));
    assert!(held(&sim) > 1);
    wait_until(&sim, 5 * 3600, "one session is left", |sim| held(sim) == 1);
    sim.advance(Duration::from_mins(330));
    assert_eq!(held(&sim), 0, "it ended with the scenario");
    assert_eq!(look(&sim, TERMINAL, |region| region.sessions.fleets[0].lost), 0);
    assert!(sim.with_world(|world| world.course.is_over()));
}

/// The p95 in milliseconds that the load of a service amounts to.
fn latency(sim: &Sim, at: (&str, &str), service: &str) -> f64 {
    look(sim, at, |region| {
        let workload = &region.traffic.workloads[&place(at).arn("ecs", format_args!("service/{service}"))];
        1000.0 * workload.load.latency * (1.645 * workload.spread).exp()
    })
}

#[test]
fn a_slow_release_breaks_the_promise_of_its_region_only_and_a_roll_back_keeps_it_again() {
    const WEST: (&str, &str) = ("111122223333", "us-west-1");
    let mint = "mint-server/mint-server";
    let sim = begun(&["latency-regression"]);
    sim.advance(Duration::from_mins(4));
    assert!(latency(&sim, WEST, mint) > 2.0 * 50.0, "{}", latency(&sim, WEST, mint));
    assert!(latency(&sim, TERMINAL, mint) < 40.0);
    let service = json!({ "cluster": "mint-server", "services": ["mint-server"] });
    let running = ask(&sim, WEST, "DescribeServices", &service)["services"][0]["taskDefinition"].take();
    let (family, revision) = running.as_str().unwrap().rsplit_once(':').unwrap();
    let before = format!("{family}:{}", revision.parse::<u32>().unwrap() - 1);
    let update = json!({ "cluster": "mint-server", "service": "mint-server", "taskDefinition": before });
    ask(&sim, WEST, "UpdateService", &update);
    wait_until(&sim, 600, "the promise is kept again", |sim| latency(sim, WEST, mint) < 50.0);
}

#[test]
fn a_slow_release_that_is_left_alone_is_well_again_when_its_time_is_up() {
    let sim = begun(&["latency-regression"]);
    sim.advance(Duration::from_mins(22));
    assert!(latency(&sim, ("111122223333", "us-west-1"), "mint-server/mint-server") < 50.0);
    sim.with_world(|world| assert!(world.course.is_over()));
}

fn service_arn((account, region): (&str, &str), service: &str) -> String {
    Place::new(account, region).arn("ecs", format_args!("service/{service}"))
}

#[test]
fn spot_workers_get_notice_are_taken_and_come_back_with_the_capacity() {
    let sim = begun(&["spot-interruption"]);
    let arn = service_arn(CMA, "cma-production/cma-workers-production");
    let running = |sim: &Sim| look(sim, CMA, |region| region.ecs.running_tasks(&arn));
    let stops = |sim: &Sim| {
        let list =
            json!({ "cluster": "cma-production", "serviceName": "cma-workers-production", "desiredStatus": "STOPPED" });
        let tasks = ask(sim, CMA, "ListTasks", &list)["taskArns"].take();
        let tasks =
            ask(sim, CMA, "DescribeTasks", &json!({ "cluster": "cma-production", "tasks": tasks }))["tasks"].take();
        let words =
            |task: &serde_json::Value| format!("{} {} {}", task["lastStatus"], task["stopCode"], task["stoppedReason"]);
        tasks.as_array().unwrap().iter().map(words).collect::<Vec<_>>()
    };
    sim.advance(Duration::from_mins(1));
    assert_eq!(running(&sim), 2, "they work until their time is up");
    let notice = r#""RUNNING" "TerminationNotice" "Your Spot Task was interrupted.""#;
    assert_eq!(stops(&sim), [notice, notice]);
    wait_until(&sim, 120, "both are taken", |sim| running(sim) == 0);
    sim.advance(Duration::from_mins(1));
    let taken = r#""STOPPED" "SpotInterruption" "Your Spot Task was interrupted.""#;
    assert_eq!(stops(&sim), [taken, taken]);
    let service = json!({ "cluster": "cma-production", "services": ["cma-workers-production"] });
    let events = ask(&sim, CMA, "DescribeServices", &service)["services"][0]["events"].take().to_string();
    assert!(events.contains("was unable to place a task. Reason: Capacity is unavailable at this time."), "{events}");
    wait_until(&sim, 900, "they are back", |sim| running(sim) == 2);
    sim.with_world(|world| assert!(world.course.is_over()));
}

#[test]
fn sleepers_stay_asleep_until_called_and_the_first_caller_is_turned_away() {
    let sim = begun(&["asleep"]);
    let arns = ["auth-service", "offers-service", "notifications-service"]
        .map(|name| service_arn(TERMINAL, &format!("tsdevstack-dev/{name}")));
    let kong = service_arn(TERMINAL, "tsdevstack-dev/kong");
    let serving = |sim: &Sim, arn: &String| look(sim, TERMINAL, |region| region.ecs.serving_tasks(arn));
    let turned_away = |sim: &Sim| {
        look(sim, TERMINAL, |region| arns.iter().map(|arn| region.traffic.workloads[arn].running.unserved).sum::<f64>())
    };
    sim.advance(Duration::from_mins(5));
    for _ in 0..4 {
        sim.advance(Duration::from_mins(1));
        assert!(arns.iter().all(|arn| look(&sim, TERMINAL, |region| region.ecs.desired_count(arn)) == Some(0)));
        assert_eq!((turned_away(&sim), serving(&sim, &kong)), (0.0, 1));
    }
    wait_until(&sim, 120, "somebody is turned away", |sim| turned_away(sim) > 0.0);
    let seconds = wait_until(&sim, 180, "all are awake", |sim| arns.iter().all(|arn| serving(sim, arn) == 1));
    assert!((25..120).contains(&seconds), "{seconds} s");
    sim.with_world(|world| assert!(world.course.is_over()));
}

#[test]
fn calm_wakes_sleepers_as_well() {
    let sim = begun(&["asleep"]);
    sim.advance(Duration::from_mins(3));
    sim.with_world(|world| start(world, "calm")).unwrap();
    let arn = service_arn(TERMINAL, "tsdevstack-dev/offers-service");
    wait_until(&sim, 240, "it is awake", |sim| look(sim, TERMINAL, |region| region.ecs.serving_tasks(&arn)) == 1);
}

#[test]
fn a_service_whose_image_is_gone_is_down_until_it_is_back() {
    const NORTH: (&str, &str) = ("111122223333", "eu-north-1");
    let sim = begun(&["image-missing"]);
    let arn = service_arn(NORTH, "reactive-notebook-cluster/reactive-notebook-service");
    let serving = |sim: &Sim| look(sim, NORTH, |region| region.ecs.serving_tasks(&arn));
    wait_until(&sim, 120, "nothing serves", |sim| serving(sim) == 0);
    sim.advance(Duration::from_mins(5));
    let list = json!({ "cluster": "reactive-notebook-cluster", "desiredStatus": "STOPPED" });
    let tasks = ask(&sim, NORTH, "ListTasks", &list)["taskArns"].take();
    assert!(look(&sim, NORTH, |region| region.ecr.digest("reactive-notebook-backend:latest").is_none()));
    let tasks = json!({ "cluster": "reactive-notebook-cluster", "tasks": tasks });
    let tasks = ask(&sim, NORTH, "DescribeTasks", &tasks).to_string();
    assert!(tasks.contains("CannotPullContainerError: pull image manifest has been retried 7 time(s)"), "{tasks}");
    wait_until(&sim, 1500, "it serves again", |sim| serving(sim) == 1);
}

#[test]
fn a_leak_shows_in_memory_before_each_kill() {
    let sim = begun(&["out-of-memory"]);
    let arn = service_arn(CMA, "cma-production/cma-frontend-production");
    let memory = |sim: &Sim| look(sim, CMA, |region| region.traffic.workloads[&arn].load.memory);
    let before = memory(&sim);
    wait_until(&sim, 120, "memory climbs", |sim| memory(sim) > before + 25.0);
    sim.advance(Duration::from_mins(3));
    let list =
        json!({ "cluster": "cma-production", "serviceName": "cma-frontend-production", "desiredStatus": "STOPPED" });
    let tasks = ask(&sim, CMA, "ListTasks", &list)["taskArns"].take();
    let tasks =
        ask(&sim, CMA, "DescribeTasks", &json!({ "cluster": "cma-production", "tasks": tasks }))["tasks"].take();
    let killed = tasks.as_array().unwrap();
    assert!(killed.len() >= 2, "{killed:#?}");
    for task in killed {
        assert_eq!(task["containers"][0]["exitCode"], 137);
        assert_eq!(task["containers"][0]["reason"], "OutOfMemoryError: Container killed due to memory usage");
    }
    sim.advance(Duration::from_mins(15));
    assert!(memory(&sim) < before + 10.0, "{}", memory(&sim));
    assert_eq!(look(&sim, CMA, |region| region.ecs.serving_tasks(&arn)), 2);
}

/// Tasks of the terminal API, and gateways in service, by the letter of their zone.
fn spread(sim: &Sim) -> (String, String) {
    let list = json!({ "cluster": "terminal-cluster", "serviceName": "terminal-api" });
    let tasks = ask(sim, TERMINAL, "ListTasks", &list)["taskArns"].take();
    let tasks =
        ask(sim, TERMINAL, "DescribeTasks", &json!({ "cluster": "terminal-cluster", "tasks": tasks }))["tasks"].take();
    let zone = |task: &serde_json::Value| task["availabilityZone"].as_str().unwrap().chars().last();
    let mut tasks: Vec<char> = tasks.as_array().unwrap().iter().filter_map(zone).collect();
    let mut gateways: Vec<char> =
        look(sim, TERMINAL, |region| region.autoscaling.groups[GATEWAYS].in_service().map(|it| it.zone).collect());
    tasks.sort_unstable();
    gateways.sort_unstable();
    (tasks.into_iter().collect(), gateways.into_iter().collect())
}

/// What the gateways' group has done, as XML.
fn activities(sim: &Sim) -> String {
    let body = format!("Action=DescribeScalingActivities&AutoScalingGroupName={GATEWAYS}&Version=2011-01-01");
    let scope = "SIM111122223333/20260105/us-east-1/autoscaling/aws4_request";
    let request = http::Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=0"))
        .body(body.into())
        .unwrap();
    String::from_utf8_lossy(sim.handle(&request).body()).into_owned()
}

#[test]
fn everything_moves_out_of_a_zone_that_is_out_and_is_balanced_again_afterwards() {
    let sim = begun(&["az-outage"]);
    let both = ("ab".to_owned(), "ab".to_owned());
    assert_eq!(spread(&sim), both);
    let lost = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.fleets[0].lost);
    wait_until(&sim, 20, "sessions are lost", |sim| lost(sim) > 0);
    let group = look(&sim, TERMINAL, |region| region.elb.group_arn("terminal-api-tg").unwrap());
    wait_until(&sim, 180, "a target has timed out", |sim| {
        look(sim, TERMINAL, |region| region.elb.host_counts(&group)).1 == 1
    });
    wait_until(&sim, 600, "all is in the other zone", |sim| spread(sim) == ("bb".to_owned(), "bb".to_owned()));
    assert!(
        activities(&sim).contains("sufficient t3.medium capacity in the Availability Zone you requested (us-east-1a)")
    );
    wait_until(&sim, 1800, "both zones are used again", |sim| spread(sim) == both);
    assert!(
        activities(&sim).contains("instances were launched to balance instances in zones us-east-1a with other zones")
    );
    sim.with_world(|world| assert!(world.course.is_over()));
}

#[test]
fn troubles_on_the_way_last_as_long_as_they_should() {
    let sim = begun(&["expired-credentials", "access-denied", "throttled", "slow-network", "dead-emulator"]);
    sim.advance(Duration::from_secs(30));
    sim.with_world(|world| {
        assert!(world.edge.has_expired(CMA.0) && !world.edge.has_expired(TERMINAL.0));
        assert!(world.edge.denies(TERMINAL.0, "dynamodb:Scan") && !world.edge.denies(CMA.0, "dynamodb:Scan"));
        assert_eq!(world.edge.troubles.len(), 6);
    });
    sim.advance(Duration::from_mins(16));
    sim.with_world(|world| assert_eq!(world.edge.troubles, []));
}

#[test]
fn calm_ends_troubles_on_the_way_too() {
    let sim = begun(&["access-denied", "dead-emulator"]);
    sim.advance(Duration::from_secs(30));
    sim.with_world(|world| start(world, "calm")).unwrap();
    sim.advance(Duration::from_secs(1));
    sim.with_world(|world| assert_eq!(world.edge.troubles, []));
}

#[test]
fn a_gateway_on_spot_has_two_minutes_and_goes_with_its_sessions() {
    let sim = begun(&["gateway-notice"]);
    let status = |sim: &Sim| {
        let body = "Action=DescribeSpotInstanceRequests&Version=2016-11-15&Filter.1.Name=status-code&Filter.1.Value.1=*terminat*";
        let scope = "SIM111122223333/20260105/us-east-1/ec2/aws4_request";
        let request = http::Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=0"))
            .body(body.into())
            .unwrap();
        let answer = String::from_utf8_lossy(sim.handle(&request).body()).into_owned();
        let code = answer.split("<code>").nth(1).and_then(|it| it.split("</code>").next());
        code.unwrap_or_default().to_owned()
    };
    let lost = |sim: &Sim| look(sim, TERMINAL, |region| region.sessions.fleets[0].lost);
    wait_until(&sim, 30, "AWS gives notice", |sim| status(sim) == "marked-for-termination");
    let seconds = wait_until(&sim, 150, "it goes", |sim| lost(sim) > 0);
    assert!((110..=125).contains(&seconds), "{seconds} s");
    assert_eq!(status(&sim), "instance-terminated-no-capacity");
    wait_until(&sim, 300, "another is in service", |sim| {
        look(sim, TERMINAL, |region| region.autoscaling.groups[GATEWAYS].in_service().count()) == 2
    });
}

#[test]
fn a_group_that_rebalances_capacity_replaces_what_ec2_recommends_to_replace() {
    let sim = begun(&["gateway-notice"]);
    look(&sim, TERMINAL, |region| {
        region.autoscaling.groups.get_mut(GATEWAYS).unwrap().rebalances = true;
    });
    wait_until(&sim, 60, "another is launched", |sim| {
        activities(sim).contains("an instance was launched in response to an EC2 instance rebalance recommendation")
    });
    wait_until(&sim, 600, "the old one goes", |sim| {
        activities(sim).contains("taken out of service in response to an EC2")
    });
    wait_until(&sim, 300, "there are as many as before", |sim| {
        look(sim, TERMINAL, |region| region.autoscaling.groups[GATEWAYS].members.len()) == 2
    });
}
