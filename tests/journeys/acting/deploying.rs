//! Deployments by keys, to a verdict: what runs then is what was chosen.

use quarterdeck::{
    domain::query::{Answer, Query},
    plan::operation::verdict::Verdict,
};

use super::{API, AUTH, FRONTEND, KONG, Voyage, WORKERS, Who, ask, calls, ends, on, running, service};

/// The digest that a tag means in the service's own registry.
async fn digest(voyage: &mut Voyage, who: Who, repository: &str, tag: &str) -> String {
    let query = Query::Images { registry: who.account.into(), repository: repository.into() };
    let Answer::Images(images) = ask(voyage, who, query).await else { panic!("images") };
    let found = images.iter().find(|it| it.tags.iter().any(|it| it.as_str() == tag));
    found.unwrap_or_else(|| panic!("no {tag} in {repository}")).digest.to_string()
}

/// Fails unless every task of the service runs this image, tag and digest.
async fn runs(voyage: &mut Voyage, who: Who, repository: &str, tag: &str) {
    let digest = digest(voyage, who, repository, tag).await;
    let tasks = running(voyage, who).await;
    assert!(!tasks.is_empty(), "{who:?} runs nothing");
    for task in tasks {
        let container = &task.containers[0];
        assert!(container.image.as_str().ends_with(&format!("{repository}:{tag}")), "{}", container.image);
        assert_eq!(container.digest.as_ref().map(AsRef::as_ref), Some(&*digest));
    }
}

#[tokio::test]
async fn the_newest_image_of_a_service_is_chosen_deployed_and_runs() {
    let mut voyage = on("auth-service").await;
    let before = service(&mut voyage, AUTH).await.task_definition;
    voyage.press("x d").await;
    voyage.sees(&["deploy to auth-service", "images of tsdevstack/auth-service", "› 1.9.1"]);
    // Each with its digest, its age and what the scan of it says.
    let digest = digest(&mut voyage, AUTH, "tsdevstack/auth-service", "1.9.1").await;
    let screen = voyage.screen();
    let line = screen.lines().find(|it| it.contains("› 1.9.1")).unwrap_or_default();
    for told in [&digest["sha256:".len()..][..8], " ago", "scan"] {
        assert!(line.contains(told), "{told:?} in {line:?}");
    }
    voyage.press("enter").await;
    voyage.sees(&["deploy tsdevstack/auth-service:1.9.1 to auth-service", "press y to do it"]);
    voyage.press("y").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:RegisterTaskDefinition", "done"), ("ecs:UpdateService", "done")]);
    assert_eq!(told.begun.plan.confirmed.as_str(), "by a key");
    assert_ne!(service(&mut voyage, AUTH).await.task_definition, before);
    runs(&mut voyage, AUTH, "tsdevstack/auth-service", "1.9.1").await;
    assert_eq!(voyage.bells, 1);
}

/// Another image's tag begins with it, and is newer.
#[tokio::test]
async fn the_tag_that_is_typed_or_pasted_is_the_one_that_is_planned_wherever_the_cursor_was() {
    let mut voyage = on("cma-api-production").await;
    voyage.press("x d").await;
    voyage.sees(&["› 4f2c-arm64", "tab show untagged", "(or type a tag, sha256:…"]);
    voyage.press("down 4f2c").await;
    voyage.sees(&["› 4f2c  ", "  4f2c-arm64"]);
    voyage.press("enter").await;
    voyage.sees(&["deploy cma-api:4f2c to cma-api-production"]);
    voyage.press("esc x d down down").await;
    voyage.paste("4f2c").await;
    voyage.press("enter").await;
    voyage.sees(&["deploy cma-api:4f2c to cma-api-production"]);
}

#[tokio::test]
async fn front_end_and_api_are_released_together_in_one_operation_with_one_verdict() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.walk_to("cma").await;
    voyage.press("x d").await;
    voyage.sees(&[
        "deploy to cma-frontend-production and cma-api-production",
        "cma-frontend and cma-api all hold",
        "› 4f2c",
    ]);
    // Of one repository alone.
    voyage.sees_no(&["4f2c-arm64", "(no tag)"]);
    voyage.press("enter").await;
    voyage.sees(&["plan · PRODUCTION", "deploy 4f2c to cma-frontend-production and cma-api-production", "type cma"]);
    voyage.press("cma tab release enter").await;
    let told = ends(&mut voyage, 60, Verdict::Succeeded).await;
    assert_eq!(told.begun.subjects.len(), 2);
    assert_eq!(told.calls.len(), 4, "each is registered and updated");
    runs(&mut voyage, FRONTEND, "cma-frontend", "4f2c").await;
    runs(&mut voyage, API, "cma-api", "4f2c").await;
    runs(&mut voyage, WORKERS, "cma-api", "latest").await;
}

#[tokio::test]
async fn a_revision_that_exists_is_deployed_without_registering_another() {
    let mut voyage = on("auth-service").await;
    let old = service(&mut voyage, AUTH).await.task_definition;
    voyage.press("x d enter").await;
    voyage.screen();
    voyage.press("y").await;
    ends(&mut voyage, 30, Verdict::Succeeded).await;
    voyage.press("esc").await;
    let revision = old.short_name().to_string();
    let number = revision.rsplit(':').next().expect("a number").to_owned();
    voyage.press(&format!("x d :{number} enter")).await;
    voyage.sees(&[&format!("deploy {revision} to auth-service"), "press y to do it"]);
    voyage.press("y").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:UpdateService", "done")]);
    assert_eq!(service(&mut voyage, AUTH).await.task_definition, old);
}

#[tokio::test]
async fn an_image_that_is_not_there_is_answered_before_anything_is_planned() {
    let mut voyage = on("kong").await;
    let before = service(&mut voyage, KONG).await.task_definition;
    voyage.press("x d no-such-tag enter").await;
    voyage.sees(&["cannot deploy", "is not in its repository"]);
    voyage.press("enter y esc").await;
    assert_eq!(voyage.written.len(), 0);
    assert_eq!(service(&mut voyage, KONG).await.task_definition, before);
}

#[tokio::test]
async fn a_digest_is_deployed_and_runs_and_deploying_it_again_changes_nothing() {
    let mut voyage = on("auth-service").await;
    let digest = digest(&mut voyage, AUTH, "tsdevstack/auth-service", "1.9.1").await;
    voyage.press(&format!("x d {digest} enter")).await;
    voyage.sees(&["deploy tsdevstack/auth-service@sha256:", "press y to do it"]);
    voyage.press("y").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:RegisterTaskDefinition", "done"), ("ecs:UpdateService", "done")]);
    for task in running(&mut voyage, AUTH).await {
        assert_eq!(task.containers[0].digest.as_ref().map(AsRef::as_ref), Some(&*digest));
        assert!(task.containers[0].image.as_str().ends_with(&*digest), "{}", task.containers[0].image);
    }
    voyage.press(&format!("esc x d {digest} enter")).await;
    voyage.sees(&["this changes nothing: auth-service runs this very image"]);
}
