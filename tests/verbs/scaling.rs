//! Numbers of tasks, auto scaling, single tasks and what they run on, by verb.

use serde_json::{Value, json};

use super::{Site, calls};
use crate::console::at;

const REGISTER: &str = "application-autoscaling:RegisterScalableTarget";
const API: &str = "cma/cma-api-production";
const CONFIRMED: &str = "--yes --confirm cma-api-production --reason load";

/// What the plan of a change of nothing says of auto scaling.
fn range(site: &Site, to: u32) -> String {
    let plan = site.run(&format!("scale {API} --to {to} --dry-run --json"));
    let document = plan.document();
    let findings = at(&document, "/findings").as_array().expect("findings").clone();
    let own = findings.iter().find(|it| it["guard"] == "scaling-range");
    own.and_then(|it| it["summary"].as_str()).unwrap_or_default().to_owned()
}

/// At night its policy would take the tasks away again at once: it is suspended before its range is widened.
#[test]
fn auto_scaling_is_suspended_with_the_count_then_widened_and_resumed() {
    let site = Site::new("verbs-range", &["--speed", "120"]);
    let suspended = site.succeeds(&format!("scale {API} --to 1 --range suspend {CONFIRMED}"));
    assert_eq!(calls(&suspended), [REGISTER, "ecs:UpdateService"]);
    assert_eq!(site.service("cma-api-production")["running"], 1);
    assert_eq!(range(&site, 2), "auto scaling is suspended and leaves the count alone");
    let again = site.run(&format!("suspend-scaling {API} {CONFIRMED}"));
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.complained.contains("suspended already"), "{again:?}");

    let widened = site.succeeds(&format!("scale {API} --to 12 --range widen {CONFIRMED}"));
    assert_eq!(calls(&widened), [REGISTER, "ecs:UpdateService"]);
    assert_eq!(widened["calls"][0]["parameters"]["MaxCapacity"], json!(12));
    assert_eq!(site.service("cma-api-production")["running"], 12);

    let resumed = site.succeeds(&format!("resume-scaling {API} {CONFIRMED}"));
    assert_eq!(calls(&resumed), [REGISTER]);
    let flags = &resumed["calls"][0]["parameters"]["SuspendedState"];
    assert!(flags.as_object().is_some_and(|it| it.len() == 3 && it.values().all(|it| *it == json!(false))), "{flags}");
    // By then it may have scaled in to any count of its range.
    let said = range(&site, 13);
    assert_eq!(said, "auto scaling keeps 2–12: it will set 12 again");
}

#[test]
fn tasks_move_to_fargate_and_back_and_auto_scaling_is_suspended_and_resumed() {
    let site = Site::new("verbs-several", &["--speed", "120"]);
    let workers = "--yes --confirm cma-workers-production --reason spot";
    for provider in ["FARGATE", "FARGATE_SPOT"] {
        let moved = site.succeeds(&format!("move cma/cma-workers-production --to {provider} {workers}"));
        assert_eq!(calls(&moved), ["ecs:UpdateService"]);
        let share = at(&moved, "/calls/0/parameters/capacityProviderStrategy/0/capacityProvider");
        assert_eq!(share, provider);
        let again = site.run(&format!("move cma/cma-workers-production --to {provider} {workers}"));
        assert_eq!(again.code, 3, "{again:?}");
        assert!(again.complained.contains(&format!("runs on {provider} already")), "{again:?}");
    }
    for verb in ["suspend-scaling", "resume-scaling"] {
        assert_eq!(calls(&site.succeeds(&format!("{verb} {API} {CONFIRMED}"))), [REGISTER]);
    }
    assert_eq!(site.operations().len(), 4);
}

#[test]
fn a_stopped_task_is_replaced() {
    let site = Site::new("verbs-stop", &["--speed", "120"]);
    // The nearest names tell of the tasks that run.
    let task = || {
        let wrong = site.run("stop-task tsdevstack/auth-service --task 0 --yes");
        wrong.complained.split('"').find(|it| it.len() == 32).expect("a task's id").to_owned()
    };
    let before = task();
    let stopped = site.succeeds(&format!("stop-task tsdevstack/auth-service --task {before} --yes"));
    assert_eq!(calls(&stopped), ["ecs:StopTask"]);
    assert_eq!(site.service("auth-service")["running"], 1);
    assert_ne!(task(), before);
}

#[test]
fn a_stack_sleeps_and_is_woken() {
    const SLEEPERS: [&str; 3] = ["auth-service", "offers-service", "notifications-service"];
    let site = Site::new("verbs-sleep", &["--speed", "120"]);
    let running = || SLEEPERS.map(|it| site.service(it)["running"].clone());
    for (verb, each) in [("sleep", 0), ("wake", 1)] {
        let told = site.succeeds(&format!("{verb} tsdevstack --yes"));
        assert_eq!(calls(&told), ["ecs:UpdateService"; 3]);
        assert_eq!(running(), [json!(each), json!(each), json!(each)], "{verb}");
        assert_ne!(site.service("kong")["running"], Value::from(0), "{verb}");
    }
    // Those that others need are put to sleep last and woken first.
    let first = |operation: &Value| at(operation, "/calls/0/parameters/service").as_str().map(ToOwned::to_owned);
    let [sleep, wake] = site.operations().try_into().expect("two operations");
    assert!(first(&wake).is_some_and(|it| it.ends_with("auth-service")), "{wake:#}");
    assert!(first(&sleep).is_some_and(|it| !it.ends_with("auth-service")), "{sleep:#}");
}
