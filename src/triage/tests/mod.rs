//! Each rule from a hand-built estate to exact signals, and what must stay silent.

mod any_estate;
mod gateways;
mod health;
mod reading;
mod resources;
mod series;
mod services;
mod tasks;
mod timeline;

use std::collections::BTreeSet;

use super::{RULES, testing::Given};

#[test]
fn a_healthy_estate_is_silent() {
    assert_eq!(Given::healthy().told(), "");
}

#[test]
fn rules_have_unique_names_and_a_meaning() {
    let names: BTreeSet<_> = RULES.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), RULES.len());
    assert!(RULES.iter().all(|it| !it.meaning.is_empty() && !it.meaning.ends_with('.')));
}
