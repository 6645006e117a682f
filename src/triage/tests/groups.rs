//! Auto Scaling groups: gateways lost and overfull, processes suspended, launches that fail, hooks that wait.

use jiff::SignedDuration;

use crate::{
    domain::{
        estate::Estate,
        group::{Hook, SpotNotice},
        query::{Answer, Outcome, Query, Request},
        signal::Severity,
    },
    triage::{
        signals,
        testing::{Given, ago, instance, now, scope, sessions},
    },
};

const LOST: &str = "At 2026-03-01T02:50:00Z an instance was taken out of service in response to an EC2 health check \
                    indicating it has been terminated or stopped.";

#[test]
fn a_gateway_that_failed_took_its_sessions_with_it() {
    let mut given = Given::healthy();
    given.group().instances.pop();
    given.activity(600, "InProgress", "Terminating EC2 instance: i-0bbb", LOST);
    assert_eq!(
        given.told(),
        format!(
            "critical gateway-lost terminal-gateway-asg [02:50:00] terminal-gateway-asg lost i-0bbb with 2 sessions\n  \
             i-0bbb: 2 sessions; 02:50:00 UTC: {LOST}\n  \
             1 of 2 gateways in service\n  \
             > sessions cannot move: their users must connect again; see what the instance died of, and whether its \
             replacement is in service"
        )
    );
    given.sessions.retain(|it| it.gateway.as_str() == "i-0aaa");
    given.group().instances.push(crate::triage::testing::instance("i-0ccc"));
    given.group().instances[1].zone = "us-east-1b".into();
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.summary.to_string())).collect();
    let summary = "terminal-gateway-asg lost i-0bbb, and the sessions that it held".to_owned();
    assert_eq!(told, [("warning", summary)], "replaced, and its items are gone");
    given.activities[0].started_at = ago(1900);
    assert_eq!(given.told(), "", "half an hour later");
}

#[test]
fn sessions_that_the_groups_own_policy_took_along_are_told_afterwards() {
    let mut given = Given::healthy();
    let mut estate = given.estate();
    let group = given.group().clone();
    let read = |estate: &mut Estate, query: Query, answer: Answer, seconds: i64| {
        let request = Request { scope: scope(), query };
        estate.receive(&request, Outcome::Complete(answer), now() + SignedDuration::from_secs(seconds));
    };
    let table = || Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() };
    let groups = || Query::Groups { names: Vec::new() };
    // One more gateway with three sessions, which the policy scales in.
    let mut third = instance("i-0ccc");
    third.lifecycle = "Terminating".into();
    let mut with_third = group.clone();
    with_third.instances.push(third);
    let all: Vec<_> = given.sessions.iter().cloned().chain(sessions("i-0ccc", 3)).collect();
    read(&mut estate, table(), Answer::Sessions(all), 10);
    read(&mut estate, groups(), Answer::Groups(vec![with_third]), 15);
    let cause = "At 2026-03-01T03:00:05Z a monitor alarm TargetTracking-terminal-gateway-asg-AlarmLow in state ALARM \
                 triggered policy scale-on-sessions changing the desired capacity from 3 to 2. At 2026-03-01T03:00:12Z an \
                 instance was taken out of service in response to a difference between desired and actual capacity, \
                 shrinking the capacity from 3 to 2.";
    given.activity(-12, "Successful", "Terminating EC2 instance: i-0ccc", cause);
    let query = Query::Activities { group: "terminal-gateway-asg".into() };
    read(&mut estate, query, Answer::Activities(given.activities.clone()), 20);
    let told = |estate: &Estate, seconds: i64| {
        let at = now() + SignedDuration::from_secs(seconds);
        let all = signals(estate, std::slice::from_ref(&given.stack), at);
        all.into_iter().find(|it| it.rule == "gateway-lost")
    };
    assert_eq!(told(&estate, 21).expect("they are on it still").severity, Severity::Critical);
    read(&mut estate, table(), Answer::Sessions(given.sessions.clone()), 25);
    read(&mut estate, groups(), Answer::Groups(vec![group]), 30);
    let signal = told(&estate, 31).expect("they are gone");
    assert_eq!(signal.severity, Severity::Warning);
    assert_eq!(signal.summary.as_str(), "terminal-gateway-asg lost i-0ccc with 3 sessions");
    assert_eq!(signal.evidence[0].as_str(), format!("i-0ccc: 3 sessions ended with it; 03:00:12 UTC: {cause}"));
    assert!(signal.advice.as_str().ends_with("protect gateways that hold sessions from being scaled in"));
    assert!(told(&estate, 1812 + 1).is_none(), "half an hour later");
}

