//! Writes: what leaves is what a plan shows, once; and how they end, by what is certain.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use quarterdeck::{
    aws::{Clients, clients::Patience, fetch, write},
    domain::{
        fault::FaultKind,
        id::Arn,
        query::{Answer, Query, Request},
        write::{
            ProviderShare, ScalingRange, ServiceChange, Suspension, Write, WriteAnswer, WriteOutcome, WriteRequest,
        },
    },
    runtime::sim_connector::http_client as simulated,
    sim::{Sim, estates, pace::Pace},
};
use serde_json::{Value, json};

use super::canned::{Asked, IMPATIENT, NOW, Said, clients, complete, http_client, ok, refusal, scope};

const CLUSTER: &str = "arn:aws:ecs:us-east-1:111122223333:cluster/terminal-cluster";
const SERVICE: &str = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";

fn update(change: ServiceChange) -> Write {
    Write::UpdateService { cluster: Arn::new(CLUSTER), service: Arn::new(SERVICE), change }
}

fn scaled(desired: u32) -> Write {
    update(ServiceChange { desired: Some(desired), ..ServiceChange::default() })
}

/// Sends a write to what `answer` stands for; returns how it ended, and everything that was asked.
async fn send(write: Write, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> (WriteOutcome, Vec<Asked>) {
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let log = asked.clone();
    let http = http_client(move |it| {
        let (operation, body) = (it.operation.clone(), it.body.clone());
        log.lock().unwrap().push(Asked { operation, body, authorization: it.authorization.clone() });
        answer(it)
    });
    // As many attempts as reads have, so that one alone is the writers' own doing.
    let patience = Patience { attempts: 3, ..IMPATIENT };
    let clients = clients(http, patience, |_| {}).await;
    let outcome = quarterdeck::aws::write(&clients, &WriteRequest { scope: scope(), write }, NOW).await;
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    (outcome, asked)
}

/// Every sort of write but the copy of a task definition.
fn writes() -> Vec<Write> {
    let share = |provider: &str, weight, base| ProviderShare { provider: provider.into(), weight, base };
    vec![
        scaled(0),
        update(ServiceChange {
            task_definition: Some(Arn::new("arn:aws:ecs:us-east-1:111122223333:task-definition/terminal-api:8")),
            force: true,
            ..ServiceChange::default()
        }),
        update(ServiceChange {
            force: true,
            providers: Some(vec![share("FARGATE", 1, 1), share("FARGATE_SPOT", 3, 0)]),
            ..ServiceChange::default()
        }),
        Write::StopServiceDeployment {
            deployment: Arn::new("arn:aws:ecs:us-east-1:111122223333:service-deployment/a"),
        },
        Write::StopTask { cluster: Arn::new(CLUSTER), task: Arn::new("arn:…:task/t/1"), reason: "it hangs".into() },
        Write::RegisterScalableTarget {
            resource: "service/terminal-cluster/terminal-api".into(),
            range: Some(ScalingRange { min: 0, max: 12 }),
            suspended: Some(Suspension { scale_in: true, scale_out: false, scheduled: true }),
        },
        Write::RegisterScalableTarget { resource: "service/c/s".into(), range: None, suspended: None },
    ]
}

#[tokio::test]
async fn what_leaves_is_what_the_plan_shows() {
    for write in writes() {
        let (outcome, asked) = send(write.clone(), |_| ok("{}")).await;
        assert!(matches!(outcome, WriteOutcome::Done(_)), "{outcome:?}");
        let [asked] = asked.as_slice() else { panic!("one call, not {asked:?}") };
        assert_eq!(write.operation().split(':').nth(1), Some(asked.operation.as_str()));
        let mut sent: Value = serde_json::from_str(&asked.body).unwrap();
        let mut shown = write.parameters();
        sent.sort_all_objects();
        shown.sort_all_objects();
        assert_eq!(sent, shown);
    }
}

#[tokio::test]
async fn no_write_is_sent_twice_whatever_the_answer() {
    let answers: [fn() -> Said; 5] = [
        || Said::Body(500, br#"{"__type":"ServerException"}"#.to_vec()),
        || Said::Body(503, b"<html>".to_vec()),
        || refusal(400, "ThrottlingException", "Rate exceeded"),
        || Said::Refused,
        || Said::Silence,
    ];
    for write in writes() {
        for answer in answers {
            let (_, asked) = send(write.clone(), move |_| answer()).await;
            assert_eq!(asked.len(), 1, "{write:?}");
        }
    }
}

#[tokio::test]
async fn a_write_ends_as_what_is_certain() {
    let end = |answer: fn() -> Said| async move { send(scaled(3), move |_| answer()).await.0 };
    let refused = |outcome| match outcome {
        WriteOutcome::Refused(fault) => fault.kind,
        other => panic!("not refused: {other:?}"),
    };
    let unknown = |outcome| match outcome {
        WriteOutcome::Unknown(fault) => fault.kind,
        other => panic!("not unknown: {other:?}"),
    };
    assert_eq!(refused(end(|| refusal(400, "AccessDeniedException", "no")).await), FaultKind::Denied);
    assert_eq!(refused(end(|| refusal(400, "ThrottlingException", "no")).await), FaultKind::Throttled);
    assert_eq!(refused(end(|| Said::Refused).await), FaultKind::Unreachable);
    assert_eq!(unknown(end(|| Said::Silence).await), FaultKind::TimedOut);
    assert_eq!(unknown(end(|| refusal(500, "ServerException", "oh")).await), FaultKind::Server);
    assert_eq!(unknown(end(|| ok("<html>")).await), FaultKind::Garbled);
}

#[tokio::test]
async fn the_answer_tells_the_request_and_the_deployment() {
    let body = json!({ "service": {
        "taskDefinition": "arn:1:task-definition/terminal-api:8",
        "desiredCount": 2,
        "deployments": [{ "id": "ecs-svc/2", "status": "PRIMARY" }, { "id": "ecs-svc/1", "status": "ACTIVE" }],
    }});
    let (outcome, _) = send(scaled(2), move |_| ok(body.to_string())).await;
    let WriteOutcome::Done(written) = outcome else { panic!("{outcome:?}") };
    assert_eq!(written.request_id.as_ref().map(AsRef::as_ref), Some("request-1"));
    let answer = WriteAnswer::Service {
        task_definition: Arn::new("arn:1:task-definition/terminal-api:8"),
        desired: 2,
        primary: Some("ecs-svc/2".into()),
        deployment: None,
    };
    assert_eq!(written.answer, answer);
}

/// A copy of `source` in which the container `api` has another image.
fn copy(source: &str, image: &str) -> Write {
    Write::RegisterTaskDefinition { source: Arn::new(source), images: BTreeMap::from([("api".into(), image.into())]) }
}

#[tokio::test]
async fn a_copy_carries_over_what_nobody_here_has_a_word_for() {
    let described = json!({
        "taskDefinition": {
            "taskDefinitionArn": "arn:1:task-definition/api:7",
            "family": "api",
            "revision": 7,
            "status": "ACTIVE",
            "registeredAt": 1.7e9,
            "registeredBy": "arn:aws:iam::111122223333:user/ada",
            "requiresAttributes": [{ "name": "ecs.capability.x" }],
            "compatibilities": ["EC2", "FARGATE"],
            "taskRoleArn": null,
            "aFieldOfTomorrow": { "deep": [1, 2.5, "x"] },
            "containerDefinitions": [
                { "name": "api", "image": "shop/api:v7", "environment": [{ "name": "JWT_SECRET", "value": "hunter2" }], "anotherOne": true },
                { "name": "proxy", "image": "proxy:1" },
            ],
        },
        "tags": [{ "key": "Project", "value": "shop" }],
    });
    let (outcome, asked) = send(copy("arn:1:task-definition/api:7", "shop/api:v8"), move |it| {
        ok(match it.operation.as_str() {
            "DescribeTaskDefinition" => described.to_string(),
            _ => json!({ "taskDefinition": { "taskDefinitionArn": "arn:1:task-definition/api:8" } }).to_string(),
        })
    })
    .await;
    let WriteOutcome::Done(written) = outcome else { panic!("{outcome:?}") };
    assert_eq!(written.answer, WriteAnswer::TaskDefinition { arn: Arn::new("arn:1:task-definition/api:8") });
    let [_, registered] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(
        serde_json::from_str::<Value>(&registered.body).unwrap(),
        json!({
            "family": "api",
            "aFieldOfTomorrow": { "deep": [1, 2.5, "x"] },
            "containerDefinitions": [
                { "name": "api", "image": "shop/api:v8", "environment": [{ "name": "JWT_SECRET", "value": "hunter2" }], "anotherOne": true },
                { "name": "proxy", "image": "proxy:1" },
            ],
            "tags": [{ "key": "Project", "value": "shop" }],
        })
    );
}

#[tokio::test]
async fn a_copy_of_what_cannot_be_read_is_not_registered() {
    let (outcome, asked) =
        send(copy("arn:1:task-definition/api:7", "i"), |_| refusal(400, "AccessDeniedException", "no")).await;
    assert!(matches!(&outcome, WriteOutcome::Refused(it) if it.operation.as_str() == "ecs:DescribeTaskDefinition"));
    assert_eq!(asked.len(), 1);
}

/// The simulated estates, and clients of terminal's scope.
async fn estate() -> (Arc<Sim>, Clients) {
    let sim = Arc::new(Sim::new(estates::world(7, NOW), Pace::Stepped));
    let clients = clients(simulated(sim.clone(), Duration::ZERO), Patience::default(), |_| {}).await;
    (sim, clients)
}

async fn read(clients: &Clients, query: Query) -> Answer {
    complete(fetch(clients, &Request { scope: scope(), query }, NOW).await)
}

#[tokio::test]
async fn a_copy_in_the_simulator_differs_in_the_image_alone() {
    let (_, clients) = estate().await;
    let Answer::Services(services) =
        read(&clients, Query::Services { cluster: "terminal-cluster".into(), names: Vec::new() }).await
    else {
        panic!("services")
    };
    let before = services[0].task_definition.clone();
    let request = WriteRequest { scope: scope(), write: copy(before.wire(), "terminal/api:v99") };
    let WriteOutcome::Done(written) = write(&clients, &request, NOW).await else { panic!("a copy") };
    let WriteAnswer::TaskDefinition { arn: after } = written.answer else { panic!("{written:?}") };
    let definition = async |arn: Arn| match read(&clients, Query::TaskDefinition { definition: arn }).await {
        Answer::TaskDefinition(found) => found,
        other => panic!("{other:?}"),
    };
    let (before, after) = (definition(before).await, definition(after).await);
    assert_eq!((after.revision, &after.family), (before.revision + 1, &before.family));
    assert!(before.fields.len() > 12, "{:?}", before.fields);
    let changed: Vec<&str> =
        before.fields.iter().filter(|field| !after.fields.contains(field)).map(|field| field.path.as_str()).collect();
    assert_eq!((changed, after.fields.len()), (vec!["containers.api.image"], before.fields.len()));
}

#[tokio::test]
async fn the_simulator_takes_every_write() {
    let (sim, clients) = estate().await;
    let end = async |it: Write| write(&clients, &WriteRequest { scope: scope(), write: it }, NOW).await;
    let outcome = end(update(ServiceChange { force: true, ..ServiceChange::default() })).await;
    let WriteOutcome::Done(written) = outcome else { panic!("{outcome:?}") };
    assert!(written.request_id.is_some());
    sim.advance(Duration::from_secs(30));
    let query = Query::Deployments { cluster: "terminal-cluster".into(), service: Arn::new(SERVICE) };
    let Answer::Deployments(deployments) = read(&clients, query).await else { panic!("deployments") };
    let stop = || Write::StopServiceDeployment { deployment: deployments[0].arn.clone() };
    assert!(matches!(end(stop()).await, WriteOutcome::Done(_)));
    let Answer::Tasks(tasks) = read(&clients, Query::Tasks { cluster: "terminal-cluster".into() }).await else {
        panic!("tasks")
    };
    let task = tasks.iter().find(|it| it.is_running()).unwrap().arn.clone();
    let stop = Write::StopTask { cluster: Arn::new(CLUSTER), task: task.clone(), reason: "it hangs".into() };
    let outcome = end(stop).await;
    assert!(matches!(&outcome, WriteOutcome::Done(it) if it.answer == WriteAnswer::Task { arn: task }), "{outcome:?}");
    let range = Some(ScalingRange { min: 1, max: 4 });
    let suspended = Some(Suspension { scale_in: true, scale_out: true, scheduled: true });
    let resource = "service/terminal-cluster/terminal-api".into();
    assert!(matches!(end(Write::RegisterScalableTarget { resource, range, suspended }).await, WriteOutcome::Done(_)));
    let Answer::ScalableTargets(targets) = read(&clients, Query::ScalableTargets).await else { panic!("targets") };
    let target = targets.iter().find(|it| it.resource.as_str().ends_with("terminal-api")).unwrap();
    assert_eq!((target.min, target.max), (1, 4));
    assert!(target.suspended_in && target.suspended_out && target.suspended_scheduled);
}
