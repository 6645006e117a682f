//! The lines above the rows of the cost view, of one stack or of all: what each figure is, and as of when.

use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr;

use super::{beside, budget, known, month, stack_in_view, stacks_in_view};
use crate::{
    app::{App, layout::left_width, overlay::TextLine, words},
    cost::{
        beside::BesideMonth,
        known::{StackMonth, fault_words},
        summary::{Figures, MonthEnd, Settled, Summary},
    },
    domain::{
        cost::{asking, forecast::LEVEL, month::Month},
        text::SafeText,
    },
    theme::Role,
};

/// Answers that lie no further apart are told as of one time, the earliest.
const ONE_LOOK: SignedDuration = SignedDuration::from_mins(10);

/// Stacks of which it is said why their cost is not known; the others are counted.
const MOST_REASONS: usize = 3;

/// Pieces of a line.
pub(super) type Pieces = Vec<(Role, SafeText)>;

pub(super) fn piece(role: Role, text: impl Into<SafeText>) -> (Role, SafeText) {
    (role, text.into())
}

/// What stands above the bars.
pub fn head(app: &App) -> Vec<TextLine> {
    let mut lines = Vec::new();
    match stack_in_view(app) {
        Some(stack) => match known(app, stack) {
            None => {
                let text = "its stack file has no [cost] table: nothing says which part of the bill is its own";
                lines.push(TextLine::of(Role::Muted, text));
            }
            Some(it) => of_stack(app, &it, &mut lines),
        },
        None => of_all(app, &mut lines),
    }
    lines.extend(no_cost(app));
    lines
}

fn of_stack(app: &App, it: &StackMonth<'_>, lines: &mut Vec<TextLine>) {
    let summary = it.summary();
    match &summary {
        Some(summary) => {
            let end = it.month_end(summary);
            lines.extend(totals(app, summary, end.as_ref()));
            lines.extend(it.nothing_billed().map(|why| TextLine::of(Role::Warning, why)));
            if end.is_none()
                && let Some(silence) = it.forecast().and_then(|it| it.silence())
            {
                lines.push(TextLine::of(Role::Muted, format!("no forecast: {}", silence.sentence())));
            }
        }
        None => lines.push(unknown(app, it)),
    }
    // AWS tells of budgets whether it tells of the bill or not.
    if let Some((budget, as_of)) = it.budget() {
        lines.extend(budget::lines(app, budget, as_of));
    }
    lines.extend(it.budget_unknown().map(|why| TextLine::of(Role::Muted, why)));
    let forecast = it.forecast_at();
    lines.extend(summary.map(|it| as_of(app, &it, [("forecast", forecast), ("", None)])));
    if let Some(fault) = it.fault().filter(|_| it.bill().is_some()) {
        let (why, when) = (fault_words(fault), dated(fault.at));
        lines.push(TextLine::of(Role::Faulted, format!("asked again in vain {when}: {why}")));
    }
}

/// Why nothing is known of a stack's cost, in a sentence.
pub fn unknown(app: &App, it: &StackMonth<'_>) -> TextLine {
    let nobody_asked = || if app.settings.no_cost { "cost is not known" } else { "asking what it costs" }.to_owned();
    TextLine::of(Role::Muted, it.unknown().unwrap_or_else(nobody_asked))
}

fn no_cost(app: &App) -> Option<TextLine> {
    let text = "--no-cost: nothing is asked; what is shown was asked before";
    app.settings.no_cost.then(|| TextLine::of(Role::Notice, text))
}

fn totals(app: &App, summary: &Summary, end: Option<&MonthEnd>) -> Vec<TextLine> {
    let second = expected(app, summary, end);
    std::iter::once(billed(app, summary)).chain(second).collect()
}

/// As `Nov 1–22 `: the days of a month up to this one.
fn days_to(month: Month, day: i8) -> String {
    let last = month.first().saturating_add((day - 1).days()).min(month.last());
    format!("{}–{} ", month.first().strftime("%b %-d"), last.day())
}

/// What was billed, this month and the last to the same day, and what was estimated.
fn billed(app: &App, summary: &Summary) -> TextLine {
    let money = |amount| summary.money(amount);
    let Figures { to_date, before, estimate, .. } = summary.total;
    let until = |month: Month| days_to(month, summary.through.day());
    let mut line: Pieces = Vec::new();
    if summary.bare {
        line.push(piece(Role::Muted, until(summary.month)));
        line.push(piece(Role::Text, "nothing was billed"));
    } else {
        line.push(piece(Role::Muted, format!("actual {}", until(summary.month))));
        line.push(piece(Role::Strong, money(to_date).to_string()));
    }
    if let Some(before) = before {
        let between = if summary.bare { " · actual " } else { " vs " };
        line.push(piece(Role::Muted, format!("{between}{}", until(summary.month.previous()))));
        line.push(piece(Role::Text, money(before).figure()));
    }
    let compared = summary.settled.and_then(|it| {
        let more = change(it.to_date, it.before)?;
        Some(piece(Role::Muted, format!(" ({more} by {})", it.through.strftime("%b %-d"))))
    });
    let at = line.len();
    if let Some(estimate) = estimate {
        line.push(piece(Role::Muted, " · estimate "));
        line.push(piece(Role::Text, range(summary, estimate.least, estimate.most)));
        line.push(piece(Role::Muted, "/month"));
    }
    fitting(app, line, compared.map(|it| (at, it)))
}

