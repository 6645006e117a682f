//! Changing services by keys: menu, plan, confirmation, and the verdict.

use std::time::Duration;

use quarterdeck::{
    domain::{
        id::{Arn, Scope},
        write::{ServiceChange, Write, WriteRequest},
    },
    plan::operation::verdict::Verdict,
};

use super::voyage::Voyage;

/// The console on a service's row.
async fn on(service: &str) -> Voyage {
    Box::pin(on_in(service, &[])).await
}

async fn on_in(service: &str, scenarios: &[&str]) -> Voyage {
    let mut voyage = Voyage::through(scenarios);
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.press("2").await;
    voyage.walk_to(service).await;
    voyage
}

/// Lets time pass until an operation has its verdict.
async fn verdict(voyage: &mut Voyage, most: Duration) -> Verdict {
    let end = voyage.sim.now() + most;
    while voyage.verdicts.is_empty() {
        assert!(voyage.sim.now() < end, "no verdict after {most:?}:\n{}", voyage.screen());
        voyage.pass(5).await;
    }
    voyage.verdicts[0]
}

fn kong(desired: u32) -> WriteRequest {
    let arn = |it: &str| Arn::new(&format!("arn:aws:ecs:us-east-1:111122223333:{it}"));
    let change = ServiceChange { desired: Some(desired), ..ServiceChange::default() };
    let write = Write::UpdateService {
        cluster: arn("cluster/tsdevstack-dev"),
        service: arn("service/tsdevstack-dev/kong"),
        change,
    };
    WriteRequest { scope: Scope::new("estates", "us-east-1"), write }
}

#[tokio::test]
async fn the_menu_holds_what_applies_and_nothing_else() {
    let mut voyage = on("cma-api-production").await;
    voyage.press("x").await;
    voyage.sees(&["act on service cma-api-production", "deploy", "redeploy", "rollback", "scale", "suspend-scaling"]);
    voyage.sees_no(&["stop-task", "resume-scaling"]);
    voyage.press("esc 8 x").await;
    voyage.sees(&["nothing can be changed here"]);
}

#[tokio::test]
async fn a_redeploy_is_planned_confirmed_and_verified() {
    let mut voyage = on("kong").await;
    voyage.press("x r").await;
    voyage.sees(&["redeploy kong", "press y to do it", "CALLS, IN THIS ORDER"]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    assert_eq!(voyage.begun.len(), 1);
    voyage.sees(&["operation", "rolling"]);
    assert_eq!(verdict(&mut voyage, Duration::from_mins(15)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "100 %", "p95", "│ is the write"]);
    assert_eq!((voyage.written.len(), voyage.bells), (1, 1));
    voyage.press("esc t /kind:operation enter").await;
    let told = voyage.column("WHAT");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("redeploy kong: succeeded"), "{told:?}");
    assert!(told[1].starts_with("redeploy kong begins here, by arn:aws:iam::111122223333:user/operator"), "{told:?}");
}

#[tokio::test]
async fn a_key_before_the_plan_is_seen_confirms_nothing() {
    let mut voyage = on("kong").await;
    // All three are queued before anything has been drawn.
    voyage.press("x r y").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["press y to do it"]);
    voyage.press("y").await;
    assert_eq!(voyage.written.len(), 1);
}

#[tokio::test]
async fn production_is_typed_with_a_reason_and_never_pasted() {
    let mut voyage = on("terminal-api").await;
    voyage.press("x r").await;
    voyage.sees(&["plan · PRODUCTION", "type terminal-api and press enter"]);
    voyage.press("y enter").await;
    voyage.paste("terminal-api\n").await;
    voyage.press("enter").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.press("esc x r").await;
    voyage.sees(&["PRODUCTION"]);
    voyage.press("terminal-api enter").await;
    voyage.sees(&["say why"]);
    assert_eq!(voyage.written.len(), 0);
    voyage.press("leak enter").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    voyage.sees(&["because", "leak"]);
}

#[tokio::test]
async fn what_has_changed_since_is_shown_and_nothing_is_sent() {
    let mut voyage = on("kong").await;
    voyage.press("x s 3 enter").await;
    voyage.sees(&["scale kong from 1 to 3", "press y"]);
    voyage.meanwhile(kong(2)).await;
    voyage.press("y").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["CHANGED SINCE IT WAS PLANNED", "desired count", "scale kong from 2 to 3"]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    assert_eq!(verdict(&mut voyage, Duration::from_mins(5)).await, Verdict::Succeeded);
}

