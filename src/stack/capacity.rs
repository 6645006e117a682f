//! The `capacity` table: how many tasks and gateways, and which cache, so many sessions need.

use std::{fmt, ops::RangeInclusive, sync::Arc};

use crate::{
    domain::text::SafeText,
    toml_file::{At, Reported, Table, Value, all, one_of_these, quoted},
};

use super::{
    check::Found,
    parse::{at_least_one, plain, wire_name},
};

/// The capacity plan of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// Name of the stack's group of gateways.
    pub group: Arc<str>,
    /// Name of the stack's service that grows with the sessions.
    pub service: Option<Arc<str>>,
    /// Name of the stack's cache that does.
    pub cache: Option<Arc<str>>,
    /// From the fewest sessions to the most.
    pub tiers: Vec<Tier>,
}

/// What up to so many sessions need.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// The most sessions that it is enough for; `None` for any number.
    pub sessions: Option<u32>,
    pub tasks: Option<Span>,
    pub gateways: Option<Span>,
    /// Type of the cache's node.
    pub cache: Option<SafeText>,
    /// What the plan says besides.
    pub note: Option<SafeText>,
}

/// From so many to so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub least: u32,
    pub most: u32,
}

impl Span {
    pub fn range(self) -> RangeInclusive<u32> {
        self.least..=self.most
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most { write!(f, "{}", self.least) } else { write!(f, "{}–{}", self.least, self.most) }
    }
}

impl Capacity {
    /// The tier that so many sessions fall in; `None` where the plan ends below them.
    pub fn tier(&self, sessions: u32) -> Option<&Tier> {
        self.tiers.iter().find(|it| it.sessions.is_none_or(|most| sessions <= most))
    }
}

/// Reads the table.
pub fn capacity(value: Value<'_>) -> Result<Capacity, Reported> {
    value.table(|table| {
        let group = wire_name(table, "group");
        let service = table.value("service").map(|value| value.parse(plain)).transpose();
        let cache = table.value("cache").map(|value| value.parse(plain)).transpose();
        let tiers = table
            .value("tier")
            .map_or(Ok(Vec::new()), |value| all(value.items()?.into_iter().map(|item| item.table(tier))));
        let tiers = tiers?;
        ordered(table, &tiers)?;
        Ok(Capacity { group: group?, service: service?.map(Arc::from), cache: cache?.map(Arc::from), tiers })
    })
}

fn tier(table: &mut Table<'_>) -> Result<Tier, Reported> {
    let sessions = table.value("sessions").map(at_least_one).transpose();
    let tasks = table.value("tasks").map(span).transpose();
    let gateways = table.value("gateways").map(span).transpose();
    let cache = table.value("cache").map(|value| value.parse(plain)).transpose();
    let note = table.value("note").map(|value| value.parse(plain)).transpose();
    Ok(Tier {
        sessions: sessions?,
        tasks: tasks?,
        gateways: gateways?,
        cache: cache?.map(SafeText::from),
        note: note?.map(SafeText::from),
    })
}

/// Two numbers, the second no smaller than the first; one that is meant alone is given twice.
fn span(value: Value<'_>) -> Result<Span, Reported> {
    let numbers = all(value.items()?.into_iter().map(at_least_one))?;
    match numbers[..] {
        [least, most] if least <= most => Ok(Span { least, most }),
        _ => {
            let hint = "as [4, 6]; [2, 2] for exactly two".to_owned();
            Err(value.fault("expected two numbers, the second no smaller than the first", Some(hint)))
        }
    }
}

/// Tiers rise, and only the last may be open.
fn ordered(table: &Table<'_>, tiers: &[Tier]) -> Result<(), Reported> {
    if tiers.is_empty() {
        return Err(table.fault("the capacity plan has no tier", Some("add [[capacity.tier]]".to_owned())));
    }
    let rises = tiers.windows(2).all(|pair| match (pair[0].sessions, pair[1].sessions) {
        (Some(one), Some(next)) => one < next,
        (one, _) => one.is_some(),
    });
    if rises {
        return Ok(());
    }
    let hint = "each takes more sessions than the one before it; only the last may leave sessions out".to_owned();
    Err(table.fault("the tiers of the capacity plan do not rise", Some(hint)))
}

/// Notes names that the stack does not have.
pub fn names(table: &Table<'_>, capacity: &At<Capacity>, found: &Found) -> Result<(), Reported> {
    let plan = &capacity.value;
    let groups: Vec<&str> = found.groups.iter().map(|it| &*it.value.name).collect();
    let services: Vec<&str> = found.services.iter().map(|it| &*it.value.name).collect();
    let caches: Vec<&str> = found.caches.iter().map(|it| &*it.value.name).collect();
    let known = |what: &str, name: Option<&Arc<str>>, names: &[&str]| match name {
        Some(name) if !names.contains(&&**name) => {
            let message = format!("the capacity plan is about unknown {what} {}", quoted(name));
            Err(table.fault_at(capacity.place, message, one_of_these(name, names)))
        }
        _ => Ok(()),
    };
    [
        known("group", Some(&plan.group), &groups),
        known("service", plan.service.as_ref(), &services),
        known("cache", plan.cache.as_ref(), &caches),
    ]
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{Capacity, Span, capacity};
    use crate::toml_file;

    const PLAN: &str = "[capacity]\ngroup = 'g'\n[[capacity.tier]]\nsessions = 50\ngateways = [2, 2]\n\
                        [[capacity.tier]]\nsessions = 200\ngateways = [4, 6]\n[[capacity.tier]]\nnote = 'ask'\n";

    fn read(text: &str) -> Result<Capacity, Vec<String>> {
        let found = toml_file::read("x.toml", text, |table| table.required_value("capacity").and_then(capacity));
        found.map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn sessions_fall_in_the_first_tier_that_takes_them() {
        let plan = read(PLAN).unwrap();
        let gateways = |sessions| plan.tier(sessions).and_then(|it| it.gateways).map(|it| it.to_string());
        assert_eq!([gateways(0), gateways(50)], [Some("2".to_owned()), Some("2".to_owned())]);
        assert_eq!(gateways(51).as_deref(), Some("4–6"));
        assert_eq!(plan.tier(9_000).and_then(|it| it.note.clone()), Some("ask".into()));
        assert_eq!(plan.tiers[1].gateways, Some(Span { least: 4, most: 6 }));
    }

    #[test]
    fn tiers_rise_and_spans_are_no_riddles() {
        for (from, to) in [("sessions = 200", "sessions = 50"), ("sessions = 50\n", ""), ("[4, 6]", "[6, 4]")] {
            let faults = read(&PLAN.replace(from, to)).unwrap_err();
            assert_eq!(faults.len(), 1, "{from}: {faults:?}");
        }
        assert!(read("[capacity]\ngroup = 'g'").is_err(), "no tier");
    }
}
