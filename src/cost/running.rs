//! What runs now costs an hour, and what a change would cost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::prices::{PriceBasis, Prices};
use crate::domain::{
    cost::usage::Metered,
    definition::Definition,
    group::{Group, Instance},
    id::Arn,
    money::Money,
    observation::Observation,
    task::Task,
};

/// Hours of a month, as AWS reckons them: what goes on every hour has no calendar. (Run-rates are of the days that their
/// month has.)
pub const HOURS_A_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// What something costs an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub hourly: Money,
    /// The weakest of the prices that it is made of.
    pub basis: PriceBasis,
    /// Spot instances that have no price of their own yet are in it at what they would cost on demand, which is more.
    pub at_most: bool,
}

impl Rate {
    /// As `0.05 USD/h, 36.04 USD a month of 730 h, at list prices of 2025-11-01`.
    pub fn words(&self) -> String {
        let (hourly, monthly) = (self.hourly.per_hour(), self.monthly().brief());
        let at_most = if self.at_most { "at most " } else { "" };
        format!("{at_most}{hourly}, {monthly} a month of {HOURS_A_MONTH} h, {}", self.priced())
    }

    /// By which prices: as `at list prices of 2025-11-01`.
    pub fn priced(&self) -> String {
        priced(self.basis, self.at_most)
    }

    /// What falls to one of so many; there is at least one.
    #[must_use]
    pub fn shared(self, among: u32) -> Self {
        let amount = self.hourly.amount.checked_div(Decimal::from(among)).unwrap_or(self.hourly.amount);
        Self { hourly: Money::new(amount, self.hourly.currency), ..self }
    }

    pub fn monthly(&self) -> Money {
        Money::new(self.hourly.amount * HOURS_A_MONTH, self.hourly.currency)
    }

    #[must_use]
    pub fn times(self, count: impl Into<Decimal>) -> Self {
        Self { hourly: Money::new(self.hourly.amount * count.into(), self.hourly.currency), ..self }
    }

    /// This and another together; both are of one price book, and so of one currency.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let hourly = Money::new(self.hourly.amount + other.hourly.amount, self.hourly.currency);
        Self { hourly, basis: self.basis.weaker(other.basis), at_most: self.at_most || other.at_most }
    }

    /// What is left of this without another.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.and(other.times(Decimal::NEGATIVE_ONE))
    }
}

fn priced(basis: PriceBasis, at_most: bool) -> String {
    let as_on_demand = if at_most { "Spot counted as on-demand " } else { "" };
    format!("{as_on_demand}{}", basis.words())
}

/// What one of something costs an hour.
fn rate(prices: &Prices, region: &str, metered: &Metered) -> Option<Rate> {
    prices.price(region, metered).map(|it| Rate { hourly: it.each, basis: it.basis, at_most: false })
}

/// The size of a Fargate task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSize {
    /// 1024 a vCPU.
    pub cpu_units: u32,
    pub mebibytes: u32,
    pub spot: bool,
    pub arm: bool,
}

impl TaskSize {
    /// Of a task that is there; `None` where it does not run on Fargate. Without its definition it counts as what AWS runs
    /// where nothing is said.
    pub fn of_task(task: &Task, definition: Option<&Definition>) -> Option<Self> {
        let spot = match task.launch.as_str() {
            "FARGATE" => false,
            "FARGATE_SPOT" => true,
            _ => return None,
        };
        Some(Self { cpu_units: task.cpu, mebibytes: task.memory, spot, arm: definition.is_some_and(is_arm) })
    }

    /// Of tasks that a definition would start on Fargate.
    pub fn of_definition(definition: &Definition, spot: bool) -> Option<Self> {
        let number = |path: &str| {
            let field = definition.fields.iter().find(|it| it.path.as_str() == path)?;
            field.shown.as_str().parse().ok()
        };
        Some(Self { cpu_units: number("cpu")?, mebibytes: number("memory")?, spot, arm: is_arm(definition) })
    }

