//! The bill: what the world has used, metered minute by minute, at list prices.
//!
//! ```text
//! holdings (what is billed) ─▶ meter, every minute ─▶ hours ─┐
//!                  at the beginning: what calm use is ─▶ past ┴▶ lines ─▶ costexplorer, budgets
//! ```
//!
//! The half-year before the world began is made up from what it used when it began. Nothing here draws from the world's
//! chance: what strays from day to day follows from the seed and the day alone.
//!
//! Invariant: quantities are whole millionths and prices decimals, so that whatever is added up in whatever order gives
//! the same money.

mod budget;
mod holding;
mod outlook;
mod prices;
mod surge;
#[cfg(test)]
mod tests;
pub mod usage;

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    ops::Range,
};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

pub use self::{
    budget::{Budget, Spent},
    holding::Holding,
    outlook::{outlook, still_to_come},
    surge::Surge,
};
use self::{
    holding::{MILLIONTHS, Metered, meter},
    usage::{COST_REQUESTS, Rhythm, Usage},
};
use super::world::{Place, Region, Tick, World};

pub const SECONDS_AN_HOUR: i64 = 3_600;
pub const HOURS_A_DAY: i64 = 24;
/// Days before the world began on which everything was created.
const AGE_DAYS: i64 = 183;
/// The bill is brought up to date so many hours apart, from the second hour of the day on, with what was used until so
/// many hours before; some services report half a day later still.
const REFRESHED_EVERY: i64 = 8;
const REFRESHED_FROM: i64 = 2;
const BEHIND: i64 = 8;
const LATER_STILL: i64 = 12;
/// By how many thousandths traffic strays on a day at most, and visitors at weekends and otherwise.
const TRAFFIC_STRAYS: u64 = 60;
const VISITORS_STRAY: u64 = 80;
const WEEKEND: u64 = 620;
const WEEKDAY: u64 = 1_150;

/// What is billed in one region.
#[derive(Debug, Default)]
pub struct State {
    holdings: Vec<Holding>,
    /// Every kind of usage that there has been, with the millionths of an hour when the world began.
    kinds: Vec<(Usage, u64)>,
    /// Sixtieths of millionths by hour since the epoch, in the order of the kinds: one is added for every minute that a
    /// millionth an hour was used.
    hours: BTreeMap<i64, Vec<u64>>,
    /// The hour in which the world began.
    began: i64,
    seed: u64,
    pub surges: Vec<Surge>,
    pub budgets: Vec<Budget>,
}

/// What was used of one kind in a span of time.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub usage: &'a Usage,
    pub quantity: Decimal,
}

impl Line<'_> {
    /// USD.
    pub fn cost(&self) -> Decimal {
        self.quantity * self.usage.price
    }
}

/// Adds what a stack holds in this region.
pub fn hold(region: &mut Region, holding: Holding) {
    region.billing.holdings.push(holding);
}

/// Begins the bill of a region whose estates stand: the past is made up from what they use now.
pub fn begin(region: &mut Region, tick: &Tick<'_>, seed: u64) {
    let usual = metered(region, &tick.place.region, |workload| workload.requests_per_second * 60.0);
    let state = &mut region.billing;
    let second = tick.now.as_second();
    (state.began, state.seed) = (hour_of(tick.now), seed);
    let minutes = second.rem_euclid(SECONDS_AN_HOUR) as u64 / 60;
    let mut first = Vec::new();
    for (usage, an_hour) in usual {
        first.push(an_hour * minutes);
        state.kinds.push((usage, an_hour));
    }
    state.hours.insert(state.began, first);
}

/// On the minute: adds what was used in the minute that ends now.
pub fn step(region: &mut Region, tick: &Tick<'_>) {
    if !tick.every(60) || region.billing.holdings.is_empty() {
        return;
    }
    let used = metered(region, &tick.place.region, |workload| workload.minute.requests);
    let hour = hour_of(tick.now - SignedDuration::from_secs(1));
    for (usage, an_hour) in used {
        region.billing.add(hour, usage, an_hour);
    }
}

fn metered(
    region: &Region,
    place: &str,
    requests: impl Fn(&super::world::traffic::Workload) -> f64 + Copy,
) -> Vec<Metered> {
    region.billing.holdings.iter().flat_map(|holding| meter(holding, region, place, requests)).collect()
}

/// A paid request to Cost Explorer, which is on the bill itself.
pub fn note_request(world: &mut World, place: &Place) {
    let hour = hour_of(world.now);
    let usage = COST_REQUESTS.usage(None, &place.region, "");
    world.region(place).billing.add(hour, usage, MILLIONTHS * 60);
}

/// Whether anything is billed to the account.
pub fn is_billed(world: &World, account: &str) -> bool {
    of_account(world, account).any(|state| !state.kinds.is_empty())
}

/// What the account has used from hour to hour (since the epoch), as far as the bill knows at this moment.
pub fn lines<'w>(world: &'w World, account: &str, hours: &Range<i64>) -> Vec<Line<'w>> {
    of_account(world, account).flat_map(|state| state.lines(hours, world.now)).collect()
}

/// The first hour of which the bill may not know everything.
pub fn known_until(now: Timestamp) -> i64 {
    known(now) - LATER_STILL
}

/// The first hour that is not on the bill yet, but for services that report later still.
fn known(now: Timestamp) -> i64 {
    refreshed(now) - BEHIND
}

