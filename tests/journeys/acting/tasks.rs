//! Single tasks, and what tasks run on, by keys.

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
