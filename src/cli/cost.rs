//! `quarterdeck cost`: what stacks cost, as text, JSON or CSV.

use std::{fmt::Write, time::Duration};

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Context, Failure, args::CostFormat, chosen::themes, complain, exit, say, watch};
use crate::{
    app::{
        App,
        costs::{self, headline},
        place::Place,
        settings::Reads,
        words,
    },
    command::ViewName,
    cost::{
        beside::BesideMonth,
        gap,
        known::{StackMonth, fault_words},
        summary::{Figures, Summary},
    },
    domain::{
        cost::{bill::Bill, budget::Budget, forecast::LEVEL, month::Month},
        money::Money,
    },
    runtime::{headless, start::Started},
    status::cost::{CostDocument, unknown},
    theme::Depth,
};

/// Prints what the stacks cost in a month; by what is kept where AWS has been asked within half a day.
pub fn run(context: &Context, month: Option<&str>, format: CostFormat, timeout: u64) -> Result<u8, Failure> {
    // It shows neither, but a name that is wrong here is wrong in the console too.
    themes(context, Depth::None)?;
    let month = month.map(Month::parse).transpose().map_err(Failure::usage)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let looked = runtime.block_on(async {
        let Started { mut app, clock, performer, mut answers } = watch::start(context, None, Vec::new()).await?;
        if let Some(month) = month {
            check(month, app.now)?;
        }
        app.month = month;
        app.history.go(Place::everywhere(ViewName::Cost));
        app.settings.reads = Reads::Operations;
        // Whoever runs this wants to know now.
        performer.reach().insist();
        headless::look(&mut app, clock, &performer, &mut answers, Duration::from_secs(timeout)).await;
        Ok(app)
    });
    runtime.shutdown_background();
    let app = looked?;
    for fault in &app.left_out {
        complain(&format!("{fault}; left out"));
    }
    let month = costs::month(&app);
    let stacks: Vec<StackMonth<'_>> =
        app.stacks.iter().filter_map(|it| StackMonth::of(it, month, &app.estate)).collect();
    if stacks.is_empty() {
        return Err(Failure::error("no stack has a [cost] table: nothing says which part of the bill is its own"));
    }
    match format {
        CostFormat::Text => say(text(&app, &stacks, month).trim_end()),
        CostFormat::Json => {
            let document = CostDocument::of(&stacks, &costs::beside(&app), month, app.now);
            say(&serde_json::to_string_pretty(&document).map_err(Failure::error)?);
        }
        CostFormat::Csv => say(csv(&stacks, month)?.trim_end()),
    }
    let is_known = stacks.iter().any(|it| it.bill().is_some());
    Ok(if is_known { exit::OK } else { exit::ERROR })
}

/// Refuses a month that AWS tells nothing of, before it is asked and paid.
fn check(month: Month, now: Timestamp) -> Result<(), Failure> {
    let oldest = Bill::oldest(now);
    if month > Month::current(now) {
        return Err(Failure::usage(format!("{month} has not begun")));
    }
    if month < oldest {
        let kept = "it keeps the month under way and the thirteen before it";
        return Err(Failure::usage(format!("Cost Explorer tells nothing of {month} any more: {kept}, since {oldest}")));
    }
    Ok(())
}

