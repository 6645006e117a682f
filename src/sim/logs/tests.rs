//! Logs as their clients read them, over the estates.

#![expect(clippy::needless_pass_by_value, reason = "requests read better as literals than as references")]

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::sim::{
    Sim,
    ecs::{self, Behaviour},
    estates,
    pace::Pace,
    world::Place,
};

const SHARED: (&str, &str) = ("111122223333", "us-east-1");
const CMA: (&str, &str) = ("444455556666", "eu-west-2");
const NOTEBOOK: (&str, &str) = ("111122223333", "eu-north-1");
const API: &str = "/ecs/terminal-api";

fn sim() -> Sim {
    Sim::new(estates::world(7, Timestamp::from_second(1_795_000_000).unwrap()), Pace::Stepped)
}

/// The answer's body, or the code of the refusal.
fn ask(sim: &Sim, (account, region): (&str, &str), operation: &str, input: Json) -> Result<Json, String> {
    let request = http::Request::post("/")
        .header("x-amz-target", format!("Logs_20140328.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential=SIM{account}/20261120/{region}/logs/aws4_request"),
        )
        .body(bytes::Bytes::from(input.to_string()))
        .unwrap();
    let response = sim.handle(&request);
    // AWS answers an operation without output with an empty object here.
    let body: Json = serde_json::from_slice(response.body()).unwrap();
    if response.status().is_success() { Ok(body) } else { Err(body["__type"].as_str().unwrap().to_owned()) }
}

/// Every event that a filter finds, page by page; with the number of pages.
fn filter(sim: &Sim, place: (&str, &str), mut input: Json) -> (Vec<Json>, usize) {
    let (mut events, mut pages) = (Vec::new(), 0);
    loop {
        let page = ask(sim, place, "FilterLogEvents", input.clone()).unwrap();
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        pages += 1;
        input["nextToken"] = page["nextToken"].clone();
        if page["nextToken"].is_null() {
            return (events, pages);
        }
        sim.advance(Duration::from_secs(1));
    }
}

fn ids(events: &[Json]) -> Vec<String> {
    events.iter().map(|event| event["eventId"].as_str().unwrap().to_owned()).collect()
}

fn messages(events: &[Json]) -> Vec<String> {
    events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

/// An hour of a group, all of which has been ingested.
fn hour(sim: &Sim, group: &str) -> Json {
    let now = sim.now().as_millisecond() - 10_000;
    json!({ "logGroupName": group, "startTime": now - 3_600_000, "endTime": now })
}

#[test]
fn the_past_is_written_the_same_every_time_and_every_line_comes_once() {
    let sim = sim();
    let asked = hour(&sim, API);
    let (whole, _) = filter(&sim, SHARED, asked.clone());
    assert!((400..2_000).contains(&whole.len()), "{} lines of two tasks", whole.len());
    let mut in_pages = asked.clone();
    in_pages["limit"] = json!(100);
    let (paged, pages) = filter(&sim, SHARED, in_pages);
    assert!(pages > 4);
    assert_eq!(paged, whole);
    assert_eq!(ids(&whole).into_iter().collect::<BTreeSet<_>>().len(), whole.len());
    let times: Vec<_> = whole.iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted());
    sim.advance(Duration::from_hours(24));
    assert_eq!(filter(&sim, SHARED, asked).0, whole, "a day later");
}

#[test]
fn streams_are_named_by_prefix_container_and_task() {
    let sim = sim();
    let streams = ask(&sim, CMA, "DescribeLogStreams", json!({ "logGroupName": "/ecs/cma-production" })).unwrap();
    let names: Vec<_> =
        streams["logStreams"].as_array().unwrap().iter().map(|it| it["logStreamName"].as_str().unwrap()).collect();
    let parts: Vec<Vec<&str>> = names.iter().map(|name| name.split('/').collect()).collect();
    assert_eq!(parts.len(), 6);
    assert!(parts.iter().all(|parts| parts.len() == 3 && parts[2].len() == 32), "{names:?}");
    let prefixes: BTreeSet<&str> = parts.iter().map(|parts| parts[0]).collect();
    assert_eq!(prefixes, ["api", "frontend", "workers"].into());
    let of_api = json!({ "logGroupName": "/ecs/cma-production", "logStreamNamePrefix": "api/" });
    let (events, _) = filter(&sim, CMA, {
        let mut asked = of_api;
        asked["startTime"] = json!(sim.now().as_millisecond() - 600_000);
        asked
    });
    assert!(
        !events.is_empty() && events.iter().all(|it| it["logStreamName"].as_str().unwrap().starts_with("api/api/"))
    );
}