#[test]
fn sessions_on_a_gateway_that_is_being_terminated_are_lost_whoever_wanted_it() {
    let mut given = Given::healthy();
    given.group().instances[1].lifecycle = "Terminating".into();
    let cause = "At 2026-03-01T02:59:00Z an instance was taken out of service in response to a user request.";
    given.activity(60, "InProgress", "Terminating EC2 instance: i-0bbb", cause);
    assert_eq!(given.rules(), ["gateway-lost"]);
    given.group().instances[1].lifecycle = "Terminating:Wait".into();
    assert_eq!(given.told(), "", "a hook holds it until it is empty");
}

#[test]
fn left_overs_in_the_table_and_orderly_ends_are_no_loss() {
    let mut given = Given::healthy();
    given.sessions.extend(sessions("i-gone", 3));
    given
        .sessions
        .iter_mut()
        .filter(|it| it.gateway.as_str() == "i-gone")
        .for_each(|it| it.last_seen_at = Some(ago(4000)));
    given.sessions.extend(sessions("", 1));
    let cause = "At 2026-03-01T02:58:00Z an instance was taken out of service in response to a difference between desired \
                 and actual capacity, shrinking the capacity from 3 to 2.";
    given.activity(120, "Successful", "Terminating EC2 instance: i-0ccc", cause);
    assert_eq!(given.told(), "");
}

#[test]
fn a_gateway_above_its_limit_is_told_while_the_group_has_room() {
    let mut given = Given::healthy();
    given.sessions = sessions("i-0aaa", 12);
    assert_eq!(
        given.told(),
        "warning gateway-over-limit terminal-gateway-asg [-] i-0aaa of terminal-gateway-asg holds 12 sessions, 10 are its \
         limit\n  \
         i-0aaa (t3.medium): 12 sessions, its limit is 10\n  \
         > keep new sessions away from it: what spreads them does not heed the limit; or correct the limit in the stack \
         file"
    );
    given.sessions.extend(sessions("i-0bbb", 11));
    assert_eq!(given.rules(), ["sessions-near-limit"], "the group takes no more: that says it all");
}

#[test]
fn suspended_processes_say_what_no_longer_happens_and_since_when() {
    let mut given = Given::healthy();
    given.group().suspended = vec![("AZRebalance".into(), "User suspended at 2026-03-01T01:00:00Z".into())];
    assert_eq!(
        given.told(),
        "notice suspended-processes terminal-gateway-asg [01:00:00] terminal-gateway-asg: AZRebalance is suspended\n  \
         AZRebalance: instances are not spread over zones (User suspended at 2026-03-01T01:00:00Z)\n  \
         2 of 2 instances in service\n  \
         > resume them once what they were suspended for is over; ask who suspended them"
    );
    given.group().suspended.push(("Launch".into(), "".into()));
    assert_eq!(
        given.told(),
        "warning suspended-processes terminal-gateway-asg [01:00:00] terminal-gateway-asg: AZRebalance and Launch are \
         suspended\n  \
         AZRebalance: instances are not spread over zones (User suspended at 2026-03-01T01:00:00Z)\n  \
         Launch: no instance is launched\n  \
         2 of 2 instances in service\n  \
         > resume them: sick instances are still ended and none takes their place, so the group shrinks"
    );
}

#[test]
fn launches_that_fail_are_counted_until_one_succeeds() {
    let mut given = Given::healthy();
    given.group().instances.pop();
    given.sessions = sessions("i-0aaa", 2);
    let failed = "Launching a new EC2 instance.  Status Reason: We currently do not have sufficient t3.medium capacity in \
                  the Availability Zone you requested (us-east-1b). Launching EC2 instance failed.";
    given.activity(900, "Successful", "Launching a new EC2 instance: i-0aaa", "");
    given.activity(300, "Failed", failed, "");
    given.activity(100, "Failed", failed, "");
    given.activity(10, "PreInService", "Launching a new EC2 instance: i-0ccc", "");
    assert_eq!(
        given.told(),
        format!(
            "warning launch-failing terminal-gateway-asg [02:55:00] terminal-gateway-asg has 1 of 2 instances: AWS has no \
             capacity\n  \
             2 launches failed in a row, the last at 02:58:20 UTC\n  \
             {failed}\n  \
             minimum 1, desired 2, maximum 10\n  \
             > AWS has too little of this instance type there now: let the group use other zones or instance types"
        )
    );
    given.activities[0].status = "Successful".into();
    assert_eq!(given.told(), "");
}

