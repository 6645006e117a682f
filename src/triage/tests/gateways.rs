//! Sessions per gateway, from each kind of source.

use crate::{
    domain::metric::Series,
    triage::{
        sessions::{Count, GroupLoad, load},
        testing::{Given, ago, average_sessions, instance, now, scope, sessions},
    },
};

fn loads<T>(given: &Given, look: impl FnOnce(&GroupLoad<'_>) -> T) -> T {
    let estate = given.estate();
    let source = given.stack.groups[0].sessions.as_ref().expect("a source");
    look(&load(estate.scope(&scope()).expect("the scope"), &given.groups[0], source, now()))
}

fn held(load: &GroupLoad<'_>) -> Vec<Option<Count>> {
    load.gateways.iter().map(|it| it.sessions).collect()
}

fn exactly(value: u32) -> Count {
    Count { value, approximate: false }
}

fn about(value: u32) -> Count {
    Count { value, approximate: true }
}

#[test]
fn the_table_counts_each_gateway_exactly() {
    let mut given = Given::healthy();
    given.group().instances[1].instance_type = "c6i.xlarge".into();
    given.sessions = sessions("i-0aaa", 3).into_iter().chain(sessions("i-gone", 2)).chain(sessions("", 1)).collect();
    loads(&given, |load| {
        assert_eq!(held(load), [Some(exactly(3)), Some(exactly(0))]);
        assert_eq!((load.sessions, load.unplaced), (Some(exactly(3)), 3));
        assert_eq!(load.gateways[0].oldest, Some(ago(3600)));
        assert_eq!(load.gateways[0].use_of_limit(), Some(0.3));
        assert_eq!((load.gateways[1].limit, load.limit), (None, None), "the file names no limit for c6i.xlarge");
        assert_eq!(load.average(), Some(1.5));
    });
}

#[test]
fn a_dimension_counts_each_gateway_and_a_silent_one_makes_the_total_an_estimate() {
    let mut given = Given::healthy();
    let source = given.stack.groups[0].sessions.as_mut().expect("a source");
    source.table = None;
    source.metric.as_mut().expect("a metric").dimension = Some("InstanceId".into());
    let of = |id: &str, value: f64| {
        let (mut read, series) = average_sessions(value);
        read.metric.dimensions = vec![("InstanceId".into(), id.into())];
        (read, series)
    };
    given.metrics = vec![of("i-0aaa", 4.0), of("i-0bbb", 6.0)];
    loads(&given, |load| {
        assert_eq!((held(load), load.sessions), (vec![Some(exactly(4)), Some(exactly(6))], Some(exactly(10))));
    });
    given.metrics.pop();
    loads(&given, |load| assert_eq!((held(load), load.sessions), (vec![Some(exactly(4)), None], Some(about(4)))));
}

#[test]
fn an_average_is_spread_over_the_gateways_in_service() {
    let mut given = Given::healthy();
    given.stack.groups[0].sessions.as_mut().expect("a source").table = None;
    let mut pending = instance("i-0ccc");
    pending.lifecycle = "Pending".into();
    given.group().instances.push(pending);
    given.metrics = vec![average_sessions(7.6)];
    loads(&given, |load| {
        assert_eq!(held(load), [Some(about(8)), Some(about(8)), None]);
        assert_eq!((load.sessions, load.limit), (Some(about(15)), Some(20)));
    });
}

#[test]
fn an_old_metric_says_nothing() {
    let mut given = Given::healthy();
    given.stack.groups[0].sessions.as_mut().expect("a source").table = None;
    given.metrics = vec![(average_sessions(9.0).0, Series { points: vec![(ago(601), 9.0)], ..Series::default() })];
    loads(&given, |load| assert_eq!((held(load), load.sessions), (vec![None, None], None)));
}

#[test]
fn where_table_and_metric_disagree_both_are_told() {
    let mut given = Given::healthy();
    given.metrics = vec![average_sessions(2.4)];
    loads(&given, |load| assert_eq!((load.sessions, load.also), (Some(exactly(4)), None), "5 are about 4"));
    given.metrics = vec![average_sessions(6.0)];
    loads(&given, |load| {
        assert_eq!((load.sessions, load.also), (Some(exactly(4)), Some(about(12))));
        assert!(load.gateways.iter().all(|it| it.also.is_none()), "an average is nobody's own");
    });
}

#[test]
fn the_table_tells_how_sessions_end() {
    let given = Given::healthy();
    loads(&given, |load| {
        let leaving = load.leaving.expect("enough is known");
        assert_eq!(leaving.seen, 4);
        assert!((leaving.rate - 1.0).abs() < 0.01, "each is an hour old: {leaving:?}");
    });
}

/// The group with `sessions` on its first gateway, and the metric at so many a gateway for the last twenty minutes.
fn seeing(held: usize, value: f64) -> Given {
    let mut given = Given::healthy();
    given.sessions = sessions("i-0aaa", held);
    let points = (1..=20).rev().map(|minute| (ago(minute * 60), value)).collect();
    given.metrics = vec![(average_sessions(value).0, Series { points, ..Series::default() })];
    given
}

#[test]
fn a_busy_gateway_that_the_policy_is_about_to_end_is_told() {
    let mut given = seeing(4, 2.0);
    assert_eq!(
        given.told(),
        "critical gateway-at-risk terminal-gateway-asg [-] terminal-gateway-asg is about to end one of 2 gateways, of which \
         i-0aaa holds sessions\n  \
         i-0aaa in us-east-1a: 4 sessions, not protected\n  \
         policy scale-on-sessions: ActiveSessions at 2.0 against 8: ends 1 within 1 m\n  \
         > protect the gateways that hold sessions from scale-in, or suspend Terminate until they are empty"
    );
    given.activity(10, "Successful", "Launching a new EC2 instance: i-0bbb", "");
    assert_eq!(given.signals()[0].severity.word(), "critical", "its cooldown of 5 minutes has hardly begun");
    given.group().cooldown_seconds = 900;
    for it in &mut given.group().instances {
        it.launched_at = Some(ago(86_400));
    }
    assert_eq!(given.signals()[0].severity.word(), "warning", "a quarter of an hour is left");
    given.group().instances[0].protected = true;
    assert_eq!(given.told(), "", "the empty one will go");
    given.group().instances[0].protected = false;
    given.group().suspended = vec![("Terminate".into(), "".into())];
    assert_eq!(given.rules(), ["suspended-processes"]);
}

#[test]
fn a_policy_that_leaves_gateways_alone_puts_none_at_risk() {
    assert_eq!(seeing(9, 6.0).told(), "", "so many need both");
    assert_eq!(seeing(0, 0.0).told(), "", "who is empty may go");
    let mut given = seeing(4, 2.0);
    given.group().min = 2;
    assert_eq!(given.told(), "");
}

#[test]
fn balancing_zones_ends_a_busy_gateway_too() {
    let mut given = Given::healthy();
    given.group().desired = 4;
    given.group().instances.push(instance("i-0ccc"));
    given.group().instances.push(instance("i-0ddd"));
    given.sessions = ["i-0aaa", "i-0ccc", "i-0ddd"].into_iter().flat_map(|it| sessions(it, 2)).collect();
    assert_eq!(
        given.told(),
        "critical gateway-at-risk terminal-gateway-asg [-] terminal-gateway-asg is about to end one of i-0aaa, i-0ccc and \
         i-0ddd, with at least 2 sessions on it\n  \
         i-0aaa in us-east-1a: 2 sessions, not protected\n  \
         i-0ccc in us-east-1a: 2 sessions, not protected\n  \
         i-0ddd in us-east-1a: 2 sessions, not protected\n  \
         3 in us-east-1a, 1 in us-east-1b: AZRebalance launches one in us-east-1b and ends one in us-east-1a\n  \
         > protect the gateways that hold sessions from scale-in, or suspend AZRebalance until they are empty"
    );
    let cause = "At 2026-03-01T02:50:00Z an instance was taken out of service in response to an EC2 health check.";
    given.activity(600, "Successful", "Terminating EC2 instance: i-0eee", cause);
    assert!(!given.rules().contains(&"gateway-at-risk"), "a zone that loses instances is not filled up");
    given.activities.clear();
    given.stack.groups[0].sessions = None;
    assert_eq!(given.told(), "", "without sessions nothing is lost");
}
