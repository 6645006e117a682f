//! Lines of logs: the newest first, no further than is shown, whatever an answer leaves out.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quarterdeck::domain::{
    fault::FaultKind,
    log::{Excerpt, LogPage, LogSource},
    query::{Answer, Query},
};
use serde_json::{Value, json};

use super::canned::{NOW, ask, complete, failed, ok, partial, refusal};

fn query() -> Query {
    let source = LogSource { group: "/ecs/api".into(), streams: "api/api/".into() };
    Query::Logs { excerpt: Excerpt { source, until: None, minutes: 60 } }
}

fn page(answer: Answer) -> LogPage {
    match answer {
        Answer::Logs(page) => page,
        other => panic!("{other:?}"),
    }
}

fn event(second: i64, message: &str) -> Value {
    let at = NOW.as_millisecond() - 1_000_000 + second * 1_000;
    json!({ "eventId": format!("{second:056}"), "timestamp": at, "ingestionTime": at + 900, "message": message })
}

#[tokio::test]
async fn the_newest_are_asked_for_and_told_oldest_first() {
    let answer = complete(
        ask(query(), |asked| {
            let asked: Value = serde_json::from_slice(asked.body.as_bytes()).expect("JSON");
            assert_eq!(asked["logStreamNamePrefix"], "api/api/");
            assert_eq!(asked["startFromHead"], false);
            assert_eq!(asked["startTime"], NOW.as_millisecond() - 3_600_000);
            ok(json!({ "events": [event(9, "b"), event(4, "a")] }).to_string())
        })
        .await,
    );
    let page = page(answer);
    let told: Vec<&str> = page.lines.iter().map(|it| it.message.as_str()).collect();
    assert_eq!((told, page.cut), (vec!["a", "b"], false));
}

#[tokio::test]
async fn empty_pages_are_gone_through_but_not_for_ever() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let answer = complete(
        ask(query(), move |_| {
            let call = count.fetch_add(1, Ordering::Relaxed);
            ok(json!({ "events": [], "nextToken": format!("token-{call}") }).to_string())
        })
        .await,
    );
    assert!(page(answer).lines.is_empty());
    assert_eq!(calls.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn a_full_page_is_enough() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let answer = complete(
        ask(query(), move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            let events: Vec<Value> = (0..400).rev().map(|it| event(it, "x")).collect();
            ok(json!({ "events": events, "nextToken": "more" }).to_string())
        })
        .await,
    );
    let page = page(answer);
    assert_eq!((page.lines.len(), page.cut, calls.load(Ordering::Relaxed)), (400, true, 1));
}

#[tokio::test]
async fn whoever_tells_the_oldest_first_is_read_to_the_end() {
    let answer = complete(
        ask(query(), |asked| {
            let is_first = !asked.body.contains("nextToken");
            let seconds = if is_first { 0..400 } else { 400..450 };
            let events: Vec<Value> = seconds.map(|it| event(it, "x")).collect();
            ok(json!({ "events": events, "nextToken": is_first.then_some("more") }).to_string())
        })
        .await,
    );
    let page = page(answer);
    let last = page.lines.last().map(|it| it.at.as_second() - NOW.as_second());
    assert_eq!((page.lines.len(), last), (400, Some(449 - 1_000)));
}

#[tokio::test]
async fn lines_without_an_id_are_told_apart_and_those_without_a_time_are_none() {
    let answer = complete(
        ask(query(), |_| {
            ok(r#"{"events":[{"timestamp":1768446000000,"message":"a"},{"timestamp":1768446000000,"message":"b"},{"message":"c"}]}"#)
        })
        .await,
    );
    let page = page(answer);
    assert_eq!(page.lines.len(), 2);
    assert_ne!(page.lines[0].id, page.lines[1].id);
}

#[tokio::test]
async fn a_missing_group_and_a_failing_page_are_faults() {
    let fault = failed(ask(query(), |_| refusal(400, "ResourceNotFoundException", "no such group")).await);
    assert_eq!((fault.kind, fault.operation.as_str()), (FaultKind::Missing, "logs:FilterLogEvents"));
    let (answer, fault) = partial(
        ask(query(), |asked| {
            if asked.body.contains("nextToken") {
                return refusal(400, "AccessDeniedException", "no");
            }
            ok(json!({ "events": [event(1, "a")], "nextToken": "more" }).to_string())
        })
        .await,
    );
    assert_eq!((page(answer).lines.len(), fault.kind), (1, FaultKind::Denied));
}
