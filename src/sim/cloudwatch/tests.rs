//! The operations, called as the front end calls them.

#![expect(clippy::float_cmp, reason = "values that were put come back as they are")]

use jiff::Timestamp;

use super::*;
use crate::sim::world::Place;

fn world() -> World {
    World::new(1, "2026-01-05T12:00:00Z".parse().unwrap())
}

fn ask(world: &mut World, operation: &str, input: &Value) -> Reply {
    let place = Place::new("111122223333", "us-east-1");
    let call = Call { operation, input: Input(input), place, access_key: "SIM111122223333", request_id: "r" };
    answer(world, &call).expect("a known operation")
}

fn code(reply: Reply) -> String {
    reply.expect_err("a refusal").code
}

/// Puts `count` metrics, the first of which has a value of 0, 1, 2 … in each of the last ten minutes.
fn put(world: &mut World, count: usize) {
    let datum = |minute: i64| {
        let at = Timestamp::from_second(world.now.as_second() - 60 * minute).unwrap();
        shape! { "MetricName" => "Depth", "Value" => minute as f64, "Timestamp" => at }
    };
    let series = Value::list((1..=10).map(datum));
    let others =
        Value::list((1..count).map(|index| shape! { "MetricName" => format!("Other{index:03}"), "Value" => 1.0 }));
    for data in [series, others] {
        assert!(ask(world, "PutMetricData", &shape! { "Namespace" => "Test", "MetricData" => data }).is_ok());
    }
}

fn query(id: &str, statistic: &str, period: i64) -> Value {
    let metric = shape! { "Namespace" => "Test", "MetricName" => "Depth" };
    shape! { "Id" => id, "MetricStat" => shape! { "Metric" => metric, "Period" => period, "Stat" => statistic } }
}

fn last_ten_minutes(world: &World, queries: Vec<Value>) -> Vec<(String, Value)> {
    let start = Timestamp::from_second(world.now.as_second() - 600).unwrap();
    vec![
        ("MetricDataQueries".to_owned(), Value::List(queries)),
        ("StartTime".to_owned(), start.into()),
        ("EndTime".to_owned(), world.now.into()),
    ]
}

/// Id, values and status of one metric's result.
type Outcome = (String, Vec<f64>, String);

/// The results of a page, and the token of the next one.
fn results(reply: Reply) -> (Vec<Outcome>, Option<String>) {
    let reply = reply.expect("an answer");
    let results = Input(&reply).items("MetricDataResults").unwrap().into_iter().map(|result| {
        let values = result.items("Values").unwrap().into_iter();
        let values = values.map(|value| if let Value::Double(value) = value.0 { *value } else { f64::NAN }).collect();
        let text = |name| result.text(name).unwrap().unwrap().to_owned();
        (text("Id"), values, text("StatusCode"))
    });
    (results.collect(), Input(&reply).text("NextToken").unwrap().map(str::to_owned))
}

#[test]
fn data_comes_newest_first_unless_asked_otherwise() {
    let mut world = world();
    put(&mut world, 1);
    let mut request = last_ten_minutes(&world, vec![query("sum", "Sum", 300), query("none", "p50", 60)]);
    request.push(("ScanBy".to_owned(), "TimestampAscending".into()));
    let (ascending, _) = results(ask(&mut world, "GetMetricData", &Value::Map(request.clone())));
    assert_eq!(ascending[0], ("sum".to_owned(), vec![40.0, 15.0], "Complete".to_owned()));
    request.pop();
    let (descending, _) = results(ask(&mut world, "GetMetricData", &Value::Map(request)));
    assert_eq!(descending[0].1, [15.0, 40.0]);
    assert_eq!(descending[1].1[0], 1.0);
}

#[test]
fn a_page_holds_as_many_datapoints_as_asked_and_says_what_is_partial() {
    let mut world = world();
    put(&mut world, 1);
    let mut request = last_ten_minutes(&world, vec![query("a", "Sum", 60), query("b", "Sum", 300)]);
    request.push(("MaxDatapoints".to_owned(), 7_i64.into()));
    let (first, token) = results(ask(&mut world, "GetMetricData", &Value::Map(request.clone())));
    assert_eq!(first, [("a".to_owned(), (1..=7).map(f64::from).collect(), "PartialData".to_owned())]);
    request.push(("NextToken".to_owned(), token.expect("more to come").into()));
    let (second, token) = results(ask(&mut world, "GetMetricData", &Value::Map(request)));
    assert_eq!(second[0], ("a".to_owned(), vec![8.0, 9.0, 10.0], "Complete".to_owned()));
    assert_eq!(second[1], ("b".to_owned(), vec![15.0, 40.0], "Complete".to_owned()));
    assert_eq!(token, None);
}

#[test]
fn five_hundred_queries_pass_and_one_more_does_not() {
    let mut world = world();
    put(&mut world, 1);
    for (count, passes) in [(500, true), (501, false)] {
        let queries = (0..count).map(|index| query(&format!("q{index}"), "Average", 60)).collect();
        let request = Value::Map(last_ten_minutes(&world, queries));
        assert_eq!(ask(&mut world, "GetMetricData", &request).is_ok(), passes, "{count}");
    }
}

