//! Other numbers of tasks, and what becomes of auto scaling, by keys.

use std::time::Duration;

use quarterdeck::{
    domain::write::{Suspension, Write, WriteRequest},
    plan::operation::verdict::Verdict,
};

use super::{API, STEP, TERMINAL, Voyage, Who, calls, ends, on, running, scalable, service};

const REGISTER: (&str, &str) = ("application-autoscaling:RegisterScalableTarget", "done");
const UPDATE: (&str, &str) = ("ecs:UpdateService", "done");

/// Plans a number of tasks of a service, looks at the plan, and confirms it.
async fn scale(voyage: &mut Voyage, who: Who, keys: &str, words: &[&str]) {
    // All of the plan on one screen.
    voyage.resize(120, 90).await;
    voyage.press(&format!("x s {keys} enter")).await;
    voyage.sees(words);
    voyage.press(&format!("{} tab load enter", who.name)).await;
}

#[tokio::test]
async fn more_tasks_are_set_and_run() {
    let mut voyage = on("terminal-api").await;
    scale(&mut voyage, TERMINAL, "4", &["scale terminal-api from 2 to 4", "2 tasks", "USD/h"]).await;
    let told = ends(&mut voyage, 10, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [UPDATE]);
    assert_eq!((service(&mut voyage, TERMINAL).await.desired, running(&mut voyage, TERMINAL).await.len()), (4, 4));
}

/// At night its policy would take the tasks away again at once: it is suspended before.
#[tokio::test]
async fn the_range_is_widened_to_hold_the_count() {
    let mut voyage = on("cma-api-production").await;
    let suspended = Some(Suspension { scale_in: true, scale_out: true, scheduled: true });
    let resource = "service/cma-production/cma-api-production".into();
    let write = Write::RegisterScalableTarget { resource, range: None, suspended };
    voyage.meanwhile(WriteRequest { scope: API.scope(), write }).await;
    voyage.pass(60).await;
    scale(&mut voyage, API, "12 tab", &["auto scaling range", "- 2–10", "+ 2–12"]).await;
    let told = ends(&mut voyage, 15, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [REGISTER, UPDATE]);
    let target = scalable(&mut voyage, API).await;
    assert_eq!((target.min, target.max, target.suspended_in), (2, 12, true), "the rest of it stays");
    assert_eq!(running(&mut voyage, API).await.len(), 12);
}

#[tokio::test]
async fn it_is_suspended_to_leave_the_count_alone() {
    let mut voyage = on("cma-api-production").await;
    scale(&mut voyage, API, "1 tab tab", &["auto scaling is suspended and leaves the count alone"]).await;
    let told = ends(&mut voyage, 10, Verdict::Succeeded).await;
    assert_eq!(calls(&told), [REGISTER, UPDATE]);
    let target = scalable(&mut voyage, API).await;
    assert_eq!((target.min, target.max), (2, 10));
    assert!(target.suspended_in && target.suspended_out && target.suspended_scheduled, "{target:?}");
    voyage.pass_by(Duration::from_mins(10), STEP).await;
    assert_eq!(service(&mut voyage, API).await.desired, 1, "nobody sets it again");
}

#[tokio::test]
async fn what_is_set_outside_its_range_is_warned_of_and_superseded_when_auto_scaling_sets_it_again() {
    let mut voyage = on("cma-api-production").await;
    scale(&mut voyage, API, "12", &["warns", "auto scaling keeps 2–10: it will set 10 again"]).await;
    let told = ends(&mut voyage, 20, Verdict::Superseded).await;
    assert_eq!(calls(&told), [UPDATE]);
    assert!(service(&mut voyage, API).await.desired <= 10);
}

#[tokio::test]
async fn auto_scaling_is_suspended_and_resumed_with_all_three_flags_at_once() {
    let mut voyage = on("cma-api-production").await;
    for (key, word, off) in [("p", "suspend", true), ("u", "resume", false)] {
        voyage.press(&format!("x {key}")).await;
        voyage.sees(&["scale-in", "scale-out", "scheduled scaling", "type cma-api-production"]);
        voyage.press("cma-api-production tab load enter").await;
        let told = ends(&mut voyage, 5, Verdict::Succeeded).await;
        assert!(told.begun.verb.as_str().starts_with(word), "{}", told.begun.verb);
        assert_eq!(calls(&told), [REGISTER]);
        let target = scalable(&mut voyage, API).await;
        let flags = [target.suspended_in, target.suspended_out, target.suspended_scheduled];
        assert_eq!((flags, target.min, target.max), ([off; 3], 2, 10));
        voyage.press("esc").await;
        voyage.pass(90).await;
    }
}
