//! The five estates, as they stand when the world begins.
//!
//! Each is one file, built from the facts that its operators have written down. What those leave open is filled
//! with values that keep the world calm: every target healthy, no alarm but those that the facts themselves cause.

mod build;
mod cma;
pub mod generated;
mod mint_server;
mod reactive_notebook;
mod terminal;
mod tsdevstack;
mod unowned;

use jiff::Timestamp;

use super::{
    autoscaling, billing, cloudwatch,
    world::{Place, Region, Tick, World, sessions},
};

/// The account of terminal, tsdevstack, mint-server and reactive-notebook, and that of cma.
const SHARED_ACCOUNT: &str = "111122223333";
const CMA_ACCOUNT: &str = "444455556666";

/// Minutes of metrics that exist when the world begins.
const HISTORY_MINUTES: i64 = 24 * 60;

/// The same of sessions: how alike days are can be told from two of them.
const SESSION_MINUTES: i64 = 2 * HISTORY_MINUTES + 120;

/// Adds one estate to a region.
type Build = fn(&mut Region, &mut Tick<'_>);

/// What stands where.
const ESTATES: [(&str, &str, &[Build]); 4] = [
    (SHARED_ACCOUNT, "us-east-1", &[terminal::build, tsdevstack::build, mint_server::build_east]),
    (SHARED_ACCOUNT, "us-west-1", &[mint_server::build_west]),
    (SHARED_ACCOUNT, "eu-north-1", &[reactive_notebook::build]),
    (CMA_ACCOUNT, "eu-west-2", &[cma::build]),
];

/// The world with all five estates, calm, at `now`.
pub fn world(seed: u64, now: Timestamp) -> World {
    let mut world = World::new(seed, now);
    for (account, region, builds) in ESTATES {
        let place = Place::new(account, region);
        let region = world.regions.entry(place.clone()).or_default();
        let tick = &mut Tick { now, place: &place, random: &mut world.random };
        for build in builds {
            build(region, tick);
        }
        if place == Place::new(SHARED_ACCOUNT, "us-east-1") {
            billing::hold(region, unowned::HOLDING);
        }
        billing::begin(region, tick, seed);
        sessions::recall(region, tick, HISTORY_MINUTES..SESSION_MINUTES);
        sessions::begin(region, tick, HISTORY_MINUTES);
        autoscaling::seed::history(region, tick, HISTORY_MINUTES);
        cloudwatch::seed::gateways(region, tick.place);
        cloudwatch::seed::history(region, tick, HISTORY_MINUTES);
    }
    world
}

/// A world with terminal's gateways and their sessions and nothing else: for whoever lets whole days pass.
pub fn gateways(seed: u64, now: Timestamp) -> World {
    let mut world = World::new(seed, now);
    let place = Place::new(SHARED_ACCOUNT, "us-east-1");
    let region = world.regions.entry(place.clone()).or_default();
    let tick = &mut Tick { now, place: &place, random: &mut world.random };
    terminal::gateways_alone(region, tick);
    sessions::begin(region, tick, 60);
    autoscaling::seed::history(region, tick, 60);
    world
}

/// A world with what the stacks are billed for by the month and nothing that runs: for whoever lets weeks pass over bills.
pub fn bills(seed: u64, now: Timestamp) -> World {
    let held = [
        (
            SHARED_ACCOUNT,
            "us-east-1",
            vec![terminal::BILLED, tsdevstack::BILLED, mint_server::BILLED, unowned::HOLDING],
        ),
        (SHARED_ACCOUNT, "eu-north-1", vec![reactive_notebook::BILLED]),
        (CMA_ACCOUNT, "eu-west-2", vec![cma::BILLED]),
    ];
    let mut world = World::new(seed, now);
    for (account, region, holdings) in held {
        let place = Place::new(account, region);
        let region = world.regions.entry(place.clone()).or_default();
        for holding in holdings {
            billing::hold(region, holding);
        }
        billing::begin(region, &Tick { now, place: &place, random: &mut world.random }, seed);
    }
    world
}

#[cfg(test)]
mod tests;
