//! Deploying and going back by verb: what runs at the end is what was asked for, and what ran before.

use serde_json::Value;

use super::{Site, calls};
use crate::console::at;

const REGISTER: &str = "ecs:RegisterTaskDefinition";
const UPDATE: &str = "ecs:UpdateService";

/// The revision that a service runs.
fn runs(site: &Site, name: &str) -> Value {
    let service = site.service(name);
    assert_eq!(service["deployment"]["state"], "completed", "{service:#}");
    service["task_definition"].clone()
}

#[test]
fn a_tag_is_deployed_gone_back_from_and_its_revision_deployed_again() {
    let site = Site::new("verbs-deploy", &["--speed", "120"]);
    let before = runs(&site, "auth-service");
    let deployed = site.succeeds("deploy tsdevstack/auth-service --tag 1.9.1 --wait --yes --reason release");
    assert_eq!(calls(&deployed), [REGISTER, UPDATE]);
    let after = runs(&site, "auth-service");
    assert_ne!(after, before);
    assert_eq!(at(&deployed, "/calls/1/parameters/taskDefinition"), &after);
    let same = site.run("deploy tsdevstack/auth-service --tag 1.9.1 --yes");
    assert_eq!(same.code, 3, "{same:?}");
    assert!(same.complained.contains("this changes nothing"), "{same:?}");

    let back = site.succeeds("rollback tsdevstack/auth-service --yes");
    assert_eq!(calls(&back), [UPDATE]);
    assert_eq!(runs(&site, "auth-service"), before);

    let revision = after.as_str().and_then(|it| it.rsplit(':').next()).expect("a number");
    let again = site.succeeds(&format!("deploy tsdevstack/auth-service --revision {revision} --yes"));
    assert_eq!(calls(&again), [UPDATE]);
    assert_eq!(runs(&site, "auth-service"), after);

    let number = before.as_str().and_then(|it| it.rsplit(':').next()).expect("a number");
    let chosen = site.succeeds(&format!("rollback tsdevstack/auth-service --to {number} --yes"));
    assert_eq!(calls(&chosen), [UPDATE]);
    assert_eq!(runs(&site, "auth-service"), before);
}

#[test]
fn front_end_and_api_are_released_together_with_one_verdict() {
    const BOTH: [&str; 2] = ["cma-frontend-production", "cma-api-production"];
    let site = Site::new("verbs-together", &["--speed", "120"]);
    let before = BOTH.map(|it| runs(&site, it));
    let deployed = site.succeeds("deploy cma --tag 4f2c --wait --yes --confirm cma --reason release");
    assert_eq!(calls(&deployed).len(), 4);
    let after = BOTH.map(|it| runs(&site, it));
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before, after);
    }
    let sent = deployed["calls"].as_array().expect("calls").iter().filter(|it| it["operation"] == UPDATE);
    let mut sent: Vec<&Value> = sent.map(|it| &it["parameters"]["taskDefinition"]).collect();
    sent.sort_by_key(|it| it.as_str());
    let mut runs: Vec<&Value> = after.iter().collect();
    runs.sort_by_key(|it| it.as_str());
    assert_eq!(sent, runs, "what runs is what was registered");

    let back = site.succeeds("rollback cma --yes --confirm cma --reason bad");
    assert!(calls(&back).contains(&UPDATE), "{back:#}");
    for (name, after) in BOTH.iter().zip(&after) {
        assert_ne!(&self::runs(&site, name), after, "{name}");
    }
}

#[test]
fn a_deployment_under_way_is_ended_and_what_ran_before_runs_again() {
    let site = Site::new("verbs-end", &["--speed", "20"]);
    let before = runs(&site, "auth-service");
    let left = site.run("deploy tsdevstack/auth-service --tag 1.9.1 --yes --no-wait");
    assert_eq!(left.code, 0, "{left:?}");
    let back = site.succeeds("rollback tsdevstack/auth-service --yes");
    assert_eq!(calls(&back), ["ecs:StopServiceDeployment"]);
    assert_eq!(site.service("auth-service")["task_definition"], before);
    let verdicts: Vec<Value> = site.operations().iter().map(|it| it["verdict"].clone()).collect();
    assert_eq!(verdicts, ["abandoned", "succeeded"]);
}

#[test]
fn two_regions_are_gone_back_in_at_once() {
    let site = Site::new("verbs-regions", &["--speed", "120"]);
    let confirmed = "--yes --confirm mint-server --reason release";
    let deploy = format!("deploy mint-server/mint-server --image username/mint-server:1.9.0 {confirmed}");
    let deployed = site.succeeds(&deploy);
    assert_eq!(calls(&deployed), [REGISTER, UPDATE, REGISTER, UPDATE]);
    let region = |number: usize| deployed["calls"][number]["region"].clone();
    assert_eq!([region(1), region(3)], ["us-east-1", "us-west-1"]);
    let bakes = deployed["calls"][2]["intended_at"].as_str() > deployed["calls"][1]["answered_at"].as_str();
    assert!(bakes, "{deployed:#}");

    // Its registry cannot be asked what the tag means now: what ran is pinned by its digest.
    let back = site.succeeds(&format!("rollback mint-server/mint-server {confirmed}"));
    assert_eq!(calls(&back), [REGISTER, UPDATE, REGISTER, UPDATE]);
    let pinned = back["calls"][0]["parameters"].to_string();
    assert!(pinned.contains("username/mint-server@sha256:"), "{pinned}");
    let stacks = site.stacks();
    let mint = stacks.iter().find(|it| it["name"] == "mint-server").expect("the stack");
    let sent = [1, 3].map(|number: usize| back["calls"][number]["parameters"]["taskDefinition"].clone());
    for service in super::services(mint) {
        assert!(sent.contains(&service["task_definition"]), "{service:#}");
    }
}

#[test]
fn a_digest_is_deployed_and_deploying_it_again_is_refused() {
    let site = Site::new("verbs-digest", &["--speed", "120"]);
    let plan = site.run("deploy tsdevstack/auth-service --tag 1.9.1 --dry-run --json").document();
    let basis = at(&plan, "/basis").as_array().expect("a basis").clone();
    let digest = basis.iter().filter_map(|it| it["value"].as_str()).find(|it| it.starts_with("sha256:"));
    let digest = digest.expect("what the tag means");
    let deploy = format!("deploy tsdevstack/auth-service --digest {digest} --yes");
    let deployed = site.succeeds(&deploy);
    assert_eq!(calls(&deployed), [REGISTER, UPDATE]);
    assert!(deployed["calls"][0]["parameters"].to_string().contains(digest), "{deployed:#}");
    let again = site.run(&deploy);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.complained.contains("this changes nothing"), "{again:?}");
    let revision = runs(&site, "auth-service");
    let number = revision.as_str().and_then(|it| it.rsplit(':').next()).expect("a number");
    let back = site.run(&format!("rollback tsdevstack/auth-service --to {number} --yes"));
    assert_eq!(back.code, 3, "to what runs is no way back: {back:?}");
    assert!(back.complained.contains("this changes nothing"), "{back:?}");
}
