//! Reading what containers and gateways write: live, back from a death, and where there is nothing to read.

use std::collections::BTreeSet;

use bytes::Bytes;
use quarterdeck::{command::ViewName, domain::id::Kind, sim::edge::Trouble};
use serde_json::{Value, json};

use super::voyage::Voyage;

async fn under_way(scenarios: &[&str]) -> Voyage {
    let mut voyage = Voyage::through(scenarios);
    voyage.resize(120, 40).await;
    voyage.pass(40).await;
    voyage
}

/// How often logs have been asked for so far.
fn asked(voyage: &mut Voyage) -> u64 {
    let operations = voyage.status().api.by_operation;
    operations.into_iter().filter(|(name, _)| name.as_str().starts_with("logs:")).map(|(_, it)| it.calls).sum()
}

#[tokio::test]
async fn a_services_lines_are_followed_paused_filtered_and_left() {
    let mut voyage = under_way(&[]).await;
    assert_eq!(asked(&mut voyage), 0, "nobody looks at logs");
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("l").await;
    voyage.pass(8).await;
    voyage.sees(&["logs", "following", "/ecs/terminal-api", "FROM"]);
    let first = voyage.rows();
    assert!(first.len() > 20, "{}", voyage.screen());
    assert_eq!(first.last(), Some(&voyage.under_cursor()), "the newest is at the bottom, and followed");
    voyage.pass(20).await;
    let later = voyage.rows();
    assert!(later.len() > first.len(), "{} then {}", first.len(), later.len());
    assert_eq!(later.last(), Some(&voyage.under_cursor()));

    voyage.press("k k").await;
    let held = voyage.under_cursor();
    voyage.sees(&["paused"]);
    voyage.pass(20).await;
    assert_eq!(voyage.under_cursor(), held, "what is read stays");
    assert!(voyage.rows().len() > later.len(), "lines come all the while");
    voyage.press("d").await;
    voyage.sees(&["MESSAGE", "stream", "api/api/", "in CloudWatch"]);
    voyage.press("esc G").await;
    voyage.sees(&["following"]);

    voyage.press("/ health enter").await;
    voyage.sees(&["/health hides"]);
    assert!(voyage.column("LINE").iter().all(|it| it.contains("health")));
    voyage.press("esc").await;

    voyage.press("9").await;
    voyage.sees(&["logs:FilterLogEvents"]);
    let before = asked(&mut voyage);
    voyage.pass(60).await;
    assert_eq!(asked(&mut voyage), before, "nobody looks any more");
}

/// Somebody else calls ECS in us-east-1.
fn call_ecs(voyage: &Voyage, operation: &str, input: &Value) -> Value {
    let request = http::Request::post("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{operation}"))
        .header("authorization", "AWS4-HMAC-SHA256 Credential=k/20260102/us-east-1/ecs/aws4_request, Signature=0")
        .body(Bytes::from(input.to_string()))
        .expect("a request");
    let answer = voyage.sim.handle(&request);
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
    serde_json::from_slice(answer.body()).expect("JSON")
}

/// The log groups of the lines on screen.
fn groups(voyage: &mut Voyage) -> BTreeSet<String> {
    voyage.rows().iter().filter_map(|it| Some(it.key.split_once('|')?.0.to_owned())).collect()
}

#[tokio::test]
async fn both_definitions_of_a_rolling_service_are_heard_whatever_groups_they_log_to() {
    let mut voyage = under_way(&[]).await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("l").await;
    voyage.pass(8).await;
    assert_eq!(groups(&mut voyage), BTreeSet::from(["/ecs/terminal-api".to_owned()]));
    let known = call_ecs(&voyage, "DescribeTaskDefinition", &json!({ "taskDefinition": "terminal-api" }));
    let mut next = known["taskDefinition"].clone();
    next["containerDefinitions"][0]["logConfiguration"]["options"] = json!({ "awslogs-group": "/ecs/terminal-api-2", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "next" });
    let given = ["family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities"];
    let given: serde_json::Map<String, Value> = given.map(|it| (it.to_owned(), next[it].clone())).into_iter().collect();
    call_ecs(&voyage, "RegisterTaskDefinition", &Value::Object(given));
    let update = json!({ "cluster": "terminal-cluster", "service": "terminal-api", "taskDefinition": "terminal-api" });
    call_ecs(&voyage, "UpdateService", &update);
    voyage.pass(60).await;
    let both = BTreeSet::from(["/ecs/terminal-api".to_owned(), "/ecs/terminal-api-2".to_owned()]);
    assert_eq!(groups(&mut voyage), both, "while both run");
    voyage.sees(&["following", "FROM"]);
    voyage.pass_by(std::time::Duration::from_mins(10), std::time::Duration::from_secs(5)).await;
    let last = voyage.under_cursor();
    assert!(last.key.starts_with("/ecs/terminal-api-2|"), "only the new ones go on: {last:?}");
    assert_eq!(groups(&mut voyage), both, "what the old ones wrote in their last minutes is still there");
}

#[tokio::test]
async fn from_a_kill_for_memory_to_the_last_words() {
    let mut voyage = under_way(&["out-of-memory"]).await;
    for _ in 0..30 {
        if voyage.signal("cma", "out-of-memory").is_some() {
            break;
        }
        voyage.pass(10).await;
    }
    let signal = voyage.signal("cma", "out-of-memory").expect("tasks are killed");
    while voyage.app.signal_cursor.is_none_or(|at| voyage.app.signals[at].subject != signal.subject) {
        voyage.press("n").await;
    }
    voyage.press("L").await;
    let place = voyage.app.place().clone();
    assert_eq!((place.view, place.within.map(|it| it.kind)), (ViewName::Logs, Some(Kind::Task)));
    voyage.sees(&["what task", "wrote last"]);
    voyage.pass(8).await;
    voyage.sees(&["the last before", "/ecs/cma-production", "memory"]);
    voyage.sees_no(&["following"]);
    voyage.press("L").await;
    voyage.pass(8).await;
    assert_eq!(voyage.app.place().within.as_ref().map(|it| it.kind), Some(Kind::Service));
    voyage.sees(&["following", "FROM"]);
    voyage.press("L").await;
    voyage.sees(&["these are all of its lines"]);
}

#[tokio::test]
async fn gateways_write_to_the_group_that_the_stack_file_names() {
    let mut voyage = under_way(&[]).await;
    voyage.press("5 l").await;
    voyage.pass(8).await;
    voyage.sees(&["/ec2/terminal-gateway", "session", "opened by"]);
    assert_eq!(voyage.app.place().within.as_ref().map(|it| it.kind), Some(Kind::Instance));
    voyage.press("l").await;
    voyage.pass(8).await;
    voyage.sees(&["FROM", "i-"]);
}

#[tokio::test]
async fn where_there_is_nothing_to_read_it_is_said_why() {
    let mut voyage = under_way(&[]).await;
    voyage.press("g l").await;
    voyage.sees(&["put the cursor on one"]);
    voyage.trouble(Trouble::Denied { account: "111122223333".to_owned(), actions: vec!["logs:*".to_owned()] });
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("l").await;
    voyage.pass(8).await;
    voyage.sees(&["access denied", "logs:FilterLogEvents", "is not authorized to perform"]);
    assert!(voyage.signal("terminal", "reads-failing").is_none(), "only the pane is worse off");
    voyage.clear();
    voyage.press("ctrl-r").await;
    voyage.pass(5).await;
    voyage.sees(&["following"]);
    assert!(!voyage.rows().is_empty());
}