#[test]
fn launches_fail_for_limits_and_for_faults_of_the_template_too() {
    let cases = [
        (
            "You have requested more vCPU capacity than your current vCPU limit of 32 allows",
            "the account's limit is reached",
        ),
        ("The security group 'sg-1' does not exist in VPC 'vpc-1'", "the launch itself fails"),
    ];
    for (reason, what) in cases {
        let mut given = Given::healthy();
        given.group().instances.clear();
        given.sessions.clear();
        let description =
            format!("Launching a new EC2 instance.  Status Reason: {reason}. Launching EC2 instance failed.");
        given.activity(100, "Failed", &description, "");
        let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.summary.to_string())).collect();
        assert_eq!(told, [("critical", format!("terminal-gateway-asg has 0 of 2 instances: {what}"))]);
    }
}

#[test]
fn an_instance_that_waits_for_a_hook_is_told_with_what_happens_if_nobody_acts() {
    let mut given = Given::healthy();
    given.group().instances[1].lifecycle = "Terminating:Wait".into();
    given.group().hooks = vec![
        Hook {
            name: "warm-up".into(),
            transition: "autoscaling:EC2_INSTANCE_LAUNCHING".into(),
            timeout_seconds: 60,
            default_result: "ABANDON".into(),
        },
        Hook {
            name: "drain-sessions".into(),
            transition: "autoscaling:EC2_INSTANCE_TERMINATING".into(),
            timeout_seconds: 3600,
            default_result: "CONTINUE".into(),
        },
    ];
    given.activity(290, "MidLifecycleAction", "Terminating EC2 instance: i-0bbb", "");
    assert_eq!(given.told(), "", "hooks are there to be waited for");
    given.activities[0].started_at = ago(1200);
    assert_eq!(
        given.told(),
        "notice lifecycle-hook-waiting terminal-gateway-asg [02:40:00] 1 instance of terminal-gateway-asg waits for a \
         lifecycle hook, for 20 m\n  \
         i-0bbb Terminating:Wait for 20 m\n  \
         hook drain-sessions: after 1 h without a heartbeat, CONTINUE\n  \
         > see what should complete the hook; complete the lifecycle action by hand, or record a heartbeat to extend it"
    );
    given.activities[0].started_at = ago(2890);
    assert_eq!(given.signals()[0].severity.word(), "warning", "less than a fifth of the hour is left");
}

/// The first gateway's notice, given so many seconds ago.
fn noticed(given: &mut Given, seconds: i64) -> &mut crate::domain::group::Instance {
    let gateway = &mut given.group().instances[0];
    (gateway.spot, gateway.notice) = (true, Some(SpotNotice { at: ago(seconds) }));
    gateway
}

#[test]
fn a_gateway_that_aws_takes_back_is_counted_down_with_its_sessions() {
    let mut given = Given::healthy();
    noticed(&mut given, 17);
    assert_eq!(
        given.told(),
        "critical gateway-notice i-0aaa [02:59:43] AWS takes i-0aaa of terminal-gateway-asg back in 1:43 and 2 sessions on \
         it\n  \
         i-0aaa in us-east-1a: notice at 02:59:43 UTC, gone at 03:01:43 UTC\n  \
         the stack file says on_notice = false: nothing is done about it by itself\n  \
         > drain it, so that nobody new comes to it, and tell its users to end what they do: sessions cannot move, and \
         those that are left when it goes are lost"
    );
    given.sessions.retain(|it| it.gateway.as_str() != "i-0aaa");
    let told: Vec<_> = given.signals().iter().map(|it| (it.severity.word(), it.summary.to_string())).collect();
    let summary = "AWS takes i-0aaa of terminal-gateway-asg back in 1:43, which holds no session".to_owned();
    assert_eq!(told, [("warning", summary)]);
    noticed(&mut given, 130).state = Some("shutting-down".into());
    assert!(!given.rules().contains(&"gateway-notice"), "it goes");
}

#[test]
fn a_group_that_follows_a_rebalance_recommendation_is_told_until_it_has_ended_one() {
    let mut given = Given::healthy();
    given.group().instances.iter_mut().for_each(|it| it.spot = true);
    let cause =
        "At 2026-03-01T02:58:00Z an instance was launched in response to an EC2 instance rebalance recommendation.";
    given.activity(120, "Successful", "Launching a new EC2 instance: i-0ccc", cause);
    let told = given.told();
    assert!(told.starts_with("warning rebalance-recommended terminal-gateway-asg [02:58:00] "), "{told}");
    assert!(told.contains("i-0bbb in us-east-1b, Spot: 2 sessions"), "{told}");
    let cause = "At 2026-03-01T02:59:00Z an instance was taken out of service in response to an EC2 instance rebalance recommendation.";
    given.activity(60, "Successful", "Terminating EC2 instance: i-0aaa", cause);
    assert!(!given.rules().contains(&"rebalance-recommended"), "{:?}", given.rules());
}
