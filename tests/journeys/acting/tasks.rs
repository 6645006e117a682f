//! Single tasks, and what tasks run on, by keys.

use std::time::Duration;

use quarterdeck::plan::operation::verdict::Verdict;

use super::{AUTH, WORKERS, calls, ends, on, running, service};

#[tokio::test]
async fn a_task_that_is_stopped_is_replaced_by_another() {
    let mut voyage = on("auth-service").await;
    let [task] = running(&mut voyage, AUTH).await.try_into().expect("one task");
    voyage.press("3").await;
    voyage.pass(15).await;
    voyage.walk_to(task.arn.tail().as_str()).await;
    voyage.press("x k").await;
    voyage.sees(&["ecs:StopTask", "downtime", "press y to do it"]);
    voyage.press("y").await;
    let told = ends(&mut voyage, 10, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:StopTask", "done")]);
    let [other] = running(&mut voyage, AUTH).await.try_into().expect("one task");
    assert_ne!(other.arn, task.arn);
    assert_eq!(other.task_definition, task.task_definition);
}

#[tokio::test]
async fn a_move_that_is_gone_back_from_brings_the_capacity_back_that_was_there() {
    let mut voyage = on("cma-workers-production").await;
    let before = service(&mut voyage, WORKERS).await.control.providers;
    voyage.press("x m").await;
    voyage.screen();
    voyage.press("cma-workers-production tab spot enter").await;
    voyage.pass(20).await;
    voyage.press("r").await;
    voyage.sees(&["ecs:StopServiceDeployment", "capacity providers", "FARGATE 100", "FARGATE_SPOT 100"]);
    voyage.press("cma-workers-production tab back enter").await;
    for _ in 0..30 {
        voyage.pass_by(Duration::from_mins(1), Duration::from_secs(10)).await;
    }
    assert_eq!(voyage.verdicts, [Verdict::RolledBack, Verdict::Succeeded]);
    assert_eq!(service(&mut voyage, WORKERS).await.control.providers, before);
    let tasks = running(&mut voyage, WORKERS).await;
    assert!(!tasks.is_empty() && tasks.iter().all(|it| it.launch.as_str() == "FARGATE_SPOT"), "{tasks:#?}");
}

#[tokio::test]
async fn tasks_move_from_spot_to_fargate_and_back() {
    let mut voyage = on("cma-workers-production").await;
    for provider in ["FARGATE", "FARGATE_SPOT"] {
        voyage.press("x").await;
        voyage.sees(&[&format!("run its tasks on {provider}")]);
        voyage.press("m").await;
        voyage.sees(&["capacity providers", "type cma-workers-production"]);
        voyage.press("cma-workers-production tab spot enter").await;
        let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
        assert_eq!((told.begun.verb.as_str(), calls(&told)), ("move", vec![("ecs:UpdateService", "done")]));
        let [share] = service(&mut voyage, WORKERS).await.control.providers.try_into().expect("one provider");
        assert_eq!(&*share.provider, provider);
        let tasks = running(&mut voyage, WORKERS).await;
        assert!(!tasks.is_empty() && tasks.iter().all(|it| it.launch.as_str() == provider), "{tasks:#?}");
        voyage.press("esc").await;
        voyage.pass(15).await;
    }
}