/// What the whole month is forecast to come to, and what one costs at the run-rate; `None` where neither is known.
fn expected(app: &App, summary: &Summary, end: Option<&MonthEnd>) -> Option<TextLine> {
    let money = |amount| summary.money(amount);
    let mut line: Pieces = Vec::new();
    let mut filled = None;
    if let Some(end) = end {
        let (least, most) = (money(end.least).figure(), money(end.most).figure());
        line.push(piece(Role::Muted, format!("forecast {}", days_to(summary.month, summary.month.last().day()))));
        line.push(piece(Role::Strong, money(end.mean).figure()));
        line.push(piece(Role::Muted, format!(" ({least}–{most}, {LEVEL} %")));
        let days = words::count(end.filled, "incomplete day");
        filled = (end.filled > 0).then(|| (line.len(), piece(Role::Muted, format!(", {days} as usual"))));
        line.push(piece(Role::Muted, ")"));
    }
    if let Some(rate) = summary.total.run_rate {
        line.push(piece(Role::Muted, if line.is_empty() { "run-rate " } else { " · run-rate " }));
        line.push(piece(Role::Text, money(rate).figure()));
        line.push(piece(Role::Muted, "/month"));
    }
    (!line.is_empty()).then(|| fitting(app, line, filled))
}

/// Cells that a line of the board has.
pub(super) fn room(app: &App) -> usize {
    usize::from(left_width(app.size.0).saturating_sub(2))
}

/// A line with one more piece at its place, where there is room for it.
pub(super) fn fitting(app: &App, mut pieces: Pieces, more: Option<(usize, (Role, SafeText))>) -> TextLine {
    let width = |(_, text): &(Role, SafeText)| text.as_str().width();
    if let Some((at, more)) = more
        && pieces.iter().chain([&more]).map(width).sum::<usize>() <= room(app)
    {
        pieces.insert(at, more);
    }
    TextLine(pieces)
}

fn range(summary: &Summary, least: Decimal, most: Decimal) -> String {
    if least == most { summary.money(most).brief() } else { format!("{least}–{}", summary.money(most).brief()) }
}

/// How much more or less than before, in percent.
pub fn change(now: Decimal, before: Decimal) -> Option<String> {
    let percent = ((now - before) * Decimal::ONE_HUNDRED).checked_div(before)?;
    let rounded = percent.round_dp(u32::from(percent.abs() < Decimal::TEN)).normalize();
    let sign = if rounded > Decimal::ZERO { "+" } else { "" };
    Some(format!("{sign}{rounded} %"))
}

