//! Each verb to its verdict, and what AWS has at the end; and what AWS would not take, or is so already.

use super::{CONFIRMED, GROUP, instances, keep_quiet};
use crate::verbs::{Site, calls};

const NAME: &str = "terminal-gateway-asg";

/// What AWS says of the group.
fn group(site: &Site) -> String {
    site.asks(&format!("DescribeAutoScalingGroups&AutoScalingGroupNames.member.1={NAME}"))
}

/// The texts of an element, in their order.
fn all<'a>(answer: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    answer.split(&open).skip(1).filter_map(|it| it.split(&close).next()).collect()
}

/// One number of the group.
fn figure(site: &Site, element: &str) -> String {
    all(&group(site), element)[0].to_owned()
}

/// Runs a verb that has to succeed with this one call.
fn does(site: &Site, command: &str, call: &str) {
    let operation = site.succeeds(command);
    assert_eq!(calls(&operation), [call], "{command}");
}

/// Runs a verb that is refused with these words before anything is sent.
fn refuses(site: &Site, command: &str, words: &str) {
    let before = site.operations().len();
    let ended = site.run(command);
    assert_eq!(ended.code, 3, "{command}: {ended:?}");
    assert!(ended.complained.contains(words), "{command}: {ended:?}");
    assert_eq!(site.operations().len(), before, "{command}");
}

fn id(site: &Site, at: usize) -> String {
    instances(site)[at]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_a_group_keeps_to_is_changed_and_read_back() {
    let site = Site::new("group-outcomes-settings", &["--speed", "60"]);
    keep_quiet(&site);
    assert!(group(&site).contains("AlarmNotification"));
    let resume = format!("resume-processes {GROUP} AlarmNotification {CONFIRMED}");
    does(&site, &resume, "autoscaling:ResumeProcesses");
    assert!(!group(&site).contains("AlarmNotification"), "{}", group(&site));
    refuses(&site, &resume, "is active already");
    keep_quiet(&site);

    let bounds = format!("bounds {GROUP} --min 2 --max 8 {CONFIRMED}");
    does(&site, &bounds, "autoscaling:UpdateAutoScalingGroup");
    assert_eq!((figure(&site, "MinSize"), figure(&site, "MaxSize")), ("2".to_owned(), "8".to_owned()));
    refuses(&site, &bounds, "are 2–8 already");

    let retarget = format!("retarget {GROUP} --to 6.5 {CONFIRMED}");
    does(&site, &retarget, "autoscaling:PutScalingPolicy");
    let policies = site.asks(&format!("DescribePolicies&AutoScalingGroupName={NAME}"));
    assert_eq!(all(&policies, "TargetValue"), ["6.5"]);
    refuses(&site, &retarget, "at 6.5 already");

    let first = id(&site, 0);
    let on_first = |verb: &str| format!("{verb} {GROUP} --instance {first} {CONFIRMED}");
    does(&site, &on_first("protect"), "autoscaling:SetInstanceProtection");
    assert_eq!(all(&group(&site), "ProtectedFromScaleIn").iter().filter(|it| **it == "true").count(), 1);
    does(&site, &on_first("unprotect"), "autoscaling:SetInstanceProtection");
    assert!(all(&group(&site), "ProtectedFromScaleIn").iter().all(|it| *it == "false"));
    refuses(&site, &on_first("unprotect"), "not protected already");
}

#[test]
fn a_gateway_stands_by_and_comes_back_in_service() {
    let site = Site::new("group-outcomes-standby", &["--speed", "60"]);
    keep_quiet(&site);
    // With four the others take all sessions, so that nothing but the group's name is typed.
    site.succeeds(&format!("scale {GROUP} --to 4 {CONFIRMED}"));
    let last = id(&site, 3);
    let on_last = |verb: &str| format!("{verb} {GROUP} --instance {last} {CONFIRMED}");
    let states = || {
        let mut states: Vec<String> = all(&group(&site), "LifecycleState").into_iter().map(str::to_owned).collect();
        states.sort();
        (states.join(" "), figure(&site, "DesiredCapacity"))
    };
    does(&site, &on_last("standby"), "autoscaling:EnterStandby");
    assert_eq!(states(), ("InService InService InService Standby".to_owned(), "3".to_owned()));
    refuses(&site, &on_last("standby"), "is Standby, not InService");
    does(&site, &on_last("in-service"), "autoscaling:ExitStandby");
    assert_eq!(states(), ("InService InService InService InService".to_owned(), "4".to_owned()));
    refuses(&site, &on_last("in-service"), "is InService, not Standby");
}

#[test]
fn a_launch_that_hangs_on_its_hook_is_ended_and_the_next_one_is_let_through() {
    let site = Site::new("group-outcomes-hook", &["--speed", "60"]);
    keep_quiet(&site);
    let hook = "LifecycleHookName=warm-up&LifecycleTransition=autoscaling:EC2_INSTANCE_LAUNCHING&HeartbeatTimeout=7200";
    let put = site.asks(&format!("PutLifecycleHook&AutoScalingGroupName={NAME}&{hook}"));
    assert!(put.contains("PutLifecycleHookResponse"), "{put}");
    let hanging = || {
        let left = site.run(&format!("scale {GROUP} --to 3 --timeout 3m {CONFIRMED}"));
        assert_eq!(left.code, 5, "{left:?}");
        let found = instances(&site).into_iter().find(|it| it["lifecycle"] == "Pending:Wait");
        found.expect("one waits for its hook")["id"].as_str().expect("an id").to_owned()
    };
    let first = hanging();
    let terminate = format!("terminate {GROUP} --instance {first} {CONFIRMED}");
    does(&site, &terminate, "autoscaling:TerminateInstanceInAutoScalingGroup");
    assert!(!group(&site).contains(&first), "{}", group(&site));
    assert_eq!(figure(&site, "DesiredCapacity"), "2");
    refuses(&site, &terminate, "has no instance");

    let second = hanging();
    let complete = format!("complete-hook {GROUP} --instance {second} --result continue {CONFIRMED}");
    does(&site, &complete, "autoscaling:CompleteLifecycleAction");
    let after = group(&site);
    assert!(after.contains(&second) && !after.contains("Pending:Wait"), "{after}");
    assert_eq!(figure(&site, "DesiredCapacity"), "3");
    refuses(&site, &complete, "it waits for no lifecycle hook");
}

#[test]
fn a_refresh_is_rolled_back_to_what_the_group_was() {
    let site = Site::new("group-outcomes-back", &["--speed", "60"]);
    keep_quiet(&site);
    let back = format!("roll-back-refresh {GROUP} {CONFIRMED}");
    refuses(&site, &back, "no instance refresh of terminal-gateway-asg is under way");
    site.succeeds(&format!("protect {GROUP} {CONFIRMED}"));
    let begun = site.run(&format!("roll {GROUP} --type t3.large --refresh --min-healthy 50 {CONFIRMED} --no-wait"));
    assert_eq!(begun.code, 0, "{begun:?}");
    let version = all(&group(&site), "Version")[0].to_owned();
    does(&site, &back, "autoscaling:RollbackInstanceRefresh");
    let refreshes = site.asks(&format!("DescribeInstanceRefreshes&AutoScalingGroupName={NAME}"));
    assert_eq!(all(&refreshes, "Status"), ["RollbackSuccessful"], "{refreshes}");
    assert_eq!(all(&group(&site), "Version")[0], version, "the group names what it named before");
    assert!(all(&group(&site), "InstanceType").iter().all(|it| *it == "t3.medium"), "{}", group(&site));
}