#[test]
fn groups_keep_what_their_retention_says() {
    let sim = sim();
    let asked = json!({ "logGroupNamePrefix": "/ecs/reactive" });
    let groups = ask(&sim, NOTEBOOK, "DescribeLogGroups", asked).unwrap();
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 7);
    let cma = ask(&sim, CMA, "DescribeLogGroups", json!({})).unwrap();
    assert_eq!(cma["logGroups"][0]["retentionInDays"], 30);
    sim.with_world(|world| {
        let place = Place::new(NOTEBOOK.0, NOTEBOOK.1);
        let now = world.now;
        world.region(&place).logs.keep("/short", Some(1), now);
        let old = now - jiff::SignedDuration::from_hours(25);
        world.region(&place).logs.write("/short", "one", old, "too old".to_owned());
        let kept = now - jiff::SignedDuration::from_hours(23);
        world.region(&place).logs.write("/short", "one", kept, "kept".to_owned());
    });
    let (events, _) = filter(&sim, NOTEBOOK, json!({ "logGroupName": "/short" }));
    assert_eq!(messages(&events), ["kept"]);
}

#[test]
fn a_crash_tells_its_reason_and_a_stop_says_goodbye() {
    let sim = sim();
    let place = Place::new(SHARED.0, SHARED.1);
    let since = sim.now().as_millisecond();
    let behave = |behaviour| {
        sim.with_world(|world| ecs::set_behaviour(world.region(&place), "terminal/api:v2.14.3", behaviour));
    };
    behave(Behaviour::Crash { after_seconds: 20.0, exit_code: 1 });
    sim.advance(Duration::from_mins(1));
    behave(Behaviour::Healthy);
    sim.advance(Duration::from_mins(5));
    let found = |pattern: &str| {
        filter(&sim, SHARED, json!({ "logGroupName": API, "startTime": since, "filterPattern": pattern })).0
    };
    assert!(found("\"Cannot find module\"").len() >= 2, "both tasks");
    assert!(!found("\"listening on 0.0.0.0:3001\"").is_empty(), "their successors have started");
    behave(Behaviour::OutOfMemory { after_seconds: 60.0 });
    sim.advance(Duration::from_mins(2));
    assert!(found("\"JavaScript heap out of memory\"").len() >= 2);
    assert!(!found("{ $.level = \"warn\" && $.msg = \"memory usage*\" }").is_empty());
    behave(Behaviour::Healthy);
}

#[test]
fn failing_requests_are_logged_while_they_fail() {
    let sim = sim();
    sim.advance(Duration::from_mins(5));
    let errors = || {
        let asked = json!({
            "logGroupName": "/ecs/cma-production", "startTime": sim.now().as_millisecond() - 300_000,
            "filterPattern": "{ $.statusCode >= 500 }",
        });
        filter(&sim, CMA, asked).0.len()
    };
    assert_eq!(errors(), 0);
    sim.with_world(|world| {
        let service = Place::new(CMA.0, CMA.1).arn("ecs", "service/cma-production/cma-api-production");
        let region = world.region(&Place::new(CMA.0, CMA.1));
        region.traffic.workloads.get_mut(&service).unwrap().error_share = 0.2;
    });
    sim.advance(Duration::from_mins(6));
    assert!(errors() > 20, "{}", errors());
}

#[test]
fn a_pages_emptiness_is_not_the_end() {
    let sim = sim();
    let asked = json!({
        "logGroupName": "/ecs/cma-production", "startTime": sim.now().as_millisecond() - 3 * 86_400_000,
        "filterPattern": "never-written",
    });
    let first = ask(&sim, CMA, "FilterLogEvents", asked.clone()).unwrap();
    assert!(first["events"].as_array().unwrap().is_empty() && first["nextToken"].is_string());
    let (events, pages) = filter(&sim, CMA, asked);
    assert!(events.is_empty() && pages > 2, "{pages} pages");
}

#[test]
fn one_stream_is_read_forwards_and_backwards_to_tokens_that_repeat() {
    let sim = sim();
    let streams = ask(&sim, SHARED, "DescribeLogStreams", json!({ "logGroupName": API, "limit": 1 })).unwrap();
    let name = streams["logStreams"][0]["logStreamName"].clone();
    let now = sim.now().as_millisecond() - 10_000;
    let get = |token: Json, head: bool, limit: i64| {
        let input = json!({
            "logGroupName": API, "logStreamName": name, "startTime": now - 3_600_000, "endTime": now, "limit": limit,
            "nextToken": token, "startFromHead": head,
        });
        sim.advance(Duration::from_secs(1));
        ask(&sim, SHARED, "GetLogEvents", input).unwrap()
    };
    let list = |page: &Json| page["events"].as_array().unwrap().clone();
    let whole = list(&get(Json::Null, true, 10_000));
    for forward in [true, false] {
        let (mut all, mut token) = (Vec::new(), Json::Null);
        loop {
            let page = get(token.clone(), forward, 100);
            let next = page[if forward { "nextForwardToken" } else { "nextBackwardToken" }].clone();
            if forward {
                all.extend(list(&page));
            } else {
                all = [list(&page), all].concat();
            }
            if next == token {
                break;
            }
            token = next;
        }
        assert_eq!(all, whole, "forward: {forward}");
    }
    let newest = get(Json::Null, false, 10);
    assert_eq!(list(&newest), whole[whole.len() - 10..], "the newest page, in the order of time");
}

