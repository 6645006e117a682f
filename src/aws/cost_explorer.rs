//! AWS Cost Explorer: what has been billed, and what will be. Every page that it answers is paid for.

use std::{collections::BTreeMap, str::FromStr};

use aws_sdk_costexplorer::{
    Client,
    operation::get_cost_forecast::GetCostForecastOutput,
    types::{
        Context as CostContext, DateInterval, Dimension, DimensionValues, DimensionValuesWithAttributes, Expression,
        ForecastResult, Granularity, Group, GroupDefinition, GroupDefinitionType, Metric, MetricValue, ResultByTime,
        TagValues,
    },
};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

use super::{
    fault,
    paging::{Gathered, Page, pages},
    values::text,
};
use crate::domain::{
    cost::{
        CostFilter, Silence, Told, Why,
        allocation::{Allocation, Share},
        bill::{Bill, Day, Line},
        forecast::{Forecast, LEVEL},
        month::{Month, day_of},
    },
    fault::{Fault, FaultKind},
    money::Currency,
    query::{Answer, Outcome},
};

const USAGE: &str = "ce:GetCostAndUsage";
const FORECAST: &str = "ce:GetCostForecast";
const VALUES: &str = "ce:GetDimensionValues";
/// What bills here are told in: nobody's mean rates, and nothing spread over time.
const COST: &str = "UnblendedCost";
const QUANTITY: &str = "UsageQuantity";
/// How Cost Explorer refuses an account in which it was never switched on. Its code is that of any denial.
const OFF: &str = "not enabled for cost explorer";

/// Days of service and usage type: of [`Bill::range`].
pub async fn bill(client: &Client, filter: &CostFilter, month: Month, now: Timestamp) -> Outcome {
    let Some((from, until)) = Bill::range(month, now) else { return Outcome::Failed(not_told(month, now)) };
    let question = Question {
        from,
        until,
        granularity: Granularity::Daily,
        groups: [by_dimension("SERVICE"), by_dimension("USAGE_TYPE")],
        filter: Some(expression(filter)),
        metrics: &[COST, QUANTITY],
    };
    let told = question.ask(client, now).await;
    let read = |results: Vec<Vec<ResultByTime>>| {
        let (mut days, mut seen) = (BTreeMap::new(), None);
        let pages = count(&results);
        for result in results.iter().flatten() {
            let day: &mut Day = days.entry(start_of(result, now)?).or_default();
            day.estimated |= result.estimated();
            for group in result.groups() {
                day.lines.push(line(group, &mut seen, now)?);
            }
        }
        Ok(Bill { currency: seen.unwrap_or(Currency::USD), from, until, days, pages })
    };
    outcome(told, USAGE, read, |told| Answer::Bill(Box::new(told)))
}

/// The month so far by the values of the tag `key` and by service.
pub async fn allocation(client: &Client, key: &str, month: Month, now: Timestamp) -> Outcome {
    let Some((_, until)) = Bill::range(month, now) else { return Outcome::Failed(not_told(month, now)) };
    let from = month.first();
    let by_tag = GroupDefinition::builder().r#type(GroupDefinitionType::Tag).key(key).build();
    let question = Question {
        from,
        until,
        granularity: Granularity::Monthly,
        groups: [by_tag, by_dimension("SERVICE")],
        filter: None,
        metrics: &[COST],
    };
    let told = question.ask(client, now).await;
    let read = |results: Vec<Vec<ResultByTime>>| {
        let mut seen = None;
        let groups = results.iter().flatten().flat_map(ResultByTime::groups);
        let shares = groups.map(|group| share(group, &mut seen, now)).collect::<Result<_, _>>()?;
        Ok(Allocation { currency: seen.unwrap_or(Currency::USD), from, until, shares, pages: count(&results) })
    };
    outcome(told, USAGE, read, |told| Answer::Allocation(Box::new(told)))
}

/// The accounts that the month so far bills.
pub async fn accounts(client: &Client, month: Month, now: Timestamp) -> Outcome {
    let Some((_, until)) = Bill::range(month, now) else { return Outcome::Failed(not_told(month, now)) };
    let period = match interval(month.first(), until, VALUES, now) {
        Ok(period) => period,
        Err(fault) => return Outcome::Failed(fault),
    };
    let told = pages(|token| {
        let call = client
            .get_dimension_values()
            .time_period(period.clone())
            .dimension(Dimension::LinkedAccount)
            .context(CostContext::CostAndUsage)
            .set_next_page_token(token);
        async move {
            let output = call.send().await.map_err(|error| as_throttle(fault::of(VALUES, &error, now)))?;
            let next = output.next_page_token.filter(|it| !it.is_empty());
            Ok(Page { items: output.dimension_values, next })
        }
    });
    let read = |values: Vec<DimensionValuesWithAttributes>| Ok(values.iter().map(|it| text(it.value())).collect());
    outcome(told.await, VALUES, read, Answer::BilledAccounts)
}