/// When the bill was last brought up to date, in hours since the epoch.
pub fn refreshed(now: Timestamp) -> i64 {
    let hour = hour_of(now) - REFRESHED_FROM;
    hour - hour.rem_euclid(REFRESHED_EVERY) + REFRESHED_FROM
}

/// Hours since the epoch.
pub fn hour_of(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(SECONDS_AN_HOUR)
}

/// The budgets of an account.
pub fn budgets<'w>(world: &'w World, account: &str) -> Vec<&'w Budget> {
    of_account(world, account).flat_map(|state| &state.budgets).collect()
}

fn of_account<'w>(world: &'w World, account: &str) -> impl Iterator<Item = &'w State> {
    let regions = world.regions.iter().filter(move |(place, _)| place.account == account);
    regions.map(|(_, region)| &region.billing)
}

/// Bytes that passed the NAT gateways of a holding in the minute that began at `second`, as they are billed.
pub fn through_gateways(region: &Region, holding: &Holding, place: &str, second: i64) -> u64 {
    let usual = holding::passed(holding, region) as u64;
    let surges = &region.billing.surges;
    if surges.is_empty() {
        return usual;
    }
    let usage = usage::NAT_BYTES.usage(holding.project, place, "");
    let hour = second.div_euclid(SECONDS_AN_HOUR);
    surges.iter().filter(|it| it.covers(&usage, hour)).fold(usual, |used, it| it.of(used))
}

impl State {
    /// What has NAT gateways of a stack.
    pub fn with_gateways(&self) -> impl Iterator<Item = (&Holding, &'static str)> {
        self.holdings.iter().filter(|it| it.gateways > 0).filter_map(|it| Some((it, it.project?)))
    }

    /// The NAT gateways' stack of this name, if one is billed here.
    pub fn has_gateways(&self, project: &str) -> bool {
        self.holdings.iter().any(|holding| holding.project == Some(project) && holding.gateways > 0)
    }

    fn add(&mut self, hour: i64, usage: Usage, sixtieths: u64) {
        let at = self.kinds.iter().position(|(known, _)| *known == usage).unwrap_or_else(|| {
            self.kinds.push((usage, 0));
            self.kinds.len() - 1
        });
        let of_hour = self.hours.entry(hour).or_default();
        if of_hour.len() <= at {
            of_hour.resize(at + 1, 0);
        }
        of_hour[at] += sixtieths;
    }

    fn lines(&self, hours: &Range<i64>, now: Timestamp) -> impl Iterator<Item = Line<'_>> {
        let hours = hours.clone();
        let known = known(now);
        self.kinds.iter().enumerate().filter_map(move |(at, (usage, _))| {
            let until = if usage.late { known - LATER_STILL } else { known };
            let millionths = self.used(at, hours.start..hours.end.min(until));
            let quantity = Decimal::from_i128_with_scale(millionths.into(), 6);
            (millionths > 0).then_some(Line { usage, quantity })
        })
    }

    /// Millionths of a kind in these hours, day by day.
    fn used(&self, at: usize, hours: Range<i64>) -> u64 {
        let first = self.began - AGE_DAYS * HOURS_A_DAY;
        let (mut hour, mut sum) = (hours.start.max(first), 0);
        while hour < hours.end {
            let midnight = (hour.div_euclid(HOURS_A_DAY) + 1) * HOURS_A_DAY;
            let to = midnight.min(hours.end);
            let is_even = to <= self.began && !self.surges.iter().any(|it| it.touches(hour..to));
            sum += if is_even {
                self.used_in(at, hour) * (to - hour).unsigned_abs()
            } else {
                (hour..to).map(|hour| self.used_in(at, hour)).sum()
            };
            hour = to;
        }
        sum
    }

    /// Millionths of a kind in one hour.
    fn used_in(&self, at: usize, hour: i64) -> u64 {
        let (usage, usual) = &self.kinds[at];
        let day = hour.div_euclid(HOURS_A_DAY);
        let base = if hour >= self.began {
            let sixtieths = self.hours.get(&hour).and_then(|of_hour| of_hour.get(at)).copied().unwrap_or_default();
            (sixtieths + 30) / 60
        } else if usage.rhythm == Rhythm::Traffic {
            usual * self.strays(usage, day, TRAFFIC_STRAYS) / 1_000
        } else {
            *usual
        };
        let base = if usage.rhythm == Rhythm::Visitors { base * self.visitors(usage, day) / 1_000 } else { base };
        self.surges.iter().filter(|it| it.covers(usage, hour)).fold(base, |used, it| it.of(used))
    }

    /// Thousandths around a thousand, the same whenever the day is asked for.
    fn strays(&self, usage: &Usage, day: i64, most: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, &usage.usage_type, usage.project, day).hash(&mut hasher);
        1_000 - most + hasher.finish() % (2 * most + 1)
    }

    /// Thousandths of the mean visitors: fewer at weekends. (The epoch was a Thursday.)
    fn visitors(&self, usage: &Usage, day: i64) -> u64 {
        let is_weekend = (day + 3).rem_euclid(7) >= 5;
        let usual = if is_weekend { WEEKEND } else { WEEKDAY };
        usual * self.strays(usage, day, VISITORS_STRAY) / 1_000
    }
}
