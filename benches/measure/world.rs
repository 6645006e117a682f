//! A console over a generated world, in this process.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
    app::{
        msg::Msg,
        settings::{Reads, Settings, WorldKind},
        update::update,
    },
    domain::id::Scope,
    journal::Journal,
    keymap,
    runtime::{
        bills::Bills,
        mutes::Mutes,
        start::{Simulated, Source, Started, start},
    },
    sim::estates::generated,
    stack, theme,
};

/// The large world of the targets.
pub const LARGE: &str = "services=1000,tasks=10000,target-groups=200,groups=50";

/// A console that looks around in a world of this extent; every answer takes `latency`.
pub async fn generated(extent: &str, latency: Duration) -> Started {
    let simulated = Simulated {
        scenarios: Vec::new(),
        extent: Some(extent.parse().expect("an extent")),
        speed: 1.0,
        seed: 7,
        latency,
    };
    let mut started = start(
        Source::Embedded(simulated),
        Vec::new(),
        settings(),
        Journal::in_memory(),
        Bills::in_memory(true),
        Mutes::in_memory(),
    )
    .await
    .expect("a console");
    started.app.discover(Scope::new("simulator", generated::REGION));
    started
}

/// A console on the five estates.
pub async fn estates() -> Started {
    let simulated = Simulated { scenarios: Vec::new(), extent: None, speed: 1.0, seed: 7, latency: Duration::ZERO };
    let stacks = stack::bundled().expect("the bundled stacks");
    start(
        Source::Embedded(simulated),
        stacks,
        settings(),
        Journal::in_memory(),
        Bills::in_memory(true),
        Mutes::in_memory(),
    )
    .await
    .expect("a console")
}

fn settings() -> Settings {
    Settings {
        read_only: false,
        heeds_notices: false,
        no_cost: true,
        narrowed: false,
        keymap: Arc::new(keymap::load("default", &[]).expect("the default keymap")),
        themes: theme::names(&[]),
        world: WorldKind::Aws,
        reads: Reads::Estate,
        calls_per_minute: 300,
    }
}

/// Tells the console something and does what it wants done about it.
pub fn tell(started: &mut Started, msg: Msg) {
    for effect in update(&mut started.app, msg) {
        started.performer.perform(effect);
    }
}

/// Runs something asynchronous to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(future);
    runtime.shutdown_background();
    answer
}
