//! The scenarios that the program carries.

use super::{
    super::world::World,
    script::{Scenario, parse},
};
use crate::toml_file::{TextFile, one_of_these, quoted};

const FILES: [(&str, &str); 5] = [
    ("scenarios/everyday.toml", include_str!("../../../scenarios/everyday.toml")),
    ("scenarios/calm.toml", include_str!("../../../scenarios/calm.toml")),
    ("scenarios/bad-deploy.toml", include_str!("../../../scenarios/bad-deploy.toml")),
    ("scenarios/unhealthy-targets.toml", include_str!("../../../scenarios/unhealthy-targets.toml")),
    ("scenarios/session-surge.toml", include_str!("../../../scenarios/session-surge.toml")),
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
    let scenarios = shipped();
    let Some(scenario) = scenarios.iter().find(|scenario| scenario.name == name) else {
        let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        return Err(UnknownScenario { name: name.to_owned(), hint: one_of_these(name, &names) });
    };
    world.course.add(scenario, world.now);
    Ok(())
}
