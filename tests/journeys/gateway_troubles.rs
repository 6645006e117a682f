//! Nights with the gateways, from the signal to the verdict, by keys alone.

use std::time::Duration;

use quarterdeck::plan::operation::{group::drain::left, verdict::Verdict};

use super::{
    draining::{GROUP, TOO_FEW, confirm, lost, verdict},
    voyage::Voyage,
};

/// The smallest screen on which everything has to be done, and a wall of one.
const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

/// The console on the gateways of a world in which this goes wrong, once its signal stands.
async fn troubled(scenario: &str, rule: &str, (width, height): (u16, u16)) -> Voyage {
    let mut voyage = Voyage::through(&[scenario]);
    voyage.resize(width, height).await;
    voyage.press("5").await;
    for _ in 0..180 {
        voyage.pass_by(Duration::from_secs(5), Duration::from_secs(5)).await;
        if voyage.signal("terminal", rule).is_some() {
            return voyage;
        }
    }
    panic!("no signal {rule} within a quarter of an hour:\n{}", voyage.screen());
}

#[tokio::test]
async fn more_sessions_than_the_gateways_take_are_given_more_gateways() {
    for size in SIZES {
        add_gateways(troubled("session-surge", "sessions-near-limit", size).await).await;
    }
}

async fn add_gateways(mut voyage: Voyage) {
    voyage.walk_to(GROUP).await;
    voyage.press("x s 6 enter").await;
    voyage.sees(&["scale terminal-gateway-asg from", "to 6"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(15)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "6 wanted, 6 in service"]);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn after_a_gateway_is_lost_those_that_are_left_are_protected_and_another_is_added() {
    for size in SIZES {
        protect_and_add(troubled("gateway-lost", "gateway-lost", size).await).await;
    }
}

async fn protect_and_add(mut voyage: Voyage) {
    let died = lost(&voyage);
    assert!(died > 0, "it went with its sessions");
    voyage.walk_to(GROUP).await;
    voyage.press("x p").await;
    voyage.sees(&["protect every instance of terminal-gateway-asg from scale-in"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(5)).await, Verdict::Succeeded);
    voyage.press("esc x s 3 enter").await;
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(15)).await, Verdict::Succeeded);
    voyage.sees(&["3 wanted, 3 in service"]);
    assert_eq!(lost(&voyage), died, "nobody else was thrown out");
}

#[tokio::test]
async fn a_drain_that_waits_for_one_session_is_ended_by_its_number() {
    for size in SIZES {
        give_up_the_last(size).await;
    }
}

async fn give_up_the_last((width, height): (u16, u16)) {
    let mut voyage = Voyage::through(&["drain-stuck"]);
    voyage.resize(width, height).await;
    voyage.press("5").await;
    voyage.pass(30).await;
    voyage.press("x d").await;
    for word in ["within", "30m", "then", "wait"] {
        voyage.press(&format!("{word} space")).await;
    }
    voyage.press("enter").await;
    if height < 40 {
        voyage.press("pgdn").await;
    }
    voyage.sees(&["waited for as long as they last, and told after 30 m"]);
    confirm(&mut voyage, TOO_FEW).await;
    let left_now = |voyage: &Voyage| voyage.app.act.operations[0].group.as_ref().map_or(0, left);
    voyage.pass_by(Duration::from_mins(31), Duration::from_secs(20)).await;
    voyage.sees(&["passed,", "e gives them up by their number"]);
    for _ in 0..300 {
        if left_now(&voyage) <= 1 {
            break;
        }
        voyage.pass_by(Duration::from_mins(5), Duration::from_mins(1)).await;
    }
    assert_eq!(left_now(&voyage), 1, "all others end within a day:\n{}", voyage.screen());
    assert_eq!((lost(&voyage), voyage.verdicts.len()), (0, 0), "it waits for the one that does not end");
    voyage.press("e").await;
    voyage.sees(&["1 session would be lost: type the number"]);
    voyage.press("2 enter").await;
    voyage.sees(&["that is not the number of sessions"]);
    voyage.press("esc e").await;
    voyage.screen();
    voyage.press("1 enter").await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(15)).await, Verdict::Succeeded);
    voyage.sees(&["1 session lost, as it was typed"]);
    assert_eq!(lost(&voyage), 1);
}
