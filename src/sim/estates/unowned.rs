//! What somebody left behind in the shared account: paid for, and tagged by nobody.

use crate::sim::billing::{Holding, usage};

/// A volume without an instance, an address without anything behind it, and the logs of a trail.
pub const HOLDING: Holding = Holding {
    project: None,
    clusters: &[],
    groups: &[],
    balancers: &[],
    databases: &[],
    caches: &[],
    gateways: 0,
    through_gateways: 0,
    monthly: &[(usage::VOLUME, 120), (usage::IDLE_ADDRESS, 730), (usage::OBJECTS, 310)],
};
