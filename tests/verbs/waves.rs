//! Region by region, by verb: a gate that breaks in one of them ends all of it as the plan said.

use serde_json::Value;

use super::{Site, calls, services};
use crate::console::{Ended, at};

const REGISTER: &str = "ecs:RegisterTaskDefinition";
const UPDATE: &str = "ecs:UpdateService";
const NEW: &str = "username/mint-server:1.9.0";

/// A new image of mint-server that answers four times as slowly in `region`, and well everywhere else.
pub fn slow_in(region: &str) -> String {
    format!(
        "[[event]]\nat = \"0s\"\nkind = \"push\"\nplace = \"111122223333/{region}\"\nimage = \"{NEW}\"\n\
         behaviour = \"slow\"\nslowdown = 4\nlasts = \"12h\"\n"
    )
}

/// What runs in us-east-1 and us-west-1.
fn runs(site: &Site) -> [Value; 2] {
    let stacks = site.stacks();
    let mint = stacks.iter().find(|it| it["name"] == "mint-server").expect("the stack");
    ["us-east-1", "us-west-1"].map(|region| {
        let found = services(mint).iter().find(|it| it["arn"].as_str().is_some_and(|it| it.contains(region)));
        found.expect("the service")["task_definition"].clone()
    })
}

fn deploy(site: &Site, broken_gate: &str) -> Ended {
    site.run(&format!(
        "deploy mint-server/mint-server --image {NEW} --broken-gate {broken_gate} --yes --confirm mint-server \
         --reason release --json"
    ))
}

/// The one operation of the journal, which says what the verb has said: its calls, and in which region each was.
fn told(site: &Site, ended: &Ended) -> (Value, Vec<(String, String)>) {
    let [operation] = site.operations().try_into().expect("one operation");
    assert_eq!(operation["verdict"], ended.document()["verdict"]["verdict"]);
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let sent = operation["calls"].as_array().expect("calls").iter();
    let sent = sent.map(|it| (text(&it["operation"]), text(&it["region"]))).collect();
    (operation, sent)
}

/// Both calls in each of these regions, in this order.
fn there_and_back(regions: &[&str]) -> Vec<(String, String)> {
    let both = |region: &&str| [REGISTER, UPDATE].map(|it| (it.to_owned(), (*region).to_owned()));
    regions.iter().flat_map(both).collect()
}

#[test]
fn a_gate_that_breaks_in_the_second_region_rolls_both_back_where_the_plan_says_so() {
    let site = Site::in_which("verbs-waves-back", &slow_in("us-west-1"), &["--speed", "120"]);
    let plan = site.run(&format!("deploy mint-server/mint-server --image {NEW} --broken-gate roll-back --dry-run"));
    assert!(plan.said.contains("is rolled back by itself, to mint-server:"), "{plan:?}");
    let before = runs(&site);
    let ended = deploy(&site, "roll-back");
    assert_eq!(ended.code, 4, "{ended:?}");
    let document = ended.document();
    assert_eq!(at(&document, "/verdict/verdict"), "rolled_back");
    let summary = at(&document, "/verdict/summary").as_str().expect("a line");
    // Whichever is seen first: the promise broken for two minutes, or the alarm about the same.
    let is_promise = summary.contains("p95 of mint-server in us-west-1 is") && summary.contains("50 ms are promised");
    assert!(is_promise || summary.contains("alarm mint-server-latency-high rings since"), "{summary}");
    let evidence = at(&document, "/verdict/evidence").to_string();
    assert_eq!(evidence.matches("what ran before runs again").count(), 2, "{evidence}");

    let (operation, sent) = told(&site, &ended);
    assert_eq!(sent, there_and_back(&["us-east-1", "us-west-1", "us-east-1", "us-west-1"]));
    // Its registry cannot be asked what the tag means now: what ran is pinned by its digest.
    for (register, update, region) in [(4, 5, 0), (6, 7, 1)] {
        let pinned = operation["calls"][register]["parameters"].to_string();
        assert!(pinned.contains("username/mint-server@sha256:"), "{pinned}");
        assert_eq!(operation["calls"][update]["parameters"]["taskDefinition"], runs(&site)[region]);
    }
    assert_ne!(runs(&site), before, "each is a copy with the digest");
    let again = site.run("rollback mint-server/mint-server --dry-run");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(site.run("watch").said, "", "nothing is left");
}

