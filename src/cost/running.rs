//! What runs now costs an hour, and what a change would cost.

use rust_decimal::Decimal;

use super::prices::{PriceBasis, Prices};
use crate::domain::{
    cost::usage::Metered,
    definition::Definition,
    group::{Group, Instance},
    money::Money,
    task::Task,
};

/// Hours of a month, as AWS reckons them.
pub const HOURS_A_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// What something costs an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub hourly: Money,
    /// The weakest of the prices that it is made of.
    pub basis: PriceBasis,
}

impl Rate {
    /// As `0.05 USD/h, 36.04 USD a month, at list prices of 2025-11-01`.
    pub fn words(&self) -> String {
        format!("{}, {} a month, {}", self.hourly.per_hour(), self.monthly().brief(), self.basis.words())
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
        Self { hourly, basis: self.basis.max(other.basis) }
    }

    /// What is left of this without another.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.and(other.times(Decimal::NEGATIVE_ONE))
    }
}

/// What one of something costs an hour.
fn rate(prices: &Prices, region: &str, metered: &Metered) -> Option<Rate> {
    prices.price(region, metered).map(|it| Rate { hourly: it.each, basis: it.basis })
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
    /// Of a task that is there; `None` where it does not run on Fargate.
    pub fn of_task(task: &Task) -> Option<Self> {
        let spot = match task.launch.as_str() {
            "FARGATE" => false,
            "FARGATE_SPOT" => true,
            _ => return None,
        };
        Some(Self { cpu_units: task.cpu, mebibytes: task.memory, spot, arm: false })
    }

    /// Of tasks that a definition would start on Fargate.
    pub fn of_definition(definition: &Definition, spot: bool) -> Option<Self> {
        let number = |path: &str| {
            let field = definition.fields.iter().find(|it| it.path.as_str() == path)?;
            field.shown.as_str().parse().ok()
        };
        let arm = definition.architecture.as_str() == "ARM64";
        Some(Self { cpu_units: number("cpu")?, mebibytes: number("memory")?, spot, arm })
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

/// What tasks cost an hour; `None` where one has no price, or there is none.
pub fn of_tasks<'a>(prices: &Prices, region: &str, tasks: impl Iterator<Item = &'a Task>) -> Option<Rate> {
    let rates = tasks.filter(|it| !it.is_stopped()).map(|it| TaskSize::of_task(it)?.rate(prices, region));
    sum(rates)
}

/// What an instance costs an hour.
pub fn of_instance(prices: &Prices, region: &str, instance: &Instance) -> Option<Rate> {
    of_type(prices, region, instance.instance_type.as_str())
}

/// What an instance of a type costs an hour.
pub fn of_type(prices: &Prices, region: &str, kind: &str) -> Option<Rate> {
    rate(prices, region, &Metered::Instance { kind: kind.to_owned(), spot: false })
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
    /// While the change is made, on top of that, and for how many seconds.
    pub meanwhile: Option<(Rate, i64)>,
}

impl CostChange {
    /// The weakest of the prices that it is made of.
    pub fn basis(&self) -> PriceBasis {
        self.meanwhile.map_or(self.lasting.basis, |(rate, _)| rate.basis.max(self.lasting.basis))
    }

    /// As `+0.31 USD/h, +223 USD/month if kept, at billed prices`.
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
        let meanwhile = self.meanwhile.map_or_else(String::new, |(rate, seconds)| {
            let once = rate.times(Decimal::from(seconds) / Decimal::from(3600)).hourly;
            let once = if once.currency.rounded(once.amount).is_zero() {
                "less than a cent".to_owned()
            } else {
                once.to_string()
            };
            format!("; {}{} while it rolls, {once} in all", rate.hourly.plus(), rate.hourly.per_hour())
        });
        format!("{kept}{meanwhile} ({})", self.basis().words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

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
    fn a_change_is_told_by_the_hour_and_by_the_month() {
        let words = |lasting: Rate, meanwhile| CostChange { lasting, meanwhile }.words();
        let more = "+0.0494 USD/h, +36.04 USD/month if kept (at list prices of 2025-11-01)";
        assert_eq!(words(half(false).times(2), None), more);
        let spot = half(true).less(half(false)).times(4);
        let less = "saves 0.0691 USD/h, 50.46 USD/month if kept (at list prices of 2025-11-01)";
        assert_eq!(words(spot, None), less);
        let rolling = words(half(false).times(0), Some((half(false).times(2), 180)));
        let wanted = "costs the same afterwards; +0.0494 USD/h while it rolls, less than a cent in all (at list prices of \
                      2025-11-01)";
        assert_eq!(rolling, wanted);
    }
}
