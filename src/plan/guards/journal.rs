//! A line of the journal cannot be read: somebody's operation might be missing.
//!
//! It warns: that nothing is sent twice rests on nothing being sent after a restart, and what is under way in AWS is read
//! for every plan.

use super::{Case, Found};
use crate::plan::model::Weight;

/// What is not known where a line cannot be read.
pub const UNKNOWN: &str = "an operation that it tells of is not known here: see whether anybody else is at it";

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let unread = case.conditions.unread.into_iter();
    unread.map(|it| Found::new(Weight::Warns, None, it.to_string()).with(UNKNOWN)).collect()
}
