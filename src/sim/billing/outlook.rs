//! What will probably be spent a day: the basis of forecasts.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{super::world::World, HOURS_A_DAY, known_until, lines, usage::Usage};

/// Days that the deviation is worked out over, and the newest of them, whose mean is what is expected.
const LOOKED_AT: i64 = 28;
const NEWEST: usize = 7;

/// USD that a day will probably cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    pub a_day: Decimal,
    /// Standard deviation of a day, from the mean absolute one.
    pub deviation: Decimal,
}

/// The outlook of what `admits` lets through; `None` where nothing of it has been spent.
pub fn outlook(world: &World, account: &str, admits: impl Fn(&Usage) -> bool) -> Option<Outlook> {
    let today = known_until(world.now).div_euclid(HOURS_A_DAY);
    let of_day = |day: i64| -> Decimal {
        let hours = day * HOURS_A_DAY..(day + 1) * HOURS_A_DAY;
        lines(world, account, &hours).iter().filter(|line| admits(line.usage)).map(super::Line::cost).sum()
    };
    let days: Vec<Decimal> = (today - LOOKED_AT..today).map(of_day).collect();
    let newest = &days[days.len() - NEWEST..];
    let a_day = newest.iter().sum::<Decimal>() / Decimal::from(NEWEST);
    let strays: Decimal = days.iter().map(|day| (*day - a_day).abs()).sum();
    let deviation = strays / Decimal::from(LOOKED_AT) * Decimal::new(125, 2);
    (!a_day.is_zero()).then_some(Outlook { a_day, deviation })
}

/// What is expected between the newest that the bill knows and `to` (hours since the epoch).
pub fn still_to_come(outlook: &Outlook, now: Timestamp, to: i64) -> Decimal {
    let hours = (to - super::known(now)).max(0);
    outlook.a_day * Decimal::from(hours) / Decimal::from(HOURS_A_DAY)
}
