//! Each rule from a hand-built estate to exact signals, and what must stay silent.

mod any_estate;
mod causes;
mod figures;
mod gateways;
mod groups;
mod health;
mod precedence;
mod reading;
mod resources;
mod scaling;
mod series;
mod services;
mod spend;
mod tasks;
mod timeline;
mod zones;

use std::collections::BTreeSet;

use super::{RULES, testing::Given};

#[test]
fn a_healthy_estate_is_silent() {
    assert_eq!(Given::healthy().told(), "");
}

#[test]
fn rules_have_unique_names_and_words() {
    let names: BTreeSet<_> = RULES.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        for words in [rule.meaning, rule.severity, rule.fires, rule.evidence, rule.next] {
            assert!(!words.is_empty() && !words.ends_with('.'), "{}: {words}", rule.name);
        }
    }
}