#[tokio::test]
async fn kong_stays_on_unless_it_is_typed_over() {
    let mut voyage = on("kong").await;
    voyage.press("x s 0 enter").await;
    voyage.sees(&["blocks, may be overridden", "min-tasks kong"]);
    voyage.press("y enter").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.press("esc x s 0 enter").await;
    voyage.sees(&["min-tasks kong"]);
    voyage.press("min-tasks space kong enter").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    assert_eq!(verdict(&mut voyage, Duration::from_mins(10)).await, Verdict::Succeeded);
}

#[tokio::test]
async fn somebody_who_changes_it_again_supersedes_the_operation() {
    let mut voyage = on("kong").await;
    voyage.press("x s 3 enter").await;
    voyage.screen();
    voyage.press("y").await;
    voyage.meanwhile(kong(1)).await;
    assert_eq!(verdict(&mut voyage, Duration::from_mins(5)).await, Verdict::Superseded);
    voyage.sees(&["superseded", "the desired count is 1 now, not 3"]);
}

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
async fn read_only_has_no_menu() {
    let mut voyage = on("kong").await;
    voyage.app.settings.read_only = true;
    voyage.press("x").await;
    voyage.sees(&["read-only"]);
    voyage.press(": redeploy").await;
    voyage.sees(&["nothing is called that"]);
    voyage.press("esc").await;
    assert_eq!(voyage.written.len(), 0);
}

/// How many tasks each of these is wanted to have.
fn desired(voyage: &Voyage, names: [&str; 3]) -> [u32; 3] {
    let scopes = voyage.app.estate.scopes.values();
    let services: Vec<_> = scopes.flat_map(|it| it.services.values()).filter_map(|it| it.value()).collect();
    let of = |name: &str| services.iter().flat_map(|it| it.values()).find(|it| it.name.as_str() == name);
    names.map(|name| of(name).expect("a service that is known").desired)
}

#[tokio::test]
async fn a_stack_is_woken_those_that_others_need_first_and_put_to_sleep_the_other_way_round() {
    const SLEEPERS: [&str; 3] = ["auth-service", "offers-service", "notifications-service"];
    // Nobody calls it for ten minutes.
    let mut voyage = Voyage::through(&["asleep"]);
    voyage.resize(120, 60).await;
    voyage.pass(60).await;
    voyage.walk_to("tsdevstack").await;
    voyage.press("x w").await;
    voyage.sees(&["wake auth-service, offers-service and notifications-service", "WHAT ALL OF IT COSTS"]);
    voyage.sees(&["wave 1: auth-service", "wave 2: offers-service", "wave 2: notifications-service"]);
    voyage.press("y").await;
    voyage.pass(10).await;
    assert_eq!(desired(&voyage, SLEEPERS), [1, 0, 0], "what others need comes first, and they wait for it");
    assert_eq!(verdict(&mut voyage, Duration::from_mins(6)).await, Verdict::Succeeded);
    assert_eq!(desired(&voyage, SLEEPERS), [1, 1, 1]);
    voyage.verdicts.clear();
    voyage.press("esc x z").await;
    voyage.sees(&["saves", "wave 1: offers-service", "wave 2: auth-service"]);
    voyage.press("y").await;
    voyage.pass(10).await;
    assert_eq!(desired(&voyage, SLEEPERS), [1, 0, 0], "what others need goes last");
    assert_eq!(verdict(&mut voyage, Duration::from_mins(6)).await, Verdict::Succeeded);
    assert_eq!(desired(&voyage, SLEEPERS), [0, 0, 0]);
    // Kong never sleeps, and nobody is offered that it should.
    voyage.press("esc 2").await;
    voyage.walk_to("kong").await;
    voyage.press("x").await;
    voyage.sees_no(&["start kong", "no task of kong"]);
}

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
    let arn = |it: &str| Arn::new(&format!("arn:aws:ecs:us-west-1:111122223333:{it}"));
    let change = ServiceChange { force: true, ..ServiceChange::default() };
    let (cluster, service) = (arn("cluster/mint-server"), arn("service/mint-server/mint-server"));
    let scope = Scope::new("mint", "us-west-1");
    let scope = voyage.app.estate.scopes.keys().find(|it| &*it.region == "us-west-1").cloned().unwrap_or(scope);
    voyage.meanwhile(WriteRequest { scope, write: Write::UpdateService { cluster, service, change } }).await;
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
