//! The real binary on the simulator: in its own process, and attached to one that is served.

use serde_json::{Value, json};

use crate::{
    console::{Ended, Home, at},
    interop::Served,
};

/// The ids of all gateways, which are a world's own.
fn gateways(look: &Ended) -> Vec<Value> {
    assert_eq!((look.code, look.complained.as_str()), (0, ""), "{look:?}");
    let document = look.document();
    assert_eq!(*at(&document, "/schema"), "quarterdeck.status/1");
    assert_eq!(*at(&document, "/complete"), json!(true));
    let groups = at(&document, "/stacks").as_array().expect("stacks").iter().filter_map(|it| it["groups"].as_array());
    let instances = groups.flatten().filter_map(|it| it["instances"].as_array()).flatten();
    let ids: Vec<Value> = instances.map(|it| it["id"].clone()).collect();
    assert!(!ids.is_empty(), "no gateways: {document:#}");
    ids
}

#[test]
fn a_demo_is_calm_and_an_attached_one_sees_the_world_that_is_served() {
    let home = Home::new("demo");
    let demo = home.run("--demo status");
    assert_eq!(demo.code, 0, "{demo:?}");
    assert!(demo.said.contains("UTC  1 notice\n"), "the dead alarm of the terminal estate: {}", demo.said);
    assert!(demo.said.contains("tsdevstack  development  ok"), "{}", demo.said);

    let served = Served::start_with(&["--seed", "8"]);
    let attached = || gateways(&home.run(&format!("--demo --endpoint-url {} status --json", served.endpoint)));
    let seen = attached();
    assert_eq!(attached(), seen);
    assert_ne!(gateways(&home.run("--demo status --json")), seen, "a world of another seed has other instances");
}