/// The days from today to the end of the month, in one figure.
pub async fn forecast(client: &Client, filter: &CostFilter, month: Month, now: Timestamp) -> Outcome {
    let (from, until) = (day_of(now).max(month.first()), month.end());
    if from >= until {
        return Outcome::Failed(rejected(FORECAST, format!("{month} is over"), now));
    }
    let period = match interval(from, until, FORECAST, now) {
        Ok(period) => period,
        Err(fault) => return Outcome::Failed(fault),
    };
    let call = client
        .get_cost_forecast()
        .time_period(period)
        .granularity(Granularity::Monthly)
        .metric(Metric::UnblendedCost)
        .filter(expression(filter))
        .prediction_interval_level(LEVEL.into());
    let told = call.send().await.map_err(|error| as_throttle(fault::of(FORECAST, &error, now)));
    let read = |outputs: Vec<GetCostForecastOutput>| {
        let results: Vec<_> = outputs.iter().flat_map(GetCostForecastOutput::forecast_results_by_time).collect();
        let sum = |part: fn(&ForecastResult) -> Option<&str>| {
            results.iter().map(|it| amount(part(it), FORECAST, now)).sum::<Result<Decimal, Fault>>()
        };
        let unit = outputs.iter().find_map(|it| it.total()?.unit());
        Ok(Forecast {
            currency: unit.and_then(Currency::parse).unwrap_or(Currency::USD),
            from,
            until,
            mean: sum(ForecastResult::mean_value)?,
            least: sum(ForecastResult::prediction_interval_lower_bound)?,
            most: sum(ForecastResult::prediction_interval_upper_bound)?,
        })
    };
    outcome(told.map(|it| vec![it]).into(), FORECAST, read, Answer::Forecast)
}

/// One question about the past.
struct Question {
    from: Date,
    until: Date,
    granularity: Granularity,
    groups: [GroupDefinition; 2],
    filter: Option<Expression>,
    metrics: &'static [&'static str],
}

impl Question {
    /// The results of each page.
    async fn ask(self, client: &Client, now: Timestamp) -> Gathered<Vec<ResultByTime>> {
        let Self { from, until, granularity, groups, filter, metrics } = self;
        let period = match interval(from, until, USAGE, now) {
            Ok(period) => period,
            Err(fault) => return Err(fault).into(),
        };
        pages(|token| {
            let call = client
                .get_cost_and_usage()
                .time_period(period.clone())
                .granularity(granularity.clone())
                .set_metrics(Some(metrics.iter().map(|it| (*it).to_owned()).collect()))
                .set_group_by(Some(groups.to_vec()))
                .set_filter(filter.clone())
                .set_next_page_token(token);
            async move {
                let output = call.send().await.map_err(|error| as_throttle(fault::of(USAGE, &error, now)))?;
                let next = output.next_page_token.filter(|it| !it.is_empty());
                Ok(Page { items: vec![output.results_by_time.unwrap_or_default()], next })
            }
        })
        .await
    }
}

/// How a question ended: read, silent, in part, or not at all.
fn outcome<P, T>(
    told: Gathered<P>,
    operation: &str,
    read: impl FnOnce(Vec<P>) -> Result<T, Fault>,
    answer: impl FnOnce(Told<T>) -> Answer,
) -> Outcome {
    match told.fault {
        Some(fault) if told.items.is_empty() => match silence(&fault, operation) {
            Some(silence) => Outcome::Complete(answer(Told::Nothing(silence))),
            None => Outcome::Failed(fault),
        },
        fault => match (read(told.items), fault) {
            (Ok(value), None) => Outcome::Complete(answer(Told::Value(value))),
            (Ok(value), Some(fault)) => Outcome::Partial(answer(Told::Value(value)), fault),
            (Err(unreadable), _) => Outcome::Failed(unreadable),
        },
    }
}

/// What a refusal says that is an answer, too: that there is nothing to be told.
pub(super) fn silence(fault: &Fault, operation: &str) -> Option<Silence> {
    let said = fault.message.as_str().to_lowercase();
    let why = match (fault.kind, fault.code.as_str()) {
        (FaultKind::Denied, _) if said.contains(OFF) => Why::Off,
        (FaultKind::Denied, _) => Why::Denied,
        (_, "DataUnavailableException") => Why::TooLittle,
        _ => return None,
    };
    Some(Silence { why, operation: operation.into(), message: fault.message.clone() })
}

fn line(group: &Group, seen: &mut Option<Currency>, now: Timestamp) -> Result<Line, Fault> {
    let quantity = metric(group, QUANTITY);
    Ok(Line {
        service: text(group.keys().first().map(String::as_str)),
        usage_type: text(group.keys().get(1).map(String::as_str)),
        cost: cost(group, seen, now)?,
        quantity: amount(quantity.and_then(MetricValue::amount), USAGE, now)?,
        unit: text(quantity.and_then(MetricValue::unit)),
    })
}

fn share(group: &Group, seen: &mut Option<Currency>, now: Timestamp) -> Result<Share, Fault> {
    // `Project$cma`; of what is not tagged, `Project$`.
    let tag = group.keys().first().and_then(|key| key.split_once('$')).map(|(_, value)| value);
    Ok(Share {
        value: tag.filter(|it| !it.is_empty()).map(Into::into),
        service: text(group.keys().get(1).map(String::as_str)),
        cost: cost(group, seen, now)?,
    })
}