fn text(app: &App, stacks: &[StackMonth<'_>], month: Month) -> String {
    let mut out = String::new();
    for it in stacks {
        line(&mut out, &format!("{}  {month}, {}", it.stack.name, it.cost.filter));
        match it.bill().zip(it.summary()) {
            None => {
                line(&mut out, &format!("  {}", unknown(it)));
                budget(&mut out, it);
            }
            Some((bill, summary)) => {
                figures(&mut out, it, &summary);
                for sentence in [gap::sentence(bill, &summary), gap::largest(bill, &summary)].into_iter().flatten() {
                    line(&mut out, &format!("  {sentence}"));
                }
                items(&mut out, &summary);
            }
        }
        line(&mut out, "");
    }
    for it in costs::beside(app) {
        beside(&mut out, &it, month);
    }
    if app.settings.no_cost {
        line(&mut out, "--no-cost: nothing was asked; what is told was asked before");
    }
    out
}

fn figures(out: &mut String, it: &StackMonth<'_>, summary: &Summary) {
    let money = |amount| summary.money(amount).to_string();
    let Figures { to_date, before, run_rate, estimate, .. } = summary.total;
    let through = summary.through;
    let compared = summary.settled.and_then(|it| {
        let more = headline::change(it.to_date, it.before)?;
        Some(format!("; complete days, to {}: {more}", it.through))
    });
    let compared = compared.unwrap_or_default();
    let billed = if summary.bare { "nothing was billed".to_owned() } else { money(to_date) };
    let before = before.map_or_else(String::new, |it| format!("; last month to the same day {} actual", money(it)));
    line(out, &format!("  actual     {billed} to {through}{before}{compared}"));
    if let Some(why) = it.nothing_billed() {
        line(out, &format!("  why        {why}"));
    }
    if let Some(end) = it.month_end(summary) {
        let (least, most) = (money(end.least), money(end.most));
        let filled = match end.filled {
            0 => String::new(),
            days => format!("; {} as usual", words::count(days, "incomplete day")),
        };
        let mean = money(end.mean);
        line(out, &format!("  forecast   {mean} at the month's end ({least} to {most} with {LEVEL} %{filled})"));
    }
    if let Some(rate) = run_rate {
        line(out, &format!("  run-rate   {} a month, by the last complete days", money(rate)));
    }
    if let Some(it) = estimate {
        let range =
            if it.least == it.most { money(it.most) } else { format!("{} to {}", money(it.least), money(it.most)) };
        line(out, &format!("  estimate   {range} a month"));
    }
    budget(out, it);
    let fetched = summary.fetched_at.strftime("%Y-%m-%d %H:%M UTC");
    let estimated = if summary.estimated { "; estimated until the invoice" } else { "" };
    let grows = summary.may_grow().then(|| format!("; days from {} on may still grow", summary.unsettled_from));
    let forecast = it.month_end(summary).and(it.forecast_at());
    let forecast =
        forecast.map_or_else(String::new, |at| format!("; the forecast {}", at.strftime("%Y-%m-%d %H:%M UTC")));
    line(out, &format!("  as of      {fetched}{forecast}{estimated}{}", grows.unwrap_or_default()));
    if let Some(fault) = it.fault() {
        let when = fault.at.strftime("%Y-%m-%d %H:%M UTC");
        line(out, &format!("  fault      asked again in vain {when}: {}", fault_words(fault)));
    }
}

/// The budget, which AWS tells of whether it tells of the bill or not.
fn budget(out: &mut String, it: &StackMonth<'_>) {
    if let Some((budget, as_of)) = it.budget() {
        line(out, &format!("  budget     {}", budget_words(budget, as_of)));
    }
    if let Some(why) = it.budget_unknown() {
        line(out, &format!("  {why}"));
    }
}

/// What an account spends under other values of the stacks' tag, and under none.
fn beside(out: &mut String, it: &BesideMonth<'_>, month: Month) {
    let whose = if it.scope.profile.is_empty() { "the default credentials" } else { &it.scope.profile };
    line(out, &format!("no stack  {month}, by tag {} with {whose}", it.key));
    match (it.shares(), it.fetched_at()) {
        (Some(shares), Some(at)) => {
            for share in &shares {
                let services = share.services.iter().map(|(name, cost)| format!("{name} {}", cost.figure()));
                let services = services.collect::<Vec<_>>().join(", ");
                line(out, &format!("  {:<24}{:>14}  {services}", share.name(&it.key), share.total.to_string()));
            }
            if shares.is_empty() {
                line(out, "  nothing");
            }
            line(out, &format!("  as of      {}; actual", at.strftime("%Y-%m-%d %H:%M UTC")));
        }
        _ => line(out, &format!("  {}", it.unknown().unwrap_or_else(|| "it has not been asked for".to_owned()))),
    }
    line(out, "");
}

fn budget_words(budget: &Budget, as_of: Timestamp) -> String {
    let money = |amount| Money::new(amount, budget.currency).to_string();
    let forecast = budget.forecast.map_or_else(String::new, |it| format!(", {} forecast", money(it)));
    let thresholds: Vec<String> = budget
        .thresholds
        .iter()
        .map(|it| {
            let state = if budget.is_beyond(it) { "passed" } else { "not passed" };
            format!("{} {} {state}", money(it.amount(budget.limit)), it.of.word())
        })
        .collect();
    let (limit, actual) = (money(budget.limit), money(budget.actual));
    let between = if thresholds.is_empty() { "" } else { "; " };
    let (thresholds, as_of) = (thresholds.join(", "), as_of.strftime("%Y-%m-%d %H:%M UTC"));
    format!("{} of {limit}: {actual} actual{forecast}{between}{thresholds}; as of {as_of}", budget.name)
}

fn items(out: &mut String, summary: &Summary) {
    let headings = ["actual", "last to date", "last month", "run-rate", "estimate"].map(|it| format!("{it:>13}"));
    line(out, &format!("  {:<18}{}", "", headings.concat()));
    let all = summary.items.iter().map(|(item, figures)| (item.name(), figures));
    for (name, it) in all.chain([("total", &summary.total)]) {
        let shown = |amount| summary.money(amount).figure();
        let estimate = it.estimate.map_or_else(
            || "–".to_owned(),
            |it| if it.least == it.most { shown(it.most) } else { format!("{}–{}", it.least, it.most) },
        );
        let maybe = |amount: Option<Decimal>| amount.map_or_else(|| "–".to_owned(), shown);
        let figures = [shown(it.to_date), maybe(it.before), maybe(it.whole_before), maybe(it.run_rate), estimate];
        line(out, &format!("  {name:<18}{}", figures.map(|it| format!("{it:>13}")).concat()));
    }
}

/// The bill itself, a line for each day, service and usage type of the month: exact amounts, to be added up elsewhere.
fn csv(stacks: &[StackMonth<'_>], month: Month) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading =
        ["stack", "date", "complete", "item", "service", "usage_type", "cost", "currency", "quantity", "unit"];
    writer.write_record(heading).map_err(Failure::error)?;
    for it in stacks {
        let Some((bill, summary)) = it.bill().zip(it.summary()) else { continue };
        for (date, day) in bill.days_of(month) {
            let complete = if date < summary.unsettled_from { "yes" } else { "no" };
            for line in &day.lines {
                let (date, cost, quantity) = (date.to_string(), line.cost.to_string(), line.quantity.to_string());
                let record = [
                    it.stack.name.as_str(),
                    &date,
                    complete,
                    line.item().word(),
                    line.service.as_str(),
                    line.usage_type.as_str(),
                    &cost,
                    bill.currency.code(),
                    &quantity,
                    line.unit.as_str(),
                ];
                writer.write_record(record).map_err(Failure::error)?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(Failure::error)?;
    String::from_utf8(bytes).map_err(Failure::error)
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _written = writeln!(out, "{text}");
}
