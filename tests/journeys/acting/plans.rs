//! From the menu to a plan, and what confirms it.

use std::time::Duration;

use quarterdeck::plan::operation::verdict::Verdict;

use super::{AUTH, TERMINAL, on, recorded, service, verdict};

#[tokio::test]
async fn the_menu_holds_what_applies_and_nothing_else() {
    let mut voyage = on("cma-api-production").await;
    voyage.press("x").await;
    voyage.sees(&["act on service cma-api-production", "deploy", "redeploy", "rollback", "scale", "suspend-scaling"]);
    voyage.sees_no(&["stop-task", "resume-scaling"]);
    voyage.press("esc 8 x").await;
    voyage.sees(&["no change can be made here"]);
}

#[tokio::test]
async fn what_a_key_was_answered_with_goes_with_the_screen() {
    let mut voyage = on("cma-api-production").await;
    voyage.press("8 x").await;
    voyage.sees(&["no change can be made here: go to a service, task, deployment, group or gateway"]);
    voyage.press("esc").await;
    voyage.sees_no(&["no change can be made"]);
}

#[tokio::test]
async fn what_was_typed_in_a_form_is_there_again_after_a_refusal() {
    let mut voyage = on("auth-service").await;
    voyage.press("x d").await;
    voyage.press("1.9.l enter").await;
    voyage.sees(&["cannot deploy", "is not in its repository", "back to what you typed"]);
    voyage.press("esc").await;
    voyage.sees(&["deploy to auth-service", "1.9.l"]);
    voyage.press("backspace 1 enter").await;
    voyage.sees(&["deploy tsdevstack/auth-service:1.9.1 to auth-service"]);
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

#[tokio::test]
async fn a_plan_that_has_expired_is_made_anew_by_one_key_and_keeps_what_was_typed() {
    let mut voyage = on("terminal-api").await;
    voyage.press("x r").await;
    voyage.sees(&["type terminal-api and press enter"]);
    voyage.press("terminal-api tab leak").await;
    // Five minutes of whoever reads, in a world that is five times as fast.
    voyage.pass_by(Duration::from_mins(20), Duration::from_secs(5)).await;
    voyage.sees(&["holds for", "type terminal-api and press enter"]);
    voyage.pass_by(Duration::from_mins(6), Duration::from_secs(5)).await;
    voyage.sees(&[", expired", "enter plans it anew and keeps what is typed (terminal-api)", "leak"]);
    voyage.press("enter").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["holds for", "type terminal-api and press enter", "text: terminal-api", "why:  leak"]);
    voyage.press("enter").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    let told = recorded(&voyage).pop().expect("an operation");
    assert_eq!(told.begun.reason.as_ref().map(AsRef::as_ref), Some("leak"));
}

#[tokio::test]
async fn what_has_changed_while_a_plan_expired_is_told_and_the_text_is_typed_again() {
    let mut voyage = on("terminal-api").await;
    voyage.press("x s 3 enter").await;
    voyage.screen();
    voyage.press("terminal-api tab load").await;
    voyage.meanwhile(TERMINAL.scaled(4)).await;
    voyage.pass_by(Duration::from_mins(26), Duration::from_secs(5)).await;
    voyage.press("enter").await;
    voyage.sees(&["CHANGED SINCE IT WAS PLANNED", "desired count", "why:  load"]);
    voyage.sees_no(&["text: terminal-api"]);
    voyage.press("enter").await;
    assert_eq!(voyage.written.len(), 0);
    assert_eq!(service(&mut voyage, TERMINAL).await.desired, 4);
}

#[tokio::test]
async fn a_plan_confirmed_by_a_key_is_made_anew_by_the_same_key() {
    let mut voyage = on("auth-service").await;
    voyage.press("x r").await;
    voyage.screen();
    voyage.pass_by(Duration::from_mins(26), Duration::from_secs(5)).await;
    voyage.sees(&["expired: y plans it anew"]);
    voyage.press("y").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["press y to do it"]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    assert!(service(&mut voyage, AUTH).await.is_deploying());
}

/// One operation is confirmed by one name and watched by the rules of one stack.
#[tokio::test]
async fn services_of_two_stacks_that_are_marked_are_no_one_operation() {
    let mut voyage = on("cma-api-production").await;
    voyage.press("space").await;
    voyage.walk_to("kong").await;
    voyage.press("space").await;
    for (keys, verb) in [("x d", "deploy"), ("x r", "redeploy"), ("x b", "roll back")] {
        voyage.press(keys).await;
        voyage.sees(&[&format!("cannot {verb}"), "these services belong to cma and tsdevstack"]);
        voyage.press("y enter esc").await;
    }
    assert_eq!((voyage.written.len(), voyage.begun.len()), (0, 0));
}

#[tokio::test]
async fn several_operations_run_at_once_and_each_has_its_verdict() {
    let mut voyage = on("kong").await;
    voyage.press("x s 2 enter").await;
    voyage.screen();
    voyage.press("y esc").await;
    voyage.walk_to("auth-service").await;
    voyage.press("x r").await;
    voyage.screen();
    voyage.press("y").await;
    voyage.sees(&["redeploy auth-service"]);
    voyage.press("esc").await;
    voyage.sees(&["(2 under way)"]);
    voyage.press("o").await;
    voyage.sees(&["operation", "redeploy auth-service"]);
    voyage.press("tab").await;
    voyage.sees(&["operation", "scale kong from 1 to 2"]);
    for _ in 0..120 {
        if voyage.verdicts.len() == 2 {
            break;
        }
        voyage.pass(10).await;
    }
    assert_eq!(voyage.verdicts, [Verdict::Succeeded, Verdict::Succeeded]);
    assert_eq!(voyage.bells, 2);
}
