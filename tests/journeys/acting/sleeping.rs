//! Services that sleep at zero tasks, by keys.

use std::time::Duration;

use quarterdeck::plan::operation::verdict::Verdict;

use super::{Voyage, verdict};

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
    voyage.sees(&["wake auth-service, offers-service and notifications-service", "if kept (730 h, at list prices"]);
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
