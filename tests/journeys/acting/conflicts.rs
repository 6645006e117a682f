//! Somebody else at the same service: between plan and write, after the write, and at the same moment.

use std::time::Duration;

use quarterdeck::plan::operation::verdict::Verdict;

use super::{AUTH, KONG, Voyage, calls, ends, go_to, on, recorded, service, verdict};

#[tokio::test]
async fn what_has_changed_since_is_shown_and_nothing_is_sent() {
    let mut voyage = on("kong").await;
    voyage.press("x s 3 enter").await;
    voyage.sees(&["scale kong from 1 to 3", "press y"]);
    voyage.meanwhile(KONG.scaled(2)).await;
    voyage.press("y").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["CHANGED SINCE IT WAS PLANNED", "desired count", "scale kong from 2 to 3"]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
    assert_eq!(verdict(&mut voyage, Duration::from_mins(5)).await, Verdict::Succeeded);
}

#[tokio::test]
async fn somebody_who_changes_it_again_supersedes_the_operation() {
    let mut voyage = on("kong").await;
    voyage.press("x s 3 enter").await;
    voyage.screen();
    voyage.press("y").await;
    voyage.meanwhile(KONG.scaled(1)).await;
    assert_eq!(verdict(&mut voyage, Duration::from_mins(5)).await, Verdict::Superseded);
    voyage.sees(&["superseded", "the desired count is 1 now, not 3"]);
}

/// Two consoles on one world, each with a journal of its own, both on a service.
async fn two_on(name: &str) -> (Voyage, Voyage) {
    let mut ada = on(name).await;
    let mut bob = ada.beside();
    go_to(&mut bob, name).await;
    ada.tick().await;
    (ada, bob)
}

/// Lets time pass for both, until each has a verdict.
async fn verdicts(ada: &mut Voyage, bob: &mut Voyage) -> [Verdict; 2] {
    for _ in 0..240 {
        if let (Some(one), Some(other)) = (ada.verdicts.first(), bob.verdicts.first()) {
            return [*one, *other];
        }
        ada.pass(5).await;
        bob.tick().await;
    }
    panic!("no verdicts:\n{}\n{}", ada.screen(), bob.screen());
}

#[tokio::test]
async fn of_two_consoles_the_second_is_shown_what_the_first_has_done() {
    let (mut ada, mut bob) = two_on("kong").await;
    for (voyage, keys) in [(&mut ada, "x s 3 enter"), (&mut bob, "x s 2 enter")] {
        voyage.press(keys).await;
        voyage.sees(&["press y to do it"]);
    }
    ada.press("y").await;
    assert_eq!(ada.written, ["ecs:UpdateService"]);
    bob.press("y").await;
    assert_eq!(bob.written.len(), 0);
    bob.sees(&["CHANGED SINCE IT WAS PLANNED: NOTHING WAS SENT", "desired count", "scale kong from 3 to 2"]);
    assert!(recorded(&bob).is_empty(), "nothing began");
    let told = ends(&mut ada, 5, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [("ecs:UpdateService", "done")]);
    assert_eq!(service(&mut ada, KONG).await.desired, 3);
}

#[tokio::test]
async fn a_deployment_that_another_console_began_bars_a_second_one() {
    let (mut ada, mut bob) = two_on("auth-service").await;
    for voyage in [&mut ada, &mut bob] {
        voyage.press("x r").await;
        voyage.sees(&["press y to do it"]);
    }
    for voyage in [&mut ada, &mut bob] {
        voyage.press("y").await;
    }
    assert_eq!((ada.written.len(), bob.written.len()), (1, 0));
    bob.sees(&["CHANGED SINCE IT WAS PLANNED", "blocks, may be overridden", "a deployment of auth-service"]);
    assert_eq!(service(&mut bob, AUTH).await.deployments.len(), 2);
}

/// Both have read the service anew before either has written: nobody can be stopped any more, and both must be told.
#[tokio::test]
async fn of_two_writes_at_the_same_moment_one_is_superseded_and_told_so() {
    let (mut ada, mut bob) = two_on("kong").await;
    for (voyage, keys) in [(&mut ada, "x s 3 enter"), (&mut bob, "x s 2 enter")] {
        voyage.withhold();
        voyage.press(keys).await;
        voyage.screen();
        voyage.press("y").await;
        voyage.sees(&["operation"]);
    }
    ada.release().await;
    bob.release().await;
    assert_eq!((ada.written.len(), bob.written.len()), (1, 1));
    assert_eq!(verdicts(&mut ada, &mut bob).await, [Verdict::Superseded, Verdict::Succeeded]);
    ada.sees(&["the desired count is 2 now, not 3"]);
    assert_eq!(service(&mut ada, KONG).await.desired, 2);
}

#[tokio::test]
async fn of_two_deployments_at_the_same_moment_one_is_superseded_and_told_so() {
    let (mut ada, mut bob) = two_on("auth-service").await;
    for voyage in [&mut ada, &mut bob] {
        voyage.withhold();
        voyage.press("x r").await;
        voyage.screen();
        voyage.press("y").await;
        voyage.sees(&["operation"]);
    }
    ada.release().await;
    bob.release().await;
    assert_eq!(verdicts(&mut ada, &mut bob).await, [Verdict::Superseded, Verdict::Succeeded]);
    for voyage in [&ada, &bob] {
        let [told] = recorded(voyage).try_into().expect("one operation each");
        assert_eq!(calls(&told), [("ecs:UpdateService", "done")]);
    }
}