/// What a group cost; its currency is noted where none was `seen` before.
fn cost(group: &Group, seen: &mut Option<Currency>, now: Timestamp) -> Result<Decimal, Fault> {
    let cost = metric(group, COST);
    *seen = seen.or_else(|| Currency::parse(cost?.unit()?));
    amount(cost.and_then(MetricValue::amount), USAGE, now)
}

fn metric<'a>(group: &'a Group, name: &str) -> Option<&'a MetricValue> {
    group.metrics()?.get(name)
}

/// A decimal on the wire, be it in powers of ten; one that is no number spoils the answer.
pub(super) fn amount(raw: Option<&str>, operation: &str, now: Timestamp) -> Result<Decimal, Fault> {
    let raw = raw.unwrap_or_default();
    let read = Decimal::from_str(raw).or_else(|_| Decimal::from_scientific(raw));
    read.map_err(|_| Fault {
        kind: FaultKind::Garbled,
        operation: operation.into(),
        code: "UnreadableAmount".into(),
        message: format!("an amount that is no number: {raw:?}").into(),
        request_id: None,
        at: now,
    })
}

fn start_of(result: &ResultByTime, now: Timestamp) -> Result<Date, Fault> {
    let raw = result.time_period().map(DateInterval::start).unwrap_or_default();
    raw.get(..10).and_then(|day| day.parse().ok()).ok_or_else(|| Fault {
        kind: FaultKind::Garbled,
        ..rejected(USAGE, format!("a day that is none: {raw:?}"), now)
    })
}

/// Why a month has no bill to ask for.
fn not_told(month: Month, now: Timestamp) -> Fault {
    let oldest = Bill::oldest(now);
    let why = if month < oldest {
        format!("{month} is not kept any more: Cost Explorer tells days since {oldest}")
    } else {
        format!("{month} has not begun")
    };
    rejected(USAGE, why, now)
}

fn rejected(operation: &str, message: String, now: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::Rejected,
        operation: operation.into(),
        code: "BadPeriod".into(),
        message: message.into(),
        request_id: None,
        at: now,
    }
}

/// Cost Explorer's word for "asked too often".
fn as_throttle(mut fault: Fault) -> Fault {
    if fault.code.as_str() == "LimitExceededException" {
        fault.kind = FaultKind::Throttled;
    }
    fault
}

fn count<T>(pages: &[T]) -> u32 {
    u32::try_from(pages.len()).unwrap_or(u32::MAX)
}

fn interval(from: Date, until: Date, operation: &str, now: Timestamp) -> Result<DateInterval, Fault> {
    let built = DateInterval::builder().start(from.to_string()).end(until.to_string()).build();
    built.map_err(|error| rejected(operation, error.to_string(), now))
}

fn by_dimension(key: &str) -> GroupDefinition {
    GroupDefinition::builder().r#type(GroupDefinitionType::Dimension).key(key).build()
}

fn expression(filter: &CostFilter) -> Expression {
    match filter {
        CostFilter::Tag { key, value } => {
            Expression::builder().tags(TagValues::builder().key(key.as_ref()).values(value.as_ref()).build()).build()
        }
        CostFilter::Account(account) => {
            let account = DimensionValues::builder().key(Dimension::LinkedAccount).values(account.as_ref()).build();
            Expression::builder().dimensions(account).build()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn amounts_are_read_to_the_last_digit_in_both_spellings() {
        let read = |raw| amount(Some(raw), USAGE, NOW).map(|it| it.to_string());
        assert_eq!(read("12.3456789012"), Ok("12.3456789012".to_owned()));
        assert_eq!(read("-0.05"), Ok("-0.05".to_owned()));
        assert_eq!(read("1.2E-7"), Ok("0.00000012".to_owned()));
        for garbled in ["", "12,5", "NaN", "1.2.3"] {
            let fault = amount(Some(garbled), USAGE, NOW).unwrap_err();
            assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Garbled, "UnreadableAmount"));
        }
    }

    fn refused(kind: FaultKind, code: &str, message: &str) -> Option<Why> {
        let fault = Fault {
            kind,
            operation: USAGE.into(),
            code: code.into(),
            message: message.into(),
            request_id: None,
            at: NOW,
        };
        silence(&fault, USAGE).map(|it| it.why)
    }

    #[test]
    fn an_account_that_tells_nothing_says_why() {
        let (denied, code) = (FaultKind::Denied, "AccessDeniedException");
        assert_eq!(refused(denied, code, "User not enabled for cost explorer access"), Some(Why::Off));
        assert_eq!(refused(denied, code, "User: x is not authorized to perform: ce:GetCost…"), Some(Why::Denied));
        let nothing = "Data is not available.";
        assert_eq!(refused(FaultKind::Rejected, "DataUnavailableException", nothing), Some(Why::TooLittle));
        assert_eq!(refused(FaultKind::Rejected, "ValidationException", "end date"), None);
        assert_eq!(refused(FaultKind::Throttled, "LimitExceededException", "Rate exceeded"), None);
    }
}
