//! GetCostForecast: the mean of the last week for every day to come, and how far it may stray.

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::{
    super::{
        billing::{self, HOURS_A_DAY},
        wire::{
            call::{Call, Reply},
            error::ApiError,
            value::{Value, shape},
        },
        world::World,
    },
    filter::{Expression, Subject},
    invalid, missing,
    period::{Granularity, Period, day_of, midnight},
    sums::{Metric, amount_of},
};

/// Months ahead for which there are forecasts, by day and by month.
const DAILY_MONTHS: i64 = 3;
const MONTHLY_MONTHS: i64 = 18;
/// Confidence levels in percent with the deviations of a normal distribution around its mean, in hundredths.
const DEVIATIONS: [(i64, i64); 11] = [
    (51, 69),
    (55, 76),
    (60, 84),
    (65, 93),
    (70, 104),
    (75, 115),
    (80, 128),
    (85, 144),
    (90, 164),
    (95, 196),
    (99, 258),
];

pub fn answer(world: &mut World, call: &Call<'_>) -> Reply {
    let (input, now) = (call.input, world.now);
    let granularity = Granularity::read(input)?;
    let period = ahead(Period::read(input, granularity)?, granularity, now)?;
    let metric = Metric::read(input.text("Metric")?.ok_or_else(|| missing("metric"))?)?;
    if !metric.is_cost() {
        return Err(invalid(format!("Forecasts of {} are not available with this filter", metric.upper)));
    }
    let level = input.int("PredictionIntervalLevel")?;
    let deviations = level.map(deviations_at).transpose()?;
    let filter = Expression::read(input)?;
    let account = call.place.account.as_str();
    let outlook = billing::outlook(world, account, |usage| filter.admits(Subject { account, usage }));
    let outlook = outlook.ok_or_else(|| {
        let message = "Insufficient amount of historical data to generate forecast";
        ApiError::bad_request("DataUnavailableException", message)
    })?;
    let (mut total, mut results) = (Decimal::ZERO, Vec::new());
    for stretch in period.stretches(granularity) {
        let days = Decimal::from(stretch.hours.end - stretch.hours.start) / Decimal::from(HOURS_A_DAY);
        let mean = (outlook.a_day * days).round_dp(10);
        let stray = deviations.map(|it| outlook.deviation * it * days);
        total += mean;
        results.push(shape! {
            "TimePeriod" => shape! { "Start" => stretch.start, "End" => stretch.end },
            "MeanValue" => amount_of(mean),
            "PredictionIntervalLowerBound" => stray.map(|it| amount_of((mean - it).max(Decimal::ZERO))),
            "PredictionIntervalUpperBound" => stray.map(|it| amount_of(mean + it)),
        });
    }
    Ok(shape! {
        "Total" => shape! { "Amount" => amount_of(total), "Unit" => "USD" },
        "ForecastResultsByTime" => Value::list(results),
    })
}

/// Checks that there are forecasts of a period.
fn ahead(period: Period, granularity: Granularity, now: Timestamp) -> Result<Period, ApiError> {
    let today = day_of(now);
    if granularity == Granularity::Hourly {
        return Err(invalid("HOURLY granularity is not supported for forecasts"));
    }
    let earliest = today.saturating_sub(1.day());
    if day_of(period.from) < earliest {
        return Err(invalid(format!("Earliest supported Start is {earliest}")));
    }
    let months = if granularity == Granularity::Daily { DAILY_MONTHS } else { MONTHLY_MONTHS };
    let latest = today.saturating_add(months.months());
    if period.to > midnight(latest) {
        return Err(invalid(format!("Latest supported End is {latest}")));
    }
    Ok(period)
}

/// Deviations that a level of confidence stands for, those between two of the table by its lower one.
fn deviations_at(level: i64) -> Result<Decimal, ApiError> {
    let found = DEVIATIONS.iter().rev().find(|(known, _)| *known <= level).filter(|_| level <= 99);
    found.map(|(_, hundredths)| Decimal::new(*hundredths, 2)).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{level}' at 'predictionIntervalLevel' failed to satisfy constraint: \
             Member must be between 51 and 99"
        ))
    })
}