    /// What it costs an hour.
    pub fn rate(&self, prices: &Prices, region: &str) -> Option<Rate> {
        let (spot, arm) = (self.spot, self.arm);
        let cpu = rate(prices, region, &Metered::FargateCpu { spot, arm })?;
        let memory = rate(prices, region, &Metered::FargateMemory { spot, arm })?;
        let of = |amount: u32| Decimal::from(amount) / Decimal::from(1024);
        Some(cpu.times(of(self.cpu_units)).and(memory.times(of(self.mebibytes))))
    }
}

fn is_arm(definition: &Definition) -> bool {
    definition.architecture.as_str() == "ARM64"
}

/// What tasks cost an hour, by their definitions as far as those are known; `None` where one has no price, or there is none.
pub fn of_tasks<'a>(
    prices: &Prices,
    region: &str,
    tasks: impl Iterator<Item = &'a Task>,
    definitions: &BTreeMap<Arn, Observation<Definition>>,
) -> Option<Rate> {
    let of = |task: &Task| {
        let definition = definitions.get(&task.task_definition).and_then(Observation::value);
        TaskSize::of_task(task, definition)?.rate(prices, region)
    };
    sum(tasks.filter(|it| !it.is_stopped()).map(of))
}

/// What an instance costs an hour.
pub fn of_instance(prices: &Prices, region: &str, instance: &Instance) -> Option<Rate> {
    of_type(prices, region, instance.instance_type.as_str(), instance.spot)
}

/// What an instance of a type costs an hour. Spot prices are on no list: before one has been billed, it is what the same
/// costs on demand at most.
pub fn of_type(prices: &Prices, region: &str, kind: &str, spot: bool) -> Option<Rate> {
    let of = |spot| rate(prices, region, &Metered::Instance { kind: kind.to_owned(), spot });
    let billed = if spot { of(true) } else { None };
    billed.or_else(|| Some(Rate { at_most: spot, ..of(false)? }))
}

/// What the instances of a group cost an hour.
pub fn of_group(prices: &Prices, region: &str, group: &Group) -> Option<Rate> {
    sum(group.instances.iter().map(|it| of_instance(prices, region, it)))
}

fn sum(mut rates: impl Iterator<Item = Option<Rate>>) -> Option<Rate> {
    let first = rates.next()??;
    rates.try_fold(first, |sum, rate| Some(sum.and(rate?)))
}

/// What a change does to what is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostChange {
    /// Afterwards, more (or, negative, less) than now.
    pub lasting: Rate,
    /// While the change is made, on top of that.
    pub meanwhile: Option<Meanwhile>,
}

/// What is paid while a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meanwhile {
    /// The most at a time.
    pub rate: Rate,
    /// How long it takes.
    pub seconds: i64,
    /// All of it.
    pub once: Money,
}

impl Meanwhile {
    pub fn new(rate: Rate, seconds: i64) -> Self {
        Self { rate, seconds, once: rate.times(Decimal::from(seconds) / Decimal::from(3600)).hourly }
    }

    /// This and another at the same time.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let once = Money::new(self.once.amount + other.once.amount, self.once.currency);
        Self { rate: self.rate.and(other.rate), seconds: self.seconds.max(other.seconds), once }
    }

    /// This, and another when it is over.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        let (more, less) =
            if self.rate.hourly.amount >= other.rate.hourly.amount { (self, other) } else { (other, self) };
        let rate = more.rate.and(less.rate.times(Decimal::ZERO));
        Self { rate, seconds: self.seconds + other.seconds, ..self.beside(other) }
    }
}

impl CostChange {
    /// The weakest of the prices that it is made of.
    pub fn basis(&self) -> PriceBasis {
        self.meanwhile.map_or(self.lasting.basis, |it| it.rate.basis.weaker(self.lasting.basis))
    }

