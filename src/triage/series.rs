//! Metric series as rules read them.

use jiff::Timestamp;

use super::context::Place;
use crate::{
    domain::target::TargetGroup,
    metrics::{Measure, Measured, catalogue, window::FINE},
};

/// What is measured of a target group.
pub fn figures(place: Place<'_>, group: &TargetGroup) -> Vec<Measured> {
    catalogue::of_target_group(place.scope, group, true)
}

/// The points of a measure among `found`, oldest first, one a minute; those without data are not there. `None` where it
/// has not been read.
pub fn points<'a>(place: Place<'a>, found: &[Measured], measure: Measure) -> Option<&'a [(Timestamp, f64)]> {
    let read = found.iter().find(|it| it.measure == measure)?.read(FINE);
    Some(&place.known.metrics.value()?.get(&read)?.points)
}
