//! Which gateways go: those that nobody protects first, the emptiest of them, then those of the oldest template, then
//! those whose zone has the most.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::domain::group::{Instance, LaunchTemplate};

/// So many of the instances in service, in the order in which they go.
pub fn choose<'a>(
    in_service: &[&'a Instance],
    held: &BTreeMap<&str, u32>,
    template: Option<&LaunchTemplate>,
    number: usize,
) -> Vec<&'a Instance> {
    let mut left = in_service.to_vec();
    let mut chosen = Vec::new();
    while chosen.len() < number && !left.is_empty() {
        let in_zone = |zone: &str| left.iter().filter(|it| it.zone.as_str() == zone).count();
        let rank = |it: &Instance| {
            let sessions = held.get(it.id.as_str()).copied().unwrap_or(u32::MAX);
            let age = version(it, template);
            (it.protected, sessions, age, Reverse(in_zone(it.zone.as_str())), it.id.clone())
        };
        let Some(at) = (0..left.len()).min_by_key(|at| rank(left[*at])) else { break };
        chosen.push(left.remove(at));
    }
    chosen
}

/// The number of the version it was launched from; what cannot be read counts as new.
fn version(instance: &Instance, template: Option<&LaunchTemplate>) -> u64 {
    let known = instance.template_version.as_str().parse().ok();
    known.or_else(|| template?.version.as_str().parse().ok()).unwrap_or(u64::MAX)
}
