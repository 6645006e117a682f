//! What answers tell that has happened: the entries that they leave on the timeline.

use crate::{
    domain::{
        alarm::{AlarmChange, AlarmState},
        estate::Estate,
        fault::{Fault, FaultKind},
        group::Activity,
        id::{Arn, Kind},
        query::{Answer, Outcome, Query, Request},
        scaling::ServiceActivity,
        target::TargetState,
        timeline::{Entry, Source, Tone},
    },
    triage::testing::{Given, SERVICE, TARGET_GROUP, ago, now, scope, services_query, target},
};

/// An estate that has been told things.
#[derive(Default)]
struct Told(Estate);

impl Told {
    fn of(given: &Given) -> Self {
        Self(given.estate())
    }

    fn hear(&mut self, seconds_ago: i64, query: Query, answer: Answer) {
        self.0.receive(&Request { scope: scope(), query }, Outcome::Complete(answer), ago(seconds_ago));
    }

    fn targets(&mut self, seconds_ago: i64, states: &[(&str, TargetState)]) {
        let targets = states.iter().map(|(address, state)| target(address, *state)).collect();
        self.hear(seconds_ago, Query::Targets { group: Arn::new(TARGET_GROUP) }, Answer::Targets(targets));
    }

    /// The entries of a source, oldest first, as `age subject: text`.
    fn lines(&self, source: Source) -> Vec<String> {
        let entries = self.0.timeline.newest_first().map(|(_, it)| it).filter(|it| it.source == source);
        let line = |it: &Entry| format!("{} {}: {}", now().duration_since(it.at).as_secs(), it.subject.name(), it.text);
        let mut lines: Vec<_> = entries.map(line).collect();
        lines.reverse();
        lines
    }
}

#[test]
fn a_steady_state_is_said_once_however_often_ecs_says_it() {
    let mut given = Given::healthy();
    given.service().events.clear();
    for seconds in [90_000, 68_000, 46_000] {
        given.event(seconds, "(service terminal-api) has reached a steady state.");
    }
    given.event(300, "(service terminal-api) has started 1 tasks: (task 5f6e7d8c).");
    given.event(200, "(service terminal-api) has reached a steady state.");
    let told = Told::of(&given);
    assert_eq!(
        told.lines(Source::Event),
        [
            "90000 terminal-api: has reached a steady state.",
            "300 terminal-api: has started 1 tasks: (task 5f6e7d8c).",
            "200 terminal-api: has reached a steady state.",
        ]
    );
}

#[test]
fn what_aws_forgets_stays_and_what_it_repeats_is_there_once() {
    let mut given = Given::healthy();
    given.service().events.clear();
    given.event(300, "(service terminal-api) has started 1 tasks: (task a).");
    let mut told = Told::of(&given);
    given.event(100, "(service terminal-api) has stopped 1 running tasks: (task a).");
    told.hear(90, services_query(), Answer::Services(given.services.clone()));
    given.service().events.truncate(1);
    told.hear(80, services_query(), Answer::Services(given.services.clone()));
    assert_eq!(told.lines(Source::Event).len(), 2);
}

#[test]
fn targets_are_compared_from_look_to_look() {
    let mut told = Told::default();
    told.targets(60, &[("10.0.3.11", TargetState::Healthy), ("10.0.4.12", TargetState::Healthy)]);
    assert_eq!(told.lines(Source::Target), [""; 0], "at the first look nothing has changed");
    told.targets(50, &[("10.0.3.11", TargetState::Unhealthy), ("10.0.4.12", TargetState::Healthy)]);
    told.targets(40, &[("10.0.3.11", TargetState::Unhealthy), ("10.0.9.9", TargetState::Initial)]);
    let unhealthy = target("10.0.3.11", TargetState::Unhealthy).description;
    let why = if unhealthy.is_empty() { String::new() } else { format!(" ({unhealthy})") };
    let lines = told.lines(Source::Target);
    assert_eq!(lines[0], format!("50 10.0.3.11:3001: healthy → unhealthy{why}"));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|it| it.starts_with("40 10.0.9.9:3001: registered, initial")), "{lines:?}");
    assert!(lines.contains(&"40 terminal-api-tg: target 10.0.4.12:3001 (healthy) has gone".to_owned()), "{lines:?}");
}

