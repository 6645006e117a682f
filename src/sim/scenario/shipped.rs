//! The scenarios that the program carries.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::world::World,
    script::{Scenario, parse},
};
use crate::toml_file::{TextFile, one_of_these, quoted};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$((concat!("scenarios/", $name, ".toml"), include_str!(concat!("../../../scenarios/", $name, ".toml")))),*]
    };
}

const FILES: [(&str, &str); 21] = shipped![
    "everyday",
    "calm",
    "bad-deploy",
    "unhealthy-targets",
    "session-surge",
    "gateway-lost",
    "drain-stuck",
    "gateway-notice",
    "latency-regression",
    "spot-interruption",
    "asleep",
    "image-missing",
    "out-of-memory",
    "az-outage",
    "throttled",
    "expired-credentials",
    "access-denied",
    "slow-network",
    "dead-emulator",
    "cost-spike",
    "cost-explorer-off",
];

/// A name that no shipped scenario has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scenario {}{}", quoted(.name), .hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})")))]
pub struct UnknownScenario {
    pub name: String,
    /// The nearest name, or all of them.
    pub hint: Option<String>,
}

/// The shipped files.
pub fn shipped_files() -> Vec<TextFile> {
    FILES.iter().map(|(name, text)| TextFile::shipped(name, text)).collect()
}

/// The shipped scenarios. (That all of them can be read is tested.)
pub fn shipped() -> Vec<Scenario> {
    shipped_files().iter().filter_map(|file| parse(file).ok()).collect()
}

/// Starts a shipped scenario now, beside those under way.
pub fn start(world: &mut World, name: &str) -> Result<(), UnknownScenario> {
    start_after(world, name, SignedDuration::ZERO)
}

/// The shipped scenario of this name.
pub fn named(name: &str) -> Result<Scenario, UnknownScenario> {
    let mut scenarios = shipped();
    if let Some(at) = scenarios.iter().position(|scenario| scenario.name == name) {
        return Ok(scenarios.swap_remove(at));
    }
    let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    Err(UnknownScenario { name: name.to_owned(), hint: one_of_these(name, &names) })
}

/// Lets a scenario begin when so much of the world's time has passed.
pub fn begin_after(world: &mut World, scenario: &Scenario, after: SignedDuration) {
    let begins = world.now.saturating_add(after).unwrap_or(Timestamp::MAX);
    world.course.add(scenario, begins);
}

/// The same by name.
pub fn start_after(world: &mut World, name: &str, after: SignedDuration) -> Result<(), UnknownScenario> {
    begin_after(world, &named(name)?, after);
    Ok(())
}
