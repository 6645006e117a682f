//! The real binary killed at each step of an operation, told by what its journal holds and what it says: each is recovered
//! to a true verdict, and the simulator has got nothing twice.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    process::Child,
    thread,
};

use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience, https},
        fetch,
    },
    domain::{
        id::{Arn, Scope},
        query::{Answer, Query, Request},
        scaling::ScalableTarget,
        service::Service,
        task::Task,
        text::SafeText,
    },
};
use serde_json::Value;

use crate::{
    adapters::canned::{NOW, access, complete},
    verbs::{Site, waves::slow_in},
};

/// An operation that is killed at each of its steps.
struct Case {
    name: &'static str,
    /// What happens in its world, as scenarios write it.
    events: fn() -> String,
    /// What is done before it, to its end.
    before: Option<&'static str>,
    /// In it `{task}` stands for a task of its first service that runs.
    command: &'static str,
    /// How fast its world is.
    speed: &'static str,
    /// Its services, in the order in which the plan has them: profile, account, region, cluster and name.
    services: &'static [Place],
    steps: &'static [(&'static str, When)],
    /// The verdict that says that all came about as planned.
    verdict: &'static str,
    /// Whether a service is as that verdict says, by what the simulator had of it before and has after.
    reached: fn(before: &Got, after: &Got) -> bool,
}

