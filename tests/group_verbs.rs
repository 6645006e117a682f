//! The verbs for groups, by the real binary on a simulator that several processes share.

mod outcomes;

use serde_json::json;

use crate::{console::at, verbs::Site};

const CONFIRMED: &str = "--yes --confirm terminal-gateway-asg --reason night";
const GROUP: &str = "terminal/terminal-gateway-asg";

/// The group's instances as `status` tells them.
fn instances(site: &Site) -> Vec<serde_json::Value> {
    let look = site.run("status --json").document();
    let stacks = at(&look, "/stacks").as_array().expect("stacks").clone();
    let groups = stacks.iter().filter_map(|it| it["groups"].as_array()).flatten();
    let group = groups.into_iter().find(|it| it["name"] == "terminal-gateway-asg").expect("the group").clone();
    group["instances"].as_array().expect("instances").clone()
}

/// Keeps the policy from scaling in between two commands: at sixty times the speed minutes pass in seconds.
fn keep_quiet(site: &Site) {
    let quiet = site.run(&format!("suspend-processes {GROUP} AlarmNotification {CONFIRMED}"));
    assert_eq!(quiet.code, 0, "{quiet:?}");
}

#[test]
fn a_group_is_scaled_up_and_a_gateway_protected() {
    let site = Site::new("group-verbs-up", &["--speed", "60"]);
    keep_quiet(&site);
    let plan = site.run(&format!("scale {GROUP} --to 3 --dry-run --json"));
    assert_eq!(plan.code, 0, "{plan:?}");
    assert_eq!(at(&plan.document(), "/group/calls/0/parameters/DesiredCapacity"), &json!(3));
    let ended = site.run(&format!("scale {GROUP} --to 3 {CONFIRMED}"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(instances(&site).len(), 3);
    let ended = site.run(&format!("protect {GROUP} {CONFIRMED} --json"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "succeeded");
    assert_eq!(site.operations().len(), 3);
}

#[test]
fn what_a_group_does_not_take_is_refused() {
    let site = Site::new("group-verbs-refused", &[]);
    for (command, code, word) in [
        (format!("scale {GROUP} --to 11 --yes"), 3, "above the most, 10"),
        (format!("scale {GROUP} --to 3"), 3, "--confirm \"terminal-gateway-asg\""),
        ("scale terminal/terminal-gateway --to 3".to_owned(), 2, "there is no service"),
        ("drain terminal/terminal-gatewayasg --instance i-1 --yes".to_owned(), 2, "terminal-gateway-asg"),
        (format!("drain {GROUP} --instance i-none --yes"), 3, "has no instance"),
        (format!("suspend-processes {GROUP} Rebalance --yes"), 3, "there is no process"),
        (format!("bounds {GROUP} --max 1 --yes"), 3, "scale to 1 first"),
        (format!("--read-only protect {GROUP} --yes"), 3, "read-only"),
    ] {
        let ended = site.run(&command);
        assert_eq!(ended.code, code, "{command}: {ended:?}");
        assert!(ended.complained.contains(word), "{command}: {ended:?}");
    }
    assert!(site.operations().is_empty());
}

#[test]
fn a_drain_that_was_killed_stands_still_and_is_put_back_by_a_word() {
    let site = Site::new("group-verbs-killed", &["--speed", "60"]);
    keep_quiet(&site);
    let scaled = site.run(&format!("scale {GROUP} --to 3 {CONFIRMED}"));
    assert_eq!(scaled.code, 0, "{scaled:?}");
    let first = instances(&site)[0]["id"].as_str().expect("an id").to_owned();
    site.kill_at(&format!("drain {GROUP} --instance {first} {CONFIRMED}"), "is moved to standby");
    let calls = || site.operations()[2]["calls"].as_array().expect("calls").len();
    let before = calls();
    let asked = site.run("watch");
    assert_eq!((asked.code, calls()), (5, before), "{asked:?}");
    assert!(asked.complained.contains("--put-back"), "{asked:?}");
    let back = site.run("watch --put-back");
    assert_eq!(back.code, 4, "{back:?}");
    assert!(back.said.contains("rolled back"), "{back:?}");
    let orders = site.operations()[2]["orders"].clone();
    assert_eq!((&orders[0]["order"], orders.as_array().map(Vec::len)), (&json!("put_back"), Some(1)), "{orders:#}");
    let shown = site.run("journal show --last 1");
    assert!(shown.said.contains("told to put everything back, by "), "{shown:?}");
    let after = instances(&site);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|it| it["protected"] == false && it["lifecycle"] == "InService"), "{after:#?}");
}

#[test]
fn a_new_version_is_planned_with_its_diff_and_a_refresh_is_cancelled_by_a_verb() {
    let site = Site::new("group-verbs-roll", &["--speed", "60"]);
    keep_quiet(&site);
    let plan = site.run(&format!("roll {GROUP} --type t3.large --dry-run --json"));
    assert_eq!(plan.code, 0, "{plan:?}");
    let call = |at_: &str| at(&plan.document(), at_).clone();
    assert_eq!(call("/group/calls/0/operation"), "ec2:CreateLaunchTemplateVersion");
    assert_eq!(call("/group/calls/0/parameters/LaunchTemplateData/InstanceType"), "t3.large");
    assert_eq!(call("/group/calls/1/parameters/LaunchTemplate/Version"), "(the new one)");
    let protected = site.run(&format!("protect {GROUP} {CONFIRMED}"));
    assert_eq!(protected.code, 0, "{protected:?}");
    let refresh = format!("roll {GROUP} --type t3.large --refresh --min-healthy 50 {CONFIRMED} --no-wait");
    let begun = site.run(&refresh);
    assert_eq!(begun.code, 0, "{begun:?}");
    let none = site.run(&format!("roll-back-refresh terminal/terminal-gateway {CONFIRMED}"));
    assert_eq!(none.code, 2, "{none:?}");
    let again = site.run(&refresh);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.complained.contains("an instance refresh is"), "{again:?}");
    let cancelled = site.run(&format!("cancel-refresh {GROUP} {CONFIRMED}"));
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    assert!(cancelled.said.contains("succeeded"), "{cancelled:?}");
}

#[test]
fn a_drain_that_takes_too_long_is_left_to_whoever_puts_it_back() {
    let site = Site::new("group-verbs-left", &["--speed", "60"]);
    keep_quiet(&site);
    let scaled = site.run(&format!("scale {GROUP} --to 3 {CONFIRMED}"));
    assert_eq!(scaled.code, 0, "{scaled:?}");
    let first = instances(&site)[0]["id"].as_str().expect("an id").to_owned();
    let left = site.run(&format!("drain {GROUP} --instance {first} --timeout 3m {CONFIRMED}"));
    assert_eq!(left.code, 5, "{left:?}");
    assert!(left.complained.contains("stands as it is: `quarterdeck watch --go-on`, or `--put-back`"), "{left:?}");
    let back = site.run("watch --put-back");
    assert_eq!(back.code, 4, "{back:?}");
    let after = instances(&site);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|it| it["protected"] == false && it["lifecycle"] == "InService"), "{after:#?}");
}
