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
