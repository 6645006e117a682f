//! Bills for tests: of November 2026, in us-east-1.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use crate::domain::{
    cost::bill::{Bill, Day, Line},
    money::Currency,
};

/// What October and November cost, these days of November aside.
pub fn bill(days: Vec<(Date, Day)>) -> Bill {
    let mut all: BTreeMap<Date, Day> = BTreeMap::new();
    for (date, day) in days {
        let known = all.entry(date).or_default();
        known.estimated |= day.estimated;
        known.lines.extend(day.lines);
    }
    Bill { currency: Currency::USD, from: date(2026, 10, 1), until: date(2026, 11, 22), days: all, pages: 1 }
}

/// A day of November.
pub fn day(day: i8, lines: Vec<Line>) -> (Date, Day) {
    (date(2026, 11, day), Day { estimated: true, lines })
}

pub fn line(service: &str, usage_type: &str, cost: &str, quantity: &str, unit: &str) -> Line {
    Line {
        service: service.into(),
        usage_type: usage_type.into(),
        cost: cost.parse().expect("an amount"),
        quantity: quantity.parse().expect("a quantity"),
        unit: unit.into(),
    }
}
