//! Services: what is business as usual stays silent, what is not is told in order.

use quarterdeck::sim::{
    ecs::{self, Behaviour},
    elb::Probe,
};

use super::watch::{IMAGE, Watch};

const CRASH: Behaviour = Behaviour::Crash { after_seconds: 3.0, exit_code: 1 };

fn push(watch: &Watch, behaviour: Behaviour) {
    watch.sim.with_world(|world| {
        let now = world.now;
        for region in world.regions.values_mut() {
            ecs::push_image(region, IMAGE, behaviour, now);
        }
    });
}

fn behave(watch: &Watch, behaviour: Behaviour) {
    watch.sim.with_world(|world| {
        for region in world.regions.values_mut() {
            ecs::set_behaviour(region, IMAGE, behaviour);
        }
    });
}

#[tokio::test]
async fn hours_of_calm_are_silent() {
    let mut watch = Watch::begin(true).await;
    assert_eq!(watch.over(2 * 60).await, [""]);
}

#[tokio::test]
async fn a_good_deployment_is_silent_from_begin_to_end() {
    let mut watch = Watch::begin(true).await;
    push(&watch, Behaviour::Healthy);
    watch.redeploy().await;
    assert_eq!(watch.over(30).await, [""]);
}

#[tokio::test]
async fn scaling_out_and_in_is_silent() {
    let mut watch = Watch::begin(true).await;
    watch.scale(6).await;
    assert_eq!(watch.over(15).await, [""]);
    watch.scale(1).await;
    assert_eq!(watch.over(15).await, [""]);
}

#[tokio::test]
async fn falling_asleep_and_waking_are_notices() {
    let mut watch = Watch::begin(true).await;
    watch.stack.services[0].may_sleep = true;
    watch.scale(0).await;
    assert_eq!(watch.over(15).await, ["", "notice services-asleep terminal"]);
    watch.scale(2).await;
    assert_eq!(watch.over(15).await, ["notice services-waking terminal", ""]);
}

#[tokio::test]
async fn a_bad_deployment_is_told_and_its_rollback_for_an_hour() {
    let mut watch = Watch::begin(true).await;
    push(&watch, CRASH);
    watch.redeploy().await;
    assert_eq!(
        watch.over(80).await,
        ["", "notice rollout-faltering terminal-api", "warning rollout-rolled-back terminal-api", ""]
    );
}

#[tokio::test]
async fn without_a_breaker_a_bad_deployment_is_a_crash_loop_while_the_old_tasks_serve() {
    let mut watch = Watch::begin(false).await;
    push(&watch, CRASH);
    watch.redeploy().await;
    assert_eq!(watch.over(14).await, ["", "notice rollout-faltering terminal-api", "warning crash-loop terminal-api"]);
    let told = watch.look().await;
    assert!(told[0].summary.as_str().starts_with("terminal-api runs 2 of 2 tasks: "), "{:?}", told[0]);
    assert!(told[0].summary.as_str().contains("tasks exited with code 1 in "), "{:?}", told[0]);
}

#[tokio::test]
async fn running_tasks_that_begin_to_crash_are_critical() {
    let mut watch = Watch::begin(true).await;
    behave(&watch, CRASH);
    assert_eq!(watch.over(20).await, ["", "critical crash-loop terminal-api"]);
    behave(&watch, Behaviour::Healthy);
    assert_eq!(watch.over(20).await.last().map(String::as_str), Some(""));
}

#[tokio::test]
async fn tasks_that_stop_answering_make_the_balancer_fail_open() {
    let mut watch = Watch::begin(true).await;
    behave(&watch, Behaviour::Unhealthy { probe: Probe::Status(503) });
    assert_eq!(
        watch.over(5).await,
        ["", "warning targets-unhealthy terminal-api-tg", "critical failing-open terminal-api-tg"]
    );
    behave(&watch, Behaviour::Healthy);
    assert_eq!(watch.over(30).await.last().map(String::as_str), Some(""));
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_is_one_signal_before_and_after_its_rollback() {
    let mut watch = Watch::begin(true).await;
    push(&watch, Behaviour::Unpullable);
    watch.redeploy().await;
    let told = watch.over(40).await;
    let expected = ["", "warning image-unpullable terminal-api", "warning rollout-rolled-back terminal-api"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn tasks_killed_for_memory_are_one_signal_that_says_so() {
    let mut watch = Watch::begin(true).await;
    behave(&watch, Behaviour::OutOfMemory { after_seconds: 20.0 });
    let told = watch.over(15).await;
    assert_eq!(told.first().map(String::as_str), Some(""));
    assert!(told[1..].iter().all(|it| it.ends_with(" out-of-memory terminal-api")), "{told:?}");
    assert!(told.iter().any(|it| it.starts_with("critical ")), "{told:?}");
    behave(&watch, Behaviour::Healthy);
    assert_eq!(watch.over(40).await.last().map(String::as_str), Some(""));
}
