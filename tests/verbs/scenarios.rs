//! Scenarios that spoil what a verb does: the verdict and the exit code are true all the same.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Site, services};
use crate::console::{Ended, at};

/// Whether a service's newest deployment began within the hour before it was read.
fn is_new(service: &Value) -> bool {
    let time = |it: &Value| it.as_str().and_then(|it| it.parse::<Timestamp>().ok());
    let (began, read) = (time(&service["deployment"]["created_at"]), time(&service["observed_at"]));
    began.zip(read).is_some_and(|(began, read)| read.duration_since(began) < SignedDuration::from_hours(1))
}

/// What comes of `command` in a world of a scenario, once a stack is as it has to be: before that, what a plan rests on
/// moves, and the plan is refused.
fn in_scenario(flags: &[&str], ready: impl Fn(&Value) -> bool, command: &str, confirm: &str) -> Ended {
    let site = Site::new(&format!("verbs-{}", flags[1]), flags);
    let is_ready = (0..200).any(|_| site.stacks().iter().any(&ready));
    assert!(is_ready, "{flags:?} never came so far: {:#?}", site.stacks());
    let mut words = vec!["--demo", "--endpoint-url", &site.served.endpoint];
    words.extend(command.split_whitespace());
    words.extend(["--yes", "--confirm", confirm, "--reason", "test", "--json"]);
    let ended = site.home.run_words(&words);
    for operation in site.operations() {
        let told = ended.document();
        assert_eq!(operation["verdict"], told["verdict"]["verdict"], "the journal says what the verb says");
    }
    ended
}

#[test]
fn a_deployment_that_crashes_ends_rolled_back_with_code_4() {
    // The scenario's own deployment of it has been undone: the revision before is deployed again.
    let is_back = |it: &Value| it["name"] == "terminal-api" && it["deployment"]["state"] == "completed" && is_new(it);
    let ended = in_scenario(
        &["--scenario", "bad-deploy", "--speed", "60"],
        |stack| services(stack).iter().any(is_back),
        "deploy terminal/terminal-api --tag v2.15.0",
        "terminal-api",
    );
    assert_eq!(ended.code, 4, "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "rolled_back");
}

#[test]
fn an_image_that_is_gone_is_refused_before_anything_is_sent() {
    let redeploy = "redeploy reactive-notebook/reactive-notebook-service";
    let ended = in_scenario(&["--scenario", "image-missing", "--speed", "60"], |_| true, redeploy, "");
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.complained.contains("is not in its repository"), "{ended:?}");
}

/// Its repository lists it, and nobody can pull it: ECS gives it up and goes back, and the verdict says of what.
#[test]
fn an_image_that_cannot_be_pulled_is_rolled_back_and_the_verdict_says_why() {
    let unpullable = "[[event]]\nat = \"0s\"\nkind = \"push\"\nplace = \"111122223333/us-east-1\"\n\
                      image = \"terminal/api:v2.15.0\"\nbehaviour = \"unpullable\"\n";
    let site = Site::in_which("verbs-unpullable", unpullable, &["--speed", "60"]);
    let before = site.service("terminal-api");
    let deploy = "deploy terminal/terminal-api --tag v2.15.0 --yes --confirm terminal-api --reason test --json";
    let ended = site.run(deploy);
    assert_eq!(ended.code, 4, "{ended:?}");
    let document = ended.document();
    assert_eq!(at(&document, "/verdict/verdict"), "rolled_back");
    let summary = at(&document, "/verdict/summary").as_str().expect("a line");
    assert!(summary.contains("circuit breaker"), "{summary}");
    assert!(summary.contains("failed to start (CannotPullContainerError)"), "{summary}");
    let after = site.service("terminal-api");
    assert_eq!((&after["task_definition"], &after["running"]), (&before["task_definition"], &before["running"]));
    assert_eq!(site.operations()[0]["summary"], *summary);
}

#[test]
fn tasks_that_are_killed_for_their_memory_are_no_success() {
    // All is well yet when it is planned.
    let flags = ["--scenario", "out-of-memory", "--at", "60s", "--speed", "30"];
    let redeploy = "redeploy cma/cma-frontend-production";
    let ended = in_scenario(&flags, |_| true, redeploy, "cma-frontend-production");
    assert_eq!(ended.code, 4, "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "failed");
    assert!(ended.said.contains("died since: ran out of memory"), "{ended:?}");
}

#[test]
fn a_slow_release_breaks_its_promise_and_is_no_success() {
    // The alarm rings already, from the scenario's own release.
    let rings = |it: &Value| it["name"] == "mint-server-latency-high" && it["state"] == "alarm";
    let ended = in_scenario(
        &["--scenario", "latency-regression", "--speed", "60"],
        |stack| stack["alarms"].as_array().is_some_and(|it| it.iter().any(rings)),
        "deploy mint-server/mint-server@us-west-1 --image username/mint-server:1.9.0",
        "mint-server",
    );
    assert_eq!(ended.code, 4, "{ended:?}");
    let document = ended.document();
    assert_eq!(at(&document, "/verdict/verdict"), "failed");
    let summary = at(&document, "/verdict/summary").as_str().expect("a line");
    assert!(summary.contains("50 ms are promised"), "{summary}");
}