#[test]
fn a_gate_that_breaks_in_the_second_region_is_told_and_held_where_the_plan_says_so() {
    let site = Site::in_which("verbs-waves-held", &slow_in("us-west-1"), &["--speed", "120"]);
    let ended = deploy(&site, "offer");
    assert_eq!(ended.code, 4, "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "failed");
    let (operation, sent) = told(&site, &ended);
    assert_eq!(sent, there_and_back(&["us-east-1", "us-west-1"]));
    let deployed = [1, 3].map(|it: usize| operation["calls"][it]["parameters"]["taskDefinition"].clone());
    assert_eq!(runs(&site), deployed, "it is left as it is");

    let back = site.succeeds("rollback mint-server/mint-server --yes --confirm mint-server --reason slow");
    assert_eq!(calls(&back), [REGISTER, UPDATE, REGISTER, UPDATE]);
}

#[test]
fn a_gate_that_breaks_in_the_first_region_leaves_the_second_alone() {
    let site = Site::in_which("verbs-waves-first", &slow_in("us-east-1"), &["--speed", "120"]);
    let before = runs(&site);
    let ended = deploy(&site, "roll-back");
    assert_eq!(ended.code, 4, "{ended:?}");
    let document = ended.document();
    assert_eq!(at(&document, "/verdict/verdict"), "rolled_back");
    let evidence = at(&document, "/verdict/evidence").to_string();
    assert!(evidence.contains("mint-server in us-west-1: not begun"), "{evidence}");
    let (operation, sent) = told(&site, &ended);
    assert_eq!(sent, there_and_back(&["us-east-1", "us-east-1"]));
    let back = operation["calls"][3]["parameters"]["taskDefinition"].clone();
    assert_eq!(runs(&site), [back, before[1].clone()]);
}

const BOTH: [&str; 2] = ["us-east-1", "us-west-1"];

#[test]
fn whoever_does_not_wait_is_kept_until_the_last_region_is_sent() {
    let site = Site::new("verbs-waves-no-wait", &["--speed", "120"]);
    let ended = site.run("redeploy mint-server/mint-server --yes --confirm mint-server --reason leak --no-wait --json");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.complained.contains("this ends when the last is sent"), "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "abandoned");
    let (_, sent) = told(&site, &ended);
    assert_eq!(sent, BOTH.map(|it| (UPDATE.to_owned(), it.to_owned())));
}

#[test]
fn whoever_does_not_wait_is_told_that_the_second_region_was_not_begun() {
    let site = Site::in_which("verbs-waves-no-wait-first", &slow_in("us-east-1"), &["--speed", "120"]);
    let before = runs(&site);
    let ended = site.run(&format!(
        "deploy mint-server/mint-server --image {NEW} --yes --confirm mint-server --reason release --no-wait --json"
    ));
    assert_eq!(ended.code, 4, "{ended:?}");
    let (operation, sent) = told(&site, &ended);
    assert!(operation["evidence"].to_string().contains("mint-server in us-west-1: not begun"), "{operation:#}");
    assert!(sent.iter().all(|(_, region)| region == "us-east-1"), "{sent:?}");
    assert_eq!(runs(&site)[1], before[1]);
}

#[test]
fn whoever_does_not_wait_has_woken_all_of_a_stack() {
    let site = Site::new("verbs-wake-no-wait", &["--scenario", "asleep", "--speed", "120"]);
    let ended = site.run("wake tsdevstack --yes --no-wait --json");
    assert_eq!(ended.code, 0, "{ended:?}");
    let [operation] = site.operations().try_into().expect("one operation");
    assert_eq!(calls(&operation), [UPDATE; 3]);
    for name in ["auth-service", "offers-service", "notifications-service"] {
        assert_eq!(site.service(name)["desired"], 1, "{name}");
    }
}
