//! A service in several regions, wave by wave.

use std::time::Duration;

use quarterdeck::plan::operation::verdict::Verdict;

use super::{EAST, Voyage, WEST, Who, calls, ends, recorded, running, service, verdict};

/// Wave by wave over two regions, until the first is through.
async fn a_redeploy_of_two_regions() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.walk_to("mint-server").await;
    voyage.press("x r").await;
    voyage.sees(&["redeploy mint-server in us-east-1 and us-west-1", "type mint-server"]);
    voyage.press("mint-server tab leak enter").await;
    let screen = voyage.screen();
    assert_eq!(voyage.written, ["ecs:UpdateService"], "{screen}");
    voyage
}

#[tokio::test]
async fn a_later_wave_begins_when_the_one_before_has_baked_and_nothing_has_changed() {
    let mut voyage = a_redeploy_of_two_regions().await;
    assert_eq!(verdict(&mut voyage, Duration::from_mins(40)).await, Verdict::Succeeded);
    assert_eq!(voyage.written.len(), 2);
    let notes = voyage.app.act.operations.iter().flat_map(|it| &it.notes);
    assert_eq!(notes.filter(|it| it.text.as_str() == "wave 2 of 2 begins").count(), 1);
    voyage.sees(&["40 ms promised; │ is the write, ╌ the promise", "✓ none of 7 alarms rings"]);
}

#[tokio::test]
async fn looking_at_a_way_back_holds_the_next_wave_and_leaving_it_lets_it_begin() {
    let mut voyage = a_redeploy_of_two_regions().await;
    voyage.press("r").await;
    voyage.pass_by(Duration::from_mins(20), Duration::from_secs(10)).await;
    let wave = |voyage: &Voyage| voyage.app.act.operations[0].wave;
    assert_eq!((wave(&voyage), voyage.written.len()), (0, 1), "it waits");
    voyage.press("esc").await;
    assert_eq!(verdict(&mut voyage, Duration::from_mins(30)).await, Verdict::Succeeded);
    assert_eq!((wave(&voyage), voyage.written.len()), (1, 2));
}

#[tokio::test]
async fn a_later_wave_is_not_begun_where_somebody_else_was_there_first_and_its_plan_is_shown_again() {
    let mut voyage = a_redeploy_of_two_regions().await;
    voyage.meanwhile(WEST.redeployed()).await;
    assert_eq!(verdict(&mut voyage, Duration::from_mins(40)).await, Verdict::Superseded);
    assert_eq!(voyage.written.len(), 1, "the second region is left alone");
    voyage.sees(&[
        "PRODUCTION",
        "CHANGED SINCE IT WAS PLANNED",
        "mint-server in us-west-1 deployment",
        "redeploy mint-server",
    ]);
    voyage.press("esc o").await;
    voyage.sees(&["superseded", "wave 2 of 2 is not begun"]);
}

/// An image that answers four times as slowly as what runs.
const SLOW: &str = "username/mint-server:1.9.0";

/// Deploys what is slow to both regions; the second waits for the first.
async fn a_slow_release(rolls_back: bool) -> Voyage {
    let mut voyage = Voyage::begin();
    let stacks = voyage.app.stacks.iter_mut();
    for stack in stacks.filter(|it| it.name.as_str() == "mint-server") {
        stack.care.deploy.roll_back = rolls_back;
    }
    let slow = |it: Who| {
        format!(
            "[[event]]\nat = \"0s\"\nkind = \"push\"\nplace = \"{}/{}\"\nimage = \"{SLOW}\"\nbehaviour = \"slow\"\n\
             slowdown = 4\nlasts = \"4h\"\n",
            it.account, it.region
        )
    };
    voyage.happens(&(slow(EAST) + &slow(WEST)));
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.walk_to("mint-server").await;
    voyage.press(&format!("x d {SLOW} enter")).await;
    voyage.sees(&["deploy 1.9.0 to mint-server", "type mint-server"]);
    voyage.press("mint-server tab release enter").await;
    let screen = voyage.screen();
    assert_eq!(voyage.written, ["ecs:RegisterTaskDefinition", "ecs:UpdateService"], "{screen}");
    voyage
}