#[test]
fn a_look_that_failed_changes_nothing() {
    let mut told = Told::default();
    told.targets(60, &[("10.0.3.11", TargetState::Healthy)]);
    let fault = Fault {
        kind: FaultKind::Throttled,
        operation: "elasticloadbalancing:DescribeTargetHealth".into(),
        code: "Throttling".into(),
        message: "Rate exceeded".into(),
        request_id: None,
        at: ago(50),
    };
    let request = Request { scope: scope(), query: Query::Targets { group: Arn::new(TARGET_GROUP) } };
    told.0.receive(&request, Outcome::Failed(fault), ago(50));
    told.targets(40, &[("10.0.3.11", TargetState::Healthy)]);
    assert_eq!(told.lines(Source::Target), [""; 0]);
}

#[test]
fn counts_that_somebody_sets_are_told() {
    let mut given = Given::healthy();
    let mut told = Told::of(&given);
    given.service().desired = 4;
    given.group().desired = 5;
    given.group().max = 12;
    told.hear(30, services_query(), Answer::Services(given.services.clone()));
    told.hear(20, Query::Groups { names: Vec::new() }, Answer::Groups(given.groups.clone()));
    assert_eq!(
        told.lines(Source::Scaling),
        [
            "30 terminal-api: desired count 2 → 4",
            "20 terminal-gateway-asg: desired count 2 → 5",
            "20 terminal-gateway-asg: range 1 to 10 → 1 to 12",
        ]
    );
}

#[test]
fn an_activity_is_told_anew_as_it_ends() {
    let mut told = Told::of(&Given::healthy());
    let mut activity = Activity {
        id: "a1".into(),
        started_at: ago(100),
        ended_at: None,
        status: "InProgress".into(),
        description: "Launching a new EC2 instance: i-0ccc".into(),
        cause: "a policy asked for it".into(),
        status_message: "".into(),
    };
    let query = Query::Activities { group: "terminal-gateway-asg".into() };
    told.hear(90, query.clone(), Answer::Activities(vec![activity.clone()]));
    let head = "100 terminal-gateway-asg: Launching a new EC2 instance: i-0ccc";
    assert_eq!(told.lines(Source::Scaling), [format!("{head} in progress (a policy asked for it)")]);
    activity.status = "Failed".into();
    activity.status_message = "no capacity".into();
    told.hear(80, query, Answer::Activities(vec![activity.clone()]));
    assert_eq!(told.lines(Source::Scaling), [format!("{head} failed (no capacity)")]);
    let of_service = ServiceActivity {
        resource: "service/terminal-cluster/terminal-api".into(),
        activity: Activity { id: "a2".into(), status: "Successful".into(), ..activity },
    };
    told.hear(70, Query::ServiceActivities, Answer::ServiceActivities(vec![of_service]));
    let (_, newest) = told.0.timeline.newest_first().find(|(_, it)| it.subject.kind == Kind::Service).expect("told");
    assert_eq!(&*newest.subject.key, SERVICE);
}

#[test]
fn alarms_of_scaling_policies_are_routine() {
    let change = |alarm: &str, seconds| AlarmChange {
        alarm: alarm.into(),
        at: ago(seconds),
        from: AlarmState::Ok,
        to: AlarmState::Alarm,
        reason: "Threshold Crossed".into(),
    };
    let mut told = Told::of(&Given::healthy());
    let changes = vec![change("terminal-api-latency", 30), change("TargetTracking-x-AlarmHigh", 60)];
    told.hear(10, Query::AlarmHistory, Answer::AlarmHistory(changes));
    let tones: Vec<_> = told.0.timeline.newest_first().map(|(_, it)| (it.subject.name(), it.tone)).take(2).collect();
    assert_eq!(
        tones,
        [("terminal-api-latency".into(), Tone::Bad), ("TargetTracking-x-AlarmHigh".into(), Tone::Routine)]
    );
    assert_eq!(told.lines(Source::Alarm)[1], "30 terminal-api-latency: ok → ALARM: Threshold Crossed");
}