#[test]
fn queries_that_make_no_sense_are_refused() {
    let mut world = world();
    let math = shape! { "Id" => "m", "Expression" => "a + b" };
    for queries in [
        vec![math],
        vec![query("Upper", "Sum", 60)],
        vec![query("a", "Sum", 61)],
        vec![query("a", "median", 60)],
        vec![query("a", "Sum", 60), query("a", "Sum", 60)],
    ] {
        let request = Value::Map(last_ten_minutes(&world, queries.clone()));
        assert_eq!(code(ask(&mut world, "GetMetricData", &request)), "ValidationError", "{queries:?}");
    }
}

#[test]
fn metrics_are_listed_five_hundred_at_a_time() {
    for (count, pages) in [(1, 1), (500, 1), (501, 2)] {
        let mut world = world();
        put(&mut world, count);
        let (mut listed, mut token, mut seen) = (0, None::<String>, 0);
        loop {
            let request = shape! { "Namespace" => "Test", "NextToken" => token.clone() };
            let reply = ask(&mut world, "ListMetrics", &request).unwrap();
            listed += Input(&reply).items("Metrics").unwrap().len();
            seen += 1;
            token = Input(&reply).text("NextToken").unwrap().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!((listed, seen), (count, pages));
    }
}

#[test]
fn alarms_are_found_by_a_hundred_names_and_no_more() {
    let mut world = world();
    for (count, passes) in [(100, true), (101, false)] {
        let names = Value::list((0..count).map(|index| format!("alarm-{index}")));
        assert_eq!(ask(&mut world, "DescribeAlarms", &shape! { "AlarmNames" => names }).is_ok(), passes, "{count}");
    }
    for size in [0_i64, 101] {
        let request = shape! { "MaxRecords" => size };
        assert_eq!(code(ask(&mut world, "DescribeAlarms", &request)), "ValidationError", "{size}");
    }
}

#[test]
fn a_datum_has_exactly_one_kind_of_value() {
    let mut world = world();
    let put = |world: &mut World, datum: Value| {
        ask(world, "PutMetricData", &shape! { "Namespace" => "Test", "MetricData" => Value::List(vec![datum]) })
    };
    let nothing = shape! { "MetricName" => "x" };
    assert_eq!(code(put(&mut world, nothing)), "InvalidParameterCombination");
    let both = shape! { "MetricName" => "x", "Value" => 1.0, "Values" => vec![1.0] };
    assert_eq!(code(put(&mut world, both)), "InvalidParameterCombination");
    let uneven = shape! { "MetricName" => "x", "Values" => vec![1.0, 2.0], "Counts" => vec![1.0] };
    assert_eq!(code(put(&mut world, uneven)), "InvalidParameterValue");
    let old = shape! { "MetricName" => "x", "Value" => 1.0, "Timestamp" => Timestamp::UNIX_EPOCH };
    assert_eq!(code(put(&mut world, old)), "InvalidParameterValue");
}

#[test]
fn expressions_are_worked_out_over_the_metrics_of_the_call() {
    let mut world = world();
    let put = |world: &mut World, name: &str, value: f64| {
        let datum = shape! { "MetricName" => name, "Value" => value };
        ask(world, "PutMetricData", &shape! { "Namespace" => "Test", "MetricData" => Value::List(vec![datum]) })
            .unwrap();
    };
    put(&mut world, "Errors", 5.0);
    put(&mut world, "Requests", 50.0);
    let metric = |id: &str, name: &str| {
        let metric = shape! { "Namespace" => "Test", "MetricName" => name };
        let stat = shape! { "Metric" => metric, "Period" => 60, "Stat" => "Sum" };
        shape! { "Id" => id, "MetricStat" => stat, "ReturnData" => false }
    };
    let math =
        |id: &str, expression: &str| shape! { "Id" => id, "Expression" => expression, "ReturnData" => id == "e1" };
    let now = world.now;
    let mut get = |queries: Vec<Value>| {
        let input = shape! {
            "StartTime" => now - jiff::SignedDuration::from_mins(5),
            "EndTime" => now + jiff::SignedDuration::from_mins(1),
            "MetricDataQueries" => Value::List(queries),
        };
        ask(&mut world, "GetMetricData", &input)
    };
    let both = || vec![metric("errors", "Errors"), metric("requests", "Requests")];
    let with = |more: Vec<Value>| [both(), more].concat();
    let found = get(with(vec![math("e1", "100 * share"), math("share", "errors / requests")])).unwrap();
    let Some(Value::List(results)) = found.get("MetricDataResults") else { panic!("{found:?}") };
    assert_eq!(results.len(), 1, "only what is to be returned");
    assert_eq!(results[0].get("Label"), Some(&Value::from("e1")));
    assert_eq!(results[0].get("Values"), Some(&Value::List(vec![Value::Double(10.0)])));
    for odd in ["e1 + 1", "nowhere", "SUM(errors)", "SEARCH(\"x\", \"Sum\")", "errors +"] {
        assert_eq!(code(get(with(vec![math("e1", odd)]))), "ValidationError", "{odd}");
    }
}
