//! Production is named before it is changed: the name is typed.

use super::{Case, Found};
use crate::{plan::model::Weight, stack::model::Environment};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let stacks = case.drafts.iter().filter_map(|it| it.seen.stack);
    let mut production: Vec<_> = stacks.filter(|it| it.environment == Environment::Production).collect();
    production.dedup_by(|one, other| one.name == other.name);
    let found = |name| Found::new(Weight::Passes, None, format!("{name} is production: its name is typed to confirm"));
    production.into_iter().map(|it| found(&it.name)).collect()
}