#[test]
fn what_clients_put_is_read_back() {
    let sim = sim();
    let now = sim.now().as_millisecond();
    let group = json!({ "logGroupName": "/mine" });
    assert_eq!(ask(&sim, SHARED, "CreateLogGroup", group.clone()).unwrap(), json!({}));
    assert_eq!(ask(&sim, SHARED, "CreateLogGroup", group).unwrap_err(), "ResourceAlreadyExistsException");
    let put = |events: Json| {
        let input = json!({ "logGroupName": "/mine", "logStreamName": "s", "logEvents": events });
        ask(&sim, SHARED, "PutLogEvents", input)
    };
    let event = |at: i64, message: &str| json!({ "timestamp": at, "message": message });
    assert_eq!(put(json!([event(now, "early")])).unwrap_err(), "ResourceNotFoundException");
    ask(&sim, SHARED, "CreateLogStream", json!({ "logGroupName": "/mine", "logStreamName": "s" })).unwrap();
    let fortnight = 15 * 86_400_000;
    let put_all = put(json!([event(now - fortnight, "old"), event(now - 5, "one"), event(now, "two")])).unwrap();
    assert_eq!(put_all["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let backwards = put(json!([event(now, "two"), event(now - 5, "one")])).unwrap_err();
    assert_eq!(backwards, "InvalidParameterException");
    sim.advance(Duration::from_secs(5));
    assert_eq!(messages(&filter(&sim, SHARED, json!({ "logGroupName": "/mine" })).0), ["one", "two"]);
}

#[test]
fn gateways_tell_of_their_sessions() {
    let sim = sim();
    sim.advance(Duration::from_hours(2));
    let found = |pattern: &str| {
        filter(&sim, SHARED, json!({ "logGroupName": "/ec2/terminal-gateway", "filterPattern": pattern })).0
    };
    let (opened, closed) = (found("opened"), found("closed"));
    assert!(opened.len() > 12 && !closed.is_empty(), "{} and {}", opened.len(), closed.len());
    assert!(opened.iter().all(|event| event["logStreamName"].as_str().unwrap().starts_with("i-")));
}

#[test]
fn a_query_runs_for_a_while_and_counts_by_time() {
    let sim = sim();
    let now = sim.now().as_second();
    let start = |query: &str| {
        let input = json!({
            "logGroupName": API, "startTime": now - 3600, "endTime": now, "queryString": query,
        });
        ask(&sim, SHARED, "StartQuery", input)
    };
    let id = start("stats count(*) as lines by bin(10m)").unwrap()["queryId"].clone();
    let results = || ask(&sim, SHARED, "GetQueryResults", json!({ "queryId": id })).unwrap();
    assert_eq!(results()["status"], "Scheduled");
    sim.advance(Duration::from_secs(1));
    assert_eq!((&results()["status"], &results()["results"]), (&json!("Running"), &json!([])));
    sim.advance(Duration::from_secs(3));
    let done = results();
    assert_eq!(done["status"], "Complete");
    let rows = done["results"].as_array().unwrap();
    assert!((6..=7).contains(&rows.len()), "{rows:?}");
    let lines: f64 = rows.iter().map(|row| row[1]["value"].as_str().unwrap().parse::<f64>().unwrap()).sum();
    assert_eq!(done["statistics"]["recordsMatched"], json!(lines));
    assert_eq!(start("parse @message '*'").unwrap_err(), "MalformedQueryException");
    let unknown = ask(&sim, SHARED, "GetQueryResults", json!({ "queryId": "nope" })).unwrap_err();
    assert_eq!(unknown, "ResourceNotFoundException");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sim = sim();
    for (operation, input, code) in [
        ("FilterLogEvents", json!({ "logGroupName": "/nowhere" }), "ResourceNotFoundException"),
        ("FilterLogEvents", json!({ "logGroupName": API, "logStreamNames": ["x"] }), "ResourceNotFoundException"),
        ("FilterLogEvents", json!({ "logGroupName": API, "limit": 10_001 }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": API, "nextToken": "x" }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": API, "startTime": 5, "endTime": 1 }), "InvalidParameterException"),
        ("GetLogEvents", json!({ "logGroupName": API, "logStreamName": "x" }), "ResourceNotFoundException"),
        ("DescribeLogStreams", json!({ "logGroupName": API, "limit": 51 }), "InvalidParameterException"),
        ("DescribeLogGroups", json!({ "limit": 51 }), "InvalidParameterException"),
    ] {
        assert_eq!(ask(&sim, SHARED, operation, input.clone()).unwrap_err(), code, "{operation} {input}");
        sim.advance(Duration::from_secs(1));
    }
}
