//! The real binary killed at each step of a deployment, told by what its journal holds and what it says: each is
//! recovered to a true verdict, and the simulator has got nothing twice.

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
    },
};
use serde_json::Value;

use crate::{
    adapters::canned::{NOW, access, complete},
    verbs::Site,
};

/// A revision is registered and then deployed: two calls.
const DEPLOY: &str = "deploy tsdevstack/auth-service --tag 1.9.1 --yes --reason crash";

/// When it is killed.
enum When {
    /// As soon as its journal has so many lines: begun, intended, answered, intended, answered, ended.
    Lines(usize),
    /// As soon as it says so.
    Says(&'static str),
}

const STEPS: [(&str, When); 8] = [
    ("the plan is recorded", When::Lines(1)),
    ("the first call is out", When::Lines(2)),
    ("the first call is answered", When::Lines(3)),
    ("the second call is out", When::Lines(4)),
    ("the second call is answered", When::Lines(5)),
    ("it rolls", When::Says("rolling")),
    ("it bakes", When::Says("baking")),
    ("its verdict is recorded", When::Lines(6)),
];

/// What the simulator has got of it: ids of deployments and of revisions.
type Got = (BTreeSet<Arn>, BTreeSet<Arn>);

async fn got(endpoint: &str) -> Got {
    let scope = Scope::new("estates", "us-east-1");
    let credentials = Credentials::Simulator { account: "111122223333".to_owned() };
    let endpoint_url = Some(endpoint.to_owned());
    let access = Access { endpoint_url, ..access(credentials, https(), Patience::default(), |_| {}) };
    let clients = Clients::connect(&scope, &access).await.expect("the simulator's credentials");
    let ask = async |query| complete(fetch(&clients, &Request { scope: scope.clone(), query }, NOW).await);
    let service = Arn::new("arn:aws:ecs:us-east-1:111122223333:service/tsdevstack-dev/auth-service");
    let deployments = match ask(Query::Deployments { cluster: "tsdevstack-dev".into(), service }).await {
        Answer::Deployments(found) => found.into_iter().map(|it| it.arn).collect(),
        other => panic!("{other:?}"),
    };
    let revisions = match ask(Query::Revisions { family: "auth-service".into() }).await {
        Answer::Revisions(found) => found.into_iter().collect(),
        other => panic!("{other:?}"),
    };
    (deployments, revisions)
}

/// The lines of a journal that may not be there yet.
fn lines(site: &Site) -> usize {
    fs::read_to_string(site.journal()).map_or(0, |it| it.lines().count())
}

/// Kills it at its step; fails where it ends before that.
fn kill(site: &Site, mut process: Child, name: &str, when: &When) {
    let said = BufReader::new(process.stdout.take().expect("its output")).lines();
    match when {
        When::Says(word) => {
            let seen = said.map_while(Result::ok).any(|it| it.contains(word));
            assert!(seen, "{name}: it never said {word:?}");
        }
        When::Lines(number) => {
            while lines(site) < *number {
                let ended = process.try_wait().expect("its state").is_some();
                assert!(!ended || lines(site) >= *number, "{name}: it ended with {} lines", lines(site));
                thread::yield_now();
            }
        }
    }
    process.kill().expect("killed");
    process.wait().expect("gone");
}

fn calls(site: &Site) -> Vec<Value> {
    site.operations()[0]["calls"].as_array().expect("calls").clone()
}

#[tokio::test]
async fn killed_at_any_step_it_is_recovered_and_nothing_is_sent_twice() {
    for (number, (name, when)) in STEPS.iter().enumerate() {
        let site = Site::new(&format!("crashes-{number}"), &["--speed", "120", "--latency", "60"]);
        let before = got(site.endpoint()).await;
        kill(&site, site.spawn(DEPLOY), name, when);
        let had_ended = !site.operations()[0]["verdict"].is_null();
        let left = calls(&site);

        let watched = site.run("watch --json");
        let operation = &site.operations()[0];
        let verdict = operation["verdict"].as_str().unwrap_or_else(|| panic!("{name}: no verdict: {operation:#}"));
        assert_eq!(calls(&site).len(), left.len(), "{name}: something was sent after the crash");
        assert_eq!(operation["resumed"].as_array().map(Vec::len), Some(usize::from(!had_ended)), "{name}");

        let after = got(site.endpoint()).await;
        let deployments = after.0.difference(&before.0).count();
        let revisions = after.1.difference(&before.1).count();
        let intended = |operation: &str| left.iter().filter(|it| it["operation"] == operation).count();
        assert!(deployments <= intended("ecs:UpdateService"), "{name}: {deployments} deployments of {left:#?}");
        assert!(revisions <= intended("ecs:RegisterTaskDefinition"), "{name}: {revisions} revisions of {left:#?}");
        let code = match (verdict, had_ended) {
            ("succeeded", _) => 0,
            (_, true) => panic!("{name}: it ended {verdict}"),
            (_, false) => 4,
        };
        assert_eq!(verdict == "succeeded", deployments == 1, "{name}: {verdict}, with {deployments} deployments");
        assert_eq!(watched.code, code, "{name}: {watched:?}");
        assert_eq!(site.run("watch").said, "", "{name}: nothing is left to watch");
    }
}
