//! What is added up: costs, and quantities where they have the same unit.

use rust_decimal::Decimal;

use super::{
    super::{
        billing::Line,
        wire::{
            error::ApiError,
            value::{Value, shape},
        },
    },
    invalid,
};

/// Decimals that AWS writes an amount with at most.
const DECIMALS: u32 = 10;

/// A metric by both of its names. Nobody here has reservations, discounts or an organization's mean rates, so that all
/// costs are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Metric {
    /// In GetCostAndUsage.
    pub name: &'static str,
    /// In GetCostForecast.
    pub upper: &'static str,
}

const METRICS: [Metric; 7] = [
    Metric { name: "AmortizedCost", upper: "AMORTIZED_COST" },
    Metric { name: "BlendedCost", upper: "BLENDED_COST" },
    Metric { name: "NetAmortizedCost", upper: "NET_AMORTIZED_COST" },
    Metric { name: "NetUnblendedCost", upper: "NET_UNBLENDED_COST" },
    Metric { name: "NormalizedUsageAmount", upper: "NORMALIZED_USAGE_AMOUNT" },
    Metric { name: "UnblendedCost", upper: "UNBLENDED_COST" },
    Metric { name: "UsageQuantity", upper: "USAGE_QUANTITY" },
];

impl Metric {
    pub fn read(name: &str) -> Result<Self, ApiError> {
        METRICS.into_iter().find(|it| it.name == name || it.upper == name).ok_or_else(|| {
            let names = METRICS.map(|it| it.upper);
            invalid(format!("Value '{name}' is no metric. Valid values are: {}", names.join(", ")))
        })
    }

    pub fn is_cost(self) -> bool {
        self.name.ends_with("Cost")
    }
}

/// Lines added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    pub cost: Decimal,
    quantity: Decimal,
    /// The unit of every line so far.
    unit: Option<&'static str>,
    /// Lines with different units were added.
    mixed: bool,
}

impl Sums {
    pub fn add(&mut self, line: &Line<'_>) {
        self.cost += line.cost();
        self.quantity += line.quantity;
        self.mixed |= self.unit.is_some_and(|unit| unit != line.usage.unit);
        self.unit = Some(line.usage.unit);
    }

    /// The metrics in their wire form.
    pub fn told(&self, metrics: &[Metric]) -> Value {
        let told = |metric: &Metric| {
            let (amount, unit) = match metric.name {
                "UsageQuantity" => (self.quantity, self.unit.filter(|_| !self.mixed).unwrap_or("N/A")),
                "NormalizedUsageAmount" => (Decimal::ZERO, "N/A"),
                _ => (self.cost, "USD"),
            };
            (metric.name.to_owned(), shape! { "Amount" => amount_of(amount), "Unit" => unit })
        };
        Value::Map(metrics.iter().map(told).collect())
    }
}

/// An amount as AWS writes it.
pub fn amount_of(amount: Decimal) -> String {
    amount.round_dp(DECIMALS).normalize().to_string()
}