/// Where a service stands: profile, account, region, cluster and name.
type Place = [&'static str; 5];

const AUTH: Place = ["estates", "111122223333", "us-east-1", "tsdevstack-dev", "auth-service"];
const MINT_EAST: Place = ["estates", "111122223333", "us-east-1", "mint-server", "mint-server"];
const MINT_WEST: Place = ["estates", "111122223333", "us-west-1", "mint-server", "mint-server"];
const FRONTEND: Place = ["cma", "444455556666", "eu-west-2", "cma-production", "cma-frontend-production"];
const API: Place = ["cma", "444455556666", "eu-west-2", "cma-production", "cma-api-production"];
const WORKERS: Place = ["cma", "444455556666", "eu-west-2", "cma-production", "cma-workers-production"];

/// When it is killed.
enum When {
    /// As soon as its journal has so many lines more: begun, intended, answered, intended, answered, ended.
    Lines(usize),
    /// As soon as it says so.
    Says(&'static str),
}

/// What the simulator has got of a service: deployments, revisions, the one that it runs, how many tasks are wanted and on
/// what, those that run with their images, and what auto scaling keeps.
struct Got {
    deployments: BTreeSet<Arn>,
    revisions: BTreeSet<Arn>,
    runs: Arn,
    desired: u32,
    providers: Vec<String>,
    tasks: BTreeSet<Arn>,
    digests: BTreeSet<SafeText>,
    scaling: Option<ScalableTarget>,
}

impl Got {
    /// The deployments that are new.
    fn begun(&self, before: &Self) -> usize {
        self.deployments.difference(&before.deployments).count()
    }

    /// Whether auto scaling keeps its hands off, and between which bounds it works else.
    fn range(&self) -> Option<(bool, u32, u32)> {
        let target = self.scaling.as_ref()?;
        Some((target.suspended_in && target.suspended_out && target.suspended_scheduled, target.min, target.max))
    }
}

/// Two calls: a revision is registered and then deployed.
const DEPLOY: Case = Case {
    name: "deploy",
    events: String::new,
    before: None,
    command: "deploy tsdevstack/auth-service --tag 1.9.1 --yes --reason crash",
    speed: "120",
    services: &[AUTH],
    steps: &[
        ("the plan is recorded", When::Lines(1)),
        ("the first call is out", When::Lines(2)),
        ("the first call is answered", When::Lines(3)),
        ("the second call is out", When::Lines(4)),
        ("the second call is answered", When::Lines(5)),
        ("it rolls", When::Says("rolling")),
        ("it bakes", When::Says("baking")),
        ("its verdict is recorded", When::Lines(6)),
    ],
    verdict: "succeeded",
    reached: |before, after| after.begun(before) == 1,
};

const ROLLBACK: Case = Case {
    name: "rollback",
    before: Some("deploy tsdevstack/auth-service --tag 1.9.1 --yes --reason release"),
    command: "rollback tsdevstack/auth-service --yes --reason crash",
    steps: &[
        ("the plan is recorded", When::Lines(1)),
        ("the call is out", When::Lines(2)),
        ("the call is answered", When::Lines(3)),
        ("it rolls", When::Says("rolling")),
        ("it bakes", When::Says("baking")),
        ("its verdict is recorded", When::Lines(4)),
    ],
    ..DEPLOY
};

const SCALE: Case = Case {
    name: "scale",
    command: "scale terminal/terminal-api --to 3 --yes --confirm terminal-api --reason crash",
    services: &[["estates", "111122223333", "us-east-1", "terminal-cluster", "terminal-api"]],
    steps: &[
        ("the plan is recorded", When::Lines(1)),
        ("the call is out", When::Lines(2)),
        ("the call is answered", When::Lines(3)),
        ("it rolls", When::Says("rolling")),
        ("its verdict is recorded", When::Lines(4)),
    ],
    reached: |_, after| after.desired == 3,
    ..DEPLOY
};

/// Region by region: nothing of the second is begun by whoever only watches on.
const WAVES: Case = Case {
    name: "waves",
    command: "redeploy mint-server/mint-server --yes --confirm mint-server --reason crash",
    services: &[MINT_EAST, MINT_WEST],
    steps: &[
        ("the plan is recorded", When::Lines(1)),
        ("the first region's call is out", When::Lines(2)),
        ("the first region's call is answered", When::Lines(3)),
        ("the first region bakes", When::Says("baking")),
        ("the second region begins", When::Says("wave 2 of 2 begins")),
        ("the second region's call is out", When::Lines(4)),
        ("the second region's call is answered", When::Lines(5)),
    ],
    ..DEPLOY
};

/// A release that is too slow goes back by itself: a revision with the digest that ran is registered and then deployed.
const WAY_BACK: Case = Case {
    name: "way-back",
    events: || slow_in("us-west-1"),
    command: "deploy mint-server/mint-server@us-west-1 --image username/mint-server:1.9.0 --broken-gate roll-back --yes \
              --confirm mint-server --reason crash",
    services: &[MINT_WEST],
    steps: &[
        ("the gate is broken", When::Says("rolling back:")),
        ("the first call back is out", When::Lines(6)),
        ("the first call back is answered", When::Lines(7)),
        ("the second call back is out", When::Lines(8)),
        ("the second call back is answered", When::Lines(9)),
        ("its verdict is recorded", When::Lines(10)),
    ],
    verdict: "rolled_back",
    reached: |before, after| before.digests == after.digests,
    ..DEPLOY
};

/// Both regions go back, one after the other: nothing of the second is begun by whoever only watches on.
const WAYS_BACK: Case = Case {
    name: "ways-back",
    command: "deploy mint-server/mint-server --image username/mint-server:1.9.0 --broken-gate roll-back --yes \
              --confirm mint-server --reason crash",
    services: &[MINT_EAST, MINT_WEST],
    steps: &[
        ("the first region is back", When::Lines(13)),
        ("the last call back is out", When::Lines(16)),
        ("the last call back is answered", When::Lines(17)),
    ],
    ..WAY_BACK
};

/// One call: killed while it is out, and when it is answered.
const OUT: (&str, When) = ("the call is out", When::Lines(2));
const ANSWERED: (&str, When) = ("the call is answered", When::Lines(3));

/// What is done to tasks and to auto scaling, to go with the plain count.
const OTHERS: [Case; 7] = [
    Case {
        name: "stop-task",
        command: "stop-task tsdevstack/auth-service --task {task} --yes --reason crash",
        steps: &[OUT, ANSWERED],
        reached: |before, after| after.tasks.is_disjoint(&before.tasks),
        ..DEPLOY
    },
    Case {
        name: "suspend",
        command: "suspend-scaling cma/cma-api-production --yes --confirm cma-api-production --reason crash",
        services: &[API],
        steps: &[OUT, ANSWERED],
        reached: |_, after| after.range() == Some((true, 2, 10)),
        ..DEPLOY
    },
    Case {
        name: "resume",
        before: Some("suspend-scaling cma/cma-api-production --yes --confirm cma-api-production --reason load"),
        command: "resume-scaling cma/cma-api-production --yes --confirm cma-api-production --reason crash",
        services: &[API],
        steps: &[OUT, ANSWERED],
        reached: |_, after| after.range() == Some((false, 2, 10)),
        ..DEPLOY
    },
    Case {
        name: "widen",
        before: Some("suspend-scaling cma/cma-api-production --yes --confirm cma-api-production --reason load"),
        command: "scale cma/cma-api-production --to 12 --range widen --yes --confirm cma-api-production --reason crash",
        services: &[API],
        steps: &HALVES,
        reached: |_, after| after.range() == Some((true, 2, 12)) && after.desired == 12,
        ..DEPLOY
    },
    Case {
        name: "scale-suspended",
        command: "scale cma/cma-api-production --to 1 --range suspend --yes --confirm cma-api-production --reason crash",
        services: &[API],
        steps: &HALVES,
        reached: |_, after| after.range() == Some((true, 2, 10)) && after.desired == 1,
        ..DEPLOY
    },
    Case {
        name: "move",
        command: "move cma/cma-workers-production --to FARGATE --yes --confirm cma-workers-production --reason crash",
        services: &[WORKERS],
        steps: &[OUT, ANSWERED],
        reached: |_, after| after.providers == ["FARGATE"],
        ..DEPLOY
    },
    Case {
        name: "sleep",
        command: "sleep tsdevstack --yes --reason crash",
        services: &[
            AUTH,
            ["estates", "111122223333", "us-east-1", "tsdevstack-dev", "offers-service"],
            ["estates", "111122223333", "us-east-1", "tsdevstack-dev", "notifications-service"],
        ],
        steps: &[
            ("the first of the first wave sleeps", When::Lines(3)),
            ("the last call is out", When::Lines(6)),
            ("the last call is answered", When::Lines(7)),
        ],
        reached: |_, after| after.desired == 0,
        ..DEPLOY
    },
];

/// Two calls: the second may never leave, and then it is done by half.
const HALVES: [(&str, When); 3] = [
    ("the first call is answered", When::Lines(3)),
    ("the second call is out", When::Lines(4)),
    ("the second call is answered", When::Lines(5)),
];

/// Two services in one wave: each is registered and updated.
const SEVERAL: Case = Case {
    name: "several",
    command: "deploy cma --tag 4f2c --yes --confirm cma --reason crash",
    services: &[FRONTEND, API],
    steps: &[
        ("one is updated", When::Lines(5)),
        ("the last call is out", When::Lines(8)),
        ("the last call is answered", When::Lines(9)),
    ],
    ..DEPLOY
};

/// ECS itself goes back to what ran before.
const STOPPED: Case = Case {
    name: "stop-deployment",
    speed: "20",
    before: Some("deploy tsdevstack/auth-service --tag 1.9.1 --yes --no-wait"),
    command: "rollback tsdevstack/auth-service --yes --reason crash",
    steps: &[OUT, ANSWERED],
    reached: |before, after| after.runs != before.runs,
    ..DEPLOY
};

/// Its registry cannot be asked what the tag means now: a copy with the digest is registered and deployed.
const PINNED: Case = Case {
    name: "pinned",
    before: Some(
        "deploy mint-server/mint-server@us-west-1 --image username/mint-server:1.9.0 --yes --confirm mint-server \
         --reason release",
    ),
    command: "rollback mint-server/mint-server@us-west-1 --yes --confirm mint-server --reason crash",
    services: &[MINT_WEST],
    steps: &HALVES,
    reached: |before, after| after.begun(before) == 1 && after.digests.is_disjoint(&before.digests),
    ..DEPLOY
};

async fn got(site: &Site, [profile, account, region, cluster, name]: &Place) -> Got {
    let scope = Scope::new(profile, region);
    let credentials = Credentials::Simulator { account: (*account).to_owned() };
    let endpoint_url = Some(site.endpoint().to_owned());
    let access = Access { endpoint_url, ..access(credentials, https(), Patience::default(), |_| {}) };
    let clients = Clients::connect(&scope, &access).await.expect("the simulator's credentials");
    let ask = async |query| complete(fetch(&clients, &Request { scope: scope.clone(), query }, NOW).await);
    let query = Query::Services { cluster: (*cluster).into(), names: vec![(*name).into()] };
    let service: Service = match ask(query).await {
        Answer::Services(mut found) => found.pop().expect("the service"),
        other => panic!("{other:?}"),
    };
    let running: Vec<Task> = match ask(Query::Tasks { cluster: (*cluster).into() }).await {
        Answer::Tasks(tasks) => {
            let own = |it: &Task| it.service.as_ref() == Some(&service.name) && it.is_running();
            tasks.into_iter().filter(own).collect()
        }
        other => panic!("{other:?}"),
    };
    let family = service.task_definition.short_name().to_string();
    let family = family.split(':').next().expect("a family");
    let query = Query::Deployments { cluster: (*cluster).into(), service: service.arn.clone() };
    let deployments = match ask(query).await {
        Answer::Deployments(found) => found.into_iter().map(|it| it.arn).collect(),
        other => panic!("{other:?}"),
    };
    let revisions = match ask(Query::Revisions { family: family.into() }).await {
        Answer::Revisions(found) => found.into_iter().collect(),
        other => panic!("{other:?}"),
    };
    let scaling = match ask(Query::ScalableTargets).await {
        Answer::ScalableTargets(found) => {
            found.into_iter().find(|it| it.resource.as_str().ends_with(&format!("/{cluster}/{name}")))
        }
        other => panic!("{other:?}"),
    };
    Got {
        deployments,
        revisions,
        runs: service.task_definition,
        desired: service.desired,
        providers: service.control.providers.iter().map(|it| it.provider.to_string()).collect(),
        tasks: running.iter().map(|it| it.arn.clone()).collect(),
        digests: running.into_iter().flat_map(|it| it.containers).filter_map(|it| it.digest).collect(),
        scaling,
    }
}

/// What there is of each of its services.
async fn all(site: &Site, case: &Case) -> Vec<Got> {
    let mut all = Vec::new();
    for place in case.services {
        all.push(got(site, place).await);
    }
    all
}

/// The lines of a journal that may not be there yet.
fn lines(site: &Site) -> usize {
    fs::read_to_string(site.journal()).map_or(0, |it| it.lines().count())
}

/// Kills it at its step; fails where it ends before that. `known` lines were there before it.
fn kill(site: &Site, mut process: Child, name: &str, when: &When, known: usize) {
    let said = BufReader::new(process.stdout.take().expect("its output")).lines();
    match when {
        When::Says(word) => {
            let seen = said.map_while(Result::ok).any(|it| it.contains(word));
            assert!(seen, "{name}: it never said {word:?}");
        }
        When::Lines(number) => {
            while lines(site) < known + *number {
                let ended = process.try_wait().expect("its state").is_some();
                assert!(!ended || lines(site) >= known + *number, "{name}: it ended with {} lines", lines(site));
                thread::yield_now();
            }
        }
    }
    process.kill().expect("killed");
    process.wait().expect("gone");
}

/// The newest operation of the journal.
fn newest(site: &Site) -> Value {
    site.operations().pop().expect("an operation")
}

fn calls(operation: &Value) -> Vec<Value> {
    operation["calls"].as_array().expect("calls").clone()
}

/// Kills `case` at one step, has it watched on, and looks at what became of it.
async fn recovers(case: &Case, number: usize) {
    let (step, when) = &case.steps[number];
    let name = format!("{}, {step}", case.name);
    let test = format!("crashes-{}-{number}", case.name);
    let (events, flags) = ((case.events)(), ["--speed", case.speed, "--latency", "60"]);
    let site = if events.is_empty() { Site::new(&test, &flags) } else { Site::in_which(&test, &events, &flags) };
    if let Some(command) = case.before {
        let ended = site.run(command);
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
    }
    let (known, before) = (lines(&site), all(&site, case).await);
    let task = before[0].tasks.first().expect("a task that runs").tail();
    kill(&site, site.spawn(&case.command.replace("{task}", task.as_str())), &name, when, known);
    let killed = newest(&site);
    let (left, had_ended) = (calls(&killed), !killed["verdict"].is_null());

    let watched = site.run("watch --json");
    let operation = newest(&site);
    let verdict = operation["verdict"].as_str().unwrap_or_else(|| panic!("{name}: no verdict: {operation:#}"));
    assert_eq!(calls(&operation).len(), left.len(), "{name}: something was sent after the crash");
    assert_eq!(operation["resumed"].as_array().map(Vec::len), Some(usize::from(!had_ended)), "{name}");

    let after = all(&site, case).await;
    let mut reached = true;
    for (part, (before, after)) in before.iter().zip(&after).enumerate() {
        let sent =
            |operation: &str| left.iter().filter(|it| it["operation"] == operation && it["part"] == part).count();
        let (deployments, revisions) = (after.begun(before), after.revisions.difference(&before.revisions).count());
        assert!(deployments <= sent("ecs:UpdateService"), "{name}: {deployments} deployments of {left:#?}");
        assert!(revisions <= sent("ecs:RegisterTaskDefinition"), "{name}: {revisions} revisions of {left:#?}");
        reached &= (case.reached)(before, after);
    }
    assert_eq!(verdict == case.verdict, reached, "{name}: {operation:#}");
    let code = match verdict {
        _ if had_ended && verdict != case.verdict => panic!("{name}: it ended {verdict}"),
        _ if had_ended => 0,
        "succeeded" => 0,
        "abandoned" => 5,
        _ => 4,
    };
    assert_eq!(watched.code, code, "{name}: {watched:?}");
    assert_eq!(site.run("watch").said, "", "{name}: nothing is left to watch");
}

async fn recovers_at_each_step(case: &Case) {
    for number in 0..case.steps.len() {
        recovers(case, number).await;
    }
}

#[tokio::test]
async fn a_deployment_killed_at_any_step_is_recovered_and_nothing_is_sent_twice() {
    recovers_at_each_step(&DEPLOY).await;
}

#[tokio::test]
async fn a_rollback_killed_at_any_step_is_recovered_and_nothing_is_sent_twice() {
    recovers_at_each_step(&ROLLBACK).await;
}

#[tokio::test]
async fn a_scaling_killed_at_any_step_is_recovered_and_nothing_is_sent_twice() {
    recovers_at_each_step(&SCALE).await;
}

#[tokio::test]
async fn waves_killed_at_any_step_are_recovered_and_no_further_region_is_begun() {
    recovers_at_each_step(&WAVES).await;
}

#[tokio::test]
async fn a_way_back_killed_at_any_step_is_recovered_and_nothing_is_sent_twice() {
    recovers_at_each_step(&WAY_BACK).await;
}

#[tokio::test]
async fn ways_back_killed_between_regions_are_told_as_what_runs() {
    recovers_at_each_step(&WAYS_BACK).await;
}

#[tokio::test]
async fn what_is_done_to_tasks_and_scaling_is_recovered_and_nothing_is_sent_twice() {
    for case in &OTHERS {
        recovers_at_each_step(case).await;
    }
}

#[tokio::test]
async fn services_deployed_together_are_recovered_and_what_was_not_sent_stays_so() {
    recovers_at_each_step(&SEVERAL).await;
}

#[tokio::test]
async fn a_deployment_being_ended_is_recovered_and_it_is_ended_once() {
    recovers_at_each_step(&STOPPED).await;
}

#[tokio::test]
async fn a_rollback_to_a_digest_is_recovered_and_nothing_is_sent_twice() {
    recovers_at_each_step(&PINNED).await;
}
