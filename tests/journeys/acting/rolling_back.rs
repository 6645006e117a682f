//! Going back by keys: what ran before runs again, and that is what the verdict says.

use std::time::Duration;

use quarterdeck::{
    domain::{id::Arn, text::SafeText},
    plan::operation::verdict::Verdict,
};

use super::{AUTH, STEP, TERMINAL, Voyage, calls, ends, on, on_in, recorded, running, service, verdict};

#[tokio::test]
async fn a_deployment_that_ecs_undoes_is_rolled_back_and_never_a_success() {
    let mut voyage = Box::pin(on_in("terminal-api", &["bad-deploy"])).await;
    // The scenario's own deployment of the image that crashes is undone first.
    voyage.pass_by(Duration::from_mins(12), Duration::from_secs(10)).await;
    voyage.press("x d").await;
    voyage.sees(&["deploy to terminal-api", "v2.15.0"]);
    voyage.press("v2.15.0 enter").await;
    voyage.sees(&["deploy terminal/api:v2.15.0 to terminal-api", "type terminal-api"]);
    voyage.press("terminal-api enter again enter").await;
    let screen = voyage.screen();
    assert_eq!(voyage.written, ["ecs:RegisterTaskDefinition", "ecs:UpdateService"], "{screen}");
    assert_eq!(verdict(&mut voyage, Duration::from_mins(20)).await, Verdict::RolledBack);
    voyage.sees(&["rolled back"]);
    voyage.sees_no(&["succeeded"]);
}

#[tokio::test]
async fn a_rollback_leads_to_a_deployment_chosen_by_what_it_would_change() {
    let mut voyage = on("terminal-api").await;
    voyage.press("x h").await;
    voyage.sees(&["roll back terminal-api", "WHAT WOULD CHANGE", "successful", "image"]);
    voyage.press("down").await;
    let screen = voyage.screen();
    assert!(screen.lines().any(|it| it.starts_with("› terminal-api:")), "{screen}");
    voyage.press("enter").await;
    voyage.sees(&["plan · PRODUCTION", "roll back terminal-api to terminal-api:"]);
    assert_eq!(voyage.written.len(), 0);
}

/// A revision, and the digests of the tasks that run.
type Runs = (Arn, Vec<Option<SafeText>>);

async fn runs(voyage: &mut Voyage) -> Runs {
    let digests = running(voyage, AUTH).await.into_iter().map(|it| it.containers[0].digest.clone());
    let digests = digests.collect();
    (service(voyage, AUTH).await.task_definition, digests)
}

/// The console on a service whose newest image has just been sent.
async fn deploying() -> (Voyage, Runs) {
    let mut voyage = on("auth-service").await;
    let before = runs(&mut voyage).await;
    voyage.press("x d enter").await;
    voyage.screen();
    voyage.press("y").await;
    voyage.sees(&["operation", "rolling"]);
    (voyage, before)
}

#[tokio::test]
async fn a_deployment_under_way_is_ended_by_one_key_and_a_confirmation() {
    let (mut voyage, before) = deploying().await;
    voyage.pass(15).await;
    voyage.press("r").await;
    voyage.sees(&["roll back auth-service", "ecs:StopServiceDeployment", "ROLLBACK", "press y to do it"]);
    voyage.press("y").await;
    let until = voyage.sim.now() + Duration::from_mins(20);
    while voyage.verdicts.len() < 2 {
        voyage.pass_by(STEP, STEP).await;
        assert!(voyage.sim.now() < until, "no verdicts:\n{}", voyage.screen());
    }
    let ended: Vec<(String, String)> = recorded(&voyage)
        .iter()
        .map(|it| {
            (it.begun.verb.to_string(), it.ended.as_ref().map_or(String::new(), |(_, it)| it.verdict.to_string()))
        })
        .collect();
    voyage.sees(&["roll back auth-service", "succeeded"]);
    let wanted = [("deploy", "rolled back"), ("rollback", "succeeded")];
    assert_eq!(ended, wanted.map(|(verb, verdict)| (verb.to_owned(), verdict.to_owned())));
    assert_eq!(calls(&recorded(&voyage)[1]), [("ecs:StopServiceDeployment", "done")]);
    assert_eq!(runs(&mut voyage).await, before);
}

#[tokio::test]
async fn after_a_deployment_what_was_good_before_it_is_brought_back() {
    let (mut voyage, before) = deploying().await;
    ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_ne!(runs(&mut voyage).await, before);
    voyage.press("esc x b").await;
    voyage.sees(&["roll back auth-service to ", "press y to do it"]);
    voyage.press("y").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:UpdateService", "done")]);
    assert_eq!(runs(&mut voyage).await, before);
    // One key undoes that: not one further back, but forward to what was gone back from.
    voyage.press("r").await;
    voyage.sees(&["tsdevstack/auth-service:1.9.1", "press y to do it"]);
    // Whoever goes back again goes one further back, and is told so.
    voyage.press("esc x b").await;
    voyage.sees(&["has been rolled back already", "this goes one further"]);
}

#[tokio::test]
async fn an_earlier_deployment_that_was_chosen_is_brought_back() {
    let mut voyage = on("terminal-api").await;
    let before = service(&mut voyage, TERMINAL).await;
    voyage.press("x h").await;
    voyage.press("down enter").await;
    voyage.sees(&["plan · PRODUCTION", "roll back terminal-api to terminal-api:"]);
    let chosen = voyage.screen();
    voyage.press("terminal-api tab older enter").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    let after = service(&mut voyage, TERMINAL).await;
    assert_ne!(after.deployments[0].id, before.deployments[0].id);
    let title = told.begun.title.as_str();
    assert!(chosen.contains(title), "{title}");
    assert!(running(&mut voyage, TERMINAL).await.iter().all(|it| it.task_definition == after.task_definition));
}
