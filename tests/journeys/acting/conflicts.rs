//! Somebody else at the same service: between plan and write, after the write, and at the same moment.

use std::time::Duration;

use quarterdeck::{
    domain::write::{ScalingRange, Suspension, Write, WriteRequest},
    plan::operation::verdict::Verdict,
};

use super::{
    API, AUTH, FRONTEND, KONG, On, TERMINAL, Voyage, WEST, WORKERS, calls, ends, go_to, on, recorded, running, service,
    verdict,
};

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

/// Both are told what AWS made of it: of two deployments the earlier is superseded, of two that want the same thing both
/// have it.
#[tokio::test]
async fn of_two_operations_at_the_same_moment_each_is_told_what_became_of_it() {
    use Verdict::{Succeeded, Superseded};
    let workers = "cma-workers-production tab spot enter";
    let rows = [
        ("redeploy", On::Service("auth-service"), "x r", "y", [Superseded, Succeeded]),
        ("deploy", On::Service("auth-service"), "x d enter", "y", [Superseded, Succeeded]),
        ("several", On::Stack("cma"), "x d enter", "cma tab release enter", [Superseded, Succeeded]),
        ("move", On::Service("cma-workers-production"), "x m", workers, [Superseded, Succeeded]),
        ("stop task", On::TaskOf(AUTH), "x k", "y", [Succeeded, Succeeded]),
        ("suspend", On::Service(API.name), "x p", "cma-api-production tab load enter", [Succeeded, Succeeded]),
    ];
    for (name, on, keys, confirm, wanted) in rows {
        let mut ada = on.begin().await;
        let mut bob = ada.beside();
        on.find(&mut bob).await;
        ada.tick().await;
        for voyage in [&mut ada, &mut bob] {
            voyage.withhold();
            voyage.press(keys).await;
            voyage.screen();
            voyage.press(confirm).await;
            voyage.sees(&["operation"]);
        }
        ada.release().await;
        bob.release().await;
        assert_eq!(verdicts(&mut ada, &mut bob).await, wanted, "{name}");
        for voyage in [&ada, &bob] {
            let [told] = recorded(voyage).try_into().expect("one operation each");
            assert!(calls(&told).iter().all(|(_, ended)| *ended == "done"), "{name}: {:?}", calls(&told));
        }
    }
}

/// Between plan and confirmation somebody else is at it: nothing is sent, and what has changed is shown.
#[tokio::test]
async fn whatever_is_planned_what_has_changed_since_is_shown_and_nothing_is_sent() {
    let ranged = |suspended| {
        let range = Some(ScalingRange { min: 3, max: 9 }).filter(|_| suspended);
        let suspended = (!suspended).then_some(Suspension { scale_in: true, scale_out: false, scheduled: false });
        let resource = "service/cma-production/cma-api-production".into();
        WriteRequest { scope: API.scope(), write: Write::RegisterScalableTarget { resource, range, suspended } }
    };
    let api = "cma-api-production tab load enter";
    let cma = "cma tab release enter";
    let rows = [
        ("deploy", On::Service("auth-service"), "x d enter", "y", AUTH.redeployed(), "deployment"),
        (
            "rollback",
            On::Service("terminal-api"),
            "x b",
            "terminal-api tab bad enter",
            TERMINAL.redeployed(),
            "deployment",
        ),
        ("several", On::Stack("cma"), "x d enter", cma, FRONTEND.redeployed(), "deployment"),
        ("waves", On::Stack("mint-server"), "x r", "mint-server tab leak enter", WEST.redeployed(), "in us-west-1"),
        (
            "move",
            On::Service(WORKERS.name),
            "x m",
            "cma-workers-production tab spot enter",
            WORKERS.redeployed(),
            "deployment",
        ),
        ("suspend", On::Service(API.name), "x p", api, ranged(true), "auto scaling"),
        ("suspend and scale", On::Service(API.name), "x s 1 tab tab enter", api, ranged(false), "auto scaling"),
        ("sleep", On::Service("kong"), "x s 3 enter", "y", KONG.redeployed(), "deployment"),
    ];
    for (name, on, keys, confirm, meanwhile, says) in rows {
        let mut voyage = on.begin().await;
        voyage.resize(120, 90).await;
        voyage.press(keys).await;
        voyage.screen();
        voyage.meanwhile(meanwhile).await;
        voyage.press(confirm).await;
        let screen = voyage.screen();
        assert!(screen.contains("CHANGED SINCE IT WAS PLANNED"), "{name}:\n{screen}");
        let mut changed = screen.lines().filter(|it| it.starts_with("  ! "));
        assert!(changed.any(|it| it.contains(says)), "{name}:\n{screen}");
        assert_eq!((voyage.written.len(), voyage.begun.len()), (0, 0), "{name}");
    }
}

/// The plan of a stopped task rests on that task, and on how many run beside it.
#[tokio::test]
async fn a_task_that_has_gone_meanwhile_is_not_stopped_and_one_that_is_left_alone_is_planned_again() {
    for (stops_it, says) in [(true, "is stopped or stopping already"), (false, "CHANGED SINCE IT WAS PLANNED")] {
        let mut voyage = On::TaskOf(TERMINAL).begin().await;
        let chosen = voyage.under_cursor();
        voyage.press("x k").await;
        voyage.sees(&["type terminal-api"]);
        let tasks = running(&mut voyage, TERMINAL).await;
        let is_it = |it: &&quarterdeck::domain::task::Task| (it.arn.wire() == &*chosen.key) == stops_it;
        let task = tasks.iter().find(is_it).expect("two tasks").arn.clone();
        let cluster = TERMINAL.arn("cluster", TERMINAL.cluster);
        let write = Write::StopTask { cluster, task, reason: "by somebody else".into() };
        voyage.meanwhile(WriteRequest { scope: TERMINAL.scope(), write }).await;
        voyage.sim.advance(Duration::from_secs(5));
        voyage.press("terminal-api tab stuck enter").await;
        voyage.sees(&[says]);
        assert_eq!((voyage.written.len(), voyage.begun.len()), (0, 0));
    }
}