#[tokio::test]
async fn a_gate_that_breaks_fails_the_release_leaves_the_second_region_alone_and_one_key_goes_back() {
    let mut voyage = a_slow_release(false).await;
    let before = service(&mut voyage, WEST).await.task_definition;
    let told = ends(&mut voyage, 60, Verdict::Failed).await;
    assert_eq!(calls(&told), [("ecs:RegisterTaskDefinition", "done"), ("ecs:UpdateService", "done")]);
    let why = told.ended.expect("it has ended").1.summary;
    assert!(why.as_str().contains("40 ms are promised"), "{why}");
    let west = service(&mut voyage, WEST).await;
    assert_eq!((west.task_definition, west.deployments.len()), (before, 1));
    assert!(running(&mut voyage, EAST).await.iter().all(|it| it.containers[0].image.as_str().ends_with(SLOW)));

    voyage.press("r").await;
    voyage.sees(&["roll back mint-server", "type mint-server"]);
    voyage.press("mint-server tab slow enter").await;
    let told = ends(&mut voyage, 30, Verdict::Succeeded).await;
    assert_eq!(told.begun.verb.as_str(), "rollback");
    // Its registry cannot be asked what the tag means now: what ran is pinned by its digest.
    assert_eq!(calls(&told), [("ecs:RegisterTaskDefinition", "done"), ("ecs:UpdateService", "done")]);
    assert!(running(&mut voyage, EAST).await.iter().all(|it| it.containers[0].image.as_str().contains("@sha256:")));
    let slow =
        running(&mut voyage, EAST).await.iter().filter(|it| it.containers[0].image.as_str().ends_with(SLOW)).count();
    assert_eq!(slow, 0);
}

#[tokio::test]
async fn a_gate_that_breaks_is_rolled_back_by_itself_where_the_stack_file_says_so() {
    let mut voyage = a_slow_release(true).await;
    let west = service(&mut voyage, WEST).await.task_definition;
    let told = ends(&mut voyage, 60, Verdict::RolledBack).await;
    // Its registry cannot be asked what the tag means now: what ran is pinned by its digest.
    let both = [("ecs:RegisterTaskDefinition", "done"), ("ecs:UpdateService", "done")];
    assert_eq!(calls(&told), [both, both].concat(), "there and back");
    let slow =
        running(&mut voyage, EAST).await.iter().filter(|it| it.containers[0].image.as_str().ends_with(SLOW)).count();
    assert_eq!((slow, service(&mut voyage, WEST).await.task_definition), (0, west));
    assert_eq!(recorded(&voyage).len(), 1, "it is one operation");
}

#[tokio::test]
async fn s_begins_no_further_region_and_that_is_no_success() {
    let mut voyage = a_redeploy_of_two_regions().await;
    voyage.press("s").await;
    voyage.sees(&["begin nothing more of it? y does it, esc goes on"]);
    voyage.press("y").await;
    voyage.sees(&["nothing more is begun"]);
    voyage.sees_no(&["begin no more"]);
    let west = service(&mut voyage, WEST).await.deployments[0].id.clone();
    let told = ends(&mut voyage, 40, Verdict::Abandoned).await;
    assert_eq!(calls(&told), [("ecs:UpdateService", "done")]);
    assert_eq!(told.orders.len(), 1);
    assert_eq!(service(&mut voyage, WEST).await.deployments[0].id, west);
}

#[tokio::test]
async fn requests_that_fail_break_a_gate_where_the_stack_file_bounds_them() {
    let mut voyage = Voyage::begin();
    for stack in voyage.app.stacks.iter_mut().filter(|it| it.name.as_str() == "cma") {
        stack.care.deploy.error_ratio = Some(0.02);
    }
    super::go_to(&mut voyage, "cma-api-production").await;
    voyage.press("x r").await;
    voyage.screen();
    voyage.press("cma-api-production tab leak enter").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    voyage.happens(
        "[[event]]\nat = \"0s\"\nkind = \"traffic\"\nplace = \"444455556666/eu-west-2\"\n\
         service = \"cma-production/cma-api-production\"\nerror_share = 0.2\nlasts = \"2h\"\n",
    );
    let told = ends(&mut voyage, 60, Verdict::Failed).await;
    let why = told.ended.expect("it has ended").1.summary;
    assert!(why.as_str().contains("of the requests to cma-api-production fail, 2.0 % may"), "{why}");
}