/// What is told of a month beside the bill, and of when.
type Beside = (&'static str, Option<Timestamp>);

/// As of when the figures are: the bill's time, and those of `others` that were told at another.
fn as_of(app: &App, summary: &Summary, others: [Beside; 2]) -> TextLine {
    let asked = asking::Asked { at: summary.fetched_at, ended: asking::Ended::Answered };
    let next = match asking::next(Some(asked), Some(summary.month)) {
        None => "final".to_owned(),
        Some(at) if at <= app.now => "due again".to_owned(),
        Some(at) => format!("next {}", ahead(app.now, at)),
    };
    let times = others.into_iter().filter_map(|(what, at)| Some((what, at?)));
    let (alike, apart): (Vec<_>, Vec<_>) =
        times.partition(|(_, at)| at.duration_since(summary.fetched_at).abs() < ONE_LOOK);
    let oldest = alike.iter().map(|(_, at)| *at).fold(summary.fetched_at, Timestamp::min);
    let text = format!("as of {} ({})", dated(oldest), words::ago(app.now, oldest));
    let mut pieces = vec![piece(Role::Muted, text)];
    pieces.extend(apart.iter().map(|(what, at)| piece(Role::Muted, format!(" · {what} as of {}", dated(*at)))));
    if summary.estimated {
        pieces.push(piece(Role::Muted, " · estimated until invoiced"));
    }
    let grows = summary.may_grow().then(|| piece(Role::Muted, " · ∘ may still grow"));
    let at = pieces.len();
    pieces.push(piece(Role::Muted, format!(" · {next}")));
    fitting(app, pieces, grows.map(|it| (at, it)))
}

fn dated(at: Timestamp) -> String {
    at.strftime("%b %-d %H:%M UTC").to_string()
}

/// A time of day, with its date where that is a day off and more.
fn ahead(now: Timestamp, at: Timestamp) -> String {
    let is_soon = at.duration_since(now) < SignedDuration::from_hours(24);
    at.strftime(if is_soon { "%H:%M" } else { "%b %-d %H:%M" }).to_string()
}

/// The stacks of one currency together.
struct Sum {
    all: Summary,
    stacks: usize,
    /// `None` where one of them has no forecast.
    end: Option<MonthEnd>,
    /// The oldest of the forecasts.
    forecast_at: Option<Timestamp>,
}

/// All stacks, those of one currency together.
fn of_all(app: &App, lines: &mut Vec<TextLine>) {
    let mut sums: Vec<Sum> = Vec::new();
    let (mut unread, mut without) = (0, Vec::new());
    for stack in stacks_in_view(app) {
        let Some(it) = known(app, stack) else { continue };
        let Some(summary) = it.summary() else {
            if it.silence().is_some() || it.fault().is_some() {
                let mut why = unknown(app, &it);
                why.0.insert(0, piece(Role::Text, format!("{}: ", stack.name)));
                without.push(why);
            } else {
                unread += 1;
            }
            continue;
        };
        let (end, forecast_at) = (it.month_end(&summary), it.forecast_at());
        match sums.iter_mut().find(|sum| sum.all.currency == summary.currency) {
            Some(sum) => {
                add(&mut sum.all, &summary);
                sum.stacks += 1;
                sum.end = sum.end.zip(end).map(|(all, end)| all.and(end));
                sum.forecast_at = sum.forecast_at.into_iter().chain(forecast_at).min();
            }
            None => sums.push(Sum { all: summary, stacks: 1, end, forecast_at }),
        }
    }
    let beside_at = beside(app).iter().filter_map(BesideMonth::fetched_at).min();
    for sum in &sums {
        let mut told = totals(app, &sum.all, sum.end.as_ref());
        told[0].0.insert(0, piece(Role::Text, format!("{}: ", words::count(sum.stacks, "stack"))));
        lines.extend(told);
        let forecast_at = sum.forecast_at.filter(|_| sum.end.is_some());
        lines.push(as_of(app, &sum.all, [("forecast", forecast_at), ("spend of no stack", beside_at)]));
    }
    let missing = if unread > 0 {
        let what = if app.settings.no_cost { "not known" } else { "not known yet" };
        format!("the cost of {} is {what}; ", words::count(unread, "stack"))
    } else {
        String::new()
    };
    let nowhere_said = sums.is_empty() && unread == 0 && without.is_empty();
    let more = without.len().saturating_sub(MOST_REASONS);
    lines.extend(without.into_iter().take(MOST_REASONS));
    if more > 0 {
        lines.push(TextLine::of(Role::Muted, format!("the cost of {} more is not known", words::count(more, "stack"))));
    }
    if unread > 0 || sums.is_empty() {
        let text = format!("{missing}each question to Cost Explorer is billed 0.01 USD, and asked twice a day at most");
        lines.push(TextLine::of(Role::Muted, text));
    }
    if nowhere_said {
        lines.push(TextLine::of(
            Role::Muted,
            format!("no stack of {} says which part of the bill is its own", month(app)),
        ));
    }
}

/// Adds what another stack costs; the older data and the earlier unsettled day count.
fn add(sum: &mut Summary, other: &Summary) {
    let both = |one: Option<Decimal>, other: Option<Decimal>| match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or_default() + other.unwrap_or_default()),
    };
    sum.fetched_at = sum.fetched_at.min(other.fetched_at);
    sum.unsettled_from = sum.unsettled_from.min(other.unsettled_from);
    sum.through = sum.through.max(other.through);
    sum.estimated |= other.estimated;
    sum.bare &= other.bare;
    // Complete days are compared where all have the same.
    sum.settled =
        sum.settled.zip(other.settled).filter(|(one, other)| one.through == other.through).map(|(one, other)| {
            Settled { through: one.through, to_date: one.to_date + other.to_date, before: one.before + other.before }
        });
    sum.total = Figures {
        to_date: sum.total.to_date + other.total.to_date,
        before: sum.total.before.zip(other.total.before).map(|(one, other)| one + other),
        whole_before: sum.total.whole_before.zip(other.total.whole_before).map(|(one, other)| one + other),
        run_rate: both(sum.total.run_rate, other.total.run_rate),
        // Stacks that nobody has estimated would make the sum a lie.
        estimate: None,
    };
}