    /// As `+0.31 USD/h, +223 USD/month if kept (730 h, at prices billed by Nov 21)`.
    pub fn words(&self) -> String {
        let hourly = self.lasting.hourly;
        let monthly = self.lasting.monthly();
        let kept = match hourly.amount {
            amount if amount.is_zero() => "costs the same afterwards".to_owned(),
            amount if amount.is_sign_negative() => {
                let saved = self.lasting.times(Decimal::NEGATIVE_ONE);
                format!("saves {}, {}/month if kept", saved.hourly.per_hour(), saved.monthly().brief())
            }
            _ => format!("+{}, +{}/month if kept", hourly.per_hour(), monthly.brief()),
        };
        let meanwhile = self.meanwhile.map_or_else(String::new, |Meanwhile { rate, once, .. }| {
            let once = if once.currency.rounded(once.amount).is_zero() {
                "less than a cent".to_owned()
            } else {
                once.to_string()
            };
            format!("; {}{} while it rolls, {once} in all", rate.hourly.plus(), rate.hourly.per_hour())
        });
        let month = if hourly.amount.is_zero() { String::new() } else { format!("{HOURS_A_MONTH} h, ") };
        let at_most = self.lasting.at_most || self.meanwhile.is_some_and(|it| it.rate.at_most);
        format!("{kept}{meanwhile} ({month}{})", priced(self.basis(), at_most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cost::testing::{bill, day, line},
        domain::money::Currency,
    };

    fn size(cpu_units: u32, mebibytes: u32, spot: bool) -> TaskSize {
        TaskSize { cpu_units, mebibytes, spot, arm: false }
    }

    fn half(spot: bool) -> Rate {
        size(512, 1024, spot).rate(&Prices::default(), "us-east-1").unwrap()
    }

    #[test]
    fn a_task_costs_what_its_cpu_and_memory_cost() {
        // 0.5 × 0.04048 + 1 × 0.004445.
        assert_eq!(half(false).hourly, Money::new("0.024685".parse().unwrap(), Currency::USD));
        assert_eq!(half(false).basis, PriceBasis::List);
        assert_eq!(size(512, 1024, false).rate(&Prices::default(), "xx-east-9"), None);
    }

    #[test]
    fn spot_instances_cost_what_was_billed_or_what_they_would_on_demand_at_most() {
        let spot = |prices: &Prices| of_type(prices, "us-east-1", "t3.medium", true).unwrap().words();
        let unbilled = "at most 0.0416 USD/h, 30.37 USD a month of 730 h, Spot counted as on-demand at list prices of \
                        2025-11-01";
        assert_eq!(spot(&Prices::default()), unbilled);
        let line = line("Amazon Elastic Compute Cloud - Compute", "SpotUsage:t3.medium", "0.30", "24", "Hrs");
        let prices = Prices::of(Some(&bill(vec![day(19, vec![line])])));
        assert_eq!(spot(&prices), "0.0125 USD/h, 9.13 USD a month of 730 h, at prices billed by Nov 21");
    }

    #[test]
    fn what_is_paid_meanwhile_adds_up_over_services_and_waves() {
        let [one, two] = [(half(false), 3600), (half(false).times(2), 1800)].map(|(it, time)| Meanwhile::new(it, time));
        let (beside, then) = (one.beside(two), one.then(two));
        assert_eq!((beside.rate, beside.seconds), (half(false).times(3), 3600));
        assert_eq!((then.rate, then.seconds), (half(false).times(2), 5400));
        assert_eq!([beside.once, then.once], [half(false).times(2).hourly; 2]);
    }

    #[test]
    fn a_change_is_told_by_the_hour_and_by_the_month() {
        let words = |lasting: Rate, meanwhile| CostChange { lasting, meanwhile }.words();
        let more = "+0.0494 USD/h, +36.04 USD/month if kept (730 h, at list prices of 2025-11-01)";
        assert_eq!(words(half(false).times(2), None), more);
        let spot = half(true).less(half(false)).times(4);
        let less = "saves 0.0691 USD/h, 50.46 USD/month if kept (730 h, at list prices of 2025-11-01)";
        assert_eq!(words(spot, None), less);
        let rolling = words(half(false).times(0), Some(Meanwhile::new(half(false).times(2), 180)));
        let wanted = "costs the same afterwards; +0.0494 USD/h while it rolls, less than a cent in all (at list prices of \
                      2025-11-01)";
        assert_eq!(rolling, wanted);
    }
}
