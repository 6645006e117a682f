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
        service::Service,
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
    command: &'static str,
    /// Where its services stand, and what they are called.
    regions: &'static [&'static str],
    cluster: &'static str,
    service: &'static str,
    steps: &'static [(&'static str, When)],
    /// The verdict that says that all came about as planned.
    verdict: &'static str,
    /// Whether a service is as that verdict says, by what the simulator had of it before and has after.
    reached: fn(before: &Got, after: &Got) -> bool,
}

/// When it is killed.
enum When {
    /// As soon as its journal has so many lines more: begun, intended, answered, intended, answered, ended.
    Lines(usize),
    /// As soon as it says so.
    Says(&'static str),
}

/// What the simulator has got of a service: deployments, revisions, how many tasks are wanted, and the images that run.
struct Got {
    deployments: BTreeSet<Arn>,
    revisions: BTreeSet<Arn>,
    desired: u32,
    digests: BTreeSet<SafeText>,
}

impl Got {
    /// The deployments that are new.
    fn begun(&self, before: &Self) -> usize {
        self.deployments.difference(&before.deployments).count()
    }
}

/// Two calls: a revision is registered and then deployed.
const DEPLOY: Case = Case {
    name: "deploy",
    events: String::new,
    before: None,
    command: "deploy tsdevstack/auth-service --tag 1.9.1 --yes --reason crash",
    regions: &["us-east-1"],
    cluster: "tsdevstack-dev",
    service: "auth-service",
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
    cluster: "terminal-cluster",
    service: "terminal-api",
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
    regions: &["us-east-1", "us-west-1"],
    cluster: "mint-server",
    service: "mint-server",
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
    regions: &["us-west-1"],
    cluster: "mint-server",
    service: "mint-server",
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
    regions: &["us-east-1", "us-west-1"],
    steps: &[
        ("the first region is back", When::Lines(13)),
        ("the last call back is out", When::Lines(16)),
        ("the last call back is answered", When::Lines(17)),
    ],
    ..WAY_BACK
};

async fn got(site: &Site, case: &Case, region: &str) -> Got {
    let scope = Scope::new("estates", region);
    let credentials = Credentials::Simulator { account: "111122223333".to_owned() };
    let endpoint_url = Some(site.endpoint().to_owned());
    let access = Access { endpoint_url, ..access(credentials, https(), Patience::default(), |_| {}) };
    let clients = Clients::connect(&scope, &access).await.expect("the simulator's credentials");
    let ask = async |query| complete(fetch(&clients, &Request { scope: scope.clone(), query }, NOW).await);
    let query = Query::Services { cluster: case.cluster.into(), names: vec![case.service.into()] };
    let service: Service = match ask(query).await {
        Answer::Services(mut found) => found.pop().expect("the service"),
        other => panic!("{other:?}"),
    };
    let digests = match ask(Query::Tasks { cluster: case.cluster.into() }).await {
        Answer::Tasks(tasks) => {
            let own = tasks.into_iter().filter(|it| it.service.as_ref() == Some(&service.name) && it.is_running());
            own.flat_map(|it| it.containers).filter_map(|it| it.digest).collect()
        }
        other => panic!("{other:?}"),
    };
    let family = service.task_definition.short_name().to_string();
    let family = family.split(':').next().expect("a family");
    let deployments = match ask(Query::Deployments { cluster: case.cluster.into(), service: service.arn }).await {
        Answer::Deployments(found) => found.into_iter().map(|it| it.arn).collect(),
        other => panic!("{other:?}"),
    };
    let revisions = match ask(Query::Revisions { family: family.into() }).await {
        Answer::Revisions(found) => found.into_iter().collect(),
        other => panic!("{other:?}"),
    };
    Got { deployments, revisions, desired: service.desired, digests }
}

/// What there is of it in each of its regions.
async fn all(site: &Site, case: &Case) -> Vec<Got> {
    let mut all = Vec::new();
    for region in case.regions {
        all.push(got(site, case, region).await);
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
    let (events, flags) = ((case.events)(), ["--speed", "120", "--latency", "60"]);
    let site = if events.is_empty() { Site::new(&test, &flags) } else { Site::in_which(&test, &events, &flags) };
    if let Some(command) = case.before {
        let ended = site.run(command);
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
    }
    let (known, before) = (lines(&site), all(&site, case).await);
    kill(&site, site.spawn(case.command), &name, when, known);
    let killed = newest(&site);
    let (left, had_ended) = (calls(&killed), !killed["verdict"].is_null());

    let watched = site.run("watch --json");
    let operation = newest(&site);
    let verdict = operation["verdict"].as_str().unwrap_or_else(|| panic!("{name}: no verdict: {operation:#}"));
    assert_eq!(calls(&operation).len(), left.len(), "{name}: something was sent after the crash");
    assert_eq!(operation["resumed"].as_array().map(Vec::len), Some(usize::from(!had_ended)), "{name}");

    let after = all(&site, case).await;
    let mut reached = true;
    for (region, (before, after)) in case.regions.iter().zip(before.iter().zip(&after)) {
        let sent =
            |operation: &str| left.iter().filter(|it| it["operation"] == operation && it["region"] == *region).count();
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
